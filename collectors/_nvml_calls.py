"""Which NVML call gives which fact of the GPU model."""

import ctypes
import uuid
from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any

from eidos.collectors._gpu_model import UnsupportedError, UntoldError
from eidos.engine.model.jsonvalue import Json

Call = Callable[[Any, Any], Json]
"""From the NVML module and a device to the fact."""

_LINKS = 18
"""NVLinks of a Hopper or Blackwell GPU; earlier ones have fewer."""
_MODES = ("Disabled", "Enabled")
_COMPUTE_MODES = ("Default", "Exclusive_Thread", "Prohibited", "Exclusive_Process")
_ADDRESSING = ("None", "HMM", "ATS")
_VIRTUALIZATION = ("None", "Pass-Through", "VGPU", "Host VGPU", "Host VSGA")
_FABRIC_STATES = ("Not Supported", "Not Started", "In Progress", "Completed")
_RECOVERY_ACTIONS = (
    "None",
    "Reset",
    "Reboot",
    "Drain P2P",
    "Drain and Reset",
    "Recover IMEX Domain",
    "Bus Reset",
    "System Reboot",
)
"""In the words of nvidia-smi; those after the fifth are ours, no document with them was seen."""
_HEALTH_SUMMARIES = ("", "Healthy", "Unhealthy", "Limited Capacity")
_HEALTH_TRUTHS = {1: True, 2: False}
_CONFIGURATIONS = (
    "",
    "None",
    "Incorrect SysGuid",
    "Incorrect Chassis SN",
    "No Partition",
    "Insufficient Nvlinks",
    "Incompatible GPU FW",
    "Invalid Location",
    "GPU State Invalid",
)
"""What is wrong with how a GPU is wired; only ``None`` was seen of nvidia-smi's words."""
_CLOCK_REASONS = (
    "gpu-idle",
    "applications-clocks-setting",
    "sw-power-cap",
    "hw-slowdown",
    "sync-boost",
    "sw-thermal-slowdown",
    "hw-thermal-slowdown",
    "hw-power-brake-slowdown",
    "display-clocks-setting",
    "board-limit",
    "reliability",
)
"""By the number of their bit."""
_DISPLAY_MODE_UNTIL = 575
"""From this driver on nvidia-smi calls it deprecated; NVML goes on to answer, for nothing."""
_PRODUCTION = 2
"""Confidential computing environment: 0 unavailable, 1 simulation, 2 production."""


def _named(names: tuple[str, ...], number: int) -> str:
    return names[number] if 0 <= number < len(names) else f"Unknown ({number})"


def _mode(call: str) -> Call:
    return lambda nvml, device: _named(_MODES, getattr(nvml, call)(device))


def _text(call: str) -> Call:
    return lambda nvml, device: _clean(getattr(nvml, call)(device))


def _clean(value: Any) -> str:  # noqa: ANN401  # the module has no types
    return (value.decode(errors="replace") if isinstance(value, bytes) else str(value)).strip()


def _number(call: str, *arguments: str) -> Call:
    def read(nvml: Any, device: Any) -> Json:  # noqa: ANN401
        return int(getattr(nvml, call)(device, *(getattr(nvml, name) for name in arguments)))

    return read


def _part(call: str, index: int, names: tuple[str, ...] = ()) -> Call:
    def read(nvml: Any, device: Any) -> Json:  # noqa: ANN401
        value = int(getattr(nvml, call)(device)[index])
        return _named(names, value) if names else value

    return read


def _flag(call: str, index: int | None = None) -> Call:
    def read(nvml: Any, device: Any) -> Json:  # noqa: ANN401
        value = getattr(nvml, call)(device)
        return bool(value if index is None else value[index])

    return read


def _watts(call: str, index: int | None = None) -> Call:
    def read(nvml: Any, device: Any) -> Json:  # noqa: ANN401
        value = getattr(nvml, call)(device)
        return float((value if index is None else value[index]) / 1000)

    return read


def _mib(call: str, field: str) -> Call:
    return lambda nvml, device: getattr(getattr(nvml, call)(device), field) >> 20


def _inforom(kind: str) -> Call:
    return lambda nvml, device: nvml.nvmlDeviceGetInforomVersion(device, getattr(nvml, kind))


