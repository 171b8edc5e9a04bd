"""``eidos recipe`` and its verbs as a user meets them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.functional.test_recipe_selection import snapshot

from eidos.engine.cli import root
from eidos.engine.cli.console import run
from eidos.engine.documents.reading import read_text
from eidos.engine.schema import problems

GKE = ("--service", "gke", "--accelerator", "h100", "--os", "cos")
Eidos = Callable[..., tuple[int, str, str]]


@pytest.fixture
def eidos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Eidos:
    """Run a command in an empty folder; give code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def ran(*arguments: str) -> tuple[int, str, str]:
        code = int(run(root, ["recipe", *arguments]))
        return code, *capsys.readouterr()

    return ran


def valid(text: str, kind: str) -> Any:
    [document] = read_text(text, "out.json")
    assert problems(document, f"{kind}/v1") == []
    return document.value


# show -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("hopper-eks-training", "on hopper-eks, eks, managed, base"),
        ("gpu-operator", "component gpu-operator: NVIDIA GPU Operator"),
        ("gpuoperator", "component gpu-operator: NVIDIA GPU Operator"),
        ("gpu-stack-aks", "choice azure-managed"),
        ("gb200-performance", "vm.max_map_count"),
    ],
)
def test_every_part_can_be_shown(name: str, said: str, eidos: Eidos) -> None:
    code, out, _ = eidos("show", name)
    assert code == 0
    assert said in out
    assert ".yaml:" in out
    code, out, _ = eidos("show", name, "-o", "json")
    assert valid(out, "recipe-part")["statements"]


def test_a_platform_says_what_its_service_gives(eidos: Eidos) -> None:
    assert eidos("show", "eks")[1].startswith("overlay eks")
    code, out, _ = eidos("show", "eks", "--kind", "platform")
    assert code == 0
    assert "block class = ebs-csi-default-sc  (" in out
    assert "platforms/eks.yaml:" in out
    code, out, _ = eidos("show", "self-managed", "-o", "json")
    found = valid(out, "recipe-part")
    assert found["part"] == "platform"
    assert {"section": "platform", "what": "service", "value": "self-managed"}.items() <= (
        found["statements"][0].items()
    )
    assert all(each["source"] for each in found["statements"] if each["section"] == "storage")


def test_reasons_are_shown_where_asked_for(eidos: Eidos) -> None:
    assert "because:" not in eidos("show", "gb200-performance")[1]
    assert "because:" in eidos("show", "gb200-performance", "-v")[1]


def test_what_is_not_there_has_a_hint(eidos: Eidos) -> None:
    code, _, err = eidos("show", "gpu-operater")
    assert code == 2
    assert "Did you mean gpu-operator" in err or "gpu-operator" in err


# explain ----------------------------------------------------------------------------------------


def test_an_explanation_has_a_schema(eidos: Eidos) -> None:
    code, out, _ = eidos("explain", *GKE, "--intent", "training", "-o", "json")
    assert valid(out, "resolution")["exitCode"] == code
    code, out, _ = eidos("explain", "--service", "gke", "-o", "json")
    assert code == 1
    assert valid(out, "resolution")["refusal"]["candidates"]


def test_coverage_has_a_schema(eidos: Eidos) -> None:
    code, out, _ = eidos("list", "service=gke", "-o", "json")
    assert code == 0
    found = valid(out, "recipes")["recipes"]
    assert {each["criteria"]["service"] for each in found} == {"gke"}


def test_why_this_overlay(eidos: Eidos) -> None:
    _, out, _ = eidos("explain", *GKE, "--intent", "training", "--overlay", "gke-cos-training")
    assert "gke-cos-training applies: " in out
    assert "service is gke (by option)" in out


def test_why_not_that_one(eidos: Eidos) -> None:
    _, out, _ = eidos("explain", *GKE, "--intent", "training", "--overlay", "eks-ubuntu")
    assert "eks-ubuntu does not apply: it is for service eks" in out
    code, _, err = eidos("explain", *GKE, "--overlay", "eks-ubunto")
    assert code == 2
    assert "eks-ubuntu" in err


def test_who_set_a_value(eidos: Eidos) -> None:
    code, out, _ = eidos("explain", "gpu-operator", *GKE, "--intent", "training")
    assert code in (0, 3)
    assert "by " in out
    assert "source " in out


# diff -------------------------------------------------------------------------------------------


def test_two_recipes(eidos: Eidos) -> None:
    eidos(*GKE, "--intent", "training", "-o", "yaml=a.yaml")
    eidos(*GKE, "--intent", "inference", "-o", "yaml=b.yaml")
    code, out, _ = eidos("diff", "a.yaml", "b.yaml")
    assert code == 1
    assert "~ criteria.intent: training → inference" in out
    code, out, _ = eidos("diff", "a.yaml", "b.yaml", "-o", "json")
    assert valid(out, "recipe-diff")["differences"]
    code, out, _ = eidos("diff", "a.yaml", "a.yaml")
    assert (code, out) == (0, "0 differences from a.yaml\n")


