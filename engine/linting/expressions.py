"""Expressions that load, run, and mean something else than their author did."""

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from eidos.engine.linting.kinds import (
    FLOAT_EQUALITY,
    NEVER_HOLDS,
    PREFIX_OPEN,
    REGEX_UNBOUNDED,
    VALUE_UNKNOWN,
    VERSION_AS_TEXT,
    found,
)
from eidos.engine.linting.trees import Call, Path, Reader
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.facttypes import FactType
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.lint import LintFinding, LintKind
from eidos.engine.model.nearest import nearest
from eidos.engine.packs.checking import level_of
from eidos.engine.rego.opa.reading import Node
from eidos.engine.vocabulary import vocabulary

_ORDERS: Final = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_EQUALITIES: Final = {"equal": "==", "eq": "=", "neq": "!="}
_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "lt": lambda one, other: one < other,
    "lte": lambda one, other: one <= other,
    "gt": lambda one, other: one > other,
    "gte": lambda one, other: one >= other,
    "equal": lambda one, other: one == other,
    "eq": lambda one, other: one == other,
    "neq": lambda one, other: one != other,
}
_VERSION: Final = re.compile(r"[vV]?[0-9]+(\.[0-9]+)+([-+].*)?")
_IMAGES: Final = ("image", "images")
"""Last step of a path to references of images; ``os-image`` is none."""
_REGISTRIES: Final = re.compile(
    r"(?i)(registry|registries|repository|repositories|repos?|mirrors?)$"
)
_HOST: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}(:[0-9]+)?(/[\w./-]*)?")
_CLOSED: Final = ("/", ":", "@")
"""How a prefix of an image ends that no longer name begins with."""
_BOUNDS: Final = re.compile(r"(?<![\\\[])\^|(?<!\\)\$|(?<!\\)\\[Azb]")
"""What binds an expression to an end of the text or of a word."""
_MATCHING: Final = ("regex.match", "re_match")


def expressions(reader: Reader, *, typed: bool) -> Iterator[LintFinding]:
    """Give what is wrong with the expressions of one rule.

    Args:
        reader: of the rule.
        typed: its ``input`` holds facts of our vocabulary, and not any document.
    """
    for call in reader.calls():
        for check in (_version, _prefix, _regex, _float):
            yield from check(reader, call, typed=typed)
        if typed:
            yield from _value(reader, call)
    for body in reader.bodies():
        yield from _body(reader, body)


def _at(
    reader: Reader, call: Call, kind: LintKind, message: str, hint: str | None
) -> Iterator[LintFinding]:
    yield found(kind, message, (reader.module.module.file, call.row, call.column), hint)


# Facts ------------------------------------------------------------------------------------------


def fact_at(path: Path | None) -> FactAddress | None:
    """Give the fact that a path leads to or into; None where that cannot be told."""
    steps = (path or ())[1:]
    if not path or path[0] != "input":
        return None
    steps = steps[2:] if steps[:1] == ("nodes",) else steps
    if len(steps) < 3 or None in steps[:3]:  # noqa: PLR2004 -- type, subtype, key
        return None
    return FactAddress(str(steps[0]), str(steps[1]), str(steps[2]))


def _type_of(path: Path | None) -> FactType | None:
    fact = fact_at(path)
    if fact is None or path is None:
        return None
    inside = path[6:] if path[1] == "nodes" else path[4:]
    type_ = vocabulary().type_of(fact)
    for step in inside:
        type_ = type_ and (type_.fields.get(step, type_.of) if step else type_.of)
    return type_


def _shown(path: Path | None) -> str:
    return ".".join(step or "*" for step in path or ())


