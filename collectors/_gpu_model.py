"""GPU facts whatever they were read from, and the subtypes that are made of them.

Of every fact in a reader's table one of four things is known at the end: its value; that the source
says there is none (not supported, deprecated), which is an absence; that this driver does not speak
of it (`UntoldError`); or that it should be there and came out broken. Only the last two are gaps.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from eidos.engine.model.jsonvalue import Json

_UNSUPPORTED = re.compile(
    r"(\[?)(N/A|Not Supported|Requested functionality has been deprecated|)\]?", re.IGNORECASE
)
_BROKEN = re.compile(
    r"\[.*\]|ERR!|Unknown Error|GPU is lost|GPU is inaccessible|GPU requires re(set|start)"
    r"|Insufficient .*|Not Found|Not Ready|Timeout|Uninitiali[sz]ed|Invalid Argument"
    r"|Driver Not Loaded|Function Not Found|Corrupted infoROM|Interrupt Request Issue"
    r"|Resource In Use|In use by another client|No data|Failed",
    re.IGNORECASE,
)
"""What nvidia-smi and NVML say in the place of a value: the texts of nvmlErrorString()."""
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffd]")
_MANY = 8
"""Broken values of one GPU from which on the GPU is named, and not each of its values."""
_NOW = "now."
"""How facts begin that change by themselves."""

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


class UnsupportedError(Exception):
    """The source says that there is no such thing here."""


class UntoldError(Exception):
    """This release of the source does not speak of it; the message names the release."""


def told(text: str) -> str:
    """Give the value that a source wrote as a text.

    Raises:
        UnsupportedError: it is a word for "there is none".
        ValueError: it is a word for "could not be read", or holds control bytes.
    """
    text = text.strip()
    if _UNSUPPORTED.fullmatch(text):
        raise UnsupportedError
    if _BROKEN.fullmatch(text) or _CONTROLS.search(text):
        raise ValueError(f"{text[:80]!r}")
    return text


@dataclass(slots=True)
class Device:
    """What is known of one GPU; facts have dotted names, ``now.`` before what changes by itself."""

    facts: dict[str, Json] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    """Fact to the source's words, for values that should be there."""
    untold: dict[str, str] = field(default_factory=dict)
    """Fact to the reason, for what this driver does not speak of."""
    error: str | None = None
    """Why the device as a whole is not, or not completely, there."""

    def ask(self, fact: str, read: Callable[[], Json]) -> None:
        """Read one fact; whatever goes wrong loses this one and no other."""
        try:
            self.facts[fact] = read()
        except UnsupportedError:
            return
        except UntoldError as why:
            self.untold[fact] = str(why)
        except Exception as why:  # noqa: BLE001  # a driver's library may answer anything
            self.broken[fact] = " ".join(str(why).split()) or type(why).__name__

    @property
    def answers(self) -> bool:
        """Say whether it tells at least what it is."""
        return "uuid" in self.facts or "model" in self.facts

    def lost(self, fact: str) -> str | None:
        """Say why a fact is not there; None when it is, or when there is none."""
        if fact in self.facts:
            return None
        return self.broken.get(fact) or self.untold.get(fact) or self.error

    def gaps(self, name: str, *, now: bool) -> Iterator[tuple[str, str]]:
        """Give what is broken of it: keys below `name`, with reasons.

        Args:
            name: of the device: ``devices[3]``, or its UUID.
            now: of what changes by itself, or of the rest.
        """
        broken = {fact: why for fact, why in self.broken.items() if fact.startswith(_NOW) is now}
        if self.error or len(broken) >= _MANY:
            yield name, "; ".join(sorted({*broken.values(), *([self.error] if self.error else [])}))
            return
        yield from ((f"{name}.{fact.removeprefix(_NOW)}", why) for fact, why in broken.items())


@dataclass(frozen=True, slots=True)
class Gpus:
    """Every GPU of a machine."""

    system: Device
    """``driver``, ``cuda-version``, ``confidential-computing``: what is said once."""
    devices: Sequence[Device]
    """In the order of their index, that of the bus; those that do not answer stand among them."""
    count: int | None = None
    """How many the driver says there are; None where it does not say."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """Key to the reason, for what concerns the list of GPUs as a whole."""
    unread: tuple[str, ...] = ()
    """Elements of the source that nobody here knows: a newer driver says more than is read."""

    def smi(self) -> dict[str, Json]:
        """Give the flat facts that older tools know."""
        first = self._first.facts
        system = self.system.facts
        found: dict[str, Json] = {
            key: system[key] for key in ("driver", "cuda-version") if key in system
        }
        if "gpu-count" not in self.missing:
            found["gpu-count"] = max(self.count or 0, len(self.devices))
        return found | {key: first[name] for key, name in _FLAT.items() if name in first}

    def smi_missing(self) -> dict[str, str]:
        """Give the flat facts that should be there and are not, with the reason."""
        reasons = {key: self.system.lost(key) for key in ("driver", "cuda-version")}
        reasons |= {key: self._first.lost(name) for key, name in _FLAT.items()}
        reasons["gpu-count"] = self.missing.get("gpu-count")
        return {key: why for key, why in reasons.items() if why}

    @property
    def _first(self) -> Device:
        return next((device for device in self.devices if device.answers), Device())

    def stable(self) -> dict[str, Json]:
        """Give every device, without what changes by itself."""
        kept: list[Json] = [_shown(device, index) for index, device in enumerate(self.devices)]
        rest = {key: self.system.facts[key] for key in _SYSTEM if key in self.system.facts}
        return {"devices": kept, **rest}

    def stable_missing(self) -> dict[str, str]:
        """Give what `stable` lacks: ``devices[1].ecc.current`` one value, ``devices[1]`` many.

        ``devices.c2c-mode`` is what this driver tells of no GPU.
        """
        found = {key: why for key, why in self.missing.items() if key != "gpu-count"}
        for index, device in enumerate(self.devices):
            found |= dict(device.gaps(f"devices[{index}]", now=False))
            untold = {fact: why for fact, why in device.untold.items() if fact[:4] != _NOW}
            found |= {f"devices.{fact}": why for fact, why in untold.items()}
        found |= {key: why for key in _SYSTEM if (why := self.system.lost(key))}
        return found

    def volatile(self) -> dict[str, Json]:
        """Give what changes by itself, by UUID; by index where a device tells none."""
        now = {name: nested(device.facts).get("now") for name, device in self._named()}
        return {name: facts for name, facts in now.items() if facts is not None}

    def volatile_missing(self) -> dict[str, str]:
        """Give what `volatile` lacks, by UUID and fact: ``GPU-….power-w``."""
        found: dict[str, str] = {}
        for name, device in self._named():
            found |= dict(device.gaps(name, now=True))
            untold = {fact: why for fact, why in device.untold.items() if fact[:4] == _NOW}
            found |= {f"{name}.{fact.removeprefix(_NOW)}": why for fact, why in untold.items()}
        return found

    def _named(self) -> Iterator[tuple[str, Device]]:
        seen: set[str] = set()
        for index, device in enumerate(self.devices):
            name = str(device.facts.get("uuid", index))
            yield (str(index) if name in seen else name), device
            seen.add(name)


_SYSTEM = ("confidential-computing",)
"""Facts of the machine that stand beside the list of devices."""


def _shown(device: Device, index: int) -> Json:
    kept = {fact: value for fact, value in device.facts.items() if not fact.startswith(_NOW)}
    error: dict[str, Json] = {"error": device.error} if device.error else {}
    return {"index": index, **nested(kept), **error}


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
