"""Laws of reading and writing, for any value and any bytes."""

import contextlib
import copy
import json
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eidos.engine.documents.finding import Source
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.reading import read_documents, read_text
from eidos.engine.documents.snapshots import read_snapshot
from eidos.engine.documents.writing import to_json, to_yaml
from eidos.engine.errors import DocumentError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.schema import problems

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
odd_texts = st.sampled_from(
    ["no", "1.10", "0x1", "007", "~", "", "<<", "---", "- a", "a: b", "#", "=", "\x85", "\u2028",
     "'", '"', "\ufeff", "\x7f", "2026-01-02", "1e5", "!x", "*a", "&a", "\t", " a ", "a\n\nb", "\r"]
) | st.lists(
    st.sampled_from(["", "a", "b: c", "- d", "...", "---", "# e", "  f", "g ", "\th", "%i", "é"])
).map("\n".join)  # fmt: skip
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
    | odd_texts
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(texts | odd_texts, inner, max_size=4)
    ),
    max_leaves=15,
)


def paths(
    value: Json, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    yield path, value
    entries = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else ()
    for key, inner in (*entries, *items):
        yield from paths(inner, (*path, key))


@given(values)
def test_json_reads_back_as_it_was(value: Json) -> None:
    text = to_json(value)
    assert read_text(text, "x.json")[0].value == value
    assert json.loads(text) == value


@given(values)
def test_yaml_reads_back_as_it_was(value: Json) -> None:
    (document,) = read_text(to_yaml({"value": value}), "x.yaml")
    assert document.value == {"value": value}
    assert json.dumps(document.value) == json.dumps({"value": value})  # types as well


@given(values)
def test_yaml_reads_back_alone_and_by_another_reader(value: Json) -> None:
    (document,) = read_text(to_yaml(value), "x.yaml")
    assert document.value == value
    assert yaml.safe_load(to_yaml({"value": value})) == {"value": value}


@given(st.dictionaries(texts | odd_texts, values, min_size=1, max_size=4))
def test_every_json_path_leads_to_its_own_text(value: dict[str, Json]) -> None:
    text = json.dumps(value, indent=1)
    lines = text.split("\n")
    (document,) = read_text(text, "x.json")
    for path, _ in paths(value):
        place = document.location(path)
        assert place.line is not None
        assert place.column is not None
        if path and isinstance(path[-1], str):
            assert lines[place.line - 1][place.column - 1 :].startswith(json.dumps(path[-1]))


plain_keys = st.from_regex(r"[a-m][a-z]{0,8}", fullmatch=True).filter(
    lambda key: key not in {"false", "null"}
)
plain_trees = st.recursive(
    st.integers(), lambda inner: st.dictionaries(plain_keys, inner, min_size=1, max_size=4)
)


@given(st.dictionaries(plain_keys, plain_trees, min_size=1))
def test_every_yaml_path_leads_to_its_own_line(value: dict[str, Json]) -> None:
    text = to_yaml(value)
    lines = text.split("\n")
    (document,) = read_text(text, "x.yaml")
    for path, _ in paths(value):
        place = document.location(path)
        assert place.line is not None
        assert place.column is not None
        if path:
            assert lines[place.line - 1][place.column - 1 :].startswith(f"{path[-1]}:")


SMALL = Path(__file__).parents[2] / "documents/valid/snapshot/small.yaml"
TIGHT = Limits(size=100_000, depth=20, values=2000, alias_values=500)


def survives(content: bytes, folder: Path, suffix: str) -> None:
    path = folder / f"x{suffix}"
    path.write_bytes(content)
    with contextlib.suppress(DocumentError):
        for document in read_documents(Source(path.name, path), TIGHT):
            document.location(("a", 0, "b"))
            to_json(document.value)
            with contextlib.suppress(DocumentError):
                read_snapshot(document, lenient=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(content=st.binary(max_size=200), suffix=st.sampled_from([".yaml", ".json"]))
def test_any_bytes_are_read_or_refused(content: bytes, suffix: str, folder: Path) -> None:
    survives(content, folder, suffix)


yaml_soup = st.lists(
    st.sampled_from(
        ["a", "b", ": ", "- ", "\n", "  ", "[", "]", "{", "}", ",", "&x ", "*x", "!!str ", "!t ",
         "? ", "|\n", ">\n", '"', "'", "#", "---\n", "...\n", "<<", "%YAML 1.1\n", "1.10", "~",
         "\t", "é", "@", "`", "kind: Snapshot\n", "apiVersion: aicr.run/v1\n", "measurements:\n"]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow])
@given(content=yaml_soup, suffix=st.sampled_from([".yaml", ".json"]))
def test_any_yaml_soup_is_read_or_refused(content: str, suffix: str, folder: Path) -> None:
    survives(content.encode(), folder, suffix)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_snapshot_with_any_part_replaced_is_read_or_refused(
    data: st.DataObject, folder: Path
) -> None:
    content = bytearray(SMALL.read_bytes())
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 40)))
    content[start:end] = data.draw(st.binary(max_size=20) | yaml_soup.map(str.encode))
    survives(bytes(content), folder, ".yaml")


_WHOLE: Json = {
    "apiVersion": "eidos.dev/v1",
    "kind": "Snapshot",
    "metadata": {"cluster": "c", "labels": {"a": "b"}},
    "measurements": [
        {"type": "K8s", "subtypes": [{"subtype": "server", "data": {}, "context": {"a": "b"}}]}
    ],
    "nodes": [
        {"name": "n", "measurements": [{"type": "OS", "subtypes": [{"subtype": "a", "data": {}}]}]}
    ],
    "collection": [{"type": "GPU", "status": "failed"}],
}
_MAPS = [path for path, value in paths(_WHOLE) if isinstance(value, dict)]


@pytest.mark.parametrize("path", _MAPS, ids=str)
def test_what_the_schema_does_not_know_no_snapshot_is_read_with(
    path: tuple[str | int, ...],
) -> None:
    changed = copy.deepcopy(_WHOLE)
    inner: Any = changed
    for step in path:
        inner = inner[step]
    inner["nodess"] = "x"
    [document] = read_text(to_json(changed), "x.json")
    wrong = problems(document, "snapshot/v1")
    with (
        pytest.raises(DocumentError, match="'nodess' is not known here") if wrong else nullcontext()
    ):
        read_snapshot(document)
    assert bool(wrong) is (path[-1:] not in {("labels",), ("data",), ("context",)})
