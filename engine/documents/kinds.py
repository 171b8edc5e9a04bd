"""Which schema a document asks to be held against."""

from collections.abc import Mapping
from pathlib import PurePath

from eidos.engine.documents.dialects import (
    MANIFEST,
    UPSTREAM,
    dialect,
    is_manifest,
    is_snapshot,
)
from eidos.engine.documents.reading import Document
from eidos.engine.documents.walking import Step, described
from eidos.engine.errors import DocumentError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest

SNAPSHOT = "snapshot/v1"
UPSTREAM_SNAPSHOT = "upstream-snapshot/v1"
_BY_FILE = {
    "pack.yaml": "pack/v1",
    "pack.yml": "pack/v1",
    "eidos.yaml": "config/v1",
    "eidos.yml": "config/v1",
}
"""Documents without a kind are known by the name of their file."""


def schema_of(document: Document, kinds: Mapping[str, str], *, lenient: bool = False) -> str:
    """Give the name of the schema a document asks for.

    Args:
        document: what was read.
        kinds: ``kind`` in a document to name of its schema; other than snapshots.
        lenient: take measurements without a header for a snapshot.

    Raises:
        DocumentError: its kind is not known.
    """
    step = Step(document, document.value)
    if is_snapshot(document.value, lenient=lenient):
        return UPSTREAM_SNAPSHOT if dialect(step, lenient=lenient) in UPSTREAM else SNAPSHOT
    if not isinstance(document.value, dict):
        raise step.fail(f"the document is {described(document.value)}, and must be a map", _HINT)
    return _by_kind(step, document.value, kinds) or _by_name(step, document.value)


_HINT = "Name its kind with --schema KIND/v1 to see what it lacks."


def _by_kind(step: Step, value: dict[str, Json], kinds: Mapping[str, str]) -> str | None:
    kind = value.get("kind")
    if kind is None:
        return None
    if isinstance(kind, str) and kind in kinds:
        return kinds[kind]
    known = sorted({"Snapshot", *kinds})
    hint = MANIFEST if is_manifest(value) else nearest(str(kind), known)
    raise step.get("kind").fail(f"the kind {str(kind)[:80]!r} is not known", hint)


def _by_name(step: Step, value: dict[str, Json]) -> str:
    name = PurePath(step.document.name).name
    if name in _BY_FILE:
        return _BY_FILE[name]
    if {"name", "version", "rego"} <= value.keys():
        return "pack/v1"
    raise _unknown(step, value)


def _unknown(step: Step, value: dict[str, Json]) -> DocumentError:
    if "measurements" in value:
        return step.fail("the snapshot has no apiVersion and no kind", "Use --lenient to read it.")
    return step.fail("the document does not say what it is: it has no kind", _HINT)
