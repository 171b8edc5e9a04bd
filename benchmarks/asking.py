"""What history answers cost, against brute force and against a table of one row per verdict.

Usage: python benchmarks/asking.py [--full | --clusters N --nodes N --hours N] [--rules PREFIX]

A simulated past (`histories.py`) is recorded, snapshot by snapshot, and then asked. ``--full`` is
40 clusters of 8 nodes, hourly for 92 days and six hours: 88,560 snapshots, less those that outages
took. ``--folder`` keeps the databases; what is there already is asked and not made again. Recording
and asking are processes of their own, so that each tells its own memory. Figures are seconds of
processor time.
"""

import argparse
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import histories

from eidos.engine.app.as_of import AsOfRequest, as_of
from eidos.engine.app.backtest import BackTestRequest, backtest
from eidos.engine.app.context import Context, Opening
from eidos.engine.app.past import latest
from eidos.engine.app.policies import PolicyRequest, resolve
from eidos.engine.app.reader import Item
from eidos.engine.app.reporting import report_on
from eidos.engine.app.timeline import timeline
from eidos.engine.model.history import Window
from eidos.engine.packs.choosing import RuleChoice

RULE = "GPU-001"
"""The one that is tried on the past."""
STRICTER = {RULE: {"unlisted_branch": "warn"}}
"""As it is tried: another rule than the one that was recorded, so that nothing is remembered."""
FULL = histories.Fleet(clusters=40, nodes=8, hours=2214)
_OFTEN = 5
"""How often a question is asked; the middle figure counts."""
Row = tuple[str, str, str]


class Fixed:
    """A clock that stands where the history ends."""

    def __init__(self, hours: int) -> None:
        self._now = histories.START + (hours + 1) * histories.HOUR

    def now(self) -> datetime:
        return self._now

    def wait(self, seconds: float) -> bool:
        raise NotImplementedError


@dataclass(frozen=True)
class Past:
    """A recorded history, and the naive table beside it."""

    folder: Path
    fleet: histories.Fleet
    rules: str = RULE
    """How the ids of the rules begin that are recorded."""

    @property
    def clock(self) -> Fixed:
        return Fixed(self.fleet.hours)

    @property
    def db(self) -> Path:
        return self.folder / "past.db"

    @property
    def naive(self) -> Path:
        return self.folder / "naive.db"

    def opened(self, *, record: bool = False, remembers: bool = True) -> Context:
        opening = Opening(db=self.db, engine="light", cores=1, record=record, remembers=remembers)
        environ = {"HOME": str(self.folder), "XDG_CACHE_HOME": str(self.folder / "cache")}
        return Context(opening, environ, self.clock)

    def request(self, context: Context) -> PolicyRequest:
        every = resolve(PolicyRequest(), context).rules
        ids = tuple(each.id for each in every if each.id.startswith(self.rules))
        return PolicyRequest(choice=RuleChoice(rules=ids))

    @property
    def asked(self) -> Window:
        return Window(since=histories.START, until=self.clock.now())


# Recording --------------------------------------------------------------------------------------


def record(past: Past) -> Iterator[Row]:
    """Record each cluster hour by hour, and the naive table beside it."""
    naive = sqlite3.connect(past.naive)
    naive.execute("create table v (cluster text, at int, name text, rule text, status text)")
    naive.execute("create index v_by on v (cluster, at)")
    simulation, count, took, verdicts = histories.Simulation(past.fleet), 0, 0.0, 0
    with past.opened(record=True) as context:
        policy = resolve(past.request(context), context)
        for number in range(past.fleet.clusters):
            for hour, seen in enumerate(simulation.cluster(number)):
                item = Item("s.yaml", seen=seen)
                report, spent = _timed(lambda item=item: report_on([item], policy, context))
                count, took = count + 1, took + spent
                said = [(s.cluster, hour, s.name, v.rule, v.status) for s, v in report.verdicts()]
                verdicts += len(said)
                naive.executemany("insert into v values (?, ?, ?, ?, ?)", said)
            naive.commit()
    naive.close()
    fleet, size, plain = past.fleet, past.db.stat().st_size, past.naive.stat().st_size
    what = f"{count} snapshots of {fleet.clusters} clusters x {fleet.nodes} nodes"
    plainly = f"one row for each of {verdicts} verdicts, without facts: {plain / 2**20:.1f} MiB"
    yield (
        f"record {what}, {len(policy.rules)} rules",
        f"{took:.0f} s, {count / took:.0f}/s, {_peak():.0f} MB",
        f"{size / 2**20:.1f} MiB, {size / count:.0f} bytes each; {plainly}: {plain / size:.1f} x",
    )


# Asking -----------------------------------------------------------------------------------------


def ask(past: Past, sample: int) -> Iterator[Row]:
    """Ask a recorded history, and say how much longer others take.

    Args:
        past: what was recorded.
        sample: snapshots that brute force judges; the rest is worked out from them.
    """
    yield _back_test(past, sample)
    naive = sqlite3.connect(past.naive)
    with past.opened() as context:
        yield from _of_one_cluster(past, context, naive)
    yield "asking, peak memory", f"{_peak():.0f} MB", "eidos and brute force in one process: 1 x"


