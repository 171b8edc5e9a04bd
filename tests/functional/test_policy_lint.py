"""``eidos policy lint``: every planted mistake at its line, and nothing where there is none."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from eidos import policies
from eidos.engine.cli import console, root
from eidos.engine.documents.reading import Document
from eidos.engine.errors import EidosError
from eidos.engine.linting.kinds import KINDS
from eidos.engine.linting.regal import read_findings, regal_findings
from eidos.engine.model.lint import Linted
from eidos.engine.packs import scaffold
from eidos.engine.ports import Rendering
from eidos.engine.report.registry import LINT
from eidos.engine.schema import problems
from fakes.opa_server import opa_binary

pytestmark = pytest.mark.real

MANIFEST = "name: t\nversion: 1.0.0\ndescription: Test.\nrego: v1\n"
HEAD = """# METADATA
# title: The driver is new enough
# description: Old drivers are not safe.
# custom:
#   id: T-001
#   severity: high
#   scope: node
#   requires: [gpu.smi.driver]
#   remediation: Install a newer driver.
"""
CLEAN = f"""{HEAD}package t.driver

import data.eidos.lib.versions

deny contains "old" if versions.older(input.gpu.smi.driver, "580.126.20")
"""
MARK = "# <-"
"""Ends the line at which a finding is wanted."""


def rule(body: str, head: str = HEAD, imports: str = "") -> str:
    return f"{head}package t.driver\n\n{imports}\n{body}\n"


READ = 'deny contains "x" if input.gpu.smi.driver == "1"\n'
"""So that what is declared is read."""
PLANTED: dict[str, tuple[str, str]] = {
    "undeclared": ("load-refused", rule(f'deny contains "x" if input.gpu.smi.drivr {MARK}')),
    "forbidden": ("load-refused", rule(f'deny contains "x" if http.send({{}}) {MARK}')),
    "no-table": ("load-refused", rule(f'{READ}deny contains "y" if data.tables.nope {MARK}')),
    "syntax": ("load-refused", rule(f'deny contains "x" if ) {MARK}')),
    "severity": (
        "load-refused",
        CLEAN.replace("severity: high", f"severity: bad {MARK}"),
    ),
    "control-without-framework": (
        "load-refused",
        CLEAN.replace("#   remediation", f"#   controls: [{{id: CM-2}}] {MARK}\n#   remediation"),
    ),
    "control-as-number": (
        "load-refused",
        CLEAN.replace(
            "#   remediation",
            f"#   controls: [{{framework: cis, id: 4.10}}] {MARK}\n#   remediation",
        ),
    ),
    "tag-as-date": (
        "load-refused",
        CLEAN.replace("#   remediation", f"#   tags: [yes] {MARK}\n#   remediation"),
    ),
    "unknown-key": (
        "load-refused",
        CLEAN.replace("severity: high", f"severty: high {MARK}"),
    ),
    "old-rego": ("load-refused", rule(f'deny[msg] {{ {MARK}\n\tmsg := "x"\n}}')),
    "slip": (
        "load-refused",
        CLEAN.replace("[gpu.smi.driver]", f"[gpu.smi.drivr] {MARK}"),
    ),
    "no-description": (
        "metadata-incomplete",
        CLEAN.replace("# description: Old drivers are not safe.\n", ""),
    ),
    "no-remediation": (
        "metadata-incomplete",
        CLEAN.replace("#   remediation: Install a newer driver.\n", ""),
    ),
    "title-left": (
        "placeholder-left",
        CLEAN.replace("The driver is new enough", f"{scaffold.title('gpu.smi.driver')} {MARK}"),
    ),
    "description-left": (
        "placeholder-left",
        CLEAN.replace("description: Old", f"description: {scaffold.DESCRIPTION} {MARK} Old"),
    ),
    "remediation-left": (
        "placeholder-left",
        CLEAN.replace("Install a newer driver.", f"{scaffold.REMEDIATION} {MARK}"),
    ),
    "reference-left": (
        "placeholder-left",
        CLEAN.replace(
            "# custom:", f"# related_resources: {MARK}\n#   - ref: {scaffold.REFERENCE}\n# custom:"
        ),
    ),
    "id": ("id-form", CLEAN.replace("id: T-001", f"id: driver_old {MARK}")),
    "fact-unread": (
        "declared-unread",
        CLEAN.replace("[gpu.smi.driver]", f"[gpu.smi.driver, gpu.pci.gpu-count] {MARK}"),
    ),
    "fact-of-nodes-unread": (
        "declared-unread",
        rule(
            "names contains name if {\n\tsome name, facts in input.nodes\n"
            '\tfacts.gpu.smi.driver == "1"\n}\n\ndeny contains "x" if count(names) > 1',
            HEAD.replace("node\n", "cluster\n").replace(
                "[gpu.smi.driver]", f"[nodes.gpu.smi.driver, nodes.os.release.ID] {MARK}"
            ),
        ),
    ),
    "param-unread": (
        "declared-unread",
        CLEAN.replace("#   remediation", f"#   params: {{days: 3}} {MARK}\n#   remediation"),
    ),
    "table-unread": (
        "declared-unread",
        CLEAN.replace("#   remediation", f"#   tables: [approved] {MARK}\n#   remediation"),
    ),
    "unknown-fact": (
        "fact-unknown",
        rule(
            f'{READ}deny contains "y" if input.acme.thing.size',
            HEAD.replace("[gpu.smi.driver]", f"[gpu.smi.driver, acme.thing.size] {MARK}"),
        ),
    ),
    "nodes-in-a-node": (
        "fact-scope",
        rule(
            'deny contains "x" if input.nodes.gpu.smi.driver == "1"',
            HEAD.replace("[gpu.smi.driver]", f"[nodes.gpu.smi.driver] {MARK}"),
        ),
    ),
    "node-in-a-cluster": (
        "fact-scope",
        rule(READ, HEAD.replace("node\n", "cluster\n").replace("driver]", f"driver] {MARK}")),
    ),
    "applicable": (
        "applicable-unseen",
        rule(
            f'{READ}applicable if input.gpu.smi["gpu-count"] > 0 {MARK}',
            HEAD.replace("#   remediation", "#   reads: [gpu.smi.gpu-count]\n#   remediation"),
        ),
    ),
    "path": (
        "finding-path",
        rule(
            "deny contains finding if {\n"
            '\tinput.gpu.smi.driver == "1"\n'
            f'\tfinding := {{"msg": "x", "path": "gpu.smi.drivr"}} {MARK}\n}}'
        ),
    ),
    "version": (
        "version-as-text",
        rule(f'deny contains "x" if input.gpu.smi.driver < input.gpu.smi.driver {MARK}'),
    ),
    "version-by-name": (
        "version-as-text",
        rule(
            f'driver := input.gpu.smi.driver\n\ndeny contains "x" if {{\n'
            f'\tfloor := "5"\n\tdriver <= floor {MARK}\n}}'
        ),
    ),
    "version-literal": (
        "version-as-text",
        rule(f'{READ}older(v) if v < "580.9" {MARK}\n\nwarn contains "y" if older("1")'),
    ),
    "version-of-nodes": (
        "version-as-text",
        rule(
            'deny contains "x" if {\n\tsome facts in input.nodes\n'
            f'\tfacts.gpu.smi.driver > "5" {MARK}\n}}',
            HEAD.replace("node\n", "cluster\n").replace("[gpu", "[nodes.gpu"),
        ),
    ),
    "host": (
        "prefix-open",
        rule(f'{READ}ours(i) if startswith(i, "gcr.io") {MARK}\n\nwarn contains "y" if ours("a")'),
    ),
    "registry": (
        "prefix-open",
        rule(
            f"{READ}ours(image, registry) if startswith(image, registry) {MARK}\n\n"
            'warn contains "y" if ours("a", "b")'
        ),
    ),
    "regex": (
        "regex-unbounded",
        rule(f'deny contains "x" if not regex.match(`580\\.[0-9]+`, input.gpu.smi.driver) {MARK}'),
    ),
    "float": (
        "float-equality",
        rule(f'{READ}warn contains "y" if to_number(input.gpu.smi.driver) == 580.1 {MARK}'),
    ),
    "quotient": (
        "float-equality",
        rule(f'{READ}warn contains "y" if count(input.gpu.smi.driver) / 3 == 2 {MARK}'),
    ),
    "enum": (
        "value-unknown",
        rule(
            f'deny contains "x" if input.gpu.smi["gpu.persistence-mode"] == "Enabeld" {MARK}',
            HEAD.replace("gpu.smi.driver", "gpu.smi.gpu.persistence-mode"),
        ),
    ),
    "false": ("never-holds", rule(f'{READ}warn contains "y" if {{\n\tfalse {MARK}\n}}')),
    "constants": ("never-holds", rule(f'{READ}warn contains "y" if 1 > 2 {MARK}')),
    "contradiction": (
        "never-holds",
        rule(
            'deny contains "x" if {\n\tinput.gpu.smi.driver == "1"\n'
            f'\tinput.gpu.smi.driver == "2" {MARK}\n}}'
        ),
    ),
    "opposite": (
        "never-holds",
        rule(
            'deny contains "x" if {\n\tcount(input.gpu.smi.driver) > 3\n'
            f"\tnot count(input.gpu.smi.driver) > 3 {MARK}\n}}"
        ),
    ),
    "count": (
        "never-holds",
        rule(f'deny contains "x" if count(input.gpu.smi.driver) < 0 {MARK}'),
    ),
    "hidden-import": (
        "import-shadowed",
        rule(
            f'deny contains "x" if {{\n\tversions := input.gpu.smi.driver {MARK}\n'
            '\tversions == "1"\n}\n\nwarn contains "y" if not data.eidos.lib.versions.readable("")',
            imports="import data.eidos.lib.versions\n",
        ),
    ),
    "import": (
        "import-unused",
        rule(READ, imports=f"import data.eidos.lib.versions {MARK}\n"),
    ),
    "local": ("local-unused", rule(f'{READ}warn contains "y" if {{\n\tz := 1 {MARK}\n}}')),
    "argument": (
        "argument-unused",
        rule(f'{READ}f(a, b) := a {MARK}\n\nwarn contains "y" if f(1, 2) == 2'),
    ),
    "no-reason": (
        "ignore-unreasoned",
        rule(f'{READ}warn contains "y" if {{\n\t# eidos:ignore never-holds\n\t1 > 2\n}}'),
    ),
    "ignores-nothing": (
        "ignore-unused",
        rule(f"{READ}# eidos:ignore never-holds -- I thought so"),
    ),
    "ignores-what-is-not": (
        "ignore-unknown",
        rule(f"{READ}# eidos:ignore never-hold -- I thought so"),
    ),
}


PLANTED_TESTS: dict[str, tuple[str, str]] = {
    "true": ("test-vacuous", f"test_nothing if true {MARK}"),
    "value": ("test-vacuous", f"test_nothing := true {MARK}"),
    "set": ("test-vacuous", f"test_old_fails if rule.deny with input as {{}} {MARK}"),
    "given-a-name": (
        "test-vacuous",
        f"test_old_fails if {{ {MARK}\n\tfound := rule.deny with input as {{}}\n\tprint(found)\n}}",
    ),
    "rule": ("test-unknown", f"test_new_passes if not rule.dney with input as {{}} {MARK}"),
    "package": ("test-unknown", f"test_new_passes if not data.t.drivr.deny {MARK}"),
    "plural": ("test-misnamed", f"tests_new_passes if count(rule.deny) == 0 {MARK}"),
    "camel": ("test-misnamed", f"testNewPasses if count(rule.deny) == 0 {MARK}"),
    "todo": ("test-misnamed", f"todo_new_passes if count(rule.deny) == 0 {MARK}"),
}
"""Mistakes in tests of the clean rule."""


BESIDE = {
    "import-shadowed": ("import-unused",),
    "ignore-unreasoned": ("never-holds",),
    "declared-unread": ("fact-unknown",),
    "fact-scope": ("declared-unread",),
}
"""What is wrong with such a mistake as well."""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EIDOS_ENGINE", "opa")
    monkeypatch.setenv("EIDOS_OPA", str(Path(opa_binary()).resolve()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(source: str, folder: str = "t") -> Path:
    file = Path(folder, "driver.rego")
    file.parent.mkdir(exist_ok=True)
    if folder == "t":
        Path("t/pack.yaml").write_text(MANIFEST)
        Path("t/tables/approved").mkdir(parents=True)
        Path("t/tables/approved/data.yaml").write_text("drivers: []\n")
    file.write_text(source)
    return file


def lint(
    capsys: pytest.CaptureFixture[str], *arguments: str, regal: bool = False
) -> tuple[int, Any]:
    code = console.run(
        root, ["policy", "lint", "-o", "json", *([] if regal else ["--no-regal"]), *arguments]
    )
    said = capsys.readouterr()
    return code, json.loads(said.out) if said.out else said.err


def standing(document: Any) -> list[tuple[str, int]]:
    return [
        (each["id"], each["location"].get("line", 1))
        for each in document["findings"]
        if "excuse" not in each and "mended" not in each
    ]


def test_a_clean_pack_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    write(CLEAN)
    code, document = lint(capsys)
    assert (code, document["findings"]) == (0, [])
    assert problems(Document("x", 0, document), "lint/v1") == []


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_mistake_is_found_at_its_line(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kind, source = PLANTED[name]
    write(source)
    code, document = lint(capsys, "--fail-on", "note")
    marked = [n for n, text in enumerate(source.splitlines(), 1) if MARK in text]
    commented = [n for n, text in enumerate(source.splitlines(), 1) if "eidos:ignore" in text]
    at = marked or (commented if kind.startswith("ignore-") else [1])
    assert code == 1
    assert (kind, at[0]) in standing(document), document["findings"]
    assert not {each for each, _ in standing(document)} - {kind, *BESIDE.get(kind, ())}
    assert problems(Document("x", 0, document), "lint/v1") == []


@pytest.mark.parametrize("name", PLANTED_TESTS)
def test_a_mistake_in_a_test_is_found_at_its_line(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kind, planted = PLANTED_TESTS[name]
    source = f"package t.driver_test\n\nimport data.t.driver as rule\n\n{planted}\n"
    write(CLEAN)
    Path("t/driver_test.rego").write_text(source)
    code, document = lint(capsys)
    [line] = [n for n, text in enumerate(source.splitlines(), 1) if MARK in text]
    assert (code, standing(document)) == (1, [(kind, line)])


def test_tests_that_can_fail_are_not_accused(capsys: pytest.CaptureFixture[str]) -> None:
    write(CLEAN)
    Path("t/driver_test.rego").write_text(
        "package t.driver_test\n\nimport data.t.driver as rule\n\n"
        'old := rule.deny with input as {"gpu": {"smi": {"driver": "1.0"}}}\n\n'
        "test_one if count(old) == 1\n\n"
        'test_two if "old" in old\n\n'
        "test_none if count(rule.deny) == 0 with input as {}\n\n"
        "test_params if not rule.deny.x with data.params as {}\n"
    )
    code, document = lint(capsys)
    assert (code, document["findings"]) == (0, [])


def test_nothing_is_mended_through_a_link(capsys: pytest.CaptureFixture[str], here: Path) -> None:
    outside = here / "outside"
    outside.mkdir()
    source = 'package main\n\nimport data.foo\n\ndeny contains "x" if input.a == 1\n'
    (outside / "main.rego").write_text(source)
    write("package foo\n\nx := 1\n", "policy")
    Path("policy/main.rego").symlink_to(outside / "main.rego")
    Path("linked").symlink_to(outside)
    code, document = lint(capsys, "--fix", "policy")
    assert (code, standing(document)) == (1, [("import-unused", 3)])
    code, said = lint(capsys, "--fix", "linked")
    assert (code, "is a link" in said) == (2, True)
    Path("below").mkdir()
    Path("below/linked").symlink_to(outside)
    (outside / "pack.yaml").write_text(MANIFEST)  # which makes it what is named, and no part of it
    code, document = lint(capsys, "--fix", "below")
    assert (code, ("import-unused", 3) in standing(document)) == (1, True)
    assert (outside / "main.rego").read_text() == source


def test_an_archive_is_looked_at_and_not_mended(capsys: pytest.CaptureFixture[str]) -> None:
    write(rule('deny contains "x" if input.gpu.smi.driver < "5"\n'))
    assert console.run(root, ["policy", "pack", "./t", "-o", "t.tar.gz"]) == 0
    capsys.readouterr()
    code, document = lint(capsys, "t.tar.gz", regal=True)
    assert (code, [each for each, _ in standing(document)]) == (1, ["version-as-text"])
    code, said = lint(capsys, "--fix", "t.tar.gz")
    assert (code, "is an archive" in said) == (2, True)


def test_every_kind_is_planted() -> None:
    planted = {kind for kind, _ in (*PLANTED.values(), *PLANTED_TESTS.values())}
    assert planted == KINDS.keys() - {"strict"}


def test_every_kind_has_a_section() -> None:
    page = (Path(__file__).parents[2] / "docs" / "policy-lint.md").read_text()
    sections = [line.removeprefix("### ") for line in page.splitlines() if line[:4] == "### "]
    assert sections == list(KINDS)


def test_shipped_packs_and_their_library_are_clean(capsys: pytest.CaptureFixture[str]) -> None:
    code, document = lint(capsys, "--fail-on", "note", str(policies.FOLDER))
    assert standing(document) == []
    assert code == 0
    assert len(document["policies"]) > 10


def test_policies_of_conftest_are_not_accused(capsys: pytest.CaptureFixture[str]) -> None:
    write(
        """package main

