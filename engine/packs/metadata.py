"""What a rule says of itself: its METADATA annotation, checked field by field."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from eidos.engine.errors import Location, PolicyError
from eidos.engine.model.durations import days
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.rule import Control, Param, Scope, Severity
from eidos.engine.packs.parameters import read_param
from eidos.engine.records import dataclass

_T = TypeVar("_T")
KNOWN = {
    *("id", "severity", "scope", "requires", "reads", "tables"),
    *("controls", "params", "remediation", "tags", "waivable"),
}
_NEVER = "never"


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


def parse_metadata(file: str, line: int, value: Mapping[str, Any]) -> RuleMetadata:
    """Check an annotation and give its fields typed.

    Raises:
        PolicyError: a field is missing, unknown or of the wrong type.
    """
    fields = _Fields(Location(file, line), value, _mapping(value.get("custom")))
    fields.refuse_unknown()
    return RuleMetadata(
        line=line,
        id=fields.text("id"),
        title=fields.title(),
        severity=fields.member("severity", Severity),
        scope=fields.member("scope", Scope),
        description=str(value.get("description") or "").strip(),
        remediation=str(fields.custom.get("remediation") or "").strip(),
        requires=fields.each("requires", FactAddress.parse),
        reads=fields.each("reads", FactAddress.parse),
        tables=fields.each("tables", str),
        controls=fields.each("controls", _control),
        tags=fields.each("tags", str),
        references=tuple(_references(value.get("related_resources"))),
        params=fields.params(),
        waivable_days=fields.waivable_days(),
    )


@dataclass(frozen=True, slots=True)
class _Fields:
    location: Location
    top: Mapping[str, Any]
    custom: Mapping[str, Any]

    def refuse_unknown(self) -> None:
        if unknown := sorted(set(self.custom) - KNOWN):
            self.fail(
                f"METADATA custom.{unknown[0]} is not known", f"Known: {', '.join(sorted(KNOWN))}."
            )

    def fail(self, message: str, hint: str) -> None:
        raise PolicyError(message, location=self.location, hint=hint)

    def text(self, name: str) -> str:
        found = self.custom.get(name)
        if not isinstance(found, str) or not found:
            self.fail(
                f"METADATA has no custom.{name}",
                f"Add '#   {name}: ...' below '# custom:' in the METADATA of this rule.",
            )
        return str(found)

    def title(self) -> str:
        found = self.top.get("title")
        if not isinstance(found, str) or not found.strip():
            self.fail("METADATA has no title", "Add '# title: ...' saying what must hold.")
        return str(found).strip()

    def member(self, name: str, kind: Callable[[str], _T]) -> _T:
        found = self.text(name)
        try:
            return kind(found)
        except ValueError as error:
            known = ", ".join(str(member) for member in kind)  # type: ignore[attr-defined]
            message = f"METADATA custom.{name} is '{found}'"
            raise PolicyError(
                message, location=self.location, hint=f"It is one of {known}."
            ) from error

    def params(self) -> Mapping[str, Param]:
        written = self.custom.get("params") or {}
        if not isinstance(written, dict):
            self.fail("METADATA custom.params is not a map", "Write it as {name: default}.")
        found: dict[str, Param] = {}
        for name, value in written.items():
            try:
                found[name] = read_param(value)
            except (TypeError, ValueError) as error:
                raise PolicyError(
                    f"the parameter '{name}' {error}",
                    location=self.location,
                    hint="See docs/writing-rules.md for how parameters are declared.",
                ) from error
        return found

    def waivable_days(self) -> int | None:
        """Give the days in ``waivable: 14d``; 0 for ``never``, None where nothing is said."""
        found = self.custom.get("waivable")
        if found in (None, _NEVER):
            return None if found is None else 0
        try:
            return days(str(found))
        except ValueError as error:
            raise PolicyError(
                f"METADATA custom.waivable is '{found}'",
                location=self.location,
                hint="It is 'never', or the days that a waiver may last at most: 14d.",
            ) from error

    def each(self, name: str, read: Callable[[Any], _T]) -> tuple[_T, ...]:
        found = self.custom.get(name) or []
        if not isinstance(found, list):
            self.fail(f"METADATA custom.{name} is not a list", "Write it as [a, b].")
        try:
            return tuple(read(entry) for entry in found)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            message = f"METADATA custom.{name} cannot be understood: {error}"
            raise PolicyError(
                message, location=self.location, hint="See docs/writing-rules.md for its form."
            ) from error


def _mapping(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 -- whatever the author wrote
    return value if isinstance(value, dict) else {}


def _control(value: Mapping[str, Any]) -> Control:
    return Control(str(value["framework"]), str(value["id"]))


def _references(value: Any) -> list[str]:  # noqa: ANN401 -- whatever the author wrote
    entries = value if isinstance(value, list) else []
    return [str(entry.get("ref") if isinstance(entry, dict) else entry) for entry in entries]
