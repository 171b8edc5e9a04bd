"""A recipe at a glance: components in their order, with versions and what they wait for."""

from collections.abc import Iterator, Sequence
from typing import TextIO

from eidos.engine.model.recipe import Resolution
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed

_HEADS = ("WAVE", "COMPONENT", "VERSION", "NAMESPACE", "AFTER")


def table(resolution: Resolution, out: TextIO, _rendering: Rendering) -> None:
    """Write a line for each component; nothing where there is no recipe that may be used."""
    if resolution.recipe is None or not resolution.is_resolved:
        return
    rows = [_HEADS] + [
        (
            str(each.wave),
            each.name,
            each.version or "-",
            each.component.namespace,
            ", ".join(needed.component for needed in each.dependencies) or "-",
        )
        for each in resolution.recipe.components
    ]
    out.writelines(aligned(rows))


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Give rows whose columns are of one width, as lines."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield disarmed("  ".join(cells).rstrip()) + "\n"
