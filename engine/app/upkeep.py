"""``eidos history prune``, ``vacuum``, ``export``, ``import``: looking after the store itself."""

from collections.abc import Collection, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path

from eidos.engine.app.context import Context
from eidos.engine.app.history import VerifyRequest, verify_store
from eidos.engine.errors import StoreError
from eidos.engine.model.upkeep import Checkpoint, Exported, Imported, Keep, Pruned, Vacuumed
from eidos.engine.ports import Remembered, Store
from eidos.engine.records import dataclass
from eidos.engine.store.opening import open_store, opened_copy, refuse_missing

_AT_ONCE = 1000
"""Remembered verdicts that are written in one transaction."""


@dataclass(frozen=True, slots=True)
class PruneRequest:
    """Which runs stay; those that either of these says."""

    age: timedelta | None = None
    """Those of this time up to now."""
    runs: int | None = None
    """This many of those recorded last."""
    is_dry: bool = False
    """Only say what would go."""


def prune(request: PruneRequest, context: Context) -> Pruned:
    """Let the other runs go, or say which would; see `eidos.engine.ports.Store.prune`.

    The checkpoints are sealed with the user's key, where there is one.

    Raises:
        ConfigError: the key of the seals cannot be trusted.
        StoreError: there is no database, it cannot be written, or what would go was altered.
    """
    refuse_missing(context.store_place)
    now = context.clock.now()
    since = None if request.age is None else now - request.age
    if request.is_dry:
        return context.store.prunable(Keep(since, request.runs))
    seal = context.seal
    sealed = seal.seal_checkpoint if seal is not None else _unsealed
    return context.store.prune(Keep(since, request.runs), now, sealed)


def _unsealed(checkpoint: Checkpoint) -> Checkpoint:
    return checkpoint


def vacuum(context: Context) -> Vacuumed:
    """Make the database small; see `eidos.engine.ports.Store.vacuum`.

    Raises:
        StoreError: there is no database, it cannot be written, or it was altered.
    """
    refuse_missing(context.store_place)
    return context.store.vacuum()


def export(file: Path, context: Context) -> Exported:
    """Write the whole database into a new file.

    Raises:
        StoreError: there is no database, or the file is there or cannot be written.
    """
    refuse_missing(context.store_place)
    context.store.export(file)
    with open_store(file, read_only=True) as written:
        runs = sum(1 for _ in written.chain())
    return Exported(context.store.place, str(file), runs, file.stat().st_size)


def take(file: Path, context: Context) -> Imported:
    """Take the runs of an exported database.

    Where there is no database yet, it becomes the exported one, with its chain and what was known
    when. Else each run that is not here is recorded, as known from now on; those that are here are
    left alone, so that what was cut short can be done again.

    Raises:
        ConfigError: the key of the seals cannot be trusted.
        StoreError: the file cannot be read or does not verify, or has a run of an id that is here
            and is another; then nothing was taken.
    """
    with opened_copy(file) as source:
        _refuse_altered(source, file, context)
        runs = [each.run for each in source.chain()]
        if not context.has_store:
            place = context.store_place
            source.export(Path(place))
            return Imported(place, str(file), len(runs), 0, is_copy=True)
        store = context.store
        here = {each.run for each in store.chain()}
        _refuse_others(source, store, [run for run in runs if run in here])
        new = [run for run in runs if run not in here]
        bundled = {each.name for each in source.bundlings()}
        for run in new:
            _record(source, store, run, bundled)
        for batch in _batches(source.remembered()):
            store.remember(batch)
        return Imported(store.place, str(file), len(new), len(runs) - len(new), is_copy=False)


def _refuse_altered(source: Store, file: Path, context: Context) -> None:
    found = verify_store(source, context.seal, VerifyRequest(most=1))
    if found.alterations:
        others = f", and {found.more} more" if found.more else ""
        raise StoreError(
            f"{file} does not verify: {found.alterations[0]}{others}",
            hint=f"See all of it: eidos history verify --db {file}. Nothing was taken.",
        )


def _refuse_others(source: Store, store: Store, runs: list[str]) -> None:
    decided, here = ({each.name: each for each in one.bundlings()} for one in (source, store))
    for run in runs:
        if source.run(run) != store.run(run) or decided.get(run) != here.get(run):
            raise StoreError(
                f"run {run} is in both databases, and is not the same",
                hint="Import into a database of its own: --db FILE. Nothing was taken.",
            )


def _record(source: Store, store: Store, run: str, bundled: Collection[str]) -> None:
    """Take a run, with what was decided about a bundle by it, and with the recipe of either."""
    report = source.run(run)
    bundling = source.bundling(run) if run in bundled else None
    bundled_recipe = bundling[0].recipe if bundling and bundling[0].bundle else None
    for recipe in (report.recipe, bundled_recipe):
        if recipe is not None:
            store.keep_recipe(source.recipe(recipe.digest))
    with store.recording(report.started) as recording:
        for seen in source.snapshots_of_run(run):
            recording.keep([seen])
        recording.record(report, bundling)


def _batches(found: Iterator[Remembered]) -> Iterator[list[Remembered]]:
    while batch := list(islice(found, _AT_ONCE)):
        yield batch
