import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eidos.engine.documents.editing import with_item, with_key
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.reading import read_text
from eidos.engine.documents.writing import to_json, to_yaml
from eidos.engine.errors import DocumentError, EidosError

ITEM = {"id": "new", "reason": "a: b # c", "until": "2026-12-01"}
TEXTS = {
    "at the margin": "kind: W\nlist:\n- id: a\n",
    "indented": "list:\n    - id: a\n      more: {x: 1}\n",
    "no last line end": "list:\n  - id: a",
    "remarks": (
        "# top\nlist: # here\n  # first\n  - id: a # mine\n    # still mine\n  # not mine\nz: 1\n"
    ),
    "keys below": "list:\n  - id: a\n\n# about z\nz: 1\n",
    "block text": "list:\n  - id: a\n    why: |\n      one\n\n      two\n\nz: 1\n",
    "folded text last": "list:\n  - id: a\n    why: >-\n      one\n      two\n",
    "in brackets": "list: [{id: a}, {id: b}] # both\nz: 1\n",
    "entry in braces": "list:\n  - {id: a, x: [1, 2]}\n  - {id: b}\n",
    "over lines": "list: [\n  {id: a},\n  {id: b}\n]\n",
    "none": "list: []  # none yet\nz: 1\n",
    "none in braces": "{list: []}\n",
    "json": json.dumps({"list": [{"id": "a"}]}),
    "json over lines": to_json({"list": [{"id": "a", "b": [1]}], "z": None}),
    "windows": "list:\r\n  - id: a\r\n  - id: b\r\nz: 1\r\n",
    "many": "---\nlist:\n  - id: a\n---\nlist:\n  - id: b\n...\n",
    "an alias": "x: &x {k: 1}\nlist:\n  - id: a\n    more: *x\n",
    "quotes": "list:\n  - id: 'a'\n    why: \"# no\n      remark\"\n",
    "wide letters": "list:\n  - id: \U0001f600é\n    why: ü\nz: 日本\n",
}


def values(text: str) -> list[Any]:
    return [each.value for each in read_text(text, "x.yaml", Limits())]


def is_within(old: str, new: str) -> bool:
    """Whether the new text is the old one with something put in at one place."""
    return any(new.startswith(old[:at]) and new.endswith(old[at:]) for at in range(len(old) + 1))


@pytest.mark.parametrize("name", TEXTS)
def test_an_element_is_added_and_all_else_stays(name: str) -> None:
    text = TEXTS[name]
    new = with_item(text, 0, ("list",), ITEM)
    first, *rest = values(text)
    assert values(new) == [{**first, "list": [*first["list"], ITEM]}, *rest]
    bare = text.replace(" []", "") if "{list" not in text else text
    assert is_within(bare, new) or is_within(bare.rstrip("\n"), new)
    assert ("\r" in new) is ("\r" in text)
    assert "\n" not in new.replace("\r\n", "") or "\r" not in text


@pytest.mark.parametrize("name", [name for name in TEXTS if "none" not in name])
def test_a_key_is_added_and_all_else_stays(name: str) -> None:
    text = TEXTS[name]
    index = len(values(text)) - 1
    new = with_key(text, index, ("list", 0), "revoked", ITEM)
    *before, last = values(text)
    entries = [{**last["list"][0], "revoked": ITEM}, *last["list"][1:]]
    assert values(new) == [*before, {**last, "list": entries}]
    assert is_within(text.rstrip("\n"), new) or is_within(text, new)


def test_remarks_stay_with_what_they_are_about() -> None:
    text = TEXTS["remarks"]
    assert with_key(text, 0, ("list", 0), "x", 1) == text.replace(
        "mine\n  #", "mine\n    x: 1\n  #"
    )
    assert with_item(text, 0, ("list",), "b") == text.replace("mine\n  #", "mine\n  - b\n  #")


@pytest.mark.parametrize("text", ["x: 1\n", "list: {}\n", "list: a\n", "", "- 1\n", "list: [\n"])
def test_where_there_is_no_list_nothing_is_added(text: str) -> None:
    with pytest.raises(DocumentError):
        with_item(text, 0, ("list",), ITEM)


SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8)
ENTRIES = st.dictionaries(st.text(max_size=5), SCALARS | st.lists(SCALARS, max_size=2), min_size=1)


@given(st.lists(ENTRIES, max_size=4), ENTRIES, st.sampled_from([to_yaml, to_json]), st.data())
def test_whatever_is_there_it_is_added_or_refused(
    entries: list[Any], item: Any, write: Any, data: st.DataObject
) -> None:
    document = {"kind": "W", "list": entries, "z": 1}
    text = write(document)
    assert values(with_item(text, 0, ("list",), item)) == [{**document, "list": [*entries, item]}]
    if entries:
        at = data.draw(st.integers(0, len(entries) - 1))
        if "revoked" not in entries[at]:
            changed = [*entries]
            changed[at] = {**entries[at], "revoked": item}
            new = with_key(text, 0, ("list", at), "revoked", item)
            assert values(new) == [{**document, "list": changed}]


@given(st.text(alphabet="ab-:#[]{},&*|>'\" \n\r\t", max_size=40))
def test_no_text_makes_it_fail_in_another_way(text: str) -> None:
    for add in (
        lambda: with_item(text, 0, ("a",), 1),
        lambda: with_key(text, 0, (), "new", 1),
    ):
        with contextlib.suppress(EidosError):
            add()
