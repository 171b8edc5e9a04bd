"""One report of all that is judged: chunk by chunk, recorded on the way.

Every verb that judges whole items (check, admit, watch, bundle, the past) comes through here.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from eidos.engine import __version__
from eidos.engine.app.context import Context
from eidos.engine.app.judging import Judged, Judging
from eidos.engine.app.reader import Item
from eidos.engine.errors import Problem
from eidos.engine.model.policy import Policy
from eidos.engine.model.report import PackRef, RecipeRef, Report, Subject, WaiverNote
from eidos.engine.model.times import is_future, written
from eidos.engine.records import dataclass

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from eidos.engine.app.reviewing import Reviewing
    from eidos.engine.model.snapshot import AddressedSnapshot
    from eidos.engine.ports import Memo, Recording

_CHUNK = 64
"""Items judged together: enough to keep every core busy, few enough to forget."""
_NAMED = 3
"""Files that a note names."""


class _Judges(Protocol):
    """What has judged: `Judging`, or `eidos.engine.app.fleet.FleetJudging`."""

    @property
    def prints(self) -> tuple[str, ...]: ...

    def waiver_notes(self) -> tuple[WaiverNote, ...]: ...


def report_on(
    items: Iterable[Item | Problem],
    policy: Policy,
    context: Context,
    memo: "Memo | None" = None,
    reviewing: "Reviewing | None" = None,
    *,
    records: bool = True,
) -> Report:
    """Judge items as they come, and fold what is said of them into one report; see `check`.

    Args:
        items: what is judged in order, and what is wrong with what cannot be.
        policy: what judges.
        context: what is open.
        memo: verdicts of earlier runs; None for those that who records may believe.
        reviewing: makes reviews of items, where they are reviewed.
        records: write the run down where the context says so; else the caller does.
    """
    if context.records:
        _ = context.store  # where it cannot be opened, nothing is judged in vain
    remembers = context.opening.remembers
    judging = Judging(
        policy, context.engine, memo or context.memo, remembers=remembers, reviewing=reviewing
    )
    said = map(judging.in_place, _chunks(items))
    return folded(judging, said, policy, context, records=records)


def folded(
    judges: _Judges,
    judged: Iterable[Sequence[Judged | Problem]],
    policy: Policy,
    context: Context,
    *,
    records: bool = True,
) -> Report:
    """Record what is said while it is said, and make the report of it.

    Args:
        judges: what has judged once all of `judged` was taken.
        judged: what is said of item after item, in chunks.
        policy: what judges.
        context: what is open.
        records: write the run down where the context says so.

    Raises:
        StoreError: the database cannot be opened or written.
    """
    started = context.clock.now()
    # Opened first: a store that cannot be written is told before an hour of judging, not after.
    opened: AbstractContextManager[Recording | None] = nullcontext()
    if records and context.records:
        opened = context.store.recording(written(started))
    with opened as recording:
        gathered = _Gathered(started)
        for said in judged:
            seen = gathered.take(said)
            if recording is not None:
                recording.keep(seen)  # while judging goes on, so that memory stays flat
        report = _report(gathered, judges, policy, context)
        if recording is not None:
            if policy.conformance is not None:
                context.store.keep_recipe(policy.conformance.recipe.document)
            recording.record(report)
    _tell_ahead(gathered.ahead, context)
    return report


@dataclass(slots=True)
class _Gathered:
    """What was said so far."""

    started: datetime
    subjects: list[Subject] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    ahead: list[str] = field(default_factory=list)
    """What is dated in the future, by name."""

    def take(self, said: Sequence[Judged | Problem]) -> "list[AddressedSnapshot]":
        """Add what is said of a chunk, and give the snapshots in it."""
        seen = []
        for each in said:
            if isinstance(each, Problem):
                self.problems.append(each)
                continue
            self.subjects.extend(each.subjects)
            self.problems.extend([each.too_old] if each.too_old else [])
            self.ahead += _ahead(each, self.started)
            if each.snapshot is not None:
                seen.append(each.snapshot)
        return seen


def _report(gathered: _Gathered, judges: _Judges, policy: Policy, context: Context) -> Report:
    return Report(
        run=context.new_run_id(gathered.started),
        started=written(gathered.started),
        effective_time=written(policy.effective),
        generator=f"eidos {__version__}",
        engine=f"{context.engine.name} {context.engine.version}",
        packs=tuple(map(PackRef.of, policy.packs)),
        rules=policy.rules,
        subjects=tuple(gathered.subjects),
        problems=tuple(gathered.problems),
        waiver_notes=judges.waiver_notes(),
        waivers=policy.waivers,
        gate=policy.gate,
        prints=judges.prints,
        relaxations=policy.relaxations,
        recipe=_recipe(policy),
    )


def _ahead(judged: Judged, now: datetime) -> list[str]:
    """Name what was judged with its time, where that is still to come."""
    taken = judged.snapshot.metadata.timestamp if judged.snapshot else None
    if not judged.subjects or not is_future(taken, now):
        return []
    return [f"{judged.subjects[0].file} ({taken})"]


def _tell_ahead(ahead: Sequence[str], context: Context) -> None:
    """Warn of snapshots that say of themselves that they are from the future."""
    if not ahead:
        return
    more = f" and {len(ahead) - _NAMED} more" if len(ahead) > _NAMED else ""
    context.say(
        f"note: dated in the future: {', '.join(ahead[:_NAMED])}{more}. History queries "
        "do not see that until then; check the clock of the machine that took it"
    )


def _recipe(policy: Policy) -> RecipeRef | None:
    if policy.conformance is None:
        return None
    recipe = policy.conformance.recipe
    return RecipeRef(recipe.name, recipe.digest)


def _chunks(items: Iterable[Item | Problem]) -> Iterator[list[Item | Problem]]:
    """Give chunks; while one is judged, the next is read."""
    coming = iter(items)
    chunk = list(islice(coming, _CHUNK))
    if len(chunk) < _CHUNK:
        yield chunk
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as reading:
        while chunk:
            following = reading.submit(lambda: list(islice(coming, _CHUNK)))
            yield chunk
            chunk = following.result()
