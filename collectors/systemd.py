"""Facts of systemd units: one subtype a unit, the properties that rules and people set."""

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path

from eidos.collectors._commands import find_program, output_of
from eidos.collectors._reading import Reading, UnavailableError, collect_subtype
from eidos.collectors._units import read_unit
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import Collection
from eidos.engine.ports import Fact, Wanted

UNITS = (
    "containerd.service",
    "kubelet.service",
    "docker.service",
    "crio.service",
    "nvidia-persistenced.service",
    "nvidia-fabricmanager.service",
    "nvidia-imex.service",
    "auditd.service",
    "snap.kubelet-eks.daemon.service",
    "snap.microk8s.daemon-containerd.service",
    "snap.microk8s.daemon-kubelite.service",
)
"""Units looked at when the user names none."""

INFINITY = 18446744073709551615
"""How D-Bus says ``infinity``."""

_NUMBERS = frozenset(
    {
        *(
            f"Limit{name}{soft}"
            for name in ("CORE", "MEMLOCK", "NOFILE", "NPROC", "STACK", "SIGPENDING", "MSGQUEUE")
            for soft in ("", "Soft")
        ),
        *("MemoryMax", "MemoryHigh", "MemoryLow", "MemoryMin", "MemorySwapMax", "TasksMax"),
        *("CPUWeight", "IOWeight", "OOMScoreAdjust", "Nice"),
    }
)
_FLAGS = frozenset(
    {
        *("CPUAccounting", "MemoryAccounting", "TasksAccounting", "IOAccounting", "Delegate"),
        *("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "PrivateNetwork", "ProtectClock"),
        *("ProtectKernelModules", "ProtectKernelTunables", "ProtectKernelLogs", "NeedDaemonReload"),
        *("ProtectControlGroups", "RestrictRealtime", "LockPersonality", "RestrictSUIDSGID"),
    }
)
_LISTS = frozenset(
    {"DropInPaths", "DelegateControllers", "SupplementaryGroups", "EnvironmentFiles"}
)
_COMMANDS = frozenset({"ExecStart", "ExecStartPre"})
_TEXTS = frozenset(
    {
        *("LoadState", "ActiveState", "SubState", "UnitFileState", "FragmentPath", "Type"),
        *("Restart", "KillMode", "Slice", "User", "Group", "Result", "UMask"),
        *("OOMPolicy", "AllowedCPUs", "CPUAffinity", "NUMAPolicy", "DevicePolicy"),
        *("NUMAMask", "CPUSchedulingPolicy", "IOSchedulingClass", "ProtectSystem", "ProtectHome"),
    }
)
PROPERTIES = (*sorted(_NUMBERS | _FLAGS | _LISTS | _COMMANDS | _TEXTS), "Environment")
"""Properties read when the user names none; none of them changes by itself."""

_LIVE = ("ActiveState", "SubState", "Result", "NeedDaemonReload")
"""What no file can tell."""
_UNIT_NAME = re.compile(
    r"[A-Za-z0-9:_.\\@-]{1,250}\.(service|socket|mount|timer|target|slice|path|swap|scope|device)"
)
_ARGV = re.compile(r"argv\[\]=(.*?) ; ignore_errors=")


class SystemdCollector:
    """Asks the system bus through ``systemctl show``, or reads the unit files where none answers.

    Under a root other than ``/`` it reads the unit files of that root.
    """

    type = "SystemD"
    subtypes = UNITS
    reads = "local"

    def collect(self, wanted: Wanted) -> Iterator[Fact | Collection]:
        """Read each wanted unit; an absent one is ``LoadState: not-found`` and nothing else."""
        source = _Source(wanted)
        for unit in sorted(wanted.subtypes):
            yield from collect_subtype(self.type, wanted.node, unit, partial(source.read, unit))


class _Source:
    """Asks for all units at once when the first is wanted."""

    def __init__(self, wanted: Wanted) -> None:
        self._root = wanted.root
        self._units = sorted(unit for unit in wanted.subtypes if _UNIT_NAME.fullmatch(unit))
        self._timeout = wanted.timeout / 2
        named = wanted.options.get("properties")
        extra = [str(name) for name in named] if isinstance(named, list) else []
        self._properties = tuple(dict.fromkeys((*PROPERTIES, *extra)))

    def read(self, unit: str) -> Reading:
        """Read one unit.

        Raises:
            UnavailableError: there is no systemd here.
            ValueError: it is no unit name.
        """
        if not _UNIT_NAME.fullmatch(unit):
            raise ValueError(f"{unit!r} is not the name of a unit")
        if isinstance(self._live, str):
            return self._from_files(unit, self._live)
        return Reading(self._live.get(unit, {"LoadState": "not-found"}))

    def _from_files(self, unit: str, why: str) -> Reading:
        data = properties(read_unit(self._root, unit), self._properties)
        unknown = _LIVE if data.get("LoadState") == "loaded" else ()
        return Reading(data, dict.fromkeys(unknown, f"{why}; read from unit files"))

    @cached_property
    def _live(self) -> Mapping[str, dict[str, Json]] | str:
        """Every unit as systemd has it now, or why systemd does not say."""
        environ = bus_environment(self._root)
        if environ is None:
            if self._root != Path("/") and (self._root / "etc/systemd/system").is_dir():
                return "there is no system bus under the root"
            raise UnavailableError("this machine was not started by systemd")
        try:
            return self._show(environ)
        except (OSError, UnavailableError) as error:
            return str(error)

    def _show(self, environ: Mapping[str, str]) -> Mapping[str, dict[str, Json]]:
        program = find_program("systemctl", self._root, ("usr/bin", "bin"))
        wanted = ",".join(("Id", *self._properties))
        arguments = [program, "show", "--no-pager", f"--property={wanted}", "--", *self._units]
        blocks = output_of(arguments, self._timeout, environ).strip().split("\n\n")
        if len(blocks) != len(self._units):
            raise OSError(f"systemctl described {len(blocks)} of {len(self._units)} units")
        found = (properties(parse_show(block), self._properties) for block in blocks)
        return dict(zip(self._units, found, strict=True))


def bus_environment(root: Path) -> dict[str, str] | None:
    """Give what systemctl needs to reach the root's systemd; None when it cannot."""
    if root == Path("/"):
        return {} if Path("/run/systemd/system").is_dir() else None
    socket = root / "run/dbus/system_bus_socket"
    if not socket.is_socket():
        return None
    return {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={socket}", "SYSTEMCTL_FORCE_BUS": "1"}


def parse_show(block: str) -> dict[str, list[str]]:
    """Read ``Name=value`` lines; a name may come more than once."""
    found: dict[str, list[str]] = {}
    for line in block.splitlines():
        name, sign, value = line.partition("=")
        if sign:
            found.setdefault(name, []).append(value)
    return found


def properties(raw: Mapping[str, Sequence[str]], wanted: Sequence[str]) -> dict[str, Json]:
    """Give properties their types; of a unit that is not there only that is known."""
    if list(raw.get("LoadState", ())) == ["not-found"]:
        return {"LoadState": "not-found"}
    typed = {name: _typed(name, raw[name]) for name in wanted if raw.get(name)}
    return {name: value for name, value in typed.items() if value is not None}


def _typed(name: str, values: Sequence[str]) -> Json | None:
    split = _SPLIT.get(name)
    if split is not None:
        return [part for value in values for part in split(value)]
    last = values[-1].strip()
    if last in {"", "[not set]"}:
        return None
    if name in _NUMBERS:
        return _number(last, soft=name.endswith("Soft"))
    if name in _FLAGS:
        return last.lower() not in {"no", "false", "0", "off"}
    return last


def _words(value: str) -> list[str]:
    try:
        return shlex.split(value)
    except ValueError:
        return [value]


_SPLIT: Mapping[str, Callable[[str], list[str]]] = {
    **dict.fromkeys(_LISTS, str.split),
    **dict.fromkeys(_COMMANDS, lambda value: _ARGV.findall(value) or [value]),
    "Environment": _words,
}
"""Properties that are lists, and how one of their lines is taken apart."""


def _number(text: str, *, soft: bool) -> Json:
    """Read ``1024``, ``infinity``, ``64M`` and, from unit files, ``soft:hard``."""
    first, _, second = text.partition(":")
    chosen = first if soft or not second else second
    if chosen == "infinity":
        return INFINITY
    match = re.fullmatch(r"(-?\d+)([KMGT]?)", chosen)
    return int(match[1]) << (10 * " KMGT".index(match[2] or " ")) if match else text


collector = SystemdCollector()
