"""``eidos policy new``: what is started passes, loads, and takes nothing that is there."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from eidos.engine.app.policy_new import NewRule, new_pack
from eidos.engine.cli import console, root
from eidos.engine.errors import UsageError
from eidos.engine.model.facts import FactAddress
from eidos.engine.vocabulary import vocabulary
from fakes.opa_server import opa_binary

pytestmark = pytest.mark.usefixtures("here")


def run(*arguments: str) -> int:
    return console.run(root, ["policy", *arguments])


def is_covered(capsys: pytest.CaptureFixture[str]) -> bool:
    """Say whether all tests pass and see every outcome."""
    capsys.readouterr()
    code = run("test", "acme-gpu", "--coverage", "-o", "json")
    coverage = json.loads(capsys.readouterr().out)["coverage"]
    return code == 0 and coverage["outcomesPercent"] == 100


def test_a_new_pack_passes_its_tests(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("new", "pack", "acme-gpu") == 0
    out, err = capsys.readouterr()
    assert "acme-gpu/value_allowed.rego" in out
    assert "eidos policy test acme-gpu" in err
    assert is_covered(capsys)
    assert console.run(root, ["validate", "acme-gpu"]) == 0


RULES = [
    ["pages", "--fact", 'os.sysctl["/proc/sys/vm/nr_hugepages"]', "--severity", "high"],
    ["release", "--fact", "k8s.server.version", "--scope", "cluster"],
    ["kubelet", "--fact", 'systemd["kubelet.service"].ActiveState'],
    ["quotes", "--title", 'It\'s "so": {a} # <id> | `x`'],
    ["umlauts", "--title", "Größe passt"],
    ["own", "--fact", "acme.thing.size"],
    ["count", "--fact", "gpu.smi.gpu-count"],
]


@pytest.mark.parametrize("asked", RULES, ids=lambda asked: asked[0])
def test_a_new_rule_passes_its_tests(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("new", "pack", "acme-gpu") == 0
    assert run("new", "rule", *asked, "-p", "acme-gpu") == 0, capsys.readouterr().err
    assert is_covered(capsys)
    assert run("show", "ACME-002", "-p", "acme-gpu") == 0


@pytest.mark.real
@pytest.mark.parametrize("asked", RULES, ids=lambda asked: asked[0])
def test_it_is_formatted_and_tested_as_opa_does(asked: list[str]) -> None:
    assert run("new", "pack", "acme-gpu") == 0
    assert run("new", "rule", *asked, "-p", "acme-gpu") == 0
    opa = str(Path(opa_binary()).resolve())
    for command in (["fmt", "--list", "--fail"], ["test", "-b"], ["check", "--strict", "-b"]):
        done = subprocess.run(
            [opa, *command, "acme-gpu"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_rule_can_be_started_about_every_fact(capsys: pytest.CaptureFixture[str]) -> None:
    """But for those that it says it cannot; each way to write a key is tried once."""
    assert run("new", "pack", "acme-gpu") == 0
    tried: dict[object, str] = {}
    for name in vocabulary().known_facts():
        fact = FactAddress.parse(name)
        if fact.key is not None:
            tried.setdefault((fact.type, re.sub(r"\w+", "w", fact.key)), name)
    started = [
        number
        for number, name in enumerate(tried.values())
        if run("new", "rule", f"r{number}", "-p", "acme-gpu", "--fact", name) == 0
    ]
    assert len(started) > 10
    capsys.readouterr()
    assert run("test", "acme-gpu") == 0, capsys.readouterr().out


def test_ids_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    run("new", "pack", "acme-gpu", "--id", "AB-C-0041")
    run("new", "rule", "second", "-p", "acme-gpu")
    run("new", "rule", "third", "-p", "acme-gpu", "--id", "X-1")
    capsys.readouterr()
    run("list", "./acme-gpu", "-o", "json")
    rules = json.loads(capsys.readouterr().out)["packs"][0]["rules"]
    assert [rule["id"] for rule in rules] == ["AB-C-0041", "AB-C-0042", "X-1"]


NAMES = [
    "",
    "a b",
    "../x",
    "Acme",
    "-x",
    "a" * 65,
    "acme.gpu",
    "a/b",
    "x\n",
    "import",
    "eidos",
    "gpu",
]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_name_for_a_pack(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("new", "pack", "--", name) == 2
    assert "is no name" in (said := capsys.readouterr().err) or "comes with eidos" in said
    assert not [*Path().iterdir()]


@pytest.mark.parametrize(
    "name", ["", "../x", "Driver", "x-y", "a_test", "x_cases", "default", "x" * 65]
)
def test_what_is_no_name_for_a_rule(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    run("new", "pack", "acme-gpu")
    before = sorted(Path("acme-gpu").iterdir())
    assert run("new", "rule", "-p", "acme-gpu", "--", name) == 2
    assert "is no name for a rule" in capsys.readouterr().err
    assert sorted(Path("acme-gpu").iterdir()) == before


WRONG = {
    "slip": (["--fact", "gpu.smi.drivr"], "Did you mean 'gpu.smi.driver'?"),
    "no key": (["--fact", "gpu.smi"], "Name one fact with its key"),
    "every node": (["--fact", "nodes.gpu.smi.driver"], "Name one fact with its key"),
    "no fact": (["--fact", "gpu"], "names no type and subtype"),
    "id": (["--id", "../1"], "is no id for a rule"),
    "taken": (["--id", "ACME-001"], "the pack has a rule ACME-001"),
    "title": (["--title", "a\nb"], "the title is more than a line"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_started(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    run("new", "pack", "acme-gpu")
    before = sorted(Path("acme-gpu").iterdir())
    options, said = WRONG[wrong]
    assert run("new", "rule", "other", "-p", "acme-gpu", *options) == 2
    assert said in capsys.readouterr().err
    assert sorted(Path("acme-gpu").iterdir()) == before


def test_nothing_that_is_there_is_touched(capsys: pytest.CaptureFixture[str]) -> None:
    run("new", "pack", "acme-gpu")
    assert run("new", "pack", "acme-gpu") == 2
    assert "is there already" in capsys.readouterr().err
    Path("acme-gpu/other_cases.yaml").write_text("mine")
    assert run("new", "rule", "other", "-p", "acme-gpu") == 2
    assert Path("acme-gpu/other_cases.yaml").read_text() == "mine"
    assert not Path("acme-gpu/other.rego").exists()
    Path("acme-gpu/linked.rego").symlink_to("nowhere")
    assert run("new", "rule", "linked", "-p", "acme-gpu") == 2
    assert not Path("acme-gpu/nowhere").exists()


def test_a_folder_that_is_no_pack(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("new", "rule", "other") == 2
    assert "eidos policy new pack NAME" in capsys.readouterr().err


def test_shipped_packs_are_not_changed(capsys: pytest.CaptureFixture[str]) -> None:
    from eidos import policies

    assert run("new", "rule", "other", "-p", str(policies.FOLDER / "gpu")) == 2
    assert "comes with eidos" in capsys.readouterr().err


def test_rules_about_most_known_facts_can_be_started() -> None:
    refused = []
    known = [FactAddress.parse(name) for name in vocabulary().known_facts()]
    known = [fact for fact in known if fact.key is not None and "*" not in fact.key]
    for number, fact in enumerate(known):
        try:
            new_pack(f"p{number}", Path(), NewRule(name="x", fact=str(fact)))
        except UsageError:
            refused.append(str(fact))
    assert len(refused) < len(known) / 10, refused
