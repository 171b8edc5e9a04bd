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
    from eidos.engine.distributing.clouds import CloudObjects
    from eidos.engine.distributing.layout import Layout

    url = reference.repository
    return Layout(url, CloudObjects(url, terms, environ))


BUILT_IN: Mapping[str, Place] = {
    "oci": registry,
    "oci-layout": layout,
    "s3": bucket,
    "gs": bucket,
    "az": bucket,
}
"""Scheme to what opens its places."""
