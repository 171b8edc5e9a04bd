"""From the text of a foreign format to the value that conftest's parser gives, or a refusal."""

from collections.abc import Callable
from importlib import import_module
from typing import Protocol, cast

from eidos.engine.documents.formats.faults import FormatError
from eidos.engine.documents.formats.naming import described_format
from eidos.engine.documents.guarding import guard
from eidos.engine.documents.limits import Limits
from eidos.engine.errors import DocumentError, Location, MissingExtraError
from eidos.engine.model.jsonvalue import Json

_MODULES = {
    "dockerfile": "dockerfiles",
    "dotenv": "dotenv",
    "ini": "ini",
    "properties": "properties",
    "toml": "toml",
    "xml": "xml",
}
"""conftest's name of a parser to the module here that reads the same."""
_EXTRA = "formats"


class _Parser(Protocol):
    read: Callable[[str], Json]


def read_format(text: str, name: str, format_: str, limits: Limits) -> Json:
    """Read a document that is neither YAML nor JSON.

    Args:
        text: what the file holds.
        name: of the file, for messages.
        format_: conftest's name of the format.
        limits: bounds of what is read.

    Raises:
        DocumentError: we have no parser for the format, the text is not in it, or it says something
            that our parser and conftest's read differently; or it is over a limit.
        MissingExtraError: the parser is not installed.
    """
    words = described_format(format_)
    if format_ not in _MODULES:
        raise DocumentError(
            f"this is {words}, which eidos does not read",
            hint=_CONVERT.get(format_, "Convert it to JSON or YAML and give that."),
            location=Location(name),
        )
    try:
        value = _parser(format_).read(text)
    except ModuleNotFoundError as error:
        raise MissingExtraError(_EXTRA, f"reading {words} ({name})") from error
    except FormatError as error:
        raise DocumentError(
            f"this is read as {words}, and {error}",
            hint="Convert it to JSON or YAML, or correct it.",
            location=Location(name, error.line),
        ) from error
    except RecursionError as error:
        bound = f"{limits.depth} levels"
        raise limits.exceeded("depth", bound, Location(name)) from error
    guard(value, name, limits)
    return value


def _parser(format_: str) -> _Parser:
    module = import_module(f"eidos.engine.documents.formats.{_MODULES[format_]}")
    return cast("_Parser", module)


_CONVERT = {
    "hcl2": "Convert it with hcl2json, or check 'terraform show -json'.",
    "jsonl": "Make a list of its values: jq -s . FILE",
    "jsonc": "Take out the comments, or name it .yaml.",
    "jsonnet": "Convert it: jsonnet FILE",
    "cue": "Convert it: cue export FILE",
}
