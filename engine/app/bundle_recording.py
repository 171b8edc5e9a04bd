"""Writing down what a gate decided about a bundle, with both reports, and the bundle itself."""

from pathlib import Path

from eidos.engine.app.context import Context
from eidos.engine.app.reader import Item
from eidos.engine.digest import address, digest
from eidos.engine.gating.deciding import report_json
from eidos.engine.model.bundle import Bundling, File
from eidos.engine.model.gate import Decision
from eidos.engine.model.recipe import WrittenRecipe
from eidos.engine.model.recorded_bundling import BundledComponent, RecordedBundling, ReportRef
from eidos.engine.model.report import RecipeRef, Report


def record_bundling(
    bundling: Bundling, document: File, recipe: WrittenRecipe, item: Item, context: Context
) -> None:
    """Record what a gate decided: the run about what was rendered, then that of the snapshot.

    The last one carries the decision, so that the chain of runs is over it.

    Args:
        bundling: what became of the recipe, with the place where a bundle is about to be.
        document: ``gate.json``.
        recipe: as it was read; it is kept as well.
        item: the snapshot.
        context: what is open; its store is written.

    Raises:
        StoreError: the store cannot be written.
    """
    said = bundling.decision
    store = context.store
    if said.decision is Decision.PASSED:  # else it may have been refused for a secret in it
        store.keep_recipe(recipe.document)
    if said.after is not None:
        with store.recording(said.after.started) as recording:
            recording.record(said.after)
    recorded = _recorded(bundling, document, recipe, item)
    record_run(said.before, item, context, (recorded, document.content))


def record_run(
    before: Report,
    item: Item,
    context: Context,
    decided: tuple[RecordedBundling, bytes] | None = None,
) -> None:
    """Record the run that judged a snapshot, with what was decided by it, if anything was.

    Raises:
        StoreError: the store cannot be written.
    """
    with context.store.recording(before.started) as recording:
        recording.keep([item.snapshot])
        recording.record(before, decided)


def _recorded(
    bundling: Bundling, document: File, recipe: WrittenRecipe, item: Item
) -> RecordedBundling:
    said, metadata = bundling.decision, item.snapshot.metadata
    before = said.before
    return RecordedBundling(
        gate=said.gate.name,
        decision=said.decision,
        cluster=metadata.cluster,
        snapshot=item.snapshot.digest,
        snapshot_time=metadata.timestamp,
        started=before.started,
        effective_time=before.effective_time,
        recipe=RecipeRef(recipe.name, recipe.digest),
        before=_ref(before),
        after=None if said.after is None else _ref(said.after),
        reasons=(*(each.said for each in said.unmet), *said.reasons),
        waivers=tuple(each.id for each in before.waivers),
        relaxations=tuple(map(str, before.relaxations)),
        deployers=bundling.deployers,
        components=tuple(
            BundledComponent(each.name, each.version, each.wave) for each in bundling.plan.releases
        ),
        bundle=bundling.digest if said.decision is Decision.PASSED else None,
        place=None if bundling.place is None else str(Path(bundling.place).absolute()),
        document=address(document.content),
    )


def _ref(report: Report) -> ReportRef:
    return ReportRef(report.run, report.decision, digest(report_json(report)))
