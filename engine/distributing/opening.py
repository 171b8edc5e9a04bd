"""The one door to places of artifacts: a reference in, a repository out."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from eidos.engine.distributing.layout import Layout, TarLayout, open_layout
from eidos.engine.distributing.references import CLOUDS
from eidos.engine.errors import UsageError
from eidos.engine.model.artifact import Reference, Terms
from eidos.engine.ports import Clock, Repository

_ENDPOINTS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT", "AZURE_STORAGE_ENDPOINT")
"""Variables that name another store than the cloud's own."""
_HERE = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")


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
        from eidos.engine.distributing.objects import CloudObjects

        is_here = any(environ.get(name, "").startswith(_HERE) for name in _ENDPOINTS)
        url = reference.repository
        objects = CloudObjects(url, plain=terms.plain_http or is_here, timeout=terms.timeout)
        return Layout(url, objects)
    if reference.scheme == "oci-layout":
        return open_layout(reference.place)
    raise UsageError(
        f"'{reference}' holds one tree, and no artifacts by name",
        hint=f"A layout does: oci-layout:{reference.place}",
    )
