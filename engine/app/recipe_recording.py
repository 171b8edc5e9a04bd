"""Writing down which recipe a cluster was given, and what its constraints came to."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from eidos.engine import __version__
from eidos.engine.app.context import Context
from eidos.engine.app.reader import Item
from eidos.engine.documents.recipes import recipe_document
from eidos.engine.model.recipe import Outcome, Resolution
from eidos.engine.model.report import PackRef, RecipeRef, Report, Subject
from eidos.engine.model.rule import Pack, Scope
from eidos.engine.model.times import written
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.selecting.rules import constraint_rule, name_of


def record_resolution(
    resolution: Resolution, item: Item, packs: Sequence[Pack], context: Context, effective: datetime
) -> None:
    """Record a recipe with the snapshot it is for, as a run whose subject is the recipe.

    A query that no overlay answers leaves nothing to record.

    Args:
        resolution: what became of the query.
        item: the snapshot.
        packs: those that selected.
        context: what is open; its store is written.
        effective: rule time, with zone.

    Raises:
        StoreError: the store cannot be written.
    """
    if resolution.recipe is None:
        return
    started = context.clock.now()
    digest = context.store.keep_recipe(recipe_document(resolution.recipe, resolution.outcomes))
    metadata = item.snapshot.metadata
    rules = {
        name_of(each): replace(constraint_rule(each), scope=Scope.RECIPE)
        for each in resolution.recipe.constraints
    }
    verdicts = {name_of(each.constraint): _verdict(each) for each in resolution.outcomes}
    subject = Subject(
        name=resolution.recipe.name,
        scope=Scope.RECIPE,
        file=item.name,
        digest=item.snapshot.digest,
        verdicts=tuple(verdicts[name] for name in sorted(rules)),
        cluster=metadata.cluster,
        timestamp=metadata.timestamp,
    )
    report = Report(
        run=context.new_run_id(started),
        started=written(started),
        effective_time=written(effective),
        generator=f"eidos {__version__}",
        engine=f"{context.engine.name} {context.engine.version}",
        packs=tuple(map(PackRef.of, packs)),
        rules=tuple(rules[name] for name in sorted(rules)),
        subjects=(subject,),
        recipe=RecipeRef(resolution.recipe.name, digest),
    )
    with context.store.recording(report.started) as recording:
        recording.keep([item.snapshot])
        recording.record(report)


def _verdict(outcome: Outcome) -> Verdict:
    rule = name_of(outcome.constraint)
    if outcome.status in (Status.FAIL, Status.WARN):
        level = "warn" if outcome.status is Status.WARN else "deny"
        finding = Finding(outcome.said, level, path=str(outcome.constraint.fact))
        return Verdict(rule, outcome.status, (finding,))
    return Verdict(rule, outcome.status, reason=outcome.said or None)
