"""``eidos facts``: search, one fact whole, its values in a snapshot."""

import json
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.cli import root
from eidos.engine.cli.console import run

EXAMPLE = str(Path(__file__).parents[2] / "ci-examples" / "cluster.yaml")
UPSTREAM = str(Path(__file__).parents[1] / "documents/valid/upstream-snapshot/aicr.run-v1.yaml")


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    assert run(root, ["facts", *arguments, "-o", "json"]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["facts"]
    return found


def names(found: list[dict[str, Any]]) -> set[str]:
    return {fact["name"] for fact in found}


def test_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    found = names(asked(capsys))
    assert {"gpu.smi.driver", "k8s.kubelet.*", "os.grub.audit"} <= found


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("GPU.smi.driver", {"gpu.smi.driver"}),
        ("gpu.smi.DRIVER", {"gpu.smi.driver"}),
        ("gpu.pci", {"gpu.pci.gpu-count", "gpu.pci.devices"}),
        ("gpu.*.gpu-count", {"gpu.smi.gpu-count", "gpu.pci.gpu-count"}),
        ("gpu.smi.gpu.model", {'gpu.smi["gpu.model"]'}),
        ("yama", {'os.sysctl["/proc/sys/kernel/yama/ptrace_scope"]'}),
        ("newest CUDA", {"gpu.smi.cuda-version"}),
        ('os.sysctl["/proc/sys/vm/swappiness"]', {'os.sysctl["/proc/sys/vm/swappiness"]'}),
    ],
)
def test_a_word_finds_facts(
    word: str, expected: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert names(asked(capsys, word)) == expected


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("gpu.smi.drivr", "Did you mean 'gpu.smi.driver'?"),
        ("gpu.smy.driver", "Did you mean 'gpu.smi.driver'?"),
        ("what.is.this.even", "Known: "),
        ("gpu.smi.[", "Did you mean"),
    ],
)
def test_what_finds_nothing_is_told_with_the_nearest(
    word: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(root, ["facts", word]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert hint in said.err


def test_one_is_told_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, ["facts", "k8s.kubelet.authentication"]) == 0
    said = capsys.readouterr().out
    assert "source  k8s, from the API server" in said
    assert "since   eidos 0.1.0" in said


def test_the_rules_that_read_it_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    [fact] = asked(capsys, "gpu.smi.driver")
    assert {"GPU-001", "OPR-005"} <= set(fact["rules"])  # the second declares all of gpu.smi
    [alone] = asked(capsys, "gpu.smi.driver", "-p", "supply-chain")
    assert alone["rules"] == []


def test_its_values_stand_in_a_file_and_line(capsys: pytest.CaptureFixture[str]) -> None:
    [fact] = asked(capsys, "gpu.smi.driver", EXAMPLE)
    lines = Path(EXAMPLE).read_text().split("\n")
    told = {each["node"]: each for each in fact["values"]}
    assert told["gpu-b"]["value"] == "580.82.07"
    assert all(
        f"driver: {each['value']}" in lines[each["location"]["line"] - 1] for each in told.values()
    )
    [only] = asked(capsys, "gpu.smi.driver", EXAMPLE, "--node", "gpu-b")
    assert [each["node"] for each in only["values"]] == ["gpu-b"]


def test_a_fact_of_the_cluster_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    [fact] = asked(capsys, "k8s.server.version", EXAMPLE)
    assert [(each.get("node"), each["value"]) for each in fact["values"]] == [
        (None, "v1.36.3-eks-8f2c1d0")
    ]


def test_what_is_not_there_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [beyond] = asked(capsys, "k8s.kubelet.authentication", UPSTREAM)
    assert "is no fact that upstream" in beyond["values"][0]["trouble"]
    text = Path(EXAMPLE).read_text().replace("driver: 580.82.07", "driver: N/A")
    file = tmp_path / "s.yaml"
    file.write_text(
        text.replace(
            "{type: GPU, node: gpu-a, status: ok}",
            "{type: K8s, subtype: helm, status: failed, reason: 403}",
        )
    )
    [driver] = asked(capsys, "gpu.smi.driver", str(file), "--node", "gpu-b")
    assert "unreadable: 'N/A' is no version" in driver["values"][0]["trouble"]
    [lost] = asked(capsys, "k8s.helm.demo/x", str(file))
    assert "not collected (failed: 403)" in lost["values"][0]["trouble"]
    [absent] = asked(capsys, "gpu.smi.gpu.vbios-version", EXAMPLE)
    assert {each["trouble"] for each in absent["values"]} == {"not in the snapshot"}


def test_many_are_a_line_for_each_value(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, ["facts", "gpu.smi", EXAMPLE]) == 0
    said = capsys.readouterr().out.splitlines()
    assert any(line.endswith("gpu-b gpu.smi.gpu-count: 7") for line in said)
    assert run(root, ["facts", "os.kmod", EXAMPLE, "--node", "gpu-a"]) == 0
    assert "gpu-a os.kmod.efa: true" in capsys.readouterr().out


def test_nothing_of_it_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, ["facts", "network.rdma.*", UPSTREAM]) == 0
    assert capsys.readouterr().out == ""


def test_a_node_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, ["facts", "gpu.smi.driver", EXAMPLE, "--node", "gpu-c"]) == 2
    assert "Did you mean 'gpu-b'?" in capsys.readouterr().err


def test_a_node_of_no_snapshot(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, ["facts", "gpu.smi.driver", "--node", "gpu-b"]) == 2
    assert "--node is about a snapshot" in capsys.readouterr().err


def test_names_complete() -> None:
    from click.shell_completion import ShellComplete

    complete = ShellComplete(root, {}, "eidos", "_EIDOS_COMPLETE")
    found = {item.value for item in complete.get_completions(["facts"], "GPU.smi.d")}
    assert "gpu.smi.driver" in found


def test_a_gate_can_require_that_every_rule_can_be_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rules = [f"--rule={rule}" for rule in ("K8S-008", "GPU-001")]
    options = ["check", UPSTREAM, "--no-record", "--effective-time", "2026-11-24", *rules]
    run(root, [*options, "-o", "json", "--allow-incomplete"])
    found = json.loads(capsys.readouterr().out)
    assert found["counts"]["not-askable"] == 1
    assert found["counts"]["unknown"] == 0
    [reason] = found["notAskable"]
    assert (reason["rules"], reason["subjects"]) == (["K8S-008"], 1)
    assert "k8s.kubelet is no fact that upstream" in reason["reason"]
    run(root, options)
    plain = capsys.readouterr().out
    assert "NOT ASKABLE of 1 subject: k8s.kubelet is no fact that upstream" in plain
    assert run(root, [*options, "--require-askable"]) == 3
    assert "1 verdict not askable" in capsys.readouterr().out
