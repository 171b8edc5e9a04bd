"""What differs without meaning: volatile facts, and what the user does not want to hear."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase

from eidos.engine.comparing.patterns import Patterns, check_pattern
from eidos.engine.digest import canonical
from eidos.engine.model.drift import (
    Change,
    ChangeKind,
    IdleRule,
    Ignored,
    IgnoreRule,
    NotComparable,
)
from eidos.engine.model.facts import ANY, FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.records import dataclass

_CLASSES: Mapping[str, tuple[str, ...]] = {
    "identity: it names the machine, not its state": (
        "k8s.node.source-node",
        "k8s.node.provider-id",
        "k8s.node.addresses",
        "k8s.node.labels.kubernetes.io/hostname",
        "os.sysctl./proc/sys/kernel/hostname",
        "os.sysctl./proc/sys/kernel/random/boot_id",
        "os.sysctl./proc/sys/kernel/random/uuid",
        "systemd.*.InvocationID",
    ),
    "clock: it moves with time": (
        "systemd.*.*Timestamp",
        "systemd.*.*TimestampMonotonic",
    ),
    "counter: it counts events": (
        "systemd.*.CPUUsageNSec",
        "systemd.*.MemoryCurrent",
        "systemd.*.MemoryAvailable",
        "systemd.*.MemoryPeak",
        "systemd.*.Memory*SwapCurrent",
        "systemd.*.MemorySwapPeak",
        "systemd.*.NFileDescriptorStore",
        "k8s.image.containers.*.count",
        "gpu.devices-volatile.*",
        "os.sysctl-volatile.*",
        "os.memory-volatile.*",
        "systemd.*.TasksCurrent",
        "systemd.*.NRestarts",
        "systemd.*.IO*Bytes",
        "systemd.*.IO*Operations",
        "systemd.*.IP*Bytes",
        "systemd.*.IP*Packets",
        "os.sysctl./proc/sys/fs/dentry-state",
        "os.sysctl./proc/sys/fs/file-nr",
        "os.sysctl./proc/sys/fs/inode-nr",
        "os.sysctl./proc/sys/fs/inode-state",
        "os.sysctl./proc/sys/fs/aio-nr",
        "os.sysctl./proc/sys/fs/quota/allocated_dquots",
        "os.sysctl./proc/sys/fs/quota/cache_hits",
        "os.sysctl./proc/sys/fs/quota/drops",
        "os.sysctl./proc/sys/fs/quota/free_dquots",
        "os.sysctl./proc/sys/fs/quota/lookups",
        "os.sysctl./proc/sys/fs/quota/reads",
        "os.sysctl./proc/sys/fs/quota/syncs",
        "os.sysctl./proc/sys/fs/quota/writes",
        "os.sysctl./proc/sys/kernel/pty/nr",
        "os.sysctl./proc/sys/kernel/ns_last_pid",
        "os.sysctl./proc/sys/kernel/random/entropy_avail",
        "os.sysctl./proc/sys/net/netfilter/nf_conntrack_count",
    ),
    "process id: it changes with every start": (
        "systemd.*.MainPID",
        "systemd.*.ExecMainPID",
        "systemd.*.ControlPID",
        "systemd.*.ControlGroupId",
    ),
    "size-derived: the kernel computes it from the size of the machine": (
        "systemd.*.EffectiveCPUs",
        "systemd.*.EffectiveMemory*",
        "systemd.*.EffectiveTasksMax",
        "os.sysctl./proc/sys/user/max_*_namespaces",
        "os.sysctl./proc/sys/fs/epoll/max_user_watches",
        "os.sysctl./proc/sys/kernel/watchdog_cpumask",
    ),
}
"""Keys that differ between healthy, alike nodes, by class of reason."""

DEFAULT = "default"
"""Origin of the shipped rules."""
_LIMITS = "size-derived: systemd computes it from the memory, unless somebody lifted the limit"
_DERIVED_LIMITS = tuple(f"systemd.*.Limit{name}*" for name in ("SIGPENDING", "NPROC", "MEMLOCK"))
"""Hidden while both values are numbers: to and from ``infinity`` is a human's doing."""


def default_ignores() -> tuple[IgnoreRule, ...]:
    """Give the shipped ignore rules."""
    classes = tuple(
        IgnoreRule(pattern, reason) for reason, patterns in _CLASSES.items() for pattern in patterns
    )
    return (*classes, *(IgnoreRule(each, _LIMITS, value="[0-9]*") for each in _DERIVED_LIMITS))


@dataclass(frozen=True, slots=True)
class Sifted:
    """Changes that count, and changes that were hidden."""

    kept: tuple[Change, ...]
    not_comparable: tuple[NotComparable, ...]
    ignored: tuple[Ignored, ...]
    idle: tuple[IdleRule, ...]
    """User's rules that hid nothing."""


class Sieve:
    """Hides changes that an ignore rule names; the first rule that matches takes the change.

    Args:
        rules: user's and shipped rules; expired ones hide nothing.
        now: rule time, with zone.

    Raises:
        UsageError: a pattern has not three parts.
    """

    def __init__(self, rules: Sequence[IgnoreRule], now: datetime) -> None:
        for rule in rules:
            check_pattern(rule.pattern, f"ignore rule, {rule.origin}")
        self._rules = rules
        self._now = now
        active = [rule for rule in rules if not self._has_expired(rule)]
        self._patterns = Patterns([(rule.pattern, rule) for rule in active])

    def hides(self, change: Change) -> IgnoreRule | None:
        """Give the rule that hides a change."""
        return next((rule for rule in self._patterns.of(change) if _applies(rule, change)), None)

    def sift(self, changes: Iterable[Change], gaps: Iterable[NotComparable] = ()) -> Sifted:
        """Part what counts from what does not; ``type.subtype.*`` also hides a gap."""
        kept: list[Change] = []
        hidden: dict[IgnoreRule, list[Change]] = {}
        for change in changes:
            rule = self.hides(change)
            if rule is None:
                kept.append(change)
            else:
                hidden.setdefault(rule, []).append(change)
        unknown: list[NotComparable] = []
        for gap in gaps:
            rule = self.hides(whole(gap.address))
            if rule is None:
                unknown.append(gap)
            else:
                hidden.setdefault(rule, [])
        ignored = tuple(Ignored(rule, tuple(found)) for rule, found in hidden.items() if found)
        idle = tuple(
            IdleRule(rule, self._has_expired(rule))
            for rule in self._rules
            if rule.origin != DEFAULT and rule not in hidden
        )
        return Sifted(tuple(kept), tuple(unknown), ignored, idle)

    def _has_expired(self, rule: IgnoreRule) -> bool:
        return rule.until is not None and rule.until < self._now


def whole(address: FactAddress) -> Change:
    """Give what stands for a fact, or for all facts of a subtype, whatever became of them.

    The pattern that ends in a star names a whole subtype.
    """
    return Change(address, (ANY if address.key is None else address.key,), ChangeKind.CHANGED)


def _applies(rule: IgnoreRule, change: Change) -> bool:
    on_node = rule.node == "*" or fnmatchcase(change.node or "", rule.node)
    return on_node and (rule.value is None or _values_match(rule.value, change))


def _values_match(glob: str, change: Change) -> bool:
    return all(fnmatchcase(_text(value), glob) for value in (change.before, change.after))


def _text(value: Json) -> str:
    return value if isinstance(value, str) else canonical(value).decode()
