import os
from pathlib import Path

import pytest

from eidos.engine.documents.finding import Source
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.reading import Document, read_documents, read_text
from eidos.engine.errors import DocumentError


def only(text: str, name: str = "x.yaml") -> Document:
    (document,) = read_text(text, name)
    return document


def refusal(text: str, name: str = "x.yaml", limits: Limits | None = None) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        read_text(text, name, limits or Limits())
    return caught.value


YAML = """\
# comment
a:
  b: [1, two, {c: 3}]
"d e": text
"""


@pytest.mark.parametrize(
    ("path", "line", "column", "shown"),
    [
        ((), 2, 1, "$"),
        (("a",), 2, 1, "$.a"),
        (("a", "b"), 3, 3, "$.a.b"),
        (("a", "b", 1), 3, 10, "$.a.b[1]"),
        (("a", "b", 2, "c"), 3, 16, "$.a.b[2].c"),
        (("d e",), 4, 1, '$["d e"]'),
        (("a", "nope", "deeper"), 2, 1, "$.a"),
        (("a", "b", 9), 3, 3, "$.a.b"),
        (("a", "b", -1), 3, 3, "$.a.b"),
        (("a", 0), 2, 1, "$.a"),
    ],
)
def test_yaml_paths_have_places(
    path: tuple[str | int, ...], line: int, column: int, shown: str
) -> None:
    place = only(YAML).location(path)
    assert (place.line, place.column, place.path) == (line, column, shown)


JSON = '{\n  "a": {"b": [1, "two: {", {"c": 3}]},\n  "d\\u0065": null\n}\n'


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ((), 1, 1),
        (("a",), 2, 3),
        (("a", "b"), 2, 9),
        (("a", "b", 1), 2, 18),
        (("a", "b", 2, "c"), 2, 29),
        (("de",), 3, 3),
        (("de", "deeper"), 3, 3),
    ],
)
def test_json_paths_have_places(path: tuple[str | int, ...], line: int, column: int) -> None:
    place = only(JSON, "x.json").location(path)
    assert (place.line, place.column) == (line, column)


def test_a_file_may_hold_many_documents_each_with_its_lines() -> None:
    first, second = read_text("a: 1\n---\nb: 2\n---\n", "x.yaml")
    assert (first.value, second.value) == ({"a": 1}, {"b": 2})
    assert (first.index, second.index) == (0, 1)
    assert second.location(("b",)).line == 3


def test_flow_yaml_that_starts_like_json_is_yaml() -> None:
    assert only("{a: 1, b: [no]}").value == {"a": 1, "b": ["no"]}


def test_json_keeps_big_integers_exact() -> None:
    assert only('{"a": 18446744073709551615}', "x.json").value == {"a": 18446744073709551615}


def test_merge_keys_take_in_what_they_name_and_own_keys_win() -> None:
    document = only("base: &b {a: 1, b: 2}\nother: &o {b: 3, c: 4}\nx: {<<: [*b, *o], a: 9}\n")
    assert isinstance(document.value, dict)
    assert document.value["x"] == {"a": 9, "b": 2, "c": 4}
    assert document.location(("x", "c")).line == 2


def test_quoted_merge_key_is_a_key() -> None:
    assert only("'<<': 1").value == {"<<": 1}


def test_keys_are_their_source_text() -> None:
    assert only("1: a\non: b\n1.10: c\ntrue: d\n").value == {
        "1": "a",
        "on": "b",
        "1.10": "c",
        "true": "d",
    }


def test_tags_of_json_types_are_taken() -> None:
    assert only('a: !!str 1\nb: !!int "2"\nc: ! 3').value == {"a": "1", "b": 2, "c": "3"}


def test_an_alias_repeats_its_anchor_and_has_its_own_place() -> None:
    document = only("a: &x {k: 1}\nb: *x\n")
    assert document.value == {"a": {"k": 1}, "b": {"k": 1}}
    assert document.location(("b",)).line == 2


@pytest.mark.parametrize(
    ("text", "name", "said", "line", "column"),
    [
        ("", "x.yaml", "empty", None, None),
        (" \n\n", "x.yaml", "empty", None, None),
        ("# only\n---\n", "x.yaml", "no document", 3, 1),
        ("a: 1\nb: 2\na: 3\n", "x.yaml", "'a' is there twice, first on line 1", 3, 1),
        ('{"a": 1,\n "b": {"c": 1, "c": 2}}', "x.json", "'c' is there twice", 2, 16),
        ('{"a": {"b": 1, "b": 2}}}} x', "x.json", "'b' is there twice", 1, 16),
        ('{"a": 1, "a": {"b": 1, "b": 2}}', "x.json", "'a' is there twice", 1, 10),
        ('{"a": [1, NaN]}', "x.json", "NaN", 1, 11),
        ('{"a": -Infinity}', "x.json", "Infinity", 1, 7),
        ('{"a": 1e999}', "x.json", "1e999", 1, 7),
        ('{"a": "\\ud800"}', "x.json", "half a character", 1, 8),
        ('{"a": "\\ud83d\\ude00", "b": "\\ude00"}', "x.json", "half a character", 1, None),
        ('{"a": 1', "x.json", "not JSON", 1, 8),
        ("a: 1", "x.json", "not JSON", 1, 1),
        ('{"a":1}{"b":2}', "x.json", "not JSON", 1, 8),
        ("[" + "9" * 5000 + "]", "x.json", "digits", None, None),
        ("a: [1\nb: 2", "x.yaml", "not YAML", 2, 2),
        ('a: "\x07"', "x.yaml", "not YAML", 1, 5),
        ("a: *b", "x.yaml", "names nothing", 1, 4),
        ("a: &b [*b]", "x.yaml", "names nothing", 1, 8),
        ("a: !!python/object:os.system x", "x.yaml", "!!python/object:os.system", 1, 4),
        ("a: !!set {x}", "x.yaml", "!!set", 1, 4),
        ("? [a]\n: b", "x.yaml", "key must be text", 1, 3),
        ("a: .nan", "x.yaml", "quotes", 1, 4),
        ("x: {<<: 1}", "x.yaml", "<<", 1, 5),
        ("\n%TAG !a! b" * 1001, "x.yaml", "%TAG", None, None),
    ],
)
def test_bad_documents_are_told_with_their_place(
    text: str, name: str, said: str, line: int | None, column: int | None
) -> None:
    error = refusal(text, name)
    assert said in error.message
    assert error.location is not None
    assert error.location.file == name
    assert error.location.line == line
    assert column is None or error.location.column == column


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "\n".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)
)


