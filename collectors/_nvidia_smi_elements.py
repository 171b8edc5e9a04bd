"""Which elements of ``nvidia-smi -q -x`` give which fact, under every name that drivers used.

Sources: the documents of drivers 418 to 595 and the manual page of 610. From 530 on power readings
are told for GPU, memory and module apart; from 570 on the draw is told as average and instant, and
clocks are held back by "event reasons" and no longer by "throttle reasons" (535).
"""

import re
from collections.abc import Callable, Mapping

from eidos.engine.model.jsonvalue import Json

Parse = Callable[[str], Json]


def _whole(unit: str = "") -> Parse:
    """Read ``81559 MiB``, ``16x``: a number of another unit is not that number."""
    pattern = re.compile(rf"(-?\d+)\s*{unit}")

    def parse(text: str) -> int:
        match = pattern.fullmatch(text)
        if match is None:
            raise ValueError(f"{text[:80]!r} is no number{f' of {unit}' if unit else ''}")
        return int(match[1])

    return parse


def _watts(text: str) -> float:
    match = re.fullmatch(r"(-?\d+(?:\.\d+)?)\s*W", text)
    if match is None:
        raise ValueError(f"{text[:80]!r} is no power in watts")
    return float(match[1])


def _truth(text: str) -> bool:
    words = {"yes": True, "true": True, "no": False, "false": False}
    if text.lower() not in words:
        raise ValueError(f"{text[:80]!r} is neither yes nor no")
    return words[text.lower()]


def _switch(text: str) -> str:
    if text not in {"Enabled", "Disabled"}:
        raise ValueError(f"{text[:80]!r} is neither Enabled nor Disabled")
    return text


def _as_is(text: str) -> str:
    return text


def _bus_id(text: str) -> str:
    if not BUS_ID.fullmatch(text):
        raise ValueError(f"{text[:80]!r} is no place on the bus")
    return text.upper()


def _version(text: str) -> str:
    if not re.fullmatch(r"\d+(?:\.\d+)+", text):
        raise ValueError(f"{text[:80]!r} is no version")
    return text


BUS_ID = re.compile(r"[0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-9A-Fa-f]")

_POWER = ("gpu_power_readings", "power_readings")
_GENERATION = "pci/pci_gpu_link_info/pcie_gen"
_WIDTHS = "pci/pci_gpu_link_info/link_widths"
_HISTOGRAM = "remapped_rows/row_remapper_histogram/row_remapper_histogram"


def _powers(*names: str) -> tuple[str, ...]:
    return tuple(f"{group}/{name}" for name in names for group in _POWER)


SYSTEM: Mapping[str, tuple[tuple[str, ...], Parse]] = {
    "driver": (("kmd_version", "driver_version"), _version),
    "cuda-version": (("cuda_umd_version", "cuda_version"), _version),
}
"""Facts that are said once; the later names are those before 610."""

