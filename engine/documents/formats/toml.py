"""TOML, as BurntSushi's reader in conftest has it; dates are text."""

import datetime as dt
import math
import re
import tomllib

from eidos.engine.documents.formats.faults import FormatError
from eidos.engine.model.jsonvalue import Json

_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


def read(text: str) -> Json:
    """Read a TOML document.

    Raises:
        FormatError: it is none, or holds a number that JSON cannot say.
    """
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        place = _PLACE.search(said)
        line = place[1] if place else None
        problem = _PLACE.sub("", said).lower()
        raise FormatError(f"it is none: {problem}", int(line) if line else None) from error
    return _plain(value)


def _plain(value: object) -> Json:
    match value:
        case dict():
            return {key: _plain(child) for key, child in value.items()}
        case list():
            return [_plain(child) for child in value]
        case float():
            return _number(value)
        case dt.datetime() | dt.date() | dt.time():
            return _moment(value)
        case str() | int():
            return value
        case _:
            raise FormatError(f"it holds a {type(value).__name__}")


def _number(value: float) -> float | int:
    if not math.isfinite(value):
        raise FormatError(f"it holds {value}, which is not a number that JSON can represent")
    return int(value) if value.is_integer() and abs(value) < 1e21 else value  # noqa: PLR2004 -- as Go's JSON writes it


def _moment(value: dt.date | dt.time) -> str:
    """Write a moment with its zone; one without is in the zone of whose machine reads it."""
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.isoformat().replace("+00:00", "Z")
    raise FormatError(f"it holds {value.isoformat()}, a date or time without a zone")
