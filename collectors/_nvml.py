"""GPUs as NVML tells them.

Runs only in a process that may die: a driver library can crash.
"""

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eidos.collectors._gpu_model import Gpus, nested
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
    """
    nvml = _load(root)
    try:
        reader = _Reader(nvml)
        gpus = Gpus(reader.system(), reader.devices(), reader.missing)
    finally:
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


@dataclass(slots=True)
class _Reader:
    nvml: Any
    missing: dict[str, str] = field(default_factory=dict)

    def system(self) -> dict[str, Json]:
        """Read what is said once for the machine."""
        return self._read(SYSTEM, None, "")

    def devices(self) -> list[dict[str, Json]]:
        """Read every device; one that does not answer is there with its error."""
        return [self._device(index) for index in range(self.nvml.nvmlDeviceGetCount())]

    def _device(self, index: int) -> dict[str, Json]:
        try:
            handle = self.nvml.nvmlDeviceGetHandleByIndex(index)
        except self.nvml.NVMLError as error:
            self.missing[f"devices[{index}]"] = str(error)
            return {"index": index, "error": str(error)}
        return {"index": index, **self._read(DEVICE, handle, "devices.")}

    def _read(self, table: Mapping[str, Call], handle: object, prefix: str) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for key, call in table.items():
            try:
                value = call(self.nvml, handle)
            except (self.nvml.NVMLError_NotSupported, self.nvml.NVMLError_Deprecated):
                continue
            except self.nvml.NVMLError_FunctionNotFound:
                self.missing[prefix + key] = "the installed NVML lacks a function"
            except self.nvml.NVMLError as error:
                self.missing[prefix + key] = str(error)
            else:
                found[key] = value
        return nested(found)
