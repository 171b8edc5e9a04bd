"""Histories of small clusters, recorded as ``eidos check`` records, and brute force over them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from eidos.engine.app.context import Context, Opening
from eidos.engine.app.policies import PolicyRequest, resolve
from eidos.engine.app.reader import Item
from eidos.engine.app.reporting import report_on
from eidos.engine.digest import addressed
from eidos.engine.model.policy import Policy
from eidos.engine.model.report import Report
from eidos.engine.model.snapshot import Collection, Metadata, Node, Snapshot
from fakes.policies import measurements_of, write_pack

START = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
_HEAD = """\
# METADATA
# title: {title}
# custom:
#   id: {id}
#   severity: high
#   scope: {scope}
#   requires: [{requires}]
#   params: {params}
#   controls: [{{framework: cis-gpu, id: "1.1"}}]
#   remediation: None.
package eidos.t.{name}

"""
_DRIVER = """\
deny contains finding if {
	major := to_number(split(input.gpu.smi.driver, ".")[0])
	major < data.params.floor
	finding := {"msg": "too old", "path": "gpu.smi.driver", "actual": input.gpu.smi.driver}
}
"""
_MODULES = {
    "driver": ("T-001", "node", "gpu.smi.driver", "{floor: 580}", _DRIVER),
    "nodes": (
        "T-002",
        "cluster",
        "nodes.gpu.smi.count",
        "{}",
        'deny contains "unlike" if count({node.gpu.smi.count | some node in input.nodes}) > 1\n',
    ),
    "dated": (
        "T-003",
        "node",
        "os.release.id",
        "{}",
        (
            'deny contains "ended" if {\n\tinput.os.release.id == "old"\n'
            '\ttime.now_ns() > time.parse_rfc3339_ns("2026-03-10T00:00:00Z")\n}\n'
        ),
    ),
    "named": (
        "T-004",
        "node",
        "node.name",
        "{}",
        'deny contains "bad name" if endswith(input.node.name, "2")\n',
    ),
}


def write_rules(folder: Path, version: str = "1.0.0", **changed: str) -> Path:
    """Write a pack about drivers, alike nodes, a day and names; some rules with another body."""
    modules = {}
    for name, (id_, scope, requires, params, body) in _MODULES.items():
        head = _HEAD.format(
            id=id_, scope=scope, requires=requires, params=params, name=name, title=f"About {name}"
        )
        modules[name] = head + changed.get(name, body)
    manifest = f"name: t\nversion: {version}\ndescription: For tests.\nrego: v1\n"
    return write_pack(folder, manifest, **modules)


def state(
    nodes: dict[str, dict[str, Any]],
    cluster: str = "c1",
    collection: tuple[Collection, ...] = (),
) -> Snapshot:
    """Give a cluster whose nodes have ``driver``, ``count`` and ``release``,
    as far as they are said."""
    return Snapshot(
        Metadata(cluster),
        (),
        tuple(Node(name, measurements_of(_facts(**said))) for name, said in nodes.items()),
        collection,
    )


def _facts(
    driver: str | None = "580.1",
    count: int | None = 4,
    release: str | None = "new",
    **others: Any,
) -> dict[str, dict[str, Any]]:
    smi = {"driver": driver, "count": count}
    return {
        "GPU.smi": {key: value for key, value in smi.items() if value is not None},
        **({"OS.release": {"id": release}} if release is not None else {}),
        **({"OS.noise": others} if others else {}),
    }


@dataclass
class Hand:
    """A clock that is set by hand."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment

    def wait(self, seconds: float) -> bool:
        self.moment += timedelta(seconds=seconds)
        return False


@dataclass
class Past:
    """A database in a folder, and a hand that records into it."""

    folder: Path

    @property
    def db(self) -> Path:
        return self.folder / "past.db"

    @property
    def environ(self) -> dict[str, str]:
        home = str(self.folder)
        return {name: f"{home}/{name}" for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")}

    def opened(self, *, record: bool = False, now: datetime = NOW) -> Context:
        opening = Opening(db=self.db, record=record, engine="light", cores=1)
        return Context(opening, self.environ, Hand(now))

    def see(
        self,
        taken: Snapshot,
        at: datetime,
        pack: Path,
        known: datetime | None = None,
        **policy: Any,
    ) -> Report:
        """Record a check of a snapshot, made when it was taken or later."""
        metadata = replace(taken.metadata, timestamp=at.isoformat(), generator="eidos 1")
        seen = addressed(replace(taken, metadata=metadata))
        with self.opened(record=True, now=known or at) as context:
            resolved = resolve(PolicyRequest(packs=(str(pack),), **policy), context)
            return report_on([Item("s.yaml", seen=seen)], resolved, context)


def brute(
    past: Past, policy: Policy, clusters: Sequence[str] = ("c1",)
) -> Iterator[tuple[str, datetime, dict[tuple[str, str], str]]]:
    """Judge every recorded snapshot whole, each rule for each subject, at its own day."""
    with past.opened() as context:
        judged = replace(context.opening, remembers=False)
        with Context(judged, past.environ, Hand()) as forgetful:
            for cluster in clusters:
                for capture in context.store.captures(cluster):
                    seen = context.store.snapshot(capture.snapshot)
                    # Of two clusters that are alike, the store gives the one captured last.
                    metadata = replace(seen.metadata, cluster=cluster)
                    named = replace(seen, snapshot=replace(seen.snapshot, metadata=metadata))
                    item = Item("s.yaml", seen=named)
                    then = replace(policy, effective=capture.at)
                    report = report_on([item], then, forgetful)
                    yield (
                        cluster,
                        capture.at,
                        {
                            (subject.name, verdict.rule): verdict.status.value
                            for subject in report.subjects
                            for verdict in subject.verdicts
                        },
                    )
