"""``eidos recipe``: from facts and options to what should run on a cluster, or why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eidos import recipes
from eidos.engine.app.asking import Asking
from eidos.engine.app.context import Context
from eidos.engine.app.policies import SELECTION, open_packs
from eidos.engine.app.reader import Item
from eidos.engine.documents.finding import Source
from eidos.engine.documents.reading import read_one
from eidos.engine.documents.recipes import recipe_document
from eidos.engine.errors import DocumentError, Problem, UsageError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest
from eidos.engine.model.recipe import (
    Applied,
    Catalog,
    Choice,
    Chosen,
    Constraint,
    Criterion,
    Outcome,
    Recipe,
    Refusal,
    Resolution,
    WrittenRecipe,
)
from eidos.engine.model.rule import PREFER, Pack
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.selecting.choosing import choose, refinements
from eidos.engine.selecting.criteria import combined, excluded, observed, stated
from eidos.engine.selecting.linting import lint
from eidos.engine.selecting.merging import ConflictError, Merged, merge
from eidos.engine.selecting.reading import read_catalog

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeRequest:
    """What the user asked for, before any of it is read."""

    snapshot: str | None = None
    """A file or reference; None to go by what is stated alone."""
    criteria: Mapping[str, str] = field(default_factory=dict)
    """Dimension to value, as options say."""
    criteria_file: str | None = None
    profiles: Mapping[str, str] = field(default_factory=dict)
    """Dimension of a profile to the choice."""
    given: Mapping[str, str] = field(default_factory=dict)
    """Dimension of a profile to what the user vouches for."""
    data: tuple[str, ...] = ()
    """Folders of the site, beside what is shipped."""
    packs: tuple[str, ...] = ()
    """Packs of the site that select, beside the shipped one."""
    forced: bool = False
    """What is stated goes before facts that contradict it."""
    lenient: bool = False


def open_catalog(data: Sequence[str], context: Context) -> Catalog:
    """Read the shipped catalog and those of the site.

    Raises:
        DocumentError: a file is not what it should be; says all that is wrong.
    """
    return read_catalog([recipes.FOLDER, *map(Path, data)], context.limits)


def resolve_recipe(
    request: RecipeRequest, context: Context, effective: "datetime | None" = None
) -> Resolution:
    """Select and resolve a recipe.

    Args:
        request: what is asked for.
        context: what is open.
        effective: rule time, with zone; the context's clock when None.

    Raises:
        UsageError: what is stated does not exist, or contradicts facts; overlays conflict.
        DocumentError: the catalog, the snapshot or the file of criteria cannot be read.
    """
    catalog = open_catalog(request.data, context)
    item = (
        context.reader(lenient=request.lenient).one(request.snapshot) if request.snapshot else None
    )
    selecting = open_packs((SELECTION, *request.packs), context)
    _refuse_judging(selecting, request.packs)
    asking = Asking(context.engine, context.memo, effective or context.clock.now())
    rules = [rule for pack in selecting for rule in pack.rules]
    verdicts = asking.verdicts(rules, item.snapshot, item.name) if item else []
    criteria = _criteria(catalog, request, verdicts, context)
    query = {each.dimension: each.value for each in criteria}
    choice = choose(catalog, query, excluded(verdicts))
    unknown = {
        each.rule: each.reason or ""
        for each in verdicts
        if each.status in (Status.UNKNOWN, Status.ERROR)
    }
    resolution = Resolution(
        criteria, unknown=unknown, roots=catalog.roots, overlays=catalog.overlays
    )
    if isinstance(choice, Refusal):
        return replace(resolution, refusal=choice)
    recipe = _merged(catalog, choice, request, criteria, _inputs(selecting, item))
    resolution = replace(
        resolution,
        recipe=recipe,
        refinements=refinements(catalog, query),
        outcomes=asking.outcomes(recipe.constraints, item.snapshot, item.name) if item else (),
        unvouched=tuple(each for each in recipe.profiles if each.choice.given and not each.vouched),
    )
    if item is not None and context.records:
        from eidos.engine.app.recipe_recording import record_resolution

        record_resolution(resolution, item, selecting, context, asking.effective)
    return resolution


def _merged(
    catalog: Catalog,
    choice: Choice,
    request: RecipeRequest,
    criteria: tuple[Criterion, ...],
    inputs: Mapping[str, str],
) -> Recipe:
    """Merge what was chosen.

    Raises:
        UsageError: a profile that is asked for is not there.
        ConflictError: overlays disagree; with the places of both.
    """
    chosen = _profiles(catalog, choice, request)
    try:
        merged = merge(catalog, choice, chosen)
    except ConflictError as error:
        problems = [catalog.located(each) for each in (error.problem, *error.others)]
        raise ConflictError.joined(problems) from error
    return Recipe(
        name=name_of(choice.applied),
        criteria=criteria,
        choice=choice,
        profiles=chosen,
        components=merged.components,
        tuning=merged.tuning,
        constraints=merged.constraints,
        relaxed=merged.relaxed,
        checks=merged.checks,
        history=merged.history,
        lock={**_lock(catalog, choice, chosen, merged), **inputs},
    )


def derived(recipe: WrittenRecipe, catalog: Catalog) -> dict[str, Json]:
    """Give what a recipe that was written should say, but for what was seen of a cluster.

    Args:
        recipe: its criteria, exclusions and profiles are what is asked for.
        catalog: answers.

    Raises:
        UsageError: the catalog says nothing for them.
    """
    said: Any = recipe.document
    gone = said.get("overlays", {}).get("excluded", ())
    query = {name: value for name, value in recipe.criteria.items() if name in catalog.criteria}
    choice = choose(catalog, query, {each["name"]: (each["because"], each["by"]) for each in gone})
    if isinstance(choice, Refusal):
        raise UsageError(choice.message, hint=choice.hint)
    vouched = {
        name: each["vouched"]
        for name, each in said.get("profiles", {}).items()
        if "vouched" in each
    }
    asked = RecipeRequest(profiles=recipe.profiles, given=vouched)
    return recipe_document(_merged(catalog, choice, asked, (), {}))


def hold(
    constraints: Sequence[Constraint],
    item: Item | None,
    context: Context,
    effective: "datetime | None" = None,
) -> tuple[Outcome, ...]:
    """Hold constraints against a snapshot; without one each is unknown."""
    if item is None:
        return tuple(Outcome(each, Status.UNKNOWN, "there is no snapshot") for each in constraints)
    asking = Asking(context.engine, context.memo, effective or context.clock.now())
    return asking.outcomes(constraints, item.snapshot, item.name)


def observe(
    item: Item, catalog: Catalog, selecting: Sequence[Pack], context: Context
) -> dict[str, list[Criterion]]:
    """Say what kind of cluster a snapshot shows, by dimension; of two values each is there.

    Args:
        item: the snapshot.
        catalog: only its dimensions count.
        selecting: the packs that derive criteria from facts.
        context: what is open; its clock says the day.
    """
    asking = Asking(context.engine, context.memo, context.clock.now())
    rules = [rule for pack in selecting for rule in pack.rules]
    seen = observed(asking.verdicts(rules, item.snapshot, item.name))
    return {name: found for name, found in seen.items() if name in catalog.criteria}


def _refuse_judging(packs: Sequence[Pack], named: Sequence[str]) -> None:
    """Refuse packs of which no rule selects: they would be named in vain."""
    for pack in packs[-len(named) :] if named else ():
        if not any(rule.selects for rule in pack.rules):
            raise UsageError(
                f"the pack {pack.name} selects nothing",
                hint="A selection rule has criterion, prefer or exclude; see docs/recipes.md.",
            )


def _criteria(
    catalog: Catalog, request: RecipeRequest, verdicts: Sequence[Verdict], context: Context
) -> tuple[Criterion, ...]:
    said = _from_file(catalog, request.criteria_file, context)
    said |= stated(catalog.criteria, request.criteria, "option")
    facts = {name: found for name, found in observed(verdicts).items() if name in catalog.criteria}
    preferred = observed(verdicts, PREFER)
    return combined(said, facts, preferred, forced=request.forced)


def _from_file(catalog: Catalog, file: str | None, context: Context) -> dict[str, Criterion]:
    """Read criteria from a file: ours or upstream's, ``kind: RecipeCriteria`` with ``spec``.

    Raises:
        DocumentError: it cannot be read, or is no map of criteria.
    """
    if file is None:
        return {}
    document = read_one(Source(file, Path(file)), context.limits)
    value: Any = document.value
    said = value.get("spec", value.get("criteria", value)) if isinstance(value, dict) else None
    if not isinstance(said, dict):
        raise DocumentError(
            "the file holds no criteria",
            location=document.location(()),
            hint="Write {spec: {service: eks, accelerator: h100}}.",
        )
    texts = {name: str(each) for name, each in said.items() if name not in ("apiVersion", "kind")}
    return stated(catalog.criteria, texts, "file")


def _profiles(catalog: Catalog, choice: Choice, request: RecipeRequest) -> tuple[Chosen, ...]:
    offered = {
        catalog.profiles[name].dimension: catalog.profiles[name]
        for each in choice.applied
        for name in each.overlay.profiles
    }
    for name in {**request.profiles, **request.given}:
        if name not in offered:
            raise UsageError(
                f"there is no profile {name!r} to choose here", hint=nearest(name, offered)
            )
    found = []
    for name, profile in sorted(offered.items()):
        wanted = request.profiles.get(name, profile.default)
        if wanted not in profile.choices:
            raise UsageError(
                f"{name} has no choice {wanted!r}", hint=nearest(wanted, profile.choices)
            )
        origin = "option" if name in request.profiles else "default"
        found.append(Chosen(profile, profile.choices[wanted], origin, request.given.get(name)))
    return tuple(found)


def name_of(applied: Sequence[Applied]) -> str:
    """Name a recipe after the overlays that answer, the most specific of them."""
    answering = [each.overlay for each in applied if each.answers]
    most = max(each.rank for each in answering)
    return "+".join(sorted(each.name for each in answering if each.rank == most))


def _lock(
    catalog: Catalog, choice: Choice, profiles: Sequence[Chosen], merged: Merged
) -> dict[str, str]:
    """Give the digest of every file that the recipe was made of, and of no other."""
    origins = [
        *(each.overlay.origin for each in choice.applied),
        *(each.profile.origin for each in profiles),
        *(each.component.origin for each in merged.components),
        *(each.origin for each in merged.tuning),
    ]
    used = {each.place.file for each in origins}
    used |= {file for file in catalog.files if file.endswith("/criteria.yaml")}
    return {file: digest for file, digest in catalog.files.items() if file in used}


def _inputs(packs: Sequence[Pack], item: Item | None) -> dict[str, str]:
    """Give the digests of packs and snapshot."""
    lock = {f"pack {pack.name}@{pack.version}": pack.digest for pack in packs}
    return lock if item is None else {**lock, "snapshot": item.snapshot.digest}


def lint_catalog(data: Sequence[str], context: Context) -> list[Problem]:
    """Give everything that is wrong with the catalog, with the places where the user finds it.

    Raises:
        DocumentError: it cannot be read at all.
    """
    catalog = open_catalog(data, context)
    return [catalog.located(each) for each in (*catalog.notes, *lint(catalog))]
