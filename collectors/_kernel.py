"""What the kernel was started with, what it has loaded, and which release it runs under."""

import re
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
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

_ARGUMENT = re.compile(r'(?:[^\s"]|"[^"]*")+')
_SERVICE_ACCOUNT = "var/run/secrets/kubernetes.io/serviceaccount"
_FIRST_PROCESS_NAMESPACE = "pid:[4026531836]"
"""PROC_PID_INIT_INO, from linux/proc_ns.h."""
_NOT_SETTINGS = frozenset({"root"})
"""Which disk the machine was started from tells machines apart, not settings."""


def read_grub(root: Path) -> Reading:
    """Read the kernel command line.

    A repeated argument is the list of its values in order, a single one its value, one without a
    value the empty string. What follows ``--`` is for init and no kernel argument.
    """
    arguments: dict[str, list[str]] = {}
    for word in _ARGUMENT.findall(read_text(root / "proc/cmdline")):
        if word == "--":
            break
        name, _, value = word.partition("=")
        if name not in _NOT_SETTINGS:
            arguments.setdefault(name, []).append(value.strip('"'))
    return Reading(
        {
            name: values[0] if len(values) == 1 else list(values)
            for name, values in arguments.items()
        }
    )


def read_kmod(root: Path) -> Reading:
    """Read the names of the loaded modules; each is ``true``."""
    return Reading(dict.fromkeys(_loaded(root), True))


def read_modules(root: Path) -> Reading:
    """Read size in bytes, version and parameters of each loaded module."""
    return Reading({name: _module(root, name, size) for name, size in _loaded(root).items()})


def _loaded(root: Path) -> dict[str, int]:
    path = root / "proc/modules"
    try:
        lines = read_text(path).splitlines()
    except FileNotFoundError:
        if (root / "proc/version").exists() and not (root / "proc/sys/kernel/modprobe").exists():
            return {}  # this kernel cannot load modules
        raise
    fields = [line.split() for line in lines]
    if any(len(line) < 2 or not line[1].isdigit() for line in fields):  # noqa: PLR2004  # name, size
        raise ValueError(f"{path} is cut short or not a list of modules")
    return {line[0]: int(line[1]) for line in fields}


def _module(root: Path, name: str, size: int) -> Json:
    folder = root / "sys/module" / name
    parameters = {
        parameter: read_line(folder / "parameters" / parameter)
        for parameter in names(folder / "parameters")
    }
    values: dict[str, Json | None] = {
        "size": size,
        "version": read_line(folder / "version"),
        "source-version": read_line(folder / "srcversion"),
        "taint": read_line(folder / "taint") or None,
        "parameters": present(parameters),
    }
    return present(values)


def read_release(root: Path) -> Reading:
    """Read the host's ``os-release``.

    Raises:
        UnavailableError: there is none, or only that of a container can be seen.
    """
    if _in_container(root):
        raise UnavailableError(
            "this is a container, and its release is not the host's: mount the host and give --root"
        )
    return _release(root)


def _release(root: Path) -> Reading:
    for place in ("etc/os-release", "usr/lib/os-release"):
        path = root / place
        if path.is_file():
            return Reading(os_release(read_text(path)))
    raise UnavailableError(f"no os-release under {root}")


def read_container_release(root: Path) -> Reading:
    """Read the ``os-release`` of the container that collects; empty when there is no container."""
    own = Path("/")
    return _release(own) if root != own or _in_container(root) else Reading({})


def _in_container(root: Path) -> bool:
    """Say whether the root is a container's own.

    Container runtimes leave marks, and so do machine images that were made of container images; the
    process and mount namespaces tell the two apart.
    """
    marks = (root / ".dockerenv", root / "run/.containerenv", root / _SERVICE_ACCOUNT)
    if root != Path("/") or not any(mark.exists() for mark in marks):
        return False
    if _namespace("self", "pid") != _FIRST_PROCESS_NAMESPACE:
        return True
    first, own = _namespace("1", "mnt"), _namespace("self", "mnt")
    return first is not None and first != own


def _namespace(process: str, kind: str) -> str | None:
    try:
        return str(Path("/proc", process, "ns", kind).readlink())
    except OSError:
        return None


def os_release(text: str) -> Mapping[str, Json]:
    """Read the shell-like assignments of an ``os-release`` file; empty ones are left out."""
    pairs = (line.strip().partition("=") for line in text.splitlines())
    values = {key: _unquoted(value) for key, _, value in pairs if key and not key.startswith("#")}
    return {key: value for key, value in values.items() if value}


def _unquoted(value: str) -> str:
    try:
        return "".join(shlex.split(value)) if value[:1] in {'"', "'"} else value
    except ValueError:
        return value.strip("\"'")


def read_boot(root: Path) -> Reading:
    """Read how and when the machine was started; the time is cut to the minute, UTC."""
    started = re.search(r"^btime (\d+)$", read_text(root / "proc/stat"), re.MULTILINE)
    efi = root / "sys/firmware/efi"
    secure = next(iter(names(efi / "efivars", "SecureBoot-*")), None)
    return Reading(
        present(
            {
                "boot-time": _minute(int(started[1])) if started else None,
                "firmware": "uefi" if efi.is_dir() else "bios",
                "secure-boot": _secure_boot(efi / "efivars" / secure) if secure else None,
                "kernel": read_line(root / "proc/version"),
                "kexec-loaded": read_number(root / "sys/kernel/kexec_loaded"),
            }
        )
    )


def _minute(seconds: int) -> str:
    """Cut a time to the minute: the kernel's own answer wanders by a second."""
    return datetime.fromtimestamp(seconds // 60 * 60, UTC).strftime("%Y-%m-%dT%H:%MZ")


def _secure_boot(path: Path) -> bool | None:
    """Read the EFI variable: four bytes of attributes, then 0 or 1."""
    try:
        return path.read_bytes()[4:5] == b"\x01"
    except OSError:
        return None
