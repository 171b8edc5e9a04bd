"""Which of upstream's kinds of recipes a document is."""

from collections.abc import Mapping

from eidos.engine.model.jsonvalue import Json

_KINDS = frozenset({"RecipeMetadata", "ComponentRegistry", "RecipeCriteria", "RecipeResult"})
UPSTREAM_RECIPES = frozenset({"RecipeResult", "Recipe"})
"""Those that hold what was resolved."""


def upstream_kind(value: Json) -> str | None:
    """Say which of upstream's kinds a document is: ``RecipeMetadata``, ...; None for any other.

    Kinds were written ``recipeMetadata`` once. A recipe of 2026-01 and before is ``Recipe`` with
    an apiVersion of its own.
    """
    if not isinstance(value, Mapping) or not isinstance(value.get("kind"), str):
        return None
    kind = str(value["kind"])
    kind = kind[:1].upper() + kind[1:]
    if kind == "Recipe":
        return kind if str(value.get("apiVersion", "")).startswith("recipe.dgxc.io/") else None
    return kind if kind in _KINDS else None
