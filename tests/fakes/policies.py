"""Small packs and snapshots for tests."""

from pathlib import Path
from typing import Any

from eidos.engine.digest import addressed
from eidos.engine.evaluating.subjects import SubjectFacts, cluster_facts, node_facts
from eidos.engine.model.snapshot import (
    Collection,
    Measurement,
    Metadata,
    Node,
    Snapshot,
    Subtype,
)

DRIVER_RULE = """\
# METADATA
# title: The driver is new
# custom:
#   id: T-001
#   severity: high
#   scope: node
#   requires: [gpu.smi.driver]
#   reads: [os.grub]
#   params: {floor: 580}
#   remediation: Install a newer driver.
package eidos.t.driver

import data.eidos.lib.versions

applicable if input.gpu.smi.driver != "999.0"

deny contains finding if {
	major := to_number(split(input.gpu.smi.driver, ".")[0])
	major < data.params.floor
	finding := {
		"msg": "too old",
		"path": "gpu.smi.driver",
		"actual": input.gpu.smi.driver,
		"expected": sprintf(">= %v", [data.params.floor]),
	}
}

warn contains "nokaslr is set" if "nokaslr" in object.keys(input.os.grub)
"""

MANIFEST = "name: t\nversion: 1.2.3\ndescription: For tests.\nrego: v1\n"


def write_pack(folder: Path, manifest: str = MANIFEST, **modules: str) -> Path:
    """Write a pack whose modules are given by name; one rule about the driver when none is."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pack.yaml").write_text(manifest)
    for name, source in (modules or {"driver": DRIVER_RULE}).items():
        (folder / f"{name}.rego").write_text(source)
    return folder


def snapshot(
    *nodes: tuple[str, dict[str, dict[str, Any]]],
    cluster: dict[str, dict[str, Any]] | None = None,
    collection: tuple[Collection, ...] = (),
) -> Snapshot:
    """Give a snapshot from ``("node-1", {"GPU.smi": {...}})``."""
    return Snapshot(
        Metadata(cluster="c1", timestamp="2026-11-23T10:00:00Z"),
        measurements_of(cluster or {}),
        tuple(Node(name, measurements_of(facts)) for name, facts in nodes),
        collection,
    )


def measurements_of(facts: dict[str, dict[str, Any]]) -> tuple[Measurement, ...]:
    names = [(path.split(".", 1), data) for path, data in facts.items()]
    return tuple(Measurement(kind, (Subtype(name, data),)) for (kind, name), data in names)


def nodes_of(taken: Snapshot) -> list[SubjectFacts]:
    """Give the nodes of a snapshot as subjects."""
    return node_facts(addressed(taken), "s.yaml")


def cluster_of(taken: Snapshot) -> SubjectFacts:
    """Give the cluster of a snapshot as a subject."""
    return cluster_facts(addressed(taken), "s.yaml")
