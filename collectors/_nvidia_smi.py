"""GPUs as ``nvidia-smi -q -x`` tells them: the same facts as NVML, from text."""

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

from eidos.collectors._commands import find_program, output_of
from eidos.collectors._gpu_model import Gpus, nested
from eidos.engine.model.jsonvalue import Json

_FOLDERS = ("usr/bin", "run/nvidia/driver/usr/bin", "home/kubernetes/bin/nvidia/bin")
_ABSENT = re.compile(r"N/A|\[?Not Supported\]?|Requested functionality has been deprecated|")
_LINK = re.compile(r"^\s*Link (\d+):\s*(<inactive>|.*)", re.MULTILINE)
_GPU_LINE = re.compile(r"^GPU \d+: .*\(UUID: (GPU-[0-9a-f-]+)\)", re.MULTILINE)

_Parse = Callable[[str], Json]


def _whole(text: str) -> int:
    """Read ``81559 MiB``, ``16x``, ``33 C``."""
    match = re.match(r"-?\d+", text)
    if match is None:
        raise ValueError(f"{text!r} is no number")
    return int(match[0])


def _decimal(text: str) -> float:
    return float(text.split(maxsplit=1)[0])


def _yes(text: str) -> bool:
    return text == "Yes"


def _as_is(text: str) -> str:
    return text


_PLACES: Mapping[str, tuple[str, _Parse]] = {
    "uuid": ("uuid", _as_is),
    "serial": ("serial", _as_is),
    "model": ("product_name", _as_is),
    "minor": ("minor_number", _whole),
    "module-id": ("platformInfo/module_id", _whole),
    "board-part-number": ("board_part_number", _as_is),
    "architecture": ("product_architecture", _as_is),
    "memory-mib": ("fb_memory_usage/total", _whole),
    "bar1-mib": ("bar1_memory_usage/total", _whole),
    "vbios-version": ("vbios_version", _as_is),
    "gsp-firmware-version": ("gsp_firmware_version", _as_is),
    "inforom.image": ("inforom_version/img_version", _as_is),
    "inforom.oem": ("inforom_version/oem_object", _as_is),
    "inforom.ecc": ("inforom_version/ecc_object", _as_is),
    "inforom.power": ("inforom_version/pwr_object", _as_is),
    "persistence-mode": ("persistence_mode", _as_is),
    "display-mode": ("display_mode", _as_is),
    "display-active": ("display_active", _as_is),
    "addressing-mode": ("addressing_mode", _as_is),
    "compute-mode": ("compute_mode", _as_is),
    "virtualization-mode": ("gpu_virtualization_mode/virtualization_mode", _as_is),
    "c2c-mode": ("c2c_mode", _as_is),
    "mig.current": ("mig_mode/current_mig", _as_is),
    "mig.pending": ("mig_mode/pending_mig", _as_is),
    "fabric.state": ("fabric/state", _as_is),
    "fabric.status": ("fabric/status", _as_is),
    "fabric.clique-id": ("fabric/cliqueId", _whole),
    "fabric.cluster-uuid": ("fabric/clusterUuid", _as_is),
    "ecc.current": ("ecc_mode/current_ecc", _as_is),
    "ecc.pending": ("ecc_mode/pending_ecc", _as_is),
    "retired-pages.single-bit": (
        "retired_pages/multiple_single_bit_retirement/retired_count",
        _whole,
    ),
    "retired-pages.double-bit": ("retired_pages/double_bit_retirement/retired_count", _whole),
    "retired-pages.pending": ("retired_pages/pending_retirement", _yes),
    "remapped-rows.correctable": ("remapped_rows/remapped_row_corr", _whole),
    "remapped-rows.uncorrectable": ("remapped_rows/remapped_row_unc", _whole),
    "remapped-rows.pending": ("remapped_rows/remapped_row_pending", _yes),
    "remapped-rows.failure": ("remapped_rows/remapped_row_failure", _yes),
    "power.limit-w": ("gpu_power_readings/current_power_limit", _decimal),
    "power.default-w": ("gpu_power_readings/default_power_limit", _decimal),
    "power.min-w": ("gpu_power_readings/min_power_limit", _decimal),
    "power.max-w": ("gpu_power_readings/max_power_limit", _decimal),
    "clocks.max.graphics": ("max_clocks/graphics_clock", _whole),
    "clocks.max.sm": ("max_clocks/sm_clock", _whole),
    "clocks.max.memory": ("max_clocks/mem_clock", _whole),
    "clocks.max.video": ("max_clocks/video_clock", _whole),
    "clocks.applications.graphics": ("applications_clocks/graphics_clock", _whole),
    "clocks.applications.memory": ("applications_clocks/mem_clock", _whole),
    "pcie.bus-id": ("pci/pci_bus_id", str.upper),
    "pcie.device-id": ("pci/pci_device_id", _as_is),
    "pcie.subsystem-id": ("pci/pci_sub_system_id", _as_is),
    "pcie.generation-max": ("pci/pci_gpu_link_info/pcie_gen/max_link_gen", _whole),
    "pcie.width": ("pci/pci_gpu_link_info/link_widths/current_link_width", _whole),
    "pcie.width-max": ("pci/pci_gpu_link_info/link_widths/max_link_width", _whole),
    "now.temperature-c": ("temperature/gpu_temp", _whole),
    "now.power-w": ("gpu_power_readings/power_draw", _decimal),
    "now.memory-used-mib": ("fb_memory_usage/used", _whole),
    "now.performance-state": ("performance_state", _as_is),
    "now.pcie-generation": ("pci/pci_gpu_link_info/pcie_gen/current_link_gen", _whole),
    "now.pcie-replays": ("pci/replay_counter", _whole),
    "now.clocks.graphics": ("clocks/graphics_clock", _whole),
    "now.clocks.sm": ("clocks/sm_clock", _whole),
    "now.clocks.memory": ("clocks/mem_clock", _whole),
    "now.clocks.video": ("clocks/video_clock", _whole),
}
"""Fact to its element below ``gpu`` and how its text is read."""


