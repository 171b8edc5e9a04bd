"""Facts of NVIDIA GPUs: every device, the driver and its parameters, and the PCI bus."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from eidos.collectors._gpu_model import Device, Gpus
from eidos.collectors._nvidia_smi import read_nvidia_smi
from eidos.collectors._nvml import read_nvml
from eidos.collectors._reading import (
    Reading,
    UnavailableError,
    collect_subtype,
    present,
    read_line,
    read_number,
    read_text,
    value_of,
)
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import Collection
from eidos.engine.ports import Fact, Wanted

_NVIDIA = "0x10de"
_DISPLAY = "0x03"
"""PCI class of graphics and compute devices; bridges and audio of the same maker have others."""


class GpuCollector:
    """Reads NVML, or nvidia-smi where NVML is not; and ``/proc/driver/nvidia``, ``/sys/bus/pci``.

    In a container it needs the driver's library (the NVIDIA runtime mounts it) or the host's files
    under the root.
    """

    type = "GPU"
    subtypes = ("pci", "driver", "driver-params", "smi", "devices", "devices-volatile")
    reads = "local"

    def collect(self, wanted: Wanted) -> Iterator[Fact | Collection]:
        """Read what is safe first: the driver's library may take the process with it."""
        source = _Source(wanted.root, wanted.timeout / 2)
        readers: dict[str, Callable[[], Reading]] = {
            "pci": lambda: read_pci(wanted.root),
            "driver": lambda: read_driver(wanted.root),
            "driver-params": lambda: read_driver_params(wanted.root),
            "smi": lambda: Reading(source.gpus.smi(), source.gpus.smi_missing()),
            "devices": lambda: Reading(
                source.gpus.stable(), source.gpus.stable_missing(), unread=source.gpus.unread
            ),
            "devices-volatile": lambda: Reading(
                source.gpus.volatile(), source.gpus.volatile_missing()
            ),
        }
        for name, read in readers.items():
            if name in wanted.subtypes:
                yield from collect_subtype(self.type, wanted.node, name, read)


class _Source:
    """Asks for the GPUs when they are first wanted, and once."""

    def __init__(self, root: Path, timeout: float) -> None:
        self._root = root
        self._timeout = timeout
        self._kept: Gpus | Exception | None = None

    @property
    def gpus(self) -> Gpus:
        """NVML's answer, or that of nvidia-smi; a failure is kept as well, for it may take long.

        Raises:
            UnavailableError: there is neither.
            OSError: it failed.
            ValueError: it gave no answer.
        """
        if self._kept is None:
            try:
                self._kept = self._read()
            except (UnavailableError, OSError, ValueError) as why:
                self._kept = why
        if isinstance(self._kept, Gpus):
            return self._kept
        raise self._kept

    def _read(self) -> Gpus:
        before = _loaded_version(self._root)
        gpus = self._asked()
        after = _loaded_version(self._root)
        if before != after:
            raise OSError(f"the driver was changed while it was read: {before}, then {after}")
        for device in gpus.devices:
            self._place(device)
        return gpus

    def _asked(self) -> Gpus:
        try:
            return read_nvml(self._root)
        except UnavailableError as why:
            try:
                return read_nvidia_smi(self._root, self._timeout)
            except UnavailableError as neither:
                raise UnavailableError(f"{why}; {neither}{self._on_the_bus()}") from None

    def _on_the_bus(self) -> str:
        try:
            count = len(_graphics(self._root))
        except OSError:  # which `read_pci` says
            return ""
        said = "1 NVIDIA GPU is" if count == 1 else f"{count} NVIDIA GPUs are"
        return f"; {said} on the PCI bus" if count else ""

    def _place(self, device: Device) -> None:
        """Add the NUMA node that the device hangs on, which the bus knows best."""
        bus_id = str(device.facts.get("pcie.bus-id", ""))
        folder = self._root / "sys/bus/pci/devices" / bus_id[-12:].lower()
        node = read_number(folder / "numa_node") if bus_id else None
        if node is not None and node >= 0:
            device.facts["numa-node"] = node


def _loaded_version(root: Path) -> str | None:
    return read_line(root / "proc/driver/nvidia/version")


def read_pci(root: Path) -> Reading:
    """Read which NVIDIA GPUs the PCI bus has, driver or not.

    Raises:
        UnavailableError: there is no PCI bus to look at.
    """
    if not (root / "sys/bus/pci/devices").is_dir():
        raise UnavailableError("there is no PCI bus to look at")
    devices: list[Json] = [_pci_device(folder) for folder in _graphics(root)]
    return Reading({"gpu-count": len(devices), "devices": devices})


def _graphics(root: Path) -> list[Path]:
    """Give the NVIDIA GPUs on the bus.

    Raises:
        OSError: a device does not say what it is: then nobody can say that there is none.
    """
    base = root / "sys/bus/pci/devices"
    folders = sorted(base.iterdir()) if base.is_dir() else []
    return [
        folder
        for folder in folders
        if value_of(folder / "vendor") == _NVIDIA
        and (value_of(folder / "class") or _DISPLAY).startswith(_DISPLAY)
    ]


def _pci_device(folder: Path) -> Json:
    driver = folder / "driver"
    return present(
        {
            "bus-id": folder.name,
            "device-id": read_line(folder / "device"),
            "subsystem-id": read_line(folder / "subsystem_device"),
            "driver": driver.resolve().name if driver.exists() else None,
            "numa-node": read_number(folder / "numa_node"),
        }
    )


def read_driver(root: Path) -> Reading:
    """Read the loaded kernel driver's version and whether it is the open one."""
    text = _driver_file(root, "version")
    version = re.search(r"\b(\d{3}\.\d+(?:\.\d+)?)\b", text)
    kind = "open" if "Open Kernel Module" in text else "proprietary"
    return Reading(present({"version": version[1] if version else None, "kernel-module": kind}))


def read_driver_params(root: Path) -> Reading:
    """Read the kernel driver's parameters, numbers as numbers."""
    pairs = (line.partition(":") for line in _driver_file(root, "params").splitlines())
    return Reading({name.strip(): _param(value.strip()) for name, sign, value in pairs if sign})


def _driver_file(root: Path, name: str) -> str:
    path = root / "proc/driver/nvidia" / name
    try:
        return read_text(path)
    except FileNotFoundError:
        raise UnavailableError("the NVIDIA kernel driver is not loaded") from None


def _param(text: str) -> Json:
    return int(text) if text.isdigit() else text.strip('"')


collector = GpuCollector()