@pytest.mark.parametrize(
    ("text", "name", "limits", "said"),
    [
        (BOMB, "x.yaml", Limits(), "through aliases"),
        ("[" * 100_000, "x.yaml", Limits(), "64 levels"),
        ("[" * 100_000 + "]" * 100_000, "x.json", Limits(), "64 levels"),
        ("[[[1]]]", "x.json", Limits(depth=2), "2 levels"),
        ("- - - 1", "x.yaml", Limits(depth=2), "2 levels"),
        ("a: &a [[1]]\nb: [[*a]]", "x.yaml", Limits(depth=4), "4 levels"),
        ("[1, 2, 3]", "x.json", Limits(values=2), "2 values"),
        ("- 1\n- 2\n- 3", "x.yaml", Limits(values=3), "3 values"),
        ("a: 1\nb: 2\nc: 3", "x.yaml", Limits(keys=2), "2 keys"),
        ('{"a": 1, "b": 2, "c": 3}', "x.json", Limits(keys=2), "2 keys"),
    ],
)
def test_limits_hold(text: str, name: str, limits: Limits, said: str) -> None:
    error = refusal(text, name, limits)
    assert said in error.message
    assert error.hint is not None
    assert "limits." in error.hint


def test_the_parser_s_own_bound_is_not_taken_for_a_broken_file() -> None:
    error = refusal("a: " + "[" * 5000 + "]" * 5000, "x.yaml")
    assert error.message == "the document has more levels than are read"
    assert error.hint is None


def test_what_is_within_the_limits_is_read() -> None:
    limits = Limits(depth=3, values=5, keys=1, alias_values=0)
    assert read_text("a: [[1]]", "x.yaml", limits)[0].value == {"a": [[1]]}
    assert read_text('{"a": [[1]]}', "x.json", limits)[0].value == {"a": [[1]]}


@pytest.mark.parametrize(
    ("content", "said", "line"),
    [
        (b"\xff\xfea\x00", "UTF-16", 1),
        (b"a: 1\nb: \xff\n", "0xff", 2),
        (b"a: 1\n\x00", "0x00", 2),
        (b"\x7fELF\x02\x01\x01\x00", "0x00", 1),
        (b"\x1f\x8b\x08", "0x8b", 1),
    ],
)
def test_what_is_not_text_is_told(tmp_path: Path, content: bytes, said: str, line: int) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    with pytest.raises(DocumentError, match=said) as caught:
        read_documents(Source("x.yaml", path))
    assert caught.value.location is not None
    assert caught.value.location.line == line


def test_a_byte_order_mark_is_no_part_of_the_document(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    (document,) = read_documents(Source("x.yaml", path))
    assert document.value == {"a": 1}
    assert document.location(("a",)).column == 1


def test_pipes_and_devices_are_refused_without_waiting(tmp_path: Path) -> None:
    fifo = tmp_path / "x.yaml"
    os.mkfifo(fifo)
    for path in (fifo, Path("/dev/zero")):
        with pytest.raises(DocumentError, match="pipe, socket or device"):
            read_documents(Source(str(path), path))


def test_a_pipe_that_was_handed_over_is_read() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"a: 1\n")
    os.close(writer)
    path = Path(f"/dev/fd/{reader}")
    try:
        assert read_documents(Source(str(path), path))[0].value == {"a": 1}
    finally:
        os.close(reader)


@pytest.mark.parametrize("kind", ["missing", "folder", "dangling"])
def test_files_that_cannot_be_read_are_told(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.yaml"
    if kind == "folder":
        path.mkdir()
    if kind == "dangling":
        path.symlink_to("nowhere")
    with pytest.raises(DocumentError, match="cannot be read") as caught:
        read_documents(Source("x.yaml", path))
    assert caught.value.hint


def test_size_is_bounded_before_anything_is_parsed(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a" * 101)
    with pytest.raises(DocumentError, match="100 bytes"):
        read_documents(Source("x.yaml", path), Limits(size=100))
