"""Snapshots that differ: small ones, and two healthy nodes of one image."""

import copy
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

from eidos.engine.digest import addressed
from eidos.engine.documents.reading import read_text
from eidos.engine.documents.snapshots import read_snapshot
from eidos.engine.documents.writing import to_json
from eidos.engine.model.drift import Change, ChangeKind, IgnoreRule
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.snapshot import AddressedSnapshot

Facts = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Type to subtype to data."""


def measurements(facts: Facts) -> list[Any]:
    """Write facts as a document has them."""
    return [
        {
            "type": kind,
            "subtypes": [{"subtype": name, "data": data} for name, data in subtypes.items()],
        }
        for kind, subtypes in facts.items()
    ]


def snapshot(
    nodes: Mapping[str, Facts] | None = None,
    cluster: Facts | None = None,
    collection: Sequence[Mapping[str, Any]] = (),
    name: str | None = "c1",
) -> dict[str, Any]:
    """Write a snapshot document."""
    metadata = {"timestamp": "2026-11-23T10:00:00Z", **({"cluster": name} if name else {})}
    return {
        "apiVersion": "eidos.dev/v1",
        "kind": "Snapshot",
        "metadata": metadata,
        "measurements": measurements(cluster or {}),
        "nodes": [
            {"name": node, "measurements": measurements(facts)}
            for node, facts in (nodes or {}).items()
        ],
        "collection": [dict(entry) for entry in collection],
    }


def taken(document: Any) -> AddressedSnapshot:
    """Read a document as comparing wants it."""
    [read] = read_text(to_json(document), "s.json")
    return addressed(read_snapshot(read).snapshot)


def change(fact: str, before: Any = 1, after: Any = 2, node: str | None = "n1") -> Change:
    """Make a change of ``type.subtype.key``."""
    kind, subtype, key = fact.split(".", 2)
    return Change(FactAddress(kind, subtype, node=node), (key,), ChangeKind.CHANGED, before, after)


def rule(pattern: str, **options: Any) -> IgnoreRule:
    """Make a user's ignore rule."""
    return IgnoreRule(pattern, "because", origin="test", **options)


def containerd(start: int = 1764981218966320, pid: int = 28986) -> dict[str, Any]:
    """Give a containerd unit as the upstream system writes it."""
    ran = f"{start} {start // 6000} {start + 2044} {start // 6000 + 2} {pid} 1 0"
    return {
        "ActiveState": "active",
        "ActiveEnterTimestamp": start,
        "ActiveEnterTimestampMonotonic": start // 6000,
        "After": "[dbus.service network.target basic.target system.slice]",
        "CPUUsageNSec": start // 7,
        "DropInPaths": "[/etc/systemd/system/containerd.service.d/10-a.conf]",
        "EffectiveCPUs": "[255 255 255]",
        "Environment": "[]",
        "ExecMainPID": str(pid),
        "ExecStart": f"[[/usr/bin/containerd [/usr/bin/containerd] false {ran}]]",
        "ExecStartPre": f"[[/sbin/modprobe [/sbin/modprobe overlay] true {ran}]]",
        "GuessMainPID": True,
        "InvocationID": "[28 208 98 29]",
        "LimitMEMLOCK": 18446744073709551615,
        "LimitNOFILE": 18446744073709551615,
        "LimitSIGPENDING": 3789289,
        "MainPID": str(pid),
        "MemoryCurrent": start // 9,
        "NRestarts": "1",
        "TasksCurrent": 476,
        "Wants": "[]",
        "WantedBy": "[multi-user.target kubelet.service]",
    }


def upstream(node: str, unit: Mapping[str, Any]) -> dict[str, Any]:
    """Write a unit of a node as a document of the upstream system."""
    return {
        "kind": "Snapshot",
        "apiVersion": "cns.nvidia.com/v1alpha1",
        "metadata": {"timestamp": "2026-01-02T18:02:49Z", "version": "0.8.12", "source": node},
        "measurements": measurements({"SystemD": {"containerd.service": unit}}),
    }


_VOLATILE = re.compile(
    r".*Timestamp(Monotonic)?|CPUUsageNSec|Memory(Current|Available)|TasksCurrent|NRestarts"
    r"|I[OP].*(Bytes|Packets|Operations)|LimitSIGPENDING(Soft)?"
)
_RUN = re.compile(r"(\d{10,}) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)(?=\])")
_SETS = ("After", "Before", "Requires", "WantedBy", "Conflicts")
_PIDS = ("MainPID", "ExecMainPID")


def another_node(document: Any, seed: int = 1) -> Any:
    """Give what a healthy node of the same image looks like after another boot."""
    chance = random.Random(seed)
    other = copy.deepcopy(document)
    other["metadata"]["source"] = name = f"ip-10-0-{seed}-7.ec2.internal"
    other["metadata"]["timestamp"] = "2026-01-03T09:00:00Z"
    for measurement in other["measurements"]:
        for subtype in measurement["subtypes"]:
            if measurement["type"] == "SystemD":
                _boot(subtype["data"], chance)
            elif subtype["subtype"] == "node":
                subtype["data"] |= {"source-node": name, "provider-id": f"aws:///use1-az1/i-{seed}"}
    return other


def _boot(unit: dict[str, Any], chance: random.Random) -> None:
    for key, value in unit.items():
        if _VOLATILE.fullmatch(key):
            unit[key] = _moved(value, chance)
        elif key in _PIDS:
            unit[key] = str(chance.randrange(1000, 90000))
        elif key in _SETS and isinstance(value, str):
            words = value[1:-1].split()
            chance.shuffle(words)
            unit[key] = f"[{' '.join(words)}]"
        elif key == "InvocationID":
            unit[key] = f"[{' '.join(str(chance.randrange(256)) for _ in range(16))}]"
        elif key.startswith("Exec") and isinstance(value, str):
            unit[key] = _RUN.sub(lambda match: _ran(match, chance), value)


def _moved(value: Any, chance: random.Random) -> Any:
    """Move a number that is one; zero and "no limit" stay."""
    moved = isinstance(value, str) and value.isdigit()
    number = int(value) if moved else value
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**63:
        return value
    found = number + chance.randrange(1, 10**6)
    return str(found) if moved else found


def _ran(match: re.Match[str], chance: random.Random) -> str:
    numbers = [int(text) + chance.randrange(1, 10**5) for text in match.groups()[:5]]
    return " ".join([*map(str, numbers), *match.groups()[5:]])
