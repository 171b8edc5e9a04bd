"""Manifests: anything is read or refused, and what is written is read again."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eidos.engine.distributing.manifests import (
    INDEX,
    MANIFEST,
    describe,
    read_manifest,
    write_index,
    write_manifest,
)
from eidos.engine.errors import DistributionError

LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.floats()
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner)
)
KEYS = ("mediaType", "artifactType", "config", "layers", "manifests", "subject", "annotations")
TEXTS = st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=3)
CONTENTS = st.binary(max_size=9)


@given(st.binary(max_size=200))
def test_any_bytes(content: bytes) -> None:
    try:
        read_manifest(content, "p")
    except DistributionError:
        return


@given(st.dictionaries(st.sampled_from(KEYS), JSON))
def test_any_document(said: dict[str, object]) -> None:
    content = json.dumps({"schemaVersion": 2, **said}).encode()
    try:
        found = read_manifest(content, "p")
    except DistributionError:
        return
    assert all(each.size >= 0 for each in (*found.blobs, *found.children))


@given(CONTENTS, st.lists(CONTENTS, max_size=3), TEXTS, st.none() | CONTENTS)
def test_what_is_written_is_read_again(
    config: bytes, layers: list[bytes], texts: dict[str, str], subject: bytes | None
) -> None:
    described = [describe(each, "a/b", texts) for each in layers]
    about = None if subject is None else describe(subject, MANIFEST)
    written = write_manifest(
        artifact_type="x/y",
        config=describe(config, "c/d"),
        layers=described,
        subject=about,
        annotations=texts,
    )
    found = read_manifest(written.content, "p")
    assert found.layers == tuple(described)
    assert (found.artifact_type, found.annotations, found.subject) == ("x/y", texts, about)
    index = write_index([written.descriptor, *described])
    assert index.descriptor.media_type == INDEX
    again = read_manifest(index.content, "p").children
    assert [each.digest for each in again][:1] == [written.descriptor.digest]


def test_a_manifest_that_is_too_large() -> None:
    with pytest.raises(DistributionError, match="too large"):
        read_manifest(b" " * (5 << 20), "p")


MANIFESTS: dict[str, Callable[[str], str]] = {
    "layers in capitals": lambda text: text.replace('"layers":', '"Layers":[],"layers":', 1),
    "behind them": lambda text: text.replace('"mediaType":', '"LAYERS":[],"mediaType":', 1),
    "another subject": lambda text: text.replace('"layers":', '"Subject":null,"layers":', 1),
    "by a letter that folds": lambda text: text.replace(
        '"layers":', '"layer\u017f":[],"layers":', 1
    ),
    "of a descriptor": lambda text: text.replace('"size":', '"Size":1,"size":', 1),
    "manifests beside layers": lambda text: text.replace(
        '"layers":', f'"manifests":[{json.dumps(describe(b"a", "a/b").document())}],"layers":', 1
    ),
    "an index with layers": lambda text: text.replace(MANIFEST, INDEX).replace('"config"', '"c"'),
    "a key twice": lambda text: text.replace('"layers":', '"layers":[],"layers":', 1),
    "a key twice in a descriptor": lambda text: text.replace('"size":', '"size":1,"size":', 1),
}


@pytest.mark.parametrize("change", MANIFESTS.values(), ids=MANIFESTS)
def test_a_manifest_that_tools_read_otherwise_is_none(change: Callable[[str], str]) -> None:
    """Go takes ``Layers`` for ``layers``, and the last of two: it would deploy what nobody saw."""
    written = write_manifest(
        artifact_type="x/y", config=describe(b"{}", "c/d"), layers=[describe(b"a", "a/b")]
    )
    text = written.content.decode()
    assert change(text) != text
    with pytest.raises(DistributionError, match="none that can be read"):
        read_manifest(change(text).encode(), "p")
    assert read_manifest(text.replace('"layers":', '"own":1,"layers":', 1).encode(), "p").layers
