"""What can be mended without changing what a policy says: names and lines that nothing uses."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from eidos.engine.linting.kinds import (
    ARGUMENT_UNUSED,
    IGNORE_UNUSED,
    IMPORT_UNUSED,
    LOCAL_UNUSED,
)
from eidos.engine.model.lint import LintFinding

_IMPORT: Final = re.compile(r"\s*import\s+[\w.\[\]\"-]+(\s+as\s+\w+)?\s*")
_NAME: Final = re.compile(r"[A-Za-z_]\w*")


def mended(source: str, findings: Sequence[LintFinding]) -> tuple[str, dict[LintFinding, str]]:
    """Mend a module.

    Args:
        source: its text.
        findings: what was found in it and is not excused.

    Returns:
        The new text, and what was done about each finding that was mended.
    """
    lines: list[str | None] = list(source.split("\n"))
    done: dict[LintFinding, str] = {}
    for finding in sorted(findings, key=_from_behind, reverse=True):
        mend = _MENDS.get(finding.kind.id)
        line = finding.location.line
        old = lines[line - 1] if line and line <= len(lines) else None
        if mend is None or line is None or old is None:
            continue
        new = mend(old, finding)
        if new == old:
            continue
        lines[line - 1] = new
        done[finding] = "the line is gone" if new is None else f"it reads: {new.strip()}"
    return "\n".join(line for line in lines if line is not None), done


def _from_behind(finding: LintFinding) -> tuple[int, int]:
    """Sort so that what is mended moves nothing that is still to be mended."""
    return finding.location.line or 0, finding.location.column or 0


def _unnamed(line: str, finding: LintFinding) -> str | None:
    """Write ``_`` for a name that stands at the place."""
    start = (finding.location.column or 1) - 1
    name = _NAME.match(line, start)
    if name is None or name[0] != finding.name or _is_bare_some(line, start):
        return line
    return f"{line[:start]}_{line[name.end() :]}"


def _is_bare_some(line: str, start: int) -> bool:
    """Tell whether ``some x`` declares a name without taking it out of anything."""
    return "some" in line[:start] and re.search(r"\bin\b", line[start:]) is None


def _without_import(line: str, _: LintFinding) -> str | None:
    return None if _IMPORT.fullmatch(line) else line


def _without_id(line: str, finding: LintFinding) -> str | None:
    """Take an id out of an ignore comment, and the comment away where it was the only one."""
    start = (finding.location.column or 1) - 1
    ids, dashes, reason = line[start:].partition("--")
    others = [each for each in ids.replace(",", " ").split()[2:] if each != finding.name]
    if others and dashes:
        return f"{line[:start]}# eidos:ignore {', '.join(others)} --{reason}"
    return line[:start].rstrip() or None


_MENDS: Final[Mapping[str, Callable[[str, LintFinding], str | None]]] = {
    LOCAL_UNUSED.id: _unnamed,
    ARGUMENT_UNUSED.id: _unnamed,
    IMPORT_UNUSED.id: _without_import,
    IGNORE_UNUSED.id: _without_id,
}
