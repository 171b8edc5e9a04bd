"""What drift costs beside what a user would pick instead: jsonpatch's make_patch, and dyff.

Usage: python benchmarks/drift.py [--quick]

Two documents of a node (real where the real one is at hand), and a cluster of many nodes of which
one in a hundred changed. Both sides do the same work in one run; a ratio above 1 means that eidos
is that many times faster. dyff is looked for on PATH, in EIDOS_BENCH_BIN and in Go's folder:
go install github.com/homeport/dyff/cmd/dyff@v1.12.0
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fleets
import jsonpatch

from eidos.engine.comparing.ignoring import Sieve, default_ignores
from eidos.engine.comparing.levels import Levels
from eidos.engine.comparing.patching import make_patch
from eidos.engine.comparing.ranking import rank
from eidos.engine.comparing.snapshots import compare
from eidos.engine.digest import addressed, canonical
from eidos.engine.documents.reading import Document, read_text
from eidos.engine.documents.snapshots import read_snapshot
from eidos.engine.model.snapshot import AddressedSnapshot

EIDOS = [sys.executable, "-m", "eidos.engine", "diff", "--no-policy"]
_SCRIPT = (
    "import sys, json, yaml, jsonpatch\n"
    "read = lambda p: json.load(open(p)) if p.endswith('json') else "
    "yaml.load(open(p), getattr(yaml, 'CSafeLoader', yaml.SafeLoader))\n"
    "print(jsonpatch.make_patch(*map(read, sys.argv[1:])))"
)
MAKE_PATCH = [sys.executable, "-c", _SCRIPT]
TIMEOUT = 120
"""Seconds that a peer gets for one run."""
_TOO_LONG = 124
_RUN = (
    "import resource, subprocess, sys, time\n"
    "start = time.perf_counter()\n"
    "try:\n"
    "    done = subprocess.run(sys.argv[2:], stdout=-3, timeout=float(sys.argv[1])).returncode\n"
    "except subprocess.TimeoutExpired:\n"
    "    done = 124\n"
    "spent = time.perf_counter() - start\n"
    "print(spent, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, done)"
)
"""Runs a command from a small process: a child begins with the memory of its parent."""
_NUMBER = re.compile(r"(?m)(: \"?)(\d{1,15})(\"?)$")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run took."""

    seconds: float
    megabytes: float = 0.0
    """Peak memory of the process."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one run of each, a small cluster")
    quick = parser.parse_args().quick
    repeats, nodes = (1, 200) if quick else (7, 5_000)
    dyff = find_dyff()
    print("dyff: " + (dyff or "absent, its rows are left out"))
    with tempfile.TemporaryDirectory() as folder:
        in_process(repeats)
        fleet_in_process(nodes)
        for title, before, after in cases(Path(folder), nodes):
            whole(title, before, after, dyff, repeats if "cluster" not in title else 1)


def find_dyff() -> str | None:
    """Give the program, if it is here."""
    places = (os.environ.get("PATH"), os.environ.get("EIDOS_BENCH_BIN"), Path.home() / "go/bin")
    return shutil.which("dyff", path=os.pathsep.join(str(place) for place in places if place))


def in_process(repeats: int) -> None:
    """Compare documents that have been read, as make_patch takes them."""
    text = fleets.template("yaml").ours
    for title, changed in (("same order", mutated(text)), ("other order", reordered(text))):
        beside_make_patch(title, document(text), document(changed), repeats)


def fleet_in_process(nodes: int) -> None:
    """Compare a cluster whose addresses are known, as those of recorded snapshots are."""
    before, after = (document(json.dumps(cluster(nodes, version))) for version in (0, 1))
    peer = best(lambda: jsonpatch.make_patch(before.value, after.value), 1)
    sides = taken(before), taken(after)
    for what, work in (
        ("addresses known", lambda: compare(*sides)),
        ("drift, ranked", lambda: drift(before, after)),
    ):
        row(f"cluster of {nodes:,} nodes: {what}", Cost(best(work, 1)), "make_patch", Cost(peer))


def beside_make_patch(title: str, before: Document, after: Document, repeats: int) -> None:
    """Time our patch and our drift; the patch must be right."""
    peer = best(lambda: jsonpatch.make_patch(before.value, after.value), repeats)
    patched = jsonpatch.apply_patch(before.value, make_patch(before.value, after.value))
    if canonical(patched) != canonical(after.value):
        raise SystemExit("the patch does not give the current document")
    sides = taken(before), taken(after)
    ours = {
        "drift, addresses known": best(lambda: ranked(*sides), repeats),
        "patch": best(lambda: make_patch(before.value, after.value), repeats),
        "drift, ranked": best(lambda: drift(before, after), repeats),
    }
    for what, seconds in ours.items():
        row(f"two nodes, {title}: {what}", Cost(seconds), "make_patch", Cost(peer))


def drift(before: Document, after: Document) -> object:
    """Do all that eidos diff does with two documents that have been read."""
    return ranked(taken(before), taken(after))


def ranked(before: AddressedSnapshot, after: AddressedSnapshot) -> object:
    """Compare two snapshots, leave out what does not matter, rank the rest."""
    return rank(SIEVE.sift(compare(before, after).changes).kept, (), (), LEVELS)


SIEVE = Sieve(default_ignores(), datetime(2026, 1, 1, tzinfo=UTC))
LEVELS = Levels()


def taken(read: Document) -> AddressedSnapshot:
    """Make a snapshot of a document."""
    return addressed(read_snapshot(read).snapshot)


def document(text: str) -> Document:
    """Read a document."""
    (found,) = read_text(text, "node.yaml")
    return found


def mutated(text: str) -> str:
    """Change one number in fifty, and the driver."""
    count = iter(range(10**6))

    def moved(found: re.Match[str]) -> str:
        number = int(found[2]) + (next(count) % 50 == 0)
        return f"{found[1]}{number}{found[3]}"

    return _NUMBER.sub(moved, text.replace("580.82.07", "580.95.05"))


def reordered(text: str) -> str:
    """Change the same, and write the measurements the other way round, as another run may."""
    value: Any = document(mutated(text)).value
    return json.dumps({**value, "measurements": value["measurements"][::-1]})


def cases(folder: Path, nodes: int) -> Iterator[tuple[str, Path, Path]]:
    """Write the pairs of files."""
    text = fleets.template("yaml").ours
    before, after = folder / "before.yaml", folder / "after.yaml"
    before.write_text(text)
    after.write_text(mutated(text))
    yield "two nodes, whole process", before, after
    before, after = folder / "before.json", folder / "after.json"
    for path, version in ((before, 0), (after, 1)):
        path.write_text(json.dumps(cluster(nodes, version)))
    size = before.stat().st_size / 2**20
    yield f"cluster of {nodes:,} nodes ({size:.0f} MiB), 1 % changed", before, after


def cluster(nodes: int, version: int) -> object:
    """Make a cluster; in version 1, one node in a hundred has another driver."""
    settings = {f"/proc/sys/net/core/setting_{number}": number for number in range(60)}
    release = {"ID": "ubuntu", "VERSION_ID": "24.04", "PRETTY_NAME": "Ubuntu 24.04.3 LTS"}
    found = []
    for number in range(nodes):
        driver = "580.95.05" if version and number % 100 == 7 else "580.82.07"
        subtypes = {
            "GPU": {"smi": {"driver": driver, "gpu-count": 8, "gpu.model": "NVIDIA H100"}},
            "OS": {"sysctl": {**settings, "own": number}, "release": release},
        }
        measurements = [
            {
                "type": kind,
                "subtypes": [{"subtype": name, "data": data} for name, data in each.items()],
            }
            for kind, each in subtypes.items()
        ]
        found.append({"name": f"node-{number:05}", "measurements": measurements})
    metadata = {"cluster": "c1", "timestamp": f"2026-11-2{version}T10:00:00Z"}
    return {"apiVersion": "eidos.dev/v1", "kind": "Snapshot", "metadata": metadata, "nodes": found}


def whole(title: str, before: Path, after: Path, dyff: str | None, repeats: int) -> None:
    """Run every program on two files."""
    files = [str(before), str(after)]
    ours = measured([*EIDOS, *files], repeats)
    if ours is None:
        raise SystemExit(f"eidos diff took more than {TIMEOUT} s")
    peers = {"make_patch": [*MAKE_PATCH, *files]}
    if dyff:
        peers["dyff"] = [dyff, "between", "--set-exit-code", *files]
    for name, command in peers.items():
        theirs = measured(command, repeats)
        row(f"{title}: eidos diff", ours, name, theirs)


def measured(command: Sequence[str], repeats: int) -> Cost | None:
    """Give the median time and the peak memory of a command; None when it took too long."""
    costs = [once(command) for _ in range(repeats)]
    done = [cost for cost in costs if cost is not None]
    if not done:
        return None
    seconds = statistics.median(cost.seconds for cost in done)
    return Cost(seconds, max(cost.megabytes for cost in done))


def once(command: Sequence[str]) -> Cost | None:
    """Run a command to its end, or until its time is over."""
    run = [sys.executable, "-S", "-c", _RUN, str(TIMEOUT), *command]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    seconds, kilobytes, code = done.stdout.split()
    if int(code) == _TOO_LONG:
        return None
    if int(code) not in (0, 1):
        raise SystemExit(f"{command[0]} ended with {code}: {done.stderr}")
    return Cost(float(seconds), int(kilobytes) / 1024)


def best(work: Callable[[], object], repeats: int) -> float:
    """Give the least time of some work, in seconds."""
    times = []
    for _ in range(repeats * 3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def row(name: str, ours: Cost, peer: str, theirs: Cost | None) -> None:
    """Print a line."""
    if theirs is None:
        print(f"{name:<66} {told(ours)}   {peer}: more than {TIMEOUT} s")
        return
    ratio = f"{theirs.seconds / ours.seconds:8.1f} x"
    memory = f", memory {theirs.megabytes / ours.megabytes:.1f} x" if ours.megabytes else ""
    print(f"{name:<66} {told(ours)}   {peer} {told(theirs)} {ratio}{memory}")


def told(cost: Cost) -> str:
    """Write time and memory."""
    memory = f" {cost.megabytes:5.0f} MiB" if cost.megabytes else ""
    return f"{cost.seconds * 1000:9.2f} ms{memory}"


if __name__ == "__main__":
    main()
