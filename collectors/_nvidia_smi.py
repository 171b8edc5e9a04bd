"""GPUs as ``nvidia-smi -q -x`` tells them: the same facts as NVML, from text."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from eidos.collectors._commands import Ended, find_program, run
from eidos.collectors._gpu_model import Device, Gpus, UnsupportedError, UntoldError, told
from eidos.collectors._nvidia_smi_elements import (
    BUS_ID,
    CLOCK_REASONS,
    DEVICE,
    ECC,
    GIVEN_UP,
    MIG_INSTANCE,
    SYSTEM,
    Parse,
    active,
    count,
    is_known,
)
from eidos.collectors._nvidia_smi_xml import Element, Output, parse
from eidos.engine.model.jsonvalue import Json

_FOLDERS = ("usr/bin", "run/nvidia/driver/usr/bin", "home/kubernetes/bin/nvidia/bin")
_LINK = re.compile(r"^\s*Link (\d+):\s*(<inactive>|.*)", re.MULTILINE)
_GPU_LINE = re.compile(r"^GPU \d+: .*\(UUID: (GPU-[0-9a-f-]+)\)", re.MULTILINE)
_LOST = re.compile(
    r"unable to determine the device handle|is lost|fallen off|inaccessible", re.IGNORECASE
)
"""How nvidia-smi says that a GPU does not answer, in a line outside of its XML."""
_WORDS = 300
"""Characters of what nvidia-smi says beside its XML that a reason shows."""
_LISTED = 100
"""Elements that nobody reads and that are named; a new driver brings a handful."""
_MORE_CALLS = 6
"""Calls beside the first, and one to spare: if each of them hangs, the first is not lost."""
_ROOT_KNOWN = frozenset(
    {"timestamp", "attached_gpus", "gpu", *(name for names, _ in SYSTEM.values() for name in names)}
)


def read_nvidia_smi(root: Path, timeout: float) -> Gpus:
    """Ask nvidia-smi.

    Raises:
        UnavailableError: there is no nvidia-smi.
        OSError: it failed, and gave no GPU.
        ValueError: what it wrote is not its XML.
    """
    program = find_program("nvidia-smi", root, _FOLDERS)
    ended = run([program, "-q", "-x"], timeout)
    output = parse(ended.output)
    if not output.logs and ended.code:
        raise ended.failure()
    gpus = read_output(output, ended)
    return _Extras(program, timeout / _MORE_CALLS).added_to(gpus)


def read_output(output: Output, ended: Ended) -> Gpus:
    """Make GPUs of what nvidia-smi wrote, and of how it ended.

    Raises:
        ValueError: there is nothing of its XML in it, or two drivers speak.
    """
    log = _log(output)
    system = Device()
    driver = _said_by(log)
    for fact, (places, read) in SYSTEM.items():
        system.ask(fact, partial(_value, log, places, read, driver))
    whole = [gpu for gpu in log.all("gpu") if gpu.children]
    devices = [_device(gpu, driver) for gpu in whole]
    words = _Words(output, ended)
    devices, missing = words.applied(devices)
    attached, problems = _attached(log, len(devices))
    unread = {path for gpu in whole for path, _ in gpu.leaves() if not is_known(path)}
    unread |= {child.name for child in log.children if child.name not in _ROOT_KNOWN}
    listed = tuple(sorted(unread)[:_LISTED])
    return Gpus(system, devices, attached, {**missing, **problems}, listed)


def _log(output: Output) -> Element:
    """Choose the document to read: the last whole one, else the last."""
    if not output.logs:
        words = " ".join(output.words)[:_WORDS]
        raise ValueError(f"nvidia-smi gave XML of another kind, or none: {words}".rstrip(": "))
    drivers = list(dict.fromkeys(_said_by(log) for log in output.logs if log.find("gpu")))
    if len(drivers) > 1:
        raise ValueError(f"the driver was changed meanwhile: {', then '.join(drivers)}")
    return next((log for log in reversed(output.logs) if log.is_whole), output.logs[-1])


def _said_by(log: Element) -> str:
    try:
        return f"nvidia-smi {_value(log, *SYSTEM['driver'], 'it')}"
    except (UnsupportedError, UntoldError, ValueError):
        return "this nvidia-smi"


def _attached(log: Element, described: int) -> tuple[int | None, dict[str, str]]:
    """Read how many GPUs there are, and say what of them is not told."""
    missing: dict[str, str] = {}
    if not log.is_whole:
        missing["devices"] = "nvidia-smi was cut off before it told everything"
    try:
        attached = int(str(_value(log, ("attached_gpus",), count, "")))
    except (UntoldError, UnsupportedError):
        return None, missing | ({} if log.is_whole else {"gpu-count": missing["devices"]})
    except ValueError as why:
        return None, missing | {"gpu-count": str(why)}
    if attached != described:
        missing["devices"] = f"{attached} GPUs are attached, {described} are described"
    return attached, missing


def _device(gpu: Element, driver: str) -> Device:
    device = Device()
    if not gpu.is_whole:
        device.error = "nvidia-smi was cut off before it told everything of this GPU"
    for fact, (places, read) in DEVICE.items():
        device.ask(fact, partial(_value, gpu, places, read, driver))
    for scope in ("volatile", "aggregate"):
        for kind, (totals, parts) in ECC.items():
            device.ask(
                f"ecc.{scope}.{kind}",
                partial(_ecc, gpu, f"ecc_errors/{scope}", (totals, parts), driver),
            )
    device.ask("now.clocks-event-reasons", lambda: _clock_reasons(gpu, driver))
    if "mig.current" in device.facts:
        device.ask("mig.instances", lambda: _instances(gpu, driver))
    for fact in GIVEN_UP:  # a driver that says nothing of it has stopped to do so
        device.untold.pop(fact, None)
    if device.error:  # what it does not say may stand behind the cut
        device.untold.clear()
    return device


def _value(element: Element, places: Sequence[str], read: Parse, driver: str) -> Json:
    """Read the first of the places that has a value.

    Raises:
        UnsupportedError: one is there, or what it stands in, and says that there is none.
        UntoldError: none is there.
        ValueError: one is there and cannot be read; the message has its words.
    """
    words: list[str] = []
    is_unsupported = False
    for place in places:
        try:
            return read(told(_text(element, place)))
        except UntoldError:
            is_unsupported = is_unsupported or _is_unsupported(element, place)
        except UnsupportedError:
            is_unsupported = True
        except ValueError as why:
            words.append(str(why))
    if words:
        raise ValueError(f"nvidia-smi says {words[0]}")
    if is_unsupported:
        raise UnsupportedError
    raise UntoldError(f"{driver} does not speak of it")


def _text(element: Element, place: str) -> str:
    """Give the text of an element, or the one word that stands for the group it belongs to."""
    for name in place.split("/"):
        below = element.find(name)
        if below is None:
            if element.is_whole and not element.children and element.text.strip():
                return _word(element.text)
            raise UntoldError
        element = below
    if not element.is_whole or element.children:
        raise UntoldError
    return element.text


def _word(text: str) -> str:
    """Give the text of a group without elements if it says why there are none."""
    try:
        told(text)
    except (ValueError, UnsupportedError):
        return text
    raise UntoldError


def _is_unsupported(element: Element, place: str) -> bool:
    """Say whether all that is told of the group that a place belongs to is "not supported".

    Drivers add elements to a group with time; where the others say that the group is not for this
    GPU, a driver that lacks one of them says so of that one, too.
    """
    group: Element | None = None
    for name in place.split("/")[:-1]:
        below = element.find(name)
        if below is None:
            break
        element = group = below
    leaves = [leaf for _, leaf in group.leaves()] if group else []
    return bool(leaves) and all(leaf.is_whole and _says_none(leaf.text) for leaf in leaves)


def _says_none(text: str) -> bool:
    try:
        told(text)
    except UnsupportedError:
        return True
    except ValueError:
        pass
    return False


def _ecc(gpu: Element, scope: str, names: tuple[Sequence[str], Sequence[str]], driver: str) -> Json:
    """Give the total, or add up its parts, as NVML's totals do; one broken part breaks the sum."""
    group = _find(gpu, scope)
    if group is not None and not group.is_whole:
        raise UntoldError(f"{driver} was cut off")
    try:
        return _value(gpu, [f"{scope}/{name}" for name in names[0]], count, driver)
    except (UntoldError, UnsupportedError) as why:
        found: list[int] = []
        last: Exception = why
    for name in names[1]:
        try:
            found.append(int(str(_value(gpu, [f"{scope}/{name}"], count, driver))))
        except UnsupportedError as why:
            last = why
        except UntoldError:
            continue
    if found:
        return sum(found)
    raise last


