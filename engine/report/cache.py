"""What the cache of snapshots holds (``eidos cache info``)."""

from datetime import UTC, datetime
from typing import TextIO

from eidos.engine.cache import Info
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.times import written
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import one_line
from eidos.engine.report.jsontext import write_document


def text(info: Info, out: TextIO, _rendering: Rendering) -> None:
    """Write a line for each figure; what there is none of is ``-``."""
    for name, value in _figures(info).items():
        shown = "-" if value is None else one_line(str(value))
        out.write(f"{name}: {shown}\n")


def json(info: Info, out: TextIO, _rendering: Rendering) -> None:
    """Write the figures; ``schemas/cache/v1.schema.json`` describes them."""
    write_document(out, "CacheInfo", **_figures(info))


def _figures(info: Info) -> dict[str, Json]:
    return {
        "folder": str(info.folder),
        "entries": info.entries,
        "bytes": info.bytes,
        "oldest": _moment(info.oldest),
        "newest": _moment(info.newest),
    }


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else written(datetime.fromtimestamp(seconds, UTC))
