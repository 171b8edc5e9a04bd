"""What any store does, whichever engine keeps it."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings

from eidos.engine.digest import addressed, digest
from eidos.engine.errors import Location, Problem, StoreError, UsageError
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.gate import Gate
from eidos.engine.model.history import Who, Window
from eidos.engine.model.recorded_bundling import RecordedBundling
from eidos.engine.model.report import RecipeRef, Report, WaiverNote
from eidos.engine.model.rule import Enforcement, Scope, Severity
from eidos.engine.model.snapshot import AddressedSnapshot, Snapshot, Subtype, subtypes
from eidos.engine.model.upkeep import Checkpoint, Keep
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.model.waiver import Waiver
from eidos.engine.ports import Remembered, Store
from eidos.engine.store.opening import open_store
from fakes.recorded import RECIPE, bundling, report, reports, snapshot, snapshots, verdict
from fakes.stores import MemoryStore, Shelf, recall, record, remember

Open = Callable[..., Store]
"""Opens one and the same store again; takes ``read_only``."""
MONDAY = snapshot(timestamp="2026-03-02T10:00:00Z", driver="570.1")
TUESDAY = snapshot(timestamp="2026-03-03T11:00:00+01:00", driver="580.1")


def sqlite(folder: Path) -> Open:
    return lambda **how: open_store(folder / "eidos.db", **how)


def memory(_: Path) -> Open:
    shelf = Shelf()
    return lambda **how: MemoryStore(shelf, **how)


class Wall:
    """A clock that says what it is told."""

    def __init__(self, *moments: str) -> None:
        self._moments = [datetime.fromisoformat(each) for each in moments]

    def now(self) -> datetime:
        return self._moments.pop(0)


@pytest.fixture(params=[sqlite, memory], ids=lambda engine: engine.__name__)
def engine(request: pytest.FixtureRequest) -> Callable[[Path], Open]:
    return request.param


@pytest.fixture
def opens(engine: Callable[[Path], Open], tmp_path: Path) -> Open:
    return engine(tmp_path)


@pytest.fixture
def store(opens: Open) -> Iterator[Store]:
    with opens() as store:
        yield store


@pytest.fixture(scope="module", params=[sqlite, memory], ids=lambda engine: engine.__name__)
def crowded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """One store for all examples: what they share must not disturb them."""
    with request.param(tmp_path_factory.mktemp("store"))() as store:
        yield store


# Verdicts ---------------------------------------------------------------------------------------


def test_what_was_remembered_is_recalled_by_whoever_opens_it_next(opens: Open) -> None:
    said = [verdict(status, rule) for status in (Status.PASS, Status.FAIL) for rule in ("A", "B")]
    with opens() as store:
        remember(store, *said)
        remember(store, *said)

    with opens(read_only=True) as store:
        known = recall(store, *(each.memo for each in said), "sha256:" + "0" * 64)

    assert known == {each.memo: each for each in said}


def test_errors_waivers_and_verdicts_without_key_are_not_remembered(store: Store) -> None:
    slow = verdict(Status.ERROR)
    waived = verdict(Status.WAIVED)
    unasked = Verdict("GPU-001", Status.UNKNOWN, reason="not collected")

    remember(store, slow, waived, unasked)

    assert recall(store, slow.memo, waived.memo) == {}


def test_what_the_gate_does_with_a_verdict_is_no_part_of_the_memory(store: Store) -> None:
    audited = Verdict("A", Status.FAIL, (Finding("x"),), enforcement=Enforcement.AUDIT, memo="k")

    remember(store, audited)

    assert recall(store, "k") == {"k": Verdict("A", Status.FAIL, (Finding("x"),), memo="k")}


def test_the_first_answer_stands(store: Store) -> None:
    first = Verdict("A", Status.PASS, memo="k")
    remember(store, first)
    remember(store, Verdict("A", Status.FAIL, memo="k"))

    assert recall(store, "k") == {"k": first}


def test_each_sealer_has_memories_of_its_own(store: Store) -> None:
    ours, theirs = (Verdict("A", status, memo="k") for status in (Status.PASS, Status.FAIL))
    remember(store, ours, sealer="us", seal=b"1")
    remember(store, theirs, sealer="them", seal=b"2")

    assert store.recall(["k"], "us") == {"k": Remembered(ours, "us", b"1")}
    assert store.recall(["k"], "them") == {"k": Remembered(theirs, "them", b"2")}
    assert store.recall(["k"], "others") == {}
    assert sorted(each.sealer for each in store.remembered()) == ["them", "us"]


def test_what_nobody_touched_is_as_it_was_written(store: Store) -> None:
    record(store, report("r1", MONDAY), MONDAY)
    record(store, report("r2", TUESDAY), TUESDAY)
    remember(store, verdict())

    assert list(store.alterations()) == []
    assert [each.run for each in store.chain()] == ["r1", "r2"]
    assert [run.link for run in store.runs()] == [
        each.link for each in reversed(list(store.chain()))
    ]


# Recording --------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(made=reports())
def test_a_recorded_report_comes_back_equal(crowded: Store, made: Report) -> None:
    made = replace(made, run=secrets.token_hex(8))

    record(crowded, made)

    assert crowded.run(made.run) == made


@settings(max_examples=150, deadline=None)
@given(seen=snapshots())
def test_a_stored_snapshot_comes_back_with_its_addresses(crowded: Store, seen: Snapshot) -> None:
    stored = addressed(seen)
    run = secrets.token_hex(8)
    record(crowded, report(run, snapshot()), stored)

    [loaded] = crowded.snapshots_of_run(run)

    assert loaded.digests == stored.digests == addressed(loaded.snapshot).digests
    assert crowded.snapshot(stored.digest).digests == stored.digests
    assert loaded.metadata == seen.metadata
    assert facts(loaded.snapshot) == facts(seen)
    assert sorted(map(repr, loaded.snapshot.collection)) == sorted(map(repr, seen.collection))


def facts(seen: Snapshot) -> dict[tuple[str | None, str, str], Subtype]:
    """Every subtype by where it belongs; order says nothing."""
    groups = [(None, seen.measurements), *((node.name, node.measurements) for node in seen.nodes)]
    return {
        (node, type_, subtype.name): subtype
        for node, measurements in groups
        for type_, subtype in subtypes(measurements)
    }


def test_locations_in_files_whose_names_are_not_unicode(store: Store) -> None:
    plain = report("odd", snapshot())
    odd = Location("n\udcff.yaml", 3, 1, "$.x")
    strange = replace(
        plain,
        subjects=tuple(replace(one, locations={"": odd}) for one in plain.subjects),
        problems=(Problem("cannot read n\udcff.yaml", location=odd, code="unreadable"),),
    )

    record(store, strange)

    assert store.run("odd") == strange


@pytest.mark.parametrize("count", [1, 63, 64, 65, 200])
def test_snapshots_are_taken_while_judging_goes_on(opens: Open, count: int) -> None:
    fleet = [snapshot((f"n{number}",), driver=f"580.{number}") for number in range(count)]
    made = report("r1", fleet[-1])
    with opens() as store, store.recording(made.started) as recording:
        for number, seen in enumerate(fleet):
            recording.keep([seen])
            remember(store, verdict(salt=str(number)))
        recording.record(made)

    with opens(read_only=True) as store:
        assert list(store.snapshots_of_run("r1")) == fleet
        assert store.run("r1") == made


def test_snapshots_may_be_read_as_they_are_taken(store: Store) -> None:
    """Whoever produces them may ask the store meanwhile."""

    def reading() -> Iterator[AddressedSnapshot]:
        for number in range(100):
            seen = snapshot((f"n{number}",))
            recall(store, verdict().memo)
            yield seen

    with store.recording(report("r1", MONDAY).started) as recording:
        recording.keep(reading())
        recording.record(report("r1", MONDAY))

    found = 0
    for seen in store.snapshots_of_run("r1"):
        remember(store, verdict(salt=seen.digest))
        found += 1
    assert found == 100


def test_a_run_that_is_not_recorded_leaves_nothing_to_be_found(store: Store) -> None:
    fleet = [snapshot((f"n{number}",)) for number in range(200)]
    with store.recording(report("r1", MONDAY).started) as recording:
        recording.keep(fleet)

    def interrupted() -> None:
        with store.recording("2026-03-02T12:00:00Z") as recording:
            recording.keep(fleet)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert store.runs() == []
    with pytest.raises(UsageError, match="no snapshot"):
        store.snapshot(fleet[0].digest)
    with pytest.raises(UsageError, match="nothing is recorded"):
        store.snapshot_of("prod", datetime(2026, 12, 31, tzinfo=UTC))
    record(store, report("r2", fleet[0]), *fleet)
    assert len(list(store.snapshots_of_run("r2"))) == 200


def test_a_run_is_recorded_once(store: Store) -> None:
    first = report("r1", MONDAY)
    record(store, first, MONDAY)

    with pytest.raises(StoreError):
        record(store, report("r1", TUESDAY, (verdict(Status.FAIL),)), TUESDAY)

    assert [run.run for run in store.runs()] == ["r1"]
    assert store.run("r1") == first
    with pytest.raises(UsageError, match="no snapshot"):
        store.snapshot(TUESDAY.digest)


def test_who_only_reads_changes_nothing(opens: Open) -> None:
    opens().close()
    with opens(read_only=True) as store:
        with pytest.raises(StoreError, match="cannot be written"):
            remember(store, verdict())
        with pytest.raises(StoreError, match="cannot be written"):
            record(store, report("r1", MONDAY), MONDAY)
        assert store.runs() == []


def test_a_closed_store_says_so(opens: Open) -> None:
    store = opens()
    record(store, report("r1", MONDAY), MONDAY)
    late = store.snapshots_of_run("r1")
    store.close()

    with pytest.raises(StoreError, match="closed"):
        store.run("r1")
    with pytest.raises(StoreError, match="closed"):
        remember(store, verdict())
    if not isinstance(store, MemoryStore):  # what is in memory is there
        with pytest.raises(StoreError, match="closed"):
            next(late)


def test_it_has_a_name_for_messages(store: Store) -> None:
    assert store.place


# Runs -------------------------------------------------------------------------------------------


def test_runs_are_listed_last_first_and_chosen(store: Store) -> None:
    for number, cluster in enumerate(("prod", "dev", "prod")):
        seen = snapshot(cluster=cluster)
        started = f"2026-03-0{number + 1}T12:00:00Z"
        record(store, report(f"r{number}", seen, started=started), seen)

    since = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert [run.run for run in store.runs()] == ["r2", "r1", "r0"]
    assert [run.run for run in store.runs(limit=2)] == ["r2", "r1"]
    ever = Window(since=since - timedelta(days=99), until=since + timedelta(days=99))
    late = replace(ever, since=since)

    def chosen(asked: Window, limit: int | None = None) -> list[str]:
        return [run.run for run in store.runs(limit, asked)]

    assert chosen(replace(ever, clusters=("pr*",))) == ["r2", "r0"]
    assert chosen(late) == ["r2", "r1"]
    assert chosen(replace(ever, until=since - timedelta(seconds=1))) == ["r0"]
    assert chosen(replace(late, clusters=("prod",)), 1) == ["r2"]
    assert chosen(replace(ever, nodes=("n1",))) == ["r2", "r1", "r0"]
    assert chosen(replace(ever, nodes=("none",))) == chosen(replace(ever, rules=("none",))) == []
    assert chosen(replace(ever, rules=("X", "GPU-*"))) == ["r2", "r1", "r0"]
    assert chosen(replace(late, since=since + timedelta(days=9))) == []
    assert chosen(replace(ever, clusters=("none",))) == []


def test_a_list_says_of_a_run_what_its_report_says(store: Store) -> None:
    seen = snapshot(("n1", "n2"))
    made = report("r1", seen, (verdict(), verdict(Status.FAIL, "B")))
    record(store, made, seen)

    [said] = store.runs()

    assert (said.run, said.started, said.effective_time) == (made.run, made.started, made.started)
    assert (said.generator, said.engine, said.packs) == (made.generator, made.engine, made.packs)
    assert (said.decision, said.exit_code) == (made.decision, made.exit_code)
    assert (said.clusters, said.subjects) == (("prod",), 2)
    assert said.counts == {"pass": 2, "fail": 2}
    assert said.link.startswith("sha256:")


def test_a_run_is_named_by_the_beginning_of_its_id(store: Store) -> None:
    seen = snapshot()
    for run in ("20260302-aa", "20260302-ab", "20260303-c", "20260303-cc"):
        record(store, report(run, seen), seen)

    assert store.run("20260303-cc").run == store.run("latest").run == "20260303-cc"
    assert store.run("20260303-c").run == "20260303-c"
    with pytest.raises(UsageError, match="begins 2 runs") as ambiguous:
        store.run("20260302")
    assert "20260302-ab, 20260302-aa" in str(ambiguous.value.hint)
    with pytest.raises(UsageError, match="no run") as unknown:
        store.run("20260302-ax")
    assert "Did you mean '20260302-a" in str(unknown.value.hint)
    with pytest.raises(UsageError):
        store.run("")
    with pytest.raises(UsageError, match="no run"):
        store.snapshots_of_run("20260302-ax")  # said at once, not when the first is asked for


def test_there_is_no_latest_run_yet(store: Store) -> None:
    with pytest.raises(UsageError, match="no run is recorded yet"):
        store.run("latest")


# Snapshots --------------------------------------------------------------------------------------


@pytest.fixture
def days(store: Store) -> Store:
    record(store, report("tue", TUESDAY), TUESDAY)
    record(store, report("mon", MONDAY), MONDAY)
    record(store, report("both", MONDAY), MONDAY, TUESDAY)
    record(store, report("none", MONDAY))
    return store


@pytest.mark.parametrize("length", [19, 20, 71])
def test_by_the_beginning_of_the_address(days: Store, length: int) -> None:
    address = MONDAY.digest

    assert days.snapshot(address[:length]) == MONDAY
    assert days.snapshot(address[:length].removeprefix("sha256:").upper()) == MONDAY


def test_an_address_of_several(store: Store) -> None:
    fleet = [snapshot((f"n{number}",)) for number in range(17)]  # two share a digit
    record(store, report("r1", fleet[0]), *fleet)
    first = [seen.digest[7] for seen in fleet]
    digit = max(first, key=first.count)

    with pytest.raises(UsageError, match="several snapshots") as several:
        store.snapshot(digit)

    assert f"sha256:{digit}" in str(several.value.hint)


@pytest.mark.parametrize("name", ["", "sha256:", "zz", "0" * 65, "' OR 1=1"])
def test_what_is_no_address(days: Store, name: str) -> None:
    with pytest.raises(UsageError, match="not the address"):
        days.snapshot(name)


def test_an_unknown_address(days: Store) -> None:
    with pytest.raises(UsageError, match="no snapshot"):
        days.snapshot("f" * 64)


def test_of_content_seen_twice_the_last_capture(store: Store) -> None:
    early, late = (snapshot(timestamp=f"2026-03-0{day}T10:00:00Z") for day in (2, 5))
    assert early.digest == late.digest
    record(store, report("late", late), late)
    record(store, report("early", early), early)

    assert store.snapshot(early.digest) == late
    assert list(store.snapshots_of_run("early")) == [early]


def test_by_cluster_and_time(days: Store) -> None:
    def at(day: int, hour: int) -> datetime:
        return datetime(2026, 3, day, hour, tzinfo=UTC)

    assert days.snapshot_of("prod", at(2, 10)) == MONDAY
    assert days.snapshot_of("prod", at(3, 9)) == MONDAY
    assert days.snapshot_of("prod", at(3, 10)) == TUESDAY
    with pytest.raises(UsageError) as early:
        days.snapshot_of("prod", at(2, 9))
    assert "2026-03-02T10:00:00Z" in str(early.value.hint)
    with pytest.raises(UsageError) as unknown:
        days.snapshot_of("prud", at(3, 9))
    assert "Did you mean 'prod'" in str(unknown.value.hint)


@pytest.mark.parametrize("timestamp", [None, "yesterday"])
def test_without_a_time_of_its_own_it_is_of_when_the_run_started(
    store: Store, timestamp: str | None
) -> None:
    metadata = replace(MONDAY.metadata, timestamp=timestamp)
    seen = addressed(replace(MONDAY.snapshot, metadata=metadata))
    started = datetime(2026, 3, 2, 12, tzinfo=UTC)
    record(store, report("r1", seen), seen)

    assert store.snapshot_of("prod", started) == seen
    with pytest.raises(UsageError):
        store.snapshot_of("prod", started - timedelta(seconds=1))


def test_by_run_in_the_order_it_judged_them(days: Store) -> None:
    assert list(days.snapshots_of_run("tue")) == [TUESDAY]
    assert list(days.snapshots_of_run("both")) == [MONDAY, TUESDAY]
    assert list(days.snapshots_of_run("none")) == []


# Recipes ----------------------------------------------------------------------------------------


def test_a_recipe_is_found_by_its_address_by_whoever_opens_it_next(opens: Open) -> None:
    with opens() as store:
        address = store.keep_recipe(RECIPE)
        assert store.keep_recipe(RECIPE) == address == digest(RECIPE)
    with opens(read_only=True) as store:
        assert store.recipe(address) == RECIPE
        assert list(store.alterations()) == []


@pytest.mark.parametrize("address", ["", "sha256:", "sha256:" + "0" * 64, "eks"])
def test_a_recipe_that_is_not_there(store: Store, address: str) -> None:
    store.keep_recipe(RECIPE)
    with pytest.raises(UsageError, match="there is no recipe"):
        store.recipe(address)


def test_a_run_says_which_recipe_it_was_about(store: Store) -> None:
    seen = MONDAY
    said = replace(report("r1", seen), recipe=RecipeRef("eks", digest(RECIPE)))
    record(store, said, seen)
    assert store.run("r1") == said


# Bundles ----------------------------------------------------------------------------------------


def fill_bundles(store: Store) -> list[tuple[RecordedBundling, bytes]]:
    """Record a closed gate of one cluster, then an open one of another, as eidos bundle does."""
    store.keep_recipe(RECIPE)
    other = snapshot(timestamp="2026-03-03T10:00:00Z", cluster="dev")
    first = report("r1", MONDAY, started="2026-03-02T12:00:00Z")
    rendered = report("r2", snapshot(()), started="2026-03-03T12:00:01Z")
    second = report("r3", other, started="2026-03-03T12:00:00Z")
    made = [bundling(first), bundling(second, rendered, "/srv/dev")]
    record(store, first, MONDAY, bundling=made[0])
    record(store, rendered)
    record(store, second, other, bundling=made[1])
    return made


def test_what_was_decided_about_bundles_is_there_for_whoever_opens_it_next(opens: Open) -> None:
    with opens() as store:
        assert store.bundlings() == []
        closed, made = fill_bundles(store)
    with opens(read_only=True) as store:
        assert store.bundlings() == [made[0], closed[0]]
        assert store.bundling("r1") == closed
        assert store.bundling("r3") == made == store.bundling("latest")
        assert store.bundling(made[0].bundle or "") == made
        assert store.bundling((made[0].bundle or "").removeprefix("sha256:")[:8]) == made
        assert list(store.alterations()) == []


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"cluster": "dev"}, ["r3"]),
        ({"cluster": "nobody"}, []),
        ({"since": "2026-03-02T12:00:00Z"}, ["r3", "r1"]),
        ({"since": "2026-03-02T12:00:01Z"}, ["r3"]),
        ({"until": "2026-03-02T13:00:00+01:00"}, ["r1"]),
        ({"until": "2026-03-02T11:59:59Z"}, []),
    ],
)
def test_bundles_are_listed_by_cluster_and_time(
    store: Store, asked: dict[str, str], names: list[str]
) -> None:
    fill_bundles(store)
    said = {key: text if key == "cluster" else moment(text) for key, text in asked.items()}

    assert [each.name for each in store.bundlings(**said)] == names


@pytest.mark.parametrize("name", ["", "r", "sha256:", "nobody", "r2"])
def test_a_name_that_is_no_bundles(store: Store, name: str) -> None:
    fill_bundles(store)
    with pytest.raises(UsageError):
        store.bundling(name)


def test_of_a_bundle_that_was_made_twice_the_last_is_meant(store: Store) -> None:
    _, (said, _) = fill_bundles(store)
    seen = snapshot(timestamp="2026-03-04T10:00:00Z", cluster="dev")
    again = report("r4", seen, started="2026-03-04T12:00:00Z")
    record(store, again, seen, bundling=bundling(again, store.run("r2"), "/srv/dev"))

    assert store.bundling(said.bundle or "")[0].name == "r4"


def test_a_decision_goes_with_its_run_and_keeps_what_it_was_made_by(store: Store) -> None:
    fill_bundles(store)
    fill(store, range(5, 8))
    late = snapshot(timestamp="2026-03-19T00:00:00Z", driver="1")
    record(store, report("late", late, started="2026-03-19T00:00:00Z"), late)

    store.prune(Keep(runs=1), NOW, as_is)

    assert [each.name for each in store.bundlings()] == ["r3"], "the last that saw dev"
    assert {"r2", "r3"} < {run.run for run in store.runs()}
    assert store.bundling("r3")[1]
    assert list(store.alterations()) == []
    store.vacuum()
    assert store.bundling("r3")[1]


# Knowledge time ---------------------------------------------------------------------------------


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture
def late(opens: Open) -> Iterator[Store]:
    """Monday's facts were recorded after Tuesday's, and once more by a clock that went back."""
    clock = Wall("2026-03-04T10:00:00Z", "2026-03-05T10:00:00.250Z", "2026-03-01T00:00:00Z")
    with opens(now=clock.now) as store:
        record(store, report("tue", TUESDAY), TUESDAY)
        record(store, report("mon", MONDAY), MONDAY)
        record(store, report("back", MONDAY), MONDAY)
        yield store


def test_runs_as_they_were_known(late: Store) -> None:
    assert [(run.run, run.recorded) for run in late.runs()] == [
        ("back", "2026-03-01T00:00:00.000Z"),
        ("mon", "2026-03-05T10:00:00.250Z"),
        ("tue", "2026-03-04T10:00:00.000Z"),
    ]

    def known(at: str) -> list[str]:
        return [run.run for run in late.runs(known=moment(at))]

    assert known("2026-02-28T00:00:00Z") == []
    assert known("2026-03-01T01:00:00+01:00") == ["back"], "only its own time is wrong"
    assert known("2026-03-05T10:00:00.249Z") == ["back", "tue"]
    assert known("2026-03-05T10:00:00.250Z") == ["back", "mon", "tue"]


def test_a_capture_is_known_from_when_it_was_recorded(opens: Open) -> None:
    with opens(now=Wall("2026-03-05T10:00:00Z").now) as store:
        record(store, report("mon", MONDAY), MONDAY)
        [capture] = store.captures("prod")
        assert capture.known == moment("2026-03-05T10:00:00Z")


def test_the_last_that_was_seen(store: Store) -> None:
    record(store, report("mon", MONDAY), MONDAY)
    record(store, report("tue", TUESDAY), TUESDAY)
    record(store, report("late", MONDAY), MONDAY)
    every = store.captures("prod")

    assert store.captures("prod", last=True) == [every[-1]]
    assert store.captures("prod", until=every[0].at, last=True) == every[:2]
    assert store.captures("prod", until=every[0].at - timedelta(seconds=1), last=True) == []
    assert store.captures("nobody", last=True) == []


def test_without_a_clock_a_run_is_known_from_its_start(store: Store) -> None:
    record(store, report("r1", MONDAY), MONDAY)

    [run] = store.runs()

    assert moment(run.recorded) == moment(run.started)
    assert store.runs(known=moment(run.started)) == [run]
    assert store.runs(known=moment(run.started) - timedelta(milliseconds=1)) == []


def test_a_snapshot_as_it_was_known(opens: Open) -> None:
    with opens(now=Wall("2026-03-04T00:00:00Z", "2026-03-09T00:00:00Z").now) as store:
        record(store, report("mon", MONDAY), MONDAY)
        record(store, report("tue", TUESDAY), TUESDAY)
        wednesday = moment("2026-03-04T12:00:00Z")

        assert store.snapshot_of("prod", wednesday) == TUESDAY
        assert store.snapshot_of("prod", wednesday, known=wednesday) == MONDAY
        with pytest.raises(UsageError):
            store.snapshot_of("prod", wednesday, known=moment("2026-03-03T00:00:00Z"))


# Drift ------------------------------------------------------------------------------------------


def test_what_differs_between_two_snapshots(store: Store) -> None:
    old = snapshot(("n1", "n2", "n3"), driver="570.1")
    new = snapshot(("n2", "n3", "n4"), driver="580.1")
    record(store, report("r1", old), old, new)

    found = list(store.changed_subtypes(old.digest, new.digest[:20]))

    assert [(each.node, each.type, each.subtype) for each in found] == [
        *(("n1", "GPU", "smi"), ("n1", "OS", "kmod"), ("n1", "OS", "sysctl")),
        *(("n2", "GPU", "smi"), ("n3", "GPU", "smi")),
        *(("n4", "GPU", "smi"), ("n4", "OS", "kmod"), ("n4", "OS", "sysctl")),
    ]
    assert found[3].before == old.digests.subtypes["n2", "GPU", "smi"]
    assert found[3].after == new.digests.subtypes["n2", "GPU", "smi"]
    assert (found[0].after, found[-1].before) == (None, None)
    assert list(store.changed_subtypes(old.digest, old.digest)) == []
    with pytest.raises(UsageError, match="no snapshot"):
        store.changed_subtypes(old.digest, "f" * 64)


@given(old=snapshots(), new=snapshots())
@settings(max_examples=40)
def test_what_differs_is_what_the_addresses_say(
    crowded: Store, old: Snapshot, new: Snapshot
) -> None:
    both = [addressed(each) for each in (old, new)]
    record(crowded, report(secrets.token_hex(8), both[0]), *both)
    before, after = (each.digests.subtypes for each in both)

    found = list(crowded.changed_subtypes(both[0].digest, both[1].digest))

    told = {(each.node, each.type, each.subtype): (each.before, each.after) for each in found}
    assert len(told) == len(found)
    assert told == {
        key: (before.get(key), after.get(key))
        for key in {**before, **after}
        if before.get(key) != after.get(key)
    }


# Waivers ----------------------------------------------------------------------------------------


def test_waivers_have_lives(store: Store) -> None:
    end = moment("2026-04-01T00:00:00Z")
    made = [
        Waiver(name, "GPU-001", "gpu team", "security", "old", end, location=Location("w.yaml", 3))
        for name in ("a", "b")
    ]
    moved = replace(made[0], location=Location("other.yaml", 9))
    renewed = replace(made[0], until=moment("2026-05-01T00:00:00Z"))
    waived = replace(verdict(Status.WAIVED), waiver="a")

    def run(name: str, *waivers: Waiver, used: bool = True, note: str = "") -> None:
        said = report(name, MONDAY, (waived,) if used else (verdict(Status.PASS),))
        notes = (WaiverNote("a", "GPU-001", note, "told"),) * bool(note)
        notes = (WaiverNote("a", "GPU-001", "self-approved", "told"), *notes)
        record(store, replace(said, waivers=waivers, waiver_notes=notes), MONDAY)

    run("r1", *made, used=False, note="redundant")
    run("r2", *made)
    run("r3", moved)
    run("r4", renewed, used=False, note="expired")

    found = {(each.waiver.id, each.waiver.until.month): each for each in store.waivers()}

    assert list(found) == [("a", 4), ("b", 4), ("a", 5)]
    life = found["a", 4]
    assert (life.first, life.last) == ("r1", "r3"), "in another file it is the same"
    assert (life.first_used, life.last_used, life.uses, life.state) == ("r2", "r3", 2, "used")
    assert life.waiver == replace(made[0], location=None)
    other = found["b", 4]
    assert (other.first_used, other.last_used, other.uses) == (None, None, 0)
    assert (other.last, other.state) == ("r2", "unused")
    assert (found["a", 5].uses, found["a", 5].state) == (0, "expired")
    assert store.run("r3").waivers == (moved,), "a run has its waivers with their places"


# Pruning ----------------------------------------------------------------------------------------


def as_is(checkpoint: Checkpoint) -> Checkpoint:
    return checkpoint


NOW = moment("2026-03-20T00:00:00Z")


def fill(store: Store, days: range) -> None:
    for day in days:
        at = f"2026-03-{day:02}T10:00:00Z"
        seen = snapshot(("n1",), timestamp=at, driver=str(day))
        said = (verdict(Status.FAIL if day % 2 else Status.PASS),)
        record(store, report(f"d{day:02}", seen, said, at), seen)


@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        (Keep(runs=2), ["d09", "d08", "d07"]),
        (Keep(runs=1), ["d09", "d08"]),
        (Keep(since=moment("2026-03-08T00:00:00Z")), ["d09", "d08", "d07"]),
        (Keep(since=moment("2026-03-08T10:00:00Z")), ["d09", "d08", "d07"]),
        (Keep(since=moment("2027-01-01T00:00:00Z")), ["d09", "d08"]),
        (Keep(since=moment("2026-03-08T00:00:00Z"), runs=1), ["d09", "d08", "d07"]),
        (Keep(since=moment("2026-03-09T00:00:00Z"), runs=4), ["d09", "d08", "d07", "d06", "d05"]),
        (Keep(runs=99), [f"d{day:02}" for day in range(9, 0, -1)]),
        (Keep(since=moment("2020-01-01T00:00:00Z")), [f"d{day:02}" for day in range(9, 0, -1)]),
    ],
)
def test_prune_keeps_what_is_asked_for_and_what_held_then(
    store: Store, keep: Keep, kept: list[str]
) -> None:
    fill(store, range(1, 10))

    found = store.prune(keep, NOW, as_is)

    assert [run.run for run in store.runs()] == kept
    assert (found.runs, found.kept) == (9 - len(kept), len(kept))
    assert sum(each.runs for each in found.checkpoints) == found.runs
    assert list(store.alterations()) == []
    assert store.snapshot_of("prod", moment("2026-03-09T09:00:00Z")).metadata.timestamp == (
        "2026-03-08T10:00:00Z"
    )


def test_prune_of_nothing(store: Store) -> None:
    found = store.prune(Keep(runs=1), NOW, as_is)

    assert (found.runs, found.kept, found.older, found.checkpoints) == (0, 0, 0, ())


def test_a_node_that_is_gone_keeps_the_run_that_saw_it_last(store: Store) -> None:
    gone = snapshot(("old",), timestamp="2026-03-01T00:00:00Z", cluster="dev")
    record(store, report("gone", gone, started="2026-03-01T00:00:00Z"), gone)
    fill(store, range(2, 10))

    found = store.prune(Keep(runs=1), NOW, as_is)

    assert [run.run for run in store.runs()] == ["d09", "d08", "gone"]
    assert found.older == 2
    assert store.snapshot_of("dev", NOW) == gone
    assert list(store.alterations()) == []


def test_pruning_again_and_recording_on(store: Store) -> None:
    fill(store, range(1, 5))
    store.prune(Keep(runs=2), NOW, as_is)
    fill(store, range(5, 9))
    store.prune(Keep(runs=2), NOW, as_is)
    fill(store, range(9, 11))

    assert [run.run for run in store.runs()] == ["d10", "d09", "d08", "d07", "d06"]
    assert sum(each.runs for each in store.checkpoints()) == 5
    assert list(store.alterations()) == []


def test_what_is_pruned_is_gone_and_what_is_kept_is_whole(store: Store) -> None:
    fill(store, range(1, 6))
    kept = [(store.run(run), list(store.snapshots_of_run(run))) for run in ("d05", "d04")]
    first = next(store.snapshots_of_run("d01")).digest

    store.prune(Keep(runs=1), NOW, as_is)
    store.vacuum()

    assert [(store.run(run), list(store.snapshots_of_run(run))) for run in ("d05", "d04")] == kept
    with pytest.raises(UsageError, match="no run"):
        store.run("d01")
    with pytest.raises(UsageError, match="no snapshot"):
        store.snapshot(first)


def test_a_checkpoint_is_as_it_was_sealed(store: Store) -> None:
    fill(store, range(1, 4))

    def sealed(each: Checkpoint) -> Checkpoint:
        return replace(each, sealer="us", seal=b"seal")

    store.prune(Keep(runs=1), NOW, sealed)

    [found] = store.checkpoints()
    assert (found.first, found.last, found.runs) == (1, 1, 1)
    assert (found.pruned, found.sealer, found.seal) == ("2026-03-20T00:00:00Z", "us", b"seal")


def test_readers_neither_prune_nor_vacuum(opens: Open) -> None:
    with opens() as store:
        fill(store, range(1, 4))
    with opens(read_only=True) as store:
        with pytest.raises(StoreError, match="cannot be written"):
            store.prune(Keep(runs=1), NOW, as_is)
        with pytest.raises(StoreError, match="cannot be written"):
            store.vacuum()
        assert len(store.runs()) == 3


def test_an_export_writes_over_nothing(store: Store, tmp_path: Path) -> None:
    fill(store, range(1, 3))
    store.export(tmp_path / "there")

    with pytest.raises(StoreError, match="there is a file"):
        store.export(tmp_path / "there")


# History ----------------------------------------------------------------------------------------


def test_what_was_seen_of_a_cluster_comes_in_the_order_of_its_facts(store: Store) -> None:
    other = snapshot(cluster="dev")
    record(store, report("r1", TUESDAY, (verdict(Status.FAIL),)), TUESDAY)
    record(store, report("r2", MONDAY), MONDAY)
    record(store, report("r3", other), other)
    record(store, report("r4", MONDAY), MONDAY)

    assert store.clusters() == ("dev", "prod")
    found = store.captures("prod")
    assert [each.run for each in found] == ["r2", "r4", "r1"]
    assert [each.snapshot for each in found] == [MONDAY.digest, MONDAY.digest, TUESDAY.digest]
    assert found[2].at == datetime(2026, 3, 3, 10, tzinfo=UTC)
    assert found[2].said == {Who(Scope.NODE, "n1"): (verdict(Status.FAIL),)}
    assert found[0].said == found[1].said == {Who(Scope.NODE, "n1"): (verdict(),)}
    assert {each.generator for each in found} == {"eidos test"}

    later = found[2].at
    assert store.captures("prod", since=later) == [found[2]]
    assert store.captures("prod", until=later - timedelta(seconds=1)) == found[:2]
    assert store.captures("nobody") == []


def test_outlines_lead_to_the_facts(store: Store) -> None:
    seen = snapshot(("n1", "n2"))
    record(store, report("r1", seen), seen)

    [outline] = store.outlines([seen.digest])

    assert outline.snapshot == seen.digest
    assert outline.names == ("n1", "n2")
    assert outline.collection == seen.snapshot.collection
    smi = outline.nodes["n1"][FactAddress("gpu", "smi")]
    server = outline.cluster[FactAddress("k8s", "server")]
    assert outline.nodes["n2"][FactAddress("gpu", "smi")] == smi
    assert store.contents([smi, server]) == {
        smi: {"driver": "580.82.07", "gpu-count": 4},
        server: {"version": "v1.33.5"},
    }


def test_what_judged_a_run_is_given_back(store: Store) -> None:
    said = (replace(verdict(Status.FAIL, "B"), enforcement=Enforcement.AUDIT), verdict())
    waiver = Waiver("W1", "B", "a", "b", "c", datetime(2026, 6, 1, tzinfo=UTC))
    written = replace(report("r1", MONDAY, said), waivers=(waiver,), gate=Gate(Severity.HIGH))
    record(store, written, MONDAY)

    policy = store.policy_of_run("r1")

    assert policy.rules == written.rules
    assert policy.enforcement == {"B": Enforcement.AUDIT}
    assert policy.waivers == (waiver,)
    assert [each.waivers for each in store.captures("prod")] == [(waiver,)]
    assert policy.gate == Gate(Severity.HIGH)
    assert policy.effective == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert [(pack.name, pack.rules) for pack in policy.packs] == [("gpu", ())]
    with pytest.raises(UsageError):
        store.policy_of_run("r2")
