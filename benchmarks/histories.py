"""A fleet simulator: deterministic histories of clusters, written as real snapshots.

The same size and seed give the same bytes. Every hour each cluster is seen, unless it is out; a few
facts drift, drivers are rolled out node by node, some values flap, nodes are replaced, and planted
events say what happened to whom, so that answers can be checked.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import fleets

from eidos.engine.digest import addressed
from eidos.engine.documents.reading import read_text
from eidos.engine.documents.snapshots import read_snapshot
from eidos.engine.model.snapshot import (
    AddressedSnapshot,
    Measurement,
    Metadata,
    Node,
    Snapshot,
    Subtype,
)

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
_DRIVERS = ("570.124.06", "575.57.08", "580.82.07", "580.159.03")
_UPGRADE = 0.002
"""Chance of a cluster to begin a roll-out in an hour; one node an hour follows."""
_DRIFT = 0.02
"""Chance of a node to have a setting changed in an hour."""
_FLAP = 0.001
"""Chance of a node to begin to lose its GPUs every other hour, for a day."""
_OUTAGE = 0.0005
"""Chance of a cluster not to be seen for six hours."""
_REPLACED = 0.0005
"""Chance of a node to be replaced by one of another name."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """How large a history is."""

    clusters: int
    nodes: int
    hours: int
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Event:
    """What was planted."""

    cluster: str
    node: str | None
    at: datetime
    what: str
    """``upgrade``, ``flapping``, ``outage``, ``replaced``."""


@dataclass
class _Machine:
    """A node, as it is."""

    name: str
    driver: int = 2
    settings: dict[str, int] = field(default_factory=dict)
    flaps_until: int = -1


class Simulation:
    """One cluster after the other, hour by hour; `events` fills while it is gone through."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.events: list[Event] = []
        (document,) = read_text(fleets.template("yaml").ours, "node.yaml")
        self._template = read_snapshot(document).snapshot

    def cluster(self, number: int) -> Iterator[AddressedSnapshot]:
        """Give what is seen of a cluster, first to last."""
        name = f"cluster-{number:02}"
        chance = random.Random(f"{self.fleet.seed}/{name}")
        machines = [_Machine(f"{name}-node-{index:03}") for index in range(self.fleet.nodes)]
        pending: list[_Machine] = []
        out_until = -1
        for hour in range(self.fleet.hours):
            at = START + hour * HOUR
            self._happen(name, at, hour, machines, pending, chance)
            if chance.random() < _OUTAGE:
                out_until = hour + 6
                self.events.append(Event(name, None, at, "outage"))
            if hour >= out_until:
                yield self._seen(name, at, hour, machines)

    def _happen(
        self,
        name: str,
        at: datetime,
        hour: int,
        machines: list[_Machine],
        pending: list[_Machine],
        chance: random.Random,
    ) -> None:
        if not pending and chance.random() < _UPGRADE:
            pending.extend(machines)
            self.events.append(Event(name, None, at, "upgrade"))
        if pending:
            machine = pending.pop()
            machine.driver = (machine.driver + 1) % len(_DRIVERS)
        for index, machine in enumerate(machines):
            if chance.random() < _DRIFT:
                key = f"/proc/sys/net/core/drift_{chance.randrange(20)}"
                machine.settings[key] = chance.randrange(1000)
            if chance.random() < _FLAP:
                machine.flaps_until = hour + 24
                self.events.append(Event(name, machine.name, at, "flapping"))
            if chance.random() < _REPLACED:
                self.events.append(Event(name, machine.name, at, "replaced"))
                machines[index] = _Machine(f"{machine.name.split('+')[0]}+{hour}", machine.driver)

    def _seen(
        self, name: str, at: datetime, hour: int, machines: list[_Machine]
    ) -> AddressedSnapshot:
        template = self._template
        nodes = tuple(
            Node(machine.name, self._measurements(template.nodes[0], machine, hour))
            for machine in machines
        )
        metadata = Metadata(name, f"{at:%Y-%m-%dT%H:%M:%SZ}", template.metadata.generator)
        return addressed(Snapshot(metadata, template.measurements, nodes))

    def _measurements(self, node: Node, machine: _Machine, hour: int) -> tuple[Measurement, ...]:
        lost = hour < machine.flaps_until and hour % 2 == 0
        return tuple(
            Measurement(
                each.type,
                tuple(_changed(each.type, subtype, machine, lost) for subtype in each.subtypes),
            )
            for each in node.measurements
        )


def _changed(kind: str, subtype: Subtype, machine: _Machine, lost: bool) -> Subtype:  # noqa: FBT001 -- a fact
    if kind == "GPU" and subtype.name == "smi":
        data = {**subtype.data, "driver": _DRIVERS[machine.driver]}
        if lost:
            data["gpu-count"] = 3
        return Subtype(subtype.name, data)
    if kind == "OS" and subtype.name == "sysctl" and machine.settings:
        return Subtype(subtype.name, {**subtype.data, **machine.settings})
    return subtype