def _cuda(nvml: Any, _: object) -> str:  # noqa: ANN401
    version = nvml.nvmlSystemGetCudaDriverVersion_v2()
    return f"{version // 1000}.{version % 1000 // 10}"


def _confidential(nvml: Any, _: object) -> Json:  # noqa: ANN401
    """Read confidential computing; its details are of use only where it is on."""
    state = nvml.nvmlSystemGetConfComputeState()
    if not state.ccFeature:
        return {"on": False}
    return {
        "on": True,
        "developer-tools": bool(state.devToolsMode),
        "production": state.environment == _PRODUCTION,
    }


def _architecture(nvml: Any, device: object) -> str:  # noqa: ANN401
    number = nvml.nvmlDeviceGetArchitecture(device)
    prefix = "NVML_DEVICE_ARCH_"
    names = {getattr(nvml, name): name for name in dir(nvml) if name.startswith(prefix)}
    return names.get(number, f"{prefix}UNKNOWN").removeprefix(prefix).title()


def _capability(nvml: Any, device: object) -> str:  # noqa: ANN401
    major, minor = nvml.nvmlDeviceGetCudaComputeCapability(device)
    return f"{major}.{minor}"


def _retired(cause: str) -> Call:
    return lambda nvml, device: len(nvml.nvmlDeviceGetRetiredPages(device, getattr(nvml, cause)))


def _ecc(kind: str, counter: str) -> Call:
    return _number(
        "nvmlDeviceGetTotalEccErrors",
        f"NVML_MEMORY_ERROR_TYPE_{kind}",
        f"NVML_{counter}_ECC",
    )


def _clock(call: str, name: str) -> Call:
    return _number(call, f"NVML_CLOCK_{name}")


def _bus_id(nvml: Any, device: object) -> str:  # noqa: ANN401
    return _clean(nvml.nvmlDeviceGetPciInfo(device).busId).upper()


def _pci_number(field: str) -> Call:
    return lambda nvml, device: f"{getattr(nvml.nvmlDeviceGetPciInfo(device), field):08X}"


def _links(nvml: Any, device: object) -> list[bool]:  # noqa: ANN401
    states: list[bool] = []
    for link in range(_LINKS):
        try:
            states.append(bool(nvml.nvmlDeviceGetNvLinkState(device, link)))
        except (nvml.NVMLError_InvalidArgument, nvml.NVMLError_NotSupported):
            break
    return states


def _nvlink(nvml: Any, device: object) -> Json:  # noqa: ANN401
    states = _links(nvml, device)
    if not states:
        raise UnsupportedError
    return {"links": len(states), "active": sum(states), "inactive": _positions(states)}


def _positions(states: list[bool]) -> list[Json]:
    return [link for link, active in enumerate(states) if not active]


def _fabric(read: Callable[[Any, Any], Json]) -> Call:
    """Read one part of what NVML says of the fabric; all of it is absent where there is none.

    Args:
        read: from the NVML module and the structure to the fact.
    """

    def call(nvml: Any, device: object) -> Json:  # noqa: ANN401
        info = _fabric_info(nvml, device)
        if info.state == nvml.NVML_GPU_FABRIC_STATE_NOT_SUPPORTED:
            raise UnsupportedError
        return read(nvml, info)

    return call


def _fabric_info(nvml: Any, device: object) -> Any:  # noqa: ANN401
    """Ask in the newest form that driver and module both know."""
    for name in ("c_nvmlGpuFabricInfo_v3_t", "c_nvmlGpuFabricInfo_v2_t"):
        if not hasattr(nvml, name):
            continue
        info = getattr(nvml, name)()
        try:
            nvml.nvmlDeviceGetGpuFabricInfoV(device, ctypes.byref(info))
        except (nvml.NVMLError_ArgumentVersionMismatch, nvml.NVMLError_InvalidArgument):
            continue
        return info
    raise UntoldError("the installed NVML lacks a function")


def _fabric_status(nvml: Any, info: Any) -> Json:  # noqa: ANN401
    return "Success" if info.status == 0 else str(nvml.NVMLError(info.status))


def _cluster_uuid(_: object, info: Any) -> Json:  # noqa: ANN401
    return str(uuid.UUID(bytes=bytes(info.clusterUuid)))