def _back_test(past: Past, sample: int) -> Row:
    tried = PolicyRequest(choice=RuleChoice(rules=(RULE,)), params=STRICTER)
    with past.opened() as context:
        request = BackTestRequest(asked=past.asked, policy=tried)
        found, ours = _timed(lambda: backtest(request, context))
        every, brute = _brute(past, context, tried, sample)
    whole = brute / every * found.captures
    return (
        f"back-test of one rule, {found.captures} snapshots",
        f"{ours:.2f} s, {found.evaluated} of {found.verdicts} verdicts evaluated",
        f"brute force {whole:.0f} s (of {every}): {whole / ours:.0f} x",
    )


def _brute(past: Past, context: Context, request: PolicyRequest, sample: int) -> tuple[int, float]:
    """Judge the first snapshots whole, each rule for each node."""
    with past.opened(remembers=False) as forgetful:
        policy = resolve(request, forgetful)
        captures = [each[-1] for each in latest(context.store.captures("cluster-00"))][:sample]

        def judge() -> None:
            for each in captures:
                seen = context.store.snapshot(each.snapshot)
                report_on([Item("s.yaml", seen=seen)], policy, forgetful)

        _, took = _timed(judge)
    return len(captures), took


_INTERVALS = """select name, rule, status, at from (select *, lag(status) over
(partition by name, rule order by at) as before from v where cluster = ?)
where before is not status"""
_AT = """select name, rule, status from v where cluster = :cluster and at =
(select max(at) from v where cluster = :cluster and at <= :at)"""


def _of_one_cluster(past: Past, context: Context, naive: sqlite3.Connection) -> Iterator[Row]:
    name = "cluster-00"
    one = replace(past.asked, clusters=(name,))
    ours = _middle(lambda: timeline(one, context, timedelta(hours=24)))
    theirs = _middle(lambda: naive.execute(_INTERVALS, (name,)).fetchall())
    yield "timeline of a cluster", f"{ours * 1e3:.0f} ms", _ratio("naive", theirs, ours)
    hour = past.fleet.hours // 2
    moment = histories.START + hour * histories.HOUR
    ours = _middle(lambda: context.store.captures(name, until=moment, last=True))
    at = {"cluster": name, "at": hour}
    theirs = _middle(lambda: naive.execute(_AT, at).fetchall())
    yield "recorded statuses as of a time", f"{ours * 1e3:.2f} ms", _ratio("naive", theirs, ours)
    request = AsOfRequest(asked=replace(one, until=moment), policy=PolicyRequest())
    ours = _middle(lambda: as_of(request, context))
    yield (
        "the same judged again by the rules of then",
        f"{ours * 1e3:.1f} ms",
        "a table of verdicts cannot: no x",
    )


def _ratio(name: str, theirs: float, ours: float) -> str:
    return f"{name} {theirs * 1e3:.2f} ms: {theirs / ours:.2f} x"


def _middle(work: Callable[[], Any]) -> float:
    return sorted(_timed(work)[1] for _ in range(_OFTEN))[_OFTEN // 2]


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.process_time()
    found = work()
    return found, max(time.process_time() - began, 1e-6)


def _peak() -> float:
    """Give the peak memory of this process, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# Running ----------------------------------------------------------------------------------------


def rows(folder: Path, fleet: histories.Fleet, sample: int, rules: str = RULE) -> Iterator[Row]:
    """Record a history where there is none in a folder, and ask it."""
    past = Past(folder, fleet, rules)
    parts = [["ask", str(sample)]] if past.db.exists() else [["record"], ["ask", str(sample)]]
    for part in parts:
        command = [sys.executable, __file__, "--part", *part, "--folder", str(folder)]
        command += [f"--{name}={value}" for name, value in asdict(fleet).items()]
        said = subprocess.run([*command, f"--rules={rules}"], stdout=subprocess.PIPE, check=True)
        yield from (tuple(json.loads(line)) for line in said.stdout.splitlines())  # type: ignore[misc]


def main() -> None:
    """Run what the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--full", action="store_true", help="40 clusters x 2,214 hours")
    for name, value in asdict(replace(FULL, clusters=4, hours=240)).items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--rules", default=RULE, help="how the ids of recorded rules begin")
    parser.add_argument("--sample", type=int, default=200, help="snapshots for brute force")
    parser.add_argument("--folder", type=Path, help="keeps the databases; made if need be")
    parser.add_argument("--part", nargs="+", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    fleet = histories.Fleet(asked.clusters, asked.nodes, asked.hours, asked.seed)
    fleet = replace(FULL, seed=asked.seed) if asked.full else fleet
    if asked.part:
        past = Past(asked.folder, fleet, asked.rules)
        found = record(past) if asked.part[0] == "record" else ask(past, int(asked.part[1]))
        for row in found:
            print(json.dumps(row), flush=True)
        return
    with tempfile.TemporaryDirectory(prefix="eidos-asking-") as name:
        folder = asked.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        for row in rows(folder, fleet, asked.sample, asked.rules):
            print("  ".join(cell.ljust(24) for cell in row).rstrip(), flush=True)


if __name__ == "__main__":
    main()
