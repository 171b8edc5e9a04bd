"""Units as systemctl shows them and as their files say."""

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


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "-H evil.service", "a b.service", "x\n.service"]
)
def test_odd_unit_names_are_refused_and_never_run(tmp_path: Path, name: str) -> None:
    found = Collected(collector, gpu_node(tmp_path), name, "kubelet.service")

    assert found.state(name) is CollectorState.FAILED
    assert "kubelet.service" in found.facts
