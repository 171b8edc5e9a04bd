"""GPUs as NVML tells them.

Runs only in a process that may die: a driver library can crash.
"""

import contextlib
import ctypes
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from eidos.collectors._gpu_model import Device, Gpus, UnsupportedError, UntoldError, told
from eidos.collectors._nvml_calls import DEVICE, SYSTEM, Call
from eidos.collectors._reading import UnavailableError
from eidos.engine.model.jsonvalue import Json

_LIBRARY = "libnvidia-ml.so.1"
_FOLDERS = ("usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib64", "usr/lib")
_DRIVER_ROOTS = ("", "run/nvidia/driver", "home/kubernetes/bin/nvidia")
"""Where a driver container or GKE puts the driver's files, below the root."""


def read_nvml(root: Path) -> Gpus:
    """Read every GPU.

    Raises:
        UnavailableError: there is no NVML here, or it finds no driver.
        OSError: the driver went away, or was changed, meanwhile.
    """
    nvml = _load(root)
    try:
        gpus = _read(nvml)
    except nvml.NVMLError as why:
        raise OSError(f"NVML stopped to answer: {why}") from None
    finally:
        with contextlib.suppress(nvml.NVMLError):
            nvml.nvmlShutdown()
    return gpus


def _load(root: Path) -> Any:  # noqa: ANN401  # the module has no types
    try:
        import pynvml
    except ImportError:
        raise UnavailableError("the optional part 'gpu' (nvidia-ml-py) is not installed") from None
    library = _library(root)
    if library is None:
        raise UnavailableError(f"NVML ({_LIBRARY}) is not on this machine")
    pynvml.nvmlLib = library
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        raise UnavailableError(f"NVML does not start: {error}") from None
    return pynvml


def _library(root: Path) -> ctypes.CDLL | None:
    places = [str(root / base / folder / _LIBRARY) for base in _DRIVER_ROOTS for folder in _FOLDERS]
    for place in (_LIBRARY, *places):
        try:
            return ctypes.CDLL(place)
        except OSError:
            continue
    return None


def _read(nvml: Any) -> Gpus:  # noqa: ANN401  # the module has no types
    system = Device()
    _ask(nvml, SYSTEM, None, system)
    count = nvml.nvmlDeviceGetCount()
    devices = [_device(nvml, index) for index in range(count)]
    again = Device()
    _ask(nvml, {"driver": SYSTEM["driver"]}, None, again)
    drivers = [system.facts.get("driver"), again.facts.get("driver")]
    if drivers[0] != drivers[1]:
        raise OSError(f"the driver was changed meanwhile: {drivers[0]}, then {drivers[1]}")
    return Gpus(system, devices, count)


def _device(nvml: Any, index: int) -> Device:  # noqa: ANN401
    """Read one device; one that does not answer is there with its error."""
    device = Device()
    try:
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
    except nvml.NVMLError as why:
        device.error = str(why)
    else:
        _ask(nvml, DEVICE, handle, device)
    return device


def _ask(nvml: Any, table: Mapping[str, Call], handle: object, device: Device) -> None:  # noqa: ANN401
    for fact, call in table.items():
        device.ask(fact, partial(_answer, nvml, call, handle))


def _answer(nvml: Any, call: Call, handle: object) -> Json:  # noqa: ANN401
    """Call NVML, and say in our words what its errors mean."""
    try:
        value = call(nvml, handle)
    except (nvml.NVMLError_NotSupported, nvml.NVMLError_Deprecated):
        raise UnsupportedError from None
    except (nvml.NVMLError_FunctionNotFound, nvml.NVMLError_ArgumentVersionMismatch):
        raise UntoldError("the installed NVML lacks a function") from None
    except AttributeError:
        raise UntoldError("the installed nvidia-ml-py lacks a function") from None
    return told(value) if isinstance(value, str) else value
