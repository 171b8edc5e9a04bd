"""`eidos snapshot` of small machines made after public bug reports, each with its right answer."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from eidos.engine.cli import root
from eidos.engine.cli.console import run

GPU = "gpu.smi,gpu.devices,gpu.devices-volatile"


class Taken:
    """What the command wrote of one node."""

    def __init__(self, folder: Path, what: str, capsys: pytest.CaptureFixture[str]) -> None:
        options = ["--no-cluster", "--no-cache", "--node", "n1", "--filter", what]
        self.code = run(root, ["snapshot", *options, "--root", str(folder)])
        self.document = yaml.safe_load(capsys.readouterr().out)

    def fact(self, subtype: str) -> Any:  # any shape of YAML
        [node] = self.document["nodes"]
        [measurement] = node["measurements"]
        return next(one["data"] for one in measurement["subtypes"] if one["subtype"] == subtype)

    def entry(self, subtype: str) -> dict[str, Any]:
        entries: list[dict[str, Any]] = self.document["collection"]
        return next(one for one in entries if one.get("subtype") == subtype)


@pytest.fixture
def cases(shared: Path) -> Path:
    return shared / "data/cases"


def test_one_gpu_that_answers_unknown_error(
    cases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = Taken(cases / "09-one-gpu-answers-unknown-error/root", GPU, capsys)

    assert taken.code == 3
    assert taken.fact("smi")["driver"] == "580.159.03"
    assert taken.fact("smi")["gpu-count"] == 2
    healthy, sick = taken.fact("devices")["devices"]
    assert healthy["ecc"]["volatile"] == {"corrected": 0, "uncorrected": 0}
    assert "ecc" not in sick
    assert sick["recovery-action"] == "None"
    entry = taken.entry("devices")
    assert entry["status"] == "partial"
    broken = {key for key in entry["keys"] if "[" in key}
    assert broken == {f"devices[1].ecc.volatile.{kind}" for kind in ("corrected", "uncorrected")}
    assert "Unknown Error" in entry["reason"]


@pytest.mark.parametrize(
    ("folder", "draw", "limit", "uncorrected"),
    [("", 68.1, 700.0, 0), ("old", 25.0, 300.0, 0), ("volta", 68.1, 700.0, 4)],
)
def test_power_and_errors_under_the_names_of_every_driver(
    folder: str,
    draw: float,
    limit: float,
    uncorrected: int,
    cases: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    taken = Taken(cases / "10-power-draw-under-new-names" / folder / "root", GPU, capsys)

    [device] = taken.fact("devices")["devices"]
    [now] = taken.fact("devices-volatile").values()
    assert now["power-w"] == draw
    assert device["power"] == {"limit-w": limit}
    assert device["ecc"]["volatile"] == {"corrected": 0, "uncorrected": uncorrected}
    assert taken.entry("devices")["status"] == "partial"
    assert "devices.power.default-w" in taken.entry("devices")["keys"]


def test_the_name_of_a_process_that_is_no_xml(
    cases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = Taken(cases / "11-process-name-that-is-no-xml/root", GPU, capsys)

    assert taken.fact("smi")["gpu-count"] == 2
    assert len(taken.fact("devices")["devices"]) == 2
    assert not [key for key in taken.entry("devices")["keys"] if "[" in key]


def test_a_gpu_that_asks_for_a_reset(
    cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = Taken(cases / "13-gpu-asks-for-a-reset/root", GPU, capsys)

    devices = taken.fact("devices")["devices"]
    assert [device["recovery-action"] for device in devices] == ["None", "Reset"]
    snapshot = tmp_path / "n1.yaml"
    for unreadable in ({}, {"pcie": {"bus-id": "0000:3b:00.0"}}, {"recovery-action": "ERR!"}):
        devices[0] |= unreadable
        snapshot.write_text(yaml.safe_dump(taken.document))
        run(root, ["check", str(snapshot), "--rule", "GPU-028", "--no-record", "-o", "json"])
        report = json.loads(capsys.readouterr().out)
        [verdict] = [v for s in report["subjects"] for v in s["verdicts"]]
        assert verdict["status"] == "fail"
        assert [each["actual"] for each in verdict["findings"]] == ["Reset"]


def test_a_driver_that_is_not_that_of_the_library(
    cases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = Taken(cases / "20-driver-library-mismatch/root", GPU, capsys)

    assert taken.code == 3
    assert taken.entry(None)["status"] == "failed"  # the whole type ended alike
    assert "Driver/library version mismatch" in taken.entry(None)["reason"]


def test_a_quoted_kernel_argument(cases: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = Taken(cases / "24-quoted-kernel-argument/root", "os.grub", capsys)

    assert taken.code == 0
    assert taken.fact("grub") == {
        "dyndbg": "file drivers/x/* +p",
        "hugepages": "16",
        "hugepagesz": "1G",
        "mitigations": "off",
        "mod.opt": "a b",
        "ro": "",
        "--": ["single"],
    }
