"""METADATA blocks: what they say, where, and about what."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eidos.engine.errors import PolicyError
from eidos.engine.model.rule import Module
from eidos.engine.rego.annotations import Annotation, read_annotations

TEXT = """# Copyright

# METADATA
# title: The pack's rule
# date: 2026-01-31
# custom:
#   id: GPU-001
#   params: {floors: {"580": "580.159.03"}}
package a.b

import data.lib

raw := `
# METADATA
# title: not one
`

# METADATA
# scope: document
# title: All of it
default allow := false

# METADATA
# title: With a comment between

# like this
deny.driver["old"] contains x if {
	x := 1 # METADATA
}
"""


def read(text: str) -> list[Annotation]:
    return read_annotations(Module("p.rego", text))


def test_blocks_are_found_with_their_place_and_subject() -> None:
    found = [(one.line, one.scope, one.rule, one.value["title"]) for one in read(TEXT)]
    assert found == [
        (3, "package", None, "The pack's rule"),
        (18, "document", "allow", "All of it"),
        (23, "rule", 'deny.driver["old"]', "With a comment between"),
    ]


def test_values_are_json() -> None:
    value = read(TEXT)[0].value
    assert value["date"] == "2026-01-31"
    assert value["custom"] == {"id": "GPU-001", "params": {"floors": {"580": "580.159.03"}}}


def test_windows_line_ends_are_read() -> None:
    assert read("# METADATA\r\n# title: x\r\npackage a\r\n")[0].value == {"title": "x"}


def test_no_block_no_annotation() -> None:
    assert read("package a\n\nx := 1\n") == []
    assert read('package a\n\nx := "# METADATA"\n') == []


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("\n# METADATA\n# title: [\npackage a", 4, "not YAML"),
        ("# METADATA\n# a: 1\n# b: 2\n# a: 3\npackage a", 4, "there twice"),
        ("# METADATA\n# a: &x [1]\n# b: *x\npackage a", 1, "alias"),
        ("# METADATA\n# just text\npackage a", 1, "not a mapping"),
        ("# METADATA\npackage a", 1, "not a mapping"),
        ("package a\n\n# METADATA\n# title: x\n", 3, "before no package or rule"),
        ("# METADATA\n# title: x\nimport data.a", 1, "before no package or rule"),
        ("# METADATA\n# scope: world\npackage a", 1, "no scope 'world'"),
        ("# METADATA\n# a: !!binary aGk=\npackage a", 2, "not YAML"),
        ("# METADATA\n# a: !!python/object:os.system x\npackage a", 2, "not YAML"),
        ("# METADATA\n# a: " + "[" * 5000 + "\npackage a", 2, "not YAML"),
        ("# METADATA\n# a: \x07\npackage a", 1, "not YAML"),
    ],
)
def test_a_broken_block_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(PolicyError, match=message) as caught:
        read(text)
    assert caught.value.location
    assert (caught.value.location.file, caught.value.location.line) == ("p.rego", line)
    assert caught.value.hint


@given(st.text(alphabet='#METADATA\n :[]{}"`abc&*-\t\\package', max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(PolicyError):
        read(text)
