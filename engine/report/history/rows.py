"""Tables and CSV: rows of cells under titles."""

import csv as writing
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TextIO, TypeVar

from eidos.engine.model.times import written
from eidos.engine.ports import Rendering, Reporter
from eidos.engine.report.escaping import disarmed, one_line, shortened
from eidos.engine.report.page import write_columns

T = TypeVar("T")
_CELL = 60
"""Characters shown of a cell of a table."""
_NAME = 44
"""Characters shown of a name at a terminal."""
_WHO = 12
"""Those of who asks something, however long it is."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula (OWASP, "CSV injection")."""
Rows = Callable[[T], Iterable[Sequence[object]]]


def table(titles: Sequence[str], rows: Rows[T]) -> Reporter[T]:
    """Give the writer of aligned columns; nothing for no row."""

    def write(result: T, out: TextIO, _rendering: Rendering, /) -> None:
        body = [
            [shortened(one_line(_text(cell) or "-"), _CELL) for cell in row] for row in rows(result)
        ]
        if body:
            write_columns([titles, *body], out)

    return write


def csv(titles: Sequence[str], rows: Rows[T]) -> Reporter[T]:
    """Give the writer of CSV (RFC 4180), with a line of titles."""

    def write(result: T, out: TextIO, _rendering: Rendering, /) -> None:
        writer = writing.writer(out, lineterminator="\r\n")
        writer.writerow([title.lower() for title in titles])
        for row in rows(result):
            first, *others = (harmless(_text(cell)) for cell in row)
            writer.writerow([disarmed(first), *others])  # a line that begins `::` gives orders

    return write


def _text(cell: object) -> str:
    if isinstance(cell, datetime):
        return written(cell)
    if isinstance(cell, float):
        return f"{cell:.4f}".rstrip("0").rstrip(".")
    return "" if cell is None else str(cell)


def harmless(text: str) -> str:
    """Write text so that a spreadsheet takes it for text, on one line; numbers stay numbers."""
    text = one_line(text)
    return f"'{text}" if text.startswith(_FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdecimal()


def span(seconds: float | None) -> str:
    """Write a span of time for people: ``3d 4h``, ``12m``; ``-`` for none."""
    if seconds is None:
        return "-"
    parts = []
    left = round(seconds)
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        number, left = divmod(left, size)
        if number:
            parts.append(f"{number}{unit}")
    return " ".join(parts[:2]) or "0s"


def percents(parts: Sequence[float]) -> list[str]:
    """Write the shares of parts for people; they add up.

    The first, what passed, is never rounded up: what is not all is never written as all.
    """
    whole = sum(parts)
    if not whole:
        return ["-"] * len(parts)
    exact = [part * 10_000 / whole for part in parts]
    units = [int(each + 1e-9) for each in exact]
    if parts[0] < whole:
        units[0] = min(units[0], 9_999)
    rest = sorted(range(1, len(parts)), key=lambda at: units[at] - exact[at])
    for at in rest[: 10_000 - sum(units)]:
        units[at] += 1
    return [f"{unit / 100:.2f} %" for unit in units]


def screen_names(names: Iterable[str], rendering: Rendering) -> dict[str, str]:
    """Give names as a terminal shows them; what two would share, and all if verbose, stays whole.

    Constraints of recipes are rules that are called by a sentence, ``overlay.gb200-eks-training:
    k8s.server.version >= 1.32 of the cluster``: who says so is cut first.
    """
    whole = {name: one_line(name) for name in names}
    if rendering.verbose or not rendering.terminal:
        return whole
    cut = {name: _cut(text) for name, text in whole.items()}
    counts = Counter(cut.values())
    return {name: text if counts[text] == 1 else whole[name] for name, text in cut.items()}


def _cut(name: str) -> str:
    who, colon, said = name.partition(": ")
    if colon and len(name) > _NAME:
        name = f"{shortened(who, max(_WHO, _NAME - len(colon + said)))}{colon}{said}"
    return shortened(name, _NAME)
