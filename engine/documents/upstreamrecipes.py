"""Recipes of the system our users already have: overlays, registries, results, of all generations.

Each becomes the document that says the same in our shape, whose places are those of the file. What
has no counterpart is named and never dropped in silence.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eidos.engine.digest import digest
from eidos.engine.documents.positions import Place, Positions
from eidos.engine.documents.reading import Document
from eidos.engine.documents.recipes import API_VERSION
from eidos.engine.documents.recipes import KIND as RECIPE
from eidos.engine.documents.upstreamkinds import upstream_kind
from eidos.engine.documents.walking import described
from eidos.engine.errors import DocumentError, Problem
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json

Path = tuple[str | int, ...]
_UNIT = re.compile(r"SystemD\.(.+?\.(?:service|socket|mount|target|timer|slice|scope))\.(.+)")
_BECAUSE = "It is read from a document of NVIDIA's cluster recipes, which gives no reason."
_NO_CRITERION = frozenset({"", "any", "0"})
_NOT_TAKEN = ("patches", "manifestFiles", "healthCheckAsserts", "expectedResources", "cleanup")
"""Fields of a component that have no counterpart here."""


def upstream_fact(name: str) -> str:
    """Give the address of a constraint's name, which splits at its first two dots.

    The name of a unit has a dot of its own, with which upstream cannot name its properties.

    Raises:
        ValueError: it is no address.
    """
    unit = _UNIT.fullmatch(name)
    if unit:
        return f'SystemD["{unit[1]}"].{unit[2]}'
    return str(FactAddress.parse(name))


@dataclass(frozen=True, slots=True)
class Taken:
    """A document in our shape."""

    document: Document
    source: Document
    """As it was read."""
    left: tuple[Path, ...] = ()
    """Paths in the file that have no counterpart."""

    def notes(self) -> list[Problem]:
        """Say what has no counterpart, and where it stands."""
        hint = "Say it in an overlay of your own, as docs/recipes.md shows."
        return [
            Problem(
                f"{path[-1]!r} has no counterpart here and is left out",
                hint,
                self.source.location(path),
            )
            for path in self.left
        ]


@dataclass(frozen=True, slots=True)
class _Moved(Positions):
    """Places of a document whose parts were moved."""

    there: Positions
    moves: Mapping[Path, Path]
    """Path in the new document to the path in the file."""

    def find(self, path: Sequence[str | int]) -> Place:
        for length in range(len(path), -1, -1):
            old = self.moves.get(tuple(path[:length]))
            if old is not None:
                place = self.there.find((*old, *path[length:]))
                depth = length + max(0, place.depth - len(old))
                return place._replace(depth=min(len(path), depth))
        return self.there.find(())._replace(depth=0)


@dataclass(slots=True)
class _Making:
    """A document that is put together from parts of another."""

    source: Document
    moves: dict[Path, Path] = field(default_factory=dict)
    left: list[Path] = field(default_factory=list)

    def fail(self, message: str, path: Path, hint: str = "") -> DocumentError:
        return DocumentError(
            message,
            location=self.source.location(path),
            hint=hint or "Is it of another release? docs/recipes.md says what is read.",
        )

    def at(self, path: Path, old: Path) -> None:
        """Note where a part of the new document is from."""
        self.moves[path] = old

    def each(self, path: Path, kind: type, default: Any = ()) -> Any:  # noqa: ANN401 -- checked here
        """Give what is at a path of the file; nothing where it is not there.

        Raises:
            DocumentError: it is of another type.
        """
        value: Any = self.source.value
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else value[step]
            if value is None:
                return default
        if not isinstance(value, kind):
            raise self.fail(f"{path[-1]!r} is {described(value)}", path)
        return value

    def document(self, value: dict[str, Json]) -> Document:
        moved = _Moved(self.source.positions, dict(self.moves))
        return Document(self.source.name, self.source.index, value, moved)

    def reason(self) -> dict[str, Json]:
        return {"because": _BECAUSE, "source": f"aicr:{self.source.name.rpartition('/')[2]}"}


# Overlays ---------------------------------------------------------------------------------------

Values = Callable[[str], Mapping[str, Json]]
"""Reads a file with values, which an overlay names relative to its folder."""


def overlay(document: Document, values: Values) -> Taken:
    """Give upstream's overlay (``RecipeMetadata``) as ours.

    Args:
        document: the overlay.
        values: reads the files with values that it names.

    Raises:
        DocumentError: it has the wrong shape.
    """
    making = _Making(document)
    name = making.each(("metadata", "name"), str, "")
    making.at(("metadata",), ("metadata",))
    spec: dict[str, Json] = {}
    base = making.each(("spec", "base"), str, "") or ("" if name == "base" else "base")
    if base:
        spec["base"] = base
        making.at(("spec", "base"), ("spec", "base"))
    criteria = _criteria(making, ("spec", "criteria"))
    if criteria:
        spec["criteria"] = criteria
        making.at(("spec", "criteria"), ("spec", "criteria"))
    constraints = _constraints(making, ("spec", "constraints"), ("spec", "constraints"))
    if constraints:
        spec["constraints"] = constraints
    components = _uses(making, values)
    if components:
        spec["components"] = components
    for phase in making.each(("spec", "validation"), dict, {}):
        making.left.append(("spec", "validation", phase))
    written: dict[str, Json] = {
        "apiVersion": API_VERSION,
        "kind": "Overlay",
        "metadata": {"name": name, "title": name},
        "spec": spec,
    }
    return Taken(making.document(written), making.source, tuple(making.left))


def _criteria(making: _Making, path: Path) -> dict[str, Json]:
    said = making.each(path, dict, {})
    return {
        ("accelerator" if name == "gpu" else name): str(value)
        for name, value in said.items()
        if value is not None and str(value).strip().lower() not in _NO_CRITERION
    }


def _constraints(making: _Making, path: Path, new: Path) -> list[Json]:
    found: list[Json] = []
    for index, said in enumerate(making.each(path, list)):
        place = (*path, index)
        name = making.each((*place, "name"), str, "")
        try:
            fact = upstream_fact(name)
        except ValueError as error:
            raise making.fail(str(error), (*place, "name")) from error
        making.at((*new, len(found)), place)
        making.at((*new, len(found), "fact"), (*place, "name"))
        making.at((*new, len(found), "is"), (*place, "value"))
        entry: dict[str, Json] = {
            "fact": fact,
            "is": str(said.get("value", "")),
            **({"of": "every-node"} if _is_of_node(fact) else {}),
            **({"severity": "warning"} if said.get("severity") == "warning" else {}),
            **({"remediation": str(said["remediation"])} if said.get("remediation") else {}),
            **making.reason(),
        }
        found.append(entry)
    return found


def _is_of_node(fact: str) -> bool:
    """Say whether a fact is one of nodes here; upstream's snapshots are of one node."""
    address = FactAddress.parse(fact)
    return address.type != "k8s" or address.subtype == "node"


