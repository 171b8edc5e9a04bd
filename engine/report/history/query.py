"""Rows of a user's query; ``schemas/query/v1.schema.json`` describes the JSON."""

from typing import TextIO

from eidos.engine.model.history import QueryResult
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import one_line
from eidos.engine.report.history import rows
from eidos.engine.report.jsontext import write_document


def table(found: QueryResult, out: TextIO, rendering: Rendering) -> None:
    """Write aligned columns under their names; nothing for no row."""
    titles = [one_line(column) for column in found.columns]
    rows.table(titles, _rows)(found, out, rendering)


text = table


def csv(found: QueryResult, out: TextIO, rendering: Rendering) -> None:
    """Write CSV with a line of names."""
    rows.csv([rows.harmless(column) for column in found.columns], _rows)(found, out, rendering)


def _rows(found: QueryResult) -> tuple[tuple[str | int | float | None, ...], ...]:
    return found.rows


def json(found: QueryResult, out: TextIO, _rendering: Rendering) -> None:
    """Write the rows as arrays in the order of the columns."""
    write_document(
        out,
        "QueryResult",
        columns=list(found.columns),
        rows=[list(row) for row in found.rows],
        isCut=found.is_cut,
    )
