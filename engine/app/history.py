"""``eidos history``: what was recorded."""

import hmac
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from eidos.engine.app.context import Context
from eidos.engine.app.past import MAX_AGE, refuse_unrecorded
from eidos.engine.app.timeline import dark_at
from eidos.engine.errors import StoreError, UsageError
from eidos.engine.model.artifact import DIGEST
from eidos.engine.model.history import Dark, Who, Window
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest
from eidos.engine.model.recorded_bundling import RecordedBundling, ShownBundling
from eidos.engine.model.report import Report, Subject
from eidos.engine.model.run import RunList
from eidos.engine.model.times import instant
from eidos.engine.model.upkeep import Checkpoint
from eidos.engine.model.verification import (
    Alteration,
    ChainLink,
    Continuation,
    Head,
    Seals,
    Verification,
)
from eidos.engine.ports import Remembered, Store
from eidos.engine.records import dataclass
from eidos.engine.store.sealing import Seal


@dataclass(frozen=True, slots=True)
class RunsRequest:
    """Which runs are to be listed."""

    asked: Window | None = None
    """When they started, and what they judged; None for all."""
    limit: int | None = None
    """How many at most, last recorded first; None for all."""
    max_age: timedelta = MAX_AGE
    """How long a sight of a cluster speaks for it."""
    gone: tuple[str, ...] = ()
    """Clusters, as globs, that are gone for good."""


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs, and where they were looked for."""

    listed: RunList
    place: str
    """The database, as messages call it."""
    exists: bool
    """False when nothing was ever recorded there."""


def list_runs(request: RunsRequest, context: Context) -> Runs:
    """Give recorded runs; no database yet in the usual place means no runs.

    Raises:
        StoreError: the database cannot be read, or was named and is not there.
        UsageError: a name means nothing that was ever recorded, or a cluster is not gone.
    """
    if not context.has_store and not context.is_store_named:
        return Runs(RunList(()), context.store_place, exists=False)
    if request.asked is not None:
        _refuse_unrecorded(request.asked, context)
    found = RunList(
        tuple(context.store.runs(request.limit, request.asked)), _dark(request, context)
    )
    return Runs(found, context.store_place, exists=True)


def _dark(request: RunsRequest, context: Context) -> tuple[Dark, ...]:
    """Give the clusters that a list of runs is silent about, as nobody looked at them any more."""
    now, asked = context.clock.now(), request.asked or Window.of()
    named = [each for each in context.store.clusters() if asked.has_cluster(each)]
    return dark_at(min(asked.until, now), named, context, request.max_age, request.gone)


def _refuse_unrecorded(asked: Window, context: Context) -> None:
    """Refuse names of which no run ever said anything, whenever it was."""
    for glob in asked.clusters:
        if not context.store.runs(1, replace(Window.of(), clusters=(glob,))):
            hint = nearest(glob, context.store.clusters())
            raise UsageError(f"nothing is recorded about a cluster {glob!r}", hint=hint)
    refuse_unrecorded(asked, context)


def show_run(run: str, context: Context, asked: Window | None = None) -> Report:
    """Give the report of a run.

    Args:
        run: its id, the beginning of it, or ``latest``.
        context: what is open.
        asked: only what it says of such clusters, nodes and rules, of facts that were seen in that
            time; what it decided, and whom it counts, is then said of these. None for all.

    Raises:
        StoreError: the database cannot be read, or there is none.
        UsageError: no run, or more than one, is meant, or it says nothing of what is asked about.
    """
    report = context.store.run(run)
    if asked is None:
        return report
    rules = tuple(each for each in report.rules if asked.has_rule(each.id))
    subjects = tuple(
        replace(each, verdicts=tuple(one for one in each.verdicts if asked.has_rule(one.rule)))
        for each in report.subjects
        if _is_asked(each, report, asked)
    )
    if not any(each.verdicts for each in subjects):
        raise UsageError(
            f"run {report.run} has nothing about that", hint=f"See: eidos history show {report.run}"
        )
    return replace(report, rules=rules, subjects=subjects)


def _is_asked(subject: Subject, report: Report, asked: Window) -> bool:
    try:
        seen = instant(subject.timestamp or report.started)
    except ValueError:  # of documents nobody need know when they were written
        seen = instant(report.started)
    cluster = subject.cluster is not None and asked.has_cluster(subject.cluster)
    return (
        (cluster or not asked.clusters)
        and asked.has_subject(Who(subject.scope, subject.name))
        and asked.since <= seen <= asked.until
    )


def show_recipe(name: str, context: Context) -> dict[str, Json]:
    """Give a recorded recipe.

    Args:
        name: its content address, or a run that resolved it or held clusters against it.
        context: what is open.

    Raises:
        StoreError: the database cannot be read, or there is none.
        UsageError: there is no such recipe or run, or the run knows of no recipe.
    """
    if name.startswith("sha256:"):
        return dict(context.store.recipe(name))
    run = context.store.run(name)
    if run.recipe is None:
        hint = "Only eidos recipe --snapshot and eidos check --recipe leave one."
        raise UsageError(f"run {run.run} has no recipe", hint=hint)
    return dict(context.store.recipe(run.recipe.digest))


@dataclass(frozen=True, slots=True)
class BundlesRequest:
    """Which decisions about bundles are to be listed."""

    cluster: str | None = None
    since: datetime | timedelta | None = None
    """Decided then or later; a span is before now."""
    until: datetime | timedelta | None = None
    limit: int | None = None
    """How many at most, last recorded first; None for all."""


def list_bundles(request: BundlesRequest, context: Context) -> list[RecordedBundling]:
    """Give what gates decided; no database yet in the usual place means nothing.

    Raises:
        StoreError: the database cannot be read, or was named and is not there.
        UsageError: nothing was ever decided for the cluster.
    """
    if not context.has_store and not context.is_store_named:
        return []
    if request.cluster is not None and not context.store.bundlings(request.cluster, None, None):
        known = {each.cluster for each in context.store.bundlings(None, None, None)}
        raise UsageError(
            f"no bundle for a cluster {request.cluster!r} is recorded",
            hint=nearest(request.cluster, sorted(filter(None, known))),
        )
    now = context.clock.now()
    since, until = (
        now - each if isinstance(each, timedelta) else each
        for each in (request.since, request.until)
    )
    return context.store.bundlings(request.cluster, since, until)[: request.limit]


def show_bundle(name: str, context: Context) -> ShownBundling:
    """Give what a gate decided, with ``gate.json``.

    Args:
        name: the run that judged the snapshot, the digest of the bundle, the beginning of one of
            them, or ``latest``.
        context: what is open.

    Raises:
        StoreError: the database cannot be read, or there is none.
        UsageError: none, or more than one, is meant.
    """
    said, document = context.store.bundling(name)
    return ShownBundling(said, document.decode())


@dataclass(frozen=True, slots=True)
class VerifyRequest:
    """What is to be checked of a store."""

    head: str | None = None
    """A link that the chain must hold, as an earlier verification gave it; None for none."""
    checkpoint: Head | None = None
    """Where the chain ended once; it must go on from there."""
    most: int = 1000
    """How many alterations are kept; the others are counted."""


def verify(request: VerifyRequest, context: Context) -> Verification:
    """Check every address, the chain of runs, and the seals that there is a key for.

    Raises:
        ConfigError: the key of the seals cannot be trusted.
        StoreError: the database cannot be read, or there is none.
        UsageError: the link that was asked for is none.
    """
    if request.head is not None and not DIGEST.fullmatch(request.head):
        hint = "Give it as eidos history verify printed it: sha256: and 64 hexadecimal digits."
        raise UsageError(f"{request.head!r} is not a link of a run", hint=hint)
    return verify_store(context.store, context.seal, request)


def verify_store(store: Store, seal: Seal | None, request: VerifyRequest) -> Verification:
    """Check a store that is open.

    Args:
        store: the store.
        seal: made with the key that seals are held against; None where there is none.
        request: what is to be checked.

    Raises:
        StoreError: it cannot be read, and nothing was found before that.
    """
    found = _Found(request.most)
    try:
        found.take(store.alterations())
        return _verified(store, seal, request, found)
    except StoreError as error:
        if not found.kept:
            raise
        # What was altered keeps the rest from being read; what was found is said all the same.
        found.take([Alteration("database", "", f"cannot be read to its end: {error.message}")])
        return Verification(
            *(store.place, 0, None, Seals(seal is not None)),
            alterations=tuple(found.kept),
            more=found.more,
        )


def _verified(
    store: Store, seal: Seal | None, request: VerifyRequest, found: "_Found"
) -> Verification:
    """Look at the seals and at where the chain leads, once all rows have been looked at."""
    seals = _seals(store.remembered(), seal, found)
    checkpoints = store.checkpoints()
    links = {each.link for each in checkpoints}
    kept = _Kept(request.checkpoint, checkpoints) if request.checkpoint else None
    runs, head, known = 0, None, request.head is None or request.head in links
    for each in store.chain():
        runs, head = runs + 1, each.link
        known = known or head == request.head
        if kept is not None:
            kept.see(each)
    if not known:
        found.take([Alteration("runs", "", _CUT, request.head, head)])
    if kept is not None and kept.complaint is not None:
        found.take([kept.complaint])
    return Verification(
        place=store.place,
        runs=runs,
        head=head,
        seals=seals,
        pruned=sum(each.runs for each in checkpoints),
        checkpoints=_checkpoint_seals(checkpoints, seal, found),
        continuation=kept.continuation if kept else None,
        alterations=tuple(found.kept),
        more=found.more,
    )


_SWALLOWED = (
    "was the last of the checkpoint, and was pruned with later ones: what was before it cannot be "
    "told any more; take a new checkpoint after each pruning"
)
_REWRITTEN = "is not the run that was the last of the checkpoint: it was taken away or rewritten"
_CUT = (
    "do not hold the link that was asked for: runs were taken away or pruned, or never were in here"
)


class _Kept:
    """Holds a chain against where it ended once."""

    def __init__(self, head: Head, checkpoints: Sequence[Checkpoint]) -> None:
        self._head = head
        self._link: str | None = head.link if not head.number else None
        self._run = head.run
        self._is_pruned = False
        for each in checkpoints:
            if each.first <= head.number < each.last:
                self._is_pruned = True
            elif each.last == head.number:
                self._link = each.link

    def see(self, each: ChainLink) -> None:
        """Look at a run of the chain."""
        if each.number == self._head.number:
            self._link, self._run = each.link, each.run

    @property
    def continuation(self) -> Continuation:
        """Whether the chain goes on from there."""
        return Continuation(self._head, self.complaint is None)

    @property
    def complaint(self) -> Alteration | None:
        """What is not as it was then."""
        head = self._head
        if (self._link, self._run) == (head.link, head.run):
            return None
        what = _SWALLOWED if self._is_pruned else _REWRITTEN
        return Alteration("runs", str(head.number), what, head.link, self._link, head.run)


class _Found:
    """Alterations, as many as are wanted, and how many there are beyond."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.kept: list[Alteration] = []
        self.more = 0

    def take(self, alterations: Iterable[Alteration]) -> None:
        for each in alterations:
            if len(self.kept) < self._most:
                self.kept.append(each)
            else:
                self.more += 1


