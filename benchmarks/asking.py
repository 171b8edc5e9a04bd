"""What history answers cost, against brute force and against a table of one row per verdict."""

import resource
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import histories

from eidos.engine.app.backtest import BackTestRequest, backtest
from eidos.engine.app.check import report_on
from eidos.engine.app.context import Context, Opening
from eidos.engine.app.past import latest
from eidos.engine.app.policies import PolicyRequest, resolve
from eidos.engine.app.reader import Item
from eidos.engine.app.timeline import timeline
from eidos.engine.model.history import Window
from eidos.engine.packs.choosing import RuleChoice

RULE = "GPU-001"
"""The one that is tried on the past."""
Row = tuple[str, str, str]


class Fixed:
    """A clock that stands where the history ends."""

    def __init__(self, hours: int) -> None:
        self._now = histories.START + (hours + 1) * histories.HOUR

    def now(self) -> datetime:
        return self._now

    def wait(self, seconds: float) -> bool:
        raise NotImplementedError


def rows(folder: Path, fleet: histories.Fleet, sample: int) -> list[Row]:
    """Record a history, ask it, and say how much longer brute force takes.

    Args:
        folder: where the databases go.
        fleet: how large the history is.
        sample: snapshots that brute force judges; the rest is worked out from them.
    """
    db = folder / "past.db"
    clock = Fixed(fleet.hours)
    environ = {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
    opened = lambda **how: Context(Opening(db=db, engine="light", cores=1, **how), environ, clock)  # noqa: E731 -- short
    request = PolicyRequest(choice=RuleChoice(rules=(RULE,)))
    naive = sqlite3.connect(folder / "naive.db")
    snapshots, took = _recorded(opened, naive, fleet, request)
    size, plain = db.stat().st_size, (folder / "naive.db").stat().st_size
    told = [
        (
            f"record {snapshots} snapshots of {fleet.clusters} clusters x {fleet.nodes} nodes",
            f"{snapshots / took:.0f}/s, {size / snapshots / 1024:.2f} KiB each",
            f"{size / 2**20:.1f} MiB; one row per verdict, without facts: {plain / 2**20:.1f} MiB",
        )
    ]
    asked = Window(since=histories.START, until=clock.now())
    stricter = replace(request, params={RULE: {}})
    with opened() as context:
        found, ours = _timed(
            lambda: backtest(BackTestRequest(asked=asked, policy=stricter), context)
        )
        every, brute = _brute(context, opened, stricter, sample)
    whole = brute / every * found.captures
    told.append(
        (
            f"back-test of one rule, {found.captures} snapshots",
            f"{ours:.2f} s, {found.evaluated} of {found.verdicts} verdicts evaluated",
            f"brute force {whole:.0f} s (of {every}): {whole / ours:.0f} x",
        )
    )
    name = "cluster-00"
    one = replace(asked, clusters=(name,))
    with opened() as context:
        _, ours = _timed(lambda: timeline(one, context, timedelta(hours=24)))
        last, state = _timed(lambda: context.store.captures(name, asked.until - timedelta(hours=9)))
    _, theirs = _timed(lambda: _intervals(naive, name))
    told.append(("timeline of a cluster", f"{ours * 1e3:.0f} ms", _ratio("naive", theirs, ours)))
    query = "select rule, status from v where cluster = ? and at <= ? order by at desc limit 20"
    _, theirs = _timed(lambda: naive.execute(query, (name, 10**9)).fetchall())
    told.append(
        (f"statuses as of ({len(last)})", f"{state * 1e3:.1f} ms", _ratio("naive", theirs, state))
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [*told, ("peak memory", f"{peak:.0f} MB", "eidos and brute force in one process: 1 x")]


def _ratio(name: str, theirs: float, ours: float) -> str:
    return f"{name} {theirs * 1e3:.1f} ms: {theirs / ours:.2f} x"


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.process_time()
    found = work()
    return found, max(time.process_time() - began, 1e-6)


def _recorded(
    opened: Callable[..., Context],
    naive: sqlite3.Connection,
    fleet: histories.Fleet,
    request: PolicyRequest,
) -> tuple[int, float]:
    """Record each cluster hour by hour, and the naive table beside it."""
    naive.execute("create table v (cluster text, at int, name text, rule text, status text)")
    naive.execute("create index v_by on v (cluster, at)")
    simulation, count, took = histories.Simulation(fleet), 0, 0.0
    with opened(record=True) as context:
        policy = resolve(request, context)
        for number in range(fleet.clusters):
            for hour, seen in enumerate(simulation.cluster(number)):
                item = Item("s.yaml", seen=seen)
                report, spent = _timed(lambda item=item: report_on([item], policy, context))
                count, took = count + 1, took + spent
                said = [(s.cluster, hour, s.name, v.rule, v.status) for s, v in report.verdicts()]
                naive.executemany("insert into v values (?, ?, ?, ?, ?)", said)
    naive.commit()
    return count, took


def _brute(
    context: Context, opened: Callable[..., Context], request: PolicyRequest, sample: int
) -> tuple[int, float]:
    """Judge the first snapshots whole, each rule for each node."""
    with opened(remembers=False) as forgetful:
        policy = resolve(request, forgetful)
        captures = [
            each[-1]
            for cluster in context.store.clusters()
            for each in latest(context.store.captures(cluster))
        ][:sample]

        def judge() -> None:
            for each in captures:
                seen = context.store.snapshot(each.snapshot)
                report_on([Item("s.yaml", seen=seen)], policy, forgetful)

        _, took = _timed(judge)
    return len(captures), took


def _intervals(naive: sqlite3.Connection, cluster: str) -> list[Any]:
    return naive.execute(
        "select name, rule, status, at from (select *, lag(status) over "
        "(partition by name, rule order by at) as before from v where cluster = ?) "
        "where before is not status",
        (cluster,),
    ).fetchall()