def _clock_reasons(gpu: Element, driver: str) -> Json:
    """Name what holds the clocks back at this moment, in the order of the document."""
    for group, prefix in CLOCK_REASONS:
        element = gpu.find(group)
        if element is not None and element.children:
            if not element.is_whole:
                raise UntoldError(f"{driver} was cut off")
            values = {each.name.removeprefix(prefix): _reason(each) for each in element.children}
            if all(value is None for value in values.values()):
                raise UnsupportedError
            return [name.replace("_", "-") for name, is_on in values.items() if is_on]
    places = [f"{group}/{prefix}gpu_idle" for group, prefix in CLOCK_REASONS]
    return _value(gpu, places, active, driver)


def _reason(element: Element) -> bool | None:
    try:
        return active(told(element.text))
    except UnsupportedError:
        return None


def _instances(gpu: Element, driver: str) -> Json:
    devices = gpu.find("mig_devices")
    if devices is not None and not devices.is_whole:
        raise UntoldError(f"{driver} was cut off")
    return [
        {
            key: _value(mig, places, read, driver)
            for key, (places, read) in MIG_INSTANCE.items()
            if not _is_absent(mig, places)
        }
        for mig in (devices.all("mig_device") if devices else ())
    ]


def _find(element: Element, place: str) -> Element | None:
    found: Element | None = element
    for name in place.split("/"):
        found = found.find(name) if found else None
    return found


