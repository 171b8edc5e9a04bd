"""Whatever is done to a document, ``validate`` answers with a code of the table."""

import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eidos.engine.app.context import Context
from eidos.engine.app.validate import validate
from eidos.engine.ports import Rendering
from eidos.engine.report.registry import VALIDATION

DOCUMENTS = Path(__file__).parents[1] / "documents"
SEEDS = [path.read_bytes() for path in sorted(DOCUMENTS.rglob("*")) if path.is_file()]
PIECES = [
    b"&a ", b"*a", b"<<: ", b"!!str ", b"{", b"}", b"[", b"]", b"\n", b"- ", b": ", b"\x00",
    b"\xff", b"\x1b[2J", b"1e999", b".nan", b'"', b"'", b"? ", b"---\n", b"  ", b"null", b"{}",
    b'"\\ud800"', b"9" * 5000, b"[" * 200, "\u202e".encode(), b"%TAG ! x\n", b"~", b'"kind": 1, ',
]  # fmt: skip

edits = st.lists(
    st.tuples(
        st.floats(0, 1), st.integers(0, 60), st.sampled_from(PIECES) | st.binary(max_size=10)
    ),
    min_size=1,
    max_size=4,
)


def edited(content: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    """Replace some bytes at some places."""
    for place, length, piece in edits:
        start = int(place * len(content))
        content = content[:start] + piece + content[start + length :]
    return content


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.sampled_from(SEEDS),
    edits=edits,
    suffix=st.sampled_from([".yaml", ".json"]),
    lenient=st.booleans(),
    schema=st.sampled_from([None, "snapshot/v1", "waivers/v1", "pack/v1"]),
)
def test_every_mutation_gets_an_answer(
    seed: bytes,
    edits: list[tuple[float, int, bytes]],
    suffix: str,
    schema: str | None,
    folder: Path,
    *,
    lenient: bool,
) -> None:
    path = folder / f"x{suffix}"
    path.write_bytes(edited(seed, edits))
    validation = validate([str(path)], Context(), schema=schema, lenient=lenient)
    assert validation.exit_code in {0, 1, 2}
    for form in VALIDATION.formats:
        out = io.StringIO()
        VALIDATION.reporter(form)(validation, out, Rendering())
        assert "\x1b" not in out.getvalue()
