"""Checking what a configuration says: every fault at once, in the user's words, with its place."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from eidos.engine.config.settings import BY_KEY, DATE, SETTINGS, Setting
from eidos.engine.errors import Location
from eidos.engine.model.jsonvalue import Json

_TYPES = {
    "text": "string",
    "duration": "string",
    "flag": "boolean",
    "number": "integer",
    "list": "list",
    "rules": "list",
    "mapping": "dict",
}
_WORDS = {
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "list": "a list",
    "dict": "a map",
}
_TEXT = {"type": "string", "empty": False}
_IGNORE_RULE = {
    "type": ["string", "dict"],
    "empty": False,
    "schema": {
        "pattern": {**_TEXT, "required": True},
        "reason": {**_TEXT, "required": True},
        "node": _TEXT,
        "value": {"type": "string"},
        "until": {**_TEXT, "regex": DATE},
    },
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a configuration that is not right."""

    message: str
    location: Location
    hint: str | None = None


def check(
    value: Mapping[str, Json], locate: Callable[[Sequence[str | int]], Location]
) -> list[Fault]:
    """Check a configuration against the rules of every setting.

    Args:
        value: the document.
        locate: from a path in it to its place in the file.
    """
    from cerberus import Validator

    validator = Validator(_schema(SETTINGS))
    validator.validate(value, normalize=False)
    return [_fault(error, locate) for error in _leaves(validator._errors)]  # noqa: SLF001  # the only way to paths


def _schema(settings: Iterable[Setting]) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for setting in settings:
        group, _, name = setting.key.rpartition(".")
        place = schema if not group else _group(schema, group)
        place[name] = _rules(setting)
    return schema


def _group(schema: dict[str, Any], name: str) -> dict[str, Any]:
    inner: dict[str, Any] = schema.setdefault(name, {"type": "dict", "schema": {}})["schema"]
    return inner


def _rules(setting: Setting) -> dict[str, Any]:
    rules = {"type": _TYPES[setting.kind], **setting.rules}
    if setting.kind in {"text", "duration"}:
        rules["empty"] = False
    elif setting.kind == "list":
        rules["schema"] = {"type": "string", "empty": False}
        if setting.key == "redact-text":
            rules["schema"]["check_with"] = _is_pattern
    elif setting.kind == "rules":
        rules["schema"] = _IGNORE_RULE
    elif setting.kind == "mapping":
        rules["keysrules"] = {"type": "string"}
    return rules


def _is_pattern(field: object, value: str, error: Callable[[object, str], None]) -> None:
    try:
        re.compile(value)
    except re.error as problem:
        error(field, f"is no regular expression: {problem}")


def _leaves(errors: Iterable[Any]) -> Iterator[Any]:
    for error in errors:
        if error.is_group_error:
            yield from _leaves(error.child_errors)
        else:
            yield error


def _fault(error: Any, locate: Callable[[Sequence[str | int]], Location]) -> Fault:  # noqa: ANN401
    path = tuple(error.document_path)
    key = ".".join(str(part) for part in path)
    if error.rule is None and error.info:
        return Fault(f"'{key}' {error.info[0]}", locate(path))
    if error.rule is None:
        near = get_close_matches(key, BY_KEY, n=1)
        hint = f"Did you mean '{near[0]}'?" if near else "`eidos config show` lists every setting."
        return Fault(f"there is no setting '{key}'", locate(path), hint)
    return Fault(f"'{key}' {_expectation(error.rule, error.constraint)}", locate(path))


def _expectation(rule: str, constraint: Any) -> str:  # noqa: ANN401
    if rule == "type":
        types = [constraint] if isinstance(constraint, str) else constraint
        return "must be " + " or ".join(_WORDS[one] for one in types)
    if rule == "allowed":
        return "must be one of " + ", ".join(constraint)
    sentences = {
        "empty": "must not be empty",
        "required": "is missing",
        "min": f"must be at least {constraint}",
        "max": f"must be at most {constraint}",
        "regex": "is not written as it should be: 30s, 5m for a time; 2026-11-01 for a day",
    }
    return sentences.get(rule, f"breaks the rule {rule!r}")
