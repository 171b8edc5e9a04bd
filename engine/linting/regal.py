"""Findings of Regal (https://www.openpolicyagent.org/projects/regal), where it is on ``PATH``."""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from eidos.engine.errors import EidosError, Location
from eidos.engine.linting.kinds import REGAL
from eidos.engine.model.lint import Level, LintFinding, LintKind
from eidos.engine.rego.finding import on_path
from eidos.engine.starting import read_within, started

_PATIENCE: Final = 300.0
"""Seconds; four hundred modules take it 10 on two slow cores."""
_MOST_OUTPUT: Final = 64 << 20
_ENVIRON: Final = {"PATH": os.defpath, "TZ": "UTC", "REGAL_DISABLE_VERSION_CHECK": "1"}
"""It would ask the network for a newer version of itself."""
_CLEAN: Final = (0, 2, 3)
"""Its exit codes where it has linted: nothing, warnings, errors found."""
_BUGS: Final = "bugs"
"""The category of what is wrong; all others are about style, and notes to us."""
_HARMLESS: Final = ("rule-shadows-builtin", "var-shadows-builtin", "time-now-ns-twice")
"""Of that category, and notes all the same: a name of one's own goes before a built-in's where it
is meant, and the time stands still while a rule is asked."""


def find_regal(environ: Mapping[str, str]) -> Path | None:
    """Give the first ``regal`` in an absolute folder of ``PATH``."""
    return next(on_path("regal", environ), None)


def regal_findings(regal: Path, files: Sequence[str]) -> Iterator[LintFinding]:
    """Run Regal on modules and give what it finds; its own configuration holds.

    Args:
        regal: the executable.
        files: paths of the modules.

    Raises:
        EidosError: it does not answer, or not as Regal does.
    """
    command = [str(regal), "lint", "--format", "json", "--no-color", "--", *files]
    with started(command, _ENVIRON, stderr=subprocess.DEVNULL) as running:
        told, ended = read_within(running, _MOST_OUTPUT, time.monotonic() + _PATIENCE)
        if not ended:
            raise EidosError(
                f"{regal} lint did not end within {_PATIENCE:g} s, or writes without end",
                hint="Run it by hand to see why, or leave it out with --no-regal.",
            )
        try:
            code = running.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            code = -1
    if code not in _CLEAN:
        raise EidosError(
            f"{regal} lint ended with {code}",
            hint="Run it by hand to see why, or leave it out with --no-regal.",
        )
    yield from read_findings(told, regal)


def read_findings(told: bytes, regal: Path | str = "regal") -> Iterator[LintFinding]:
    """Read what ``regal lint --format json`` writes.

    Raises:
        EidosError: it is something else.
    """
    try:
        violations = msgspec.json.decode(told)["violations"] or []
        yield from [_finding(each) for each in violations]
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError) as error:
        raise EidosError(
            f"{regal} lint does not answer as Regal 0.42 does",
            hint="Install another version, or leave it out with --no-regal.",
        ) from error


def _finding(violation: Mapping[str, Any]) -> LintFinding:
    category, title = str(violation["category"]), str(violation["title"])
    wrong = category == _BUGS and title not in _HARMLESS
    level = Level.WARNING if wrong else Level.NOTE
    pages = [str(each.get("ref")) for each in violation.get("related_resources") or ()]
    about = str(violation["description"])
    place = violation["location"]
    kind = LintKind(f"{REGAL}{category}/{title}", level, about, pages[0] if pages else "")
    where = Location(str(place["file"]), int(place["row"]), int(place["col"]))
    return LintFinding(kind, about, where)
