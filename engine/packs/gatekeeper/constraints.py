"""Constraints, checked against their template, as rules."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from eidos.engine.digest import digest
from eidos.engine.documents.walking import Path, Step
from eidos.engine.errors import Location, PolicyError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.match import Kinds, Match, Requirement
from eidos.engine.model.nearest import nearest
from eidos.engine.model.rule import (
    GATOR,
    WEBHOOK,
    Constraint,
    Enforcement,
    Entrypoint,
    Rule,
    Scope,
    Severity,
    SyncedKind,
)
from eidos.engine.packs.gatekeeper.inventory import reads_metadata, wanted_kinds
from eidos.engine.packs.gatekeeper.rewriting import INVENTORY
from eidos.engine.packs.gatekeeper.templates import Template
from eidos.engine.ports import ModuleFacts
from eidos.engine.records import dataclass
from eidos.engine.schema import problems_by

GROUP: Final = "constraints.gatekeeper.sh"
_VERSIONS: Final = ("v1beta1", "v1alpha1")
_ACTIONS: Final[Mapping[str, Enforcement]] = {
    "deny": Enforcement.DENY,
    "warn": Enforcement.WARN,
    "dryrun": Enforcement.AUDIT,
}
_SCOPED: Final = "scoped"
_ALL: Final = "*"
_POINTS: Final = (GATOR, WEBHOOK, "audit.gatekeeper.sh", "vap.k8s.io")
_NAME: Final = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,61}[a-z0-9])?")
_Schema = dict[str, Json]
_TEXT: Final[_Schema] = {"type": "string"}
_TEXTS: Final[_Schema] = {"type": "array", "items": _TEXT}
_GLOB: Final[_Schema] = {
    "type": "string",
    "pattern": r"^\*?[-:a-z0-9]*\*?$",
    "description": "a name, or one that begins or ends with *",
}


def _object(properties: _Schema, *required: Json) -> _Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": [*required],
        "additionalProperties": False,
    }


def _list(items: Json) -> _Schema:
    return {"type": "array", "items": items}


def _one_of(*values: Json) -> _Schema:
    return {"enum": [*values]}


_REQUIREMENT: Final = _object(
    {
        "key": _TEXT,
        "operator": _one_of("In", "NotIn", "Exists", "DoesNotExist"),
        "values": _TEXTS,
    },
    *("key", "operator"),
)
_SELECTOR: Final = _object(
    {
        "matchLabels": {"type": "object", "additionalProperties": _TEXT},
        "matchExpressions": _list(_REQUIREMENT),
    }
)
_MATCH: Final = _object(
    {
        "kinds": _list(_object({"apiGroups": _TEXTS, "kinds": _TEXTS})),
        "scope": _TEXT,
        "namespaces": _list(_GLOB),
        "excludedNamespaces": _list(_GLOB),
        "labelSelector": _SELECTOR,
        "namespaceSelector": _SELECTOR,
        "name": _GLOB,
        "source": _one_of("All", "Generated", "Original"),
    }
)
"""``spec.match``: https://open-policy-agent.github.io/gatekeeper/website/docs/howto"""
_SCOPED_ACTION: Final = _object(
    {
        "action": _one_of(*_ACTIONS),
        "enforcementPoints": {
            **_list(_object({"name": _one_of(*_POINTS, _ALL)}, "name")),
            "minItems": 1,
        },
    },
    *("action", "enforcementPoints"),
)
_SPEC: Final[_Schema] = {
    "match": _MATCH,
    "enforcementAction": _one_of(*_ACTIONS, _SCOPED),
    "scopedEnforcementActions": _list(_SCOPED_ACTION),
}


class ParametersError(PolicyError):
    """A constraint does not fit the schema of its template."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a document, as what is held against a schema."""

    step: Step

    @property
    def value(self) -> Json:
        return self.step.value

    def location(self, path: Sequence[str | int]) -> Location:
        base: Path = self.step.path
        return self.step.document.location((*base, *path))


@dataclass(frozen=True, slots=True)
class ReadTemplate:
    """A template and what was read of its Rego, the entry point first."""

    template: Template
    facts: tuple[ModuleFacts, ...]

    def names(self, path: str) -> bool:
        """Say whether its Rego names a path below ``input``, or something in it."""
        named = (name for facts in self.facts for name in facts.inputs)
        return any(f"{name}.".startswith(f"{path}.") for name in named)

    @property
    def reads_inventory(self) -> bool:
        """Whether its Rego names ``data.inventory``."""
        paths = (path for facts in self.facts for path in facts.imports)
        return any(path.partition(".")[0] == INVENTORY for path in paths)

    @property
    def wanted_kinds(self) -> tuple[tuple[SyncedKind, ...], ...]:
        """What it looks for there; nothing where that cannot be told."""
        if not self.reads_inventory:
            return ()
        return wanted_kinds(self.template.synced, self.template.modules)


