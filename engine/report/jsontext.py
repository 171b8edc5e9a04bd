"""JSON that every parser takes (ASCII, no NaN, no lone surrogates), and shapes that kinds share."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TextIO

from eidos.engine.errors import Location, Problem
from eidos.engine.model.attestation import Signatory
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Relaxation
from eidos.engine.model.report import Seen
from eidos.engine.report.escaping import COMMAND, SURROGATE, one_line

API_VERSION = "eidos.dev/v1"
"""Of every document that eidos writes of its own; ``schemas/<kind>/v1.schema.json``."""


def dumps(value: Json, indent: int | None = None) -> str:
    """Write a JSON value in the order of its keys; one line without ``indent``."""
    try:
        text = json.dumps(value, indent=indent, allow_nan=False)
    except ValueError:  # NaN or an infinity
        text = json.dumps(_clean(value), indent=indent)
    if "\\ud" in text:  # a surrogate, perhaps half a pair
        text = json.dumps(_clean(value), indent=indent)
    return COMMAND.sub(r"#\\u0023", text)  # in JSON it can only stand in a string


def ordered(value: Json) -> Json:
    """Give a value with the keys of every object in order: the store keeps no other order."""
    if isinstance(value, Mapping):
        return {key: ordered(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [ordered(item) for item in value]
    return value


def yaml_line(value: Json) -> str:
    """Write a JSON value as YAML on one line, with nothing that moves a cursor or hides text.

    JSON is YAML but for escaped surrogate pairs, so text stays as it is; the escapes that make
    control characters visible mean the same characters to YAML.
    """
    return one_line(json_line(value))


def short(value: Json) -> str:
    """Write a value for people: strings without quotes, the rest as JSON."""
    if isinstance(value, str):
        return value
    return json_line(value)


def json_line(value: Json) -> str:
    """Write a JSON value for people on one line: characters stay as they are."""
    return json.dumps(_clean(value), ensure_ascii=False)


def _clean(value: Json) -> Json:
    if isinstance(value, str):
        return SURROGATE.sub("�", value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {SURROGATE.sub("�", str(key)): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value


def write_items(out: TextIO, items: Iterable[Json], indent: str) -> None:
    """Write an array piece by piece, one item a line; the cursor stands where the ``[`` goes."""
    out.write("[")
    separator = "\n"
    for item in items:
        out.write(f"{separator}{indent}  {dumps(item)}")
        separator = ",\n"
    out.write("]" if separator == "\n" else f"\n{indent}]")


# Shapes -----------------------------------------------------------------------------------------


def write_document(out: TextIO, kind: str, **content: Json) -> None:
    """Write one versioned document, indented by two.

    Args:
        out: where to.
        kind: what the document is: ``Validation``.
        content: its other keys, in their order.
    """
    out.write(dumps({"apiVersion": API_VERSION, "kind": kind, **content}, indent=2) + "\n")


def seen_json(found: Seen | None) -> dict[str, Json]:
    """Give when facts were seen, in whole days how old the oldest are; nothing without facts."""
    if found is None:
        return {}
    times = known(oldest=found.oldest, newest=found.newest, ageDays=found.days)
    return {"facts": {**times, "undated": found.undated, "ahead": found.ahead}}


def relaxations_json(relaxations: Sequence[Relaxation]) -> dict[str, Json]:
    """Give what relaxes the gate as a field of a document; no field where nothing does."""
    found: list[Json] = [
        {"setting": each.setting, "value": each.value, "origin": location_json(each.origin)}
        for each in relaxations
    ]
    return {"relaxations": found} if found else {}


def problem_json(problem: Problem) -> Json:
    """Give a problem; ``$defs/problem`` of every schema that holds some."""
    return known(
        message=problem.message,
        hint=problem.hint,
        code=problem.code,
        location=location_json(problem.location),
    )


def location_json(location: Location | None) -> Json:
    """Give a place without what is not known of it; ``$defs/location`` of the schemas."""
    if location is None:
        return None
    return known(file=location.file, line=location.line, column=location.column, path=location.path)


def known(**values: Json) -> dict[str, Json]:
    """Leave out what is None."""
    return {key: value for key, value in values.items() if value is not None}


def signatory(who: Signatory) -> Json:
    """Give who signed: a key, or an identity with who vouches for it."""
    if who.identity is None:
        return {"key": who.id}
    return {"identity": who.identity.name, "issuer": who.identity.issuer}
