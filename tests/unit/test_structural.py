"""A custom resource is held against its definition as an API server holds it."""

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eidos.engine.schema.structural import MOST, Structural

SPEC: dict[str, Any] = {
    "type": "object",
    "required": ["image", "port"],
    "properties": {
        "image": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 5},
        "port": {"x-kubernetes-int-or-string": True, "default": 80},
        "mode": {"type": "string", "enum": ["a", "b"]},
        "count": {"type": "integer", "minimum": 1, "maximum": 3, "exclusiveMaximum": True},
        "maybe": {"type": "string", "nullable": True},
        "free": {
            "type": "object",
            "x-kubernetes-preserve-unknown-fields": True,
            "properties": {"on": {"type": "boolean"}},
        },
        "empty": {"type": "object"},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "list": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "object", "properties": {"name": {"type": "string"}}},
        },
        "names": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        "one": {
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
        },
        "pod": {"type": "object", "x-kubernetes-embedded-resource": True, "properties": {}},
    },
}
SCHEMA = {"type": "object", "required": ["spec"], "properties": {"spec": SPEC}}


def told(spec: object, schema: Any = SCHEMA) -> list[str]:
    value = {"apiVersion": "x.io/v1", "kind": "X", "metadata": {"name": "x", "y": 1}, "spec": spec}
    return [each.sentence for each in Structural(schema).problems(value)]


GOOD: list[dict[str, Any]] = [
    {"image": "abc"},
    {"image": "abc", "port": "http"},
    {"image": "abc", "port": 8080},
    {"image": "abc", "port": None},
    {"image": "abc", "mode": None, "count": None},
    {"image": "abc", "maybe": None},
    {"image": "abc", "free": {"on": True, "any": {"thing": [1]}}},
    {"image": "abc", "labels": {"a.b/c": "d"}},
    {"image": "abc", "list": [{"name": "a"}], "names": ["a", "b"]},
    {"image": "abc", "one": {"a": "x"}, "empty": {}},
    {"image": "abc", "pod": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}},
]
BAD: list[tuple[Any, str]] = [
    ({}, "lacks 'image'"),
    ({"image": None}, "lacks 'image'"),
    ({"image": "ABC"}, "'image' is \"ABC\", which does not fit"),
    ({"image": "abcdef"}, "it is longer than 5 characters"),
    ({"image": 1}, "'image' must be text"),
    ({"image": "abc", "port": 1.5}, "'port' must be a whole number or text"),
    ({"image": "abc", "mode": "c"}, "must be one of: a, b"),
    ({"image": "abc", "count": 0}, "'count' must be at least 1"),
    ({"image": "abc", "count": 3}, "it is greater than or equal to the maximum of 3"),
    ({"image": "abc", "free": {"on": "yes"}}, "'on' must be true or false"),
    ({"image": "abc", "empty": {"a": 1}}, "'a' is no field of the definition; it would be dropped"),
    ({"image": "abc", "labels": {"a": 1}}, "'a' must be text"),
    ({"image": "abc", "list": []}, "must have at least 1 entry"),
    ({"image": "abc", "list": [{"name": "a", "nme": "b"}]}, "'nme' is no field of the definition"),
    ({"image": "abc", "names": ["a", "a"]}, "has an entry more than once"),
    ({"image": "abc", "one": {"a": "x", "b": "y"}}, "'one'"),
    ({"image": "abc", "pod": {"apiVersion": "v1", "spec": {}}}, "'spec' is no field"),
    ("text", "'spec' must be a map"),
    ([], "'spec' must be a map"),
]


@pytest.mark.parametrize("spec", GOOD, ids=json.dumps)
def test_what_an_api_server_takes(spec: object) -> None:
    assert told(spec) == []


@pytest.mark.parametrize(("spec", "said"), BAD, ids=[json.dumps(spec) for spec, _ in BAD])
def test_what_it_refuses_or_drops_is_told(spec: object, said: str) -> None:
    found = told(spec)
    assert any(said in each for each in found), found


def test_the_path_leads_to_what_is_dropped() -> None:
    value = {"spec": {"image": "abc", "list": [{"name": "a"}, {"odd": 1}]}}
    [found] = Structural(SCHEMA).problems(value)
    assert found.path == ("spec", "list", 1, "odd")


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (None, "the schema is no schema"),
        ([], "the schema is no schema"),
        ({"type": "object", "properties": []}, "the schema has properties that are no map"),
        ({"properties": {"a": {"$ref": "#"}}}, "a refers to another schema"),
        ({"properties": {"a": {"$ref": "http://127.0.0.1:1/x"}}}, "a refers to another schema"),
        ({"properties": {"a": {"items": [{}]}}}, "a.items is no schema"),
        ({"properties": {"a": {"anyOf": {}}}}, "a.anyOf is no list"),
        ({"properties": {"a": {"type": "string", "pattern": "(?=x)"}}}, "properties.a.pattern"),
        ({"properties": {"a": {"type": "string", "pattern": r"(a)\1"}}}, "properties.a.pattern"),
        ({"properties": {"a": {"pattern": "(" * 99}}}, "properties.a.pattern"),
        ({"properties": {"a": {"pattern": "((a{999}){999}){999}"}}}, "pattern"),
        ({"properties": {"a": {"type": "thing"}}}, "properties.a.type"),
        ({"properties": {"a": {"minimum": "x"}}}, "minimum"),
        ({"required": "spec"}, "required is no list"),
    ],
)
def test_a_schema_that_is_none_is_refused(schema: object, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        Structural(schema)  # type: ignore[arg-type]


def test_a_pattern_takes_linear_time() -> None:
    """One that a backtracking matcher never ends with, on a text of 100 kB."""
    schema = {"type": "object", "properties": {"spec": {"type": "string", "pattern": "^(a+)+$"}}}
    started = time.process_time()
    assert told("a" * 100_000 + "!", schema) != []
    assert time.process_time() - started < 60


def test_problems_are_bounded() -> None:
    assert len(told({f"k{number}": 1 for number in range(1000)})) == MOST


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
KEYS = st.sampled_from([*SPEC["properties"], "odd"])


@given(spec=JSON | st.dictionaries(KEYS, JSON, max_size=4))
def test_whatever_is_given_is_told_in_sentences(spec: object) -> None:
    assert all(isinstance(each, str) and each for each in told(spec))


@given(schema=st.dictionaries(st.sampled_from([*SPEC, "items", "pattern", "enum", "not"]), JSON))
def test_an_odd_schema_is_used_or_refused(schema: dict[str, Any]) -> None:
    with contextlib.suppress(ValueError):  # it says why
        told({"a": 1}, {"type": "object", "properties": {"spec": schema}})
