"""Writing drift in a format: of one snapshot, or of many that were held against one baseline."""

import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from eidos.engine.model.drift import Drift
from eidos.engine.model.jsonvalue import Json
from eidos.engine.ports import Rendering
from eidos.engine.report.drift import FORMATS, json_
from eidos.engine.report.drift.saying import Tally
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.jsontext import dumps

Operations = Sequence[dict[str, Json]]
_MODULES = {name: f"eidos.engine.report.drift.{name}" for name in FORMATS}


@dataclass(frozen=True, slots=True)
class Found:
    """Drift, and how to get the JSON Patch."""

    drift: Drift
    operations: Callable[[], Operations]
    """Called only when the patch is written."""


def write_one(name: str, found: Found, out: TextIO, rendering: Rendering) -> None:
    """Write the drift between two snapshots."""
    if name == "json-patch":
        out.write(dumps([*found.operations()], indent=2) + "\n")
    elif name == "json":
        json_.report(found.drift, out, rendering)
    else:
        importlib.import_module(_MODULES[name]).report(found.drift, out, rendering)


def write_many(name: str, found: Iterable[Found], out: TextIO, rendering: Rendering) -> None:
    """Write the drift of each of many snapshots from one baseline.

    JSON and JSON Patch become one document a line; text and tables get a heading each.
    """
    match name:
        case "json" | "json-patch":
            to_line = _document if name == "json" else _patch
            out.writelines(f"{dumps(to_line(each, rendering))}\n" for each in found)
        case "markdown":
            from eidos.engine.report.drift import markdown

            markdown.report_all([each.drift for each in found], out, rendering)
        case "table" if rendering.summary:
            from eidos.engine.report.drift import table

            rows = (table.summary_row(each.drift) for each in found)
            table.write_rows([table.summary_head(), *rows], out)
        case _:
            _write_headed(name, found, out, rendering)


def _document(found: Found, rendering: Rendering) -> Json:
    return json_.document(found.drift, summary=rendering.summary)


def _patch(found: Found, _rendering: Rendering) -> Json:
    drift = found.drift
    patch: list[Json] = [*found.operations()]
    return {"baseline": drift.baseline.name, "current": drift.current.name, "patch": patch}


def _write_headed(name: str, found: Iterable[Found], out: TextIO, rendering: Rendering) -> None:
    is_read = name in ("text", "table")
    tally = Tally()
    for each in _counted(found, tally):
        if is_read and not rendering.summary:
            out.write(disarmed(f"==> {one_line(each.drift.current.name)} <==") + "\n")
        write_one(name, each, out, rendering)
        if is_read and not rendering.summary:
            out.write("\n")
    if is_read:
        out.writelines(f"{disarmed(line)}\n" for line in tally.lines())


def _counted(found: Iterable[Found], tally: Tally) -> Iterator[Found]:
    for each in found:
        tally.add(each.drift)
        yield each