deny contains msg if {
	input.kind == "Deployment"
	not input.spec.template.spec.securityContext.runAsNonRoot
	msg := "Containers must not run as root"
}

deny_latest contains msg if {
	some container in input.spec.template.spec.containers
	endswith(container.image, ":latest")
	msg := sprintf("%s is not fixed", [container.image])
}

warn contains msg if {
	some image in {c.image | some c in input.spec.containers}
	not startswith(image, "registry.example.com/")
	msg := sprintf("%s is foreign", [image])
}
""",
        "policy",
    )
    code, document = lint(capsys, "policy")
    assert (code, document["findings"]) == (0, [])


def test_old_rego_of_conftest_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    write('package main\n\ndeny[msg] {\n\tinput.version < "1.30"\n\tmsg := "old"\n}\n', "policy")
    code, document = lint(capsys, "policy")
    assert (code, standing(document)) == (1, [("version-as-text", 4)])


@pytest.mark.parametrize(
    "written",
    [
        "\t# eidos:ignore never-holds -- shows how\n\t1 > 2\n",
        "\t1 > 2 # eidos:ignore never-holds -- shows how\n",
        "\t# eidos:ignore local-unused, never-holds -- shows how\n\t1 > 2\n",
    ],
)
def test_a_comment_with_a_reason_excuses(written: str, capsys: pytest.CaptureFixture[str]) -> None:
    write(rule(f'{READ}warn contains "y" if {{\n{written}}}'))
    _, document = lint(capsys)
    excused = {each["id"]: each.get("excuse") for each in document["findings"]}
    assert excused["never-holds"] == "shows how"
    assert {each for each, _ in standing(document)} <= {"ignore-unused"}


def test_a_comment_above_metadata_is_about_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    wider = CLEAN.replace("[gpu.smi.driver]", "[gpu.smi.driver, gpu.pci.gpu-count]")
    write(f"# eidos:ignore declared-unread -- without a GPU it is not asked\n{wider}")
    code, document = lint(capsys)
    assert (code, standing(document)) == (0, [])
    write_again = Path("t/driver.rego")
    inside = "gpu-count] # eidos:ignore declared-unread -- without a GPU it is not asked"
    write_again.write_text(wider.replace("gpu-count]", inside))
    code, document = lint(capsys)
    assert (code, standing(document)) == (0, [])


def test_a_text_is_no_comment(capsys: pytest.CaptureFixture[str]) -> None:
    write(CLEAN.replace('"old"', '"# eidos:ignore"'))
    code, document = lint(capsys)
    assert (code, document["findings"]) == (0, [])


def test_nothing_excuses_what_loading_refuses(capsys: pytest.CaptureFixture[str]) -> None:
    write(rule('# eidos:ignore load-refused -- please\ndeny contains "x" if input.gpu.smi.nope'))
    code, document = lint(capsys)
    assert code == 1
    assert {each for each, _ in standing(document)} == {"load-refused", "ignore-unknown"}


def test_all_that_loading_refuses_is_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    write(rule('deny contains "x" if input.gpu.smi.nope'))
    other = rule('deny contains "x" if input.os.release.ID').replace("T-001", "T-002")
    Path("t/other.rego").write_text(other.replace("t.driver", "t.other"))
    _, document = lint(capsys)
    assert [each["location"]["file"] for each in document["findings"]] == [
        "t/driver.rego",
        "t/other.rego",
    ]


def test_a_misspelt_fact_is_told_with_the_one_that_is_meant(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(PLANTED["undeclared"][1])
    _, document = lint(capsys)
    assert document["findings"][0]["hint"] == "Did you mean 'input.gpu.smi.driver'?"


UNUSED = """
import data.eidos.lib.versions

