"""Ignore comments: ``# eidos:ignore ID -- reason``, on the line itself or on the one above.

Above METADATA it is about the whole block; within METADATA it stands at the end of a line, where
YAML takes it for a comment too.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Final

from eidos.engine.linting.kinds import (
    IGNORE_UNKNOWN,
    IGNORE_UNREASONED,
    IGNORE_UNUSED,
    KINDS,
    REGAL,
    found,
    known_kind,
)
from eidos.engine.model.lint import LintFinding
from eidos.engine.model.rule import Module
from eidos.engine.records import dataclass
from eidos.engine.rego.syntax import OPAQUE

_IGNORE: Final = re.compile(r"#\s*eidos:ignore\b(?P<ids>.*?)(?:\s--(?P<reason>.*))?\s*", re.DOTALL)
_WRITE: Final = "Write '# eidos:ignore ID -- why it is right here'."


@dataclass(frozen=True, slots=True)
class Ignore:
    """One comment."""

    file: str
    line: int
    column: int
    ids: tuple[str, ...]
    reason: str
    first: int
    """First line that it is about."""
    last: int

    def fits(self, finding: LintFinding) -> bool:
        """Tell whether a finding is one that it is about."""
        place = finding.location
        return (
            finding.kind.id in self.ids
            and place.file == self.file
            and self.first <= (place.line or 1) <= self.last
        )


def ignores(module: Module) -> Iterator[Ignore]:
    """Give the ignore comments of a module in their order."""
    lines = module.source.split("\n")
    for comment in OPAQUE.finditer(module.source):
        written = _IGNORE.fullmatch(comment[0]) if comment[0][0] == "#" else None
        inside = re.search(r"#\s*eidos:ignore\b.*", comment[0]) if written is None else None
        if inside is not None and comment[0][0] == "#":
            written = _IGNORE.fullmatch(inside[0])
        if written is None:
            continue
        offset = comment.start() + (inside.start() if inside else 0)
        line = module.source.count("\n", 0, offset) + 1
        column = offset - (module.source.rfind("\n", 0, offset) + 1) + 1
        alone = not lines[line - 1][: column - 1].strip()
        first, last = _about(lines, line) if alone else (line, line)
        ids = tuple(dict.fromkeys(written["ids"].replace(",", " ").split()))
        reason = (written["reason"] or "").strip()
        yield Ignore(module.file, line, column, ids, reason, first, last)


def _about(lines: Sequence[str], line: int) -> tuple[int, int]:
    """Give the lines that a comment alone on its line is about."""
    first = line + 1
    while first <= len(lines) and _IGNORE.fullmatch(lines[first - 1].strip()):
        first += 1
    last = first
    if first <= len(lines) and re.fullmatch(r"#\s*METADATA\s*", lines[first - 1]):
        while last < len(lines) and lines[last].startswith("#"):
            last += 1
    return first, last


def excused(
    findings: Sequence[LintFinding], comments: Sequence[Ignore], unmade: Collection[str] = ()
) -> Iterator[LintFinding]:
    """Give the findings, excused where a comment with a reason says so, and those on comments.

    Args:
        findings: all that were found.
        comments: all of the modules that were looked at.
        unmade: ids that were not looked for: nobody can tell whether comments excuse them.
    """
    used: set[tuple[Ignore, str]] = set()
    for finding in findings:
        fitting = [each for each in comments if finding.kind.excusable and each.fits(finding)]
        used |= {(each, finding.kind.id) for each in fitting}
        reason = next((each.reason for each in fitting if each.reason), None)
        yield replace(finding, excuse=reason)
    for comment in comments:
        yield from _told(comment, {*used, *((comment, name) for name in unmade)})


def _told(comment: Ignore, used: set[tuple[Ignore, str]]) -> Iterator[LintFinding]:
    place = (comment.file, comment.line, comment.column)
    if not comment.ids:
        yield found(IGNORE_UNKNOWN, "the ignore comment names nothing", place, _WRITE)
    elif not comment.reason:
        message = f"the ignore comment of {', '.join(comment.ids)} gives no reason"
        yield found(IGNORE_UNREASONED, message, place, _WRITE)
    for name in comment.ids:
        hint = known_kind(name)
        if hint is not None:
            yield found(IGNORE_UNKNOWN, f"there is no finding '{name}'", place, hint)
        elif name in KINDS and not KINDS[name].excusable:
            hint = "Mend what it says."
            yield found(IGNORE_UNKNOWN, f"nothing excuses {name}", place, hint)
        elif (comment, name) not in used and not name.startswith(REGAL):
            message = f"nothing here is a finding {name}"
            yield found(IGNORE_UNUSED, message, place, "Take the comment away.", name)
