"""``eidos check``: judge what was named by policy, record, report."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from datetime import datetime
from itertools import chain, islice
from typing import TYPE_CHECKING, Protocol

from eidos.engine import __version__
from eidos.engine.app.combining import combined
from eidos.engine.app.context import Context
from eidos.engine.app.judging import Judged, Judging
from eidos.engine.app.reader import Item
from eidos.engine.errors import Problem, UsageError
from eidos.engine.model.policy import Policy
from eidos.engine.model.report import PackRef, RecipeRef, Report, Subject, WaiverNote
from eidos.engine.model.rule import Scope
from eidos.engine.model.times import is_future, written

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from eidos.engine.app.reviewing import Reviewing
    from eidos.engine.model.snapshot import AddressedSnapshot
    from eidos.engine.ports import Memo, Recording

CHUNK = 64
"""Items judged together: enough to keep every core busy, few enough to forget."""
FLEET = 200
"""Files from which on they are judged in worker processes, each of which takes 0.3 s to start."""

_NAMED = 3
"""Files that a note names."""


class _Judges(Protocol):
    """What has judged: `Judging`, or `eidos.engine.app.fleet.FleetJudging`."""

    @property
    def prints(self) -> tuple[str, ...]: ...

    def waiver_notes(self) -> tuple[WaiverNote, ...]: ...


def check(
    references: Sequence[str],
    policy: Policy,
    context: Context,
    *,
    lenient: bool = False,
    parser: str | None = None,
    combine: bool = False,
) -> Report:
    """Judge everything that the references name, and record it where the context says so.

    Args:
        references: files, folders, globs, ``-``, ``run:ID``, ``snapshot:DIGEST``, ``CLUSTER@TIME``.
        policy: what judges.
        context: what is open.
        lenient: take measurements without a header for a snapshot.
        parser: conftest's name of the format of every file; None to go by their names.
        combine: judge all documents as one list; all rules must be plain ones.

    Returns:
        The report. What could not be read is a problem in it and never hides the rest.

    Raises:
        StoreError: the database cannot be opened or written.
        UsageError: documents are to be combined for rules that are about snapshots.
    """
    scopes = {rule.scope for rule in policy.rules}
    is_plain = scopes <= {Scope.DOCUMENT}
    if combine and not is_plain:
        raise UsageError(
            "--combine joins documents for plain rules, and others are asked too",
            hint="Name only folders of plain rules with --pack.",
        )
    reader = context.reader(lenient=lenient, parser=parser, every_format=is_plain)
    if combine:
        return report_on(combined(reader.read(references)), policy, context)
    if Scope.ADMISSION in scopes:
        from eidos.engine.app.admit import reviewed

        return reviewed(list(reader.read(references)), policy, context)
    following = reader.find(references)
    first = list(islice(following, FLEET))
    found = chain(first, following)
    if len(first) < FLEET or context.cores == 1:
        return report_on(reader.items(found), policy, context)
    from eidos.engine.app.fleet import FleetJudging

    context.engine.close()  # it may have been started, and each worker has its own
    fleet = FleetJudging(policy, context, reader)
    every = list(found)  # where each is, not what is in it; it says how far we are
    context.tally.total = len(every)
    return _folded(fleet, fleet.judge(every), policy, context)


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
    return _folded(judging, said, policy, context, records=records)


def _folded(
    judges: _Judges,
    judged: Iterable[Sequence[Judged | Problem]],
    policy: Policy,
    context: Context,
    *,
    records: bool = True,
) -> Report:
    """Record what is said while it is said, and make the report of it."""
    started = context.clock.now()
    # Opened before anything is judged in vain.
    opened: AbstractContextManager[Recording | None] = nullcontext()
    if records and context.records:
        opened = context.store.recording(written(started))
    with opened as recording:
        subjects: list[Subject] = []
        problems: list[Problem] = []
        ahead: list[str] = []
        for said in judged:
            seen: list[AddressedSnapshot] = []
            for each in said:
                if isinstance(each, Problem):
                    problems.append(each)
                    continue
                subjects.extend(each.subjects)
                problems.extend([each.too_old] if each.too_old else [])
                seen.extend([each.snapshot] if each.snapshot else [])
                ahead += _ahead(each, started)
            if recording is not None:
                recording.keep(seen)
        report = Report(
            run=context.new_run_id(started),
            started=written(started),
            effective_time=written(policy.effective),
            generator=f"eidos {__version__}",
            engine=f"{context.engine.name} {context.engine.version}",
            packs=tuple(map(PackRef.of, policy.packs)),
            rules=policy.rules,
            subjects=tuple(subjects),
            problems=tuple(problems),
            waiver_notes=judges.waiver_notes(),
            waivers=policy.waivers,
            gate=policy.gate,
            prints=judges.prints,
            relaxations=policy.relaxations,
            recipe=_recipe(policy),
        )
        if recording is not None:
            if policy.conformance is not None:
                context.store.keep_recipe(policy.conformance.recipe.document)
            recording.record(report)
    _tell_ahead(ahead, context)
    return report


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
        f"note: dated in the future: {', '.join(ahead[:_NAMED])}{more}. Questions about the past "
        "do not see that until then; look at the clock of the machine that took it"
    )


def _recipe(policy: Policy) -> RecipeRef | None:
    if policy.conformance is None:
        return None
    recipe = policy.conformance.recipe
    return RecipeRef(recipe.name, recipe.digest)


def _chunks(items: Iterable[Item | Problem]) -> Iterator[list[Item | Problem]]:
    """Give chunks; while one is judged, the next is read."""
    coming = iter(items)
    chunk = list(islice(coming, CHUNK))
    if len(chunk) < CHUNK:
        yield chunk
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as reading:
        while chunk:
            following = reading.submit(lambda: list(islice(coming, CHUNK)))
            yield chunk
            chunk = following.result()
