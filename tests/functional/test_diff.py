"""``eidos diff``, as a user runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonpatch
import jsonschema
import pytest
import yaml

from eidos.engine.cli import console, root
from eidos.schemas import FOLDER
from fakes.drifting import snapshot
from fakes.policies import write_pack
from fakes.reports import HOSTILE

EIDOS = (sys.executable, "-m", "eidos.engine")
pytestmark = pytest.mark.usefixtures("here")
GRUB: dict[str, Any] = {"grub": {"quiet": ""}}
SYSCTL = "/proc/sys/vm/swappiness"


def node(driver: Any = "580.1", **sysctl: Any) -> Any:
    return {"GPU": {"smi": {"driver": driver}}, "OS": {**GRUB, "sysctl": {SYSCTL: 1, **sysctl}}}


BEFORE = snapshot({"n1": node(), "n2": node()})
AFTER = snapshot({"n1": node("570.1"), "n2": node("570.1", **{"/proc/sys/fs/file-nr": 7})})
BLIND = snapshot(
    {"n1": {"OS": GRUB}, "n2": node()},
    collection=[{"type": "GPU", "node": "n1", "status": "failed", "reason": "no driver"}],
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_pack(tmp_path / "t")
    for name, document in (("a", BEFORE), ("b", AFTER), ("blind", BLIND)):
        write(tmp_path / f"{name}.json", document)
    (tmp_path / "d.yaml").write_text("kind: Deployment\nmetadata: {name: web}\n")
    return tmp_path


def write(path: Path, document: Any) -> str:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document, indent=1))
    return str(path)


def diff(*arguments: str, policy: bool = False) -> int:
    extra = () if policy else ("--no-policy",)
    return console.run(root, ["--trust-project", "diff", *arguments, *extra])


def drift(capsys: pytest.CaptureFixture[str], *arguments: str, policy: bool = False) -> Any:
    capsys.readouterr()
    diff(*arguments, "-o", "json", policy=policy)
    found = json.loads(capsys.readouterr().out)
    valid(found, "drift")
    return found


def valid(document: Any, name: str) -> None:
    schema = json.loads((FOLDER / name / "v1.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(document)


def test_identical_snapshots(capsys: pytest.CaptureFixture[str]) -> None:
    assert diff("a.json", "a.json") == 0
    assert "identical (exit code 0)" in capsys.readouterr().out


def test_drift_is_grouped_and_ignored_facts_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert diff("a.json", "b.json") == 1
    out = capsys.readouterr().out
    assert out.index("CRITICAL") < out.index("gpu.smi.driver  580.1 -> 570.1 (major downgrade)")
    assert out.count("gpu.smi.driver") == 1
    assert "n1, n2" in out
    assert "2 changes: 2 critical; 1 ignored" in out
    assert "file-nr" not in out


def test_lines_of_both_sides_are_given(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = drift(capsys, "a.json", "b.json")
    change = found["changes"][0]
    for side, file in (("beforeAt", "a.json"), ("afterAt", "b.json")):
        line = (here / file).read_text().splitlines()[change[side]["line"] - 1]
        assert change[side]["file"] == file
        assert '"driver"' in line


@pytest.mark.parametrize(
    "name", ["text", "table", "json", "json-patch", "markdown", "github", "sarif"]
)
@pytest.mark.parametrize(("current", "code"), [("a.json", 0), ("b.json", 1), ("blind.json", 3)])
def test_every_format_yields_the_same_code(
    capsys: pytest.CaptureFixture[str], name: str, current: str, code: int
) -> None:
    assert diff("a.json", current, "-o", name) == code
    assert capsys.readouterr().out


def test_what_one_side_lacks_is_not_comparable(capsys: pytest.CaptureFixture[str]) -> None:
    found = drift(capsys, "a.json", "blind.json")
    assert found["exitCode"] == 3
    gaps = {(gap["node"], gap["subtype"], gap["side"]) for gap in found["notComparable"]}
    assert gaps == {("n1", "smi", "current"), ("n1", "sysctl", "current")}
    assert found["changes"] == []
    assert diff("a.json", "blind.json", "--allow-incomplete") == 0
    assert diff("a.json", "blind.json") == 3
    assert "failed: no driver" in capsys.readouterr().out


def test_the_patch_applies_to_the_baseline(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert diff("a.json", "b.json", "-o", "json-patch", "--tests") == 1
    operations = json.loads(capsys.readouterr().out)
    assert {each["op"] for each in operations} >= {"test", "replace"}
    before, after = (json.loads((here / f"{name}.json").read_text()) for name in "ab")
    assert jsonpatch.apply_patch(before, operations) == after


def test_the_patch_of_a_yaml_document_of_another_dialect(
    shared: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline = shared / "data/snapshots/gb200.yaml"
    text = baseline.read_text().replace("driver: 580.82.07", "driver: 570.133.20")
    (here / "new.yaml").write_text(text)
    assert diff(str(baseline), "new.yaml", "-o", "json-patch") == 1
    operations = json.loads(capsys.readouterr().out)
    before, after = yaml.safe_load(baseline.read_text()), yaml.safe_load(text)
    assert jsonpatch.apply_patch(before, operations) == after


@pytest.mark.parametrize(("level", "code"), [("high", 0), ("low", 1), ("info", 1)])
def test_fail_on_narrows(here: Path, level: str, code: int) -> None:
    assert diff("a.json", "b.json", "--fail-on", level) == 1
    (here / "eidos.yaml").write_text("levels: {gpu.smi.driver: low}\n")
    assert diff("a.json", "b.json", "--fail-on", level) == code


def test_flips_name_the_rule(capsys: pytest.CaptureFixture[str]) -> None:
    found = drift(capsys, "a.json", "b.json", "--pack", "t", policy=True)
    flip = {"rule": "T-001", "before": "pass", "after": "fail", "level": "high", "together": []}
    assert [change["flips"] for change in found["changes"]] == [[flip], [flip]]
    assert [each["cause"] for each in found["flips"]] == ["change", "change"]
    assert found["flips"][0]["changes"] == [[{"node": "n1", "fact": "gpu.smi.driver"}]]
    assert diff("a.json", "b.json", "--pack", "t", policy=True) == 1
    assert "verdict T-001 pass -> fail" in capsys.readouterr().out


def test_a_verdict_that_turns_for_the_better_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """It stands below the severity of its rule as every other."""
    assert diff("b.json", "a.json", "-p", "t", policy=True) == 1
    assert "verdict T-001 fail -> pass (mended)" in capsys.readouterr().out


def test_a_message_repeats_no_argument_without_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert diff("x" * 100_000, "a.json") == 2
    assert len(capsys.readouterr().err) < 10_000


def test_a_verdict_that_becomes_unknown_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    found = drift(capsys, "a.json", "blind.json", "--pack", "t", policy=True)
    flip = {"node": "n1", "rule": "T-001", "before": "pass", "after": "unknown", "level": "high"}
    assert found["flips"] == [{**flip, "cause": "lost", "changes": []}]
    back = drift(capsys, "blind.json", "a.json", "--pack", "t", policy=True)
    assert [(each["before"], each["after"]) for each in back["flips"]] == [("unknown", "pass")]
    diff("a.json", "blind.json", "--pack", "t", policy=True)
    assert "T-001 pass -> unknown" in capsys.readouterr().out


def test_ignoring(capsys: pytest.CaptureFixture[str]) -> None:
    assert diff("a.json", "b.json", "--ignore", "gpu.smi.driver") == 0
    assert "3 ignored" in capsys.readouterr().out
    assert diff("a.json", "b.json", "--ignore", "gpu.smi.nothing") == 1
    assert "the ignore rule gpu.smi.nothing (--ignore) hides nothing" in capsys.readouterr().out
    assert diff("a.json", "b.json", "--no-default-ignores") == 1
    assert "/proc/sys/fs/file-nr" in capsys.readouterr().out
    assert diff("a.json", "b.json", "--show-ignored") == 1
    assert "ignored by os.sysctl./proc/sys/fs/file-nr: counter" in capsys.readouterr().out


def test_rules_of_the_configuration(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "eidos.yaml").write_text(
        "ignore:\n"
        "  - {pattern: gpu.smi.driver, reason: rollout, node: n1, until: 2026-12-31}\n"
        "  - {pattern: gpu.smi.driver, reason: over, until: 2026-01-31}\n"
        "levels: {gpu.smi.driver: medium}\n"
    )
    found = drift(capsys, "a.json", "b.json", "--effective-time", "2026-11-24")
    assert [(each["node"], each["level"]) for each in found["changes"]] == [("n2", "medium")]
    rollout = next(each for each in found["ignored"] if each["reason"] == "rollout")
    assert rollout["origin"].endswith("eidos.yaml:2")
    assert [each["expired"] for each in found["idleIgnores"]] == [True]
    diff("a.json", "b.json", "--effective-time", "2027-01-01")
    out = capsys.readouterr().out
    assert "expired on 2026-12-31" in out
    assert "expired on 2026-01-31" in out


def test_limits_of_the_configuration(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "eidos.yaml").write_text("limits: {size: 100}\n")
    assert diff("a.json", "b.json") == 2
    assert "100" in capsys.readouterr().err


def test_packs_of_the_configuration_are_a_default(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "eidos.yaml").write_text("packs: [./t]\n")
    assert diff("a.json", "b.json") == 1
    assert "T-001" not in capsys.readouterr().out
    assert diff("a.json", "b.json", policy=True) == 1
    assert "verdict T-001 pass -> fail" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text",
    [
        "ignore: [driver]\n",
        "ignore: [{pattern: gpu.smi.driver}]\n",
        "ignore: [{pattern: gpu.smi.driver, reason: x, until: soon}]\n",
        "ignore: [{pattern: gpu.smi.driver, reason: x, until: 2026-02-31}]\n",
        "ignore: [{pattern: gpu.smi.driver, reason: x, who: me}]\n",
        "ignore: gpu.smi.driver\n",
        "ignore: [1]\n",
        "levels: {gpu.smi.driver: awful}\n",
        "levels: {driver: high}\n",
    ],
)
def test_a_configuration_that_is_wrong_is_refused(
    here: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    (here / "eidos.yaml").write_text(text)
    assert diff("a.json", "b.json") == 2
    err = capsys.readouterr().err
    assert "eidos.yaml" in err
    assert "Traceback" not in err


def test_many_currents(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, document in (("x", BEFORE), ("y", AFTER)):
        write(here / "fleet" / f"{name}.json", document)
    assert diff("--baseline", "a.json", "fleet") == 1
    out = capsys.readouterr().out
    assert "==> fleet/x.json <==" in out
    assert "2 snapshots compared: 1 without drift, 1 drifted" in out
    assert diff("--baseline", "a.json", "fleet/*.json", "a.json", "--summary") == 1
    assert len(capsys.readouterr().out.splitlines()) == 4
    assert diff("--baseline", "a.json", "fleet/x.json") == 0


def test_many_currents_as_lines_of_json(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here / "fleet" / "y.json", AFTER)
    arguments = (
        "--baseline",
        "a.json",
        "fleet",
        "a.json",
        "-o",
        "json",
        "-o",
        "json-patch=p.jsonl",
    )
    assert diff(*arguments) == 1
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for each in found:
        valid(each, "drift")
    assert [each["exitCode"] for each in found] == [1, 0]
    patches = [json.loads(line) for line in (here / "p.jsonl").read_text().splitlines()]
    assert [each["current"] for each in patches] == ["fleet/y.json", "a.json"]
    assert patches[1]["patch"] == []


@pytest.mark.parametrize("outputs", [("-o", "text"), ("-o", "json", "-o", "markdown=m.md")])
def test_one_bad_file_hides_no_other(
    here: Path, capsys: pytest.CaptureFixture[str], outputs: tuple[str, ...]
) -> None:
    (here / "bad.json").write_text("{")
    currents = ("bad.json", "d.yaml", "nowhere.json", "b.json")
    assert diff("--baseline", "a.json", *currents, *outputs) == 2
    out, err = capsys.readouterr()
    assert "gpu.smi.driver" in out
    assert err.count("error:") == 3


@pytest.mark.parametrize("name", ["text", "table", "json", "markdown", "github"])
@pytest.mark.parametrize("many", [False, True])
def test_summary_only_counts(capsys: pytest.CaptureFixture[str], name: str, many: bool) -> None:
    sides = ("--baseline", "a.json", "b.json") if many else ("a.json", "b.json")
    assert diff(*sides, "--summary", "-o", name) == 1
    out = capsys.readouterr().out
    assert "gpu.smi.driver" not in out
    assert "2" in out
    if name == "json":
        valid(json.loads(out), "drift")


def test_matrix(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = snapshot({f"n{number}": node() for number in range(38)} | {"odd": node("570.1")})
    write(here / "m.json", odd)
    assert diff("--matrix", "m.json") == 1
    out = capsys.readouterr().out
    assert "gpu.smi: 38 nodes alike, 1 differs" in out
    assert "critical gpu.smi.driver  580.1 -> 570.1" in out
    assert "os.sysctl: 39 nodes alike" in out
    for extra in ((), ("--summary",)):
        assert diff("--matrix", "m.json", "-o", "json", *extra) == 1
        valid(json.loads(capsys.readouterr().out), "drift-matrix")
    assert diff("--matrix", "m.json", "--ignore", "gpu.smi.driver") == 0
    assert diff("--matrix", "blind.json") == 3
    assert diff("--matrix", "blind.json", "--ignore", "gpu.*.*", "--ignore", "os.sysctl.*") == 0
    assert diff("--matrix", "blind.json", "--allow-incomplete") == 0
    assert diff("--matrix", "d.yaml", "m.json") == 2
    out, err = capsys.readouterr()
    assert "gpu.smi: 38" in out
    assert "d.yaml" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("a.json",), "two snapshots"),
        (("a.json", "b.json", "b.json"), "two snapshots"),
        (("a.json", "d.yaml"), "d.yaml"),
        (("d.yaml", "a.json"), "d.yaml"),
        (("a.json", "nowhere.json"), "no such file"),
        (("nowhere.json", "a.json"), "no such file"),
        (("a.json", "run:0000"), "no database"),
        (("a.json", "snapshot:abcdef"), "no database"),
        (("prod@2026-01-01", "a.json"), "no database"),
        (("prod@someday", "a.json"), "someday"),
        (("a.json", "b.json", "--ignore", "driver"), "type.subtype.key"),
        (("a.json", "b.json", "-o", "xml"), "xml"),
        (("a.json", "b.json", "-o", "json=/nowhere/x"), "/nowhere/x"),
        (("a.json", "b.json", "-o", "json-patch", "--summary"), "summary"),
        (("a.json", "b.json", "--tests"), "--tests"),
        (("a.json", "b.json", "--fail-on", "awful"), "awful"),
        (("a.json", "b.json", "--effective-time", "x"), "x"),
        (("a.json", "b.json", "--pack", "t"), "--no-policy"),
        (("--matrix", "--baseline", "a.json", "b.json"), "--matrix"),
        (("--matrix", "a.json", "-o", "github"), "github"),
        (("-", "-"), "standard input"),
        (("a.json", "multi.yaml"), "2 documents"),
        (("multi.yaml", "a.json"), "2 documents"),
        (("--baseline", "a.json", "empty"), "empty"),
    ],
)
def test_bad_input_is_told_in_a_sentence(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    (here / "empty").mkdir()
    text = (here / "a.json").read_text()
    (here / "multi.yaml").write_text(f"{text}\n---\n{text}\n")
    code = diff(*arguments)
    out, err = capsys.readouterr()
    assert code == (3 if "empty" in arguments else 2)
    assert said in err
    assert out == "" or "--baseline" in arguments
    assert "Traceback" not in err


def test_a_pack_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert diff("a.json", "a.json", "--pack", "nope", policy=True) == 2
    assert "nope" in capsys.readouterr().err


def test_recorded_snapshots(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    db = str(here / "e.db")
    for name in ("a.json", "b.json"):
        console.run(root, ["check", name, "-p", "t", "--db", db, "-o", "json"])
        run = json.loads(capsys.readouterr().out)["metadata"]["run"]
        assert diff(name, f"run:{run}", "--db", db) == 0
        capsys.readouterr()
    found = drift(capsys, "c1@2026-12-31", f"run:{run}", "--db", db)
    assert found["exitCode"] == 0
    assert diff("a.json", f"run:{run}", "--db", db) == 1
    digest = found["baseline"]["digest"]
    assert diff(f"snapshot:{digest}", "b.json", "--db", db) == 0
    for reference in ("run:ffffffff", "snapshot:sha256:ffff", "c2@2026-12-31", "c1@2020-01-01"):
        capsys.readouterr()
        assert diff("a.json", reference, "--db", db) == 2
        assert "\nerror: " in capsys.readouterr().err


def test_standard_input_and_a_reader_that_leaves(here: Path) -> None:
    command = (*EIDOS, "diff", "a.json", "-", "--no-policy")
    text = (here / "b.json").read_text()
    ran = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "<stdin>" in ran.stdout
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        left = subprocess.run(command, input=text, stdout=closed, text=True, check=False)
    assert left.returncode == 1


@pytest.mark.parametrize("hostile", [text for text in HOSTILE if "\ud800" not in text])
@pytest.mark.parametrize("name", ["text", "table", "json", "markdown", "github"])
def test_strings_of_documents_stay_in_their_place(
    here: Path, capsys: pytest.CaptureFixture[str], name: str, hostile: str
) -> None:
    facts = {"GPU": {"smi": {hostile: hostile}}}
    write(here / "h1.json", snapshot({"n": {"GPU": {"smi": {}}}}, name=hostile))
    write(here / "h2.json", snapshot({"n": facts}, name=hostile))
    assert diff("h1.json", "h2.json", "-o", name) == 1
    out = capsys.readouterr().out
    assert not set(out) & set(map(chr, (*range(9), *range(11, 32), 0x7F, 0x9B, 0x202E, 0x2028)))
    if name == "github":
        assert all(line.startswith("::") for line in out.splitlines())
    elif name != "json":
        assert not any(line.lstrip().startswith("::") for line in out.splitlines())
    if name == "markdown":
        assert "<script>" not in out
        assert out.count("<details") == out.count("</details>")


def test_markdown_stays_under_the_limit_of_a_comment(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    many = {f"/proc/sys/net/{number}": "<" * 500 for number in range(3000)}
    write(here / "big.json", snapshot({"n1": node(**many), "n2": node("570.1")}))
    assert diff("a.json", "big.json", "-o", "markdown") == 1
    out = capsys.readouterr().out
    assert len(out) < 65_536
    assert "gpu.smi.driver" in out
    assert "3,000 facts of os.sysctl differ" in out
    assert out.count("<details") == out.count("</details>")


def test_a_snapshot_and_its_conversion_are_identical(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    original = str(shared / "data/snapshots/gb200.yaml")
    assert console.run(root, ["snapshot", "convert", original, "-o", "v1.yaml"]) == 0
    assert diff(original, "v1.yaml", "--no-default-ignores") == 0
    assert "identical" in capsys.readouterr().out


def test_ignoring_a_whole_subtype_also_hides_that_it_is_lacking() -> None:
    ignored = ("--ignore", "gpu.smi.*", "--ignore", "os.sysctl.*")
    assert diff("a.json", "blind.json", *ignored) == 0


def test_roles(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def with_role(name: str, driver: str) -> Any:
        labels = {"K8s": {"node": {"labels": {"slot": "1"}}}}
        return snapshot({name: {**node(driver), **labels}, "other": node()})

    write(here / "r1.json", with_role("old", "1.0"))
    write(here / "r2.json", with_role("new", "2.0"))
    found = drift(capsys, "r1.json", "r2.json")
    assert {each["change"] for each in found["nodes"]} == {"added", "removed"}
    found = drift(capsys, "r1.json", "r2.json", "--match", "slot")
    assert [(each["change"], each["matchedBy"]) for each in found["nodes"]] == [
        ("replaced", "slot")
    ]
    assert [each["fact"] for each in found["changes"]] == ["gpu.smi.driver"]


def test_a_document_without_a_header(here: Path) -> None:
    bare = {key: BEFORE[key] for key in ("measurements", "nodes")}
    write(here / "bare.json", bare)
    assert diff("a.json", "bare.json") == 2
    upstream = {
        "measurements": [{"type": "GPU", "subtypes": [{"subtype": "smi", "data": {"a": 1}}]}]
    }
    write(here / "u.json", upstream)
    assert diff("u.json", "u.json", "--lenient") == 0


def test_colour_only_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    diff("a.json", "b.json")
    assert "\x1b" not in capsys.readouterr().out
    diff("a.json", "b.json", "--color", "always")
    assert "\x1b[1;31mCRITICAL" in capsys.readouterr().out
