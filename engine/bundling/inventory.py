"""What a bundle installs, as a bill of materials: charts, and images that it names itself.

CycloneDX 1.6, https://cyclonedx.org/docs/1.6/json/ -- what a chart brings by default is not in it,
for the chart is not here, and the bill says of each part whether more may be to it.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid5

from eidos.engine.bundling.images import Image, Named, named_images
from eidos.engine.bundling.verifying import OpenedBundle
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recipe import WrittenComponent
from eidos.engine.model.times import instant, written

_NAMESPACE = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
"""Of names that are URLs (RFC 9562, appendix C)."""
_BUNDLE = "bundle"
_URL = re.compile(r"(?:https?|oci)://(?:[A-Za-z0-9._~:/?#!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
"""An address without a user; a repository may be called anything."""
_OCI = "oci://"
_ALGORITHMS = {"sha256": "SHA-256", "sha512": "SHA-512"}


def bill_of_materials(bundle: OpenedBundle) -> dict[str, Json]:
    """Give what a bundle installs as a CycloneDX document; the same bundle gives the same one.

    Raises:
        BundleError: a file is altered meanwhile, or cannot be read.
    """
    components = bundle.recipe.components
    named = named_images(bundle)
    every = sorted({image for each in named.values() for image in each.images}, key=str)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(_NAMESPACE, f'https://eidos.dev/bundle/{bundle.digest}')}",
        "version": 1,
        "metadata": {
            "timestamp": written(instant(bundle.gate["effectiveTime"])),
            "component": {
                "type": "application",
                "bom-ref": _BUNDLE,
                "name": bundle.recipe.name,
                "version": bundle.digest,
            },
        },
        "components": [*map(_component, components), *map(_container, every)],
        "dependencies": list(_dependencies(components, named, every)),
        "compositions": list(_compositions(components, named, every)),
    }


# Parts ------------------------------------------------------------------------------------------


def _ref(component: WrittenComponent) -> str:
    return f"component/{component.name}"


def _ref_of_image(image: Image) -> str:
    return f"image/{image}"


def _component(component: WrittenComponent) -> Json:
    """Give a chart, or resources that lie together without one."""
    found: dict[str, Json] = {
        "type": "application",
        "bom-ref": _ref(component),
        "name": component.chart or component.name,
    }
    if component.version:
        found["version"] = component.version
    if component.chart:
        found["purl"] = _purl_of_chart(component)
        if _URL.fullmatch(component.repository or ""):
            found["externalReferences"] = [{"type": "distribution", "url": component.repository}]
    found["properties"] = [
        {"name": "eidos:component", "value": component.name},
        {"name": "eidos:namespace", "value": component.namespace},
    ]
    return found


def _purl_of_chart(component: WrittenComponent) -> str:
    """Give a purl: of the type oci from a registry, else helm, which is no registered type yet."""
    chart, version = component.chart or "", component.version or ""
    repository = component.repository or ""
    if repository.startswith(_OCI):
        place = f"{repository.removeprefix(_OCI).rstrip('/')}/{chart}"
        tag = version.replace("+", "_")  # as Helm pushes it: a tag has no plus
        return _purl("oci", chart.lower(), "", {"repository_url": place, "tag": tag})
    return _purl("helm", chart, version, {"repository_url": repository})


def _container(image: Image) -> Json:
    found: dict[str, Json] = {
        "type": "container",
        "bom-ref": _ref_of_image(image),
        "name": image.name,
    }
    if image.tag or image.digest:
        found["version"] = image.tag or image.digest
    where, _, name = image.name.rpartition("/")
    said = {"repository_url": image.name if where else "", "tag": image.tag}
    found["purl"] = _purl("oci", name, image.digest, said)
    algorithm, _, value = image.digest.partition(":")
    if value:
        found["hashes"] = [{"alg": _ALGORITHMS[algorithm], "content": value}]
    return found


def _purl(kind: str, name: str, version: str, qualifiers: dict[str, str]) -> str:
    """Write a package URL in its canonical form, https://github.com/package-url/purl-spec."""
    at = f"@{quote(version, safe=':')}" if version else ""
    said = "&".join(f"{k}={quote(v, safe=':')}" for k, v in sorted(qualifiers.items()) if v)
    return f"pkg:{kind}/{quote(name, safe=':')}{at}{f'?{said}' if said else ''}"


# Between them -----------------------------------------------------------------------------------


def _dependencies(
    components: Sequence[WrittenComponent], named: dict[str, Named], images: Iterable[Image]
) -> Iterable[Json]:
    """Say that a bundle needs its components, and each of those others and images."""
    refs = {each.name: _ref(each) for each in components}
    yield {"ref": _BUNDLE, "dependsOn": list(refs.values())}
    for each in components:
        others = [refs[name] for name in each.depends_on if name in refs]
        own = [_ref_of_image(image) for image in sorted(named[each.name].images, key=str)]
        yield {"ref": refs[each.name], "dependsOn": [*others, *own]}
    for image in images:
        yield {"ref": _ref_of_image(image)}


def _compositions(
    components: Sequence[WrittenComponent], named: dict[str, Named], images: Sequence[Image]
) -> Iterable[Json]:
    """Say of each part whether all that it is made of stands here."""
    known: dict[str, list[Json]] = {"complete": [_BUNDLE], "incomplete": [], "unknown": []}
    for each in components:
        known[_completeness(each, named[each.name])].append(_ref(each))
    for aggregate, refs in known.items():
        if refs:
            yield {"aggregate": aggregate, "dependencies": refs}
    if images:  # nobody looked into them
        inside: list[Any] = [_ref_of_image(each) for each in images]
        yield {"aggregate": "unknown", "assemblies": inside}


def _completeness(component: WrittenComponent, named: Named) -> str:
    """Say whether a component has more images than the bundle names.

    A chart brings some by default. Who watches a custom resource may start whatever it likes.
    """
    if component.chart is not None or named.is_unreadable:
        return "incomplete"
    return "unknown" if named.has_custom else "complete"
