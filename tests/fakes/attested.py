"""Small bundles that a gate let through, to be signed and verified."""

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from eidos.engine import schema
from eidos.engine.bundling.trees import sealed, write_tree
from eidos.engine.digest import digest
from eidos.engine.documents.reading import read_text
from eidos.engine.model.bundle import File
from eidos.engine.signing.envelopes import Envelope, RawSignature, read_envelope, write_envelope
from fakes.shipped import Shell

SHA = "sha256:"
DAY = "2026-11-24"


def recipe(name: str = "demo", version: str = "1.2.3") -> dict[str, Any]:
    chart = {"name": "demo-chart", "repository": "https://charts.example.org"}
    component = {
        "name": "demo",
        "namespace": "demo",
        "chart": chart,
        "version": version,
        "wave": 0,
        "values": {},
    }
    return {
        "apiVersion": "eidos.dev/v1",
        "kind": "Recipe",
        "metadata": {"name": name},
        "components": [component],
        "lock": {"site/overlay.yaml": SHA + "3" * 64},
    }


def gate(its_recipe: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    def report(pack: str) -> dict[str, Any]:
        return {
            "decision": "passed",
            "engine": "light 1",
            "packs": [
                {
                    "name": pack,
                    "version": "1.0.0",
                    "digest": digest(pack),
                    "rules": 1,
                    "leftOut": [],
                    "notEnforced": [],
                }
            ],
            "failOn": "info",
            "allowIncomplete": False,
            "requireAskable": False,
            "counts": {"pass": 1},
            "verdicts": [{"rule": "T-001", "subject": "n1", "status": "pass"}],
            "waivers": [],
        }

    return {
        "apiVersion": "eidos.dev/v1",
        "kind": "GateDecision",
        "gate": "prod",
        "decision": "passed",
        "recipe": {"name": its_recipe["metadata"]["name"], "digest": digest(its_recipe)},
        "snapshot": {"digest": SHA + "2" * 64, "cluster": "c1", "timestamp": f"{DAY}T08:00:00Z"},
        "effectiveTime": DAY,
        "maxAge": None,
        "requires": [],
        "reasons": [],
        "constraints": [],
        "relaxations": [],
        "before": report("facts"),
        "after": report("files"),
        **changes,
    }


def write_gated(
    folder: Path, values: str = "image: registry.example.com/a:1\n", **changes: Any
) -> Path:
    """Write a bundle that is whole and was let through; changes are of its decision."""
    its_recipe = recipe()
    files = [
        File("gate.json", json.dumps(gate(its_recipe, **changes)).encode()),
        File("recipe.yaml", json.dumps(its_recipe).encode()),
        File("install.sh", b"#!/bin/sh\necho applied\n", is_executable=True),
        File("010-demo/values.yaml", values.encode()),
    ]
    write_tree(folder, sealed(files))
    return folder


def reseal(folder: Path) -> None:
    """Make manifest and checksums anew, as who knows how a bundle is made would."""
    files = [
        File(path.relative_to(folder).as_posix(), path.read_bytes(), bool(path.stat().st_mode & 64))
        for path in folder.rglob("*")
        if path.is_file()
        and path.name not in {"manifest.json", "checksums.txt"}
        and path.parent.name != "attestations"
    ]
    for each in sealed(files)[-2:]:
        (folder / each.path).write_bytes(each.content)


def envelope_of(folder: Path, claim: str = "gate") -> Path:
    """Give the one file with an envelope of a kind."""
    [found] = (folder / "attestations").glob(f"{claim}-*.dsse.json")
    return found


def rewritten(path: Path, change: Callable[[Envelope], Envelope]) -> None:
    """Write an envelope changed, under the name that it has."""
    path.write_bytes(write_envelope(change(read_envelope(path.read_bytes()))))


def said(path: Path) -> dict[str, Any]:
    """Give the statement in an envelope."""
    found: dict[str, Any] = json.loads(base64.b64decode(json.loads(path.read_bytes())["payload"]))
    return found


def with_signatures(envelope: Envelope, *signatures: RawSignature) -> Envelope:
    return Envelope(envelope.payload_type, envelope.payload, signatures)


def checked(shell: Shell, place: object, *options: object, code: int = 0) -> dict[str, Any]:
    """Verify, see that the answer keeps its schema, and give it."""
    out = shell("bundle", "verify", place, *options, "-o", "json", code=code)
    assert not list(schema.problems(read_text(out, "out")[0], "bundle-check/v1"))
    found: dict[str, Any] = json.loads(out)
    assert found["exitCode"] == code
    return found


def messages(found: dict[str, Any]) -> str:
    return "\n".join(each["message"] for each in found["problems"])
