"""Processors, memory and what protects them, from ``/sys`` and ``/proc``."""

import os
import re
from collections import Counter
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from eidos.collectors._reading import (
    Gathering,
    Reading,
    UnavailableError,
    names,
    number_of,
    present,
    read_text,
    require,
    value_of,
)
from eidos.engine.model.jsonvalue import Json

_CHOSEN = re.compile(r"\[([^\]]+)\]")
_HUGE = re.compile(r"hugepages-(\d+)kB")


def read_cpu(root: Path) -> Reading:
    """Read the processors: model, topology, governor, SMT, isolation, microcode."""
    base = root / "sys/devices/system/cpu"
    info = _cpuinfo(root)
    folders = [base / name for name in names(base, "cpu[0-9]*")]
    found = Gathering()
    found.add("architecture", lambda: os.uname().machine)
    found.add("model", lambda: info.get("model name") or info.get("CPU part"))
    found.add("vendor", lambda: info.get("vendor_id") or info.get("CPU implementer"))
    found.add("microcode", lambda: info.get("microcode"))
    found.add("flags", lambda: list(info.get("flags", info.get("Features", "")).split()))
    found.add("online", partial(value_of, base / "online"))
    found.add("isolated", partial(value_of, base / "isolated"))
    found.add("count", lambda: len(names(require(base, "sysfs"), "cpu[0-9]*")))
    found.add("sockets", lambda: len(_topology(folders, "physical_package_id")) or None)
    found.add("cores", lambda: len(_topology(folders, "physical_package_id", "core_id")) or None)
    found.add("smt", partial(value_of, base / "smt/control"))
    found.add("governors", lambda: _governors(folders))
    found.add("driver", partial(value_of, base / "cpu0/cpufreq/scaling_driver"))
    found.add("idle-driver", partial(value_of, base / "cpuidle/current_driver"))
    return found.reading


def _topology(cpus: Iterable[Path], *parts: str) -> set[tuple[str | None, ...]]:
    """Give the different places that processors have; one whose last part is unknown has none."""
    places = {tuple(value_of(cpu / "topology" / part) for part in parts) for cpu in cpus}
    return {place for place in places if place[-1] is not None}


def _governors(cpus: Iterable[Path]) -> Json:
    found = {value_of(cpu / "cpufreq/scaling_governor") for cpu in cpus}
    return [*sorted(name for name in found if name is not None)]


def _cpuinfo(root: Path) -> dict[str, str]:
    first = read_text(root / "proc/cpuinfo").split("\n\n", 1)[0]
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def read_memory(root: Path) -> Reading:
    """Read memory: total in KiB, NUMA nodes, huge pages by size in KiB and node, THP, swap."""
    totals = _meminfo(root)
    base = root / "sys/kernel/mm"
    nodes = root / "sys/devices/system"
    found = Gathering()
    found.add("total-kib", lambda: totals.get("MemTotal"))
    found.add("page-size", lambda: os.sysconf("SC_PAGE_SIZE"))
    found.add("swap-total-kib", lambda: totals.get("SwapTotal"))
    found.add("huge-page-size-kib", lambda: totals.get("Hugepagesize"))
    found.add("huge-pages", lambda: _huge_pages(require(base, "sysfs") / "hugepages"))
    found.add("transparent-huge-pages", lambda: _chosen(base / "transparent_hugepage/enabled"))
    found.add(
        "transparent-huge-pages-defrag", lambda: _chosen(base / "transparent_hugepage/defrag")
    )
    found.add("ksm", partial(number_of, base / "ksm/run"))
    found.add("numa", lambda: _numa(require(nodes, "sysfs") / "node"))
    return found.reading


def read_memory_volatile(root: Path) -> Reading:
    """Read the memory of each NUMA node in KiB: a hypervisor plugs and takes it as it likes."""
    base = root / "sys/devices/system/node"
    found = Gathering()
    for name in names(base, "node[0-9]*"):
        found.add(f"{name}-kib", partial(_node_total, base / name / "meminfo"))
    return found.reading


def _node_total(path: Path) -> int:
    total = re.search(r"MemTotal:\s+(\d+)", read_text(path))
    if total is None:
        raise ValueError(f"{path} has no MemTotal")
    return int(total[1])


def _meminfo(root: Path) -> dict[str, int]:
    pairs = re.findall(r"^(\w+):\s+(\d+)", read_text(root / "proc/meminfo"), re.MULTILINE)
    if "MemTotal" not in dict(pairs):
        raise ValueError("/proc/meminfo has no MemTotal")
    return {name: int(value) for name, value in pairs}


