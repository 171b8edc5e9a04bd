"""What became of looking after a store: of pruning, vacuuming, exporting and importing.

Each kind is a sentence, and a document with the same figures; ``schemas/`` describes those.
"""

from typing import TextIO

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.upkeep import Checkpoint, Exported, Imported, Pruned, Vacuumed
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.jsontext import write_document


def _say(sentence: str, out: TextIO) -> None:
    out.write(f"{disarmed(one_line(sentence))}\n")


def pruned(found: Pruned, out: TextIO, _rendering: Rendering) -> None:
    """Say how many runs went, or would, and how many stay."""
    older = f", {found.older} of them older, for they hold still" if found.older else ""
    went, kept = ("would go", "would stay") if found.is_dry else ("pruned", "kept")
    _say(f"{found.place}: {found.runs} runs {went}, {found.kept} {kept}{older}", out)


def pruned_json(found: Pruned, out: TextIO, _rendering: Rendering) -> None:
    """Write the figures and the checkpoints that stand in the chain."""
    write_document(
        out,
        "Pruned",
        place=found.place,
        dryRun=found.is_dry,
        runs=found.runs,
        kept=found.kept,
        older=found.older,
        checkpoints=[_checkpoint(each) for each in found.checkpoints],
    )


def _checkpoint(each: Checkpoint) -> Json:
    return {
        "first": each.first,
        "last": each.last,
        "link": each.link,
        "pruned": each.pruned,
        "sealer": each.sealer or None,
    }


def vacuumed(found: Vacuumed, out: TextIO, _rendering: Rendering) -> None:
    """Say how large the database was and is."""
    rebuilt = f"; {found.rebuilt} derived rows put right" if found.rebuilt else ""
    _say(f"{found.place}: {found.before} bytes before, {found.after} now{rebuilt}", out)


def vacuumed_json(found: Vacuumed, out: TextIO, _rendering: Rendering) -> None:
    """Write the figures."""
    write_document(
        out,
        "Vacuumed",
        place=found.place,
        before=found.before,
        after=found.after,
        rebuilt=found.rebuilt,
    )


def exported(found: Exported, out: TextIO, _rendering: Rendering) -> None:
    """Say what was written where."""
    said = f"{_runs(found.runs)} exported to {found.file}, {found.bytes} bytes"
    _say(f"{found.place}: {said}", out)


def exported_json(found: Exported, out: TextIO, _rendering: Rendering) -> None:
    """Write the figures."""
    write_document(
        out, "Exported", place=found.place, file=found.file, runs=found.runs, bytes=found.bytes
    )


def imported(found: Imported, out: TextIO, _rendering: Rendering) -> None:
    """Say how many runs were taken."""
    known = f", {found.known} {'was' if found.known == 1 else 'were'} here" if found.known else ""
    _say(f"{found.place}: {_runs(found.runs)} of {found.source} taken{known}", out)


def imported_json(found: Imported, out: TextIO, _rendering: Rendering) -> None:
    """Write the figures."""
    write_document(
        out,
        "Imported",
        place=found.place,
        source=found.source,
        runs=found.runs,
        known=found.known,
        copy=found.is_copy,
    )


def _runs(number: int) -> str:
    return "1 run" if number == 1 else f"{number} runs"
