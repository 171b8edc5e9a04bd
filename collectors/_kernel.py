"""What the kernel was started with, what it has loaded, and which release it runs under."""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from eidos.collectors._reading import (
    Gathering,
    Reading,
    UnavailableError,
    names,
    number_of,
    read_text,
    require,
    value_of,
)
from eidos.engine.model.jsonvalue import Json

_ARGUMENT = re.compile(r'(?:[^\s"]|"[^"]*(?:"|$))+')
"""Quotes hold words together, the last of them to the end, as next_arg() of the kernel has it."""
_SERVICE_ACCOUNT = "var/run/secrets/kubernetes.io/serviceaccount"
_FIRST_PROCESS_NAMESPACE = "pid:[4026531836]"
"""PROC_PID_INIT_INO, from linux/proc_ns.h."""
FOR_INIT = "--"
"""Ends the kernel's arguments; what follows is for the first process."""
_NOT_SETTINGS = frozenset({"root"})
"""Which disk the machine was started from tells machines apart, not settings."""


def read_grub(root: Path) -> Reading:
    """Read the kernel command line.

    A repeated argument is the list of its values in order, a single one its value, one without a
    value the empty string. What follows ``--`` is for init: its names stand in the list ``--``.
    """
    words = _ARGUMENT.findall(read_text(root / "proc/cmdline").strip())
    end = words.index(FOR_INIT) if FOR_INIT in words else len(words)
    arguments: dict[str, list[str]] = {}
    for word in words[:end]:
        name, value = _argument(word)
        if name not in _NOT_SETTINGS:
            arguments.setdefault(name, []).append(value)
    data: dict[str, Json] = {
        name: values[0] if len(values) == 1 else list(values) for name, values in arguments.items()
    }
    if end < len(words):
        data[FOR_INIT] = list(_names(words[end + 1 :]))
    return Reading(data)


def _argument(word: str) -> tuple[str, str]:
    """Part name and value; the quotes may stand around both, or around the value."""
    if word.startswith('"'):
        word = word[1:].removesuffix('"')
    name, _, value = word.partition("=")
    return name, value[1:].removesuffix('"') if value.startswith('"') else value


def _names(words: Iterable[str]) -> Iterator[str]:
    """Name what is for init: options, and words that are not the value of one.

    Values are left out: they are no settings of the kernel, and may be secrets.
    """
    takes_value = False
    for word in words:
        name, sign, _ = word.strip('"').partition("=")
        is_option = name.startswith("-")
        if is_option or not takes_value:
            yield name
        takes_value = is_option and not sign


def read_kmod(root: Path) -> Reading:
    """Read the names of the loaded modules; each is ``true``."""
    return Reading(dict.fromkeys(_loaded(root), True))


def read_modules(root: Path) -> Reading:
    """Read size in bytes, version and parameters of each loaded module."""
    data: dict[str, Json] = {}
    missing: dict[str, str] = {}
    for name, size in _loaded(root).items():
        read = _module(root / "sys/module" / name, size)
        data[name] = dict(read.data)
        if read.missing:
            hidden = ", ".join(sorted(read.missing))
            missing[name] = f"{hidden}: {next(iter(read.missing.values()))}"
    return Reading(data, missing)


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


def _module(folder: Path, size: int) -> Reading:
    found, parameters = Gathering(), Gathering()
    for name in names(folder / "parameters"):
        parameters.add(name, partial(value_of, folder / "parameters" / name))
    found.add("size", lambda: size)
    found.add("version", partial(value_of, folder / "version"))
    found.add("source-version", partial(value_of, folder / "srcversion"))
    found.add("taint", lambda: value_of(folder / "taint") or None)
    found.add("parameters", lambda: dict(parameters.reading.data))
    return Reading(found.reading.data, {**found.reading.missing, **parameters.reading.missing})


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
    found = Gathering()
    found.add("boot-time", lambda: _boot_time(root))
    found.add("firmware", lambda: "uefi" if _efi(root).is_dir() else "bios")
    found.add("secure-boot", lambda: _secure_boot(_efi(root)))
    found.add("kernel", partial(value_of, root / "proc/version"))
    found.add("kexec-loaded", partial(number_of, root / "sys/kernel/kexec_loaded"))
    return found.reading


def _boot_time(root: Path) -> str | None:
    started = re.search(r"^btime (\d+)$", read_text(root / "proc/stat"), re.MULTILINE)
    return _minute(int(started[1])) if started else None


def _efi(root: Path) -> Path:
    return require(root / "sys/firmware", "sysfs") / "efi"


def _minute(seconds: int) -> str:
    """Cut a time to the minute: the kernel's own answer wanders by a second."""
    return datetime.fromtimestamp(seconds // 60 * 60, UTC).strftime("%Y-%m-%dT%H:%MZ")


def _secure_boot(efi: Path) -> bool | None:
    """Read the EFI variable: four bytes of attributes, then 0 or 1; None where there is none."""
    if not efi.is_dir():
        return None
    variables = efi / "efivars"
    if not names(variables):
        raise UnavailableError("efivarfs is not mounted, or holds nothing")
    name = next(iter(names(variables, "SecureBoot-*")), None)
    return (variables / name).read_bytes()[4:5] == b"\x01" if name else None