def test_a_recipe_and_a_cluster_in_either_order(eidos: Eidos) -> None:
    facts = snapshot()
    images = {"subtype": "image", "data": {"gpu-operator": "v25.3.3"}}
    facts["measurements"][0]["subtypes"].append(images)
    Path("s.yaml").write_text(yaml.safe_dump(facts))
    eidos("-s", "s.yaml", "--intent", "training", "-o", "yaml=r.yaml")
    code, out, _ = eidos("diff", "s.yaml", "r.yaml")
    assert code == 1
    assert "~ gpu-operator is deployed with image tag v25.3.3" in out
    assert "? " in out
    assert eidos("diff", "r.yaml", "s.yaml")[:2] == (code, out)


def test_two_snapshots_are_no_recipes(eidos: Eidos) -> None:
    Path("s.yaml").write_text(yaml.safe_dump(snapshot()))
    code, _, err = eidos("diff", "s.yaml", "s.yaml")
    assert code == 2
    assert "neither of the two is a recipe" in err


# new --------------------------------------------------------------------------------------------


def known_good() -> dict[str, Any]:
    facts = snapshot()
    facts["measurements"][0]["subtypes"] += [
        {
            "subtype": "helm",
            "data": {
                "g/g": {"chart": "gpu-operator", "version": "v26.7.1"},
                "c/c": {"chart": "cert-manager", "version": "v1.20.2"},
                "x/x": {"chart": "of-the-site", "version": "1.0.0"},
            },
        },
        {"subtype": "policy", "data": {"driver.version": "580.126.20"}},
    ]
    sysctl = facts["nodes"][0]["measurements"][2]["subtypes"][1]["data"]
    sysctl["/proc/sys/vm/swappiness"] = "7"
    return facts


def drafted(eidos: Eidos, *more: str) -> tuple[int, str, str]:
    Path("s.yaml").write_text(yaml.safe_dump(known_good()))
    return eidos("new", "ours", "-s", "s.yaml", "--intent", "inference", "-o", "site", *more)


def test_a_draft_says_what_runs_and_which_fact_says_so(eidos: Eidos) -> None:
    code, _, err = drafted(eidos)
    assert code == 0, err
    spec = yaml.safe_load(Path("site/overlays/ours.yaml").read_text())["spec"]
    version = spec["components"]["gpu-operator"]["version"]
    assert version["is"] == "v26.7.1"
    assert version["source"].startswith("[run] snapshot sha256:")
    assert version["source"].endswith("k8s.helm['g/g']")
    assert version["because"] == "It runs so on c1, which was seen on 2026-11-23."


def test_a_draft_validates_lints_and_resolves(eidos: Eidos) -> None:
    assert drafted(eidos)[0] == 0
    assert run(root, ["validate", "site"]) == 0
    assert eidos("lint", "--data", "site")[0] == 0
    code, out, err = eidos("-s", "s.yaml", "--intent", "inference", "--data", "site")
    assert code == 0, err
    found = {each["name"]: each for each in yaml.safe_load(out)["components"]}
    assert found["gpu-operator"]["version"] == "v26.7.1"
    assert found["gpu-operator"]["values"]["driver"]["version"] == "580.126.20"


def test_a_draft_replaces_nothing(eidos: Eidos) -> None:
    drafted(eidos)
    before = Path("site/overlays/ours.yaml").read_text()
    code, _, err = drafted(eidos)
    assert code == 2
    assert "--force" in err or "--overwrite" in err
    assert Path("site/overlays/ours.yaml").read_text() == before
    assert drafted(eidos, "--overwrite")[0] == 0


@pytest.mark.parametrize("name", ["../x", "A", "", "a/b", ".x", "-"])
def test_a_name_leads_nowhere_else(name: str, eidos: Eidos) -> None:
    Path("s.yaml").write_text(yaml.safe_dump(known_good()))
    code, _, err = eidos("new", "-s", "s.yaml", "-o", "site", "--", name)
    assert code == 2
    assert "cannot be the name of an overlay" in err
    assert not Path("site").exists()


def test_a_shipped_name_is_taken(eidos: Eidos) -> None:
    Path("s.yaml").write_text(yaml.safe_dump(known_good()))
    code, _, err = eidos("new", "eks", "-s", "s.yaml", "-o", "site")
    assert code == 2
    assert "there is an overlay eks already" in err


