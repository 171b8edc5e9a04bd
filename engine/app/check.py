"""``eidos check``: judge documents by policy, record, report."""

import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from eidos.engine import __version__
from eidos.engine.app.policies import load_packs
from eidos.engine.app.subjects import Candidate, Seen, candidates
from eidos.engine.digest import SnapshotDigests
from eidos.engine.documents.finding import Source, find_each
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.reading import Document
from eidos.engine.documents.resembling import AlikeReader
from eidos.engine.errors import EidosError
from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.evaluating.waiving import Waiving
from eidos.engine.model.policy import Enforcement, Pack, Severity
from eidos.engine.model.report import PackRef, Problem, Report, Subject
from eidos.engine.model.snapshot import Snapshot
from eidos.engine.model.times import written
from eidos.engine.model.verdict import Verdict
from eidos.engine.packs.choosing import Choice, choose, refuse_unknown_rules
from eidos.engine.ports import RegoEngine
from eidos.engine.rego.light import LightEngine

if TYPE_CHECKING:
    from eidos.engine.model.waiver import Waiver
    from eidos.engine.store.keeping import Kept
    from eidos.engine.store.opening import Store

CHUNK = 64
"""Documents judged together: enough to keep every core busy, few enough to forget."""


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What the user asked to be judged, and how."""

    files: tuple[str, ...]
    packs: tuple[str, ...] = ()
    """Names, ``NAME@VERSION`` or folders; none means all that are shipped."""
    choice: Choice = field(default_factory=Choice)
    enforcement: Mapping[str, Enforcement] = field(default_factory=dict)
    """What a violation of a rule does to the gate; ``deny`` unless given."""
    waivers: tuple[str, ...] = ()
    """Files with waivers."""
    fail_on: Severity = Severity.INFO
    allow_incomplete: bool = False
    effective_time: datetime | None = None
    """Rule time, with zone; now when None."""
    record: bool = True
    db: Path | None = None
    opa: str | None = None
    """URL of an OPA server that judges; None for the light engine."""
    lenient: bool = False
    """Read snapshots without a header."""
    limits: Limits = field(default_factory=Limits)


def check(request: CheckRequest) -> Report:
    """Judge every document by every chosen rule, and record it.

    Returns:
        The report. What could not be read is a problem in it and never hides the rest.

    Raises:
        EidosError: nothing could be judged at all: policy that does not compile, an unknown rule, a
            database that cannot be opened.
    """
    started = datetime.now(UTC)
    effective = request.effective_time or started
    with ExitStack() as stack:
        engine = stack.enter_context(closing(_engine(request.opa)))
        packs = load_packs(request.packs, engine)
        rules = choose(packs, request.choice)
        _refuse_strangers(request, packs, engine)
        waiving = Waiving(_waivers(request.waivers), effective)
        store = stack.enter_context(_store(request.db)) if request.record else None
        judge = Judge(rules, engine, store or NoMemo(), effective)
        session = _Session(request, judge, waiving)
        subjects: list[Subject] = []
        kept: list[Kept] = []
        for judged in session.judge_all():
            subjects += judged
            if store is not None and len(session.seen) >= CHUNK:
                kept += store.keep(session.take_seen(), written(started))
        report = Report(
            run=f"{started:%Y%m%dT%H%M%SZ}-{os.urandom(4).hex()}",
            started=written(started),
            effective_time=written(effective),
            generator=f"eidos {__version__}",
            engine=f"{engine.name} {engine.version}",
            packs=tuple(PackRef(pack.name, pack.version, pack.digest) for pack in packs),
            rules=rules,
            subjects=tuple(subjects),
            problems=tuple(session.problems),
            waiver_notes=waiving.notes(),
            fail_on=request.fail_on,
            allow_incomplete=request.allow_incomplete,
            prints=tuple(judge.prints),
        )
        if store is not None:
            store.record_report(report, session.take_seen(), kept)
        return report


def _refuse_strangers(request: CheckRequest, packs: Sequence[Pack], engine: RegoEngine) -> None:
    """Refuse settings for rules that neither the chosen packs nor the shipped ones have."""
    named = {*request.choice.params, *request.enforcement}
    chosen = {rule.id for pack in packs for rule in pack.rules}
    if named - chosen:
        refuse_unknown_rules(named, [*packs, *load_packs((), engine)])


def _engine(opa: str | None) -> RegoEngine:
    if opa is None:
        return LightEngine()
    from eidos.engine.rego.server import OpaServerEngine, ServerOptions

    token, ca = os.environ.get("EIDOS_OPA_TOKEN"), os.environ.get("EIDOS_OPA_CA")
    return OpaServerEngine(opa, ServerOptions(token or None, ca or None))


def _waivers(files: Sequence[str]) -> "tuple[Waiver, ...]":
    if not files:
        return ()
    from eidos.engine.app.waivers import read_waivers

    return read_waivers(files)


def _store(path: Path | None) -> "Store":
    from eidos.engine.store.opening import open_store

    return open_store(path)


class _Session:
    """One pass over the documents."""

    def __init__(self, request: CheckRequest, judge: Judge, waiving: Waiving) -> None:
        self.problems: list[Problem] = []
        self.seen: deque[Seen] = deque()
        """Snapshots that were judged, or are about to be."""
        self._request = request
        self._judge = judge
        self._waiving = waiving

    def judge_all(self) -> Iterator[list[Subject]]:
        """Judge every document, a chunk at a time; meanwhile the next chunk is read."""
        found = self._candidates()
        chunk = list(islice(found, CHUNK))
        if len(chunk) < CHUNK:
            yield self._judged(chunk)
            return
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as reading:
            while chunk:
                coming = reading.submit(lambda: list(islice(found, CHUNK)))
                yield self._judged(chunk)
                chunk = coming.result()

    def _judged(self, chunk: Sequence[Candidate]) -> list[Subject]:
        judged = self._judge.judge([candidate.facts for candidate in chunk])
        return [
            self._waiving.apply(candidate.judged(self._enforced(verdicts)))
            for candidate, verdicts in zip(chunk, judged, strict=True)
        ]

    def take_seen(self) -> list[tuple[Snapshot, SnapshotDigests]]:
        """Give what was seen since it was last asked, and forget it."""
        seen = [self.seen.popleft() for _ in range(len(self.seen))]
        return [(each.snapshot, each.digests) for each in seen]

    def _candidates(self) -> Iterator[Candidate]:
        for document in self._documents():
            try:
                found, seen = candidates(document, self._judge.rules, lenient=self._request.lenient)
            except EidosError as error:
                self._note(error)
                continue
            if seen is not None and self._request.record:
                self.seen.append(seen)
            yield from found

    def _documents(self) -> Iterator[Document]:
        reader = AlikeReader(self._request.limits)
        for source in self._sources():
            try:
                yield from reader.read(source)
            except EidosError as error:
                self._note(error)

    def _sources(self) -> Iterator[Source]:
        for found in find_each(self._request.files):
            if isinstance(found, EidosError):
                self._note(found)
            else:
                yield found

    def _note(self, error: EidosError) -> None:
        self.problems.append(Problem(error.message, error.hint, error.location))

    def _enforced(self, verdicts: Sequence[Verdict]) -> Sequence[Verdict]:
        bound = self._request.enforcement
        if not bound:
            return verdicts
        return [
            replace(verdict, enforcement=bound.get(verdict.rule, verdict.enforcement))
            for verdict in verdicts
        ]
