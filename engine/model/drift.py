"""Drift: what differs between two snapshots, and how much it matters."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from eidos.engine.errors import ExitCode, Location
from eidos.engine.model.facts import ANY, FactAddress, join_path
from eidos.engine.model.gate import Gate
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Relaxation
from eidos.engine.model.rule import Rule, Scope, Severity
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.records import dataclass

Path = tuple[str | int, ...]
Places = tuple[Location | None, Location | None]
"""Where a fact stands on each side; None where it has no line."""


class ChangeKind(StrEnum):
    """How a fact differs."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    RETYPED = "retyped"
    """The same fact as another JSON type: ``"1"`` became ``1``."""


@dataclass(frozen=True, slots=True)
class Flip:
    """A verdict that differs; one of the same status has something more to say."""

    rule: str
    before: Status
    after: Status
    level: Severity = Severity.INFO
    """How much it alarms: `info` where nothing got worse."""
    together: tuple[str, ...] = ()
    """Of a change: the other facts without whose change it does not flip the verdict."""


class FlipCause(StrEnum):
    """What is behind a verdict that differs."""

    CHANGE = "change"
    """Facts that changed, and are told."""
    IGNORED = "ignored"
    """It takes a change that an ignore rule hides."""
    NODES = "nodes"
    """A node that came or went."""
    LOST = "lost"
    """Facts that only one side knows."""
    WAIVER = "waiver"
    """A waiver that holds on one side."""
    UNFINISHED = "unfinished"
    """The search stopped at its bound; the changes named are enough, and fewer may be."""


@dataclass(frozen=True, slots=True)
class Change:
    """One fact that differs."""

    address: FactAddress
    """The subtype it is in; its node is that of the current snapshot (of the baseline when it was
    removed), None for the cluster."""
    path: Path
    """Path within the subtype's data; the key is its first segment. Empty: the whole subtype."""
    kind: ChangeKind
    before: Json = None
    after: Json = None
    level: Severity = Severity.INFO
    note: str | None = None
    """``minor upgrade``, ``patch downgrade``: what a version change is."""
    read_by: tuple[str, ...] = ()
    """Ids of rules that read the fact."""
    flips: tuple[Flip, ...] = ()
    """Verdicts that it is the cause of, alone or with others."""
    before_at: Path = ()
    """Path within the baseline's data, where entries of lists have an index; of what was added,
    where it is not."""
    after_at: Path = ()
    """The same within the current data."""
    places: Callable[[], Places] = field(default=lambda: (None, None), repr=False, compare=False)
    """Finds where the fact stands in the baseline and in the current document; finding a line in a
    large document takes longer than comparing it, so that is done when somebody wants to see it."""

    @property
    def node(self) -> str | None:
        """Name the node; None for the cluster."""
        return self.address.node

    @property
    def segments(self) -> Path:
        """Give type, subtype and path in one."""
        return (self.address.type, self.address.subtype, *self.path)

    @property
    def fact(self) -> str:
        """Write the fact's path: ``gpu.smi.driver``, ``k8s.node.taints[0].effect``."""
        return join_path(self.segments)


@dataclass(frozen=True, slots=True)
class NodeFlip:
    """A verdict about a node, or about the cluster (None), that differs, and why."""

    node: str | None
    flip: Flip
    cause: FlipCause
    sets: tuple[tuple[Change, ...], ...] = ()
    """The smallest sets of changes each of which is enough to make it."""


@dataclass(frozen=True, slots=True)
class Explained:
    """What one rule says of a node, or of the cluster (None), on both sides."""

    node: str | None
    before: Verdict
    after: Verdict
    flip: NodeFlip | None = None
    """Why the two differ; None where they do not."""
    undo: tuple[tuple[Change, ...], ...] = ()
    """The smallest sets of changes to take back of which each would bring back the verdict before;
    changes as they came."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one rule says something else: what ``eidos diff --explain`` renders."""

    rule: Rule
    drift: "Drift"
    subjects: tuple[Explained, ...]


class NodeFate(StrEnum):
    """What became of a node."""

    ADDED = "added"
    REMOVED = "removed"
    REPLACED = "replaced"
    """Another machine in its role, or the same machine under another name."""
    COUNTERPART = "counterpart"
    """The only node of one snapshot beside the only node of another; that is no drift."""


@dataclass(frozen=True, slots=True)
class NodeChange:
    """A node that is not where it was."""

    fate: NodeFate
    before: str | None
    """Its name in the baseline."""
    after: str | None
    """Its name in the current snapshot."""
    matched_by: str | None = None
    """What the replacement was recognised by: ``provider-id``, ``serial``, a label."""

    @property
    def level(self) -> Severity:
        """How much it matters; who lost a machine wants to know before all else."""
        return _FATES[self.fate]


_FATES = {
    NodeFate.REMOVED: Severity.HIGH,
    NodeFate.REPLACED: Severity.MEDIUM,
    NodeFate.ADDED: Severity.MEDIUM,
    NodeFate.COUNTERPART: Severity.INFO,
}


