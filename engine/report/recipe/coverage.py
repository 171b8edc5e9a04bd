"""Which kinds of cluster have a recipe (``eidos recipe list``)."""

from typing import TextIO

from eidos.engine.model.recipe import Coverage, Covered
from eidos.engine.ports import Rendering
from eidos.engine.report.jsontext import write_document
from eidos.engine.report.recipe.table import aligned


def table(coverage: Coverage, out: TextIO, _rendering: Rendering) -> None:
    """Write a line for each combination."""
    if not coverage.rows:
        out.write("no recipe is for that; 'eidos recipe list' shows all there are\n")
        return
    heads = [name.upper() for name in coverage.dimensions]
    rows = [(*heads, "KUBERNETES", "PROFILES", "OVERLAY")]
    rows += [
        (
            *(row.criteria.get(name, "-") for name in coverage.dimensions),
            ", ".join(row.kubernetes) or "-",
            _profiles(row),
            row.overlay,
        )
        for row in coverage.rows
    ]
    out.writelines(aligned(rows))


def _profiles(row: Covered) -> str:
    return "; ".join(f"{name}={'|'.join(each)}" for name, each in row.profiles.items()) or "-"


def json(coverage: Coverage, out: TextIO, _rendering: Rendering) -> None:
    """Write everything; ``schemas/recipes/v1.schema.json`` describes it."""
    write_document(
        out,
        "Recipes",
        dimensions=list(coverage.dimensions),
        recipes=[
            {
                "criteria": dict(row.criteria),
                "overlay": row.overlay,
                "kubernetes": list(row.kubernetes),
                "profiles": {name: list(each) for name, each in row.profiles.items()},
            }
            for row in coverage.rows
        ],
    )
