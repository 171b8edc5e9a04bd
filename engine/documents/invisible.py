"""Characters that hide text or turn its direction: what writes a text makes them visible."""

import re

INVISIBLE = (
    0x061C,  # Arabic letter mark
    *range(0x200B, 0x2010),  # zero-width characters and direction marks
    *range(0x2028, 0x202F),  # line and paragraph separators, direction embeddings and overrides
    *range(0x2060, 0x2070),  # invisible operators, direction isolates
    0xFEFF,  # byte order mark
    *range(0xFFF9, 0xFFFC),  # interlinear annotation
    0xFFFE,
    0xFFFF,
)
"""Code points; none of them has a meaning in a regular expression's class."""
INVISIBLE_CLASS = "".join(map(chr, INVISIBLE))
"""The same, to stand in a class of a regular expression."""


def escaped(match: re.Match[str]) -> str:
    """Give the escape of a character, which means the same in a text of JSON or YAML."""
    return f"\\u{ord(match[0]):04x}"