def _version(reader: Reader, call: Call, *, typed: bool) -> Iterator[LintFinding]:
    if call.name not in _ORDERS:
        return
    hint = "Compare by number: versions.older(one, other) of data.eidos.lib.versions."
    hint = hint if typed else "Compare by number: semver.compare(one, other) < 0."
    for side in call.arguments:
        path, literal = reader.path(side), reader.literal(side)
        type_ = _type_of(path) if typed else None
        if type_ is not None and type_.kind == "version":
            text = f"{_shown(path)} is a version, and '{_ORDERS[call.name]}' compares it as text"
        elif isinstance(literal, str) and _VERSION.fullmatch(literal):
            text = f"'{_ORDERS[call.name]}' compares with the version \"{literal}\" as text"
        else:
            continue
        yield from _at(reader, call, VERSION_AS_TEXT, text, hint)
        return


def _value(reader: Reader, call: Call) -> Iterator[LintFinding]:
    """Find texts that an enumeration never is: mostly they are misspelt."""
    if call.name not in (*_EQUALITIES, "internal.member_2"):
        return
    one, other = call.arguments[:2]
    for fact, said in ((one, other), (other, one)):
        path = reader.path(fact)
        type_ = _type_of(path)
        if type_ is None or type_.kind != "enum":
            continue
        known = (*type_.values, *type_.none)
        for text in _texts(reader, said):
            if text and text not in known:  # what is empty says that it is not set
                message = f'{_shown(path)} is never "{text}"'
                yield from _at(reader, call, VALUE_UNKNOWN, message, nearest(text, known))


def _texts(reader: Reader, term: Node) -> list[str]:
    items = term["value"] if term["type"] in ("set", "array") else [term]
    return [each for each in map(reader.literal, items) if isinstance(each, str)]


# Texts and numbers ------------------------------------------------------------------------------


def _prefix(reader: Reader, call: Call, *, typed: bool) -> Iterator[LintFinding]:  # noqa: ARG001 -- one shape for all checks
    if call.name != "startswith":
        return
    whole, prefix = call.arguments
    literal = reader.literal(prefix)
    if isinstance(literal, str) and (literal.endswith(_CLOSED) or not literal):
        return
    host = isinstance(literal, str) and _HOST.fullmatch(literal) is not None
    if _is_closed(reader, prefix) or not (host or _is_image(reader, whole, prefix)):
        return
    known = isinstance(literal, str)
    said = f'"{literal}"' if known else reader.word(prefix) or "the prefix"
    longer = f"{literal if known else 'registry.example.com'}.evil.example"
    yield from _at(
        reader,
        call,
        PREFIX_OPEN,
        f"{said} is also the beginning of a longer name: {longer}",
        'End the prefix with "/", or take the reference apart with data.eidos.lib.images.',
    )


def _is_image(reader: Reader, whole: Node, prefix: Node) -> bool:
    """Tell whether a text is a reference of an image, by the names of it and of its prefix."""
    path = reader.path(whole) or ("",)
    named = [step for step in path if step]
    read = path[0] == "input" and bool(named) and named[-1] in _IMAGES
    words = [reader.word(each) for each in (whole, prefix)]
    return read or any(_REGISTRIES.search(word) for word in words)


def _is_closed(reader: Reader, prefix: Node) -> bool:
    """Tell whether what makes a prefix ends it: ``sprintf("%s/", [host])``."""
    call = reader.call(prefix)
    if call is None:
        return False
    ends = [reader.literal(each) for each in _pieces(call)]
    return any(isinstance(end, str) and end.endswith(_CLOSED) for end in ends)


def _pieces(call: Call) -> Sequence[Node]:
    if call.name == "concat" and call.arguments[1]["type"] == "array":
        return list(call.arguments[1]["value"])[-1:]
    return call.arguments[:1] if call.name == "sprintf" else ()


def _regex(reader: Reader, call: Call, *, typed: bool) -> Iterator[LintFinding]:  # noqa: ARG001 -- one shape for all checks
    pattern = reader.literal(call.arguments[0]) if call.name in _MATCHING else None
    if isinstance(pattern, str) and not _BOUNDS.search(pattern):
        yield from _at(
            reader,
            call,
            REGEX_UNBOUNDED,
            f"`{pattern}` fits anywhere in the text",
            "Begin it with ^ or end it with $; use contains(...) where anywhere is meant.",
        )


