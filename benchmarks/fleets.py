"""Fleets of node snapshots, made by editing one document of real size as text."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from eidos.engine.digest import addressed
from eidos.engine.documents.reading import read_text
from eidos.engine.documents.snapshots import read_snapshot
from eidos.engine.documents.writing import to_yaml
from eidos.engine.evaluating.subjects import cluster_facts, node_facts
from eidos.engine.model.facts import FactAddress

REAL = Path(__file__).parents[2] / "shared" / "data" / "snapshots" / "gb200.yaml"
"""A node document as collected; it lies outside of the repository and may be absent."""
_NAME = "ip-10-0-160-248"
_SETTINGS = 1450
_OF_NODES = (FactAddress("gpu", "smi"), FactAddress("k8s", "node"))
"""What the shipped rules about whole clusters declare of nodes."""
_NUMBER = re.compile(r"^( {4,}[^\n]*?[:=][^\n]*?)(\d{1,6})(\"?,?)$", re.MULTILINE)

Edit = Callable[[str, int], str]
"""Makes the document of a node from the template and the node's number."""


@dataclass(frozen=True, slots=True)
class Template:
    """One node, as eidos reads it and as its peers read it."""

    ours: str
    theirs: str
    suffix: str
    """Of the files: ``yaml`` or ``json``."""


def template(suffix: str) -> Template:
    """Give the node document that fleets are made from: the real one, or one of its size."""
    text = REAL.read_text() if REAL.exists() else _made()
    facts = merged(text)
    if suffix == "yaml":
        return Template(text, to_yaml(facts), suffix)
    (document,) = read_text(text, "node.yaml")
    return Template(*(json.dumps(each, indent=2) for each in (document.value, facts)), suffix)


def _made() -> str:
    settings = {f"/proc/sys/net/ipv4/conf/eth{n}/setting_{n}": n % 7 for n in range(_SETTINGS)}
    subtypes = {
        ("K8s", "server"): {"version": "v1.33.5-eks-3025e55", "platform": "linux/amd64"},
        ("K8s", "image"): {f"image-{n}": f"v1.{n}.0" for n in range(60)},
        ("K8s", "node"): {"source-node": f"{_NAME}.example", "kernel-version": "6.14.0-1014"},
        ("GPU", "smi"): {"driver": "580.82.07", "gpu-count": 4, "gpu.model": "NVIDIA GB200"},
        ("OS", "grub"): {"hugepages": "5128", "hugepagesz": "2M", "nokaslr": ""},
        ("OS", "sysctl"): {"/proc/sys/kernel/hostname": _NAME, **settings},
        ("OS", "release"): {"ID": "ubuntu", "VERSION_ID": "24.04"},
    }
    measurements = [
        {"type": kind, "subtypes": [{"subtype": name, "data": data}]}
        for (kind, name), data in subtypes.items()
    ]
    metadata = {"timestamp": "2026-01-02T18:02:49Z", "source": f"{_NAME}.example"}
    header = {"kind": "Snapshot", "apiVersion": "aicr.run/v1", "metadata": metadata}
    return to_yaml({**header, "measurements": measurements})


def merged(text: str) -> dict[str, object]:
    """Give what the rules see of a node document, as the one input that OPA and conftest judge."""
    (document,) = read_text(text, "node.yaml")
    snapshot = addressed(read_snapshot(document).snapshot)
    (node,) = node_facts(snapshot, document.name)
    seen: dict[str, dict[str, object]] = {"node": {"name": node.name}}
    for address, data in node.facts.items():
        seen.setdefault(address.type, {})[address.subtype] = data
    nodes: dict[str, dict[str, dict[str, object]]] = {}
    for name, facts in cluster_facts(snapshot, document.name).nodes.items():
        for address in _OF_NODES:
            if address in facts:
                kinds = nodes.setdefault(name, {}).setdefault(address.type, {})
                kinds[address.subtype] = facts[address]
    return {**seen, "nodes": nodes}


def alike(text: str, number: int) -> str:
    """Give a node its own name and time; one in a hundred has another driver."""
    text = text.replace(_NAME, f"ip-10-{number >> 16}-{number >> 8 & 255}-{number & 255}")
    text = text.replace(
        "T18:02:49Z", f"T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"
    )
    return text.replace("580.82.07", f"580.159.{number // 100:02}") if number % 100 == 7 else text


def distinct(text: str, number: int) -> str:
    """Raise the last number of every fact by the node's own: no rule sees the same twice."""
    return _NUMBER.sub(
        lambda found: f"{found[1]}{int(found[2]) + number}{found[3]}", alike(text, number)
    )


def write_fleet(folder: Path, text: str, edit: Edit, suffix: str, count: int) -> Path:
    """Write the first so many nodes of a fleet into a new folder."""
    folder.mkdir(parents=True)
    for number in range(count):
        Path(folder, f"node-{number:05}.{suffix}").write_text(edit(text, number))
    return folder
