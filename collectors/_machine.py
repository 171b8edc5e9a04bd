"""Processors, memory and what protects them, from ``/sys`` and ``/proc``."""

import os
import re
from collections import Counter
from pathlib import Path

from eidos.collectors._reading import (
    Reading,
    UnavailableError,
    names,
    present,
    read_line,
    read_number,
    read_text,
)
from eidos.engine.model.jsonvalue import Json

_CHOSEN = re.compile(r"\[([^\]]+)\]")
_HUGE = re.compile(r"hugepages-(\d+)kB")


def read_cpu(root: Path) -> Reading:
    """Read the processors: model, topology, governor, SMT, isolation, microcode."""
    base = root / "sys/devices/system/cpu"
    info = _cpuinfo(root)
    folders = names(base, "cpu[0-9]*")
    governors = {read_line(base / cpu / "cpufreq/scaling_governor") for cpu in folders} - {None}
    packages = {read_line(base / cpu / "topology/physical_package_id") for cpu in folders} - {None}
    cores = {
        (
            read_line(base / cpu / "topology/physical_package_id"),
            read_line(base / cpu / "topology/core_id"),
        )
        for cpu in folders
        if (base / cpu / "topology/core_id").exists()
    }
    return Reading(
        present(
            {
                "architecture": os.uname().machine,
                "model": info.get("model name") or info.get("CPU part"),
                "vendor": info.get("vendor_id") or info.get("CPU implementer"),
                "microcode": info.get("microcode"),
                "flags": list(info.get("flags", info.get("Features", "")).split()),
                "online": read_line(base / "online"),
                "isolated": read_line(base / "isolated"),
                "count": len(folders),
                "sockets": len(packages) or None,
                "cores": len(cores) or None,
                "smt": read_line(base / "smt/control"),
                "governors": [str(governor) for governor in sorted(governors, key=str)],
                "driver": read_line(base / "cpu0/cpufreq/scaling_driver"),
                "idle-driver": read_line(base / "cpuidle/current_driver"),
            }
        )
    )


def _cpuinfo(root: Path) -> dict[str, str]:
    first = read_text(root / "proc/cpuinfo").split("\n\n", 1)[0]
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def read_memory(root: Path) -> Reading:
    """Read memory: total in KiB, NUMA nodes, huge pages by size in KiB and node, THP, swap."""
    totals = _meminfo(root)
    base = root / "sys/kernel/mm"
    return Reading(
        present(
            {
                "total-kib": totals.get("MemTotal"),
                "page-size": os.sysconf("SC_PAGE_SIZE"),
                "swap-total-kib": totals.get("SwapTotal"),
                "huge-page-size-kib": totals.get("Hugepagesize"),
                "huge-pages": _huge_pages(base / "hugepages"),
                "transparent-huge-pages": _chosen(base / "transparent_hugepage/enabled"),
                "transparent-huge-pages-defrag": _chosen(base / "transparent_hugepage/defrag"),
                "ksm": read_number(base / "ksm/run"),
                "numa": _numa(root / "sys/devices/system/node"),
            }
        )
    )


def _meminfo(root: Path) -> dict[str, int]:
    pairs = re.findall(r"^(\w+):\s+(\d+)", read_text(root / "proc/meminfo"), re.MULTILINE)
    if "MemTotal" not in dict(pairs):
        raise ValueError("/proc/meminfo has no MemTotal")
    return {name: int(value) for name, value in pairs}


def _huge_pages(folder: Path) -> dict[str, Json]:
    sizes = ((name, _HUGE.fullmatch(name)) for name in names(folder))
    return present(
        {size[1]: read_number(folder / name / "nr_hugepages") for name, size in sizes if size}
    )


def _numa(base: Path) -> list[Json]:
    found = (int(name[4:]) for name in names(base, "node[0-9]*"))
    return [_numa_node(base / f"node{index}", index) for index in sorted(found)]


def _numa_node(folder: Path, index: int) -> Json:
    total = re.search(r"MemTotal:\s+(\d+)", read_line(folder / "meminfo") or "")
    distances: list[Json] = [int(word) for word in (read_line(folder / "distance") or "").split()]
    return present(
        {
            "node": index,
            "cpus": read_line(folder / "cpulist"),
            "memory-kib": int(total[1]) if total else None,
            "distances": distances,
            "huge-pages": _huge_pages(folder / "hugepages"),
        }
    )


def _chosen(path: Path) -> str | None:
    """Read ``always [madvise] never``: the one in brackets."""
    text = read_line(path)
    match = _CHOSEN.search(text or "")
    return match[1] if match else text


def read_mitigations(root: Path) -> Reading:
    """Read what the kernel says about each processor weakness: name to its sentence."""
    folder = root / "sys/devices/system/cpu/vulnerabilities"
    if not folder.is_dir():
        raise UnavailableError("the kernel lists no processor vulnerabilities")
    return Reading(present({name: read_line(folder / name) for name in names(folder)}))


def read_security(root: Path) -> Reading:
    """Read security modules, lockdown, swap devices, limits of the first process, cgroups."""
    security = root / "sys/kernel/security"
    profiles = Counter(re.findall(r"\((\w+)\)$", _profiles(security), re.MULTILINE))
    return Reading(
        present(
            {
                "lsm": _words(read_line(security / "lsm")),
                "apparmor": read_line(root / "sys/module/apparmor/parameters/enabled"),
                "apparmor-profiles": dict(profiles) or None,
                "selinux": _selinux(root),
                "lockdown": _chosen(security / "lockdown"),
                "swap": _swaps(root),
                "limits": _limits(root),
                "cgroup-version": _cgroup_version(root / "sys/fs/cgroup"),
                "fips": read_number(root / "proc/sys/crypto/fips_enabled"),
            }
        )
    )


def _words(text: str | None) -> list[Json] | None:
    return None if text is None else [word for word in text.split(",") if word]


def _profiles(security: Path) -> str:
    return read_line(security / "apparmor/profiles") or ""


def _cgroup_version(folder: Path) -> int | None:
    if not folder.is_dir():
        return None
    return 2 if (folder / "cgroup.controllers").exists() else 1


def _selinux(root: Path) -> str | None:
    if not (root / "sys/fs").is_dir():
        return None
    enforcing = read_number(root / "sys/fs/selinux/enforce")
    return "disabled" if enforcing is None else ("enforcing" if enforcing else "permissive")


def _swaps(root: Path) -> list[Json] | None:
    """Give the swap devices; None when they cannot be listed, which is not "no swap"."""
    text = read_line(root / "proc/swaps")
    if text is None:
        return None
    return [_swap(line.split()) for line in text.splitlines()[1:] if line.strip()]


def _swap(fields: list[str]) -> Json:
    name, kind, size = (*fields, "", "", "")[:3]
    return {"device": name, "kind": kind, "size-kib": int(size) if size.isdigit() else size}


def _limits(root: Path) -> dict[str, Json] | None:
    """Read the limits every service starts from; ``unlimited`` or a number as written."""
    text = read_line(root / "proc/1/limits")
    if text is None:
        return None
    matches = (re.match(r"Max (.+?)\s{2,}(\S+)\s+(\S+)", line) for line in text.splitlines()[1:])
    return {
        match[1].replace(" ", "-"): {"soft": match[2], "hard": match[3]}
        for match in matches
        if match
    }
