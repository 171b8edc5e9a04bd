"""Structured facts of the upstream dialects, which have scalars, texts that describe, and records.

Newer documents hold lists of records beside ``data``, each in two halves: a ``context`` that names
it and the ``data`` measured of it. Ours are one map each. The source for shapes and names is
``docs/integrator/measurement-api.md`` of NVIDIA/aicr.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from eidos.engine.documents.walking import Step
from eidos.engine.model.jsonvalue import Json

ITEMS = "items"
_HALVES = frozenset({"context", "data"})
_NAMING: Mapping[tuple[str, str], frozenset[str]] = {
    ("K8s", "slinky-slurm"): frozenset(
        {"id", "kind", "namespace", "name", "api-version", "controller-id"}
    ),
    ("NetworkTopology", "identity"): frozenset(
        {"identifier", "machineType", "gpuType", "linkType", "nodeSelector"}
    ),
    ("NetworkTopology", "pfs"): frozenset(
        {"pciAddress", "deviceID", "psid", "partNumber", "rdmaDevice", "networkInterface"}
        | {"model", "connectedGPU", "gpuProximity"}
    ),
    ("NodeTopology", "label"): frozenset({"key", "value"}),
    ("NodeTopology", "taint"): frozenset({"key", "value", "effect"}),
}
"""What stands in ``context`` when a record, or the group itself, is written."""
_IDENTITY = ("NetworkTopology", "identity")
"""The one group whose ``context`` holds facts: which hardware it is, and how its links run."""
_NUMBERED = re.compile(r"(storage|thirdParty)\.(\d+)")
_MODULES = ("NetworkTopology", "kernel-modules")
"""The group whose lists are written as numbered keys: ``storage.0``."""
_CUT = re.compile(r" \(\+\d+ more\)$")
"""What ends a list of nodes that ``--max-nodes-per-entry`` made shorter."""


def structured(kind: str, name: str, subtype: Step, facts: Mapping[str, Json]) -> dict[str, Json]:
    """Give the facts of a subtype with its records and lists.

    Args:
        kind: measurement type: ``NetworkTopology``.
        name: of the subtype.
        subtype: the document's part, with ``items`` and ``context``.
        facts: its ``data``.

    Raises:
        DocumentError: a record is no map, or a half of it has the wrong shape.
    """
    found = dict(facts)
    if (kind, name) == _IDENTITY:
        found |= subtype.get("context").texts()
    if (kind, name) == _MODULES:
        found = _listed(found)
    if subtype.get(ITEMS).value is None or ITEMS in found:
        return found
    records: list[Json] = [_record(kind, item) for item in subtype.get(ITEMS).items()]
    # Beside records the topology keeps its older form, which cannot say everything, once more.
    return {ITEMS: records} if kind == "NodeTopology" else {**found, ITEMS: records}


def is_cut(items: Json) -> bool:
    """Say whether a list of nodes was made shorter by the tool that wrote it."""
    return isinstance(items, list) and any(
        isinstance(one, dict) and "nodes" in one and "node-count" in one for one in items
    )


def _record(kind: str, item: Step) -> dict[str, Json]:
    if not item.map().keys() <= _HALVES:
        return item.map()
    measured = item.get("data")
    values: dict[str, Json] = {
        **item.get("context").texts(),
        **(measured.map() if measured.value is not None else {}),
    }
    if kind != "NodeTopology" or "node-list" not in values:
        return values
    listed = measured.get("node-list").optional() or ""
    nodes: list[Json] = [*filter(None, _CUT.sub("", listed).split(","))]
    hidden = {"node-list", "truncated"} if _CUT.search(listed) else _MEMBERS
    return {key: value for key, value in values.items() if key not in hidden} | {"nodes": nodes}


_MEMBERS = frozenset({"node-list", "node-count", "truncated"})
"""How a record says which nodes it is about; the count stays where names are missing."""


def _listed(facts: Mapping[str, Json]) -> dict[str, Json]:
    """Join ``storage.0``, ``storage.1`` to the list they were."""
    numbered: dict[str, dict[int, Json]] = {}
    rest: dict[str, Json] = {}
    for key, value in facts.items():
        if match := _NUMBERED.fullmatch(key):
            numbered.setdefault(match[1], {})[int(match[2])] = value
        else:
            rest[key] = value
    lists = {key: [values[at] for at in sorted(values)] for key, values in numbered.items()}
    return {**rest, **lists}


def are_records(key: str, value: Json) -> bool:
    """Say whether a fact can be written as records: ``items``, each a map of plain values."""
    return (
        key == ITEMS
        and isinstance(value, list)
        and all(isinstance(one, dict) and _is_plain(one) for one in value)
    )


def _is_plain(record: Mapping[str, Json]) -> bool:
    return all(
        isinstance(value, bool | int | float | str) or (key == "nodes" and isinstance(value, list))
        for key, value in record.items()
    )


def written(kind: str, name: str, records: Iterable[Json]) -> list[Json]:
    """Write records in their two halves."""
    return [_written(kind, name, one) for one in records if isinstance(one, dict)]


def _written(kind: str, name: str, record: Mapping[str, Json]) -> Json:
    values = dict(record)
    nodes = values.pop("nodes", None)
    if isinstance(nodes, list):
        values |= _members(nodes, values.get("node-count"))
    named, measured = _halves(kind, name, values)
    document: dict[str, Json] = {"context": dict(sorted(named.items()))} if named else {}
    return {**document, "data": dict(sorted(measured.items()))}


def _members(nodes: Sequence[Json], count: Json) -> dict[str, Json]:
    more = count - len(nodes) if isinstance(count, int) else 0
    text = ",".join(map(str, nodes)) + (f" (+{more} more)" if more > 0 else "")
    return {"node-count": len(nodes) + max(more, 0), "node-list": text, "truncated": more > 0}


def described(
    kind: str, name: str, facts: Mapping[str, Json]
) -> tuple[dict[str, str], dict[str, Json]]:
    """Part the facts of a group that are written as its ``context`` from its ``data``."""
    return _halves(kind, name, facts) if (kind, name) == _IDENTITY else ({}, dict(facts))


def _halves(
    kind: str, name: str, values: Mapping[str, Json]
) -> tuple[dict[str, str], dict[str, Json]]:
    naming = _NAMING.get((kind, name), frozenset())
    named = {
        key: value for key, value in values.items() if key in naming and isinstance(value, str)
    }
    return named, {key: value for key, value in values.items() if key not in named}


def numbered(kind: str, name: str, facts: Mapping[str, Json]) -> dict[str, Json]:
    """Write the lists of a group as numbered keys, where the dialect has them so."""
    if (kind, name) != _MODULES:
        return dict(facts)
    return dict(pair for key, value in facts.items() for pair in _numbered(key, value))


def _numbered(key: str, value: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(value, list):
        yield from ((f"{key}.{at}", one) for at, one in enumerate(value))
    else:
        yield key, value
