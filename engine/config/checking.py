"""Checking what a configuration says: every problem at once, with its place."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Protocol

from eidos.engine.config.rows import BY_KEY, SETTINGS, Setting, last_moment
from eidos.engine.errors import ConfigError, Location, Problem
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest

Locate = Callable[[Sequence[str | int]], Location]
"""From a path in a configuration to its place in the file."""

_TYPES = {
    "text": "string",
    "time": "string",
    "duration": "string",
    "flag": "boolean",
    "number": "integer",
    "list": "list",
    "ignores": "list",
    "mapping": "dict",
    "tables": "dict",
}
_WORDS = {
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "list": "a list",
    "dict": "a map",
}


class _Error(Protocol):
    """An error of Cerberus."""

    document_path: Sequence[str | int]
    rule: str | None
    """The rule that is broken; None for an unknown key and for what ``check_with`` says."""
    constraint: object
    info: tuple[str, ...]
    is_group_error: bool
    child_errors: "list[_Error]"


def problem(message: str, location: Location, hint: str | None = None) -> Problem:
    """Give what is wrong with a configuration."""
    return Problem(message, hint, location, ConfigError.code)


def check(value: Mapping[str, Json], locate: Locate) -> list[Problem]:
    """Check a configuration against the row of every setting.

    Args:
        value: the document.
        locate: from a path in it to its place in the file.
    """
    from cerberus import Validator

    validator = Validator(_rules_of_settings())
    validator.validate(value, normalize=False)
    return [_problem(error, locate) for error in _leaves(validator._errors)]  # noqa: SLF001  # the only way to paths


@cache
def _rules_of_settings() -> object:
    """Give the rules that Cerberus checks; to check them takes longer than any configuration."""
    from cerberus import Validator

    return Validator(_schema(SETTINGS)).schema


def _schema(settings: Iterable[Setting]) -> dict[str, object]:
    """Give the rules that Cerberus checks, of all settings."""
    schema: dict[str, object] = {}
    groups: dict[str, dict[str, object]] = {}
    for setting in settings:
        group, _, name = setting.key.rpartition(".")
        (groups.setdefault(group, {}) if group else schema)[name] = _rules(setting)
    return schema | {name: {"type": "dict", "schema": inner} for name, inner in groups.items()}


def _rules(setting: Setting) -> dict[str, object]:
    rules: dict[str, object] = {"type": _TYPES[setting.kind]}
    match setting.kind:
        case "list":
            types = {"type": ["string", "list"], "empty": False} if setting.lone else {}
            return rules | types | {"schema": _text(setting)}
        case "ignores":
            return rules | {"schema": _IGNORE_RULE}
        case "mapping" | "tables":
            values = {"type": "string" if setting.kind == "mapping" else "dict"} | _check(setting)
            if setting.fields:
                values["schema"] = {each.key: _rules(each) for each in setting.fields}
            keys = {"type": "string"} | ({"allowed": setting.keys} if setting.keys else {})
            return rules | {"keysrules": keys, "valuesrules": values | _allowed(setting)}
        case "number":
            bounds = {"min": setting.minimum, "max": setting.maximum}
            return rules | {name: bound for name, bound in bounds.items() if bound is not None}
        case "flag":
            return rules
        case _:
            return _text(setting) | _allowed(setting)


def _text(setting: Setting) -> dict[str, object]:
    return {"type": "string", "empty": False} | _check(setting)


def _check(setting: Setting) -> dict[str, object]:
    return {"check_with": _checked(setting.check)} if setting.check else {}


def _allowed(setting: Setting) -> dict[str, object]:
    return {"allowed": setting.choices} if setting.choices else {}


def _checked(
    check_text: Callable[[str], object],
) -> Callable[[object, str, Callable[[object, str], None]], None]:
    """Make a check of ours one of Cerberus."""

    def check_with(field: object, value: str, error: Callable[[object, str], None]) -> None:
        if not value or not isinstance(value, str):
            return  # other rules say so
        try:
            check_text(value)
        except ValueError as wrong:
            error(field, str(wrong))

    return check_with


_NONEMPTY = {"type": "string", "empty": False}
_IGNORE_RULE = {
    "type": ["string", "dict"],
    "empty": False,
    "schema": {
        "pattern": {**_NONEMPTY, "required": True},
        "reason": {**_NONEMPTY, "required": True},
        "node": _NONEMPTY,
        "value": {"type": "string"},
        "until": {**_NONEMPTY, "check_with": _checked(last_moment)},
    },
}


def _leaves(errors: Iterable[_Error]) -> Iterator[_Error]:
    for error in errors:
        if error.is_group_error:
            yield from _leaves(error.child_errors)
        else:
            yield error


def _problem(error: _Error, locate: Locate) -> Problem:
    path = tuple(error.document_path)
    key = ".".join(str(part) for part in path)
    if error.rule is None and error.info:
        return problem(f"'{key}': {error.info[0]}", locate(path))
    if error.rule is None:
        return problem(f"there is no setting '{key}'", locate(path), nearest(key, BY_KEY))
    return problem(f"'{key}' {_expectation(error.rule, error.constraint)}", locate(path))


def _expectation(rule: str, constraint: object) -> str:
    texts = [constraint] if isinstance(constraint, str) else constraint
    if isinstance(texts, Sequence):
        if rule == "type":
            return "must be " + " or ".join(_WORDS[one] for one in texts)
        return "must be one of " + ", ".join(texts)
    sentences = {
        "empty": "must not be empty",
        "required": "is missing",
        "min": f"must be at least {constraint}",
        "max": f"must be at most {constraint}",
    }
    return sentences.get(rule, f"breaks the rule {rule!r}")
