"""XML, as goxml2json in conftest has it: ``-name`` for attributes, ``#content`` beside them."""

from typing import Any
from xml.parsers.expat import ExpatError

import xmltodict

from eidos.engine.documents.formats.faults import FormatError
from eidos.engine.model.jsonvalue import Json

_CONTENT = "#content"
_ATTRIBUTE = "-"


def read(text: str) -> Json:
    """Read an XML document; entities are never expanded.

    Raises:
        FormatError: it is none, or has text and elements side by side, or entities of its own, or
            names that differ only by their prefix.
    """
    try:
        found: Any = xmltodict.parse(text, attr_prefix=_ATTRIBUTE, cdata_key=_CONTENT)
    except ExpatError as error:
        raise FormatError(f"it is none: {error}".partition(": line")[0], error.lineno) from error
    except ValueError as error:
        raise FormatError(str(error)) from error
    return _plain(found)


def _plain(value: Any) -> Json:  # noqa: ANN401 -- what the library gives
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value or ""
    if _CONTENT in value and any(key[0] not in "-#" for key in value):
        raise FormatError("text and elements side by side are not read")
    named = [(_local(key), _plain(child)) for key, child in value.items()]
    if len(dict(named)) != len(named):
        raise FormatError("names that differ only by their prefix are not read")
    return dict(named)


def _local(name: str) -> str:
    """Leave out the prefix of a namespace, as goxml2json does."""
    mark = _ATTRIBUTE if name.startswith(_ATTRIBUTE) else ""
    return mark + name.removeprefix(mark).rpartition(":")[2]