def _health_summary(_: object, info: Any) -> Json:  # noqa: ANN401
    if not hasattr(info, "healthSummary"):
        if info.healthMask == 0:  # drivers without a summary say so when they know no health at all
            raise UnsupportedError
        raise UntoldError("the installed NVML lacks a function")
    return _named(_HEALTH_SUMMARIES, info.healthSummary)


def _health(nvml: Any, info: Any, name: str) -> int:  # noqa: ANN401
    """Give some bits of the health mask; 0 says that it is not supported."""
    shift = getattr(nvml, f"NVML_GPU_FABRIC_HEALTH_MASK_SHIFT_{name}")
    width = getattr(nvml, f"NVML_GPU_FABRIC_HEALTH_MASK_WIDTH_{name}")
    bits = (info.healthMask >> shift) & width
    if bits == 0:
        raise UnsupportedError
    return int(bits)


def _health_truth(name: str) -> Call:
    return _fabric(lambda nvml, info: _HEALTH_TRUTHS[_health(nvml, info, name)])


def _recovery_action(nvml: Any, device: object) -> Json:  # noqa: ANN401
    wanted = nvml.NVML_FI_DEV_GET_GPU_RECOVERY_ACTION
    field = nvml.nvmlDeviceGetFieldValues(device, [wanted])[0]
    if field.nvmlReturn == nvml.NVML_ERROR_INVALID_ARGUMENT:
        raise UntoldError("the installed NVML does not know the recovery action")
    if field.nvmlReturn != nvml.NVML_SUCCESS:
        raise nvml.NVMLError(field.nvmlReturn)
    return _named(_RECOVERY_ACTIONS, field.value.uiVal)


def _display_mode(nvml: Any, device: object) -> Json:  # noqa: ANN401
    branch = _clean(nvml.nvmlSystemGetDriverVersion()).partition(".")[0]
    if branch.isdigit() and int(branch) >= _DISPLAY_MODE_UNTIL:
        raise UnsupportedError
    return _named(_MODES, nvml.nvmlDeviceGetDisplayMode(device))


def _memory(field: str) -> Call:
    """Read the memory in MiB; what the driver holds back counts as used only before driver 510."""

    def read(nvml: Any, device: object) -> Json:  # noqa: ANN401
        try:
            info = nvml.nvmlDeviceGetMemoryInfo(device, nvml.nvmlMemory_v2)
        except nvml.NVMLError_FunctionNotFound:
            info = nvml.nvmlDeviceGetMemoryInfo(device)
        return int(getattr(info, field)) >> 20

    return read


def _banks(field: str) -> Call:
    return lambda nvml, device: int(getattr(nvml.nvmlDeviceGetRowRemapperHistogram(device), field))


def _clock_reasons(nvml: Any, device: object) -> Json:  # noqa: ANN401
    """Name what holds the clocks back at this moment."""
    try:
        bits = nvml.nvmlDeviceGetCurrentClocksEventReasons(device)
    except nvml.NVMLError_FunctionNotFound:  # as it was called before driver 535
        bits = nvml.nvmlDeviceGetCurrentClocksThrottleReasons(device)
    numbers = [number for number in range(bits.bit_length()) if bits >> number & 1]
    known = len(_CLOCK_REASONS)
    return [_CLOCK_REASONS[number] if number < known else f"reason-{number}" for number in numbers]


def _mig_instances(nvml: Any, device: object) -> Json:  # noqa: ANN401
    instances: list[Json] = []
    for index in range(nvml.nvmlDeviceGetMaxMigDeviceCount(device)):
        try:
            mig = nvml.nvmlDeviceGetMigDeviceHandleByIndex(device, index)
        except nvml.NVMLError_NotFound:
            continue
        instances.append(_mig_instance(nvml, mig, index))
    return instances


def _mig_instance(nvml: Any, mig: object, index: int) -> Json:  # noqa: ANN401
    return {
        "index": index,
        "gpu-instance": nvml.nvmlDeviceGetGpuInstanceId(mig),
        "compute-instance": nvml.nvmlDeviceGetComputeInstanceId(mig),
        "memory-mib": nvml.nvmlDeviceGetMemoryInfo(mig).total >> 20,
        "multiprocessors": nvml.nvmlDeviceGetAttributes_v2(mig).multiprocessorCount,
    }


