"""What deployers share that fetch a bundle themselves."""

from eidos.engine.errors import BundleError
from eidos.engine.model.bundle import BundleSource, Plan, Release


def source_of(plan: Plan) -> BundleSource:
    """Give where the bundle will lie.

    Raises:
        BundleError: nobody said.
    """
    if plan.shared.source is None:
        raise BundleError(
            f"{plan.deployer} fetches the bundle itself, but its source is not given",
            hint="Write 'source: {url: ..., revision: ...}' in a file for --inputs.",
        )
    return plan.shared.source


def below(source: BundleSource, path: str) -> str:
    """Give a path of the bundle from the root of the repository."""
    return f"{source.path}/{path}" if source.path else path


def is_oci(release: Release) -> bool:
    """Say whether a chart lies in a registry."""
    return bool(release.repository and release.repository.startswith("oci://"))
