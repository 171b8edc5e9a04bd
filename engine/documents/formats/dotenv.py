"""Files of variables (``.env``), as gotenv in conftest has them: every value is text."""

import re

from eidos.engine.documents.formats.faults import FormatError
from eidos.engine.model.jsonvalue import Json

_LINE = re.compile(
    r"""\s*(?:export\s+)?([A-Za-z0-9_.]+)(?:\s*=\s*|:\s+)"""
    r"""(?:"([^"\\$]*)"|'([^'\\]*)'|([^"'\\$#\s](?:[^"'\\$#]*[^"'\\$#\s])?)?)\s*"""
)
"""A variable and its value, as far as both readers understand the same by it."""


def read(text: str) -> Json:
    """Read a file of variables.

    Raises:
        FormatError: a line is no variable, or says what shells and readers expand differently.
    """
    found: dict[str, Json] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            problem = (
                "this line is no plain variable (escapes, expansions and remarks are not read)"
            )
            raise FormatError(problem, number)
        name, double, single, bare = match.groups()
        found[name] = next((value for value in (double, single, bare) if value is not None), "")
    return found