def _uses(making: _Making, values: Values) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for index, said in enumerate(making.each(("spec", "componentRefs"), list)):
        place: Path = ("spec", "componentRefs", index)
        name = making.each((*place, "name"), str, "")
        if not name:
            raise making.fail("the component has no name", place)
        new: Path = ("spec", "components", name)
        making.at(new, place)
        found[name] = _use(making, place, new, said, values)
    return found


def _use(
    making: _Making, place: Path, new: Path, said: Mapping[str, Any], values: Values
) -> dict[str, Json]:
    making.left += [(*place, key) for key in _NOT_TAKEN if said.get(key)]
    if str(said.get("type", "Helm")) != "Helm":
        making.left.append((*place, "type"))
    overrides = dict(making.each((*place, "overrides"), dict, {}))
    if overrides.get("enabled") is False:
        return {"remove": making.reason()}
    used: dict[str, Json] = {}
    if said.get("version"):
        used["version"] = {"is": str(said["version"]), **making.reason()}
        making.at((*new, "version"), (*place, "version"))
    needed = making.each((*place, "dependencyRefs"), list)
    if needed:
        used["dependsOn"] = [{"component": str(each), **making.reason()} for each in needed]
        making.at((*new, "dependsOn"), (*place, "dependencyRefs"))
    stated = values(str(said["valuesFile"])) if said.get("valuesFile") else {}
    if stated or overrides:
        key = "overrides" if overrides else "valuesFile"
        making.at((*new, "settings", 0, "values"), (*place, key))
        used["settings"] = [{"values": _merged(dict(stated), overrides), **making.reason()}]
    return used


def _merged(below: Json, above: Json) -> Json:
    """Lay values over others, map by map."""
    if isinstance(below, Mapping) and isinstance(above, Mapping):
        keys = dict.fromkeys((*below, *above))
        return {
            key: _merged(below[key], above[key])
            if key in below and key in above
            else (above if key in above else below)[key]
            for key in keys
        }
    return above


