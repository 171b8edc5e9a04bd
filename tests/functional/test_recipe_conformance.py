"""Clusters held against recipes, as a user meets it: ``eidos check --recipe``."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from eidos.engine.cli import root
from eidos.engine.cli.console import run
from fakes.recipes import RECIPE

SNAPSHOT: dict[str, Any] = {
    "apiVersion": "eidos.dev/v1",
    "kind": "Snapshot",
    "metadata": {"cluster": "c1", "timestamp": "2026-11-23T10:00:00Z"},
    "measurements": [
        {
            "type": "K8s",
            "subtypes": [
                {"subtype": "server", "data": {"version": "v1.34.1-eks-3025e55"}},
                {"subtype": "image", "data": {"gpu-operator": "v26.7.0"}},
                {"subtype": "policy", "data": {}},
                {
                    "subtype": "helm",
                    "data": {
                        "g/g": {
                            "chart": "gpu-operator",
                            "version": "v26.7.0",
                            "status": "deployed",
                        }
                    },
                },
            ],
        }
    ],
    "nodes": [
        {
            "name": "n1",
            "measurements": [
                {
                    "type": "GPU",
                    "subtypes": [{"subtype": "smi", "data": {"gpu.model": "NVIDIA H100 80GB"}}],
                },
                {
                    "type": "OS",
                    "subtypes": [
                        {
                            "subtype": "sysctl",
                            "data": {
                                "/proc/sys/kernel/kptr_restrict": "0",
                                "/proc/sys/kernel/dmesg_restrict": "1",
                            },
                        }
                    ],
                },
            ],
        }
    ],
}


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(**changes: Any) -> None:
    Path("s.yaml").write_text(yaml.safe_dump(SNAPSHOT))
    Path("r.yaml").write_text(yaml.safe_dump({**RECIPE, **changes}, sort_keys=False))


def checked(capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, dict[str, Any]]:
    """Check with the pack of recipes alone; give the code, and verdicts by rule."""
    packs = [] if "-p" in more else ["-p", "recipe-conformance"]
    options = ["check", "s.yaml", "--recipe", "r.yaml", "--no-record", "-o", "json", *packs, *more]
    code = int(run(root, [*options, "--effective-time", "2026-10-01"]))
    said = json.loads(capsys.readouterr().out)
    return code, {
        each["rule"]: {**each, "scope": subject["scope"]}
        for subject in said["subjects"]
        for each in subject["verdicts"]
    }


def test_a_cluster_as_its_recipe_wants_it_passes(capsys: pytest.CaptureFixture[str]) -> None:
    written()
    code, verdicts = checked(capsys)
    assert code == 0
    assert verdicts["REC-001"]["status"] == "pass"
    assert verdicts["REC-004"]["status"] == "pass"
    assert verdicts["REC-010"]["status"] == "pass"
    assert {each["scope"] for each in verdicts.values()} == {"recipe"}


def test_a_violated_constraint_fails_with_the_line_of_the_recipe(
    capsys: pytest.CaptureFixture[str],
) -> None:
    constraint = {**RECIPE["constraints"][0], "is": ">= 1.35", "remediation": "Upgrade."}
    written(constraints=[constraint])
    code, verdicts = checked(capsys)
    assert code == 1
    [finding] = verdicts["REC-001"]["findings"]
    assert finding["fix"] == "Upgrade."
    assert finding["location"]["file"].endswith("r.yaml")
    assert finding["location"]["line"] > 1


def test_a_fact_that_is_missing_is_no_answer(capsys: pytest.CaptureFixture[str]) -> None:
    constraint = {**RECIPE["constraints"][0], "fact": "OS.release.ID", "is": "ubuntu"}
    written(constraints=[{**constraint, "of": "every-node"}])
    code, verdicts = checked(capsys)
    assert code == 3
    assert verdicts["REC-001"]["status"] == "unknown"
    assert "os.release.ID" in verdicts["REC-001"]["reason"]


def test_one_is_violated_and_one_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    first = {**RECIPE["constraints"][0], "is": ">= 1.35"}
    other = {**first, "fact": "OS.release.ID", "is": "ubuntu", "of": "every-node"}
    written(constraints=[first, other])
    _, verdicts = checked(capsys)
    assert verdicts["REC-001"]["status"] == "fail"
    assert "os.release.ID" in verdicts["REC-001"]["reason"]


def test_hardening_that_tuning_undoes_is_told_and_by_whom_it_is_accepted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    written()
    packs = ("-p", "os-hardening", "--rule", "OS-008")
    _, verdicts = checked(capsys, *packs)
    assert verdicts["OS-008"]["status"] == "fail"
    assert verdicts["OS-008"]["reason"].startswith(
        "tuned by recipe eks-h100 (kernel.kptr_restrict=0), accepted by nobody"
    )
    waiver = {
        "id": "W-1",
        "rule": "OS-008",
        "owner": "platform",
        "approver": "security",
        "reason": "profiling",
        "ticket": "OPS-1",
        "until": "2026-11-01",
    }
    document = {"apiVersion": "eidos.dev/v1", "kind": "Waivers", "waivers": [waiver]}
    Path("w.yaml").write_text(yaml.safe_dump(document))
    _, verdicts = checked(capsys, *packs, "--waivers", "w.yaml")
    assert verdicts["OS-008"]["status"] == "waived"
    assert verdicts["OS-008"]["reason"] == (
        "tuned by recipe eks-h100 (kernel.kptr_restrict=0), "
        "accepted by security until 2026-11-01: profiling"
    )


def test_the_pack_is_not_asked_of_every_snapshot(capsys: pytest.CaptureFixture[str]) -> None:
    written()
    run(root, ["check", "s.yaml", "--no-record", "-o", "json"])
    assert "REC-001" not in capsys.readouterr().out


def test_without_a_recipe_nothing_passes(capsys: pytest.CaptureFixture[str]) -> None:
    written()
    code = run(root, ["check", "s.yaml", "-p", "recipe-conformance", "--no-record"])
    assert code == 3
    assert "none is given: --recipe FILE" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "Snapshot"}, "recipe"),
        ({"kind": "Overlay"}, "this is not a recipe but Overlay"),
        ({"components": "all"}, "'components' must be a list"),
        ({"constraints": [{**RECIPE["constraints"][0], "is": "~> 1.3"}]}, "cannot be read"),
        ({"constraints": [{**RECIPE["constraints"][0], "fact": "nowhere"}]}, "nowhere"),
    ],
)
def test_what_is_no_recipe_is_refused(
    changes: dict[str, Any], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    written(**changes)
    assert run(root, ["check", "s.yaml", "--recipe", "r.yaml", "--no-record"]) == 2
    assert said in capsys.readouterr().err


def test_it_is_recorded_like_any_other_run(capsys: pytest.CaptureFixture[str]) -> None:
    written()
    run(root, ["check", "s.yaml", "--recipe", "r.yaml", "-p", "recipe-conformance"])
    capsys.readouterr()
    assert run(root, ["history", "runs"]) == 0
    assert "c1" in capsys.readouterr().out
