"""The places that eidos knows itself, by scheme; those of packages are in `packages`.

Each is named by an entry point of the group ``eidos.places`` as well, and listed by that. What is
opened is looked up here: a package that lies earlier on Python's path can hide the entry points of
eidos, and must not get ``oci://`` by that.
"""

from collections.abc import Mapping

from eidos.engine.model.artifact import Reference, Terms
from eidos.engine.ports import Clock, Place, Repository

FORMS = (
    "Write oci://HOST/REPOSITORY:TAG, oci-layout:PATH:TAG, s3://BUCKET/PREFIX:TAG (gs://, az://), "
    "a folder, or an archive.tar.gz."
)
"""What to write, for people."""
_ENDPOINTS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT", "AZURE_STORAGE_ENDPOINT")
"""Variables that name another store than the cloud's own."""
_HERE = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")


def registry(
    reference: Reference, terms: Terms, clock: Clock, environ: Mapping[str, str]
) -> Repository:
    """Open a repository of a registry."""
    from eidos.engine.distributing.registry import Registry

    return Registry(reference.place, terms, clock, environ)


def layout(
    reference: Reference, _terms: Terms, _clock: Clock, _environ: Mapping[str, str]
) -> Repository:
    """Open an image layout on this machine."""
    from eidos.engine.distributing.layout import open_layout

    return open_layout(reference.place)


def bucket(
    reference: Reference, terms: Terms, _clock: Clock, environ: Mapping[str, str]
) -> Repository:
    """Open an image layout in an object store."""
    from eidos.engine.distributing.layout import Layout
    from eidos.engine.distributing.objects import CloudObjects

    is_here = any(environ.get(name, "").startswith(_HERE) for name in _ENDPOINTS)
    url = reference.repository
    objects = CloudObjects(url, plain=terms.plain_http or is_here, timeout=terms.timeout)
    return Layout(url, objects)


BUILT_IN: Mapping[str, Place] = {
    "oci": registry,
    "oci-layout": layout,
    "s3": bucket,
    "gs": bucket,
    "az": bucket,
}
"""Scheme to what opens its places."""
