"""From a document whose schema holds to the object of a catalog that it states."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eidos.engine.documents.reading import Document
from eidos.engine.documents.upstreamrecipes import upstream_fact
from eidos.engine.errors import DocumentError, Location
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recipe import (
    Alternative,
    Chart,
    Check,
    Component,
    Constraint,
    Dependency,
    Dimension,
    Leaf,
    Note,
    Of,
    Origin,
    Overlay,
    Platform,
    Profile,
    Reason,
    Relaxed,
    Tuned,
    TuningProfile,
    Upgrade,
    Use,
)
from eidos.engine.model.recipe import Path as KeyPath
from eidos.engine.selecting.constraints import parse


def read_object(document: Document, schema: str) -> Any:  # noqa: ANN401 -- the schema says which
    """Read one object of a catalog for itself.

    Args:
        document: one whose schema holds.
        schema: its name, one of the values of `FOLDERS`.

    Returns:
        The `Component`, `Overlay`, `Profile`, `TuningProfile` or `Platform`.

    Raises:
        DocumentError: a constraint cannot be read, a choice does not exist, or a text holds a
            template that is not announced.
    """
    _refuse_templates(document)
    return _READERS[schema](document)


def read_constraint_texts(constraints: Sequence[Constraint]) -> None:
    """Refuse constraints whose expression cannot be read.

    Raises:
        DocumentError: says the first, and where it stands.
    """
    for each in constraints:
        _refuse_unparsed(each.wanted, each.origin.place)


# Templates --------------------------------------------------------------------------------------


def _refuse_templates(document: Document) -> None:
    """Refuse texts that a renderer further on would run, where they are not announced."""
    for path, value in _texts((), document.value):
        if "{{" in value and not _announced(document.value, path):
            raise DocumentError(
                "the text holds a template, which the renderer would execute",
                location=document.location(path),
                hint="Say 'templates: true' beside 'values' if it is meant, as in an alert rule.",
            )


def _texts(path: tuple[str | int, ...], value: Json) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _texts((*path, key), child)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _texts((*path, index), child)


def _announced(
    value: Any,  # noqa: ANN401 -- its schema holds
    path: Sequence[str | int],
) -> bool:
    for segment in path:
        value = value[segment]
        if isinstance(value, dict) and value.get("templates") is True:
            return True
    return False


# Shapes -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a document whose schema holds, and whose it is."""

    document: Document
    value: Any
    kind: str
    name: str
    path: tuple[str | int, ...] = ()

    def __getitem__(self, key: str | int) -> "_Part":
        child = self.value[key]
        return _Part(self.document, child, self.kind, self.name, (*self.path, key))

    def get(self, key: str, otherwise: Any = None) -> Any:  # noqa: ANN401 -- its schema holds
        return self.value.get(key, otherwise)

    def each(self, key: str) -> Iterator["_Part"]:
        """Go through a list, or a map by its keys; nothing where it is not there."""
        inside = self.value.get(key)
        if inside is None:
            return
        keys = range(len(inside)) if isinstance(inside, list) else inside
        yield from (self[key][each] for each in keys)

    @property
    def key(self) -> str:
        return str(self.path[-1])

    @property
    def origin(self) -> Origin:
        return Origin(self.kind, self.name, self.document.location(self.path))

    @property
    def reason(self) -> Reason:
        return Reason(self.get("because", ""), self.get("source", ""), self.get("tradeoff"))


def _opened(document: Document, kind: str) -> _Part:
    value: Any = document.value
    return _Part(document, value, kind, value["metadata"]["name"])["spec"]


def _constraint(part: _Part) -> Constraint:
    try:
        fact = FactAddress.parse(upstream_fact(part.get("fact")))
    except ValueError as error:
        raise DocumentError(
            f"{error}",
            location=part["fact"].origin.place,
            hint="Write TYPE.SUBTYPE.KEY, as 'eidos facts' lists them.",
        ) from error
    return _parsed(
        Constraint(
            fact=fact,
            wanted=part.get("is"),
            of=Of(part.get("of", "cluster")),
            entry=part.get("entry"),
            is_warning=part.get("severity") == "warning",
            remediation=part.get("remediation"),
            reason=part.reason,
            origin=part.origin,
        ),
        part,
    )


def _parsed(constraint: Constraint, part: _Part) -> Constraint:
    """Give back a constraint whose expression parses."""
    _refuse_unparsed(constraint.wanted, part["is"].origin.place)
    return constraint


