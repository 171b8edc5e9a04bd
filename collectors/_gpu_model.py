"""GPU facts whatever they were read from, and the subtypes that are made of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eidos.engine.model.jsonvalue import Json

_FLAT = {
    "gpu.model": "model",
    "gpu.product-architecture": "architecture",
    "gpu.display-mode": "display-mode",
    "gpu.display-active": "display-active",
    "gpu.persistence-mode": "persistence-mode",
    "gpu.addressing-mode": "addressing-mode",
    "gpu.vbios-version": "vbios-version",
    "gpu.gsp-firmware-version": "gsp-firmware-version",
}
"""Keys of ``GPU.smi`` to facts of the first device that answers."""


@dataclass(frozen=True, slots=True)
class Gpus:
    """Every GPU of a machine."""

    system: Mapping[str, Json]
    """``driver``, ``cuda-version``, ``confidential-computing``."""
    devices: Sequence[Mapping[str, Json]]
    """In order of their index; ``now`` in each holds what changes by itself."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """Key to the reason, for what should be there and is not."""

    def smi(self) -> dict[str, Json]:
        """Give the flat facts that older tools know."""
        first = next((device for device in self.devices if "error" not in device), {})
        system = {key: self.system[key] for key in ("driver", "cuda-version") if key in self.system}
        flat = {key: first[name] for key, name in _FLAT.items() if name in first}
        return {**system, "gpu-count": len(self.devices), **flat}

    def smi_missing(self) -> dict[str, str]:
        """Give the flat facts that should be there and are not, with the reason."""
        names = {"driver": "driver", "cuda-version": "cuda-version"}
        names |= {key: f"devices.{name}" for key, name in _FLAT.items()}
        return {key: self.missing[name] for key, name in names.items() if name in self.missing}

    def stable(self) -> dict[str, Json]:
        """Give every device, without what changes by itself."""
        kept: list[Json] = [
            {key: value for key, value in device.items() if key != "now"} for device in self.devices
        ]
        rest = {key: self.system[key] for key in ("confidential-computing",) if key in self.system}
        return {"devices": kept, **rest}

    def volatile(self) -> dict[str, Json]:
        """Give what changes by itself, by UUID."""
        return {
            str(device.get("uuid", device.get("index"))): device["now"]
            for device in self.devices
            if "now" in device
        }


def nested(flat: Mapping[str, Json]) -> dict[str, Json]:
    """Turn ``{"a.b": 1}`` into ``{"a": {"b": 1}}``.

    Args:
        flat: dotted names to values; where ``a`` is a value itself, what is named below it is lost.
    """
    tree: dict[str, Json] = {}
    for key, value in flat.items():
        *parents, last = key.split(".")
        branch = tree
        for parent in parents:
            below = branch.setdefault(parent, {})
            branch = below if isinstance(below, dict) else {}
        branch[last] = value
    return tree