# Registries -------------------------------------------------------------------------------------


def registry(document: Document, values: Values) -> Iterator[Taken]:
    """Give the components of upstream's registry, each as a document of its own.

    Args:
        document: the registry (``ComponentRegistry``).
        values: reads files with values; those of a component are ``components/NAME/values.yaml``.

    Raises:
        DocumentError: it has the wrong shape.
    """
    shelf = _Making(document)
    for index, _ in enumerate(shelf.each(("components",), list)):
        yield _component(_Making(document), ("components", index), values)


def _component(making: _Making, place: Path, values: Values) -> Taken:
    name = making.each((*place, "name"), str, "")
    helm = making.each((*place, "helm"), dict, {})
    chart = str(helm.get("defaultChart", "")).rpartition("/")[2]
    making.at((), place)
    making.at(("metadata", "name"), (*place, "name"))
    if making.each((*place, "kustomize"), dict, {}):
        making.left.append((*place, "kustomize"))
    spec: dict[str, Json] = {
        "description": str(making.each((*place, "displayName"), str, "") or name),
        "namespace": str(helm.get("defaultNamespace") or name),
    }
    aliases = [str(each) for each in making.each((*place, "valueOverrideKeys"), list)]
    if aliases:
        spec["aliases"] = list(aliases)
    if chart and helm.get("defaultRepository") and helm.get("defaultVersion"):
        spec["chart"] = {
            "repository": str(helm["defaultRepository"]),
            "name": chart,
            "version": str(helm["defaultVersion"]),
            "source": str(making.reason()["source"]),
        }
        making.at(("spec", "chart"), (*place, "helm"))
    said = values(f"components/{name}/values.yaml")
    if said:
        spec["settings"] = [{"values": dict(said), **making.reason()}]
    written: dict[str, Json] = {
        "apiVersion": API_VERSION,
        "kind": "Component",
        "metadata": {"name": name, "title": str(spec["description"])},
        "spec": spec,
    }
    return Taken(making.document(written), making.source, tuple(making.left))


# Results ----------------------------------------------------------------------------------------


def result(document: Document) -> Taken:
    """Give upstream's recipe (``RecipeResult``, or a ``Recipe`` of before) as ours.

    Raises:
        DocumentError: it has the wrong shape.
    """
    making = _Making(document)
    is_old = upstream_kind(document.value) == "Recipe"
    written = _old(making) if is_old else _result(making)
    lock: dict[str, Json] = {document.name.rpartition("/")[2]: digest(document.value)}
    return Taken(making.document({**written, "lock": lock}), making.source, tuple(making.left))


def _result(making: _Making) -> dict[str, Json]:
    criteria = _criteria(making, ("criteria",))
    making.at(("criteria",), ("criteria",))
    order = [str(each) for each in making.each(("deploymentOrder",), list)]
    components: list[Json] = []
    refs = making.each(("componentRefs",), list)
    names = [making.each(("componentRefs", index, "name"), str, "") for index in range(len(refs))]
    for index in sorted(range(len(refs)), key=lambda at: _rank(order, names[at])):
        place: Path = ("componentRefs", index)
        if making.each((*place, "overrides"), dict, {}).get("enabled") is False:
            continue
        making.at(("components", len(components)), place)
        components.append(_resolved(making, place, len(components), set(names)))
    for phase in making.each(("validation",), dict, {}):
        making.left.append(("validation", phase))
    constraints = _constraints(making, ("constraints",), ("constraints",))
    return _recipe(criteria, constraints, components)


def _recipe(
    criteria: Mapping[str, Json], constraints: list[Json], components: list[Json]
) -> dict[str, Json]:
    return {
        "apiVersion": API_VERSION,
        "kind": RECIPE,
        "metadata": {"name": "-".join(map(str, criteria.values())) or "upstream"},
        "criteria": {name: {"value": value, "from": "file"} for name, value in criteria.items()},
        "constraints": constraints,
        "components": components,
    }


def _rank(order: Sequence[str], name: str) -> tuple[int, str]:
    return (order.index(name) if name in order else len(order), name)


