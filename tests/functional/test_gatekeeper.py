"""Templates and constraints judge objects; what gator says of the same files is the same."""

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.app.context import Context, Opening
from eidos.engine.app.gator_suite import find_suites, run_suites
from eidos.engine.cli import console, root
from eidos.engine.documents.limits import Limits
from eidos.engine.model.suite import Outcome
from fakes.gatekeeper import SYNC, UNIQUE, coded, constraint, ingress, lay_out, template, thing
from fakes.opa_server import opa_binary

Check = Callable[..., tuple[int, dict[str, Any], str]]
POLICY = ("-p", "templates", "-p", "constraints")
OWNED = "parameters: {labels: [owner]}\n"
HOSTS = {
    "templates/u.yaml": coded("UniqueHost", UNIQUE, annotations=SYNC),
    "constraints/u.yaml": constraint("UniqueHost", "hosts", ""),
}
ENDLESS = """\
package endless

violation[{"msg": "x"}] {
  xs := numbers.range(1, 3000)
  count([1 | xs[_] + xs[_] + xs[_] == -1]) > 0
}
"""


@pytest.fixture
def check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Check:
    monkeypatch.chdir(tmp_path)

    def checked(files: dict[str, str], *arguments: str) -> tuple[int, dict[str, Any], str]:
        lay_out(tmp_path, files)
        code = console.run(root, ["check", "--no-record", "-o", "json", *arguments])
        said = capsys.readouterr()
        return code, json.loads(said.out or "{}"), said.err

    return checked


def owned(objects: dict[str, str], spec: str = OWNED) -> dict[str, str]:
    return {
        "templates/t.yaml": template(),
        "constraints/c.yaml": constraint(spec=spec),
        **{f"objects/{name}.yaml": text for name, text in objects.items()},
    }


def verdicts(report: dict[str, Any]) -> dict[str, str]:
    return {
        subject["name"]: verdict["status"]
        for subject in report["subjects"]
        for verdict in subject["verdicts"]
    }


def test_objects_are_judged(check: Check) -> None:
    files = owned({"good": thing("good", labels="{owner: a}"), "bad": thing("bad")})
    code, report, _ = check(files, *POLICY, "objects/")
    assert code == 1
    assert verdicts(report) == {"Pod/shop/bad": "fail", "Pod/shop/good": "pass"}
    bad = report["subjects"][0]
    [finding] = bad["verdicts"][0]["findings"]
    assert finding["msg"] == 'bad lacks ["owner"]'
    assert finding["actual"] == {"missing": ["owner"]}
    assert (bad["scope"], bad["file"]) == ("admission", "objects/bad.yaml")


def test_lists_and_many_documents_are_taken_apart(check: Check) -> None:
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "b", "labels": {"owner": "x"}}},
    ]})  # fmt: skip
    files = owned({"many": f"{thing('c')}---\n{thing('d')}"}) | {"objects/list.json": listed}
    code, report, _ = check(files, *POLICY, "objects")
    assert code == 1
    assert Counter(verdicts(report).values()) == {"fail": 3, "pass": 1}
    places = [
        each["verdicts"][0]["findings"][0]["location"]["line"]
        for each in report["subjects"]
        if each["name"] == "Pod/shop/d"
    ]
    assert places == [8]


def test_one_wrong_object_hides_no_other(check: Check) -> None:
    code, report, _ = check(owned({"bad": thing(), "none": "a: 1\n"}), *POLICY, "objects")
    assert code == 2
    assert [each["message"] for each in report["problems"]] == [
        "this is no object of Kubernetes: it has no kind"
    ]
    assert verdicts(report) == {"Pod/shop/web": "fail"}


def test_nothing_matched_is_no_pass(check: Check) -> None:
    spec = f"{OWNED}match: {{kinds: [{{apiGroups: [''], kinds: [Service]}}]}}\n"
    code, report, _ = check(owned({"pod": thing()}, spec), *POLICY, "objects")
    assert (code, verdicts(report)) == (3, {"Pod/shop/web": "skip"})
    reason = report["subjects"][0]["verdicts"][0]["reason"]
    assert reason == "not matched: its kind is not among spec.match.kinds"


@pytest.mark.parametrize(
    ("action", "enforcement", "code"),
    [("warn", "warn", 0), ("dryrun", "audit", 0), ("deny", "deny", 1)],
)
def test_the_action_is_the_enforcement_and_is_told(
    check: Check, action: str, enforcement: str, code: int
) -> None:
    spec = f"{OWNED}enforcementAction: {action}\n"
    found, report, _ = check(owned({"pod": thing()}, spec), *POLICY, "objects")
    assert found == code
    assert report["subjects"][0]["verdicts"][0]["enforcement"] == enforcement
    relaxed = [each["setting"] for each in report["relaxations"]]
    assert ("enforcement.Owned/all" in relaxed) is (code == 0)


