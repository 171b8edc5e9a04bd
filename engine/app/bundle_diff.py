"""``eidos bundle diff``: what a move from one bundle to another changes, and whether it may be."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eidos.engine.app.context import Context
from eidos.engine.app.reader import Item
from eidos.engine.app.recipe import hold, open_catalog
from eidos.engine.bundling.comparing import changed_files, changes, read_bundle
from eidos.engine.bundling.consequences import effects
from eidos.engine.errors import BundleError
from eidos.engine.model.recipe import Catalog, Component, Outcome, Upgrade
from eidos.engine.model.transition import ComponentChange, Effect, Means, Step, Transition
from eidos.engine.model.verdict import Status
from eidos.engine.selecting.upgrading import row_of, version_key


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionRequest:
    """What the user asked for."""

    old: Path
    """Folder of the bundle that runs."""
    new: Path
    """Folder of the bundle that shall run."""
    snapshot: str | None = None
    """File or reference of the cluster's facts; without it every precondition is unknown."""
    data: tuple[str, ...] = ()
    lenient: bool = False


def transition(request: TransitionRequest, context: Context) -> Transition:
    """Compare two bundles by the upgrade tables of the catalog.

    Raises:
        BundleError: a folder is no whole bundle.
        DocumentError: recipe, catalog or snapshot cannot be read.
    """
    old, new = read_bundle(request.old), read_bundle(request.new)
    catalog = open_catalog(request.data, context)
    item = (
        context.reader(lenient=request.lenient).one(request.snapshot) if request.snapshot else None
    )
    moving = _Moving(context, catalog, item)
    steps = tuple(moving.step(change, effects(change, old, new)) for change in changes(old, new))
    return Transition(old, new, steps, changed_files(old.files, new.files))


@dataclass(frozen=True, slots=True)
class _Moving:
    context: Context
    catalog: Catalog
    item: Item | None

    def step(self, change: ComponentChange, effects_: tuple[Effect, ...]) -> Step:
        """Say what a change means."""
        if change.change == "added":
            return Step(change, Means.SAFE, "it is new", effects=effects_)
        if change.change == "removed":
            because = "it is no longer in the recipe; what it leaves behind is for you to look at"
            return Step(change, Means.MANUAL, because, effects=effects_)
        if change.change == "changed" or change.before is None or change.after is None:
            return Step(change, Means.SAFE, "its version stays", effects=effects_)
        return self._moved(change, change.before, change.after, effects_)

    def _moved(
        self, change: ComponentChange, before: str, after: str, effects_: tuple[Effect, ...]
    ) -> Step:
        component = self.catalog.components.get(change.name)
        row = _row(component, before, after) if component is not None else None
        if row is None:
            return Step(change, Means.UNKNOWN, _unsaid(before, after), effects=effects_)
        held = hold(row.preconditions, self.item, self.context)
        means = _means(row, held)
        return Step(change, means, row.reason.because, row, held, effects_)


def _row(component: Component, before: str, after: str) -> Upgrade | None:
    try:
        return row_of(component, before, after)
    except ValueError as error:
        raise BundleError(
            f"the upgrade table of {component.name} cannot be read: {error}",
            hint="Correct its range; see docs/recipes.md for the language.",
        ) from error


def _unsaid(before: str, after: str) -> str:
    one, other = version_key(before), version_key(after)
    if one is not None and other is not None and other < one:
        return "it goes back, and the upgrade table says of no step that it can be undone"
    return "the upgrade table has no row for it"


def _means(row: Upgrade, held: Sequence[Outcome]) -> Means:
    """Give what a row means on a cluster: its verdict where every precondition holds.

    A row with a verdict ``blocked`` blocks where its preconditions hold, and is no answer where one
    does not; any other row is blocked by a precondition that does not hold.
    """
    statuses = {each.status for each in held}
    if statuses & {Status.UNKNOWN, Status.ERROR}:
        return Means.UNKNOWN
    if Status.FAIL not in statuses:
        return Means(row.verdict)
    return Means.UNKNOWN if row.verdict == Means.BLOCKED else Means.BLOCKED
