"""Drift of many snapshots from one baseline: written one by one, as each is compared.

JSON and JSON Patch become one document a line; text and tables get a heading each.
"""

from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import TextIO

from eidos.engine.errors import ExitCode
from eidos.engine.model.drift import Comparison, Drift, IdleRule, IgnoreRule
from eidos.engine.model.jsonvalue import Json
from eidos.engine.ports import Rendering, Reporter
from eidos.engine.records import dataclass
from eidos.engine.report.drift.wording import idle
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.jsontext import API_VERSION, dumps
from eidos.engine.report.wording import plural

Comparisons = Iterable[Comparison]


def text(found: Comparisons, out: TextIO, rendering: Rendering) -> None:
    """Write each below its name, and what became of all of them."""
    from eidos.engine.report.drift import text as one

    _write_headed(one.report, found, out, rendering)


def table(found: Comparisons, out: TextIO, rendering: Rendering) -> None:
    """Write a table for each; of a summary, one table with a row for each."""
    from eidos.engine.report.drift import table as one

    if rendering.summary:
        one.write_summary((each.drift for each in found), out)
    else:
        _write_headed(one.report, found, out, rendering)


def json(found: Comparisons, out: TextIO, rendering: Rendering) -> None:
    """Write a document of kind Drift a line."""
    from eidos.engine.report.drift.json_ import document

    documents = (document(each.drift, summary=rendering.summary) for each in found)
    out.writelines(f"{dumps(each)}\n" for each in documents)


def json_patch(found: Comparisons, out: TextIO, _rendering: Rendering) -> None:
    """Write a document of kind DriftPatch a line; ``schemas/drift-patch/v1.schema.json``."""
    out.writelines(f"{dumps(_patch(each))}\n" for each in found)


def _patch(each: Comparison) -> Json:
    return {
        "apiVersion": API_VERSION,
        "kind": "DriftPatch",
        "baseline": each.drift.baseline.name,
        "current": each.drift.current.name,
        "patch": [*each.patch()],
    }


def markdown(found: Comparisons, out: TextIO, rendering: Rendering) -> None:
    """Write all of them as one comment."""
    from eidos.engine.report.drift.markdown import report_all

    report_all([each.drift for each in found], out, rendering)


def github(found: Comparisons, out: TextIO, rendering: Rendering) -> None:
    """Write the annotations of each."""
    from eidos.engine.report.drift import github as one

    for each in found:
        one.report(each, out, rendering)


def _write_headed(
    write: Reporter[Comparison], found: Comparisons, out: TextIO, rendering: Rendering
) -> None:
    tally = _Tally()
    for each in found:
        tally.add(each.drift)
        if not rendering.summary:
            out.write(disarmed(f"==> {one_line(each.drift.current.name)} <==") + "\n")
        write(each, out, rendering)
        if not rendering.summary:
            out.write("\n")
    out.writelines(f"{disarmed(line)}\n" for line in tally.lines())


@dataclass(slots=True)
class _Tally:
    """What was compared with one baseline, counted."""

    codes: dict[ExitCode, int] = field(default_factory=dict)
    _idle: dict[IgnoreRule, IdleRule] | None = None

    def add(self, drift: Drift) -> None:
        """Count a comparison; an ignore rule is idle when it hid nothing in any of them."""
        self.codes[drift.exit_code] = self.codes.get(drift.exit_code, 0) + 1
        found = {each.rule: each for each in drift.idle_ignores}
        known = found if self._idle is None else self._idle
        self._idle = {rule: each for rule, each in known.items() if rule in found}

    def lines(self) -> Iterator[str]:
        """Give the last words."""
        for each in (self._idle or {}).values():
            yield f"note: {idle(each)}"
        words = {
            ExitCode.OK: "without drift",
            ExitCode.FAILED: "drifted",
            ExitCode.INCOMPLETE: "not comparable",
        }
        said = ", ".join(
            f"{self.codes[code]:,} {word}" for code, word in words.items() if code in self.codes
        )
        yield f"{plural(sum(self.codes.values()), 'snapshot')} compared: {said}"
