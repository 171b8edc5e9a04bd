"""What ``nvidia-smi -q -x`` writes, made from a table: the spellings of many driver branches."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from eidos.collectors._commands import Ended
from eidos.collectors._gpu_model import Gpus
from eidos.collectors._nvidia_smi import read_output
from eidos.collectors._nvidia_smi_xml import parse

Tree = Mapping[str, "str | Tree"]

H200 = Path(__file__).parent / "nvidia_smi" / "h200-580.xml"
"""A real H200 with driver 580.159.04; identities are replaced, the list of clocks is left out."""

_TOTALS: Tree = {
    "single_bit": {"device_memory": "1", "total": "1"},
    "double_bit": {"device_memory": "4", "total": "4"},
}
_TURING: Tree = {
    "sram_correctable": "1",
    "sram_uncorrectable": "4",
    "dram_correctable": "0",
    "dram_uncorrectable": "0",
}
_AMPERE: Tree = {
    "sram_correctable": "0",
    "sram_uncorrectable_parity": "1",
    "sram_uncorrectable_secded": "1",
    "dram_correctable": "1",
    "dram_uncorrectable": "2",
}
"""All three tell of one corrected error and of four that were not."""


@dataclass(frozen=True, slots=True)
class Branch:
    """How the drivers of one branch, with one kind of GPU, say the same things."""

    driver: str
    power: str = "gpu_power_readings"
    draw: tuple[str, ...] = ("average_power_draw", "instant_power_draw")
    limit: str = "requested_power_limit"
    ecc: Tree | None = None
    clocks: str = "event"
    module: str = "platformInfo/module_id"
    versions: tuple[str, str] = ("driver_version", "cuda_version")
    lacks: tuple[str, ...] = ()
    """Facts of which this driver says nothing."""


_BEFORE_HEALTH = ("recovery-action", "fabric.health")
_BEFORE_FABRIC = (*_BEFORE_HEALTH, "fabric", "c2c-mode", "addressing-mode", "board-part-number")

BRANCHES = {
    "418-volta": Branch(
        "418.226.00",
        "power_readings",
        ("power_draw",),
        "power_limit",
        _TOTALS,
        "throttle",
        lacks=(
            *(*_BEFORE_FABRIC, "architecture", "gsp-firmware-version", "module-id", "mig"),
            "remapped-rows",
        ),
    ),
    "450-turing": Branch(
        "450.248.02",
        "power_readings",
        ("power_draw",),
        "power_limit",
        _TURING,
        "throttle",
        lacks=(*_BEFORE_FABRIC, "architecture", "gsp-firmware-version", "module-id"),
    ),
    "470-ampere": Branch(
        "470.256.02",
        "power_readings",
        ("power_draw",),
        "power_limit",
        _TURING,
        "throttle",
        lacks=(*_BEFORE_FABRIC, "gsp-firmware-version", "module-id"),
    ),
    "525-hopper": Branch(
        "525.147.05",
        "power_readings",
        ("power_draw",),
        "power_limit",
        _TURING,
        "throttle",
        "gpu_module_id",
        lacks=(*_BEFORE_HEALTH, "fabric", "c2c-mode"),
    ),
    "535-hopper": Branch(
        "535.309.01",
        draw=("power_draw",),
        ecc=_TURING,
        module="gpu_module_id",
        lacks=(*_BEFORE_HEALTH, "c2c-mode"),
    ),
    "550-hopper": Branch(
        "550.163.01",
        draw=("power_draw",),
        ecc=_AMPERE,
        module="gpu_module_id",
        lacks=_BEFORE_HEALTH,
    ),
    "570-hopper": Branch("570.86.15", draw=("power_draw",), ecc=_AMPERE),
    "580-blackwell": Branch("580.159.04", ecc=_AMPERE),
    "610-blackwell": Branch("610.57.04", ecc=_AMPERE, versions=("kmd_version", "cuda_umd_version")),
}


def document(branch: Branch, *gpus: Tree) -> str:
    """Write the document of a machine."""
    driver, cuda = branch.versions
    deprecated = "Requested functionality has been deprecated"
    head = {"driver_version": deprecated, "cuda_version": deprecated}
    head |= {driver: branch.driver, cuda: "13.0", "attached_gpus": str(len(gpus))}
    body = "".join(
        f'<gpu id="00000000:0{i}:00.0">\n{xml(gpu)}</gpu>\n' for i, gpu in enumerate(gpus)
    )
    return f'<?xml version="1.0" ?>\n<nvidia_smi_log>\n{xml(head)}{body}</nvidia_smi_log>\n'


def xml(tree: Tree) -> str:
    """Write elements, one a line as nvidia-smi does."""
    return "".join(
        f"<{name}>\n{xml(value)}</{name}>\n"
        if isinstance(value, Mapping)
        else f"<{name}>{escape(value)}</{name}>\n"
        for name, value in tree.items()
    )


def gpu(branch: Branch, index: int = 0, **others: "str | Tree") -> dict[str, "str | Tree"]:
    """Describe a GPU in the words of a branch.

    Args:
        branch: whose words.
        index: what tells it from the others.
        others: elements that are otherwise than those of a healthy GPU.
    """
    clocks = {"graphics_clock": "345 MHz", "sm_clock": "345 MHz"}
    clocks |= {"mem_clock": "2619 MHz", "video_clock": "765 MHz"}
    reason = f"clocks_{branch.clocks}_reason"
    told: dict[str, str | Tree] = {
        "product_name": "NVIDIA H100 80GB HBM3",
        "product_architecture": "Hopper",
        "display_mode": "Enabled",
        "display_active": "Disabled",
        "persistence_mode": "Enabled",
        "addressing_mode": "HMM",
        "mig_mode": {"current_mig": "Disabled", "pending_mig": "Disabled"},
        "mig_devices": "None",
        "serial": f"165000000000{index}",
        "uuid": f"GPU-00000000-0000-0000-0000-{index:012d}",
        "minor_number": str(index),
        "vbios_version": "96.00.A5.00.01",
        "board_part_number": "692-2G520-0200-000",
        "platformInfo": {"module_id": "2"},
        "gpu_module_id": "2",
        "inforom_version": {
            "img_version": "G520.0200.00.05",
            "oem_object": "2.1",
            "ecc_object": "7.16",
            "pwr_object": "N/A",
        },
        "c2c_mode": "Disabled",
        "gpu_virtualization_mode": {"virtualization_mode": "None"},
        "gpu_recovery_action": "None",
        "gsp_firmware_version": branch.driver,
        "pci": {
            "pci_device_id": "233010DE",
            "pci_bus_id": f"00000000:0{index + 1}:00.0",
            "pci_sub_system_id": "16C110DE",
            "pci_gpu_link_info": {
                "pcie_gen": {"max_link_gen": "5", "current_link_gen": "5"},
                "link_widths": {"max_link_width": "16x", "current_link_width": "16x"},
            },
            "replay_counter": "0",
        },
        "performance_state": "P0",
        f"{reason}s": {f"{reason}_gpu_idle": "Active", f"{reason}_sw_power_cap": "Not Active"},
        "fb_memory_usage": {"total": "81559 MiB", "used": "1 MiB"},
        "bar1_memory_usage": {"total": "131072 MiB"},
        "compute_mode": "Default",
        "ecc_mode": {"current_ecc": "Enabled", "pending_ecc": "Enabled"},
        "ecc_errors": {"volatile": branch.ecc or {}, "aggregate": branch.ecc or {}},
        "retired_pages": {
            "multiple_single_bit_retirement": {"retired_count": "N/A"},
            "double_bit_retirement": {"retired_count": "N/A"},
            "pending_retirement": "N/A",
        },
        "remapped_rows": {
            "remapped_row_corr": "0",
            "remapped_row_unc": "0",
            "remapped_row_pending": "No",
            "remapped_row_failure": "No",
            "row_remapper_histogram": "N/A",
        },
        "temperature": {"gpu_temp": "33 C"},
        branch.power: {
            **dict.fromkeys(branch.draw, "70.93 W"),
            branch.limit: "650.00 W",
            "default_power_limit": "700.00 W",
            "min_power_limit": "200.00 W",
            "max_power_limit": "700.00 W",
        },
        "clocks": clocks,
        "applications_clocks": {"graphics_clock": "1980 MHz", "mem_clock": "2619 MHz"},
        "max_clocks": clocks,
        "fabric": {
            "state": "Completed",
            "status": "Success",
            "cliqueId": "7",
            "clusterUuid": "3c779ff4-fdcc-4e9c-9f3b-2d0b6b0e8f11",
            "health": {
                "summary": "Healthy",
                "bandwidth": "Full",
                "route_recovery_in_progress": "False",
                "route_unhealthy": "False",
                "access_timeout_recovery": "False",
                "incorrect_configuration": "None",
            },
        },
    }
    return {**_as_told(told, branch), **others}


_ELEMENTS = {
    "architecture": "product_architecture",
    "addressing-mode": "addressing_mode",
    "board-part-number": "board_part_number",
    "c2c-mode": "c2c_mode",
    "gsp-firmware-version": "gsp_firmware_version",
    "mig": "mig_mode",
    "recovery-action": "gpu_recovery_action",
    "remapped-rows": "remapped_rows",
}


def _as_told(told: dict[str, "str | Tree"], branch: Branch) -> dict[str, "str | Tree"]:
    """Leave out what a branch does not say."""
    gone = {_ELEMENTS.get(fact, fact) for fact in branch.lacks}
    if branch.module != "gpu_module_id" or "module-id" in branch.lacks:
        gone.add("gpu_module_id")
    if branch.module == "gpu_module_id" or "module-id" in branch.lacks:
        gone.add("platformInfo")
    kept = {name: value for name, value in told.items() if name not in gone}
    fabric = kept.get("fabric")
    if "fabric.health" in branch.lacks and isinstance(fabric, Mapping):
        kept["fabric"] = {name: value for name, value in fabric.items() if name != "health"}
    return kept


def parse_query(text: str) -> Gpus:
    """Read the output of ``nvidia-smi -q -x`` as the collector does."""
    return read_output(parse(text), Ended("nvidia-smi", text, "", 0))
