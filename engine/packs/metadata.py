"""What a rule says of itself: its METADATA annotation, checked field by field."""

import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from eidos.engine.errors import Location, PolicyError
from eidos.engine.model.durations import days
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.nearest import nearest
from eidos.engine.model.rule import Control, Param, Scope, Severity
from eidos.engine.packs.parameters import read_param
from eidos.engine.records import dataclass

if TYPE_CHECKING:
    from eidos.engine.rego.annotations import Annotation  # not for packs in the index

_T = TypeVar("_T")
KNOWN = {
    *("id", "severity", "scope", "requires", "reads", "tables"),
    *("controls", "params", "remediation", "tags", "waivable"),
}
_OF_OPA = ("title", "description", "related_resources", "authors", "organizations", "schemas")
"""Keys of annotations that are OPA's own, beside ``custom``."""
_ID = re.compile(r"[!-~]+")
"""Printable, and nothing that a reader cannot see or takes for another letter."""
_NEVER = "never"
_QUOTE = "Put quotes around it: YAML takes 4.10 for a number, and yes for true."
_FORMS = {
    "controls": 'Write each as {framework: cis-kubernetes, id: "4.10"}; what looks like a number '
    "needs the quotes.",
    "requires": "See 'eidos facts' for what there is: gpu.smi.driver.",
    "reads": "See 'eidos facts' for what there is: gpu.smi.driver.",
}
"""What to do about an entry of a list, by the key."""


@dataclass(frozen=True, slots=True)
class RuleMetadata:
    """The METADATA of one rule."""

    line: int
    id: str
    title: str
    severity: Severity
    scope: Scope
    description: str
    remediation: str
    requires: tuple[FactAddress, ...]
    reads: tuple[FactAddress, ...]
    tables: tuple[str, ...]
    controls: tuple[Control, ...]
    tags: tuple[str, ...]
    references: tuple[str, ...]
    params: Mapping[str, Param]
    waivable_days: int | None
    """See `eidos.engine.model.rule.Rule.waivable_days`."""


def parse_metadata(file: str, annotation: "Annotation") -> RuleMetadata:
    """Check an annotation and give its fields typed.

    Raises:
        PolicyError: a field is missing, unknown or of the wrong type; names its line.
    """
    value = annotation.value
    fields = _Fields(file, annotation, value, _mapping(value.get("custom")))
    fields.refuse_unknown()
    return RuleMetadata(
        line=annotation.line,
        id=fields.id(),
        title=fields.title(),
        severity=fields.member("severity", Severity),
        scope=fields.member("scope", Scope),
        description=str(value.get("description") or "").strip(),
        remediation=str(fields.custom.get("remediation") or "").strip(),
        requires=fields.each("requires", _fact),
        reads=fields.each("reads", _fact),
        tables=fields.each("tables", _text),
        controls=fields.each("controls", _control),
        tags=fields.each("tags", _text),
        references=tuple(_references(value.get("related_resources"))),
        params=fields.params(),
        waivable_days=fields.waivable_days(),
    )