def test_a_namespace_is_selected_by_its_manifest(check: Check) -> None:
    match = "{namespaceSelector: {matchLabels: {team: a}}, kinds: [{kinds: [Pod]}]}"
    spec = f"{OWNED}match: {match}\n"
    namespaces = [thing("shop", "Namespace", "{team: a}", ""), thing("prod", "Namespace", "{}", "")]
    objects = {"a": thing("a"), "b": thing("b", namespace="prod"), "ns": "---\n".join(namespaces)}
    code, report, _ = check(owned(objects, spec), *POLICY, "objects")
    found = verdicts(report)
    assert (code, found["Pod/shop/a"], found["Pod/prod/b"]) == (1, "fail", "skip")


def test_a_namespace_that_nobody_knows_is_unknown(check: Check) -> None:
    spec = f"{OWNED}match: {{namespaceSelector: {{matchLabels: {{team: a}}}}}}\n"
    code, report, _ = check(owned({"a": thing(labels="{owner: x}")}, spec), *POLICY, "objects")
    assert (code, verdicts(report)) == (3, {"Pod/shop/web": "unknown"})
    assert (
        "labels of namespace shop are not known" in report["subjects"][0]["verdicts"][0]["reason"]
    )


def test_an_inventory_of_the_files_that_are_given(check: Check) -> None:
    one, two = ingress("one", "a.example"), ingress("two", "a.example")
    both = {**HOSTS, "objects/one.yaml": one, "objects/two.yaml": two}
    code, report, _ = check(both, *POLICY, "objects")
    assert (code, set(verdicts(report).values())) == (1, {"fail"})
    code, report, _ = check({}, *POLICY, "objects/one.yaml")
    assert (code, set(verdicts(report).values())) == (3, {"unknown"})


def test_losing_the_inventory_is_never_a_pass(check: Check) -> None:
    files = {**HOSTS, "objects/one.yaml": ingress("one", "a.example"), "objects/pod.yaml": thing()}
    code, report, _ = check(files, *POLICY, "objects")
    reason = report["subjects"][0]["verdicts"][0]["reason"]
    assert (code, "no other Ingress is given" in reason) == (3, True)


def test_parameters_that_do_not_fit_are_told_with_their_place(check: Check) -> None:
    code, _, err = check(owned({}, "parameters: {labels: [Owner]}\n"), *POLICY, "objects")
    assert code == 2
    assert "constraints/c.yaml:5:25 $.spec.parameters.labels[0]" in err


def test_a_template_alone_judges_nothing(check: Check) -> None:
    files = {"templates/t.yaml": template(), "objects/a.yaml": thing()}
    code, _, err = check(files, "-p", "templates", "objects")
    assert code == 3
    assert "no constraint is of the template Owned" in err


def test_control_characters_stay_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    name = "\\u001b[31mred\\u0007"
    lay_out(tmp_path, owned({"bad": thing().replace("name: web", f'name: "{name}"')}))
    assert console.run(root, ["check", "--no-record", *POLICY, "objects"]) == 1
    out = capsys.readouterr().out
    assert "\x1b[31mred" not in out
    assert "\\x1b[31mred" in out


def test_plain_rules_may_judge_beside_templates(check: Check) -> None:
    plain = 'package main\n\ndeny contains "no" if input.kind == "Pod"\n'
    files = owned({"bad": thing()}) | {"policy/p.rego": plain}
    code, report, _ = check(files, *POLICY, "-p", "policy", "objects")
    assert code == 1
    assert Counter(each["scope"] for each in report["subjects"]) == {"admission": 1, "document": 1}


def test_constraints_can_be_chosen_and_waived(check: Check) -> None:
    two = owned({"bad": thing()}) | {"constraints/d.yaml": constraint(name="other")}
    code, report, _ = check(two, *POLICY, "--rule", "Owned/other", "objects")
    assert (code, [each["id"] for each in report["rules"]]) == (1, ["Owned/other"])


@pytest.mark.real
def test_an_endless_template_is_ended(check: Check) -> None:
    files = {
        "templates/e.yaml": template("Endless", ENDLESS, libs=(), schema=""),
        "constraints/e.yaml": constraint("Endless", spec=""),
        "objects/a.yaml": thing(),
    }
    engine = ("--engine", "opa", "--opa-binary", opa_binary())
    code, report, _ = check(files, *engine, *POLICY, "objects")
    assert code == 2
    assert verdicts(report) == {"Pod/shop/web": "error"}


