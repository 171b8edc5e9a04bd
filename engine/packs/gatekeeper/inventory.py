"""What a template looks for in ``data.inventory``: by its annotation, and by its Rego.

Where nobody has those objects, "there is no other of them" is no answer, and so no pass. What
cannot be told from the text is not guessed.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from eidos.engine.model.rule import ANY, Module, SyncedKind

_TEXT: Final = r'"(?:[^"\\\n]|\\.)*"'
_BRACKET: Final = rf'\[(?:[^\[\]"]|{_TEXT})*\]'
_TOKEN: Final = re.compile(
    rf"(?P<opaque>#[^\n]*|{_TEXT}|`[^`]*`)"
    r"|(?<![\w.])data\b(?:\s*\.\s*inventory\b|\[\s*\"inventory\"\s*\])"
    rf"(?P<path>(?:\s*\.\s*[A-Za-z_]\w*|{_BRACKET})*)"
)
_STEP: Final = re.compile(rf"\.\s*(?P<name>\w+)|\[\s*(?P<text>{_TEXT})\s*\]|(?P<other>{_BRACKET})")
_KIND_AT: Final = {"cluster": 2, "namespace": 3}
"""``cluster.VERSION.KIND.NAME`` and ``namespace.NAMESPACE.VERSION.KIND.NAME``."""
_METADATA: Final = re.compile(
    r"\b(?:annotations|creationTimestamp|deletionTimestamp|finalizers|generation|managedFields"
    r"|ownerReferences|resourceVersion|uid)\b"
)
_Entry = tuple[SyncedKind, ...]


def wanted_kinds(
    synced: tuple[_Entry, ...], modules: Iterable[Module]
) -> tuple[tuple[SyncedKind, ...], ...]:
    """Give what a template needs, one kind of each entry; nothing where it cannot be told.

    Args:
        synced: by its annotation, which goes before its Rego on the kinds that it names.
        modules: its Rego.
    """
    named = _named(modules)
    said = {kind for entry in synced for each in entry for kind in each.kinds}
    if named is None:
        return synced
    return (*synced, *(entry for kind, entry in named.items() if kind not in said))


def reads_metadata(modules: Iterable[Module]) -> bool:
    """Say whether Rego names metadata that no snapshot keeps: annotations, owners, ..."""
    return any(_METADATA.search(each.source) for each in modules)


def _named(modules: Iterable[Module]) -> dict[str, _Entry] | None:
    """Give the kinds that Rego names, each with its versions; None where some path says none."""
    found: dict[str, _Entry] = {}
    for path in (path for each in modules for path in _paths(each.source)):
        at = _KIND_AT.get(path[0] or "", 0) if path else 0
        kind = path[at] if 0 < at < len(path) else None
        if kind is None:
            return None
        found[kind] = (*found.get(kind, ()), _synced(path[at - 1], kind))
    return found


def _paths(source: str) -> Iterator[list[str | None]]:
    """Give each path below ``data.inventory``; None for a step that is no fixed text."""
    for token in _TOKEN.finditer(source):
        if token["opaque"] is None:
            steps = _STEP.finditer(token["path"])
            yield [step["name"] or (step["text"] or "")[1:-1] or None for step in steps]


def _synced(version: str | None, kind: str) -> SyncedKind:
    group, _, number = (version or f"{ANY}/{ANY}").rpartition("/")
    return SyncedKind((group,), (number,), (kind,))
