"""Choosing the writer of a drift format."""

import importlib
from collections.abc import Callable, Sequence
from typing import TextIO

from eidos.engine.model.drift import Drift
from eidos.engine.model.jsonvalue import Json
from eidos.engine.ports import Rendering
from eidos.engine.report.drift import FORMATS
from eidos.engine.report.jsontext import dumps

_MODULES = {name: f"eidos.engine.report.drift.{name}" for name in FORMATS} | {
    "json": "eidos.engine.report.drift.json_"
}


def writer(
    drift: Drift, operations: Callable[[], Sequence[dict[str, Json]]]
) -> Callable[[str, TextIO, Rendering], None]:
    """Give what writes a drift in any of its formats.

    Args:
        drift: what differs.
        operations: gives the JSON Patch; called only when it is written.
    """

    def write(name: str, out: TextIO, rendering: Rendering) -> None:
        if name == "json-patch":
            out.write(dumps([*operations()], indent=2) + "\n")
        else:
            importlib.import_module(_MODULES[name]).report(drift, out, rendering)

    return write