DEVICE: Mapping[str, tuple[tuple[str, ...], Parse]] = {
    "uuid": (("uuid",), _as_is),
    "serial": (("serial",), _as_is),
    "model": (("product_name",), _as_is),
    "minor": (("minor_number",), _whole()),
    "module-id": (("platformInfo/module_id", "gpu_module_id"), _whole()),
    "board-part-number": (("board_part_number",), _as_is),
    "architecture": (("product_architecture",), _as_is),
    "memory-mib": (("fb_memory_usage/total",), _whole("MiB")),
    "bar1-mib": (("bar1_memory_usage/total",), _whole("MiB")),
    "vbios-version": (("vbios_version",), _as_is),
    "gsp-firmware-version": (("gsp_firmware_version",), _as_is),
    "inforom.image": (("inforom_version/img_version",), _as_is),
    "inforom.oem": (("inforom_version/oem_object", "inforom_version/oem_version"), _as_is),
    "inforom.ecc": (("inforom_version/ecc_object", "inforom_version/ecc_version"), _as_is),
    "inforom.power": (("inforom_version/pwr_object", "inforom_version/pwr_version"), _as_is),
    "persistence-mode": (("persistence_mode",), _switch),
    "display-mode": (("display_mode",), _switch),
    "display-active": (("display_active",), _switch),
    "addressing-mode": (("addressing_mode",), _as_is),
    "compute-mode": (("compute_mode",), _as_is),
    "virtualization-mode": (("gpu_virtualization_mode/virtualization_mode",), _as_is),
    "c2c-mode": (("c2c_mode",), _switch),
    "recovery-action": (("gpu_recovery_action",), _as_is),
    "mig.current": (("mig_mode/current_mig",), _switch),
    "mig.pending": (("mig_mode/pending_mig",), _switch),
    "fabric.state": (("fabric/state",), _as_is),
    "fabric.status": (("fabric/status",), _as_is),
    "fabric.clique-id": (("fabric/cliqueId",), _whole()),
    "fabric.cluster-uuid": (("fabric/clusterUuid",), _as_is),
    "fabric.health.summary": (("fabric/health/summary",), _as_is),
    "fabric.health.bandwidth": (("fabric/health/bandwidth",), _as_is),
    "fabric.health.route-recovery": (("fabric/health/route_recovery_in_progress",), _truth),
    "fabric.health.route-unhealthy": (("fabric/health/route_unhealthy",), _truth),
    "fabric.health.access-timeout-recovery": (("fabric/health/access_timeout_recovery",), _truth),
    "fabric.health.incorrect-configuration": (("fabric/health/incorrect_configuration",), _as_is),
    "ecc.current": (("ecc_mode/current_ecc",), _switch),
    "ecc.pending": (("ecc_mode/pending_ecc",), _switch),
    "retired-pages.single-bit": (
        ("retired_pages/multiple_single_bit_retirement/retired_count",),
        _whole(),
    ),
    "retired-pages.double-bit": (("retired_pages/double_bit_retirement/retired_count",), _whole()),
    "retired-pages.pending": (
        ("retired_pages/pending_retirement", "retired_pages/pending_blacklist"),
        _truth,
    ),
    "remapped-rows.correctable": (("remapped_rows/remapped_row_corr",), _whole()),
    "remapped-rows.uncorrectable": (("remapped_rows/remapped_row_unc",), _whole()),
    "remapped-rows.pending": (("remapped_rows/remapped_row_pending",), _truth),
    "remapped-rows.failure": (("remapped_rows/remapped_row_failure",), _truth),
    "remapped-rows.banks.max": ((f"{_HISTOGRAM}_max",), _whole(r"bank\(s\)")),
    "remapped-rows.banks.high": ((f"{_HISTOGRAM}_high",), _whole(r"bank\(s\)")),
    "remapped-rows.banks.partial": ((f"{_HISTOGRAM}_partial",), _whole(r"bank\(s\)")),
    "remapped-rows.banks.low": ((f"{_HISTOGRAM}_low",), _whole(r"bank\(s\)")),
    "remapped-rows.banks.none": ((f"{_HISTOGRAM}_none",), _whole(r"bank\(s\)")),
    "power.limit-w": (
        _powers("requested_power_limit", "power_limit", "current_power_limit"),
        _watts,
    ),
    "power.default-w": (_powers("default_power_limit"), _watts),
    "power.min-w": (_powers("min_power_limit"), _watts),
    "power.max-w": (_powers("max_power_limit"), _watts),
    "clocks.max.graphics": (("max_clocks/graphics_clock",), _whole("MHz")),
    "clocks.max.sm": (("max_clocks/sm_clock",), _whole("MHz")),
    "clocks.max.memory": (("max_clocks/mem_clock",), _whole("MHz")),
    "clocks.max.video": (("max_clocks/video_clock",), _whole("MHz")),
    "clocks.applications.graphics": (("applications_clocks/graphics_clock",), _whole("MHz")),
    "clocks.applications.memory": (("applications_clocks/mem_clock",), _whole("MHz")),
    "pcie.bus-id": (("pci/pci_bus_id",), _bus_id),
    "pcie.device-id": (("pci/pci_device_id",), _as_is),
    "pcie.subsystem-id": (("pci/pci_sub_system_id",), _as_is),
    "pcie.generation-max": ((f"{_GENERATION}/max_link_gen",), _whole()),
    "pcie.width": ((f"{_WIDTHS}/current_link_width",), _whole("x")),
    "pcie.width-max": ((f"{_WIDTHS}/max_link_width",), _whole("x")),
    "now.temperature-c": (("temperature/gpu_temp",), _whole("C")),
    "now.power-w": (_powers("power_draw", "average_power_draw", "instant_power_draw"), _watts),
    "now.memory-used-mib": (("fb_memory_usage/used",), _whole("MiB")),
    "now.performance-state": (("performance_state",), _as_is),
    "now.pcie-generation": ((f"{_GENERATION}/current_link_gen",), _whole()),
    "now.pcie-replays": (("pci/replay_counter",), _whole()),
    "now.clocks.graphics": (("clocks/graphics_clock",), _whole("MHz")),
    "now.clocks.sm": (("clocks/sm_clock",), _whole("MHz")),
    "now.clocks.memory": (("clocks/mem_clock",), _whole("MHz")),
    "now.clocks.video": (("clocks/video_clock",), _whole("MHz")),
}
"""Fact to its elements below ``gpu``, the first that has a value counts, and how it is read."""

