"""Which Rego engine judges (``eidos engine info``)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from eidos.engine.model.engine import EngineInfo
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.jsontext import write_document

if TYPE_CHECKING:
    from eidos.engine.model.jsonvalue import Json


def text(info: EngineInfo, out: TextIO, _rendering: Rendering) -> None:
    """Write the engine first, then the light one, then each OPA that is not taken and why."""
    out.writelines(f"{disarmed(one_line(line))}\n" for line in _lines(info))


def _lines(info: EngineInfo) -> Iterator[str]:
    found = info.opa
    if found is not None:
        yield f"engine: opa {found.version} ({found.path}, by {found.found_by})"
    elif info.is_refused:
        yield "engine: none, the OPA that was named cannot judge"
    else:
        yield "engine: light (no OPA; run 'eidos engine install')"
    yield f"light engine: {info.light}"
    for each in info.candidates:
        if each is not found:
            why = each.trouble or "comes after it"
            yield f"not taken: {each.path} ({each.found_by}) {why}"


def json(info: EngineInfo, out: TextIO, _rendering: Rendering) -> None:
    """Write everything that was looked at; ``schemas/engine/v1.schema.json`` describes it."""
    engine: dict[str, Json] | None = None
    if info.opa is not None:
        engine = {"name": "opa", "version": info.opa.version, "path": str(info.opa.path)}
    elif not info.is_refused:
        engine = {"name": "light", "version": info.light, "path": None}
    write_document(
        out,
        "EngineInfo",
        engine=engine,
        light={"version": info.light},
        floor=info.floor,
        candidates=[
            {
                "path": str(each.path),
                "foundBy": each.found_by,
                "version": each.version,
                "taken": each is info.opa,
                "trouble": each.trouble,
            }
            for each in info.candidates
        ],
    )
