"""Drift as a person reads it: planted changes, their causes, and what would undo them."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from eidos.engine.app.context import Context, Opening
from eidos.engine.app.diff import Comparing, diff
from eidos.engine.cli import console, root
from eidos.schemas import FOLDER
from fakes.drifting import snapshot
from fakes.policies import write_pack

DAY = ("--effective-time", "2026-11-24")
SCHEMAS = Path(__file__).parents[1] / "schemas"
SCREEN = 30
"""Lines of a small terminal window."""
PLANTED = {
    "driver: 580.82.07\n": "driver: 570.133.20\n",
    "/proc/sys/kernel/randomize_va_space: 2\n": "/proc/sys/kernel/randomize_va_space: 0\n",
    "            argocd: v2.14.3\n": "            argocd: v2.14.4\n            nginx: latest\n",
    "rack: r6}\n": "rack: r7}\n",
}
VOLATILE = (
    *("ActiveEnterTimestamp", "ActiveEnterTimestampMonotonic", "CPUUsageNSec", "ExecMainPID"),
    *("ExecMainStartTimestamp", "InactiveExitTimestamp", "MainPID", "MemoryCurrent"),
    *("StateChangeTimestamp", "TasksCurrent", "ConditionTimestamp", "AssertTimestamp"),
)


def planted(text: str) -> str:
    """Change what matters, and twelve facts that change by themselves."""
    for before, after in PLANTED.items():
        plain = before.replace(": 2\n", ': "2"\n') if before not in text else before
        assert plain in text
        text = text.replace(plain, after, 1)
    for key in VOLATILE:
        text, count = re.subn(rf'(?m)^( +{key}: "?)\d+', r"\g<1>1234567", text, count=1)
        assert count == 1, key
    return text


@pytest.fixture
def sides(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    text = (shared / "data/snapshots/gb200.yaml").read_text()
    provider, labels = (
        "            provider: eks\n",
        "labels: {kubernetes.io/hostname: a, rack: r6}",
    )
    text = text.replace(provider, f"{provider}            {labels}\n", 1)
    # The last driver is the node's; the first is that of the operator's policy.
    (tmp_path / "a.yaml").write_text(text)
    (tmp_path / "b.yaml").write_text(planted(text))
    return tmp_path


def run(*arguments: str) -> int:
    return console.run(root, ["--no-config", "diff", *arguments, *DAY])


Captured = pytest.CaptureFixture[str]


def said(capsys: Captured, *arguments: str) -> Any:
    capsys.readouterr()
    run(*arguments, "-o", "json")
    found = json.loads(capsys.readouterr().out)
    kind = {"Drift": "drift", "DriftExplanation": "drift-explanation"}[found["kind"]]
    schema = json.loads((FOLDER / kind / "v1.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(found)
    return found


@pytest.mark.usefixtures("sides")
def test_the_first_screen_is_what_matters_each_with_its_cause(capsys: Captured) -> None:
    assert run("a.yaml", "b.yaml") == 1
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert len(lines) <= SCREEN
    told = [line.strip() for line in lines if re.match(r"  \S", line)]
    assert [line.split("  ")[0] for line in told] == [
        "gpu.smi.driver",
        "+ nginx:latest",
        'os.sysctl["/proc/sys/kernel/randomize_va_space"]',
        "argocd:v2.14.3 -> v2.14.4",
        "k8s.node.labels.rack",
    ]
    causes = {
        "gpu.smi.driver": "GPU-",
        "+ nginx:latest": "verdict SUP-001 fail once more",
        "randomize_va_space": "verdict OS-004 pass -> fail",
    }
    for fact, cause in causes.items():
        at = next(number for number, line in enumerate(lines) if fact in line)
        assert cause in lines[at + 1]
    assert "5 changes" in out
    assert "12 ignored" in out


@pytest.mark.usefixtures("sides")
def test_a_flip_is_laid_at_the_door_of_its_cause_alone(capsys: Captured) -> None:
    found = said(capsys, "a.yaml", "b.yaml")
    for change in found["changes"]:
        for flip in change["flips"]:
            assert flip["together"] == []
    causes = {
        flip["rule"]: [[each["fact"] for each in one] for one in flip["changes"]]
        for flip in found["flips"]
    }
    assert causes["OS-004"] == [['os.sysctl["/proc/sys/kernel/randomize_va_space"]']]
    assert all(sets == [["gpu.smi.driver"]] for rule, sets in causes.items() if "GPU" in rule)


@pytest.mark.usefixtures("sides")
def test_the_same_drift_in_the_newer_way_to_write_it(capsys: Captured) -> None:
    for name in "ab":
        convert = ["snapshot", "convert", f"{name}.yaml", "-o", f"{name}1.yaml"]
        assert console.run(root, convert) == 0
    old, new = (
        [(each["fact"], each["level"], each["flips"]) for each in said(capsys, *pair)["changes"]]
        for pair in (("a.yaml", "b.yaml"), ("a1.yaml", "b1.yaml"))
    )
    assert old == new


def test_explaining_a_rule(sides: Path, capsys: Captured) -> None:
    assert run("a.yaml", "b.yaml", "--explain", "OS-004") == 1
    out = capsys.readouterr().out
    line = 1 + (sides / "b.yaml").read_text().splitlines().index(
        "            /proc/sys/kernel/randomize_va_space: 0"
    )
    assert "pass -> fail" in out
    assert 'randomize_va_space"]  2 -> 0' in out
    assert f"b.yaml:{line}" in out
    assert "undoing that is enough to bring back pass" in out
    found = said(capsys, "a.yaml", "b.yaml", "--explain", "OS-004")
    [subject] = found["subjects"]
    assert (subject["cause"], len(subject["changes"]), len(subject["undo"])) == ("change", 1, 1)


@pytest.mark.usefixtures("sides")
def test_explaining_a_rule_that_does_not_flip(capsys: Captured) -> None:
    assert run("a.yaml", "b.yaml", "--explain", "OS-011") == 1
    assert "on both sides" in capsys.readouterr().out


@pytest.mark.usefixtures("sides")
@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("--explain", "OS-04"), "Did you mean"),
        (("--explain", "OS-004", "--no-policy"), "--no-policy"),
        (("--explain", "OS-004", "--summary"), "--summary"),
        (("--explain", "OS-004", "-o", "markdown"), "markdown"),
    ],
)
def test_what_cannot_be_explained(capsys: Captured, arguments: tuple[str, ...], hint: str) -> None:
    assert run("a.yaml", "b.yaml", *arguments) == 2
    assert hint in capsys.readouterr().err


# Containers -------------------------------------------------------------------------------------


def container(number: int, **more: Any) -> Any:
    return {
        "namespace": "default",
        "controller": f"Deployment/app-{number}",
        "container": f"app-{number}",
        "registry": "docker.io",
        "repository": "library/nginx",
        "tag": "1.27",
        "count": 1,
        **more,
    }


def images(*containers: Any) -> Any:
    server = {"version": "v1.35.0", "platform": "linux/amd64"}
    facts = {"K8s": {"server": server, "image": {"containers": [*containers]}}}
    return snapshot({"n1": {"OS": {"grub": {}}}}, facts)


def write(name: str, document: Any) -> str:
    Path(name).write_text(json.dumps(document, indent=1))
    return name


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


FORMATS: dict[str, Callable[[str], bool]] = {
    "text": lambda out: "  + docker.io/library/nginx:1.27 (default/app)\n" in out,
    "table": lambda out: "b.json:" in out,
    "markdown": lambda out: "b.json:" in out,
    "github": lambda out: "+ docker.io/library/nginx:1.27 (default/app)" in out,
    "sarif": lambda out: "+ docker.io/library/nginx:1.27 (default/app)" in out,
    "json": lambda out: "docker.io" in out,
}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", FORMATS)
def test_an_added_container_is_found_in_its_line(capsys: Captured, name: str) -> None:
    others = [container(number) for number in range(5)]
    added = container(9, controller="Deployment/app", container="app")
    before, after = images(*others), images(*others[:2], added, *others[2:][::-1])
    a, b = write("a.json", before), write("b.json", after)
    assert run(a, b, "--no-policy", "-o", name) == 1
    out = capsys.readouterr().out
    assert FORMATS[name](out)
    text = Path("b.json").read_text().splitlines()
    line = next(at for at, each in enumerate(text, 1) if '"app"' in each)
    found = re.search(r"b\.json:(\d+)", out) or re.search(r"file=b\.json,line=(\d+)", out)
    if name == "json":
        [change] = json.loads(out)["changes"]
        assert change["afterAt"]["path"].endswith(".containers[2]")
        number = change["afterAt"]["line"]
    elif name == "sarif":
        schema = json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text())
        jsonschema.validators.validator_for(schema)(schema).validate(json.loads(out))
        [result] = json.loads(out)["runs"][0]["results"]
        number = result["locations"][0]["physicalLocation"]["region"]["startLine"]
    else:
        assert found is not None
        number = int(found[1])
    assert line - 4 <= number <= line


@pytest.mark.usefixtures("here")
def test_what_many_images_have_in_common_is_one_line(capsys: Captured) -> None:
    before = images(*(container(number) for number in range(130)))
    after = images(*(container(number, tag="1.28") for number in range(130)))
    run(write("a.json", before), write("b.json", after), "--no-policy")
    out = capsys.readouterr().out
    assert "  + 130 images differ\n" in out
    assert out.count("nginx") == 0
    run("a.json", "b.json", "--no-policy", "--show-ignored")
    assert capsys.readouterr().out.count("docker.io/library/nginx:1.27 -> 1.28") == 130


@pytest.mark.usefixtures("here")
def test_one_bad_image_of_many_is_the_only_one_that_alarms(capsys: Captured) -> None:
    before = images(*(container(number) for number in range(200)))
    changed = [container(number, tag="1.28") for number in range(200)]
    changed[77] = container(77, tag="latest")
    a, b = write("a.json", before), write("b.json", images(*changed))
    found = said(capsys, a, b, "--allow-incomplete")
    high = [each for each in found["changes"] if each["level"] in ("high", "critical")]
    assert [each["path"][1] for each in high] == ["default/Deployment/app-77/app-77"]
    assert [flip["rule"] for flip in high[0]["flips"]] == ["SUP-001"]
    run(a, b, "--allow-incomplete")
    out = capsys.readouterr().out
    assert "+ 199 images differ, no verdict hangs on them" in out


BOTH = """\
# METADATA
# title: Not both at once
# custom:
#   id: T-001
#   severity: high
#   scope: node
#   requires: [os.sysctl]
package t.both