# The same as gator ------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def gator() -> str:
    binary = os.environ.get("EIDOS_TEST_GATOR") or shutil.which("gator")
    if binary is None:
        pytest.skip("there is no gator: put it on PATH or name it in EIDOS_TEST_GATOR")
    return binary


def by_gator(binary: str, folder: Path) -> Counter[str]:
    command = [binary, "test", "--enable-k8s-native-validation=false", "-o", "json"]
    named = [f"--filename={each}" for each in ("templates", "constraints", "objects")]
    ran = subprocess.run(
        [*command, *named], cwd=folder, capture_output=True, text=True, check=False
    )
    assert not ran.stderr
    said = json.loads(ran.stdout or "null") or ()
    objects = [each for each in said if "gatekeeper" not in each["violatingObject"]["apiVersion"]]
    return Counter(each["msg"] for each in objects)  # gator judges the policy as well


def by_eidos(report: dict[str, Any]) -> Counter[str]:
    return Counter(
        finding["msg"]
        for subject in report["subjects"]
        for verdict in subject["verdicts"]
        for finding in verdict.get("findings", ())
    )


def matching(match: str) -> dict[str, str]:
    return owned(
        {
            "a": thing("a"),
            "b": thing("b", labels="{app: web}"),
            "c": thing("c", "Deployment", namespace="prod-eu"),
            "d": thing("d", "Namespace", "{team: blue}", ""),
            "shop": thing("shop", "Namespace", "{team: red}", ""),
            "prod": thing("prod-eu", "Namespace", "{team: blue}", ""),
            "e": thing("e", "ConfigMap", "{owner: me}"),
        },
        f"{OWNED}match: {match}\n",
    )


MATCHES = [
    "{}",
    "{kinds: [{apiGroups: [''], kinds: [Pod]}]}",
    "{kinds: [{apiGroups: ['*'], kinds: ['*']}]}",
    "{kinds: [{kinds: [Deployment]}, {apiGroups: [''], kinds: [Namespace]}]}",
    "{scope: Cluster}",
    "{scope: Namespaced}",
    "{namespaces: [shop]}",
    "{namespaces: ['prod-*']}",
    "{namespaces: ['*-eu']}",
    "{excludedNamespaces: ['*od*']}",
    "{labelSelector: {matchLabels: {app: web}}}",
    "{labelSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}}",
    "{labelSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}}",
    "{namespaceSelector: {matchLabels: {team: blue}}}",
    "{namespaceSelector: {matchExpressions: [{key: team, operator: In, values: [red, green]}]}}",
    "{name: a}",
    "{name: '*o*'}",
    "{source: All}",
    "{source: Original}",
    "{source: Generated}",
]


@pytest.mark.real
@pytest.mark.parametrize("match", MATCHES)
def test_matches_as_gator_does(match: str, check: Check, gator: str, tmp_path: Path) -> None:
    engine = ("--engine", "opa", "--opa-binary", opa_binary())
    _, report, _ = check(matching(match), *engine, *POLICY, "objects")
    assert by_eidos(report) == by_gator(gator, tmp_path)


@pytest.mark.real
@pytest.mark.parametrize("action", ["deny", "warn", "dryrun"])
def test_closes_the_gate_as_gator_does(
    action: str, check: Check, gator: str, tmp_path: Path
) -> None:
    files = owned({"bad": thing()}, f"{OWNED}enforcementAction: {action}\n")
    code, _, _ = check(files, *POLICY, "objects")
    command = [
        gator,
        "test",
        "--filename=templates",
        "--filename=constraints",
        "--filename=objects",
    ]
    assert (
        subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == code
    )


@pytest.mark.real
def test_reads_the_inventory_as_gator_does(check: Check, gator: str, tmp_path: Path) -> None:
    ingresses = {
        f"objects/{name}.yaml": ingress(name, host)
        for name, host in {"one": "a.example", "two": "a.example", "three": "b.example"}.items()
    }
    engine = ("--engine", "opa", "--opa-binary", opa_binary())
    _, report, _ = check({**HOSTS, **ingresses}, *engine, *POLICY, "objects")
    said = by_eidos(report)
    assert (said, said.total()) == (by_gator(gator, tmp_path), 2)


