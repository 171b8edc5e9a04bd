"""How much a change matters before anyone looked at policy: a table, first match wins.

Patterns are those of ignore rules. What the shipped ignore rules would hide is `info`, and what no
row names is `low`.
"""

from collections.abc import Sequence

from eidos.engine.comparing.ignoring import default_ignores
from eidos.engine.comparing.patterns import Patterns, check_pattern
from eidos.engine.model.drift import Change
from eidos.engine.model.rule import Severity
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True)
class LevelRule:
    """A row of the table."""

    pattern: str
    level: Severity
    origin: str = "default"
    """``default``, or the place in a file."""


def _rows(level: Severity, *patterns: str) -> tuple[LevelRule, ...]:
    return tuple(LevelRule(pattern, level) for pattern in patterns)


DEFAULT_LEVELS: tuple[LevelRule, ...] = (
    *_rows(
        Severity.CRITICAL,
        "gpu.smi.driver",
        "gpu.smi.gpu-count",
        "gpu.smi.cuda-version",
        "gpu.devices.driver",
        "gpu.*.*vbios*",
        "gpu.*.*firmware*",
        "gpu.*.*inforom*",
        "k8s.server.version",
        "k8s.node.kubelet-version",
        "k8s.node.container-runtime-*",
        "k8s.rbac.*",
        "k8s.pod-security.*",
        "k8s.kubelet.authentication*",
        "k8s.kubelet.authorization*",
        "os.mitigations.*",
        "os.security.*",
        "os.grub.mitigations",
        "os.grub.nokaslr",
        "os.grub.*spectre*",
        "os.grub.apparmor",
        "os.grub.selinux",
        "os.grub.security",
        "os.grub.lsm",
    ),
    *_rows(
        Severity.HIGH,
        "gpu.devices.*",
        "gpu.driver-params.*",
        "gpu.smi.gpu.model",
        "gpu.smi.gpu.product-architecture",
        "k8s.node.kernel-version",
        "k8s.node.os-image",
        "k8s.node.taints",
        "k8s.kubelet.*",
        "k8s.network-policies.*",
        "k8s.policy.driver.*",
        "k8s.policy.toolkit.*",
        "k8s.helm.*",
        "network.*.firmware*",
        "network.*.driver*",
        "os.release.*",
        "os.sysctl./proc/sys/kernel/osrelease",
        "os.sysctl./proc/sys/kernel/kptr_restrict",
        "os.sysctl./proc/sys/kernel/dmesg_restrict",
        "os.sysctl./proc/sys/kernel/randomize_va_space",
        "os.sysctl./proc/sys/kernel/unprivileged_bpf_disabled",
        "os.sysctl./proc/sys/kernel/yama/*",
        "os.sysctl./proc/sys/kernel/perf_event_paranoid",
        "os.sysctl./proc/sys/kernel/kexec_load_disabled",
        "os.sysctl./proc/sys/kernel/modules_disabled",
        "os.sysctl./proc/sys/fs/protected_*",
        "os.sysctl./proc/sys/fs/suid_dumpable",
        "os.sysctl./proc/sys/net/*/conf/*/rp_filter",
        "os.sysctl./proc/sys/net/*/conf/*/accept_*",
        "os.grub.*",
        "os.kmod.nvidia*",
        "os.kmod.nouveau",
    ),
    *_rows(
        Severity.MEDIUM,
        "gpu.*.*",
        "k8s.image.*",
        "k8s.policy.*",
        "k8s.*.*",
        "network.*.*",
        "os.kmod.*",
        "os.sysctl./proc/sys/vm/*",
        "os.sysctl./proc/sys/net/*",
        "os.cpu.*",
        "os.memory.*",
        "systemd.*.LoadState",
        "systemd.*.ActiveState",
        "systemd.*.UnitFileState",
        "systemd.*.Exec*",
        "systemd.*.Environment*",
        "systemd.*.Limit*",
        "systemd.*.DropInPaths",
        "systemd.*.FragmentPath",
    ),
)
"""GPU driver, firmware, CUDA, Kubernetes, runtime and what hardens a node come first."""


class Levels:
    """Gives a change's level by the table.

    Args:
        overrides: rows that are asked before the shipped ones.

    Raises:
        UsageError: an override has not three parts.
    """

    def __init__(self, overrides: Sequence[LevelRule] = ()) -> None:
        for rule in overrides:
            check_pattern(rule.pattern, f"level, {rule.origin}")
        volatile = [(rule.pattern, Severity.INFO) for rule in default_ignores() if not rule.value]
        rows = [(rule.pattern, rule.level) for rule in overrides]
        shipped = [(rule.pattern, rule.level) for rule in DEFAULT_LEVELS]
        self._patterns = Patterns([*rows, *volatile, *shipped])

    def of(self, change: Change) -> Severity:
        """Give the level of the first row that names the changed fact."""
        return next(iter(self._patterns.of(change)), Severity.LOW)