def _float(reader: Reader, call: Call, *, typed: bool) -> Iterator[LintFinding]:  # noqa: ARG001 -- one shape for all checks
    if call.name not in _EQUALITIES:
        return
    for side in call.arguments:
        literal, inner = reader.literal(side), reader.call(side)
        divided = inner is not None and inner.name == "div"
        if divided or (isinstance(literal, float) and literal != int(literal)):
            what = "a quotient" if divided else str(literal)
            yield from _at(
                reader,
                call,
                FLOAT_EQUALITY,
                f"'{_EQUALITIES[call.name]}' compares with {what}, and fractions are rounded",
                "Compare the distance, abs(one - other) < 0.001, or whole numbers.",
            )
            return


# Bodies -----------------------------------------------------------------------------------------


def _body(reader: Reader, body: Sequence[Node]) -> Iterator[LintFinding]:
    """Find what can never hold; the first expression of a body that shows it is told."""
    equal: dict[Path, Json] = {}
    seen: dict[str, bool] = {}
    for expression in body:
        if expression.get("generated"):
            continue
        reason = _false(reader, expression) or _contradiction(reader, expression, equal)
        reason = reason or _opposite(expression, seen)
        if reason:
            _, row, column = reader.place(expression)
            place = (reader.module.module.file, row, column)
            yield found(NEVER_HOLDS, f"{reason}, so that {_consequence(reader)}", place)
            return


def _consequence(reader: Reader) -> str:
    name = reader.name
    return f"{name} never finds anything here" if level_of(name) else "the body never holds"


def _false(reader: Reader, expression: Node) -> str | None:
    terms = expression["terms"]
    negated = bool(expression.get("negated"))
    if isinstance(terms, dict):
        said = terms.get("type") == "boolean" and terms["value"] is negated
        return f"{'not ' * negated}{str(negated).lower()} never holds" if said else None
    call = reader.call(expression)
    if call is None or negated or call.name not in _COMPARISONS:
        return None
    one, other = (reader.literal(each) for each in call.arguments)
    if _comparable(one, other) and not _COMPARISONS[call.name](one, other):
        return f"{_written(one)} {_symbol(call.name)} {_written(other)} never holds"
    return _negative_count(reader, call, other)


def _comparable(one: Json, other: Json) -> bool:
    numbers = isinstance(one, int | float) and isinstance(other, int | float)
    return (isinstance(one, str) and isinstance(other, str)) or (
        numbers and not isinstance(one, bool) and not isinstance(other, bool)
    )


def _negative_count(reader: Reader, call: Call, other: Json) -> str | None:
    """Find what no count is: fewer than none."""
    inner = reader.call(call.arguments[0])
    if inner is None or inner.name != "count" or not isinstance(other, int | float):
        return None
    least = {"lt": 1, "lte": 0, "equal": 0, "eq": 0}.get(call.name)
    if least is None or other >= least:
        return None
    return f"a count is never {_symbol(call.name)} {other}"


def _contradiction(reader: Reader, expression: Node, equal: dict[Path, Json]) -> str | None:
    call = reader.call(expression)
    if call is None or expression.get("negated") or call.name not in ("equal", "eq"):
        return None
    one, other = call.arguments
    for side, said in ((one, other), (other, one)):
        path, value = reader.path(side), reader.literal(said)
        if path is None or None in path or value is None:
            continue
        if path in equal and equal[path] != value:
            return f"{_shown(path)} is not both {_written(equal[path])} and {_written(value)}"
        equal[path] = value
    return None


def _opposite(expression: Node, seen: dict[str, bool]) -> str | None:
    """Find an expression that stands in a body with and without ``not``."""
    if "with" in expression or not isinstance(expression["terms"], list | dict):
        return None
    negated = bool(expression.get("negated"))
    text = base64.b64decode(expression["location"].get("text", "")).decode(errors="replace")
    key = " ".join((text.removeprefix("not") if negated else text).split())
    if seen.setdefault(key, negated) != negated:
        return "it stands there with and without 'not'"
    return None


def _symbol(name: str) -> str:
    return {**_ORDERS, **_EQUALITIES}[name]


def _written(value: Json) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
