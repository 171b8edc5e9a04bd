"""Which node of the baseline is which node of the current snapshot."""

from collections.abc import Callable, Mapping, Sequence

from eidos.engine.model.drift import NodeChange, NodeFate
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import Node, facts_of
from eidos.engine.records import dataclass

_NODE = FactAddress("k8s", "node")
_DEVICES = FactAddress("gpu", "devices")
Identify = Callable[[Node], str | None]


@dataclass(frozen=True, slots=True)
class Pairing:
    """Nodes that are compared, and nodes that came, went, or were replaced."""

    pairs: tuple[tuple[Node, Node], ...]
    changes: tuple[NodeChange, ...]


def pair_nodes(
    baseline: Sequence[Node],
    current: Sequence[Node],
    labels: Sequence[str] = (),
    *,
    same_cluster: bool = False,
) -> Pairing:
    """Match nodes by name, then by identity, then by role labels when asked.

    Args:
        baseline: nodes before.
        current: nodes after.
        labels: label keys that name a role; a node of the same role replaces another when exactly
            one of each is left.
        same_cluster: both are known to be of one cluster, so that nodes can be told to have come
            and gone; otherwise the only node of each is the counterpart of the other.
    """
    before = {node.name: node for node in baseline}
    after = {node.name: node for node in current}
    # A name that is still there settles a node, whatever else changed about it. What has a name
    # of its own on each side is tried by ever weaker marks; each takes its pairs out of the rest.
    pairs = [(before.pop(name), after.pop(name)) for name in list(before) if name in after]
    changes: list[NodeChange] = []
    for how, identify in (*_IDENTITIES, *((label, _label(label)) for label in labels)):
        for old, new in _alike(before, after, identify):
            pairs.append((before.pop(old), after.pop(new)))
            changes.append(NodeChange(NodeFate.REPLACED, old, new, how))
    if len(baseline) == len(current) == len(before) == len(after) == 1:
        pairs.append((before.popitem()[1], after.popitem()[1]))
        fate = NodeFate.REPLACED if same_cluster else NodeFate.COUNTERPART
        names = (baseline[0].name, current[0].name)
        changes.append(NodeChange(fate, *names, "only node"))
    changes += [NodeChange(NodeFate.REMOVED, name, None) for name in sorted(before)]
    changes += [NodeChange(NodeFate.ADDED, None, name) for name in sorted(after)]
    return Pairing(tuple(pairs), tuple(changes))


def _alike(
    before: Mapping[str, Node], after: Mapping[str, Node], identify: Identify
) -> list[tuple[str, str]]:
    """Give the names of nodes with one identity, where nothing else has it."""
    old, new = _by_identity(before, identify), _by_identity(after, identify)
    shared = sorted(old.keys() & new.keys())
    return [(old[key][0], new[key][0]) for key in shared if len(old[key]) == len(new[key]) == 1]


def _by_identity(nodes: Mapping[str, Node], identify: Identify) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, node in nodes.items():
        if (identity := identify(node)) is not None:
            found.setdefault(identity, []).append(name)
    return found


def _fact(node: Node, subtype: FactAddress, key: str) -> Json:
    """Give a fact of a node, None when it is not there."""
    return facts_of(node.measurements).get(subtype, {}).get(key)


def _provider_id(node: Node) -> str | None:
    found = _fact(node, _NODE, "provider-id")
    return found if isinstance(found, str) and found else None


def _serials(node: Node) -> str | None:
    devices = _fact(node, _DEVICES, "devices")
    found = [device.get("serial") for device in devices or () if isinstance(device, dict)]  # type: ignore[union-attr]
    # All of them: one GPU that was swapped must not make one node of two.
    serials = sorted(serial for serial in found if isinstance(serial, str) and serial)
    return " ".join(serials) or None


def _label(key: str) -> Identify:
    def role(node: Node) -> str | None:
        labels = _fact(node, _NODE, "labels")
        found = labels.get(key) if isinstance(labels, dict) else None
        return found if isinstance(found, str) else None

    return role


_IDENTITIES: tuple[tuple[str, Identify], ...] = (
    ("provider-id", _provider_id),
    ("serial", _serials),
)
