"""What differs without meaning: volatile facts, and what the user does not want to hear.

A pattern is ``type.subtype.key``; each part is a glob and the key's part may hold dots, as in
``os.sysctl./proc/sys/fs/*``. Matching a whole key hides everything below it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from eidos.engine.digest import canonical
from eidos.engine.errors import UsageError
from eidos.engine.model.drift import Change, IgnoreRule
from eidos.engine.model.jsonvalue import Json

_CLASSES: Mapping[str, tuple[str, ...]] = {
    "identity: it names the machine, not its state": (
        "k8s.node.source-node",
        "k8s.node.provider-id",
        "k8s.node.addresses",
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
        "os.sysctl./proc/sys/fs/quota/syncs",
        "os.sysctl./proc/sys/kernel/ns_last_pid",
        "os.sysctl./proc/sys/kernel/random/entropy_avail",
        "os.sysctl./proc/sys/net/netfilter/nf_conntrack_count",
    ),
    "process id: it changes with every start": (
        "systemd.*.*PID",
        "systemd.*.ControlGroupId",
    ),
    "size-derived: the kernel computes it from the size of the machine": (
        "systemd.*.EffectiveCPUs",
        "systemd.*.EffectiveMemoryNodes",
        "os.sysctl./proc/sys/user/max_*_namespaces",
        "os.sysctl./proc/sys/fs/epoll/max_user_watches",
        "os.sysctl./proc/sys/kernel/watchdog_cpumask",
    ),
}
"""Keys that differ between healthy, alike nodes, by class of reason."""

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
    """Changes that count, and changes that were hidden, by pattern."""

    kept: tuple[Change, ...]
    ignored: Mapping[str, tuple[Change, ...]]
    unused: tuple[IgnoreRule, ...]
    """User's rules that hid nothing."""


def sift(changes: Iterable[Change], rules: Sequence[IgnoreRule], now: datetime) -> Sifted:
    """Hide changes that an ignore rule names; the first rule that matches takes the change.

    Args:
        changes: what differs.
        rules: shipped and user's rules; expired ones hide nothing.
        now: rule time, with zone.

    Raises:
        UsageError: a pattern has not three parts.
    """
    for rule in rules:
        check_pattern(rule)
    active = [rule for rule in rules if rule.until is None or rule.until >= now]
    kept: list[Change] = []
    hidden: dict[IgnoreRule, list[Change]] = {}
    for change in changes:
        matching = next((rule for rule in active if _matches(rule, change)), None)
        if matching is None:
            kept.append(change)
        else:
            hidden.setdefault(matching, []).append(change)
    ignored = {rule.pattern: tuple(found) for rule, found in hidden.items()}
    unused = tuple(rule for rule in rules if rule.origin != "default" and rule not in hidden)
    return Sifted(tuple(kept), ignored, unused)


def check_pattern(rule: IgnoreRule) -> None:
    """Refuse a pattern that can match nothing.

    Raises:
        UsageError: it has not three parts.
    """
    parts = rule.pattern.split(".", 2)
    three = 3
    if len(parts) != three or not all(parts):
        raise UsageError(
            f"the ignore pattern '{rule.pattern}' ({rule.origin}) is not type.subtype.key",
            hint="Write for example systemd.*.MainPID or os.sysctl./proc/sys/fs/* (a glob each).",
        )


def _matches(rule: IgnoreRule, change: Change) -> bool:
    kind, rest = rule.pattern.split(".", 1)
    named = f"{change.subtype}.{_key(change)}"
    return (
        fnmatchcase(change.type.lower(), kind.lower())
        and fnmatchcase(named, rest)
        and fnmatchcase(change.node or "", rule.node)
        and (rule.value is None or _values_match(rule.value, change))
    )


def _key(change: Change) -> str:
    return str(change.path[0]) if change.path else ""


def _values_match(glob: str, change: Change) -> bool:
    return all(fnmatchcase(_text(value), glob) for value in (change.before, change.after))


def _text(value: Json) -> str:
    return value if isinstance(value, str) else canonical(value).decode()
