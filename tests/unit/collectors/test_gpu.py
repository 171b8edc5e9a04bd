"""GPUs through a library built here, through nvidia-smi, and through neither."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from eidos.collectors._nvidia_smi import parse_links
from eidos.collectors._nvidia_smi_elements import DEVICE
from eidos.collectors._nvml_calls import DEVICE as NVML_DEVICE
from eidos.collectors.gpu import collector
from eidos.engine.collecting.joining import account
from eidos.engine.collecting.running import Outcome, Task, run
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import INCOMPLETE, Collection, CollectorState
from eidos.engine.ports import Fact, Wanted
from fakes.collected import Collected
from fakes.machines import gpu_node
from fakes.smi_documents import H200, parse_query

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
        *(f"devices.fabric.{name}" for name in ("state", "status", "clique-id", "cluster-uuid")),
        *(f"devices.{name}" for name in DEVICE if name.startswith("fabric.health.")),
        "devices.gsp-firmware-version",
        "devices.module-id",
        "devices.recovery-action",
    }
    assert fact(outcome, "devices-volatile").popitem()[1]["clocks-event-reasons"] == [
        "sw-power-cap",
        "hw-thermal-slowdown",
    ]
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


def test_both_readers_know_the_same_facts() -> None:
    """What nvidia-smi leaves out of its XML is asked of it in other ways, or is Grace's alone."""
    made_of_several = {"nvlink", "mig.instances", "compute-capability", "gpu-numa-node"}
    made_of_several |= {name for name in NVML_DEVICE if name.startswith("ecc.") and "." in name[4:]}

    assert set(NVML_DEVICE) - set(DEVICE) == made_of_several | {"now.clocks-event-reasons"}
    assert set(DEVICE) <= set(NVML_DEVICE)


def test_both_readers_give_one_model_of_an_h200(build: Build) -> None:
    """The library answers as the real one did in the minute in which nvidia-smi wrote this."""
    by_library = isolated(build("-DH200"))
    by_text = parse_query(H200.read_text())

    ended = {one.status for one in account(by_library)}
    assert not ended & {CollectorState.FAILED, CollectorState.PARTIAL}
    ours = {**devices(by_library)[0]}
    assert ours.pop("compute-capability") == "9.0"
    assert [ours] == by_text.stable()["devices"]
    assert fact(by_library, "devices-volatile") == by_text.volatile()
    assert fact(by_library, "smi") == by_text.smi()
    assert fact(by_library, "devices")["confidential-computing"] == {"on": False}


def test_both_readers_give_one_model_of_an_h100(build: Build, shared: Path) -> None:
    by_text = parse_query((shared / "data/nvidia-smi/h100x8.xml").read_text())
    by_library = devices(isolated(build()))[0]

    one = by_text.stable()["devices"]
    assert isinstance(one, list)
    assert isinstance(one[0], dict)
    assert set(by_library) - set(one[0]) == {"compute-capability", "nvlink", "retired-pages"}
    for key in set(one[0]) - {"uuid", "serial", "module-id"}:
        assert one[0][key] == by_library[key], key
    assert by_text.smi()["gpu-count"] == 8
    assert not by_text.stable_missing()
    assert not by_text.volatile_missing()


def test_a_sick_fabric_and_a_gpu_that_asks_for_a_reset(build: Build) -> None:
    found = devices(isolated(build("-DSICK")))

    assert [one["recovery-action"] for one in found[:3]] == ["None", "Reset", "None"]
    fabric = found[0]["fabric"]
    assert isinstance(fabric, dict)
    assert fabric["health"] == {
        "summary": "Unhealthy",
        "bandwidth": "Degraded",
        "route-recovery": False,
        "route-unhealthy": True,
        "access-timeout-recovery": True,
        "incorrect-configuration": "Incorrect SysGuid",
    }


def test_one_odd_answer_of_the_library_loses_one_value(build: Build) -> None:
    outcome = isolated(build("-DODD"))

    keys = entry(outcome, "devices").keys
    assert {f"devices[{index}].serial" for index in range(8)} <= set(keys)
    assert {"devices[1].ecc.volatile.uncorrected", "devices[1].board-part-number"} <= set(keys)
    assert "devices[0].ecc.volatile.uncorrected" not in keys
    assert devices(outcome)[1]["vbios-version"] == "96.00.A5.00.01"


@pytest.mark.parametrize(
    ("flag", "words"),
    [("-DRELOAD", "570.86.15, then 580.95.05"), ("-DGONE", "NVML stopped to answer")],
)
def test_a_driver_that_goes_away_meanwhile_is_told(build: Build, flag: str, words: str) -> None:
    outcome = isolated(gpu_node(build(flag)))

    assert fact(outcome, "driver")["version"] == "580.82.07"
    assert entry(outcome, "devices").status is CollectorState.FAILED
    assert words in str(entry(outcome, "smi").reason)


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
    ["", "NVIDIA-SMI has failed", "<other/>", '<!DOCTYPE a [<!ENTITY b "c">]><a/>'],
)
def test_what_is_not_its_xml_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="nvidia-smi gave XML"):
        parse_query(text)


def test_the_count_of_the_driver_is_believed() -> None:
    gpus = parse_query(
        "<nvidia_smi_log><attached_gpus>2</attached_gpus><gpu><uuid>GPU-1</uuid>"
        "<fb_memory_usage><total>a lot</total></fb_memory_usage></gpu></nvidia_smi_log>"
    )

    assert gpus.smi()["gpu-count"] == 2
    assert {"devices", "devices[0].memory-mib"} <= gpus.stable_missing().keys()


def test_links_of_each_device() -> None:
    text = "GPU 0: H100 (UUID: GPU-aa)\n\t Link 0: 26.562 GB/s\n\t Link 1: <inactive>\n"

    assert parse_links(text) == {"GPU-aa": {"links": 2, "active": 1, "inactive": [1]}}
    assert parse_links("GPU 0: H200 (UUID: GPU-aa)\n") == {}


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
    assert "1 NVIDIA GPU is on the PCI bus" in str(found.entry("smi").reason)


@pytest.mark.parametrize("file", ["vendor", "class"])
def test_a_device_that_does_not_say_what_it_is_is_not_counted_as_none(
    file: str, tmp_path: Path
) -> None:
    device = tmp_path / "sys/bus/pci/devices/0000:04:00.0"
    device.mkdir(parents=True)
    for name, text in {"vendor": "0x10de", "class": "0x030200"}.items():
        (device / name).write_text(text + "\n")
    (device / file).unlink()
    (device / file).mkdir()  # reading fails, whoever runs the test

    found = Collected(collector, tmp_path)

    assert "pci" not in found.facts
    assert found.state("pci") is CollectorState.FAILED
    assert found.state("smi") is CollectorState.UNAVAILABLE
