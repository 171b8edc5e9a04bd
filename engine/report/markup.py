"""Markdown that means nothing but itself, and stays under the limit of a comment.

Strings from documents stand as HTML entities wherever Markdown, HTML or GitHub's autolinks would
read them as more than text.
"""

import re
from collections.abc import Iterable
from typing import TextIO

from eidos.engine.report.escaping import one_line, shortened
from eidos.engine.report.summary import plural

LIMIT = 65_000
"""Characters; GitHub takes 65,536 in a comment."""
_ROOM_FOR_LAST = 500
"""Characters kept for the note about what was cut."""
_TEXT = 1000
"""Characters shown of one text."""
_SPECIAL = re.compile(r"[^\w ,./;:=%'()+-]|_|(?<=www)\.|:(?=//)", re.ASCII)


def text(value: str, limit: int = _TEXT) -> str:
    """Write text that means nothing but itself."""
    return _SPECIAL.sub(_entity, shortened(one_line(value), limit))


def code(value: str, limit: int = _TEXT) -> str:
    """Write text as code, which GitHub does not search for people and issues."""
    return f"<code>{_SPECIAL.sub(_bare_entity, shortened(one_line(value), limit))}</code>"


def write_fitting(parts: Iterable[str], out: TextIO) -> None:
    """Write parts until the limit is near, and say how many were left out."""
    room = LIMIT - _ROOM_FOR_LAST
    left = 0
    for part in parts:
        if left or len(part) > room:
            left += 1
        else:
            out.write(part)
            room -= len(part)
    if left:
        sections = plural(left, "section")
        out.write(f"\n_{sections} left out: the report is longer than a comment may be._\n")


def _entity(match: re.Match[str]) -> str:
    character = match.group()
    joiner = "&#8288;" if character in "@#" else ""  # keeps GitHub from linking people and issues
    return character if ord(character) > ord("~") else f"&#{ord(character)};{joiner}"


def _bare_entity(match: re.Match[str]) -> str:
    character = match.group()
    return character if ord(character) > ord("~") else f"&#{ord(character)};"