REFUSED = {
    "a parameter of another type": owned({}, "parameters: {labels: owner}\n"),
    "a parameter that is not there": owned({}, "parameters: {labels: [a], deep: 1}\n"),
    "a constraint without template": {"constraints/c.yaml": constraint()},
    "a library outside of lib": {"templates/t.yaml": template(libs=("package labels\n",))},
    "no violation": {"templates/t.yaml": template("P", "package p\nx = 1\n", libs=(), schema="")},
    "other data": {
        "templates/t.yaml": template(
            "P", "package p\nviolation[1] { data.x }\n", libs=(), schema=""
        )
    },
    "a schema without types": {"templates/t.yaml": template(schema="properties: {a: {}}\n")},
    "a template of another name": {
        "templates/t.yaml": template().replace("name: owned", "name: other")
    },
    "v1 in a template of v0": {"templates/t.yaml": coded("UniqueHost", UNIQUE, "v0")},
}


@pytest.mark.real
@pytest.mark.parametrize("name", REFUSED)
def test_refuses_what_gator_refuses(name: str, check: Check, gator: str, tmp_path: Path) -> None:
    files = {
        "templates/x.yaml": template("Extra"),
        "constraints/x.yaml": constraint("Extra"),
        "objects/a.yaml": thing(),
    }
    code, _, _ = check({**files, **REFUSED[name]}, *POLICY, "objects")
    command = [
        gator,
        "test",
        "--filename=templates",
        "--filename=constraints",
        "--filename=objects",
    ]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert code == 2
    assert (ran.returncode, "auditing objects" in ran.stderr or "adding" in ran.stderr) == (1, True)


SUITE = """\
kind: Suite
apiVersion: test.gatekeeper.sh/v1alpha1
metadata: {name: own}
tests:
- name: owned
  template: t.yaml
  constraint: c.yaml
  cases:
  - {name: good, object: good.yaml, assertions: [{violations: no}]}
  - {name: bad, object: bad.yaml, assertions: [{violations: 1, message: lacks}]}
  - {name: wrong, object: bad.yaml, assertions: [{violations: no}]}
  - {name: other, object: bad.yaml, assertions: [{message: "^nothing"}]}
  - {name: left, object: bad.yaml, skip: true, assertions: [{violations: no}]}
- name: hosts
  template: u.yaml
  constraint: uc.yaml
  cases:
  - {name: alone, object: one.yaml, assertions: [{violations: no}]}
  - {name: taken, object: one.yaml, inventory: [two.yaml], assertions: [{violations: yes}]}
- {name: invalid, template: t.yaml, constraint: wrong.yaml, invalid: true}
- {name: valid, template: t.yaml, constraint: c.yaml, invalid: true}
"""
SUITE_FILES = {
    "suite.yaml": SUITE,
    "t.yaml": template(),
    "c.yaml": constraint(),
    "wrong.yaml": constraint(spec="parameters: {labels: 7}\n"),
    "good.yaml": thing("good", labels="{owner: a}"),
    "bad.yaml": thing("bad"),
    "u.yaml": coded("UniqueHost", UNIQUE, annotations=SYNC),
    "uc.yaml": constraint("UniqueHost", "hosts", ""),
    "one.yaml": ingress("one", "a.example"),
    "two.yaml": ingress("two", "a.example"),
}
_WORDS = {"PASS": "passed", "FAIL": "failed"}


@pytest.mark.real
def test_suites_end_as_with_gator(tmp_path: Path, gator: str) -> None:
    lay_out(tmp_path, SUITE_FILES)
    command = [gator, "verify", "-v", "--enable-k8s-native-validation=false", "suite.yaml"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    theirs = {
        name: _WORDS[word]
        for word, name in re.findall(r"--- (PASS|FAIL): (\w+)", ran.stdout + ran.stderr)
    }
    with Context(Opening(engine="opa", opa_binary=Path(opa_binary()))) as context:
        [suite] = run_suites(find_suites([str(tmp_path)], Limits()), context).suites
    ended = [each for test in suite.tests for each in (test, *test.cases)]
    skipped = [each.name for each in ended if each.outcome is Outcome.SKIPPED]
    ours = {each.name: each.outcome.value for each in ended if each.name not in skipped}
    assert ours == theirs  # of what it skips, gator says nothing
    assert (skipped, len(ours)) == (["left"], 10)


@pytest.mark.real
def test_what_templates_print_is_told(check: Check) -> None:
    rego = 'package p\n\nviolation[{"msg": "x"}] { print("seen", input.review.name); false }\n'
    files = {
        "templates/p.yaml": template("P", rego, libs=(), schema=""),
        "constraints/p.yaml": constraint("P", spec=""),
        "objects/a.yaml": thing(),
    }
    engine = ("--engine", "opa", "--opa-binary", opa_binary())
    code, report, _ = check(files, *engine, *POLICY, "objects")
    assert code == 0
    assert [line.partition(": ")[2] for line in report["prints"]] == ["seen web"]
