"""The one door to places of artifacts: a reference in, a repository out."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from eidos.engine.distributing.places import BUILT_IN
from eidos.engine.errors import UsageError
from eidos.engine.model.artifact import Reference, Terms
from eidos.engine.ports import Clock, Repository


@contextmanager
def open_repository(
    reference: Reference, terms: Terms, clock: Clock, environ: Mapping[str, str]
) -> Iterator[Repository]:
    """Open a place; what is written at the end is written where the block ends well.

    Args:
        reference: the place; which artifact of it does not matter.
        terms: on which terms other machines are spoken to.
        clock: waits before another try.
        environ: says where credentials and proxies are.

    Raises:
        UsageError: it is a folder or an archive, which holds one tree and no artifacts.
        MissingExtraError: the part that speaks to it is not installed.
        DistributionError: it cannot be opened.
    """
    repository = _opened(reference, terms, clock, environ)
    try:
        yield repository
        repository.keep()
    finally:
        repository.close()


def origin_of(reference: Reference) -> str | None:
    """Name the package that brings a place, with its version; None where it is eidos' own."""
    if reference.scheme == "path" or reference.scheme in BUILT_IN:
        return None
    from eidos.engine.distributing.packages import packaged_place

    return packaged_place(reference.scheme).origin


def _opened(
    reference: Reference, terms: Terms, clock: Clock, environ: Mapping[str, str]
) -> Repository:
    if reference.scheme == "path":
        raise UsageError(
            f"'{reference}' holds one tree, and no artifacts by name",
            hint=f"A layout does: oci-layout:{reference.place}",
        )
    if reference.scheme in BUILT_IN:
        return BUILT_IN[reference.scheme](reference, terms, clock, environ)
    from eidos.engine.distributing.packages import PackagedRepository, packaged_place

    return PackagedRepository(packaged_place(reference.scheme), reference, terms, environ)
