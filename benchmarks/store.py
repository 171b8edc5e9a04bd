"""What the store costs, and whether it stands: disk for one more snapshot; many processes, killed.

Usage: python benchmarks/store.py disk [--snapshots N]
       python benchmarks/store.py crowd [--seconds S] [--writers N] [--readers N]

``disk``: bytes that one more snapshot with 1 % of its facts changed takes, against gzip of it.
``crowd``: writers record, readers read and one process sweeps a single database, while any of them
is killed at random. Then everything that was said to be recorded must be there, once, and verify
must find nothing. It prints the longest that a reader waited.
"""

import argparse
import gzip
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fleets

from eidos.engine.app.history import VerifyRequest, verify_store
from eidos.engine.digest import addressed, canonical
from eidos.engine.documents.reading import read_text
from eidos.engine.documents.snapshots import read_snapshot, write_snapshot
from eidos.engine.model.report import PackRef, Report, Subject
from eidos.engine.model.rule import Module, Rule, Scope, Severity
from eidos.engine.model.snapshot import AddressedSnapshot, Measurement, Metadata, Node, Snapshot
from eidos.engine.model.snapshot import Subtype as Facts
from eidos.engine.model.upkeep import Keep
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.ports import Store
from eidos.engine.store.opening import open_store

START = datetime(2026, 1, 1, tzinfo=UTC)
RULE = Rule(
    id="R-1",
    title="A rule",
    severity=Severity.LOW,
    scope=Scope.NODE,
    package="r",
    modules=(Module("r.rego", "package r\n"),),
    entrypoints=(),
    digest="sha256:" + "0" * 64,
)
MANY = 70
"""Snapshots of a run that stores them ahead of it."""


def hold(is_so: object, else_: str) -> None:
    """End with a message where something is not so."""
    if not is_so:
        raise SystemExit(else_)


def record(store: Store, run: str, moment: datetime, *seen: AddressedSnapshot) -> None:
    """Record a run that says one thing of each node."""
    said = (Verdict("R-1", Status.UNKNOWN, reason="not asked"),)
    started = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    subjects = tuple(
        Subject(node.name, Scope.NODE, "s.json", each.digests.nodes[node.name], said, "bench")
        for each in seen
        for node in each.snapshot.nodes
    )
    packs = (PackRef("bench", "1", RULE.digest),)
    with store.recording(started) as recording:
        for each in seen:
            recording.keep([each])
        recording.record(Report(run, started, started, "bench", "none", packs, (RULE,), subjects))


# Disk -------------------------------------------------------------------------------------------


