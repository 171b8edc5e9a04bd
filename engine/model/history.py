"""What is recorded of clusters over time, and what can be asked of it.

Three clocks: *state time* says when facts were seen, *rule time* by which day rules and waivers
were asked, *knowledge time* when it was recorded. Moments are state time
unless they say otherwise.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from fnmatch import fnmatchcase
from typing import NamedTuple

from eidos.engine.model.facts import FactAddress
from eidos.engine.model.rule import Scope
from eidos.engine.model.snapshot import Collection
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.records import dataclass


class Who(NamedTuple):
    """A subject of a cluster: one of its nodes, or the cluster itself."""

    scope: Scope
    name: str

    @property
    def node(self) -> str | None:
        """Name the node; None for the cluster."""
        return self.name if self.scope is Scope.NODE else None


Said = Mapping[Who, tuple[Verdict, ...]]
"""What was said of each subject, in the order of the rules."""
Contents = Mapping[FactAddress, str]
"""The content address of the data of each subtype, by its address without a node."""


@dataclass(frozen=True, slots=True)
class Capture:
    """A snapshot as a run saw it."""

    cluster: str
    at: datetime
    """When the facts were seen."""
    run: str
    """Id of the run that judged it."""
    snapshot: str
    """Its content address."""
    known: datetime
    """Knowledge time: when the run started."""
    generator: str | None = None
    """What took it."""
    said: Said = field(default_factory=dict)
    """What the run said; captures that said the same share one object."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What a stored snapshot is made of, by content address: nothing of it is unpacked."""

    snapshot: str
    """Its content address."""
    cluster: Contents
    """The cluster's own facts."""
    nodes: Mapping[str, Contents]
    """The facts of each node, by name; alike nodes share one object."""
    collection: tuple[Collection, ...] = ()

    @property
    def gaps(self) -> tuple[Collection, ...]:
        """What was not collected, or not completely."""
        return tuple(entry for entry in self.collection if entry.is_gap)

    @property
    def names(self) -> tuple[str, ...]:
        """Name every node, also those that only `collection` names."""
        named = (entry.node for entry in self.collection if entry.node is not None)
        return tuple(dict.fromkeys((*self.nodes, *named)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What of the past is asked about."""

    since: datetime
    until: datetime
    clusters: tuple[str, ...] = ()
    """Globs; none means every cluster."""
    nodes: tuple[str, ...] = ()
    """Globs; none means every node, and what is said of the cluster itself."""
    rules: tuple[str, ...] = ()
    """Globs; none means every rule."""

    def has_cluster(self, name: str) -> bool:
        """Say whether a cluster is asked about."""
        return _matches(name, self.clusters)

    def has_subject(self, who: Who) -> bool:
        """Say whether a subject is asked about; where nodes are named, clusters are not."""
        return not self.nodes or (who.scope is Scope.NODE and _matches(who.name, self.nodes))

    def has_rule(self, rule: str) -> bool:
        """Say whether a rule is asked about."""
        return _matches(rule, self.rules)

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.until - self.since).total_seconds()


def _matches(name: str, globs: tuple[str, ...]) -> bool:
    return not globs or any(fnmatchcase(name, glob) for glob in globs)


# Timelines --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Interval:
    """From when until when a rule had one status at a subject."""

    status: Status | None
    """None where nobody looked: the last sight of the subject is too old, or there is none yet."""
    since: datetime
    until: datetime
    run: str | None = None
    """The run that first found it."""
    reason: str | None = None
    """The first finding, or why there is none."""
    earliest: datetime | None = None
    """The last sight before, by which it had not begun; None where there is none."""
    known: datetime | None = None
    """When the run that first found it started."""

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return (self.until - self.since).total_seconds()


@dataclass(frozen=True, slots=True)
class Line:
    """The statuses of one rule at one subject: without holes, from its first sight to its last."""

    cluster: str
    who: Who
    rule: str
    intervals: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """What ``eidos history timeline`` renders."""

    window: Window
    lines: tuple[Line, ...]