def constraint_rule(step: Step, read: ReadTemplate) -> Rule:
    """Give the rule that a constraint makes of its template.

    Raises:
        PolicyError: it is not as it must be.
        ParametersError: it does not fit the schema.
        DocumentError: a part of it has another shape.
    """
    template = read.template
    name = _name(step)
    schema = _schema(template)
    if found := problems_by(_Part(step), schema):
        raise ParametersError.joined(found)
    spec: Any = step.value.get("spec") or {} if isinstance(step.value, dict) else {}
    match = _match(spec.get("match") or {})
    params: Any = template.parameters.with_defaults(spec.get("parameters") or {})
    return Rule(
        id=f"{template.kind}/{name}",
        title=template.title,
        severity=Severity.CRITICAL,  # it says no more than "deny": no --fail-on may pass it over
        scope=Scope.ADMISSION,
        package=template.package,
        modules=template.modules,
        entrypoints=(Entrypoint(f"data.{template.package}.violation", "violation"),),
        digest=digest([template.digest, spec.get("match")]),
        reads_time=any(facts.reads_time for facts in read.facts),
        description=template.description,
        params=params,
        line=read.facts[0].rules.get("violation", 1),
        v0=template.v0,
        strict=False,
        constraint=Constraint(
            match=match,
            actions=_actions(spec, step),
            reads_inventory=read.reads_inventory,
            synced=read.wanted_kinds,
            reads_metadata=read.reads_inventory and reads_metadata(template.modules),
            reads_namespace=read.names("input.review.namespaceObject"),
            place=step.document.location(step.path),
        ),
    )


def _name(step: Step) -> str:
    version = step.get("apiVersion").text().rpartition("/")[2]
    if version not in _VERSIONS:
        hint = nearest(version, _VERSIONS)
        raise _wrong(
            step.get("apiVersion"), f"there is no version {version!r} of constraints", hint
        )
    name = step.get("metadata").get("name")
    if not _NAME.fullmatch(name.text()):
        raise _wrong(
            name,
            f"{name.text()[:80]!r} cannot be the name of a constraint",
            "At most 63 lower case letters, digits, '-' and '.'.",
        )
    return name.text()


def _schema(template: Template) -> _Schema:
    spec = dict(_SPEC)
    if template.parameters.json_schema is not None:
        spec["parameters"] = dict(template.parameters.json_schema)
    return _object(
        {
            "apiVersion": _TEXT,
            "kind": _TEXT,
            "metadata": {"type": "object"},
            "spec": _object(spec),
            "status": {},
        },
        *("apiVersion", "kind", "metadata"),
    )


def _match(spec: Mapping[str, Any]) -> Match:
    return Match(
        kinds=tuple(
            Kinds(tuple(each.get("apiGroups") or ()), tuple(each.get("kinds") or ()))
            for each in spec.get("kinds") or ()
        ),
        scope=spec.get("scope") or "*",
        namespaces=tuple(spec.get("namespaces") or ()),
        excluded=tuple(spec.get("excludedNamespaces") or ()),
        labels=_selector(spec.get("labelSelector")),
        namespace_labels=_selector(spec.get("namespaceSelector")),
        name=spec.get("name") or "",
        source=spec.get("source") or "All",
    )


def _selector(spec: Mapping[str, Any] | None) -> tuple[Requirement, ...] | None:
    if spec is None:
        return None
    pairs = (spec.get("matchLabels") or {}).items()
    return (
        *(Requirement(key, "In", (value,)) for key, value in pairs),
        *(
            Requirement(each["key"], each["operator"], tuple(each.get("values") or ()))
            for each in spec.get("matchExpressions") or ()
        ),
    )


def _actions(spec: Mapping[str, Any], step: Step) -> Mapping[str, Enforcement]:
    """Give what a violation does at each enforcement point; the strictest of several."""
    action = spec.get("enforcementAction") or "deny"
    if action != _SCOPED:
        return {_ALL: _ACTIONS[action]}
    scoped = spec.get("scopedEnforcementActions")
    if not scoped:
        raise _wrong(
            step.get("spec"),
            "enforcementAction is scoped, and there are no scopedEnforcementActions",
            "Say which action holds at which enforcement point, or write deny, warn or dryrun.",
        )
    named = {
        point: {
            _ACTIONS[each["action"]]
            for each in scoped
            if _names(each["enforcementPoints"], (point, _ALL))
        }
        for point in _POINTS
    }
    return {point: _strictest(actions) for point, actions in named.items()}


def _names(points: Iterable[Mapping[str, str]], wanted: Sequence[str]) -> bool:
    return any(each["name"] in wanted for each in points)


def _strictest(actions: set[Enforcement]) -> Enforcement:
    return next((each for each in _ACTIONS.values() if each in actions), Enforcement.OFF)


def _wrong(step: Step, message: str, hint: str | None = None) -> PolicyError:
    return PolicyError(message, location=step.document.location(step.path), hint=hint)
