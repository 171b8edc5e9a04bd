"""An explanation for programs: the query, its outcome, and the recipe where there is one."""

from typing import TextIO

from eidos.engine.documents.recipes import recipe_document
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recipe import Refusal, Resolution
from eidos.engine.ports import Rendering
from eidos.engine.report.jsontext import write_document


def json(resolution: Resolution, out: TextIO, _rendering: Rendering) -> None:
    """Write everything; ``schemas/resolution/v1.schema.json`` describes it."""
    recipe = resolution.recipe
    write_document(
        out,
        "Resolution",
        exitCode=int(resolution.exit_code),
        criteria={each.dimension: each.value for each in resolution.query},
        unknown=dict(resolution.unknown),
        refusal=None if resolution.refusal is None else _refusal(resolution.refusal),
        unvouched=[each.profile.dimension for each in resolution.unvouched],
        recipe=None if recipe is None else recipe_document(recipe, resolution.outcomes),
    )


def _refusal(refusal: Refusal) -> Json:
    return {
        "message": refusal.message,
        "hint": refusal.hint,
        "candidates": [
            {
                "overlay": each.overlay,
                "give": {name: list(values) for name, values in each.give.items()},
                "conflicts": {name: list(values) for name, values in each.conflicts.items()},
            }
            for each in refusal.candidates
        ],
    }