deny contains "x" if {
	z := input.gpu.smi.driver # eidos:ignore never-holds -- no more
}

f(a, b) := a

warn contains "y" if f(1, 2) == 2

# eidos:ignore local-unused, regex-unbounded -- one of them
warn contains "z" if regex.match("a", input.gpu.smi.driver)
"""
MENDED = """

deny contains "x" if {
	_ := input.gpu.smi.driver
}

f(a, _) := a

warn contains "y" if f(1, 2) == 2

# eidos:ignore regex-unbounded -- one of them
warn contains "z" if regex.match("a", input.gpu.smi.driver)
"""


def test_what_is_unused_is_mended_once_and_for_all(capsys: pytest.CaptureFixture[str]) -> None:
    file = write(f"{HEAD}package t.driver\n{UNUSED}")
    code, document = lint(capsys, "--fix")
    assert file.read_text() == f"{HEAD}package t.driver\n{MENDED}"
    assert code == 0, standing(document)
    assert sum("mended" in each for each in document["findings"]) >= 5
    before = file.stat().st_mtime_ns
    code, document = lint(capsys, "--fix")
    assert (code, file.stat().st_mtime_ns) == (0, before)
    assert not [each for each in document["findings"] if "mended" in each]


def test_nothing_is_mended_that_would_not_load(capsys: pytest.CaptureFixture[str]) -> None:
    file = write(rule('deny contains "x" if { z := 1; input.gpu.smi.nope }'))
    text = file.read_text()
    lint(capsys, "--fix")
    assert "input.gpu.smi.nope" in file.read_text()
    assert file.read_text().count("\n") == text.count("\n")


def test_quotes_that_yaml_wants_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    write(CLEAN.replace("[gpu.smi.driver]", '[os.sysctl["/proc/sys/vm/swappiness"]]'))
    code, document = lint(capsys)
    [found] = document["findings"]
    assert (code, found["location"]["line"]) == (1, 8)
    assert "METADATA is not YAML" in found["message"]
    assert "put quotes around" in found["hint"]


@pytest.mark.parametrize("used", ["count(x) == 1", "x == 1"])
def test_what_is_nested_too_deep_is_a_finding(
    used: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(f'package a\n\nx := {"[" * 700}{"]" * 700}\n\ndeny contains "x" if {used}\n', "policy")
    code, document = lint(capsys, "policy")
    assert (code, {each for each, _ in standing(document)}) == (1, {"load-refused"})


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"package \x00", b"\0" * (5 << 20)])
def test_a_file_that_is_no_module_is_a_finding(
    content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("policy").mkdir()
    Path("policy/a.rego").write_bytes(content)
    code, document = lint(capsys, "policy")
    assert (code, {each for each, _ in standing(document)}) == (1, {"load-refused"})


def test_shipped_packs_are_not_mended_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = lint(capsys, "--fix", "gpu")
    assert code == 2
    assert "comes with eidos" in said


def test_nothing_to_look_at_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = lint(capsys)
    assert (code, "holds no .rego file" in said) == (2, True)
    Path("t.yaml").write_text("apiVersion: templates.gatekeeper.sh/v1\n")
    code, document = lint(capsys)
    assert (code, document["files"]) == (3, 0)
    code, said = lint(capsys, "nowhere")
    assert code == 2
    assert "nowhere" in said


def test_a_file_of_a_pack_is_looked_at_in_its_pack(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Editors and pre-commit hooks name files."""
    file = write(PLANTED["version"][1])
    other = PLANTED["float"][1].replace("T-001", "T-002").replace("t.driver", "t.other")
    Path("t/other.rego").write_text(other)
    _, document = lint(capsys, str(file))
    assert (document["files"], {each for each, _ in standing(document)}) == (1, {"version-as-text"})
    _, document = lint(capsys, str(file), "t/other.rego")
    assert document["files"] == 2
    monkeypatch.chdir("t")
    _, document = lint(capsys, "other.rego")
    assert {each["location"]["file"] for each in document["findings"]} == {"other.rego"}
    assert standing(document)[0][0] == "float-equality"