def read_nvidia_smi(root: Path, timeout: float) -> Gpus:
    """Ask nvidia-smi.

    Raises:
        UnavailableError: there is no nvidia-smi.
        OSError: it failed.
        ValueError: what it wrote is not its XML.
    """
    program = find_program("nvidia-smi", root, _FOLDERS)
    gpus = parse_query(output_of([program, "-q", "-x"], timeout))
    extras = _Extras(program, timeout)
    devices = [{**device, **extras.of(str(device.get("uuid")))} for device in gpus.devices]
    return Gpus({**gpus.system, **extras.system()}, devices, gpus.missing)


def parse_query(text: str) -> Gpus:
    """Read the XML of ``nvidia-smi -q -x``.

    Raises:
        ValueError: it is not that XML, or is cut short.
    """
    if "<!ENTITY" in text:
        raise ValueError("nvidia-smi gave XML with entities, which it never does")
    try:
        log = ET.fromstring(text)  # noqa: S314  # entities, the danger, are refused above
    except ET.ParseError as error:
        raise ValueError(f"nvidia-smi gave XML that is cut short or broken: {error}") from None
    if log.tag != "nvidia_smi_log":
        raise ValueError("nvidia-smi gave XML of another kind")
    missing: dict[str, str] = {}
    devices = [_device(gpu, index, missing) for index, gpu in enumerate(log.findall("gpu"))]
    system = {"driver": _said(log, "driver_version"), "cuda-version": _said(log, "cuda_version")}
    attached = _said(log, "attached_gpus")
    if attached is not None and _whole(attached) != len(devices):
        missing["devices"] = f"{attached} GPUs are attached, {len(devices)} are described"
    return Gpus({key: value for key, value in system.items() if value}, devices, missing)


def _said(element: ET.Element, place: str) -> str | None:
    text = (element.findtext(place) or "").strip()
    return None if _ABSENT.fullmatch(text) else text


def _device(gpu: ET.Element, index: int, missing: dict[str, str]) -> dict[str, Json]:
    found: dict[str, Json] = {"index": index}
    for key, (place, parse) in _PLACES.items():
        text = _said(gpu, place)
        if text is None:
            continue
        try:
            found[key] = parse(text)
        except ValueError as error:
            missing[f"devices.{key}"] = str(error)
    found.update(_ecc_totals(gpu))
    if "mig.current" in found:
        found["mig.instances"] = [_instance(mig) for mig in gpu.findall("mig_devices/mig_device")]
    return nested(found)


def _ecc_totals(gpu: ET.Element) -> Iterator[tuple[str, Json]]:
    """Add up the counters of SRAM and DRAM, as NVML's totals do."""
    for counter in ("volatile", "aggregate"):
        for kind, pattern in (("corrected", "_correctable"), ("uncorrected", "_uncorrectable")):
            element = gpu.find(f"ecc_errors/{counter}")
            names = [child.tag for child in element or () if pattern in child.tag]
            texts = [text for name in names if (text := _said(gpu, f"ecc_errors/{counter}/{name}"))]
            if texts:
                yield f"ecc.{counter}.{kind}", sum(_whole(text) for text in texts)


def _instance(mig: ET.Element) -> Json:
    places = {
        "index": "index",
        "gpu-instance": "gpu_instance_id",
        "compute-instance": "compute_instance_id",
        "memory-mib": "fb_memory_usage/total",
        "multiprocessors": "device_attributes/shared/multiprocessor_count",
    }
    texts = {key: _said(mig, place) for key, place in places.items()}
    return {key: _whole(text) for key, text in texts.items() if text is not None}


class _Extras:
    """What the XML leaves out: each is one more short call, and missing it is no failure."""

    def __init__(self, program: str, timeout: float) -> None:
        self._program = program
        self._timeout = timeout
        query = self._ask("--query-gpu=uuid,compute_cap", "--format=csv,noheader")
        pairs = (line.split(", ") for line in query.splitlines())
        self._capabilities = {pair[0]: pair[1].strip() for pair in pairs if len(pair) > 1}
        self._links = parse_links(self._ask("nvlink", "--status"))

    def _ask(self, *arguments: str) -> str:
        with contextlib.suppress(OSError):
            return output_of([self._program, *arguments], self._timeout)
        return ""

    def of(self, uuid: str) -> dict[str, Json]:
        """Give what is known of one device."""
        found: dict[str, Json] = {}
        if uuid in self._capabilities:
            found["compute-capability"] = self._capabilities[uuid]
        if uuid in self._links:
            found["nvlink"] = self._links[uuid]
        return found

    def system(self) -> dict[str, Json]:
        """Give what is known of the machine."""
        match = re.search(r"CC status:\s*(ON|OFF)", self._ask("conf-compute", "-f"))
        return {"confidential-computing": {"on": match[1] == "ON"}} if match else {}


def parse_links(text: str) -> dict[str, Json]:
    """Read ``nvidia-smi nvlink --status``: UUID to the state of its links."""
    parts = _GPU_LINE.split(text)[1:]
    links: dict[str, Json] = {}
    for uuid, lines in zip(parts[::2], parts[1::2], strict=True):
        states = {int(number): state != "<inactive>" for number, state in _LINK.findall(lines)}
        off: list[Json] = [number for number, active in states.items() if not active]
        links[uuid] = {"links": len(states), "active": sum(states.values()), "inactive": off}
    return links
