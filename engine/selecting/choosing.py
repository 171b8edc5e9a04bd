"""Which overlays a query is answered with, or what to give or relax so that one would.

An overlay applies where the query says one of its values in each dimension that it speaks of. All
that apply are taken together, but the answer must come from one: of what was asked for, everything
must be spoken of by one overlay that is no mere base. Otherwise the answer is a refusal, and never
something more general than was asked for.
"""

from collections.abc import Iterable, Mapping

from eidos.engine.model.recipe import (
    Applied,
    Candidate,
    Catalog,
    Choice,
    Dimension,
    Excluded,
    Overlay,
    Refusal,
)
from eidos.engine.selecting.criteria import option

Query = Mapping[str, str]
"""Dimension to the value that is asked for; what is open is not there."""
_SHOWN = 5
"""Candidates that a message lists; all of them are in the refusal."""


def choose(
    catalog: Catalog, query: Query, excluded: Mapping[str, tuple[str, str]] | None = None
) -> Choice | Refusal:
    """Choose overlays for a query.

    Args:
        catalog: whose overlays have what their ancestors say.
        query: what is asked for, in the vocabulary of the catalog.
        excluded: overlays that a policy leaves out: why, and the rule that says so.
    """
    left_out = _left_out(catalog, query, excluded or {})
    gone = {each.overlay for each in left_out}
    there = [each for each in catalog.overlays.values() if each.name not in gone]
    applying = sorted(
        (each for each in there if _applies(each, query)), key=lambda each: (each.rank, each.name)
    )
    asked = {name for name in query if not catalog.criteria[name].refines}
    answers = {each.name for each in applying if _answers(each, asked)}
    rest = [each for each in there if each not in applying and not each.is_abstract]
    stricter = _stricter(rest, query)
    if stricter:
        return _open(catalog, stricter, query)
    if not answers:
        return _uncovered(catalog, rest, query, left_out)
    applied = tuple(Applied(each, each.name in answers) for each in applying)
    return Choice(applied, tuple(left_out))


def _applies(overlay: Overlay, query: Query) -> bool:
    return all(query.get(name) in values for name, values in overlay.criteria.items())


def refinements(catalog: Catalog, query: Query) -> dict[str, tuple[str, ...]]:
    """Give what is not asked for, need not be, and would change what applies: values by dimension.

    Args:
        catalog: every overlay.
        query: that has a recipe; one that has none gives nothing.
    """
    plain = choose(catalog, query)
    if isinstance(plain, Refusal):
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for name, dimension in catalog.criteria.items():
        if not dimension.refines or dimension.is_count or name in query:
            continue
        others = ((value, choose(catalog, {**query, name: value})) for value in dimension.values)
        values = tuple(
            value
            for value, other in others
            if isinstance(other, Choice) and _names(other) != _names(plain)
        )
        if values:
            found[name] = values
    return found


def _names(choice: Choice) -> set[str]:
    return {each.overlay.name for each in choice.applied}


def _answers(overlay: Overlay, asked: Iterable[str]) -> bool:
    return not overlay.is_abstract and all(name in overlay.criteria for name in asked)


def _left_out(
    catalog: Catalog, query: Query, excluded: Mapping[str, tuple[str, str]]
) -> list[Excluded]:
    """Give what would apply and is excluded: an overlay takes its descendants with it."""
    found = []
    for overlay in catalog.overlays.values():
        if overlay.name in excluded:
            found.append(Excluded(overlay.name, *excluded[overlay.name]))
        elif gone := next((each for each in overlay.ancestors if each in excluded), None):
            found.append(Excluded(overlay.name, f"its ancestor {gone} is excluded", gone))
    return sorted(
        (each for each in found if _applies(catalog.overlays[each.overlay], query)),
        key=lambda each: each.overlay,
    )