def _resolved(making: _Making, place: Path, wave: int, there: set[str]) -> Json:
    """Give a component of a result; each has a wave of its own, for theirs is one after another."""
    said = making.each(place, dict, {})
    making.left += [(*place, key) for key in (*_NOT_TAKEN, "valuesFile") if said.get(key)]
    chart = str(said.get("chart") or said["name"]).rpartition("/")[2]
    source = str(said.get("source") or "")
    needed = [str(each) for each in making.each((*place, "dependencyRefs"), list)]
    found: dict[str, Json] = {
        "name": str(said["name"]),
        "namespace": str(said.get("namespace") or said["name"]),
        "wave": wave,
        "values": dict(making.each((*place, "overrides"), dict, {})),
    }
    if source:
        found["chart"] = {"repository": source, "name": chart}
    if said.get("version"):
        found["version"] = str(said["version"])
    if depends := [each for each in needed if each in there]:
        found["dependsOn"] = list(depends)
    return found


# Before 2026-01 ---------------------------------------------------------------------------------

_IMAGES = {
    "gpu-operator": "gpu-operator",
    "network-operator": "network-operator",
    "skyhook-operator": "nodewright-operator",
}
"""Image of an operator, by which a recipe of before names it, to the component."""
_VERSIONS = {
    "driver": "driver",
    "container-toolkit": "toolkit",
    "k8s-device-plugin": "devicePlugin",
    "dcgm": "dcgm",
    "dcgm-exporter": "dcgmExporter",
    "k8s-mig-manager": "migManager",
}
"""Image to the operand of the GPU Operator whose version its tag is."""


def _old(making: _Making) -> dict[str, Json]:
    facts = dict(_measured(making))
    criteria = {
        name: value
        for name, value in _criteria(making, ("request",)).items()
        if name in {"os", "service", "accelerator", "intent"}
    }
    making.at(("criteria",), ("request",))
    images, images_at = facts.pop(("K8s", "image"), ({}, ()))
    components: list[Json] = []
    for image, name in _IMAGES.items():
        if image in images:
            making.at(("components", len(components)), (*images_at, image))
            components.append(
                {
                    "name": name,
                    "namespace": name,
                    "version": str(images[image]),
                    "wave": 0,
                    "values": _operands(images) if name == "gpu-operator" else {},
                }
            )
    constraints: list[Json] = []
    server, server_at = facts.pop(("K8s", "server"), ({}, ()))
    if server.get("version"):
        making.at(("constraints", 0), (*server_at, "version"))
        release = f">= {server['version']}"
        constraints.append({"fact": "K8s.server.version", "is": release, **making.reason()})
    tuning: dict[str, Json] = {area: said for area, said in _tuning(making, facts) if said}
    making.left += [at for _, at in facts.values()]
    return {**_recipe(criteria, constraints, components), "tuning": tuning}


def _operands(images: Mapping[str, Any]) -> dict[str, Json]:
    return {
        operand: {"version": str(images[image])}
        for image, operand in _VERSIONS.items()
        if image in images
    }


_Measured = dict[tuple[str, str], tuple[Mapping[str, Any], Path]]


def _measured(making: _Making) -> Iterator[tuple[tuple[str, str], tuple[Mapping[str, Any], Path]]]:
    """Give the measurements of a recipe of before: data, and where they stand."""
    for index, said in enumerate(making.each(("measurements",), list)):
        for at, part in enumerate(making.each(("measurements", index, "subtypes"), list)):
            path = ("measurements", index, "subtypes", at, "data")
            name = (str(said.get("type")), str(part.get("subtype")))
            yield name, (making.each(path, dict, {}), path)


def _tuning(making: _Making, facts: _Measured) -> Iterator[tuple[str, list[Json]]]:
    """Give how nodes are tuned; what a boot loader adds by itself is no tuning."""
    why = making.reason()
    grub, _ = facts.pop(("OS", "grub"), ({}, ()))
    yield (
        "arguments",
        [
            {"set": f"{name}={value}" if str(value) else name, **why}
            for name, value in grub.items()
            if name != "BOOT_IMAGE"
        ],
    )
    sysctl, _ = facts.pop(("OS", "sysctl"), ({}, ()))
    yield "sysctls", [{"key": _dotted(name), "value": str(v), **why} for name, v in sysctl.items()]
    kmod, _ = facts.pop(("OS", "kmod"), ({}, ()))
    yield (
        "modules",
        [
            {"name": name, "state": "loaded" if value in (True, "true") else "blocked", **why}
            for name, value in kmod.items()
        ],
    )


def _dotted(path: str) -> str:
    return path.removeprefix("/proc/sys/").replace("/", ".")
