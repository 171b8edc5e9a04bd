"""Helm, driven by two scripts: every value is a quoted word, waves wait for each other."""

from collections.abc import Iterator

from eidos.bundlers._rendering import render
from eidos.engine.model.bundle import File, Plan, Release, When, folder_of, namespaces, path_of


class Helm:
    """Writes ``install.sh`` and ``uninstall.sh``."""

    name = "helm"

    def files(self, plan: Plan) -> Iterator[File]:
        """Give both scripts; see `eidos.engine.ports.Deployer`."""
        releases = [_step(each, position) for position, each in enumerate(plan.releases)]
        values = {"plan": plan, "releases": releases, "namespaces": list(namespaces(plan).items())}
        yield File("install.sh", render("install.sh.j2", **values), is_executable=True)
        yield File("uninstall.sh", render("uninstall.sh.j2", **values), is_executable=True)


def _step(release: Release, position: int) -> dict[str, object]:
    folder = folder_of(release, position)
    return {
        "release": release,
        "folder": folder,
        "chart": _chart(release),
        **{
            when.value: [path_of(release, position, each) for each in release.resources(when)]
            for when in When
        },
    }


def _chart(release: Release) -> list[str]:
    """Give the words that name a chart: an OCI reference, or a name and its repository."""
    if release.chart is None or release.repository is None:
        return []
    if release.repository.startswith("oci://"):
        return [f"{release.repository.rstrip('/')}/{release.chart}"]
    return [release.chart, "--repo", release.repository]


deployer = Helm()