def _refuse_unparsed(wanted: str, place: Location) -> None:
    try:
        parse(wanted)
    except ValueError as error:
        raise DocumentError(
            f"the constraint cannot be read: {error}",
            location=place,
            hint="Write '>= 1.32', '>= 1.30, < 1.33', 'in [a, b]', 'exists' and the like.",
        ) from error


def _kubernetes(part: _Part) -> Constraint:
    return _parsed(
        Constraint(_RELEASE, part.get("is"), part.reason, part.origin),
        part,
    )


_RELEASE = FactAddress("k8s", "server", "version")


def _dependency(part: _Part) -> Dependency:
    return Dependency(part.get("component"), part.reason, part.origin, bool(part.get("optional")))


def _dependencies(part: _Part, key: str = "dependsOn") -> tuple[Dependency, ...]:
    return tuple(_dependency(each) for each in part.each(key))


def _leaves(part: _Part, key: str) -> tuple[Leaf, ...]:
    """Give every value of every setting by its path."""
    return tuple(
        Leaf(
            path,
            value,
            Origin(part.kind, part.name, place),
            setting.reason,
            bool(setting.get("replaces")),
        )
        for setting in part.each("settings")
        if setting.get(key) is not None
        for path, value, place in _flat(setting[key])
    )


def _flat(part: _Part, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Json, Location]]:
    value: Json = part.value
    if isinstance(value, dict) and (value or not path):
        for key in value:
            yield from _flat(part[key], (*path, key))
    else:
        yield path, value, part.origin.place


def _use(part: _Part, component: str) -> Use:
    version = part.get("version")
    removed = part.get("remove")
    return Use(
        component=component,
        origin=part.origin,
        version=version and _version(part["version"]),
        removed=removed and part["remove"].reason,
        dependencies=_dependencies(part),
        values=_leaves(part, "values"),
        resources=_leaves(part, "resources"),
    )


def _version(part: _Part) -> Leaf:
    return Leaf(("version",), part.get("is"), part["is"].origin, part.reason)


def _uses(part: _Part) -> dict[str, Use]:
    return {each.key: _use(each, each.key) for each in part.each("components")}


def _read_component(document: Document) -> Component:
    part = _opened(document, "component")
    crds = part.get("crds", {})
    return Component(
        name=part.name,
        title=_title(document, part.name),
        description=part.get("description"),
        namespace=part.get("namespace"),
        origin=part.origin,
        chart=_chart(part.get("chart")),
        aliases=tuple(part.get("aliases", ())),
        kubernetes=_kubernetes(part["kubernetes"]) if part.get("kubernetes") else None,
        dependencies=_dependencies(part),
        conflicts=_dependencies(part, "conflictsWith"),
        crd_owner=crds.get("owner", "chart"),
        crds=tuple(crds.get("names", ())),
        scheduling=part.get("scheduling", {}),
        shared_inputs={
            name: tuple(paths)
            for name, paths in part.get("sharedInputs", {}).items()
            if name != "source"
        },
        dead_keys={each["path"]: each.get("instead") for each in part.get("deadKeys", ())},
        values=_leaves(part, "values"),
        resources=_leaves(part, "resources"),
        upgrades=tuple(_upgrade(each) for each in part.each("upgrades")),
    )


def _chart(said: Mapping[str, Any] | None) -> Chart | None:
    if said is None:
        return None
    return Chart(
        said["repository"], said["name"], said["version"], said.get("released"), said["source"]
    )


def _upgrade(part: _Part) -> Upgrade:
    return Upgrade(
        since=part.get("from"),
        to=part.get("to"),
        verdict=part.get("verdict"),
        reason=part.reason,
        preconditions=tuple(_constraint(each) for each in part.each("preconditions")),
    )


def _title(document: Document, name: str) -> str:
    value: Any = document.value
    return str(value["metadata"].get("title", name))


def _read_overlay(document: Document) -> Overlay:
    part = _opened(document, "overlay")
    strict = part.get("strict")
    return Overlay(
        name=part.name,
        title=_title(document, part.name),
        origin=part.origin,
        base=part.get("base"),
        is_abstract=bool(part.get("abstract")),
        criteria={name: _criterion(said) for name, said in part.get("criteria", {}).items()},
        strict=None if strict is None else frozenset(strict),
        constraints=tuple(_constraint(each) for each in part.each("constraints")),
        relaxed=tuple(
            Relaxed(_constraint(each), each.get("owner"), each.get("until"))
            for each in part.each("relax")
        ),
        profiles=tuple(part.get("profiles", ())),
        uses=_uses(part),
        tuning=tuple(part.get("tuning", ())),
        checks=tuple(_check(each) for each in part.each("checks")),
    )


