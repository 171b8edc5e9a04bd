"""How eidos compares with what a user would pick instead: ratios, both sides in one run.

Usage: python benchmarks/run.py [--quick] [check|recheck|fleet|distinct|history ...]

See README.md beside this file.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import fleets
import histories
import peers

EIDOS = [sys.executable, "-m", "eidos.engine"]
_JUDGED = (0, 1, 3)
"""What a command exits with that has an answer."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much work is done."""

    repeats: int
    nodes: int
    """Of a fleet of alike nodes."""
    distinct: int
    """Of a fleet of distinct nodes: each is work of its own."""
    peer_nodes: int
    """Of the same fleet, given to a peer: throughput is compared, and peers take their time."""
    past: histories.Fleet
    """Whose history is asked."""
    sample: int
    """Snapshots of it that brute force judges."""


FULL = Size(7, 10_000, 1_000, 300, histories.Fleet(clusters=8, nodes=4, hours=240), 200)
QUICK = Size(1, 20, 4, 4, histories.Fleet(clusters=2, nodes=2, hours=6), 4)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command took."""

    seconds: float
    processor: float
    """Seconds of processor time, of children too: what a busy machine distorts least."""
    megabytes: float
    """Peak memory of its largest process."""

    def __str__(self) -> str:
        return f"{self.seconds * 1000:.0f} ms ({self.processor * 1000:.0f})"


@dataclass(slots=True)
class Bench:
    """Where a run works, and with whom."""

    folder: Path
    size: Size
    programs: dict[str, str]
    policy: Path
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def fresh(self, name: str) -> Path:
        """Give a path that nothing is at."""
        return Path(tempfile.mkdtemp(dir=self.folder), name)

    def opa(self, *arguments: str | Path) -> list[str] | None:
        """Give a command of OPA, None when it is absent."""
        return self._command("opa", arguments)

    def conftest(self, *arguments: str | Path) -> list[str] | None:
        """Give a command of conftest, None when it is absent."""
        return self._command("conftest", arguments)

    def _command(self, name: str, arguments: Sequence[str | Path]) -> list[str] | None:
        return [self.programs[name], *map(str, arguments)] if name in self.programs else None

    def exec_over(self, folder: Path) -> list[str] | None:
        """Give the command that judges a folder with OPA."""
        return self.opa("exec", "--bundle", self.policy, "--decision", "main", folder)


def run(command: Sequence[str]) -> Cost:
    """Run a command to its end; it must have judged: 0 or 1.

    Raises:
        SystemExit: it failed.
    """
    began = time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=errors, env=_environment()
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in _JUDGED:
            errors.seek(0)
            sys.exit(f"{' '.join(command)[:300]}\n{errors.read().decode()[:2000]}")
    seconds, processor = time.perf_counter() - began, usage.ru_utime + usage.ru_stime
    return Cost(seconds, processor, usage.ru_maxrss / 1024)


def _environment() -> dict[str, str]:
    """Let Python keep what it compiled, as it does for anything that is installed."""
    return {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


Ways = dict[str, Callable[[], Sequence[str]] | None]
"""Commands by name; None for a peer that is absent."""


def medians(ways: Ways, repeats: int) -> dict[str, Cost]:
    """Give what the commands took, in turns: what slows the machine down slows all of them."""
    present = {name: command for name, command in ways.items() if command is not None}
    costs: dict[str, list[Cost]] = {name: [] for name in present}
    for _ in range(repeats):
        for name, command in present.items():
            costs[name].append(run(command()))
    return {name: _median(found) for name, found in costs.items()}


def _median(costs: Sequence[Cost]) -> Cost:
    seconds = statistics.median(cost.seconds for cost in costs)
    processor = statistics.median(cost.processor for cost in costs)
    return Cost(seconds, processor, max(cost.megabytes for cost in costs))


def against(ours: Cost, theirs: dict[str, Cost | None]) -> Iterator[str]:
    """Say what each peer took, and how many times as long as eidos that is, by both clocks."""
    for name, cost in theirs.items():
        if cost is None:
            yield f"{name} absent"
        else:
            by_clock = cost.seconds / ours.seconds
            yield f"{name} {cost}: {by_clock:.2f} x ({cost.processor / ours.processor:.2f})"


def check(bench: Bench) -> None:
    """One snapshot, whole process."""
    node = fleets.template("yaml")
    file, merged = bench.folder / "snapshot.yaml", bench.folder / "merged.yaml"
    file.write_text(node.ours)
    merged.write_text(node.theirs)
    judge = [*EIDOS, "check", str(file)]
    known = [*judge, "--db", str(bench.folder / "known.db")]
    run(known)
    ways: Ways = {
        "not recorded": lambda: [*judge, "--no-record"],
        "recorded, new database": lambda: [*judge, "--db", str(bench.fresh("new.db"))],
        "recorded, seen before": lambda: known,
    }
    commands: dict[str, list[str] | None] = {
        "conftest test": bench.conftest("test", "-p", bench.policy, "-d", bench.policy, merged),
        "opa exec": bench.exec_over(merged),
        "opa eval": bench.opa("eval", "-b", bench.policy, "-i", merged, "data.main"),
    }
    theirs: Ways = {name: _always(command) for name, command in commands.items()}
    costs = medians({**ways, **theirs}, bench.size.repeats)
    for way in ways:
        found = against(costs[way], {name: costs.get(name) for name in theirs})
        bench.rows.append((f"check, {way}", str(costs[way]), "  ".join(found)))


def _always(command: list[str] | None) -> Callable[[], Sequence[str]] | None:
    return None if command is None else lambda: command


_READ = (
    "import hashlib, json, sys, yaml; text = open(sys.argv[1]).read(); "
    "value = yaml.load(text, yaml.CSafeLoader); "
    "print(hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest())"
)


def recheck(bench: Bench) -> None:
    """An unchanged snapshot, against a process that reads, parses and hashes it."""
    file = bench.folder / "unchanged.yaml"
    file.write_text(fleets.template("yaml").ours)
    again = [*EIDOS, "check", str(file), "--db", str(bench.folder / "again.db")]
    run(again)
    name = "read, parse, hash"
    ways: Ways = {"ours": lambda: again, name: lambda: [sys.executable, "-c", _READ, str(file)]}
    costs = medians(ways, bench.size.repeats)
    [said] = against(costs["ours"], {name: costs[name]})
    bench.rows.append(("re-check", str(costs["ours"]), said))


def fleet(bench: Bench) -> None:
    """Nodes that are mostly alike."""
    for suffix in ("yaml", "json"):
        _fleet(bench, Fleet("alike", fleets.alike, suffix, bench.size.nodes))


def distinct(bench: Bench) -> None:
    """Nodes of which no two are alike."""
    for suffix in ("yaml", "json"):
        _fleet(bench, Fleet("distinct", fleets.distinct, suffix, bench.size.distinct))


@dataclass(frozen=True, slots=True)
class Fleet:
    """What is judged."""

    name: str
    edit: fleets.Edit
    suffix: str
    nodes: int


def _fleet(bench: Bench, fleet: Fleet) -> None:
    node, alike = fleets.template(fleet.suffix), (fleet.edit, fleet.suffix)
    ours = fleets.write_fleet(bench.fresh("ours"), node.ours, *alike, fleet.nodes)
    given = min(fleet.nodes, bench.size.peer_nodes)
    theirs = fleets.write_fleet(bench.fresh("theirs"), node.theirs, *alike, given)
    command = bench.exec_over(theirs)
    speed = given / run(command).seconds if command else None
    for way, options in {
        "not recorded": ["--no-record"],
        "recorded, new database": ["--db", str(bench.fresh("new.db"))],
    }.items():
        cost = run([*EIDOS, "check", str(ours), *options])
        rate = fleet.nodes / cost.seconds
        said = f"opa exec {speed:.0f}/s: {rate / speed:.1f} x" if speed else "opa exec absent"
        label = f"{fleet.nodes} {fleet.name} {fleet.suffix} files, {way}"
        bench.rows.append((label, f"{rate:.0f}/s, {cost.megabytes:.0f} MB", said))


def history(bench: Bench) -> None:
    """Questions about the past, of a simulated fleet."""
    import asking

    folder = bench.fresh("history")
    folder.mkdir()
    bench.rows.extend(asking.rows(folder, bench.size.past, bench.size.sample))


BENCHES = {
    "check": check,
    "recheck": recheck,
    "fleet": fleet,
    "distinct": distinct,
    "history": history,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does it run?")
    parser.add_argument("names", nargs="*", metavar="|".join(BENCHES))
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(BENCHES):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    size = QUICK if chosen.quick else FULL
    with tempfile.TemporaryDirectory(prefix="eidos-bench-") as name:
        folder = Path(name)
        programs = peers.find_peers()
        bench = Bench(folder, size, programs, peers.write_policy(folder / "policy"))
        absent = [name for name in peers.NAMES if name not in programs]
        print(
            f"{os.cpu_count()} cores; absent: {', '.join(absent) or 'none'}; 2 x: twice as fast; "
            "in parentheses: processor time, and the ratio by it"
        )
        for each in chosen.names or BENCHES:
            BENCHES[each](bench)
            while bench.rows:
                print("  ".join(cell.ljust(24) for cell in bench.rows.pop(0)).rstrip(), flush=True)


if __name__ == "__main__":
    main()
