"""Container images that a bundle names: in values of charts, and in resources of every kind.

Written so by whoever they are for, they may be anything; what is no reference of an image by the
grammar of registries is none, https://github.com/distribution/reference.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from eidos.engine.bundling.verifying import OpenedBundle
from eidos.engine.documents.reading import read_text
from eidos.engine.errors import BundleError, DocumentError, Location
from eidos.engine.model.artifact import TAG
from eidos.engine.model.jsonvalue import Json
from eidos.engine.records import dataclass

_FILE = re.compile(r"\d{3,}-(?P<component>[^/]+)/(?P<path>.+\.yaml)")
"""A file of a component: values of its chart, or a resource beside it."""
_VALUES = "values.yaml"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = re.compile(rf"(?:{_HOST}/)?{_PART}(?:/{_PART})*")
_LONGEST = 255
"""Characters of a name, by the same grammar."""
_LARGEST = 10**15
"""A number up to it is written in digits by everybody."""
_BUILT_IN = frozenset(
    {
        *("", "apps", "autoscaling", "batch", "policy"),
        *(
            f"{group}.k8s.io"
            for group in (
                *("admissionregistration", "apiextensions", "apiregistration", "certificates"),
                *("coordination", "discovery", "events", "flowcontrol.apiserver", "networking"),
                *("node", "rbac.authorization", "resource", "scheduling", "storage"),
            )
        ),
    }
)
"""API groups of Kubernetes itself, whose objects start no image that they do not name."""


@dataclass(frozen=True, slots=True)
class Image:
    """A container image that a bundle names."""

    name: str
    """With its registry, where that is said."""
    tag: str = ""
    digest: str = ""
    """``sha256:…`` or ``sha512:…``; empty where it is not pinned."""

    def __str__(self) -> str:
        """Give ``registry/name:tag@digest``, without what is not known."""
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.name}{tag}{f'@{self.digest}' if self.digest else ''}"


@dataclass(slots=True)
class Named:
    """What values and resources of a component name."""

    images: set[Image] = field(default_factory=set)
    is_unreadable: bool = False
    """Something stands where an image should, and is none."""
    has_custom: bool = False
    """A resource is of no kind of Kubernetes itself."""


def named_images(bundle: OpenedBundle) -> dict[str, Named]:
    """Give the images that each component of a bundle names.

    Raises:
        BundleError: a file is altered meanwhile, or is no YAML.
    """
    found = {each.name: Named() for each in bundle.recipe.components}
    for path in bundle.listed:
        match = _FILE.fullmatch(path)
        if match is None or match["component"] not in found:
            continue
        named = found[match["component"]]
        for value in _documents(bundle, path):
            _look(value, named)
            if match["path"] != _VALUES:
                named.has_custom = named.has_custom or _group(value) not in _BUILT_IN
    return found


def _documents(bundle: OpenedBundle, path: str) -> list[Json]:
    try:
        return [each.value for each in read_text(bundle.read(path).decode() or "{}", path)]
    except (DocumentError, UnicodeDecodeError) as error:
        place = Location(str(bundle.folder / path))
        raise BundleError(f"the file is no YAML: {error}", location=place) from error


def _group(value: Json) -> str | None:
    """Give the API group of a resource; None of what is none."""
    version = value.get("apiVersion") if isinstance(value, dict) else None
    if not isinstance(version, str):
        return None
    group, slash, _ = version.partition("/")
    return group if slash else ""


def _look(value: Json, named: Named) -> None:
    """Find images wherever charts and objects of Kubernetes name them."""
    waiting: list[Json] = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting += here
        elif isinstance(here, dict):
            waiting += here.values()
            for image in _in_map(here):
                if image is None:
                    named.is_unreadable = True
                else:
                    named.images.add(image)


def _in_map(said: Mapping[str, Json]) -> Iterator[Image | None]:
    """Give the images that a map names itself; None for something that should be one."""
    image, repository = said.get("image"), said.get("repository")
    if isinstance(repository, str) and repository:
        if "://" not in repository:  # else it is of charts, or of Git
            yield from _in_parts(said)
    elif isinstance(image, str) and image:
        yield _with_tag(said) if isinstance(said.get("registry"), str) else read_image(image, said)
    for text in _elsewhere(said):
        found = read_image(text)
        if found is not None and (found.tag or found.digest):
            yield found


def _elsewhere(said: Mapping[str, Json]) -> Iterator[str]:
    """Give texts that may be images by what they are called: ``initImage``, ``RELATED_IMAGE_X``."""
    for key, value in said.items():
        if key.endswith("Image") and isinstance(value, str):
            yield value
    name, value = said.get("name"), said.get("value")
    if isinstance(name, str) and isinstance(value, str) and "IMAGE" in name.split("_"):
        yield value


def _in_parts(said: Mapping[str, Json]) -> Iterator[Image | None]:
    """Read ``{registry, repository, image, tag or version, digest}`` as charts have it.

    Beside a version alone, the chart says which image it is of.
    """
    if any(said.get(key) for key in ("tag", "digest", "image")):
        yield _with_tag(said)  # else it says where from, and not what


def _with_tag(said: Mapping[str, Json]) -> Image | None:
    parts = [said.get(key) for key in ("registry", "repository", "image")]
    name = "/".join(part.strip("/") for part in parts if isinstance(part, str) and part)
    return read_image(name, said)


def read_image(text: str, beside: Mapping[str, Json] | None = None) -> Image | None:
    """Read ``registry:5000/name:tag@sha256:…``; None where it is no reference of an image.

    Args:
        text: whatever somebody wrote.
        beside: may say ``tag`` or ``version``, and ``digest``, where the text does not.
    """
    name, at, digest = text.partition("@")
    head, colon, tag = name.rpartition(":")
    if colon and "/" not in tag:
        name = head
    else:
        tag = ""
    said: Mapping[str, Any] = beside or {}
    tag = tag or next((_text(said[key]) for key in ("tag", "version") if said.get(key)), "")
    if tag.startswith("sha256:"):
        tag, digest, at = "", tag, "@"
    if not at and isinstance(said.get("digest"), str):
        digest = said["digest"]
    wrong = (
        len(name) > _LONGEST
        or not _NAME.fullmatch(name)
        or (tag and not TAG.fullmatch(tag))
        or ((at or digest) and not _DIGEST.fullmatch(digest))
    )
    return None if wrong else Image(name, tag, digest)


def _text(value: object) -> str:
    """Write a tag that YAML took for a number; a character that no tag has where it is odd."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST:
        return str(value)
    return "?"