@dataclass(frozen=True, slots=True)
class NotComparable:
    """Facts that one side does not know."""

    address: FactAddress
    """Type and subtype may be `ANY`."""
    side: str
    """``baseline``, ``current`` or ``both``: the side that lacks them."""
    reason: str

    @property
    def node(self) -> str | None:
        """Name the node; None for the cluster."""
        return self.address.node

    @property
    def fact(self) -> str:
        """Write the path of what is lacking: ``gpu.smi``."""
        return "all facts" if self.address.type == ANY else str(self.address)


@dataclass(frozen=True, slots=True)
class IgnoreRule:
    """What is not worth a mention."""

    pattern: str
    """``type.subtype.key``, each a glob, case as in rules: ``systemd.*.MainPID``."""
    reason: str = ""
    node: str = "*"
    value: str | None = None
    """Glob that both values must match; None for any."""
    until: datetime | None = None
    """Last instant it holds."""
    origin: str = "default"
    """``default``, a file, or the command line."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """What one ignore rule hid."""

    rule: IgnoreRule
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class IdleRule:
    """A user's ignore rule that hid nothing."""

    rule: IgnoreRule
    is_expired: bool


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two snapshots."""

    name: str
    """As the user named it."""
    digest: str
    cluster: str | None = None
    timestamp: str | None = None


@dataclass(frozen=True)
class Drift:
    """Everything that differs. Every output format is a rendering of this."""

    baseline: Side
    current: Side
    changes: tuple[Change, ...] = ()
    """Worst first; of one level those that flip verdicts first, then by path and node."""
    nodes: tuple[NodeChange, ...] = ()
    not_comparable: tuple[NotComparable, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    idle_ignores: tuple[IdleRule, ...] = ()
    """User's ignore rules that hid nothing, or have expired."""
    flips: tuple[NodeFlip, ...] = ()
    """Every verdict that differs."""
    unlike: tuple[str, ...] = ()
    """Why the two snapshots are not of a kind, a sentence each."""
    is_judged: bool = False
    """Rules were asked: what no rule reads is known."""
    gate: Gate = field(default_factory=Gate)
    relaxations: tuple[Relaxation, ...] = ()
    """What makes it easier to find no drift, and who said so."""

    @cached_property
    def counts(self) -> Mapping[Severity, int]:
        """How many changes, nodes included, of each level; every level is present."""
        found = Counter(self._levels())
        return {level: found[level] for level in Severity}

    def _levels(self) -> list[Severity]:
        changes = [change.level for change in self.changes]
        return [*changes, *(node.level for node in self.moved)]

    @cached_property
    def moved(self) -> tuple[NodeChange, ...]:
        """Give the nodes that came, went or were replaced."""
        return tuple(node for node in self.nodes if node.fate is not NodeFate.COUNTERPART)

    @property
    def hidden(self) -> int:
        """Count the changes that were ignored."""
        return sum(len(each.changes) for each in self.ignored)

    @property
    def exit_code(self) -> ExitCode:
        """What the process says: not comparable before drift before identical."""
        return self.gate.outcome(
            incomplete=bool(self.not_comparable),
            failed=any(map(self.gate.reaches, self._levels())),
        ).exit_code


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two snapshots compared: what the formats of ``eidos diff`` render."""

    drift: Drift
    patch: Callable[[], Sequence[dict[str, Json]]]
    """Gives the operations of the JSON Patch (RFC 6902); called only when they are written."""


@dataclass(frozen=True, slots=True)
class AlikeClass:
    """Members of a fleet whose facts of one subtype are the same."""

    members: tuple[str, ...]
    """Names of nodes, or of clusters."""
    changes: tuple[Change, ...] = ()
    """What differs from the largest class; empty for that one."""


@dataclass(frozen=True, slots=True)
class SubtypeClasses:
    """A fleet, grouped by what is alike in one subtype."""

    address: FactAddress
    classes: tuple[AlikeClass, ...]
    """The largest first."""
    lacking: tuple[str, ...] = ()
    """Members that did not collect it."""
    scope: Scope = Scope.NODE
    """Whose facts these are: of nodes, or of clusters."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """A fleet, grouped subtype by subtype."""

    nodes: int
    clusters: int
    """Snapshots that hold facts about their cluster."""
    subtypes: tuple[SubtypeClasses, ...]
    """Of clusters first."""
    gate: Gate = field(default_factory=Gate)
    relaxations: tuple[Relaxation, ...] = ()
    """What makes it easier to find no difference, and who said so."""

    @property
    def exit_code(self) -> ExitCode:
        """What the process says: 3 when a node lacks something, 1 when any two differ."""
        return self.gate.outcome(
            incomplete=any(each.lacking for each in self.subtypes),
            failed=any(len(each.classes) > 1 for each in self.subtypes),
        ).exit_code