def disk(folder: Path, snapshots: int) -> Iterator[str]:
    """Say what one more snapshot takes."""
    (document,) = read_text(fleets.template("json").ours, "node.json")
    facts: Any = write_snapshot(read_snapshot(document).snapshot)
    leaves = [
        (subtype["data"], key)
        for part in [facts, *facts["nodes"]]
        for measurement in part.get("measurements", ())
        for subtype in measurement["subtypes"]
        for key in subtype["data"]
    ]
    dice = random.Random(13)
    path, zipped = folder / "disk.db", 0
    with open_store(path) as store:
        for number in range(snapshots + 1):
            moment = START + timedelta(hours=number)
            facts["metadata"] = {"cluster": "bench", "timestamp": moment.isoformat()}
            for data, key in dice.sample(leaves, max(1, len(leaves) // 100)) if number else ():
                data[key] = f"{dice.randrange(10**6)}"
            (now,) = read_text(json.dumps(facts), "node.json")
            record(store, f"r{number}", moment, addressed(read_snapshot(now).snapshot))
            if number:
                zipped += len(gzip.compress(canonical(facts)))
            else:
                before = store.vacuum().after
        each = (store.vacuum().after - before) / snapshots
    zipped //= snapshots
    yield (
        f"disk: one more snapshot with 1 % of {len(leaves)} facts changed, mean of {snapshots}: "
        f"{each:.0f} bytes; gzip of it {zipped}: {zipped / max(each, 1):.1f} x"
    )


# Crowd ------------------------------------------------------------------------------------------


def made(name: str, number: int, driver: str) -> AddressedSnapshot:
    """Give a snapshot of three nodes that differs a little from others."""
    sysctl = {f"key{each}": each * 7919 for each in range(100)}
    facts = (
        Measurement("GPU", (Facts("smi", {"driver": driver, "gpu-count": 4}),)),
        Measurement("OS", (Facts("sysctl", {**sysctl, "own": number}),)),
    )
    nodes = tuple(Node(f"{name}-{each}", facts) for each in range(3))
    at = (START + timedelta(minutes=number)).isoformat()
    return addressed(Snapshot(Metadata(name, at, "bench", {}), (), nodes, ()))


def write(path: Path, name: str) -> None:
    """Record for ever, and say what is recorded; every tenth run stores snapshots ahead."""
    for number in range(10**9):
        count = MANY if number % 10 == 9 else 1
        seen = [made(f"{name}{each}", number, f"{number}") for each in range(count)]
        with open_store(path) as store:
            record(store, f"{name}-{number}", START + timedelta(minutes=number), *seen)
        print(f"{name}-{number}", flush=True)


def read(path: Path, _name: str) -> None:
    """Read the last run for ever, and say how long each time took."""
    open_store(path, read_only=True).close()  # so that no time is that of Python's imports
    while True:
        begin = time.perf_counter()
        with open_store(path, read_only=True) as store:
            for run in store.runs(limit=1):
                report = store.run(run.run)
                nodes = sum(len(each.snapshot.nodes) for each in store.snapshots_of_run(run.run))
                hold(nodes == len(report.subjects), f"run {run.run} is half there")
        print(f"{time.perf_counter() - begin:.3f}", flush=True)


def sweep(path: Path, _name: str) -> None:
    """Take away for ever what nothing names."""
    while True:
        with open_store(path) as store:
            store.prune(Keep(runs=10**6), START, lambda each: each)
        time.sleep(0.5)


PARTS = {"write": write, "read": read, "sweep": sweep}


@dataclass(slots=True)
class Member:
    """A process of the crowd, and where it says what it did."""

    part: str
    process: subprocess.Popen[bytes]
    said: Path

    @classmethod
    def start(cls, part: str, name: str, path: Path) -> "Member":
        """Start one."""
        said = path.with_name(f"{part}-{name}.txt")
        command = [sys.executable, __file__, "child", part, str(path), name]
        with said.open("wb") as out, said.with_suffix(".err").open("wb") as error:
            return cls(part, subprocess.Popen(command, stdout=out, stderr=error), said)

    def kill(self) -> None:
        """Kill it, wherever it is."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def lines(self) -> list[str]:
        """Give what it said, without what it was about to say."""
        return [line.rstrip() for line in self.said.open() if line.endswith("\n")]


def crowd(folder: Path, seconds: float, writers: int, readers: int) -> Iterator[str]:
    """Let them work and be killed; say what became of it."""
    path, dice = folder / "crowd.db", random.Random(os.getpid())
    open_store(path).close()
    parts = ["write"] * writers + ["read"] * readers + ["sweep"]
    living = [Member.start(part, f"m{number}", path) for number, part in enumerate(parts)]
    gone: list[Member] = []
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            time.sleep(dice.uniform(0.1, 1.0))
            at = dice.randrange(len(living))
            living[at].kill()
            gone.append(living[at])
            living[at] = Member.start(living[at].part, f"n{len(gone)}", path)
    finally:
        for each in living:
            failed = each.process.poll()
            each.kill()
            hold(failed is None, each.said.with_suffix(".err").read_text())
    yield from judged(path, [*living, *gone])


def judged(path: Path, members: list[Member]) -> Iterator[str]:
    """Hold what is there against what was said, and say what it comes to."""
    said = [line for each in members if each.part == "write" for line in each.lines()]
    waits = [float(line) for each in members if each.part == "read" for line in each.lines()]
    with open_store(path) as store:
        there = [each.run for each in store.chain()]
        found = verify_store(store, None, VerifyRequest())
        hold(len(there) == len(set(there)), "a run is there twice")
        hold(set(said) <= set(there), f"lost: {sorted(set(said) - set(there))}")
        hold(not found.alterations, f"{found.alterations}")
        vacuumed = store.vacuum()
        hold(not verify_store(store, None, VerifyRequest()).alterations, "vacuum harmed it")
    yield (
        f"crowd: {len(members)} processes, {len(said)} runs recorded, none lost, none twice, "
        f"intact; {len(waits)} reads, the longest {max(waits, default=0):.2f} s; "
        f"{vacuumed.before} bytes, {vacuumed.after} after vacuum"
    )


def main() -> None:
    """Run what the command line says."""
    if sys.argv[1:2] == ["child"]:
        PARTS[sys.argv[2]](Path(sys.argv[3]), sys.argv[4])
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["disk", "crowd"])
    parser.add_argument("--snapshots", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--writers", type=int, default=16)
    parser.add_argument("--readers", type=int, default=8)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="eidos-store-") as name:
        folder = Path(name)
        if asked.what == "disk":
            lines = disk(folder, asked.snapshots)
        else:
            lines = crowd(folder, asked.seconds, asked.writers, asked.readers)
        for line in lines:
            print(line)


if __name__ == "__main__":
    main()
