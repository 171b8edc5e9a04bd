"""What is stored comes back as it was."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from eidos.engine.digest import addressed
from eidos.engine.errors import Location, Problem
from eidos.engine.model.report import Report, Subject
from eidos.engine.model.snapshot import Snapshot, Subtype, subtypes
from eidos.engine.store.opening import Store, open_store
from fakes.recorded import report, reports, snapshot, snapshots


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One database for all examples: what they share must not disturb them."""
    with open_store(tmp_path_factory.mktemp("store") / "e.db") as store:
        yield store


@settings(max_examples=200, deadline=None)
@given(made=reports())
def test_a_recorded_report_is_rebuilt_equal(store: Store, made: Report) -> None:
    made = replace(made, run=secrets.token_hex(8))

    store.record_report(made, ())

    assert store.run(made.run) == made


@settings(max_examples=150, deadline=None)
@given(seen=snapshots())
def test_a_stored_snapshot_has_the_same_addresses(store: Store, seen: Snapshot) -> None:
    stored = addressed(seen)
    run = secrets.token_hex(8)
    store.record_report(report(run, snapshot()), [stored])

    loaded = store.snapshot_of_run(run)

    assert addressed(loaded) == replace(stored, snapshot=loaded)
    assert addressed(store.snapshot(stored.digest)).digests == stored.digests
    assert loaded.metadata == seen.metadata
    assert facts(loaded) == facts(seen)
    assert sorted(map(repr, loaded.collection)) == sorted(map(repr, seen.collection))


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
        problems=(Problem("cannot read n\udcff.yaml", location=odd),),
    )

    store.record_report(strange, ())

    assert store.run("odd") == strange


def test_names_that_are_not_unicode_are_kept_readable(tmp_path: Path) -> None:
    plain = report("r1", snapshot())
    odd: tuple[Subject, ...] = tuple(
        replace(subject, file="n\udcff.yaml", name="d\udcff") for subject in plain.subjects
    )
    with open_store(tmp_path / "e.db") as store:
        store.record_report(replace(plain, subjects=odd), ())

        (subject,) = store.run("r1").subjects

    assert subject.file == "n\\udcff.yaml"
    assert subject.name == "d\\udcff"