def _seals(remembered: Iterable[Remembered], seal: Seal | None, found: _Found) -> Seals:
    """Count what seals are worth, and tell of those that were made up."""
    counts = Counter[str]()
    for each in remembered:
        memo = each.verdict.memo or ""
        if seal is not None and seal.holds(memo, each):
            counts["hold"] += 1
            if each.sealer != seal.name:
                what = "names another key than it is sealed with"
                found.take([Alteration("memos", memo, what, seal.name, each.sealer)])
        elif seal is not None and each.sealer == seal.name:
            what = f"has a seal that does not hold: nobody here said {each.verdict.status.value}"
            expected, is_ = (one.hex() for one in (seal.of(memo, each.verdict), each.seal))
            found.take([Alteration("memos", memo, what, expected, is_)])
        else:
            counts["of_others" if each.sealer else "unsealed"] += 1
    return Seals(seal is not None, **counts)


def _checkpoint_seals(checkpoints: Iterable[Checkpoint], seal: Seal | None, found: _Found) -> Seals:
    """Count what the seals of checkpoints are worth, and tell of those that were made up."""
    counts = Counter[str]()
    for each in checkpoints:
        sealed = seal.seal_checkpoint(each) if seal is not None else None
        if sealed is not None and hmac.compare_digest(sealed.seal, each.seal):
            counts["hold"] += 1
            if sealed.sealer != each.sealer:
                what = "names another key than it is sealed with"
                found.take([Alteration("checkpoints", str(each.last), what)])
        elif sealed is not None and sealed.sealer == each.sealer:
            what = "has a seal that does not hold: nobody here pruned these runs"
            expected, is_ = sealed.seal.hex(), each.seal.hex()
            found.take([Alteration("checkpoints", str(each.last), what, expected, is_)])
        else:
            counts["of_others" if each.sealer else "unsealed"] += 1
    return Seals(seal is not None, **counts)
