"""Facts of network cards and RDMA devices, from ``/sys/class``."""

import ctypes
import fcntl
import socket
import struct
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from eidos.collectors._reading import (
    Reading,
    UnavailableError,
    collect_subtype,
    names,
    present,
    read_line,
    read_number,
)
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import Collection
from eidos.engine.ports import Fact, Wanted

_INFINIBAND = 32
"""ARPHRD_INFINIBAND, from linux/if_arp.h."""
_ETHTOOL = 0x8946
"""SIOCETHTOOL, from linux/sockios.h."""
_DRIVER_INFO = 3
"""ETHTOOL_GDRVINFO, from linux/ethtool.h."""
_CAPABILITIES_START = 0x100
"""Where the extended capabilities of a PCI Express device start."""
_ACS, _ATS = 0x000D, 0x000F
"""Extended capability numbers of the PCI Express specification."""


class NetworkCollector:
    """Reads ``/sys/class/net`` and ``/sys/class/infiniband``; needs no privilege.

    ACS and ATS need root: the kernel shows others only the start of a PCI configuration. In a
    container without the host's network, ``/sys`` shows the container's cards.
    """

    type = "Network"
    subtypes = ("nics", "rdma")
    reads = "local"

    def collect(self, wanted: Wanted) -> Iterator[Fact | Collection]:
        """Read both kinds of device."""
        readers = {"nics": read_nics, "rdma": read_rdma}
        for name, read in readers.items():
            if name in wanted.subtypes:
                yield from collect_subtype(self.type, wanted.node, name, partial(read, wanted.root))


def read_nics(root: Path) -> Reading:
    """Read every physical card, virtual function and bond; by interface name.

    Links that exist only in software (veth, bridges) come and go with containers and are left out.

    Raises:
        UnavailableError: there is no ``/sys/class/net``.
    """
    base = root / "sys/class/net"
    if not base.is_dir():
        raise UnavailableError("/sys/class/net is not there")
    kept = (name for name in names(base) if _is_card(base / name))
    return Reading({name: _nic(base / name, root) for name in kept})


def _is_card(folder: Path) -> bool:
    return (folder / "device").exists() or (folder / "bonding").is_dir()


def _nic(folder: Path, root: Path) -> Json:
    device = folder / "device"
    speed = read_number(folder / "speed")
    values: dict[str, Json | None] = {
        "state": read_line(folder / "operstate"),
        "carrier": read_number(folder / "carrier") == 1,
        "speed-mbps": speed if speed is not None and speed > 0 else None,
        "duplex": read_line(folder / "duplex"),
        "mtu": read_number(folder / "mtu"),
        "type": "infiniband" if read_number(folder / "type") == _INFINIBAND else "ethernet",
        "firmware": firmware_version(folder.name) if root == Path("/") else None,
        "bond-mode": read_line(folder / "bonding/mode"),
        **_pci(device),
    }
    return present(values)


def firmware_version(name: str) -> str | None:
    """Ask the driver of an interface for the version of its firmware; None when it has none."""
    info = ctypes.create_string_buffer(struct.pack("=I", _DRIVER_INFO), 196)
    request = struct.pack("16sP", name.encode()[:15], ctypes.addressof(info))
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
            fcntl.ioctl(handle, _ETHTOOL, request.ljust(40, b"\0"))
    except OSError:
        return None
    version = info.raw[68:100].split(b"\0", 1)[0].decode(errors="replace").strip()
    return version if version not in {"", "N/A"} else None


def read_rdma(root: Path) -> Reading:
    """Read every RDMA device and its ports; none is an empty fact.

    Raises:
        UnavailableError: there is no ``/sys/class`` to look at.
    """
    if not (root / "sys/class").is_dir():
        raise UnavailableError("/sys/class is not there")
    base = root / "sys/class/infiniband"
    return Reading({name: _rdma(base / name) for name in names(base)})


def _rdma(folder: Path) -> Json:
    ports: dict[str, Json] = {
        name: _port(folder / "ports" / name) for name in names(folder / "ports")
    }
    values: dict[str, Json | None] = {
        "firmware": read_line(folder / "fw_ver"),
        "board": read_line(folder / "board_id"),
        "model": read_line(folder / "hca_type"),
        "node-type": _after_colon(read_line(folder / "node_type")),
        "interfaces": [*names(folder / "device/net")],
        "ports": ports,
        **_pci(folder / "device"),
    }
    return present(values)


def _port(folder: Path) -> Json:
    return present(
        {
            "state": _after_colon(read_line(folder / "state")),
            "physical-state": _after_colon(read_line(folder / "phys_state")),
            "rate": read_line(folder / "rate"),
            "link-layer": read_line(folder / "link_layer"),
        }
    )


def _after_colon(text: str | None) -> str | None:
    """Read ``4: ACTIVE``: the name, not the number."""
    return None if text is None else text.rpartition(":")[2].strip()


def _pci(device: Path) -> dict[str, Json | None]:
    if not device.exists():
        return {}
    real = device.resolve()
    driver = real / "driver"
    numa = read_number(real / "numa_node")
    return {
        "bus-id": real.name,
        "vendor-id": read_line(real / "vendor"),
        "device-id": read_line(real / "device"),
        "driver": driver.resolve().name if driver.exists() else None,
        "numa-node": numa if numa is not None and numa >= 0 else None,
        "sriov-total": read_number(real / "sriov_totalvfs"),
        "sriov-active": read_number(real / "sriov_numvfs"),
        "virtual-function": (real / "physfn").exists(),
        "link-speed": read_line(real / "current_link_speed"),
        "link-speed-max": read_line(real / "max_link_speed"),
        "link-width": read_number(real / "current_link_width"),
        "link-width-max": read_number(real / "max_link_width"),
        "acs": pci_control(real / "config", _ACS),
        "ats": _enabled(pci_control(real / "config", _ATS)),
    }


def _enabled(control: int | None) -> bool | None:
    return None if control is None else bool(control & 0x8000)


def pci_control(config: Path, capability: int) -> int | None:
    """Give the control register of an extended capability; None when it is not there or not shown.

    Args:
        config: the device's ``config`` file.
        capability: number of the extended capability.
    """
    try:
        space = config.read_bytes()
    except OSError:
        return None
    offset = _CAPABILITIES_START
    for _ in range(48):  # a broken device may point in circles
        if offset + 8 > len(space):
            return None
        (header,) = struct.unpack_from("<I", space, offset)
        if header & 0xFFFF == capability:
            control: int = struct.unpack_from("<H", space, offset + 6)[0]
            return control
        offset = header >> 20
        if offset < _CAPABILITIES_START:
            return None
    return None


collector = NetworkCollector()
