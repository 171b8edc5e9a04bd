"""Units as systemctl shows them and as their files say."""

import socket
from pathlib import Path

import pytest

from eidos.collectors.systemd import INFINITY, collector, parse_show, properties
from eidos.engine.model.snapshot import CollectorState
from fakes.collected import Collected
from fakes.machines import gpu_node

SHOWN = """Id=containerd.service
LoadState=loaded
ActiveState=active
LimitNOFILE=infinity
LimitNOFILESoft=1024
OOMScoreAdjust=-999
CPUWeight=[not set]
Delegate=yes
DropInPaths=/etc/a.conf /etc/b.conf
Environment=A=b "C=d e"
ExecStart={ path=/usr/bin/containerd ; argv[]=/usr/bin/containerd --log x ; ignore_errors=no ; }
MainPID=38444"""


def test_shown_properties_have_types_and_no_volatile_ones() -> None:
    from eidos.collectors.systemd import PROPERTIES

    assert properties(parse_show(SHOWN), PROPERTIES) == {
        "LoadState": "loaded",
        "ActiveState": "active",
        "LimitNOFILE": INFINITY,
        "LimitNOFILESoft": 1024,
        "OOMScoreAdjust": -999,
        "Delegate": True,
        "DropInPaths": ["/etc/a.conf", "/etc/b.conf"],
        "Environment": ["A=b", "C=d e"],
        "ExecStart": ["/usr/bin/containerd --log x"],
    }


def test_an_absent_unit_is_absent_and_nothing_else(tmp_path: Path) -> None:
    found = Collected(collector, gpu_node(tmp_path), "kubelet.service")

    assert found.facts == {"kubelet.service": {"LoadState": "not-found"}}
    assert found.entries == []


def test_unit_files_tell_what_is_set_and_not_what_runs(tmp_path: Path) -> None:
    found = Collected(collector, gpu_node(tmp_path), "containerd.service")

    facts = found.facts["containerd.service"]
    assert facts["LimitNOFILE"] == INFINITY
    assert facts["LimitNOFILESoft"] == 1024
    assert facts["LimitSTACK"] == 64 << 20
    assert facts["Delegate"] is True
    assert facts["UnitFileState"] == "disabled"
    assert facts["DropInPaths"] == ["/etc/systemd/system/containerd.service.d/10-stack.conf"]
    assert found.state("containerd.service") is CollectorState.PARTIAL
    assert "ActiveState" in found.entry("containerd.service").keys


def test_a_masked_unit(tmp_path: Path) -> None:
    root = gpu_node(tmp_path)
    (root / "etc/systemd/system/nvidia-imex.service").symlink_to("/dev/null")

    facts = Collected(collector, root, "nvidia-imex.service").facts["nvidia-imex.service"]

    assert facts == {"LoadState": "masked", "UnitFileState": "masked"}


def test_a_root_without_systemd_is_unavailable(tmp_path: Path) -> None:
    found = Collected(collector, tmp_path, "kubelet.service")

    assert found.state("kubelet.service") is CollectorState.UNAVAILABLE


def fake_systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = tmp_path / "bin/systemctl"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n" + script)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")


def test_a_bus_below_the_root_is_asked_once_for_all_units(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = gpu_node(tmp_path / "host")
    (node / "run/dbus").mkdir(parents=True)
    monkeypatch.chdir(node / "run/dbus")  # the name of a socket must be short
    shown = r"LoadState=loaded\nActiveState=active\n\nLoadState=not-found\nTasksMax=5\n"
    log = f'echo "$SYSTEMCTL_FORCE_BUS $*" >> {tmp_path}/asked\n'
    fake_systemctl(tmp_path, monkeypatch, f"{log}printf '{shown}'\n")

    with socket.socket(socket.AF_UNIX) as bus:
        bus.bind("system_bus_socket")
        found = Collected(collector, node, "containerd.service", "kubelet.service")

    assert found.facts == {
        "containerd.service": {"LoadState": "loaded", "ActiveState": "active"},
        "kubelet.service": {"LoadState": "not-found"},
    }
    assert found.entries == []
    (asked,) = (tmp_path / "asked").read_text().splitlines()
    assert asked.startswith("1 show --no-pager --property=Id,")
    assert asked.endswith("-- containerd.service kubelet.service")


def test_a_bus_that_does_not_answer_leaves_the_unit_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_systemctl(tmp_path, monkeypatch, "echo 'Failed to connect to bus' >&2\nexit 1\n")
    monkeypatch.setattr("eidos.collectors.systemd.bus_environment", lambda _root: {})

    found = Collected(collector, gpu_node(tmp_path / "host"), "containerd.service")

    assert found.facts["containerd.service"]["LimitSTACK"] == 64 << 20
    assert "Failed to connect to bus" in str(found.entry("containerd.service").reason)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "-H evil.service", "a b.service", "x\n.service"]
)
def test_odd_unit_names_are_refused_and_never_run(tmp_path: Path, name: str) -> None:
    found = Collected(collector, gpu_node(tmp_path), name, "kubelet.service")

    assert found.state(name) is CollectorState.FAILED
    assert "kubelet.service" in found.facts
