"""The recipe itself, as the document that others read; what refuses it is told beside it."""

from typing import TextIO

from eidos.engine import __version__
from eidos.engine.documents.recipes import recipe_document
from eidos.engine.documents.upstreamresult import recipe_result
from eidos.engine.documents.writing import to_json, to_yaml
from eidos.engine.model.recipe import Resolution
from eidos.engine.ports import Rendering


def yaml(resolution: Resolution, out: TextIO, _rendering: Rendering) -> None:
    """Write YAML; nothing where there is no recipe that may be used."""
    if resolution.recipe is not None and resolution.is_resolved:
        out.write(to_yaml(recipe_document(resolution.recipe, resolution.outcomes)))


def json(resolution: Resolution, out: TextIO, _rendering: Rendering) -> None:
    """Write JSON; nothing where there is no recipe that may be used."""
    if resolution.recipe is not None and resolution.is_resolved:
        out.write(to_json(recipe_document(resolution.recipe, resolution.outcomes)))


def upstream(resolution: Resolution, out: TextIO, _rendering: Rendering) -> None:
    """Write YAML as upstream has it (``RecipeResult``); nothing where there is no recipe."""
    if resolution.recipe is not None and resolution.is_resolved:
        generator = f"eidos {__version__}"
        out.write(to_yaml(recipe_result(resolution.recipe, resolution.outcomes, generator)))