SYSTEM: Mapping[str, Call] = {
    "driver": lambda nvml, _: _clean(nvml.nvmlSystemGetDriverVersion()),
    "cuda-version": _cuda,
    "confidential-computing": _confidential,
}
"""Facts that are said once for the machine."""

_IDENTITY: Mapping[str, Call] = {
    "uuid": _text("nvmlDeviceGetUUID"),
    "serial": _text("nvmlDeviceGetSerial"),
    "model": _text("nvmlDeviceGetName"),
    "minor": _number("nvmlDeviceGetMinorNumber"),
    "module-id": _number("nvmlDeviceGetModuleId"),
    "board-part-number": _text("nvmlDeviceGetBoardPartNumber"),
    "architecture": _architecture,
    "compute-capability": _capability,
    "memory-mib": _memory("total"),
    "bar1-mib": _mib("nvmlDeviceGetBAR1MemoryInfo", "bar1Total"),
    "vbios-version": _text("nvmlDeviceGetVbiosVersion"),
    "gsp-firmware-version": _text("nvmlDeviceGetGspFirmwareVersion"),
    "inforom.image": _text("nvmlDeviceGetInforomImageVersion"),
    "inforom.oem": _inforom("NVML_INFOROM_OEM"),
    "inforom.ecc": _inforom("NVML_INFOROM_ECC"),
    "inforom.power": _inforom("NVML_INFOROM_POWER"),
}

_STATE: Mapping[str, Call] = {
    "persistence-mode": _mode("nvmlDeviceGetPersistenceMode"),
    "display-mode": _display_mode,
    "display-active": _mode("nvmlDeviceGetDisplayActive"),
    "addressing-mode": lambda nvml, device: _named(
        _ADDRESSING, nvml.nvmlDeviceGetAddressingMode(device)
    ),
    "compute-mode": lambda nvml, device: _named(
        _COMPUTE_MODES, nvml.nvmlDeviceGetComputeMode(device)
    ),
    "virtualization-mode": lambda nvml, device: _named(
        _VIRTUALIZATION, nvml.nvmlDeviceGetVirtualizationMode(device)
    ),
    "c2c-mode": lambda nvml, device: _named(
        _MODES, nvml.nvmlDeviceGetC2cModeInfoV1(device).isC2cEnabled
    ),
    "gpu-numa-node": _number("nvmlDeviceGetNumaNodeId"),
    "mig.current": _part("nvmlDeviceGetMigMode", 0, _MODES),
    "mig.pending": _part("nvmlDeviceGetMigMode", 1, _MODES),
    "mig.instances": _mig_instances,
    "recovery-action": _recovery_action,
    "fabric.state": _fabric(lambda _, info: _named(_FABRIC_STATES, info.state)),
    "fabric.status": _fabric(_fabric_status),
    "fabric.clique-id": _fabric(lambda _, info: int(info.cliqueId)),
    "fabric.cluster-uuid": _fabric(_cluster_uuid),
    "fabric.health.summary": _fabric(_health_summary),
    "fabric.health.bandwidth": _fabric(
        lambda nvml, info: _named(("", "Degraded", "Full"), _health(nvml, info, "DEGRADED_BW"))
    ),
    "fabric.health.route-recovery": _health_truth("ROUTE_RECOVERY"),
    "fabric.health.route-unhealthy": _health_truth("ROUTE_UNHEALTHY"),
    "fabric.health.access-timeout-recovery": _health_truth("ACCESS_TIMEOUT_RECOVERY"),
    "fabric.health.incorrect-configuration": _fabric(
        lambda nvml, info: _named(_CONFIGURATIONS, _health(nvml, info, "INCORRECT_CONFIGURATION"))
    ),
    "nvlink": _nvlink,
}

