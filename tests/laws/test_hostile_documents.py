"""10,000 mutated documents: no traceback, no hang, no exit code outside the table."""

import copy
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

BASE = """\
apiVersion: eidos.dev/v1
kind: Snapshot
metadata: {cluster: c1, timestamp: "2026-11-23T10:00:00Z", labels: {env: prod}}
measurements:
  - type: K8s
    subtypes:
      - {subtype: server, data: {version: v1.35.4-eks-1, platform: linux/amd64}}
      - {subtype: image, data: {gpu-operator: v26.3.3, driver: 580.173.02-ubuntu24.04}}
      - {subtype: policy, data: {driver.version: 580.173.02, driver.enabled: "true"}}
nodes:
  - name: n1
    measurements:
      - type: GPU
        subtypes:
          - {subtype: smi, data: {driver: 580.173.02, gpu-count: 8, gpu.model: NVIDIA H100}}
      - type: OS
        subtypes:
          - {subtype: grub, data: {hugepages: ["1", "2"], nokaslr: ""}}
          - {subtype: sysctl, data: {/proc/sys/kernel/kptr_restrict: "1"}}
      - type: SystemD
        subtypes:
          - {subtype: containerd.service, data: {LimitMEMLOCK: 18446744073709551615}}
collection:
  - {type: OS, subtype: kmod, status: failed, reason: timed out}
"""
BATCH = 2500
CODES = {0, 1, 2, 3}
STRINGS = [
    "",
    "\x1b[31mred\x1b[0m",
    "::error::pwned",
    "]]>",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "$(reboot)",
    "{{ 7 * 7 }}",
    "\u202egnp",
    "a" * 20_000,
    "%s%n",
    "NaN",
    "1e999",
    "18446744073709551616",
    "\u0000",
    "'; DROP TABLE runs; --",
]
VALUES: list[Any] = [None, True, -1, 0, 10**30, 1.5, [], {}, [[[[]]]], {"": {"": ""}}, *STRINGS]
Mutation = Callable[[random.Random], bytes]


def random_bytes(dice: random.Random) -> bytes:
    return dice.randbytes(dice.randrange(0, 400))


def flipped(dice: random.Random) -> bytes:
    content = bytearray(BASE.encode())
    for _ in range(dice.randrange(1, 8)):
        content[dice.randrange(len(content))] = dice.randrange(256)
    return bytes(content)


def truncated(dice: random.Random) -> bytes:
    return BASE.encode()[: dice.randrange(len(BASE))]


def shuffled(dice: random.Random) -> bytes:
    lines = BASE.splitlines()
    for _ in range(dice.randrange(1, 5)):
        lines.insert(dice.randrange(len(lines)), lines.pop(dice.randrange(len(lines))))
    return "\n".join(lines).encode()


def retyped(dice: random.Random) -> bytes:
    document = yaml.safe_load(BASE)
    for _ in range(dice.randrange(1, 5)):
        holder = document
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not keys:
                break
            key = dice.choice(keys)
            if not isinstance(holder[key], dict | list) or dice.random() < 0.15:
                holder[key] = copy.deepcopy(dice.choice(VALUES))
                break
            holder = holder[key]
    return json.dumps(document).encode()


def deep(dice: random.Random) -> bytes:
    depth = dice.choice([60, 70, 500, 5000])
    opening, closing = dice.choice([("[", "]"), ('{"a":', "}")])
    return (opening * depth + "1" + closing * dice.choice([0, depth])).encode()


def bomb(dice: random.Random) -> bytes:
    width = dice.randrange(2, 10)
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, 12)]
    return "\n".join(lines).encode()


def long(dice: random.Random) -> bytes:
    key = dice.choice(["data", "nodes", "measurements"])
    return f"{BASE}\n{key}: [{', '.join(['{a: 1}'] * 3000)}]".encode()


MUTATIONS: list[tuple[Mutation, int]] = [
    (random_bytes, 10),
    (flipped, 30),
    (truncated, 10),
    (shuffled, 15),
    (retyped, 31),
    (deep, 2),
    (bomb, 1),
    (long, 1),
]


def write_batch(folder: Path, seed: int) -> None:
    dice = random.Random(seed)
    kinds, weights = zip(*MUTATIONS, strict=True)
    for number, mutate in enumerate(dice.choices(kinds, weights, k=BATCH)):
        name = f"{number:05}-{mutate.__name__}.{dice.choice(['yaml', 'json'])}"
        (folder / name).write_bytes(mutate(dice))


def eidos(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "eidos.engine", *arguments],
        cwd=cwd,
        env={**os.environ, "XDG_STATE_HOME": str(cwd / ".state")},
        capture_output=True,
        timeout=900,
        check=False,
    )


@pytest.mark.parametrize("seed", range(4))
def test_mutated_documents_are_answered_and_accounted_for(tmp_path: Path, seed: int) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    write_batch(folder, seed)

    checked = eidos("check", "documents", "-o", "json=report.json", cwd=tmp_path)
    assert checked.returncode == 2, checked.stderr[-2000:]
    report = json.loads((tmp_path / "report.json").read_bytes())
    answered = {subject["file"] for subject in report["subjects"]}
    answered |= {(problem["location"] or {}).get("file") for problem in report["problems"]}
    assert {f"documents/{path.name}" for path in folder.iterdir()} <= answered

    validated = eidos("validate", "documents", "-o", "json", cwd=tmp_path)
    assert validated.returncode == 2, validated.stderr[-2000:]
    json.loads(validated.stdout)

    for done in (checked, validated):
        assert b"Traceback" not in done.stderr + done.stdout
        assert b"internal error" not in done.stderr + done.stdout
        assert b"\x1b" not in done.stderr + done.stdout


@pytest.mark.parametrize("mutate", [kind for kind, _ in MUTATIONS], ids=lambda kind: kind.__name__)
def test_a_mutated_document_alone_has_an_exit_code_of_the_table(
    tmp_path: Path, mutate: Mutation
) -> None:
    dice = random.Random(mutate.__name__)
    for number in range(3):
        name = f"{number}.yaml"
        (tmp_path / name).write_bytes(mutate(dice))
        for verb in ("check", "validate"):
            done = eidos(verb, name, cwd=tmp_path)
            assert done.returncode in CODES
            assert done.stdout or done.stderr
            assert b"Traceback" not in done.stderr