def test_what_only_opa_can_tell_is_told_without_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EIDOS_ENGINE", "light")
    write(rule(f'{READ}warn contains "y" if {{\n\t# eidos:ignore never-holds -- x\n\t1 > 2\n}}'))
    code, document = lint(capsys)
    assert (code, document["findings"]) == (3, [])
    assert "eidos engine install" in document["unmade"][0]


@pytest.mark.parametrize("form", ["text", "sarif", "github", "junit"])
def test_every_format_gives_the_same_code(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    write(PLANTED["version"][1])
    code = console.run(root, ["policy", "lint", "--no-regal", "-o", form])
    told = capsys.readouterr().out
    assert code == 1
    assert "version-as-text" in told
    assert console.run(root, ["policy", "lint", "--no-regal", "--fail-on", "never"]) == 0


REGAL = json.dumps(
    {
        "violations": [
            {
                "title": title,
                "description": "Constant condition",
                "category": category,
                "level": "error",
                "related_resources": [{"description": "documentation", "ref": "https://a.example"}],
                "location": {"file": "t/driver.rego", "row": 3, "col": 2, "text": "x"},
            }
            for category, title in (("bugs", "constant-condition"), ("style", "line-length"))
        ],
        "summary": {"files_scanned": 1},
    }
).encode()


def test_findings_of_regal_are_read() -> None:
    bug, style = read_findings(REGAL)
    assert (bug.kind.id, bug.kind.level.value) == ("regal/bugs/constant-condition", "warning")
    assert (style.kind.id, style.kind.level.value) == ("regal/style/line-length", "note")
    assert str(bug.location) == "t/driver.rego:3:2"
    linted = Linted(("t",), 1, (bug, style))
    out = io.StringIO()
    LINT.reporter("sarif")(linted, out, Rendering())
    rules = json.loads(out.getvalue())["runs"][0]["tool"]["driver"]["rules"]
    assert rules[0]["helpUri"] == "https://a.example"


@pytest.mark.parametrize("told", [b"", b"{}", b'{"violations": [3]}', b"panic: oh"])
def test_what_regal_never_says_is_refused(told: bytes) -> None:
    with pytest.raises(Exception, match="does not answer as Regal"):
        list(read_findings(told))


def test_real_regal_is_merged(capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which("regal") is None:
        pytest.skip("there is no regal on PATH")
    write(rule(f'{READ}warn contains "y" if {{\n\tinput.gpu.smi.driver\n\tfalse\n}}'))
    _, document = lint(capsys, regal=True)
    assert "regal/bugs/constant-condition" in {each["id"] for each in document["findings"]}
    assert {each["location"]["file"] for each in document["findings"]} == {"t/driver.rego"}


def test_shipped_packs_have_no_bugs_to_regal(capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which("regal") is None:
        pytest.skip("there is no regal on PATH")
    code, document = lint(capsys, str(policies.FOLDER), regal=True)
    assert code == 0
    assert any(each["id"].startswith("regal/") for each in document["findings"])


def test_a_regal_that_hangs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    regal = tmp_path / "regal"
    regal.write_text("#!/bin/sh\nexec sleep 1000\n")
    regal.chmod(0o755)
    monkeypatch.setattr("eidos.engine.linting.regal._PATIENCE", 0.5)
    with pytest.raises(EidosError, match=r"lint did not end within 0\.5 s"):
        list(regal_findings(regal, ["a.rego"]))


def test_cases_that_nobody_runs_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    write(CLEAN)
    Path("t/driver_case.yaml").write_text("kind: PolicyCases\ncases: []\n")
    code, document = lint(capsys, "t")
    assert (code, standing(document)) == (1, [("test-misnamed", 1)])
    assert document["findings"][0]["location"]["file"] == "t/driver_case.yaml"
    assert "driver_cases.yaml" in document["findings"][0]["hint"]


def test_tests_in_a_module_that_judges_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    write(CLEAN)
    file = Path("t/driver_tests.rego")
    file.write_text(
        "package t.driver_tests\n\nimport data.t.driver\n\ntest_x if count(driver.deny) == 1\n"
    )
    code, document = lint(capsys, "t")
    assert (code, standing(document)) == (1, [("test-misnamed", 5)])
    Path("plain").mkdir()
    Path("plain/driver_tests.rego").write_text("package p\n\nx := 1\n\ntest_x if x == 1\n")
    assert standing(lint(capsys, "plain")[1]) == []


def test_what_is_started_is_left_until_it_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert console.run(root, ["policy", "new", "pack", "acme-gpu"]) == 0
    capsys.readouterr()
    code, document = lint(capsys, "acme-gpu")
    found = document["findings"]
    assert (code, {each["id"] for each in found}) == (1, {"placeholder-left"})
    said = " ".join(each["message"] for each in found)
    for what in (
        "description of the pack",
        "title",
        "description of A",
        "reference",
        "remediation",
    ):
        assert what in said
    for each in found:
        place = Path(each["location"]["file"])
        assert place.read_text().splitlines()[each["location"]["line"] - 1]
    rule_, manifest = Path("acme-gpu/value_allowed.rego"), Path("acme-gpu/pack.yaml")
    text = rule_.read_text()
    for left in (scaffold.DESCRIPTION, scaffold.REMEDIATION, scaffold.title("gpu.smi.driver")):
        assert left in text
        text = text.replace(left, "Something else.")
    rule_.write_text(text.replace(scaffold.REFERENCE, "https://example.com/"))
    manifest.write_text(manifest.read_text().replace(scaffold.ABOUT, "About drivers."))
    assert lint(capsys, "acme-gpu")[0] == 0