def _is_absent(element: Element, places: Sequence[str]) -> bool:
    try:
        return all(_says_none(_text(element, place)) for place in places)
    except UntoldError:
        return True


@dataclass(slots=True)
class _Words:
    """What nvidia-smi says beside its XML, and with its exit code."""

    output: Output
    ended: Ended

    def applied(self, devices: list[Device]) -> tuple[list[Device], dict[str, str]]:
        """Say of which GPU each line speaks; one that no longer answers is put into its place.

        Returns:
            The devices in the order of the bus, and what is said of none of them: by ``warnings``,
            a key that stands for no fact, so that a loose line spoils none.
        """
        places = {str(device.facts.get("pcie.bus-id", ""))[-12:]: device for device in devices}
        loose: list[str] = []
        for line in self._lines():
            place = BUS_ID.search(line)
            key = place[0].upper()[-12:] if place else ""
            if key in places:
                _warn(places[key], line)
            elif place and _LOST.search(line):
                places[key] = Device({"pcie.bus-id": place[0].upper().rjust(16, "0")}, error=line)
                devices = _by_place([*devices, places[key]])
            else:
                loose.append(line)
        if len(self.output.logs) > 1:
            loose.append(f"nvidia-smi wrote {len(self.output.logs)} documents, one is read")
        if self.ended.code:
            loose.insert(0, f"nvidia-smi ended with code {self.ended.code}")
        return devices, {"warnings": "; ".join(loose)[:_WORDS]} if loose else {}

    def _lines(self) -> list[str]:
        lines = (*self.output.words, *self.ended.errors.splitlines())
        shown = ("".join(c if c.isprintable() else "?" for c in line.strip()) for line in lines)
        return list(dict.fromkeys(line for line in shown if line))


def _warn(device: Device, line: str) -> None:
    """Note what is said of a GPU that is described: about its infoROM, or about all of it."""
    if "inforom" in line.lower():
        device.broken["inforom"] = line
    else:
        device.error = line if device.error is None else f"{device.error}; {line}"