GIVEN_UP = frozenset({"display-mode", "clocks.applications.graphics", "clocks.applications.memory"})
"""Facts that drivers call deprecated (575, 580), and will leave out one day."""

MIG_INSTANCE: Mapping[str, tuple[tuple[str, ...], Parse]] = {
    "index": (("index",), _whole()),
    "gpu-instance": (("gpu_instance_id",), _whole()),
    "compute-instance": (("compute_instance_id",), _whole()),
    "memory-mib": (("fb_memory_usage/total",), _whole("MiB")),
    "multiprocessors": (("device_attributes/shared/multiprocessor_count",), _whole()),
}
"""The same of one MIG instance, below ``mig_devices/mig_device``."""

ECC: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "corrected": (("single_bit/total",), ("sram_correctable", "dram_correctable")),
    "uncorrected": (
        ("double_bit/total",),
        (
            "sram_uncorrectable",
            "sram_uncorrectable_parity",
            "sram_uncorrectable_secded",
            "dram_uncorrectable",
        ),
    ),
}
"""Kind of error to its counters below ``ecc_errors/volatile`` and ``aggregate``.

One total up to Volta; from Turing on what is to be added up, and from Ampere on the uncorrectable
errors of SRAM in two parts.
"""

CLOCK_REASONS = (
    ("clocks_event_reasons", "clocks_event_reason_"),
    ("clocks_throttle_reasons", "clocks_throttle_reason_"),
)
"""The group, and what its elements begin with, of what holds the clocks back."""

count: Parse = _whole()


def active(text: str) -> bool:
    """Read whether a reason holds the clocks back.

    Raises:
        ValueError: neither word.
    """
    if text not in {"Active", "Not Active"}:
        raise ValueError(f"{text[:80]!r} is neither Active nor Not Active")
    return text == "Active"


_UNREAD = re.compile(
    r"(?:product_brand|display_attached|mig_devices|accounting_\w+|driver_model|pdi|multigpu_board"
    r"|board_id|gpu_part_number|gpu_fru_part_number|platformInfo|inforom_bbx_flush"
    r"|inforom_checksum_validation|gpu_operation_mode|gpu_reset_status|ibmnpu|fan_speed"
    r"|clocks_event_reasons_counters|sparse_operation_mode|cc_protected_memory_usage|utilization"
    r"|encoder_stats|fbc_stats|dram_encryption_mode|temperature|supported_gpu_target_temp"
    r"|gpu_memory_power_readings|module_power_readings|power_smoothing|power_profiles"
    r"|default_applications_clocks|deferred_clocks|max_customer_boost_clocks|clock_policy|voltage"
    r"|supported_clocks|processes|accounted_processes|capabilities|grid_licensed_product"
    r"|vgpu_\w+|gpu_virtualization_mode)(?:/.*)?"
    r"|(?:fb|bar1)_memory_usage/(?:reserved|used|free)"
    r"|pci/(?:pci_\w+|pci_bridge_chip/\w+|[rt]x_util|replay_rollover_counter|atomic_caps_\w+)"
    rf"|{_GENERATION}/(?:device_current_link_gen|max_(?:device|host)_link_gen)"
    r"|ecc_errors/(?:volatile|aggregate)/(?:single_bit|double_bit)/\w+"
    r"|ecc_errors/aggregate_uncorrectable_sram_sources/\w+|ecc_errors/aggregate/sram_threshold_\w+"
    r"|ecc_errors/(?:channel_repair_pending|tpc_repair_pending|unrepairable_memory)"
    r"|retired_pages/.*|remapped_rows/remapped_row_(?:corr|unc)_inactive"
    r"|fabric/health/partition_assigned"
    r"|(?:gpu_)?power_readings/(?:power_state|power_management|enforced_power_limit)"
)
"""Elements, by their path, that are known and of which no fact is made."""
_GROUPS = re.compile(
    "|".join(
        ["ecc_errors/(?:volatile|aggregate)"]
        + [rf"{group}/{prefix}\w+" for group, prefix in CLOCK_REASONS]
    )
)


def _known() -> frozenset[str]:
    single = {place for places, _ in DEVICE.values() for place in places}
    counters = {
        f"ecc_errors/{scope}/{name}"
        for scope in ("volatile", "aggregate")
        for names in ECC.values()
        for name in (*names[0], *names[1])
    }
    parents = {place.rpartition("/")[0] for place in single | counters}
    return frozenset(single | counters | parents)


_KNOWN = _known()


def is_known(path: str) -> bool:
    """Say whether an element below ``gpu`` is one that eidos reads, or leaves out on purpose."""
    return path in _KNOWN or bool(_UNREAD.fullmatch(path) or _GROUPS.fullmatch(path))