# what is written --------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_what_is_written_is_valid(form: str, eidos: Eidos) -> None:
    code, _, err = eidos(*GKE, "--intent", "training", "-o", f"{form}=r.{form}")
    assert code in (0, 3), err
    assert run(root, ["validate", f"r.{form}"]) == 0


def test_a_table_shows_components_in_their_order(eidos: Eidos) -> None:
    code, out, _ = eidos(*GKE, "--intent", "training", "-o", "table")
    assert code == 0
    waves = [int(line.split()[0]) for line in out.splitlines()[1:]]
    assert waves == sorted(waves)


# messages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 1, "nothing says what kind of cluster it is"),
        (("--service", "esk"), 2, "there is no service 'esk'"),
        (("--service", "eks", "--criterion", "service=gke"), 2, "service is given twice"),
        (("--criterion", "fabric"), 2, "is not NAME=VALUE"),
        (("--criterion", "colour=red"), 2, "there is no criterion 'colour'"),
        (("--data", "nowhere"), 2, "there is no folder 'nowhere'"),
        ((*GKE, "--intent", "training", "--profile", "gpuStack=x"), 2, "has no choice 'x'"),
        ((*GKE, "--intent", "training", "--profile", "y=x"), 2, "no profile 'y'"),
        (("query", "components.nope", *GKE, "--intent", "training"), 2, "has no 'nope'"),
        (("query", "a[", *GKE, "--intent", "training"), 2, "a["),
        (("--criteria", "nowhere.yaml"), 2, "nowhere.yaml"),
    ],
)
def test_messages(arguments: tuple[str, ...], code: int, said: str, eidos: Eidos) -> None:
    ended, out, err = eidos(*arguments)
    assert ended == code, err
    assert said in err
    assert out == ""
    assert "Traceback" not in err


def test_criteria_are_one_document(eidos: Eidos, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("spec: {service: gke}\n---\nspec: {intent: training}\n")
    ended, _, err = eidos("--criteria", str(tmp_path / "c.yaml"))
    assert ended == 2
    assert "c.yaml:3:1 $: the file holds 2 documents instead of one" in err


def test_a_hostile_word_moves_no_cursor(eidos: Eidos) -> None:
    _, out, err = eidos("--service", "\x1b[2Jeks")
    assert "\x1b" not in out + err


def test_json_is_json(eidos: Eidos) -> None:
    _, out, _ = eidos("query", "metadata", *GKE, "--intent", "training", "--json")
    assert json.loads(out)["name"]


# history ----------------------------------------------------------------------------------------


def test_a_recipe_for_a_snapshot_is_recorded_and_found_again(
    eidos: Eidos, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("s.yaml").write_text(yaml.safe_dump(snapshot()))
    code, out, err = eidos("-s", "s.yaml", "--intent", "training")
    assert code == 0, err
    assert run(root, ["history", "recipe", "latest"]) == 0
    assert yaml.safe_load(capsys.readouterr().out) == yaml.safe_load(out)
    assert run(root, ["history", "show", "latest", "-o", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["recipe"]["name"] == yaml.safe_load(out)["metadata"]["name"]
    assert {each["status"] for each in said["subjects"][0]["verdicts"]} == {"pass"}
    assert run(root, ["history", "recipe", said["recipe"]["digest"]]) == 0
    assert yaml.safe_load(capsys.readouterr().out) == yaml.safe_load(out)
    assert run(root, ["history", "verify"]) == 0
    assert run(root, ["history", "runs"]) == 0
    assert "c1" in capsys.readouterr().out


def test_a_recipe_that_is_refused_for_a_constraint_is_recorded_too(
    eidos: Eidos, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("s.yaml").write_text(yaml.safe_dump(snapshot("v1.30.14-eks-3025e55")))
    assert eidos("-s", "s.yaml", "--intent", "training")[0] == 1
    run(root, ["history", "show", "latest"])
    assert "v1.30.14-eks-3025e55" in capsys.readouterr().out


@pytest.mark.parametrize("options", [(*GKE, "--intent", "training"), ("--no-record",)])
def test_nothing_is_recorded_where_nothing_was_seen_or_nobody_wants_it(
    options: tuple[str, ...], eidos: Eidos, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("s.yaml").write_text(yaml.safe_dump(snapshot()))
    facts = ("-s", "s.yaml", "--intent", "training") if "--no-record" in options else ()
    eidos(*facts, *options)
    run(root, ["history", "runs"])
    assert "nothing is recorded yet" in capsys.readouterr().err


@pytest.mark.usefixtures("eidos")
def test_a_run_without_a_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    Path("s.yaml").write_text(yaml.safe_dump(snapshot()))

    run(root, ["check", "s.yaml", "-p", "gpu"])
    capsys.readouterr()
    assert run(root, ["history", "recipe", "latest"]) == 2
    assert "has no recipe" in capsys.readouterr().err
