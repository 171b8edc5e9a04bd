"""INI, as go-ini in conftest has it: values are typed, and what is in no section is left out."""

import re

from eidos.engine.documents.formats.faults import FormatError
from eidos.engine.model.jsonvalue import Json

_SECTION = re.compile(r"\s*\[([^\[\]#;\"'`\\]+)\]\s*")
_ENTRY = re.compile(r"\s*([^\s=:#;\"'`\\\[][^=:#;\"'`\\]*?)\s*[=:]\s*([^#;\"'`\\%]*?)\s*")
"""A key and its value, as far as nobody could take it for a quote, a remark or a line going on."""
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,2})?")
_UNSURE = re.compile(r"[-+]?(?:0[xX].*|[0-9._]*_[0-9._eE]*)")
"""Numbers to Go in some of their forms."""
_BOOLEANS = {
    **dict.fromkeys(("t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("f", "F", "FALSE", "false", "False"), False),
}


def read(text: str) -> Json:
    """Read an INI file: a map of sections.

    Raises:
        FormatError: a line is no section, remark or entry, or has quotes, escapes, or remarks at
            its end, which readers take differently.
    """
    sections: dict[str, dict[str, Json]] = {}
    entries: dict[str, Json] = {}  # before the first section: conftest leaves it out
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip()[0] in "#;":
            continue
        section, entry = _SECTION.fullmatch(line), _ENTRY.fullmatch(line)
        if section is not None and section[1].strip() != "DEFAULT":
            entries = sections.setdefault(section[1].strip(), {})
        elif entry is not None and not _UNSURE.fullmatch(entry[2]):
            entries[entry[1]] = _value(entry[2])
        else:
            problem = "this line is no plain entry (quotes, escapes and remarks in it are not read)"
            raise FormatError(problem, number)
    return {name: dict(entries) for name, entries in sections.items()}


def _value(text: str) -> Json:
    if _NUMBER.fullmatch(text):
        number = float(text)
        return int(number) if number.is_integer() else number
    return _BOOLEANS.get(text, text)
