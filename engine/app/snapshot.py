"""Taking a snapshot: filter, run, redact, join."""

import re
import socket
from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import UTC, datetime
from pathlib import Path

from eidos.engine import __version__
from eidos.engine.collecting.filtering import Filter, filtered
from eidos.engine.collecting.joining import account, join
from eidos.engine.collecting.running import Outcome, Task, run
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import INCOMPLETE, Collection, CollectorState, Metadata, Snapshot
from eidos.engine.plugins import find_collectors
from eidos.engine.ports import Collector, Fact, Wanted
from eidos.engine.records import dataclass
from eidos.engine.redacting import Redactor

PATIENCE = {"local": 60.0, "cluster": 120.0}
"""Seconds for a collector by what it reads; GPUs that nobody uses take long to wake."""


@dataclass(frozen=True, slots=True)
class Request:
    """What snapshot the user asked for."""

    node: str
    root: Path = Path("/")
    cluster: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    filter: Filter = field(default_factory=Filter)
    timeout: float = 300.0
    """Seconds for the whole run."""
    collector_timeout: float | None = None
    """Seconds for each collector; None for `PATIENCE`."""
    options: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    """Options of each collector, by type."""
    redact_keys: tuple[str, ...] = ()
    redact_values: tuple[str, ...] = ()
    """Regular expressions."""


def local_node_name(root: Path, environ: Mapping[str, str]) -> str:
    """Give the name of the machine that is looked at, as Kubernetes would know it.

    Args:
        root: its root; ``/`` is this machine, another is one that is mounted there.
        environ: ``NODE_NAME``, which a pod gets by the downward API, goes before what files say:
            a container has a host name of its own.
    """
    for variable in ("NODE_NAME", "KUBERNETES_NODE_NAME"):
        if environ.get(variable):
            return environ[variable]
    if root != Path("/"):
        for file in (root / "proc/sys/kernel/hostname", root / "etc/hostname"):
            if file.is_file() and (name := file.read_text(errors="replace").strip()):
                return name
    return socket.gethostname()


def take_snapshot(request: Request, now: datetime) -> Snapshot:
    """Collect what was asked for.

    Raises:
        UsageError: a name in the filter fits no collector.
    """
    collectors, broken = find_collectors()
    chosen = filtered(collectors, request.filter)
    redactor = Redactor(request.redact_keys, tuple(map(re.compile, request.redact_values)))
    outcomes = run([_task(request, *pair) for pair in chosen.runs], request.timeout)
    facts, collection = _redacted(outcomes, redactor)
    metadata = Metadata(
        request.cluster, _rfc3339(now), f"eidos {__version__}", dict(request.labels)
    )
    return join(metadata, facts, [*collection, *chosen.excluded, *_unloaded(broken)])


def is_incomplete(snapshot: Snapshot) -> bool:
    """Say whether a collector did not give what it should have given, or all gave nothing."""
    if not (snapshot.measurements or any(node.measurements for node in snapshot.nodes)):
        return True
    return any(entry.status in INCOMPLETE for entry in snapshot.collection)


def _task(request: Request, collector: Collector, subtypes: frozenset[str]) -> Task:
    wanted = Wanted(
        subtypes,
        request.node,
        request.root,
        request.collector_timeout or PATIENCE[collector.reads],
        request.options.get(collector.type, {}),
    )
    return Task(collector, wanted)


def _redacted(
    outcomes: Iterable[Outcome], redactor: Redactor
) -> tuple[list[Fact], list[Collection]]:
    facts: list[Fact] = []
    collection: list[Collection] = []
    for outcome in outcomes:
        collection.extend(redactor.entry(entry) for entry in account(outcome))
        for item in outcome.items:
            if isinstance(item, Fact):
                fact, record = redactor.redact(item)
                facts.append(fact)
                collection.extend([record] if record else [])
    return facts, collection


def _unloaded(broken: Mapping[str, str]) -> list[Collection]:
    return [
        Collection(name, CollectorState.FAILED, reason=f"the plug-in could not be loaded: {reason}")
        for name, reason in broken.items()
    ]


def _rfc3339(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
