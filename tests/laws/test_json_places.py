"""Places found by reading only what leads to them are those of reading everything."""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from eidos.engine.documents.jsonmarks import JsonPositions

TEXTS = st.text(st.sampled_from('a"\\{}[],: \n\té\u2028'), max_size=4)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda children: st.lists(children, max_size=4) | st.dictionaries(TEXTS, children, max_size=4),
    max_leaves=20,
)


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    yield (*path, "nowhere")
    yield (*path, 7)
    yield (*path, -1)
    parts: Any = value.items() if isinstance(value, dict) else ()
    parts = enumerate(value) if isinstance(value, list) else parts
    for segment, child in parts:
        yield from paths(child, (*path, segment))


@given(VALUES, st.sampled_from([None, 0, 1, "\t"]), st.booleans(), st.sampled_from(["", " \n "]))
def test_equal_reading_everything(value: Any, indent: Any, ascii_: bool, before: str) -> None:
    text = before + json.dumps(value, indent=indent, ensure_ascii=ascii_)
    whole = JsonPositions(text)
    whole.marked()
    part = JsonPositions(text)
    for path in paths(value):
        assert part.find(path) == whole.find(path)
