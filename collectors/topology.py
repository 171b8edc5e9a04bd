"""Taints and labels across all nodes: which nodes carry which."""

from collections.abc import Iterator
from functools import partial

import msgspec

from eidos.collectors._kube.collecting import Item, Part, Reader, collect_cluster, restarting
from eidos.collectors._kube.listing import Lister, Metadata
from eidos.collectors._kube.nodes import NODES, Taint
from eidos.engine.model.jsonvalue import Json
from eidos.engine.ports import Wanted

ITEMS = "items"
"""The key of the list, as in the upstream system."""


class _Spec(msgspec.Struct):
    taints: list[Taint] | None = None


class _TaintedNode(msgspec.Struct):
    metadata: Metadata
    spec: _Spec = msgspec.field(default_factory=_Spec)


class Topology:
    """Nodes by what they carry; each list of nodes is sorted."""

    def __init__(self, lister: Lister) -> None:
        self._nodes: set[str] = set()
        self._taints: dict[tuple[str, str, str], set[str]] = {}
        self._labels: dict[tuple[str, str], set[str]] = {}
        for node in lister.objects(NODES, _TaintedNode):
            self._add(node)

    def _add(self, node: _TaintedNode) -> None:
        name = node.metadata.name
        self._nodes.add(name)
        for taint in node.spec.taints or ():
            self._taints.setdefault((taint.key, taint.effect, taint.value), set()).add(name)
        for key, value in (node.metadata.labels or {}).items():
            self._labels.setdefault((key, value), set()).add(name)

    def summary(self) -> dict[str, Json]:
        """Count nodes, and the distinct taints and labels."""
        return {
            "node-count": len(self._nodes),
            "taint-count": len(self._taints),
            "label-count": len(self._labels),
        }

    def taint(self) -> dict[str, Json]:
        """List every taint; no taints is no data."""
        items: list[Json] = [
            {"key": key, "effect": effect, "value": value, "nodes": _sorted(nodes)}
            for (key, effect, value), nodes in sorted(self._taints.items())
        ]
        return {ITEMS: items} if items else {}

    def label(self) -> dict[str, Json]:
        """List every label with each of its values; no labels is no data."""
        items: list[Json] = [
            {"key": key, "value": value, "nodes": _sorted(nodes)}
            for (key, value), nodes in sorted(self._labels.items())
        ]
        return {ITEMS: items} if items else {}


def _sorted(names: set[str]) -> list[Json]:
    return [*sorted(names)]


_VIEWS = {"summary": Topology.summary, "taint": Topology.taint, "label": Topology.label}


class TopologyCollector:
    """Lists the nodes once and gives the wanted views of them."""

    type = "NodeTopology"
    subtypes = tuple(_VIEWS)
    reads = "cluster"

    def collect(self, wanted: Wanted) -> Iterator[Item]:
        """Read all nodes, then give each wanted subtype."""
        read: list[Topology] = []
        readers: dict[str, Reader] = {name: partial(_view, read) for name in _VIEWS}
        yield from collect_cluster(self.type, wanted, readers)


def _view(read: list[Topology], part: Part, lister: Lister) -> Iterator[Item]:
    if not read:
        read.append(restarting(Topology, lister))
    yield part.fact(_VIEWS[part.name](read[0]))


collector = TopologyCollector()