def _check(part: _Part) -> Check:
    return Check(part.get("name"), part.get("is"), part.reason, part.origin)


def _criterion(said: Json) -> tuple[str, ...]:
    return tuple(str(each) for each in (said if isinstance(said, list) else [said]))


def _read_profile(document: Document) -> Profile:
    part = _opened(document, "profile")
    choices = {each.key: _alternative(each) for each in part.each("choices")}
    if part.get("default") not in choices:
        raise DocumentError(
            f"the default {part.get('default')!r} is not one of the choices",
            location=part["default"].origin.place,
            hint=f"Known: {', '.join(choices)}.",
        )
    return Profile(part.name, part.get("dimension"), part.get("default"), choices, part.origin)


def _alternative(part: _Part) -> Alternative:
    return Alternative(
        name=part.key,
        title=part.get("title", part.key),
        reason=part.reason,
        origin=part.origin,
        observed=tuple(_constraint(each) for each in part.each("observed")),
        given=part.get("given"),
        uses=_uses(part),
    )


_KEY_OF: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "arguments": lambda said: str(said["set"]).partition("=")[0],
    "sysctls": lambda said: str(said["key"]),
    "modules": lambda said: str(said["name"]),
    "units": lambda said: f"{said['unit']} {said['property']}",
    "packages": lambda said: str(said["name"]),
}
"""What two settings of one thing share, by area."""
_REASONING = frozenset({"because", "source", "tradeoff", "conflicts"})


def _read_tuning(document: Document) -> TuningProfile:
    part = _opened(document, "tuning")
    return TuningProfile(
        name=part.name,
        title=_title(document, part.name),
        origin=part.origin,
        bases=tuple(part.get("base", ())),
        page_sizes=tuple(part.get("pageSizes", ())),
        constraints=tuple(_constraint(each) for each in part.each("constraints")),
        settings=tuple(_tuned(area, each) for area in _KEY_OF for each in part.each(area)),
    )


def _tuned(area: str, part: _Part) -> Tuned:
    return Tuned(
        area=area,
        key=_KEY_OF[area](part.value),
        said={key: value for key, value in part.value.items() if key not in _REASONING},
        reason=part.reason,
        origin=part.origin,
        conflicts=tuple(part.get("conflicts", ())),
    )


def _read_platform(document: Document) -> Platform:
    part = _opened(document, "platform")
    return Platform(
        service=part.get("service"),
        title=_title(document, part.name),
        description=part.get("description", ""),
        origin=part.origin,
        schemes=tuple(part.get("providerIdSchemes", ())),
        storage=tuple(
            Leaf((use.key, key), use.get(key), use[key].origin, use.reason)
            for use in part.each("storage")
            for key in ("class", "provisioner")
            if key in use.value
        ),
        notes=tuple(Note(each.reason, each.origin) for each in part.each("notes")),
    )


def _read_criteria(document: Document) -> dict[str, Dimension]:
    value: Any = document.value
    return {name: _dimension(name, said) for name, said in value["spec"]["dimensions"].items()}


def _dimension(name: str, said: Mapping[str, Any]) -> Dimension:
    values: Mapping[str, Any] = said.get("values", {})
    return Dimension(
        name=name,
        title=said["title"],
        values={value: (about or {}).get("title", value) for value, about in values.items()},
        aliases={
            alias.lower(): value
            for value, about in values.items()
            for alias in (about or {}).get("aliases", ())
        },
        is_count=said.get("type") == "count",
        is_strict=bool(said.get("strict")),
        refines=bool(said.get("refines")),
    )


def _read_sources(document: Document) -> dict[str, str]:
    value: Any = document.value
    return {name: said["url"] for name, said in value["spec"]["prefixes"].items()}


FOLDERS: Mapping[str, str] = {
    "components": "component",
    "overlays": "overlay",
    "profiles": "profile",
    "tuning": "tuning-profile",
    "platforms": "platform",
}
"""Folder of a catalog to the schema of the objects in it."""
_READERS: Mapping[str, Callable[[Document], Any]] = {
    "component": _read_component,
    "overlay": _read_overlay,
    "profile": _read_profile,
    "tuning-profile": _read_tuning,
    "platform": _read_platform,
}
LISTS: Mapping[str, Callable[[Document], dict[str, Any]]] = {
    "criteria": _read_criteria,
    "sources": _read_sources,
}
"""Files that lie beside the folders, by their names: what reads their entries."""
