"""Reading by difference gives what reading in full gives, whatever the difference is."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eidos.engine.documents.finding import Source
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.resembling import AlikeReader
from eidos.engine.errors import DocumentError

YAML = """\
kind: Snapshot
metadata:
  source: ip-10-0-0-1
  time: "2026-01-02T18:02:49Z"
  plain: one two
   three
list:
  - name: a
    size: 1
  - name: b
    size: 0x10
  - bare
  - 'single'
nested: {flow: 1,
  other: 2,
  last: 3
  }
text: |
  key: 1
  other: 2
folded: "first
  key: 1"
version: 1.10
empty:
comment: 5 # five
"tail": true
"""
PIECES = st.sampled_from(
    [
        *("", "0", "1", "01", "1.10", "2", "true", "null", "a: b", "- x", "#", "'", '"', "x", "|"),
        *("{}", "*a", "&a x", "!!str 1", "  ", ",", "\\", ": ", ".inf", "é", "\u2028", "\t"),
        *("<<", "-1", "x y"),
    ]
)


@st.composite
def edits(draw: st.DrawFn, text: str) -> str:
    """Change a few lines, each after some character."""
    lines = text.split("\n")
    for _ in range(draw(st.integers(1, 3))):
        number = draw(st.integers(0, len(lines) - 1))
        kept = draw(st.integers(0, len(lines[number])))
        dropped = draw(st.integers(0, 3))
        line = lines[number]
        lines[number] = line[:kept] + draw(PIECES) + line[kept + dropped :]
    return "\n".join(lines)


def told(reader: AlikeReader | None, path: Path) -> object:
    source = Source(path.name, path)
    try:
        found = (reader or AlikeReader(Limits())).read(source)
    except DocumentError as error:
        return str(error)
    return [(repr(each), each.location(("list", 1)), each.location(("version",))) for each in found]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.mark.parametrize("suffix", ["yaml", "json"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=400)
@given(data=st.data())
def test_equals_reading_in_full(folder: Path, suffix: str, data: st.DataObject) -> None:
    text = YAML
    if suffix == "json":
        (whole,) = read_documents_of(folder, YAML)
        text = json.dumps(whole, indent=1)
    padded = (
        text.rstrip("\n") + "".join(f"\n# {n}" for n in range(30)) if suffix == "yaml" else text
    )
    reader = AlikeReader(Limits())
    path = folder / f"one.{suffix}"
    path.write_text(padded)
    assert told(reader, path) == told(None, path)
    for _ in range(3):
        path.write_text(data.draw(edits(padded)))
        assert told(reader, path) == told(None, path)


def read_documents_of(folder: Path, text: str) -> list[object]:
    path = folder / "plain.yaml"
    path.write_text(text)
    return [document.value for document in AlikeReader(Limits()).read(Source(path.name, path))]


def test_shares_what_did_not_change(folder: Path) -> None:
    reader = AlikeReader(Limits())
    path = folder / "node.yaml"
    rows = "".join(f"  k{number}: {number}\n" for number in range(20))
    path.write_text(f"name: a\nsame:\n{rows}")
    (first,) = reader.read(Source("a", path))
    path.write_text(f"name: b\nsame:\n{rows}")
    (second,) = reader.read(Source("b", path))
    assert isinstance(first.value, dict)
    assert isinstance(second.value, dict)
    assert (first.value["name"], second.value["name"]) == ("a", "b")
    assert first.value["same"] is second.value["same"]
    assert second.location(("name",)).file == "b"


def test_a_long_value_that_is_none_takes_linear_time(tmp_path: Path) -> None:
    """A pattern that can split one word in many ways never ends with this one."""
    reader = AlikeReader(Limits())
    lines = [f"k{number}: a" for number in range(40)]
    for name, value in (("a.yaml", "1"), ("b.yaml", "a" * 2000 + "#b")):
        path = tmp_path / name
        path.write_text("\n".join([*lines, f"z: {value}"]))
        [document] = reader.read(Source(name, path))
        assert isinstance(document.value, dict)
        assert str(document.value["z"]) == value
