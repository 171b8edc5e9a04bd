"""Manifests and indexes: read as anybody may have written them, and written alike everywhere."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from eidos.engine.digest import address, canonical
from eidos.engine.distributing.checking import UnfitError
from eidos.engine.model.artifact import DIGEST, Descriptor, Manifest, Stored
from eidos.engine.model.jsonvalue import Json, read_unique

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
INDEXES = frozenset({INDEX, DOCKER_INDEX})
MANIFESTS = frozenset({MANIFEST, DOCKER_MANIFEST, *INDEXES})
"""Media types of what is a manifest to a registry, and no blob."""
EMPTY = "application/vnd.oci.empty.v1+json"
EMPTY_CONTENT = b"{}"
TITLE = "org.opencontainers.image.title"
MANIFEST_AT_MOST = 4 << 20
"""Bytes; registries need not take more (distribution specification)."""
_ENTRIES_AT_MOST = 1000
"""Layers of a manifest, or manifests of an index."""
_MEDIA_TYPE = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
)
_SIZE_AT_MOST = 1 << 40


def describe(
    content: bytes, media_type: str, annotations: Mapping[str, str] | None = None
) -> Descriptor:
    """Give the descriptor of content."""
    return Descriptor(media_type, address(content), len(content), None, annotations or {})


def write_manifest(
    *,
    artifact_type: str | None = None,
    config: Descriptor,
    layers: Iterable[Descriptor],
    subject: Descriptor | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Stored:
    """Write an image manifest, in canonical JSON, so that the same content has the same digest."""
    document: dict[str, Json] = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config.document(),
        "layers": [layer.document() for layer in layers],
    }
    if artifact_type:
        document["artifactType"] = artifact_type
    if subject is not None:
        bare = Descriptor(subject.media_type, subject.digest, subject.size)
        document["subject"] = bare.document()
    if annotations:
        document["annotations"] = dict(annotations)
    content = canonical(document)
    kind = artifact_type or config.media_type
    found = Descriptor(MANIFEST, address(content), len(content), kind, annotations or {})
    return Stored(found, content)


def write_index(manifests: Iterable[Descriptor]) -> Stored:
    """Write an index of manifests, in their order."""
    document: dict[str, Json] = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [each.document() for each in manifests],
    }
    content = canonical(document)
    return Stored(Descriptor(INDEX, address(content), len(content)), content)


# Reading ----------------------------------------------------------------------------------------


def read_manifest(content: bytes, place: str) -> Manifest:
    """Read a manifest or an index.

    Args:
        content: its bytes.
        place: what messages call it.

    Raises:
        DistributionError: it is none, is too large, or says something that cannot be.
    """
    if len(content) > MANIFEST_AT_MOST:
        raise _wrong(place, "is too large")
    try:
        return _manifest(read_unique(content))
    except (ValueError, TypeError, KeyError) as error:
        detail = f": {error}" if isinstance(error, _FaultError) else ""
        raise _wrong(place, f"is none that can be read{detail}") from error


def as_referrer(manifest: Stored) -> Descriptor:
    """Describe a manifest as the referrers API would."""
    said = read_manifest(manifest.content, manifest.descriptor.digest)
    found = manifest.descriptor
    return Descriptor(
        found.media_type, found.digest, found.size, said.artifact_type, said.annotations
    )


def _wrong(place: str, what: str) -> UnfitError:
    return UnfitError(
        f"{place}: the manifest {what}",
        hint="Look at what lies there: oras manifest fetch, crane manifest.",
    )


_KEYS = frozenset(
    {
        *("schemaVersion", "mediaType", "artifactType", "config", "layers", "manifests", "subject"),
        *("annotations", "digest", "size", "urls", "data", "platform"),
    }
)
"""Of manifests, indexes and descriptors:
https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md"""
_FOLDED = frozenset(map(str.casefold, _KEYS))


class _FaultError(ValueError):
    """What is wrong with a manifest, in words for the user."""


def _manifest(said: Any) -> Manifest:  # noqa: ANN401 -- any JSON
    if not isinstance(said, dict) or said.get("schemaVersion") != 2:  # noqa: PLR2004 -- the only one
        raise _FaultError("it has not schemaVersion 2")
    refuse_alike(said)
    config = _optional(said, "config")
    children = _list(said, "manifests")
    media_type = said.get("mediaType") or (INDEX if children or "manifests" in said else MANIFEST)
    if media_type not in MANIFESTS:
        raise _FaultError(f"its media type is {json.dumps(media_type)[:200]}")
    other = ("config", "layers") if media_type in INDEXES else ("manifests",)
    if (media_type in INDEXES) is (config is not None) or any(said.get(key) for key in other):
        raise _FaultError("it is half a manifest, half an index")  # CVE-2021-41190
    own = said.get("artifactType") or (config.media_type if config else "")
    if own and not (isinstance(own, str) and _MEDIA_TYPE.fullmatch(own)):
        raise _FaultError("its artifactType is no media type")
    layers = _list(said, "layers")
    return Manifest(
        media_type, own, config, layers, children, _optional(said, "subject"), _texts(said)
    )


def refuse_alike(said: dict[str, Any]) -> None:
    """Refuse a key that is a known one but for capitals: tools in Go take it for that one.

    They would deploy other layers of a manifest than those that were looked at.

    Raises:
        ValueError: it names the key.
    """
    odd = next((key for key in said if key not in _KEYS and key.casefold() in _FOLDED), None)
    if odd is not None:
        raise _FaultError(f"it says {odd!r}, which some take for another key")


def _optional(said: dict[str, Any], key: str) -> Descriptor | None:
    return None if said.get(key) is None else read_descriptor(said[key])


def _list(said: dict[str, Any], key: str) -> tuple[Descriptor, ...]:
    found = said.get(key) or []
    if not isinstance(found, list) or len(found) > _ENTRIES_AT_MOST:
        raise _FaultError(f"its {key} are none, or more than {_ENTRIES_AT_MOST}")
    return tuple(read_descriptor(each) for each in found)


def read_descriptor(said: Any) -> Descriptor:  # noqa: ANN401 -- any JSON
    """Read a descriptor.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(said, dict):
        raise _FaultError("a descriptor is no object")
    refuse_alike(said)
    media_type, digest, size = said.get("mediaType"), said.get("digest"), said.get("size")
    if not isinstance(media_type, str) or not _MEDIA_TYPE.fullmatch(media_type):
        raise _FaultError("a descriptor has no media type")
    if not isinstance(digest, str) or not DIGEST.fullmatch(digest):
        raise _FaultError("a descriptor has no digest of SHA-256")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= _SIZE_AT_MOST:
        raise _FaultError("a descriptor has an impossible size")
    kind = said.get("artifactType")
    return Descriptor(
        media_type, digest, size, kind if isinstance(kind, str) else None, _texts(said)
    )


def _texts(said: dict[str, Any]) -> dict[str, str]:
    found = said.get("annotations") or {}
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise _FaultError("its annotations are no texts")
    return found