def _huge_pages(folder: Path) -> dict[str, Json]:
    sizes = ((name, _HUGE.fullmatch(name)) for name in names(folder))
    return present(
        {size[1]: number_of(folder / name / "nr_hugepages") for name, size in sizes if size}
    )


def _numa(base: Path) -> list[Json]:
    found = (int(name[4:]) for name in names(base, "node[0-9]*"))
    return [_numa_node(base / f"node{index}", index) for index in sorted(found)]


def _numa_node(folder: Path, index: int) -> Json:
    distances: list[Json] = [int(word) for word in (value_of(folder / "distance") or "").split()]
    return present(
        {
            "node": index,
            "cpus": value_of(folder / "cpulist"),
            "distances": distances,
            "huge-pages": _huge_pages(folder / "hugepages"),
        }
    )


def _chosen(path: Path) -> str | None:
    """Read ``always [madvise] never``: the one in brackets."""
    text = value_of(path)
    match = _CHOSEN.search(text or "")
    return match[1] if match else text


def read_mitigations(root: Path) -> Reading:
    """Read what the kernel says about each processor weakness: name to its sentence."""
    folder = root / "sys/devices/system/cpu/vulnerabilities"
    if not folder.is_dir():
        raise UnavailableError("the kernel lists no processor vulnerabilities")
    found = Gathering()
    for name in names(folder):
        found.add(name, partial(value_of, folder / name))
    return found.reading


def read_security(root: Path) -> Reading:
    """Read security modules, lockdown, swap devices, limits of the first process, cgroups.

    Where securityfs is not mounted nobody knows which security modules are active.
    """
    security = root / "sys/kernel/security"
    found = Gathering()
    found.add("lsm", lambda: _modules(security))
    found.add("apparmor", lambda: _apparmor(root))
    found.add("apparmor-profiles", lambda: _profiles(root, security))
    found.add("selinux", lambda: _selinux(root))
    found.add("lockdown", lambda: _chosen(_mounted(security) / "lockdown"))
    found.add("swap", lambda: _swaps(root))
    found.add("limits", lambda: _limits(root))
    found.add("cgroup-version", lambda: _cgroup_version(root / "sys/fs/cgroup"))
    found.add("fips", partial(number_of, root / "proc/sys/crypto/fips_enabled"))
    return found.reading


def _mounted(security: Path) -> Path:
    """Give the folder of securityfs; the empty one that sysfs has in its place is not it."""
    if not names(security):
        raise UnavailableError("securityfs is not mounted")
    return security


def _modules(security: Path) -> list[Json]:
    return [word for word in read_text(_mounted(security) / "lsm").strip().split(",") if word]


def _apparmor(root: Path) -> str | None:
    return value_of(require(root / "sys/module", "sysfs") / "apparmor/parameters/enabled")


def _profiles(root: Path, security: Path) -> dict[str, Json] | None:
    """Count the profiles by their mode; None where AppArmor is not, or is off."""
    if _apparmor(root) in {None, "N"}:
        return None
    text = read_text(_mounted(security) / "apparmor/profiles")
    return dict(Counter(re.findall(r"\((\w+)\)$", text, re.MULTILINE)))


def _cgroup_version(folder: Path) -> int:
    return 2 if (require(folder, "cgroupfs") / "cgroup.controllers").exists() else 1


def _selinux(root: Path) -> str:
    """Read SELinux' mode: a kernel that runs without it has no folder for its files."""
    folder = require(root / "sys/fs", "sysfs") / "selinux"
    if not folder.is_dir():
        return "disabled"
    enforcing = number_of(folder / "enforce")
    if enforcing is None:
        raise UnavailableError("selinuxfs is not mounted")
    return "enforcing" if enforcing else "permissive"


def _swaps(root: Path) -> list[Json]:
    lines = read_text(root / "proc/swaps").splitlines()
    return [_swap(line.split()) for line in lines[1:] if line.strip()]


def _swap(fields: list[str]) -> Json:
    name, kind, size = (*fields, "", "", "")[:3]
    return {"device": name, "kind": kind, "size-kib": int(size) if size.isdigit() else size}


def _limits(root: Path) -> dict[str, Json]:
    """Read the limits every service starts from; ``unlimited`` or a number as written."""
    lines = read_text(root / "proc/1/limits").splitlines()
    matches = (re.match(r"Max (.+?)\s{2,}(\S+)\s+(\S+)", line) for line in lines[1:])
    return {
        match[1].replace(" ", "-"): {"soft": match[2], "hard": match[3]}
        for match in matches
        if match
    }
