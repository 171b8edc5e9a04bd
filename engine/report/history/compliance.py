"""Shares of time that passed; ``schemas/compliance/v1.schema.json`` describes the JSON."""

from collections.abc import Iterator
from itertools import groupby
from typing import TextIO

from eidos.engine.model.history import Compliance, Share
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.times import written
from eidos.engine.ports import Rendering
from eidos.engine.report.history import rows
from eidos.engine.report.history.timeline import dark_json, window_json
from eidos.engine.report.jsontext import known, write_document
from eidos.engine.report.page import write_columns
from eidos.engine.report.wording import dark_lines

_TITLES = (
    *("PASSED", "FAILED", "WAIVED", "UNKNOWN", "FIXED", "STANDING", "TO FIX", "TO DETECT"),
    *("FLIPS", "FLAPPING"),
)


def text(found: Compliance, out: TextIO, rendering: Rendering) -> None:
    """Write a table each for all, clusters, rules and controls."""
    out.write(f"{written(found.window.since)} to {written(found.window.until)}\n")
    for kind, shares in groupby(found.shares, key=lambda each: each.kind):
        out.write("\n")
        told = [*shares]
        names = rows.screen_names((each.name for each in told), rendering)
        body = [(names[each.name], *_cells(each)) for each in told]
        write_columns([(kind.upper(), *_TITLES), *body], out)
    out.writelines(f"{line}\n" for line in dark_lines(found.dark))


def _cells(each: Share) -> Iterator[str]:
    yield from rows.percents((each.passed, each.failed, each.waived, each.unknown))
    yield from (str(each.fixed), str(each.standing), rows.span(each.to_fix))
    yield from (rows.span(each.to_detect), str(each.flips), str(each.flapping))


def _rows(found: Compliance) -> Iterator[tuple[object, ...]]:
    for each in found.shares:
        yield (
            *(each.kind, each.name, each.rate, each.passed, each.failed, each.waived),
            *(each.unknown, each.fixed, each.standing, each.to_fix, each.to_detect),
            *(each.flips, each.flapping),
        )


_COLUMNS = (
    *("KIND", "NAME", "RATE", "PASSED", "FAILED", "WAIVED", "UNKNOWN", "FIXED", "STANDING"),
    *("TO FIX", "TO DETECT", "FLIPS", "FLAPPING"),
)
table = rows.table(_COLUMNS, _rows)
csv = rows.csv(_COLUMNS, _rows)


def json(found: Compliance, out: TextIO, _rendering: Rendering) -> None:
    """Write every share; times are in seconds."""
    write_document(
        out,
        "Compliance",
        window=window_json(found.window),
        shares=list(map(_share, found.shares)),
        dark=dark_json(found.dark),
    )


def _share(each: Share) -> Json:
    return known(
        kind=each.kind,
        name=each.name,
        rate=each.rate,
        passed=each.passed,
        failed=each.failed,
        waived=each.waived,
        unknown=each.unknown,
        fixed=each.fixed,
        standing=each.standing,
        toFix=each.to_fix,
        toDetect=each.to_detect,
        flips=each.flips,
        flapping=each.flapping,
    )
