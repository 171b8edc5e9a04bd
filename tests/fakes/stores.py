"""A store in plain dicts: it shows that the port says all that a store must do."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from eidos.engine.digest import digest
from eidos.engine.errors import StoreError
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.history import Capture, Outline, Said, Who, Window
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Policy
from eidos.engine.model.recorded_bundling import RecordedBundling
from eidos.engine.model.report import Report
from eidos.engine.model.rule import Enforcement, Pack, Scope
from eidos.engine.model.run import RunSummary
from eidos.engine.model.snapshot import AddressedSnapshot, ChangedSubtype, Measurement, subtypes
from eidos.engine.model.times import written
from eidos.engine.model.upkeep import Checkpoint, Keep, Pruned, Vacuumed
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.model.verification import Alteration, ChainLink
from eidos.engine.model.waiver import WaiverLife
from eidos.engine.ports import Remembered, Store
from eidos.engine.store.naming import (
    LATEST,
    address_digits,
    never_seen,
    no_bundling_yet,
    no_recipe,
    no_run_yet,
    not_one_bundling,
    not_one_run,
    not_one_snapshot,
)
from eidos.engine.store.sqlite.encoding import encode_waiver


def record(
    store: Store,
    report: Report,
    *snapshots: AddressedSnapshot,
    bundling: tuple[RecordedBundling, bytes] | None = None,
) -> None:
    """Record a run that judged snapshots, and what was decided by it about a bundle."""
    with store.recording(report.started) as recording:
        recording.keep(snapshots)
        recording.record(report, bundling)


def remember(store: Store, *verdicts: Verdict, sealer: str = "us", seal: bytes = b"seal") -> None:
    """Have verdicts remembered under one and the same seal, as a store does not look at it."""
    store.remember([Remembered(verdict, sealer, seal) for verdict in verdicts])


def recall(store: Store, *keys: str | None) -> dict[str, Verdict]:
    """Give what `remember` had remembered."""
    found = store.recall([key for key in keys if key], "us")
    return {key: each.verdict for key, each in found.items()}


@dataclass
class Shelf:
    """What stays when a store is closed."""

    verdicts: dict[tuple[str, str], Remembered] = field(default_factory=dict)
    """By memo key and sealer."""
    runs: dict[str, tuple[Report, list[AddressedSnapshot]]] = field(default_factory=dict)
    """In the order in which they were recorded."""
    recipes: dict[str, Mapping[str, Json]] = field(default_factory=dict)
    bundlings: dict[str, tuple[RecordedBundling, bytes]] = field(default_factory=dict)
    """By the run that judged the snapshot."""
    numbers: dict[str, int] = field(default_factory=dict)
    recorded: dict[str, datetime] = field(default_factory=dict)
    checkpoints: list[Checkpoint] = field(default_factory=list)


class MemoryStore:
    """A store on a shelf."""

    place = "memory"

    def __init__(
        self,
        shelf: Shelf,
        *,
        read_only: bool = False,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self._now = now
        self._shelf = shelf
        self._read_only = read_only
        self._open = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._open = False

    def recall(self, keys: Sequence[str], sealer: str) -> Mapping[str, Remembered]:
        known = self._read().verdicts
        return {key: known[key, sealer] for key in keys if (key, sealer) in known}

    def remember(self, verdicts: Sequence[Remembered]) -> None:
        shelf = self._write()
        for each in verdicts:
            verdict = each.verdict
            if verdict.memo and verdict.status not in {Status.ERROR, Status.WAIVED}:
                said = replace(verdict, enforcement=Enforcement.DENY, waiver=None)
                kept = Remembered(said, each.sealer, each.seal)
                shelf.verdicts.setdefault((verdict.memo, each.sealer), kept)

    def remembered(self) -> Iterator[Remembered]:
        return iter(self._read().verdicts.values())

    def alterations(self) -> Iterator[Alteration]:
        return iter(())

    def chain(self) -> Iterator[ChainLink]:
        for report, _ in self._read().runs.values():
            yield ChainLink(report.run, digest(report.run), self._shelf.numbers[report.run])

    def checkpoints(self) -> list[Checkpoint]:
        return list(self._read().checkpoints)

    def prune(self, keep: Keep, now: datetime, seal: Callable[[Checkpoint], Checkpoint]) -> Pruned:
        """Keep what is asked for, and every older run that a newest capture or verdict is of."""
        shelf = self._write()
        gone, older = self._chosen(keep, now)
        for run in gone:
            shelf.checkpoints.append(
                seal(Checkpoint(shelf.numbers[run], shelf.numbers[run], digest(run), written(now)))
            )
            del shelf.runs[run]
            shelf.bundlings.pop(run, None)
        shelf.checkpoints.sort(key=lambda each: each.last)
        return Pruned(self.place, len(gone), len(shelf.runs), older, tuple(shelf.checkpoints))

    def prunable(self, keep: Keep) -> Pruned:
        gone, older = self._chosen(keep, datetime.max.replace(tzinfo=UTC))
        kept = len(self._read().runs) - len(gone)
        return Pruned(
            self.place, len(gone), kept, older, tuple(self._shelf.checkpoints), is_dry=True
        )

    def _chosen(self, keep: Keep, now: datetime) -> tuple[list[str], int]:
        shelf = self._read()
        runs = list(shelf.runs)
        times = [shelf.recorded[run] for run in runs]
        late = [n for n, at in enumerate(times) if keep.since and at >= keep.since]
        counted = len(runs) - max(keep.runs or 1, 1)
        first = max(0, min([counted, *late[:1]]))
        begin = min([*times[first:], *([keep.since] if keep.since else [])], default=now)
        older = set(self._holding(runs[:first], begin))
        stays = [
            each for run, (each, _) in shelf.bundlings.items() if run in {*runs[first:], *older}
        ]
        older |= {each.after.run for each in stays if each.after and each.after.run in runs[:first]}
        return [run for run in runs[:first] if run not in older], len(older)

    def _holding(self, runs: list[str], begin: datetime) -> Iterator[str]:
        last: dict[object, tuple[datetime, str]] = {}
        for run in runs:
            report, snapshots = self._shelf.runs[run]
            seen: list[tuple[object, datetime]] = [
                (each.metadata.cluster, _state_time(each.metadata.timestamp, report))
                for each in snapshots
            ]
            for subject, verdict in report.verdicts():
                key = (subject.cluster, subject.scope, subject.name, verdict.rule)
                seen.append((key, _state_time(subject.timestamp, report)))
            for key, at in seen:
                if at > begin:
                    yield run
                elif key not in last or at >= last[key][0]:
                    last[key] = at, run
        yield from (run for _, run in last.values())

    def vacuum(self) -> Vacuumed:
        self._write()
        return Vacuumed(self.place, 0, 0, 0)

    def export(self, file: Path) -> None:
        self._read()
        if file.exists():
            raise StoreError(f"there is a file {file}")
        file.write_text("\n".join(self._shelf.runs))

    @contextmanager
    def recording(self, started: str) -> Iterator["MemoryRecording"]:
        yield MemoryRecording(self, started)

    def put(
        self,
        report: Report,
        snapshots: list[AddressedSnapshot],
        bundling: tuple[RecordedBundling, bytes] | None,
    ) -> None:
        runs = self._write().runs
        if report.run in runs:
            raise StoreError(f"a run {report.run} is recorded")
        shelf = self._shelf
        runs[report.run] = report, snapshots
        shelf.numbers[report.run] = len(shelf.numbers) + 1
        if bundling is not None:
            shelf.bundlings[report.run] = bundling
        started = datetime.fromisoformat(report.started)
        shelf.recorded[report.run] = self._now() if self._now else started

    def runs(
        self,
        limit: int | None = None,
        asked: Window | None = None,
        known: datetime | None = None,
    ) -> list[RunSummary]:
        found = [
            summary
            for summary in (
                _summary(report, self._shelf.recorded[report.run]) for report in self._reports()
            )
            if known is None or self._shelf.recorded[summary.run] <= known
            if asked is None or _is_asked(asked, self._shelf.runs[summary.run][0])
        ]
        return found[:limit]

    def run(self, name: str) -> Report:
        return self._find(name)[0]

    def keep_recipe(self, document: Mapping[str, Json]) -> str:
        address = digest(dict(document))
        self._write().recipes.setdefault(address, document)
        return address

    def recipe(self, address: str) -> Mapping[str, Json]:
        known = self._read().recipes
        if address not in known:
            raise no_recipe(address)
        return known[address]

    def bundlings(
        self,
        cluster: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[RecordedBundling]:
        return [
            each
            for each, _ in reversed(self._read().bundlings.values())
            if cluster is None or each.cluster == cluster
            if since is None or datetime.fromisoformat(each.started) >= since
            if until is None or datetime.fromisoformat(each.started) <= until
        ]

    def bundling(self, name: str) -> tuple[RecordedBundling, bytes]:
        known = [each.name for each in self.bundlings()]
        if not known:
            raise no_bundling_yet()
        digits = name.removeprefix("sha256:") or "nothing"
        found = {
            key: each.name
            for each in reversed(self.bundlings())
            for key in (each.name, each.bundle)
            if key and key.removeprefix("sha256:").startswith(digits)
        }
        found = {LATEST: known[0]} if name == LATEST else found
        found = {name: found[name]} if name in found else found
        if len(found) != 1:
            raise not_one_bundling(name, list(found), known)
        return self._shelf.bundlings[next(iter(found.values()))]

    def snapshot(self, address: str) -> AddressedSnapshot:
        start = "sha256:" + address_digits(address)
        found = {each.digest: each for _, each in self._captures() if each.digest.startswith(start)}
        if len(found) != 1:
            raise not_one_snapshot(address, found)
        return next(iter(found.values()))

    def snapshot_of(
        self, cluster: str, at: datetime, known: datetime | None = None
    ) -> AddressedSnapshot:
        seen = [
            (when, each) for when, each in self._captures(known) if each.metadata.cluster == cluster
        ]
        by_then = [each for when, each in seen if when <= at]
        if not by_then:
            known = {each.metadata.cluster or "" for _, each in self._captures()}
            raise never_seen(cluster, written(at), written(seen[0][0]) if seen else None, known)
        return by_then[-1]

    def snapshots_of_run(self, name: str) -> Iterator[AddressedSnapshot]:
        return iter(self._find(name)[1])

    def clusters(self) -> tuple[str, ...]:
        return tuple(sorted({each.metadata.cluster or "" for _, each in self._captures()} - {""}))

    def captures(
        self,
        cluster: str,
        since: datetime | None = None,
        until: datetime | None = None,
        *,
        last: bool = False,
    ) -> list[Capture]:
        found = [
            Capture(
                cluster,
                _state_time(seen.metadata.timestamp, report),
                report.run,
                seen.digest,
                self._shelf.recorded[report.run],
                seen.metadata.generator,
                _said(report, seen),
                report.waivers,
            )
            for report, snapshots in self._read().runs.values()
            for seen in snapshots
            if seen.metadata.cluster == cluster
        ]
        asked = sorted(
            (
                each
                for each in found
                if (since is None or each.at >= since) and (until is None or each.at <= until)
            ),
            key=lambda each: each.at,
        )
        return [each for each in asked if each.at == asked[-1].at] if last else asked

    def outlines(self, addresses: Iterable[str]) -> list[Outline]:
        known = {each.digest: each for _, each in self._captures()}
        return [_outline(known[each]) for each in addresses]

    def contents(self, addresses: Collection[str]) -> Mapping[str, Mapping[str, Json]]:
        known = {
            seen.digests.subtypes[name, type_, subtype.name]: subtype.data
            for _, seen in self._captures()
            for name, measurements in _measured(seen)
            for type_, subtype in subtypes(measurements)
        }
        return {each: known[each] for each in addresses}

    def policy_of_run(self, name: str) -> Policy:
        report = self._find(name)[0]
        return Policy(
            packs=tuple(Pack(p.name, p.version, p.digest, ()) for p in report.packs),
            rules=report.rules,
            effective=datetime.fromisoformat(report.effective_time),
            is_pinned=True,
            enforcement={
                verdict.rule: verdict.enforcement
                for _, verdict in report.verdicts()
                if verdict.enforcement is not Enforcement.DENY
            },
            waivers=report.waivers,
            gate=report.gate,
            relaxations=report.relaxations,
        )

    def _find(self, name: str) -> tuple[Report, list[AddressedSnapshot]]:
        runs = self._read().runs
        last_first = list(reversed(runs))
        if name == LATEST and not runs:
            raise no_run_yet()
        found = [last_first[0]] if name == LATEST else [r for r in runs if r == name]
        found = found or [run for run in last_first if run.startswith(name)]
        if len(found) != 1 or not name:
            raise not_one_run(name, found, last_first)
        return runs[found[0]]

    def _reports(self) -> list[Report]:
        return [report for report, _ in reversed(self._read().runs.values())]

    def changed_subtypes(self, before: str, after: str) -> Iterator[ChangedSubtype]:
        old, new = (self.snapshot(name).digests.subtypes for name in (before, after))
        keys = sorted({*old, *new}, key=lambda key: (key[0] is not None, *map(str, key)))
        return iter(
            [
                ChangedSubtype(*key, old.get(key), new.get(key))
                for key in keys
                if old.get(key) != new.get(key)
            ]
        )

    def waivers(self) -> Iterator[WaiverLife]:
        lives: dict[str, WaiverLife] = {}
        for report, _ in self._read().runs.values():
            used = {verdict.waiver for _, verdict in report.verdicts()}
            for waiver in report.waivers:
                said = replace(waiver, location=None)
                at = digest(encode_waiver(said))
                notes = [n.state for n in report.waiver_notes if n.waiver == waiver.id]
                notes = [state for state in notes if state not in ("broad", "self-approved")]
                state = (notes or ["used" if waiver.id in used else "unused"])[0]
                run = report.run if waiver.id in used else None
                old = lives.get(at, WaiverLife(said, at, report.run, "", None, None, 0, ""))
                lives[at] = replace(
                    old,
                    last=report.run,
                    first_used=old.first_used or run,
                    last_used=run or old.last_used,
                    uses=old.uses + (run is not None),
                    state=state,
                )
        return iter(lives.values())

    def _captures(self, known: datetime | None = None) -> list[tuple[datetime, AddressedSnapshot]]:
        """Give every snapshot by its state time, those of one time as they were recorded."""
        captures = [
            (_state_time(each.metadata.timestamp, report), each)
            for report, snapshots in self._read().runs.values()
            for each in snapshots
            if known is None or self._shelf.recorded[report.run] <= known
        ]
        return sorted(captures, key=lambda capture: capture[0])

    def _read(self) -> Shelf:
        if not self._open:
            raise StoreError("the store is closed")
        return self._shelf

    def _write(self) -> Shelf:
        if self._read_only:
            raise StoreError("the store cannot be written")
        return self._read()


class MemoryRecording:
    def __init__(self, store: MemoryStore, started: str) -> None:
        self._store = store
        self._started = started
        self._snapshots: list[AddressedSnapshot] = []

    def keep(self, snapshots: Iterable[AddressedSnapshot]) -> None:
        self._snapshots += snapshots

    def record(
        self, report: Report, bundling: tuple[RecordedBundling, bytes] | None = None
    ) -> None:
        assert report.started == self._started
        self._store.put(report, self._snapshots, bundling)


def _state_time(timestamp: str | None, report: Report) -> datetime:
    try:
        moment = datetime.fromisoformat(timestamp or report.started)
    except ValueError:
        moment = datetime.fromisoformat(report.started)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _said(report: Report, seen: AddressedSnapshot) -> Said:
    """Give what was said of the cluster at that time."""
    return {
        Who(each.scope, each.name): each.verdicts
        for each in report.subjects
        if (each.cluster, each.timestamp) == (seen.metadata.cluster, seen.metadata.timestamp)
    }


def _measured(
    seen: AddressedSnapshot,
) -> list[tuple[str | None, tuple[Measurement, ...]]]:
    nodes = seen.snapshot.nodes
    return [(None, seen.snapshot.measurements), *((n.name, n.measurements) for n in nodes)]


def _outline(seen: AddressedSnapshot) -> Outline:
    contents: dict[str | None, dict[FactAddress, str]] = {name: {} for name, _ in _measured(seen)}
    for (name, type_, subtype), at in seen.digests.subtypes.items():
        contents[name][FactAddress(type_, subtype)] = at
    cluster = contents.pop(None)
    nodes = {name: each for name, each in contents.items() if name is not None}
    return Outline(seen.digest, cluster, nodes, seen.snapshot.collection)


def _is_asked(asked: Window, report: Report) -> bool:
    clusters = [each.cluster for each in report.subjects if each.cluster is not None]
    nodes = [each.name for each in report.subjects if each.scope is Scope.NODE]
    return (
        asked.since <= datetime.fromisoformat(report.started) <= asked.until
        and (not asked.clusters or any(map(asked.has_cluster, clusters)))
        and (not asked.nodes or any(map(asked.has_node, nodes)))
        and (not asked.rules or any(asked.has_rule(each.id) for each in report.rules))
    )


def _summary(report: Report, recorded: datetime) -> RunSummary:
    clusters = {subject.cluster for subject in report.subjects if subject.cluster is not None}
    return RunSummary(
        run=report.run,
        started=report.started,
        effective_time=report.effective_time,
        generator=report.generator,
        engine=report.engine,
        decision=report.decision,
        exit_code=int(report.exit_code),
        clusters=tuple(sorted(clusters)),
        subjects=len(report.subjects),
        counts={status.value: count for status, count in report.counts.items() if count},
        packs=report.packs,
        link=digest(report.run),
        recorded=recorded.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    )
