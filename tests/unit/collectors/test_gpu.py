"""GPUs through a library built here, through nvidia-smi, and through neither."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from eidos.collectors._nvidia_smi import parse_links, parse_query
from eidos.collectors.gpu import collector
from eidos.engine.collecting.joining import account
from eidos.engine.collecting.running import Outcome, Task, run
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import INCOMPLETE, Collection, CollectorState
from eidos.engine.ports import Fact, Wanted
from fakes.collected import Collected
from fakes.machines import gpu_node

SHIM = Path(__file__).parents[2] / "fakes" / "nvml" / "shim.c"
Build = Callable[..., Path]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Build the library below a root, where the collector looks for a driver's files."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler to build the NVML double with")

    def make(*flags: str) -> Path:
        folder = tmp_path / "usr/lib64"
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / "libnvidia-ml.so.1"
        command = [compiler, "-shared", "-fPIC", *flags, "-o", str(target), str(SHIM)]
        subprocess.run(command, check=True)
        return tmp_path

    return make


def isolated(root: Path) -> Outcome:
    """Run the collector as `eidos snapshot` does: in a process that may die."""
    wanted = Wanted(frozenset(collector.subtypes), "n1", root)
    return run([Task(collector, wanted)], 30.0)[0]


def fact(outcome: Outcome, subtype: str) -> dict[str, Json]:
    return next(
        dict(one.subtype.data)
        for one in outcome.items
        if isinstance(one, Fact) and one.subtype.name == subtype
    )


def entry(outcome: Outcome, subtype: str) -> Collection:
    return next(one for one in account(outcome) if one.subtype == subtype)


def devices(outcome: Outcome) -> list[dict[str, Json]]:
    found = fact(outcome, "devices")["devices"]
    assert isinstance(found, list)
    return [dict(one) for one in found if isinstance(one, dict)]


def test_every_device_is_there(build: Build) -> None:
    outcome = isolated(build())

    found = devices(outcome)
    assert len({str(one["uuid"]) for one in found}) == 8
    assert len({str(one["serial"]) for one in found}) == 8
    assert not [one for one in account(outcome) if one.status in INCOMPLETE]
    assert found[0]["nvlink"] == {"links": 18, "active": 17, "inactive": [4]}
    assert fact(outcome, "smi")["gpu-count"] == 8


def test_an_old_driver_gives_a_part_and_says_which(build: Build) -> None:
    outcome = isolated(build("-DOLD"))

    part = entry(outcome, "devices")
    assert part.status is CollectorState.PARTIAL
    assert set(part.keys) == {
        "devices.addressing-mode",
        "devices.c2c-mode",
        "devices.fabric",
        "devices.gsp-firmware-version",
        "devices.module-id",
    }
    assert entry(outcome, "smi").keys == ("gpu.addressing-mode", "gpu.gsp-firmware-version")
    assert len(devices(outcome)) == 8


def test_a_library_that_crashes_takes_only_its_own_facts(build: Build) -> None:
    outcome = isolated(gpu_node(build("-DCRASH")))

    assert all(one.subtype for one in account(outcome))
    assert entry(outcome, "devices").status is CollectorState.FAILED
    assert entry(outcome, "smi").reason == "crashed: SIGSEGV"
    assert fact(outcome, "driver")["version"] == "580.82.07"


def test_a_lost_device_stays_visible(build: Build) -> None:
    outcome = isolated(build("-DLOST"))

    lost = devices(outcome)[3]
    assert lost["index"] == 3
    assert "lost" in str(lost["error"]).lower()
    assert entry(outcome, "devices").keys == ("devices[3]",)
    assert fact(outcome, "smi")["gpu-count"] == 8


def test_mig_instances(build: Build) -> None:
    first, second = devices(isolated(build("-DMIG")))[:2]

    assert first["mig"] == {
        "current": "Enabled",
        "pending": "Enabled",
        "instances": [
            {
                "index": index,
                "gpu-instance": 9 + index,
                "compute-instance": 0,
                "memory-mib": 9856,
                "multiprocessors": 16,
            }
            for index in range(2)
        ],
    }
    assert second["mig"] == {"current": "Disabled", "pending": "Disabled", "instances": []}


def test_no_driver_is_unavailable_and_not_zero_gpus(build: Build) -> None:
    outcome = isolated(build("-DNO_DRIVER"))

    assert entry(outcome, "smi").status is CollectorState.UNAVAILABLE
    assert not any(
        isinstance(one, Fact) and one.subtype.name in {"smi", "devices"} for one in outcome.items
    )


def test_nvidia_smi_gives_the_same_model_as_nvml(build: Build, shared: Path) -> None:
    """What NVML leaves out for this device is left out in the text, too."""
    text = (shared / "data/nvidia-smi/h100x8.xml").read_text()
    by_text = parse_query(text)
    by_library = devices(isolated(build()))[0]

    extra = {"compute-capability", "nvlink", "retired-pages"}
    one = {key: value for key, value in by_text.devices[0].items() if key != "now"}
    assert set(by_library) - set(one) == extra
    assert set(one) <= set(by_library)
    for key in set(one) - {"uuid", "serial", "module-id"}:
        assert one[key] == by_library[key], key
    assert len({str(device["uuid"]) for device in by_text.devices}) == 8
    assert by_text.smi()["gpu-count"] == 8
    assert not by_text.missing


def test_nvidia_smi_is_asked_where_nvml_is_not(tmp_path: Path, shared: Path) -> None:
    root = gpu_node(tmp_path / "root")
    program = root / "usr/bin/nvidia-smi"
    program.parent.mkdir(parents=True)
    xml = shared / "data/nvidia-smi/h100x8.xml"
    program.write_text(
        f'#!/bin/sh\ncase "$*" in\n"-q -x") cat {xml};;\n'
        '*compute_cap*) echo "GPU-ab6ab95d-8259-5551-5962-e4a7a710fbae, 9.0";;\n'
        '"conf-compute -f") echo "CC status: OFF";;\n*) exit 1;;\nesac\n'
    )
    program.chmod(0o755)

    outcome = isolated(root)

    assert devices(outcome)[0]["compute-capability"] == "9.0"
    assert fact(outcome, "devices")["confidential-computing"] == {"on": False}
    assert fact(outcome, "smi")["driver"] == "570.86.15"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NVIDIA-SMI has failed",
        "<nvidia_smi_log><gpu>",
        "<other/>",
        '<!DOCTYPE a [<!ENTITY b "c">]><a/>',
    ],
)
def test_what_is_not_its_xml_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="nvidia-smi gave XML"):
        parse_query(text)


def test_a_number_that_is_none_is_missing_and_the_rest_is_kept() -> None:
    gpus = parse_query(
        "<nvidia_smi_log><attached_gpus>2</attached_gpus><gpu><uuid>GPU-1</uuid>"
        "<fb_memory_usage><total>a lot</total></fb_memory_usage></gpu></nvidia_smi_log>"
    )

    assert gpus.devices == [{"index": 0, "uuid": "GPU-1"}]
    assert set(gpus.missing) == {"devices", "devices.memory-mib"}


def test_links_of_each_device() -> None:
    text = "GPU 0: H100 (UUID: GPU-aa)\n\t Link 0: 26.562 GB/s\n\t Link 1: <inactive>\n"

    assert parse_links(text) == {"GPU-aa": {"links": 2, "active": 1, "inactive": [1]}}


def test_the_driver_speaks_without_any_library(tmp_path: Path) -> None:
    found = Collected(collector, gpu_node(tmp_path), "driver", "driver-params")

    assert found.facts["driver"] == {"version": "580.82.07", "kernel-module": "open"}
    assert found.facts["driver-params"] == {
        "RestrictProfilingToAdminUsers": 1,
        "RegistryDwords": "",
    }


def test_gpus_on_the_bus_are_counted_without_a_driver(tmp_path: Path) -> None:
    device = tmp_path / "sys/bus/pci/devices/0000:04:00.0"
    device.mkdir(parents=True)
    for name, text in {"vendor": "0x10de", "class": "0x030200", "device": "0x2330"}.items():
        (device / name).write_text(text + "\n")

    found = Collected(collector, tmp_path)

    assert found.facts["pci"]["gpu-count"] == 1
    assert found.state("smi") is CollectorState.UNAVAILABLE
    assert "1 NVIDIA GPUs are on the PCI bus" in str(found.entry("smi").reason)
