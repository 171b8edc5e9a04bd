"""What a bundle installs, as a bill of materials: charts, and images that it names itself.

CycloneDX 1.6, https://cyclonedx.org/docs/1.6/json/ -- what a chart brings by default is not in it,
for the chart is not here.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid5

from eidos.engine.bundling.verifying import OpenedBundle
from eidos.engine.documents.reading import read_text
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recipe import WrittenComponent
from eidos.engine.records import dataclass

_COMPONENT = re.compile(r"\d{3,}-(?P<component>[^/]+)/.+\.yaml")
"""A file of a component: values of its chart, or a resource beside it."""
_NAMESPACE = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
"""Of names that are URLs (RFC 9562, appendix C)."""
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Image:
    """A container image that a bundle names."""

    name: str
    """With its registry, where that is said."""
    tag: str = ""
    digest: str = ""
    """``sha256:…``; empty where it is not pinned."""

    def __str__(self) -> str:
        """Give ``registry/name:tag@digest``, without what is not known."""
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.name}{tag}{f'@{self.digest}' if self.digest else ''}"


def bill_of_materials(bundle: OpenedBundle) -> dict[str, Json]:
    """Give what a bundle installs as a CycloneDX document; the same bundle gives the same one.

    Raises:
        BundleError: a file is altered meanwhile.
    """
    images = _images(bundle)
    charts = [each for each in bundle.recipe.components if each.chart is not None]
    every = sorted({image for found in images.values() for image in found}, key=str)
    depends: list[Json] = [{"ref": "bundle", "dependsOn": [_ref(each) for each in charts]}]
    depends += [{"ref": _ref(each), "dependsOn": [*map(str, images[each.name])]} for each in charts]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(_NAMESPACE, f'https://eidos.dev/bundle/{bundle.digest}')}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "bundle",
                "name": bundle.recipe.name,
                "version": bundle.digest,
            }
        },
        "components": [*map(_chart, charts), *map(_container, every)],
        "dependencies": depends,
    }


def _ref(component: WrittenComponent) -> str:
    return f"chart/{component.name}"


def _chart(component: WrittenComponent) -> Json:
    where = quote(component.repository or "", safe="")
    version = f"@{quote(component.version)}" if component.version else ""
    found: dict[str, Json] = {
        "type": "application",
        "bom-ref": _ref(component),
        "name": component.chart,
        "version": component.version or "",
        "purl": f"pkg:helm/{quote(component.chart or '')}{version}?repository_url={where}",
        "properties": [
            {"name": "eidos:component", "value": component.name},
            {"name": "eidos:namespace", "value": component.namespace},
        ],
    }
    return found


def _container(image: Image) -> Json:
    where, _, name = image.name.rpartition("/")
    at = f"@{quote(image.digest, safe='')}" if image.digest else ""
    said = {"repository_url": where and quote(image.name, safe=""), "tag": quote(image.tag)}
    query = "&".join(f"{key}={value}" for key, value in said.items() if value)
    found: dict[str, Json] = {
        "type": "container",
        "bom-ref": str(image),
        "name": image.name,
        "version": image.tag or image.digest,
        "purl": f"pkg:oci/{quote(name.lower())}{at}{f'?{query}' if query else ''}",
    }
    pinned = _DIGEST.fullmatch(image.digest)
    if pinned:
        found["hashes"] = [{"alg": "SHA-256", "content": pinned[1]}]
    return found


def _images(bundle: OpenedBundle) -> dict[str, list[Image]]:
    """Give the images that values and resources of each component name, in order."""
    found: dict[str, set[Image]] = {each.name: set() for each in bundle.recipe.components}
    for path in bundle.listed:
        match = _COMPONENT.fullmatch(path)
        if match is None or match["component"] not in found:
            continue
        for document in read_text(bundle.read(path).decode() or "{}", path):
            found[match["component"]].update(_named(document.value))
    return {name: sorted(images, key=str) for name, images in found.items()}


def _named(value: Json) -> Iterator[Image]:
    """Find images wherever charts and objects of Kubernetes name them."""
    if isinstance(value, list):
        for each in value:
            yield from _named(each)
    elif isinstance(value, dict):
        image = value.get("image")
        if isinstance(value.get("repository"), str):
            yield from _in_parts(value)
        elif isinstance(image, str) and image:
            yield _read(image)
        for each in value.values():
            yield from _named(each)


def _in_parts(said: Mapping[str, Any]) -> Iterator[Image]:
    """Read ``{registry, repository, image, tag or version, digest}`` as charts have it."""
    parts = [said.get(key) for key in ("registry", "repository", "image")]
    name = "/".join(part.strip("/") for part in parts if isinstance(part, str) and part)
    tag = next((str(said[key]) for key in ("tag", "version") if said.get(key)), "")
    digest = said.get("digest")
    if tag.startswith("sha256:"):
        tag, digest = "", tag
    if name and (tag or digest):  # else it says where from, and not what
        yield Image(name, tag, digest if isinstance(digest, str) else "")


def _read(text: str) -> Image:
    """Read ``registry:5000/name:tag@sha256:…``."""
    name, _, digest = text.partition("@")
    head, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        return Image(name, "", digest)
    return Image(head, tag, digest)
