"""The engine's error text, as a sentence and a place."""

import re

from eidos.engine.rego.frames import Fault

_PLACE = re.compile(r"^--> (?P<file>.*):(?P<line>\d+):(?P<column>\d+)$", re.MULTILINE)
_SENTENCE = re.compile(r"^(?:error|warning): *(?P<text>.*)$", re.MULTILINE)
_EXTENSION = re.compile(r"^extension '[^']*' raises Python error: \w+: ")


def read_fault(error: BaseException) -> Fault:
    """Give the sentence and the place of an error that the engine raised."""
    text = str(error).partition("\nStack backtrace")[0]
    place = _PLACE.search(text)
    sentence = _SENTENCE.search(text)
    message = sentence["text"].strip() if sentence else " ".join(text.split())
    message = _EXTENSION.sub("", message)
    if type(error).__name__ == "PanicException":
        message = f"the engine gave up: {message}"
    if not place:
        return Fault(message or type(error).__name__)
    return Fault(message, place["file"], int(place["line"]), int(place["column"]))
