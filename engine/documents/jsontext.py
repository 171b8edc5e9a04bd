"""JSON to values on a fast path; positions are looked up only when one is asked for."""

import json
import re
from typing import Any, Final

from eidos.engine.documents.guarding import guard
from eidos.engine.documents.jsonmarks import find_depth, find_repeated, find_token
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.positions import MarkedPositions
from eidos.engine.documents.scalars import Scalar, YamlRules, whole_go
from eidos.engine.errors import LONGEST_NAME, DocumentError, Location, without_middle
from eidos.engine.model.jsonvalue import Json


class NotJson:
    """The answer for a text that is not JSON but may be YAML."""


NOT_JSON: Final = NotJson()


class _RepeatedKeyError(ValueError):
    """Raised by the parser's hook."""


class _NumberError(ValueError):
    """Raised by the parser's hooks; the second argument is the source text."""


def read(text: str, name: str, limits: Limits, rules: YamlRules = YamlRules.CORE) -> Json | NotJson:
    """Read one JSON document; `NOT_JSON` when it is none and its name does not say that it is.

    Args:
        text: what the file holds.
        name: of the file, for messages.
        limits: bounds of what is read.
        rules: whose reader is followed; to all but our own, ``1.0`` is 1.

    Raises:
        DocumentError: it is JSON with a repeated key, with a number or text that cannot be kept,
            over a limit; or it is not JSON and is named ``.json``.
    """
    try:
        value = _DECODERS[rules is YamlRules.CORE].decode(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and text[error.pos - 1 :][:2] in ("\n{", "\n["):
            raise _lines(name, error) from error
        if not name.endswith(".json"):
            return NOT_JSON
        hint = "Is the file truncated, or YAML under a JSON name?"
        place = Location(name, error.lineno, error.colno)
        raise DocumentError(
            f"the document is not JSON: {error.msg.lower()}", hint=hint, location=place
        ) from error
    except _RepeatedKeyError as error:
        raise _repeated(text, name) from error
    except _NumberError as error:
        problem, source = error.args
        raise DocumentError(problem, location=_place(name, find_token(text, source))) from error
    except RecursionError as error:
        raise _too_deep(text, name, limits) from error
    except ValueError as error:  # integers of thousands of digits
        raise DocumentError("a number has too many digits", location=Location(name)) from error
    _guard(value, text, name, limits)
    checked: Json = value
    return checked


def _lines(name: str, error: json.JSONDecodeError) -> DocumentError:
    return DocumentError(
        "these are JSON lines, one value after the other, and not one document",
        hint="Make a list of them: jq -s . FILE",
        location=Location(name, error.lineno, error.colno),
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _RepeatedKeyError
    return value


def _constant(text: str) -> float:
    raise _NumberError(f"{text} is no JSON number", text)


def _float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise _NumberError(f"{text[:40]} is too large to keep", text)
    return value


def _whole(text: str) -> Scalar:
    return whole_go(_float(text))


_DECODERS = {
    is_core: json.JSONDecoder(
        object_pairs_hook=_object,
        parse_constant=_constant,
        parse_float=_float if is_core else _whole,
    )
    for is_core in (True, False)
}


def scalar(text: str, rules: YamlRules = YamlRules.CORE) -> Json:
    """Read one number, constant or text.

    Raises:
        ValueError: it is none, or cannot be kept.
    """
    value: Json = _DECODERS[rules is YamlRules.CORE].decode(text)
    return value


def _guard(value: Json, text: str, name: str, limits: Limits) -> None:
    """Check the limits, and that every text can be written again."""
    guard(value, name, limits, lambda: _place(name, find_depth(text, limits.depth)))
    if "\\u" in text:
        _refuse_surrogates(value, text, name)


def _refuse_surrogates(value: Json, text: str, name: str) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        match = re.search(r"\\u[dD][89a-fA-F]", text)
        place = _at(text, name, match.start() if match else 0)
        problem = "half a character (a lone surrogate) is not Unicode"
        raise DocumentError(problem, location=place) from error


def _repeated(text: str, name: str) -> DocumentError:
    key, mark = find_repeated(text) or ("", None)
    problem = f"the key {without_middle(key, LONGEST_NAME)!r} is there twice"
    return DocumentError(problem, hint="Keep one of them.", location=_place(name, mark))


def _too_deep(text: str, name: str, limits: Limits) -> DocumentError:
    place = _place(name, find_depth(text, limits.depth))
    return limits.exceeded("depth", f"{limits.depth} levels", place)


def _place(name: str, mark: int | None) -> Location:
    if mark is None:
        return Location(name)
    place = MarkedPositions(mark).find(())
    return Location(name, place.line, place.column)


def _at(text: str, name: str, offset: int) -> Location:
    line = text.count("\n", 0, offset)
    return Location(name, line + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1)
