"""The one loop that turns references into items."""

import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eidos.engine.app.reader import Item, Reader, refuse_second_stdin
from eidos.engine.documents.limits import Limits
from eidos.engine.errors import NOTHING_FOUND, DocumentError, EidosError, Problem, UsageError
from eidos.engine.ports import Store
from fakes.drifting import snapshot as document
from fakes.recorded import report, snapshot
from fakes.stores import MemoryStore, Shelf, record

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write("a.json", document({"n1": {"OS": {"grub": {"quiet": ""}}}}))
    write("b.json", document({"n2": {"OS": {"grub": {}}}}))
    return tmp_path


def write(name: str, value: object) -> None:
    Path(name).write_text(json.dumps(value))


def no_store() -> Store:
    raise AssertionError("no reference leads into the store")


def reader(lenient: bool = False) -> Reader:
    return Reader(Limits(), no_store, lenient)


def names(found: list[Item | Problem]) -> list[str]:
    return [each.name if isinstance(each, Item) else f"problem: {each.code}" for each in found]


def test_what_is_broken_is_said_in_its_place_and_hides_nothing() -> None:
    Path("broken.yaml").write_text("a: [1\n")
    Path("empty").mkdir()

    found = list(reader().read(["a.json", "broken.yaml", "none.yaml", "empty", "b.json"]))

    assert names(found) == [
        "a.json",
        "problem: unreadable",
        "problem: unreadable",
        f"problem: {NOTHING_FOUND}",
        "b.json",
    ]
    broken = found[1]
    assert isinstance(broken, Problem)
    assert broken.location is not None
    assert broken.location.file == "broken.yaml"


def test_documents_of_one_file_have_names_of_their_own_and_files_come_once() -> None:
    Path("many.yaml").write_text("a: 1\n---\nb: 2\n")

    assert names(list(reader().read(["many.yaml", "*.json", "a.json"]))) == [
        "many.yaml",
        "many.yaml#2",
        "a.json",
        "b.json",
    ]


def test_an_item_is_read_as_a_snapshot_when_somebody_asks() -> None:
    Path("d.yaml").write_text("kind: Deployment\n")
    good, other = reader().every(["a.json", "d.yaml"])

    assert good.is_snapshot
    assert [node.name for node in good.snapshot.snapshot.nodes] == ["n1"]
    assert good.locate("n1", ("os", "grub", "quiet")).file == "a.json"
    assert not other.is_snapshot
    assert other.value == {"kind": "Deployment"}
    with pytest.raises(DocumentError):
        _ = other.snapshot


@pytest.mark.parametrize("reference", ["many.yaml", ".", "none.json"])
def test_one_item_is_one(reference: str) -> None:
    Path("many.yaml").write_text("a: 1\n---\nb: 2\n")

    with pytest.raises(EidosError):
        reader().one(reference)


def test_standard_input_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a: 1\n")))

    assert names(list(reader().read(["-", "-"]))) == ["<stdin>", "problem: usage"]
    with pytest.raises(UsageError):
        refuse_second_stdin(["-", "a.json", "-"])


class TestStored:
    """References into the store."""

    @pytest.fixture
    def stored(self) -> Reader:
        store = MemoryStore(Shelf())
        monday = snapshot(timestamp="2026-03-02T10:00:00Z", driver="570.1")
        friday = snapshot(timestamp="2026-03-06T10:00:00Z", driver="580.1")
        record(store, report("r1", monday), monday)
        record(store, report("r2", friday), friday, monday, monday)
        self.digest = monday.digest
        return Reader(Limits(), lambda: store)

    def test_every_kind_of_reference_gives_the_snapshot(self, stored: Reader) -> None:
        for reference in ("run:r1", f"snapshot:{self.digest[7:20]}", "prod@2026-03-03"):
            item = stored.one(reference)
            assert (item.name, item.file, item.document) == (reference, reference, None)
            assert item.snapshot.digest == self.digest
            assert item.location().file == reference

    def test_a_run_of_several_gives_each_once(self, stored: Reader) -> None:
        assert names(list(stored.read(["run:r2"]))) == ["run:r2", "run:r2#2"]

    @pytest.mark.parametrize(
        "reference", ["run:nope", "snapshot:zz", "prod@someday", "prod@2020-01-01", "x@2026-03-03"]
    )
    def test_what_does_not_exist_is_a_problem_and_hides_nothing(
        self, stored: Reader, reference: str
    ) -> None:
        assert names(list(stored.read([reference, "a.json"]))) == ["problem: usage", "a.json"]

    def test_no_file_stands_in_for_what_was_recorded(self, stored: Reader) -> None:
        Path("run:r1").write_text("a: 1\n")
        Path("prod@2026-03-03").write_text("a: 1\n")

        assert stored.one("run:r1").snapshot.digest == self.digest
        assert stored.one("./run:r1").value == {"a": 1}
        assert stored.one("prod@2026-03-03").value == {"a": 1}  # a name with an @ may be a file


def test_a_written_time_without_zone_is_refused(here: Path) -> None:
    store = MemoryStore(Shelf())
    with pytest.raises(UsageError, match="neither a date"):
        Reader(Limits(), lambda: store).one(f"prod@{datetime(2026, 1, 1, 12, tzinfo=UTC):%FT%T}")
    assert here.exists()
