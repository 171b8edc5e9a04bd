"""Java's ``.properties``, as magiconair's reader in conftest has them: every value is text."""

import re

import javaproperties

from eidos.engine.documents.formats.faults import FormatError
from eidos.engine.model.jsonvalue import Json

_EXPANDED = re.compile(r"\$\{")


def read(text: str) -> Json:
    """Read a file of properties.

    Raises:
        FormatError: it is none, or refers to other values (``${name}``).
    """
    expanded = _EXPANDED.search(text)
    if expanded is not None:
        line = text.count("\n", 0, expanded.start()) + 1
        raise FormatError("references to other values (${name}) are not read", line)
    try:
        found: dict[str, Json] = dict(javaproperties.loads(text))
    except ValueError as error:
        raise FormatError(f"it is none: {error}") from error
    return found
