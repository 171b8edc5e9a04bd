"""``eidos recipe explain``: why an overlay is part of a recipe, or why not."""

from eidos.engine.errors import UsageError
from eidos.engine.model.nearest import nearest
from eidos.engine.model.recipe import Applied, Overlay, Resolution
from eidos.engine.selecting.choosing import candidate


def why(resolution: Resolution, name: str) -> tuple[str, ...]:
    """Say why an overlay is part of a recipe, or why not; a sentence each.

    Args:
        resolution: what became of the query.
        name: of the overlay.

    Raises:
        UsageError: there is no such overlay.
    """
    overlay = resolution.overlays.get(name)
    if overlay is None:
        raise UsageError(f"there is no overlay {name!r}", hint=nearest(name, resolution.overlays))
    choice = resolution.recipe.choice if resolution.recipe else None
    for applied in choice.applied if choice else ():
        if applied.overlay.name == name:
            return (f"{name} applies: {_fits(overlay, resolution)}", *_answering(applied))
    for gone in choice.excluded if choice else ():
        if gone.overlay == name:
            return (f"{name} would apply, and is excluded by {gone.by}: {gone.because}",)
    kept = candidate(overlay, {each.dimension: each.value for each in resolution.query})
    said = [f"it is for {n} {' or '.join(v)}" for n, v in kept.conflicts.items()]
    said += [f"it is for {n} {' or '.join(v)}, and {n} is not given" for n, v in kept.give.items()]
    if not said:
        return (f"{name} would apply, but the query is refused", *_refused(resolution))
    return tuple(f"{name} does not apply: {each}" for each in said)


def _fits(overlay: Overlay, resolution: Resolution) -> str:
    named = {each.dimension: each for each in resolution.query}
    said = [f"{each} is {named[each].value} (by {named[each].origin})" for each in overlay.criteria]
    return ", ".join(said) or "it is for every cluster"


def _answering(applied: Applied) -> tuple[str, ...]:
    if applied.answers:
        return ("It answers: it speaks of everything that was asked for.",)
    return ("It adds to the answer, and is not the answer by itself.",)


def _refused(resolution: Resolution) -> tuple[str, ...]:
    refusal = resolution.refusal
    return (refusal.message, refusal.hint) if refusal else ()