def candidate(overlay: Overlay, query: Query) -> Candidate:
    """Say what keeps an overlay from applying: what is open, and what says otherwise."""
    criteria = overlay.criteria.items()
    return Candidate(
        overlay.name,
        give={name: values for name, values in criteria if name not in query},
        conflicts={
            name: values for name, values in criteria if name in query and query[name] not in values
        },
    )


def _stricter(rest: Iterable[Overlay], query: Query) -> list[Candidate]:
    """Give overlays that would apply if only strict dimensions were given."""
    found = []
    for overlay in rest:
        kept = candidate(overlay, query)
        strict = overlay.strict or frozenset()
        if kept.give and not kept.conflicts and kept.give.keys() <= strict:
            found.append(kept)
    return found


def _open(catalog: Catalog, candidates: list[Candidate], query: Query) -> Refusal:
    """Refuse a query that leaves open what must be said."""
    missing = _united(each.give for each in _nearer(candidates))
    said = " and ".join(catalog.criteria[name].title.lower() for name in missing)
    return Refusal(
        f"{described(query)} is not enough to choose a recipe: the {said} must be known as well",
        f"Give {_options(missing)}.",
        tuple(sorted(candidates, key=lambda each: each.overlay)),
    )


def _nearer(candidates: list[Candidate]) -> list[Candidate]:
    """Give those that want no more than another does: a platform need not be there."""
    return [
        each
        for each in candidates
        if not any(other.give.keys() < each.give.keys() for other in candidates)
    ]


def _uncovered(
    catalog: Catalog, rest: list[Overlay], query: Query, left_out: list[Excluded]
) -> Refusal:
    asked = {name for name in query if not catalog.criteria[name].refines}
    every = [candidate(each, query) for each in rest if asked <= each.criteria.keys()]
    candidates = sorted(every, key=lambda each: (len(each.conflicts), len(each.give), each.overlay))
    if left_out:
        first = left_out[0]
        hint = f"{first.overlay} would fit and is excluded by {first.by}: {first.because}."
    elif not query:
        hint = f"Give a snapshot, or {_options(_required(catalog))}."
    else:
        hint = _nearest(catalog.criteria, candidates, query)
    unsaid = "nothing says what kind of cluster it is"
    said = f"no recipe covers {described(query)}" if query else unsaid
    return Refusal(said, hint, tuple(candidates))


def _nearest(criteria: Mapping[str, Dimension], candidates: list[Candidate], query: Query) -> str:
    """Say what to give, or what to change where nothing that is given would do."""
    fitting = [each for each in candidates if not each.conflicts]
    if fitting:
        return f"Give {_options(_united(each.give for each in _nearer(fitting)))}."
    fewest = [each for each in candidates if len(each.conflicts) == 1]
    if fewest:
        others = _united(each.conflicts for each in fewest)
        covered = "; ".join(f"{name} {', '.join(values)}" for name, values in others.items())
        return f"With the rest as it is, these are covered: {covered}."
    unheard = [
        name
        for name in query
        if not criteria[name].refines and not any(name in each.conflicts for each in candidates)
    ]
    said = f" Leave out {', '.join(unheard)}, of which no overlay speaks." if unheard else ""
    return f"'eidos recipe list' shows what is covered.{said}"


def _required(catalog: Catalog) -> dict[str, tuple[str, ...]]:
    return {
        name: tuple(dimension.values)
        for name, dimension in catalog.criteria.items()
        if not dimension.refines and not dimension.is_count
    }


def _united(maps: Iterable[Mapping[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    """Join values by name; the first of each go together, for one of the maps has them all."""
    found: dict[str, dict[str, None]] = {}
    for each in maps:
        for name, values in each.items():
            found.setdefault(name, {}).update(dict.fromkeys(values))
    return {name: tuple(values) for name, values in sorted(found.items())}


def _options(missing: Mapping[str, tuple[str, ...]]) -> str:
    """Write what is missing as options of the command line."""
    return " and ".join(option(name, *values) for name, values in missing.items())


def described(query: Query) -> str:
    """Write a query for people: ``eks, h100, training``."""
    return ", ".join(query.values()) or "nothing"