@dataclass(frozen=True, slots=True)
class _Fields:
    file: str
    annotation: "Annotation"
    top: Mapping[str, Any]
    custom: Mapping[str, Any]

    def refuse_unknown(self) -> None:
        if unknown := sorted(set(self.custom) - KNOWN):
            hint = nearest(unknown[0], sorted(KNOWN))
            if unknown[0] in _OF_OPA:
                hint = "It stands beside 'custom', not below it."
            self.fail(f"METADATA custom.{unknown[0]} is not known", hint, "custom", unknown[0])

    def fail(self, message: str, hint: str, *path: str | int) -> NoReturn:
        line, column = self.annotation.place(path)
        place = Location(self.file, line, column if path else None)
        raise PolicyError(message, location=place, hint=hint)

    def text(self, name: str) -> str:
        found = self.custom.get(name)
        if found is None or found == "":
            hint = f"Add '#   {name}: ...' below '# custom:' in the METADATA of this rule."
            self.fail(f"METADATA has no custom.{name}", hint, "custom")
        if not isinstance(found, str):
            message = f"METADATA custom.{name} is {_shown(found)}, and must be text"
            self.fail(message, _QUOTE, "custom", name)
        return found

    def id(self) -> str:
        """Give the id, of which nobody can have one that looks the same."""
        found = self.text("id")
        if not _ID.fullmatch(found):
            hint = "Write letters, digits and signs of ASCII, without spaces: ACME-001."
            self.fail(f"METADATA custom.id is {found!a}", hint, "custom", "id")
        return found

    def title(self) -> str:
        found = self.top.get("title")
        if not isinstance(found, str) or not found.strip():
            self.fail("METADATA has no title", "Add '# title: ...' saying what must hold.")
        return found.strip()

    def member(self, name: str, kind: Callable[[str], _T]) -> _T:
        found = self.text(name)
        try:
            return kind(found)
        except ValueError:
            known = [str(member) for member in kind]  # type: ignore[attr-defined]
            near = nearest(found, known)
            near = f"{near} " if near.startswith("Did") else ""
            hint = f"{near}It is one of {', '.join(known)}."
            self.fail(f"METADATA custom.{name} is '{found}'", hint, "custom", name)

    def params(self) -> Mapping[str, Param]:
        written = self.custom.get("params") or {}
        if not isinstance(written, dict):
            hint = "Write it as {name: default}."
            self.fail("METADATA custom.params is not a map", hint, "custom", "params")
        found: dict[str, Param] = {}
        for name, value in written.items():
            try:
                found[name] = read_param(value)
            except (TypeError, ValueError) as error:
                hint = "See docs/writing-rules.md for how parameters are declared."
                self.fail(f"the parameter '{name}' {error}", hint, "custom", "params", name)
        return found

    def waivable_days(self) -> int | None:
        """Give the days in ``waivable: 14d``; 0 for ``never``, None where nothing is said."""
        found = self.custom.get("waivable")
        if found in (None, _NEVER):
            return None if found is None else 0
        try:
            return days(str(found))
        except ValueError:
            hint = "It is 'never', or the days that a waiver may last at most: 14d."
            self.fail(f"METADATA custom.waivable is '{found}'", hint, "custom", "waivable")

    def each(self, name: str, read: Callable[[Any], _T]) -> tuple[_T, ...]:
        found = self.custom.get(name) or []
        if not isinstance(found, list):
            hint = "Write it as [a, b]."
            self.fail(f"METADATA custom.{name} is not a list", hint, "custom", name)
        return tuple(self._read(name, number, read) for number in range(len(found)))

    def _read(self, name: str, number: int, read: Callable[[Any], _T]) -> _T:
        entry = self.custom[name][number]
        try:
            return read(entry)
        except (TypeError, ValueError) as error:
            said = f"METADATA custom.{name} holds {_shown(entry)}, which {error}"
            self.fail(said, _FORMS.get(name, _QUOTE), "custom", name, number)


def _text(value: Any) -> str:  # noqa: ANN401 -- whatever the author wrote
    if not isinstance(value, str):
        raise TypeError("is no text")
    return value


def _fact(value: Any) -> FactAddress:  # noqa: ANN401 -- whatever the author wrote
    try:
        return FactAddress.parse(_text(value))
    except ValueError as error:
        raise ValueError(f"is no name of a fact: {error}") from error


def _shown(value: Any) -> str:  # noqa: ANN401 -- whatever the author wrote
    return json.dumps(value, ensure_ascii=False)


def _mapping(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 -- whatever the author wrote
    return value if isinstance(value, dict) else {}


def _control(value: Any) -> Control:  # noqa: ANN401 -- whatever the author wrote
    if not isinstance(value, dict):
        raise TypeError("is no map")
    for name in ("framework", "id"):
        said = value.get(name)
        if said is None or not isinstance(said, str | int) or isinstance(said, bool):
            what = f"has no {name}" if said is None else f"has the {name} {_shown(said)}, no text"
            raise TypeError(what)
    return Control(str(value["framework"]), str(value["id"]))


def _references(value: Any) -> list[str]:  # noqa: ANN401 -- whatever the author wrote
    entries = value if isinstance(value, list) else []
    return [str(entry.get("ref") if isinstance(entry, dict) else entry) for entry in entries]
