"""The engine's error text, as a sentence and a place."""

import re

from eidos.engine.rego.frames import Fault
from eidos.engine.rego.limits import GET_OPA

_PLACE = re.compile(r"^--> (?P<file>.*):(?P<line>\d+):(?P<column>\d+)$", re.MULTILINE)
_ONE_LINE = re.compile(r"(?P<file>.*):(?P<line>\d+):(?P<column>\d+) error: (?P<text>.*)", re.DOTALL)
_SENTENCE = re.compile(r"^(?:error|warning): *(?P<text>.*)$", re.MULTILINE)
_EXTENSION = re.compile(r"^extension '[^']*' raises Python error: \w+: ")

_PHRASES = {
    "not an i64": "the light engine does not serve integers of more than 63 bits here: "
    "OPA does ('eidos engine install' gets it)",
    "else cannot be used with set rules": "the light engine does not serve several bodies of one "
    "head, or else, in a rule that makes a set",
    "rule must have a body or assignment": "the light engine does not serve a rule without a body",
}
"""What the engine says of its own insides, for users."""


V1_KEYWORDS = frozenset(["contains", "every", "if", "in"])
"""In v0 these are names, so that broken v1 reads as v0 with strange rules."""

WRITTEN_AS_V0 = "keyword is required"
"""What engines say of v1 where a head is followed by a body, or by a key, as in v0."""


TO_V1 = "'opa fmt --v0-v1 --write FILE' makes v1 of v0."


def mixed(other: str) -> tuple[str, str]:
    """Give message and hint for a module of v0 that stands beside one of v1."""
    return (
        f"this is Rego v0, and {other}, which it is read together with, is v1",
        f"Write 'deny contains x if {{ ... }}'; {TO_V1}",
    )


def read_fault(error: BaseException) -> Fault:
    """Give the sentence and the place of an error that the engine raised."""
    text = str(error).partition("\nStack backtrace")[0]
    place = _PLACE.search(text) or _ONE_LINE.fullmatch(text.strip())
    sentence = _SENTENCE.search(text) or _ONE_LINE.fullmatch(text.strip())
    message = " ".join((sentence["text"] if sentence else text).split())
    message = _EXTENSION.sub("", message)
    hint = GET_OPA if message in _PHRASES else ""
    message = _PHRASES.get(message, message)
    if type(error).__name__ == "PanicException":
        message = f"the engine gave up: {message}"
    if not place:
        return Fault(message or type(error).__name__)
    return Fault(message, place["file"], int(place["line"]), int(place["column"]), hint)
