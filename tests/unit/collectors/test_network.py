"""Network cards and RDMA devices."""

import struct
from pathlib import Path

from eidos.collectors.network import collector, pci_control
from eidos.engine.model.snapshot import CollectorState
from fakes.collected import Collected
from fakes.machines import gpu_node


def test_cards_and_not_links_of_software(tmp_path: Path) -> None:
    nics = Collected(collector, gpu_node(tmp_path), "nics").facts["nics"]

    assert set(nics) == {"eth0"}
    card = nics["eth0"]
    assert isinstance(card, dict)
    assert (card["mtu"], card["speed-mbps"], card["numa-node"], card["sriov-active"]) == (
        9001,
        100000,
        1,
        8,
    )


def test_rdma_devices_with_their_ports(tmp_path: Path) -> None:
    device = Collected(collector, gpu_node(tmp_path), "rdma").facts["rdma"]["mlx5_0"]

    assert isinstance(device, dict)
    assert device["firmware"] == "28.39.1002"
    assert device["ports"] == {"1": {"state": "ACTIVE", "link-layer": "InfiniBand"}}


def test_no_rdma_device_is_an_empty_fact_and_no_sysfs_is_not(tmp_path: Path) -> None:
    (tmp_path / "some/sys/class/net").mkdir(parents=True)

    assert Collected(collector, tmp_path / "some").facts["rdma"] == {}
    assert Collected(collector, tmp_path).state("rdma") is CollectorState.UNAVAILABLE


def test_control_registers_of_the_extended_configuration(tmp_path: Path) -> None:
    space = bytearray(4096)
    struct.pack_into("<IHH", space, 0x100, 0x140 << 20 | 1 << 16 | 0x000D, 0, 0x5D)
    struct.pack_into("<IHH", space, 0x140, 0x100 << 20 | 1 << 16 | 0x000F, 0, 0x8000)
    config = tmp_path / "config"
    config.write_bytes(space)

    assert pci_control(config, 0x000D) == 0x5D
    assert pci_control(config, 0x000F) == 0x8000
    assert pci_control(config, 0x0010) is None  # the list goes in a circle
    config.write_bytes(space[:64])  # what the kernel shows without privilege
    assert pci_control(config, 0x000D) is None