def _by_place(devices: list[Device]) -> list[Device]:
    return sorted(devices, key=lambda device: str(device.facts.get("pcie.bus-id", "")))


class _Extras:
    """What the XML leaves out: each is one more short call."""

    def __init__(self, program: str, timeout: float) -> None:
        self._program = program
        self._timeout = timeout

    def added_to(self, gpus: Gpus) -> Gpus:
        """Ask for what is left out, and give it with the rest."""
        self._add(gpus.devices, "compute-capability", self._capabilities)
        self._add(gpus.devices, "nvlink", self._links)
        system = replace(gpus.system, facts=dict(gpus.system.facts))
        system.ask("confidential-computing", self._confidential)
        return replace(gpus, system=system)

    def _ask(self, *arguments: str) -> str:
        """Ask once more.

        Raises:
            UnsupportedError: there is no such thing here.
            UntoldError: this nvidia-smi does not answer.
        """
        try:
            ended = run([self._program, *arguments], self._timeout)
        except OSError as why:
            raise UntoldError(str(why)) from None
        if "not supported" in f"{ended.output}{ended.errors}".lower():
            raise UnsupportedError
        if ended.code:
            raise UntoldError(str(ended.failure()))
        return ended.output

    def _add(
        self, devices: Sequence[Device], fact: str, ask: Callable[[], Mapping[str, Json]]
    ) -> None:
        """Ask about all devices, and give each its answer; those that are cut off are left out."""
        answer = Device()
        answer.ask(fact, lambda: dict(ask()))
        values = answer.facts.get(fact)
        for device in devices:
            uuid = device.facts.get("uuid")
            if device.error:
                continue
            if isinstance(values, dict) and values:
                device.ask(fact, partial(_of_device, values, uuid))
            device.untold |= answer.untold
            device.broken |= answer.broken

    def _capabilities(self) -> Mapping[str, Json]:
        rows = self._ask("--query-gpu=uuid,compute_cap", "--format=csv,noheader").splitlines()
        pairs = (row.split(", ", 1) for row in rows if ", " in row)
        return {uuid: version.strip() for uuid, version in pairs}

    def _links(self) -> Mapping[str, Json]:
        return parse_links(self._ask("nvlink", "--status"))

    def _confidential(self) -> Json:
        """Read confidential computing; its details are of use, and told, only where it is on."""
        if not self._is("conf-compute -f", r"CC status:\s*(\w+)", "ON"):
            return {"on": False}
        return {
            "on": True,
            "developer-tools": self._is("conf-compute -d", r"DevTools Mode:\s*(\w+)", "ON"),
            "production": self._is("conf-compute -e", r"CC Environment:\s*(\w+)", "PRODUCTION"),
        }

    def _is(self, command: str, pattern: str, word: str) -> bool:
        said = self._ask(*command.split())
        match = re.search(pattern, said)
        if match is None:
            raise ValueError(f"nvidia-smi {command} says {said.strip()[:80]!r}")
        return told(match[1]).upper() == word


def _of_device(values: Mapping[str, Json], uuid: Json) -> Json:
    """Give what is said of a device; what is said of others alone is not for it."""
    if not isinstance(uuid, str):
        raise TypeError("it does not tell its UUID")
    if uuid not in values:
        raise UnsupportedError
    value = values[uuid]
    return told(value) if isinstance(value, str) else value


def parse_links(text: str) -> dict[str, Json]:
    """Read ``nvidia-smi nvlink --status``: UUID to the state of its links, if it has any."""
    parts = _GPU_LINE.split(text)[1:]
    links: dict[str, Json] = {}
    for uuid, lines in zip(parts[::2], parts[1::2], strict=True):
        states = {int(number): state != "<inactive>" for number, state in _LINK.findall(lines)}
        off: list[Json] = [number for number, active in states.items() if not active]
        if states:
            links[uuid] = {"links": len(states), "active": sum(states.values()), "inactive": off}
    return links