deny contains {"msg": "both"} if {
	input.os.sysctl.a == 1
	input.os.sysctl.b == 1
}
"""


@pytest.mark.usefixtures("here")
def test_changes_that_flip_only_together_say_so(capsys: Captured) -> None:
    write_pack(Path("t"), both=BOTH)
    noise = {f"x{number}": number for number in range(60)}
    moved = {f"x{number}": number + 1 for number in range(60)}
    a = write("a.json", snapshot({"n1": {"OS": {"sysctl": {"a": 0, "b": 0, **noise}}}}))
    b = write("b.json", snapshot({"n1": {"OS": {"sysctl": {"a": 1, "b": 1, **moved}}}}))
    found = said(capsys, a, b, "--pack", "t")
    flips = {each["fact"]: each["flips"] for each in found["changes"] if each["flips"]}
    assert {fact: flip["together"] for fact, [flip] in flips.items()} == {
        "os.sysctl.a": ["os.sysctl.b"],
        "os.sysctl.b": ["os.sysctl.a"],
    }
    explained = said(capsys, a, b, "--pack", "t", "--explain", "T-001")
    [subject] = explained["subjects"]
    undo = [[each["fact"] for each in one] for one in subject["undo"]]
    assert sorted(undo) == [["os.sysctl.a"], ["os.sysctl.b"]]


@pytest.mark.usefixtures("here")
def test_a_cause_that_is_ignored_is_named(capsys: Captured) -> None:
    write_pack(Path("t"), both=BOTH)
    a = write("a.json", snapshot({"n1": {"OS": {"sysctl": {"a": 1, "b": 0}}}}))
    b = write("b.json", snapshot({"n1": {"OS": {"sysctl": {"a": 1, "b": 1}}}}))
    run(a, b, "--pack", "t", "--ignore", "os.sysctl.b")
    assert "because of what an ignore rule hides (os.sysctl.b)" in capsys.readouterr().out


# Bad input --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("here")
def test_a_node_that_is_gone_from_the_middle_of_the_list(capsys: Captured) -> None:
    def nodes(*names: str) -> Any:
        return snapshot({name: {"GPU": {"smi": {"driver": "1", "on": name}}} for name in names})

    after = nodes("n1", "n3", "n4")
    after["nodes"][2]["measurements"][0]["subtypes"][0]["data"]["driver"] = "2"
    a, b = write("a.json", nodes("n1", "n2", "n3", "n4")), write("b.json", after)
    assert run(a, b, "--no-policy") == 1
    out = capsys.readouterr().out
    assert out.index("node n2 removed") < out.index("1 critical, 1 high")
    [change] = said(capsys, a, b, "--no-policy")["changes"]
    assert change["node"] == "n4"
    assert "nodes[3]" in change["beforeAt"]["path"]
    assert "nodes[2]" in change["afterAt"]["path"]
    run(a, b, "--no-policy", "-o", "github")
    assert "node n2 removed" in capsys.readouterr().out


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "document",
    [
        {"version": 4, "terraform_version": "1.9.0", "resources": []},
        {"apiVersion": "v1", "kind": "List", "items": []},
        {"coverage": 80, "alerts": [], "summary": {"total_resources": 3}},
        [{"op": "replace", "path": "/a", "value": 1}],
        {"kind": "Recipe", "apiVersion": "cns.nvidia.com/v1alpha1", "metadata": {}},
        "just text",
        None,
    ],
)
def test_a_baseline_of_another_tool_is_refused_in_a_sentence(
    capsys: Captured, document: Any
) -> None:
    a, b = write("a.json", document), write("b.json", snapshot({"n1": {}}))
    assert run(a, b) == 2
    err = capsys.readouterr().err
    assert "a.json" in err
    assert "Traceback" not in err


@pytest.mark.usefixtures("here")
def test_a_file_that_disappears_while_the_list_is_read_hides_no_other() -> None:
    Path("fleet").mkdir()
    for name in ("a", "fleet/a", "fleet/b", "fleet/c"):
        write(f"{name}.json", snapshot({"n1": {"OS": {"grub": {"at": name}}}}))
    with Context(Opening(), {}) as context:
        found = diff("a.json", ["fleet"], Comparing(), None, context, many=True)
        first = next(found)
        Path("fleet/b.json").unlink()
        gone, last = found
    assert [getattr(each, "drift", None) is not None for each in (first, gone, last)] == [
        True,
        False,
        True,
    ]


# A fleet ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("here")
def test_the_matrix_has_clusters_and_counts_one_as_one(capsys: Captured) -> None:
    one, other = images(container(1)), images(container(1, tag="1.28", count=2))
    one["metadata"]["cluster"], other["metadata"]["cluster"] = "east", "west"
    lone = snapshot({"n9": {"OS": {"grub": {}}}})
    a, b, c = write("a.json", one), write("b.json", other), write("c.json", lone)
    assert run("--matrix", a, b, c) == 1
    out = capsys.readouterr().out
    assert "k8s.image: 1 cluster alike, 1 differs\n" in out
    assert "docker.io/library/nginx:1.27 -> 1.28 (default/app-1)" in out
    assert "k8s.server: 2 clusters alike\n" in out
    assert "\n2 clusters, 3 nodes; exit code 1\n" in out
    assert run("--matrix", c) == 0
    out = capsys.readouterr().out
    assert "os.grub: 1 node\n" in out
    assert "\n1 node; exit code 0\n" in out


@pytest.mark.usefixtures("here")
def test_the_order_of_a_list_and_how_a_number_is_written_make_no_class(capsys: Captured) -> None:
    def devices(*names: str, count: float) -> Any:
        return {"GPU": {"pci": {"devices": [{"bus-id": each} for each in names], "n": count}}}

    one, other = devices("0", "1", count=1), devices("1", "0", count=1.0)
    assert run("--matrix", write("m.json", snapshot({"n1": one, "n2": other}))) == 0
    assert "gpu.pci: 2 nodes alike" in capsys.readouterr().out


@pytest.mark.usefixtures("here")
def test_what_changed_alike_on_many_nodes_is_one_cause(capsys: Captured) -> None:
    def fleet(driver: str) -> Any:
        smi = {"driver": "580.159.04", "gpu.model": "NVIDIA H100 80GB HBM3"}
        moved = {f"n{number}": {"GPU": {"smi": {**smi, "driver": driver}}} for number in range(20)}
        return snapshot({**moved, "last": {"GPU": {"smi": smi}}})

    a, b = write("a.json", fleet("580.159.04")), write("b.json", fleet("595.71.05"))
    found = said(capsys, a, b, "--pack", "gpu", "--allow-incomplete")
    [flip] = [each for each in found["flips"] if each["rule"] == "GPU-008"]
    [together] = flip["changes"]
    assert {each["fact"] for each in together} == {"gpu.smi.driver"}
    assert len(together) == 20
