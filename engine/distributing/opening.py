"""The one door to places of artifacts: a reference in, a repository out."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from eidos.engine.distributing.layout import Layout, TarLayout, open_layout
from eidos.engine.distributing.references import CLOUDS
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
        if isinstance(repository, TarLayout):
            repository.keep()
    finally:
        repository.close()


def _opened(
    reference: Reference, terms: Terms, clock: Clock, environ: Mapping[str, str]
) -> Repository:
    if reference.scheme == "oci":
        from eidos.engine.distributing.registry import Registry

        return Registry(reference.place, terms, clock, environ)
    if reference.scheme in CLOUDS:
        from eidos.engine.distributing.clouds import CloudObjects

        url = reference.repository
        return Layout(url, CloudObjects(url, terms, environ))
    if reference.scheme == "oci-layout":
        return open_layout(reference.place)
    raise UsageError(
        f"'{reference}' holds one tree, and no artifacts by name",
        hint=f"A layout does: oci-layout:{reference.place}",
    )