_HEALTH: Mapping[str, Call] = {
    "ecc.current": _part("nvmlDeviceGetEccMode", 0, _MODES),
    "ecc.pending": _part("nvmlDeviceGetEccMode", 1, _MODES),
    "ecc.volatile.corrected": _ecc("CORRECTED", "VOLATILE"),
    "ecc.volatile.uncorrected": _ecc("UNCORRECTED", "VOLATILE"),
    "ecc.aggregate.corrected": _ecc("CORRECTED", "AGGREGATE"),
    "ecc.aggregate.uncorrected": _ecc("UNCORRECTED", "AGGREGATE"),
    "retired-pages.single-bit": _retired(
        "NVML_PAGE_RETIREMENT_CAUSE_MULTIPLE_SINGLE_BIT_ECC_ERRORS"
    ),
    "retired-pages.double-bit": _retired("NVML_PAGE_RETIREMENT_CAUSE_DOUBLE_BIT_ECC_ERROR"),
    "retired-pages.pending": _flag("nvmlDeviceGetRetiredPagesPendingStatus"),
    "remapped-rows.correctable": _part("nvmlDeviceGetRemappedRows", 0),
    "remapped-rows.uncorrectable": _part("nvmlDeviceGetRemappedRows", 1),
    "remapped-rows.pending": _flag("nvmlDeviceGetRemappedRows", 2),
    "remapped-rows.failure": _flag("nvmlDeviceGetRemappedRows", 3),
    "remapped-rows.banks.max": _banks("max"),
    "remapped-rows.banks.high": _banks("high"),
    "remapped-rows.banks.partial": _banks("partial"),
    "remapped-rows.banks.low": _banks("low"),
    "remapped-rows.banks.none": _banks("none"),
}

_LIMITS: Mapping[str, Call] = {
    "power.limit-w": _watts("nvmlDeviceGetPowerManagementLimit"),
    "power.default-w": _watts("nvmlDeviceGetPowerManagementDefaultLimit"),
    "power.min-w": _watts("nvmlDeviceGetPowerManagementLimitConstraints", 0),
    "power.max-w": _watts("nvmlDeviceGetPowerManagementLimitConstraints", 1),
    "clocks.max.graphics": _clock("nvmlDeviceGetMaxClockInfo", "GRAPHICS"),
    "clocks.max.sm": _clock("nvmlDeviceGetMaxClockInfo", "SM"),
    "clocks.max.memory": _clock("nvmlDeviceGetMaxClockInfo", "MEM"),
    "clocks.max.video": _clock("nvmlDeviceGetMaxClockInfo", "VIDEO"),
    "clocks.applications.graphics": _clock("nvmlDeviceGetApplicationsClock", "GRAPHICS"),
    "clocks.applications.memory": _clock("nvmlDeviceGetApplicationsClock", "MEM"),
    "pcie.bus-id": _bus_id,
    "pcie.device-id": _pci_number("pciDeviceId"),
    "pcie.subsystem-id": _pci_number("pciSubSystemId"),
    "pcie.generation-max": _number("nvmlDeviceGetMaxPcieLinkGeneration"),
    "pcie.width": _number("nvmlDeviceGetCurrPcieLinkWidth"),
    "pcie.width-max": _number("nvmlDeviceGetMaxPcieLinkWidth"),
}

_VOLATILE: Mapping[str, Call] = {
    "temperature-c": _number("nvmlDeviceGetTemperature", "NVML_TEMPERATURE_GPU"),
    "power-w": _watts("nvmlDeviceGetPowerUsage"),
    "memory-used-mib": _memory("used"),
    "performance-state": lambda nvml, device: f"P{nvml.nvmlDeviceGetPerformanceState(device)}",
    "pcie-generation": _number("nvmlDeviceGetCurrPcieLinkGeneration"),
    "pcie-replays": _number("nvmlDeviceGetPcieReplayCounter"),
    "clocks.graphics": _clock("nvmlDeviceGetClockInfo", "GRAPHICS"),
    "clocks.sm": _clock("nvmlDeviceGetClockInfo", "SM"),
    "clocks.memory": _clock("nvmlDeviceGetClockInfo", "MEM"),
    "clocks.video": _clock("nvmlDeviceGetClockInfo", "VIDEO"),
    "clocks-event-reasons": _clock_reasons,
}

DEVICE: Mapping[str, Call] = dict(
    chain(
        _IDENTITY.items(),
        _STATE.items(),
        _HEALTH.items(),
        _LIMITS.items(),
        ((f"now.{key}", call) for key, call in _VOLATILE.items()),
    )
)
"""Facts about each device; a dot in a key leads into an object, ``now`` holds what changes."""
