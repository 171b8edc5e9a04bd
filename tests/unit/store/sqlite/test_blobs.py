"""Content comes back as it was, however it is kept."""

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eidos.engine.digest import canonical
from eidos.engine.store.sqlite.blobs import BlobWriter, as_object, patch, patched, read_blob
from eidos.engine.store.sqlite.store import SqliteStore, open_sqlite
from fakes.recorded import JSON, TEXT

OBJECTS = st.dictionaries(TEXT, JSON, max_size=6)


@pytest.fixture
def store() -> Iterator[SqliteStore]:
    with tempfile.TemporaryDirectory() as folder, open_sqlite(Path(folder, "e.db")) as store:
        yield store


@given(OBJECTS, st.lists(OBJECTS, max_size=4))
def test_patches_in_order_make_the_last_object(first: dict, others: list[dict]) -> None:
    objects = [as_object(canonical(value)) for value in (first, *others)]
    plain = [value for value in objects if value is not None]

    steps = [patch(old, new) for old, new in itertools.pairwise(plain)]

    assert patched(canonical(plain[0]), steps) == canonical(plain[-1])


@pytest.mark.parametrize(
    ("old", "new"), [(1, True), (1, 1.0), (0, False), ([1], [1.0]), (None, 0), ({"a": 1}, {})]
)
def test_values_that_python_thinks_equal_are_told_apart(old: object, new: object) -> None:
    before, after = {"a": old}, {"a": new}

    assert patched(canonical(before), [patch(before, after)]) == canonical(after)


def test_a_long_history_of_small_changes(store: SqliteStore) -> None:
    """Objects, lists and text follow each other in one place; every one is read back."""
    connection = store._database.connection
    connection.execute("BEGIN IMMEDIATE")
    writer = BlobWriter(connection)
    facts = {f"/proc/sys/key{number}": number * 7919 for number in range(300)}
    before = None
    kept = {}
    for turn in range(150):
        facts = {**facts, f"/proc/sys/key{turn % 300}": turn, f"new{turn}": turn}
        facts.pop(f"new{turn - 3}", None)
        content = canonical(facts if turn % 40 else sorted(facts.items()))
        before = writer.put("OS/sysctl", content, before=before)
        kept[before] = content
    connection.execute("COMMIT")

    assert {row: read_blob(connection, row) for row in kept} == kept
    stored = connection.execute("SELECT form, count(*) FROM blobs GROUP BY form").fetchall()
    assert dict(stored)["patch"] > 100


def test_content_beyond_the_window_is_whole(store: SqliteStore) -> None:
    connection = store._database.connection
    big = canonical({f"key{number}": number * 7919 for number in range(10_000)})
    near = big.replace(b"7919", b"7918")
    connection.execute("BEGIN IMMEDIATE")
    writer = BlobWriter(connection)
    rows = [writer.put("big", big), writer.put("big", near)]
    connection.execute("COMMIT")

    assert [read_blob(connection, row) for row in rows] == [big, near]
