"""From a recipe and a snapshot to a bundle, or to nothing at all."""

import json
import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from eidos.engine import schema
from eidos.engine.bundling.trees import sealed
from eidos.engine.cli import root
from eidos.engine.cli.console import run
from eidos.engine.documents.reading import read_text
from eidos.engine.model.bundle import File
from eidos.engine.model.times import written
from fakes.policies import DRIVER_RULE, write_pack

REASON = {"because": "it is so", "source": "https://example.org/why"}
SNAPSHOT = """\
apiVersion: eidos.dev/v1
kind: Snapshot
metadata: {cluster: c1, timestamp: "2026-11-23T10:00:00Z"}
measurements:
  - type: K8s
    subtypes: [{subtype: server, data: {version: v1.34.2-eks-3025e55}}]
nodes:
  - name: n1
    measurements:
      - type: GPU
        subtypes: [{subtype: smi, data: {driver: "590.1"}}]
      - type: OS
        subtypes: [{subtype: grub, data: {}}]
"""
UPGRADES = [
    {"from": "< 1.1", "to": "1.1.0", "verdict": "safe", **REASON},
    {"from": "< 2", "to": ">= 2, < 3", "verdict": "manual", **REASON},
    {
        "from": "< 3",
        "to": ">= 3, < 4",
        "verdict": "safe",
        "preconditions": [{"fact": "K8s.server.version", "is": ">= 1.36", **REASON}],
        **REASON,
    },
]
POD = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}}


def obj(kind: str, name: str, **spec: object) -> dict[str, object]:
    return {"apiVersion": "eidos.dev/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def write_site(
    folder: Path,
    values: Mapping[str, object] | None = None,
    version: str = "1.0.0",
    base: Mapping[str, object] | None = None,
    constraints: Sequence[object] = (),
) -> None:
    """Write a site's catalog: two components with charts, of which one needs the other."""
    for name, its in (("demo-base", "1.0.0"), ("demo-app", version)):
        chart = {"repository": "https://charts.example.org", "name": name, "version": its}
        spec = {
            "description": "something",
            "namespace": name,
            "chart": {**chart, "source": "https://example.org"},
            "upgrades": UPGRADES,
        }
        if name == "demo-app":
            spec["dependsOn"] = [{"component": "demo-base", **REASON}]
        place = folder / "components" / f"{name}.yaml"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(obj("Component", name, **spec)))
    settings = [
        {"values": dict(values or {"replicas": 1}), "templates": True, **REASON},
        {"resources": {"settings": POD}, **REASON},
    ]
    uses = {"demo-base": {"settings": [{"values": dict(base or {"on": True}), **REASON}]}}
    uses["demo-app"] = {"settings": settings}
    (folder / "overlays").mkdir(exist_ok=True)
    wanted = {"constraints": list(constraints)} if constraints else {}
    overlay = obj("Overlay", "demo", criteria={"service": "eks"}, components=uses, **wanted)
    (folder / "overlays" / "demo.yaml").write_text(
        json.dumps(overlay, ensure_ascii=False), encoding="utf-8"
    )


DEPLOYERS = ("helm", "helmfile", "argocd", "flux")
INPUTS = """\
apiVersion: eidos.dev/v1
kind: BundleInputs
source: {url: "https://git.example.org/c.git", revision: v1, path: b}
"""
Bundle = Callable[..., int]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What was read of packs once is read no more."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def bundle(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    """Resolve a recipe of a site and bundle it; every option may be replaced."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    Path("s.yaml").write_text(SNAPSHOT)
    write_pack(tmp_path / "t", a=DRIVER_RULE)
    Path("eidos.yaml").write_text(
        "gates:\n  prod: {packs: [./t], max-age: 36500d, requires: [gpu.smi]}\n"
        "  fresh: {packs: [./t], max-age: 48h}\n"
        "  strict: {packs: [./t], requires: [gpu.topology]}\n"
    )

    def bundled(
        *options: str, recipe: bool = True, to: str = "out", db: str | None = None, **site: Any
    ) -> int:
        if recipe:
            write_site(tmp_path / "site", **site)
            made = [
                "--no-config",
                "recipe",
                "--data",
                "site",
                "--service",
                "eks",
                "-o",
                "yaml=r.yaml",
            ]
            assert run(root, made) == 0
        place = [] if "--dry-run" in options else ["--to", to]
        asked = ["-r", "r.yaml", "-s", "s.yaml", "--data", "site", *place, *options]
        judged = ["-p", "t"] if "--gate" not in options else []
        day = [] if "--effective-time" in options else ["--effective-time", "2026-11-24T09:00:00Z"]
        day += ["--no-record"] if db is None else ["--db", db]
        return int(run(root, ["--trust-project", "bundle", *asked, *judged, *day]))

    return bundled


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def nothing_was_made() -> bool:
    """Neither the place nor anything half-written beside it."""
    there = {path.name for path in Path().iterdir()}
    return there <= {"s.yaml", "r.yaml", "t", "site", "eidos.yaml", "old"}


def conforms(text: str, kind: str) -> None:
    [document] = read_text(text, kind)
    assert schema.problems(document, f"{kind}/v1") == []


# One command ------------------------------------------------------------------------------------


def test_a_recipe_becomes_a_bundle(bundle: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    assert bundle("-o", "json") == 0
    said = capsys.readouterr().out
    conforms(said, "bundling")
    assert json.loads(said)["decision"] == "passed"
    files = tree(Path("out"))
    assert {"README.md", "recipe.yaml", "gate.json", "manifest.json", "install.sh"} <= set(files)
    folder = next(each.partition("/")[0] for each in files if "-demo-app/" in each)
    assert yaml.safe_load(files[f"{folder}/values.yaml"]) == {"replicas": 1}
    assert yaml.safe_load(files[f"{folder}/after/settings.yaml"])["kind"] == "ConfigMap"
    conforms(files["gate.json"].decode(), "gate-decision")
    conforms(files["manifest.json"].decode(), "bundle-manifest")
    assert run(root, ["--no-config", "bundle", "verify", "out"]) == 0


def test_only_what_is_locked_lets_it_through(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(root, ["--trust-project", "policy", "lock", "t"]) == 0
    assert bundle("--locked", "--dry-run") == 0
    lock = Path("eidos.lock")
    locked = lock.read_text()
    for name in ("t", "bundle-hygiene"):
        lock.write_text(locked.replace(f"name: {name}\n", "name: gone\n"))
        capsys.readouterr()
        assert bundle("--locked", recipe=False) == 2
        assert f"the pack '{name}'" in capsys.readouterr().err
        assert not Path("out").exists()


def test_every_deployer_can_be_had_at_once(bundle: Bundle) -> None:
    Path("in.yaml").write_text(INPUTS)
    every = [f"--deployer={name}" for name in DEPLOYERS]
    assert bundle(*every, "--inputs", "in.yaml") == 0
    names = {path.partition("/")[0] for path in tree(Path("out"))}
    assert {"argocd", "flux", "helmfile.yaml", "install.sh"} <= names


def test_dry_run_makes_nothing(bundle: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    assert bundle("--dry-run") == 0
    assert "demo-app 1.0.0 in demo-app  after demo-base" in capsys.readouterr().out
    assert nothing_was_made()


def test_the_recipe_may_stand_where_a_command_would(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bundle("--dry-run") == 0
    Path("eidos.yaml").unlink()
    rest = ["-s", "s.yaml", "--data", "site", "-p", "t", "--dry-run", "--no-record"]
    day = ["--effective-time", "2026-11-24T09:00:00Z"]
    capsys.readouterr()
    assert run(root, ["bundle", "r.yaml", *rest, *day]) == 0
    first = capsys.readouterr().out
    assert run(root, ["bundle", *rest, "r.yaml", *day]) == 0
    assert capsys.readouterr().out == first
    assert run(root, ["bundle", *rest, "-r", "r.yaml", "s.yaml", *day]) == 2
    assert "more than one recipe is given: 's.yaml'" in capsys.readouterr().err
    assert run(root, ["bundle", "verfy", "out"]) == 2
    assert "Did you mean 'verify'?" in capsys.readouterr().err
    assert run(root, ["bundle", "nothere.yaml", *rest]) == 2
    assert "nothere.yaml" in capsys.readouterr().err
    assert run(root, ["bundle", "--nope", "r.yaml"]) == 2
    assert "--nope" in capsys.readouterr().err


# The gate ---------------------------------------------------------------------------------------


def test_a_closed_gate_leaves_nothing(bundle: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    assert bundle(values={"adminPassword": "hunter2"}) == 1
    said = capsys.readouterr()
    assert "BHY-001" in said.out
    assert "nothing was made" in said.err
    assert "hunter2" not in said.out
    assert nothing_was_made()


def test_findings_of_the_cluster_close_it_before(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    text = SNAPSHOT.replace("590.1", "570.1")
    Path("s.yaml").write_text(text)
    assert bundle() == 1
    assert "before: failed" in capsys.readouterr().out
    assert nothing_was_made()


def test_a_named_gate_wants_age_and_coverage(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bundle("--gate", "prod") == 0
    assert bundle("--gate", "strict", to="other") == 3
    assert "gpu.topology of node n1 was not collected" in capsys.readouterr().err
    assert not Path("other").exists()


def taken(ago: timedelta) -> None:
    """Write the snapshot as if it had been taken some time ago."""
    moment = written(datetime.now(UTC) - ago)
    Path("s.yaml").write_text(SNAPSHOT.replace("2026-11-23T10:00:00Z", moment))


def test_age_is_by_the_clock_and_not_by_the_day_that_rules_see(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    taken(timedelta(hours=1))
    assert bundle("--gate", "fresh") == 0
    taken(timedelta(seconds=-20))  # another machine's clock
    assert bundle("--gate", "fresh", to="ahead") == 0
    for ago, words in ((timedelta(days=3), "3d old, and"), (timedelta(days=-3), "the future")):
        taken(ago)
        then = written(datetime.now(UTC) - ago)
        assert bundle("--gate", "fresh", "--effective-time", then, to="other") == 3
        said = capsys.readouterr().err
        assert words in said
        assert "the gate fresh takes 2d at most" in said
    assert not Path("other").exists()


def test_the_default_gate_names_the_age_and_takes_a_bound(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    taken(timedelta(days=3, minutes=1))
    assert bundle() == 0
    assert "(3d old)" in capsys.readouterr().out
    for bound in (("--max-age", "1h"), ("--gate", "fresh"), ("--max-age", "9d", "--gate", "fresh")):
        assert bundle(*bound, to="other") == 3, bound
    assert bundle("--max-age", "9d", "--allow-incomplete", to="third") == 0
    assert bundle("--max-age", "1h", "--allow-incomplete", to="other") == 3
    capsys.readouterr()
    Path("s.yaml").write_text(SNAPSHOT.replace(', timestamp: "2026-11-23T10:00:00Z"', ""))
    assert bundle(to="undated") == 0
    assert "facts of an unknown time" in capsys.readouterr().out
    assert bundle("--max-age", "1h", to="other") == 3
    assert not Path("other").exists()


def test_what_nobody_looked_at_is_opened_by_looking(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("s.yaml").write_text(SNAPSHOT.replace("driver: ", "drover: "))
    assert bundle() == 3
    assert "to open it: take a newer or more complete snapshot" in capsys.readouterr().out
    assert nothing_was_made()
    assert bundle("--allow-incomplete") == 0
    assert "to open it" not in capsys.readouterr().out
    gate = json.loads(Path("out/gate.json").read_text())
    assert "allow-incomplete" in {each["setting"] for each in gate["relaxations"]}


def test_rules_of_both_sides_of_the_gate_can_be_chosen(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bundle("--rule", "T-001", "--rule", "BHY-00*", "-o", "json", "-o", "text=said.txt") == 0
    told = json.loads(capsys.readouterr().out)["relaxations"]
    assert "relaxed: rule: T-001 (--rule)" in Path("said.txt").read_text().splitlines()
    gate = json.loads(Path("out/gate.json").read_text())
    assert {each["rule"] for each in gate["before"]["verdicts"]} == {"T-001"}
    assert {each["rule"] for each in gate["after"]["verdicts"]} > {"BHY-001"}
    assert all(each["rule"].startswith("BHY-00") for each in gate["after"]["verdicts"])
    assert ("rule", "T-001") in {(e["setting"], e["value"]) for e in gate["relaxations"]}
    assert [e["value"] for e in told] == [e["value"] for e in gate["relaxations"]]
    for number, left_out in enumerate((["BHY-001"], ["nist-800-190"], ["BHY-001", "BOP-016"])):
        options = [word for each in left_out for word in ("--exclude-rule", each)]
        assert bundle(*options, to=f"less{number}") == 0
    assert bundle("--gate", "prod", "--exclude-rule", "BHY-001", to="named") == 0
    gate = json.loads(Path("named/gate.json").read_text())
    assert "BHY-001" not in {each["rule"] for each in gate["after"]["verdicts"]}
    for options, words in (
        (["--rule", "T-001"], "no rule that judges what is rendered is left"),
        (["--rule", "BHY-*"], "no rule that judges the snapshot is left"),
        (["--rule", "BHX-*"], "there is no rule 'BHX-*'"),
        (["--exclude-rule", "BHX-001"], "there is no rule or tag 'BHX-001'"),
        (["--exclude-rule", "T-001"], "no rule that judges the snapshot is left"),
    ):
        capsys.readouterr()
        assert bundle(*options, to="other") == 2
        assert words in capsys.readouterr().err
    assert not Path("other").exists()


UPSTREAM = """\
apiVersion: aicr.run/v1
kind: Snapshot
metadata: {source-node: n1, timestamp: "2026-11-23T10:00:00Z", version: v0.13.0}
measurements:
  - type: K8s
    subtypes: [{subtype: server, data: {version: v1.34.2-eks-3025e55}}]
"""
RULE = """\
# METADATA
# title: It is so
# custom:
#   {{id: T-00{0}, severity: high, scope: {1}, requires: [{2}], remediation: Nothing.}}
package eidos.t.r{0}

deny contains "never" if false
"""


def test_a_gate_may_want_that_every_rule_can_be_asked(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("s.yaml").write_text(UPSTREAM)
    askable = RULE.format(1, "cluster", "k8s.server.version")
    write_pack(Path("t"), a=askable, b=RULE.format(2, "node", "k8s.kubelet.authentication"))
    assert bundle(to="unasked") == 0
    assert bundle("--require-askable") == 3
    assert "is no fact that upstream v0.13.0 collects" in capsys.readouterr().out
    Path("eidos.yaml").write_text("gates:\n  all: {packs: [./t], require-askable: true}\n")
    assert bundle("--gate", "all") == 3
    assert not Path("out").exists()


def test_a_gate_that_does_not_exist(bundle: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    assert bundle("--gate", "prd") == 2
    assert "Did you mean 'prod'?" in capsys.readouterr().err
    assert nothing_was_made()


def test_rules_about_bundles_are_waived_and_enforced_like_all_others(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = {"adminPassword": "hunter2"}
    Path("eidos.yaml").write_text("gates:\n  soft: {packs: [./t], enforcement: {BHY-001: warn}}\n")
    assert bundle("--gate", "soft", to="soft", values=secret) == 0
    said = json.loads(Path("soft/gate.json").read_text())
    [verdict] = [each for each in said["after"]["verdicts"] if each["rule"] == "BHY-001"]
    assert (verdict["status"], verdict["enforcement"]) == ("fail", "warn")
    assert [(each["setting"], each["value"]) for each in said["relaxations"]][1:] == [
        ("gates.soft", "packs: t"),
        ("gates.soft", "enforcement.BHY-001: warn"),
    ]
    Path("w.yaml").write_text(
        "apiVersion: eidos.dev/v1\nkind: Waivers\nwaivers:\n"
        "  - {id: w-1, rule: BHY-001, owner: me, approver: you, reason: test, until: 2026-12-01}\n"
    )
    assert bundle("--waivers", "w.yaml", to="waived", values=secret) == 0
    said = json.loads(Path("waived/gate.json").read_text())
    [verdict] = [each for each in said["after"]["verdicts"] if each["rule"] == "BHY-001"]
    assert (verdict["status"], verdict["waiver"]) == ("waived", "w-1")
    assert run(root, ["--no-config", "bundle", "verify", "waived"]) == 0
    assert "1 waiver" in capsys.readouterr().out
    Path("w.yaml").write_text(Path("w.yaml").read_text().replace("2026-12-01", "2026-11-01"))
    assert bundle("--waivers", "w.yaml", to="late", values=secret) == 1


# What is recorded -------------------------------------------------------------------------------


def history(*asked: str, db: str = "h.db") -> int:
    return int(run(root, ["--no-config", "history", *asked, "--db", db]))


def recorded(capsys: pytest.CaptureFixture[str], *asked: str, db: str = "h.db") -> Any:
    capsys.readouterr()
    assert history("bundles", "-o", "json", *asked, db=db) == 0
    said = capsys.readouterr().out
    conforms(said, "bundles")
    return json.loads(said)["bundles"]


def test_an_open_and_a_closed_gate_are_remembered(
    bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bundle("--gate", "prod", db="h.db") == 0
    assert bundle(db="h.db", to="other", values={"adminPassword": "hunter2"}) == 1
    Path("s.yaml").write_text(SNAPSHOT.replace("590.1", "570.1"))
    assert bundle(db="h.db", to="other") == 1
    before, after, made = recorded(capsys)

    assert run(root, ["--no-config", "bundle", "verify", "out"]) == 0
    assert f"digest: {made['bundle']}" in capsys.readouterr().out
    assert made["place"] == str(tmp_path / "out")
    assert (made["gate"], made["decision"], made["cluster"]) == ("prod", "passed", "c1")
    assert {"demo-base", "demo-app"} < {each["name"] for each in made["components"]}
    assert (made["deployers"], made["relaxations"] != []) == (["helm"], True)
    assert (after["decision"], after["bundle"], after["place"]) == ("failed", None, None)
    assert (after["before"]["decision"], after["after"]["decision"]) == ("passed", "failed")
    assert (before["decision"], before["after"]) == ("failed", None)
    for name in (made["run"], made["bundle"], made["bundle"][7:15]):
        assert history("bundle", name, "-o", "gate") == 0
        assert capsys.readouterr().out.encode() == Path("out/gate.json").read_bytes()
    for each in (made["before"], made["after"], after["after"], before["before"]):
        assert history("show", each["run"], "-o", "json") == 0
        assert json.loads(capsys.readouterr().out)["decision"] == each["decision"]
    assert history("recipe", made["recipe"]["digest"]) == 0
    assert history("recipe", after["recipe"]["digest"]) == 2, "what was refused may hold a secret"
    assert history("verify") == 0
    capsys.readouterr()
    assert history("bundle", "latest") == 0
    assert "nothing was rendered" in capsys.readouterr().out


def test_bundles_are_listed_by_cluster_and_time(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bundle("--dry-run", db="h.db") == 0
    [made] = recorded(capsys)
    assert (made["place"], made["decision"]) == (None, "passed")
    assert recorded(capsys, "--cluster", "c1", "--since", "1h") == [made]
    assert recorded(capsys, "--cluster", "c1", "--until", "2026-01-01") == []
    assert recorded(capsys, "--until", "2026-01-01") == []
    assert history("bundles", "--cluster", "c2") == 2
    assert "Known: c1." in capsys.readouterr().err
    for form in ("text", "table", "csv"):
        assert history("bundles", "-o", form) == 0
        assert made["run"] in capsys.readouterr().out
    query = "select run, component, version, wave from v1_bundle_components"
    assert history("sql", query, "-o", "csv") == 0
    assert f"{made['run']},demo-app,1.0.0,1" in capsys.readouterr().out
    assert history("bundle", "nobody") == 2
    assert "history bundles" in capsys.readouterr().err


def test_decisions_survive_export_and_import_and_go_with_their_runs(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bundle(db="h.db") == 0
    assert bundle(db="other.db", to="other", values={"replicas": 3}) == 0
    there, here = recorded(capsys), recorded(capsys, db="other.db")
    assert history("export", "whole.db") == 0
    for _ in range(2):  # the second time nothing is new
        assert history("import", "whole.db", db="other.db") == 0
    assert recorded(capsys, db="other.db") == [*there, *here]
    assert history("bundle", there[0]["bundle"], "-o", "gate", db="other.db") == 0
    assert capsys.readouterr().out.encode() == Path("out/gate.json").read_bytes()
    assert history("recipe", there[0]["recipe"]["digest"], db="other.db") == 0
    assert history("verify", db="other.db") == 0
    assert history("prune", "--keep", "1", db="other.db") == 0
    kept = {each["run"] for each in recorded(capsys, db="other.db")}
    assert there[0]["run"] in kept
    assert history("verify", db="other.db") == 0


@pytest.mark.parametrize("readonly", [True, False])
def test_what_cannot_be_recorded_is_not_published(
    bundle: Bundle, readonly: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    db = Path("h.db")
    db.write_text("not a database, as long as that may be" if not readonly else "")
    if readonly:
        db.unlink()
        db.mkdir()
    assert bundle(db="h.db") == 2
    assert "h.db" in capsys.readouterr().err
    assert not Path("out").exists()


def test_a_check_is_remembered_though_nothing_could_be_rendered(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    """Argo CD must know where the bundle will lie, which shows only when it is written."""
    assert bundle("--deployer", "argocd", db="h.db") == 2
    assert recorded(capsys) == []
    assert history("show", "latest", "-o", "json") == 0
    assert json.loads(capsys.readouterr().out)["decision"] == "passed"
    assert history("verify") == 0


def test_no_record_leaves_nothing(bundle: Bundle, tmp_path: Path) -> None:
    assert bundle() == 0
    assert not list(tmp_path.rglob("*.db"))


# Definitions ------------------------------------------------------------------------------------

POOL = {"apiVersion": "nv-ipam.nvidia.com/v1alpha1", "kind": "IPPool", "spec": {"subnet": "a"}}
DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ippools.nv-ipam.nvidia.com}
spec:
  group: nv-ipam.nvidia.com
  names: {kind: IPPool, plural: ippools}
  scope: Namespaced
  versions:
    - name: v1alpha1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              x-kubernetes-validations: [{rule: "self.subnet != ''"}]
              properties: {subnet: {type: string, pattern: "^[0-9./]+$"}}
"""


def with_pool(tmp_path: Path, spec: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the site's overlay ask for a custom resource whose kind no table has."""
    monkeypatch.setitem(globals(), "POD", {**POOL, "spec": spec})
    (tmp_path / "crds").mkdir()
    (tmp_path / "crds" / "pool.yaml").write_text(DEFINITION)


def test_a_kind_without_a_definition_is_named(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    with_pool(tmp_path, {"subnet": "x"}, monkeypatch)
    assert bundle() == 0
    said = "nobody knows a definition of nv-ipam.nvidia.com/v1alpha1/IPPool"
    assert said in capsys.readouterr().out
    verdicts = json.loads(Path("out/gate.json").read_text())["after"]["verdicts"]
    assert "warn" in {each["status"] for each in verdicts if each["rule"] == "BOP-016"}


def test_definitions_that_are_given_are_asked(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    with_pool(tmp_path, {"subnet": "x", "subnt": "y"}, monkeypatch)
    assert bundle("--crds", "crds") == 1
    said = capsys.readouterr()
    assert "spec.subnt: 'subnt' is no field of the definition; it would be dropped" in said.out
    assert "'subnet' is \"x\", which does not fit" in said.out
    assert "rules in CEL in their definitions, which only an API server asks" in said.err
    assert not Path("out").exists()
    monkeypatch.setitem(globals(), "POD", {**POOL, "spec": {"subnet": "10.0.0.0/8"}})
    assert bundle("--crds", "crds") == 0
    assert "nobody knows" not in capsys.readouterr().out


def test_definitions_that_nobody_would_tell_of(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    with_pool(tmp_path, {}, monkeypatch)
    Path("eidos.yaml").write_text("gates:\n  odd: {packs: [./t], bundle-packs: [bundle-hygiene]}\n")
    assert bundle("--crds", "crds", "--gate", "odd") == 2
    assert "does not ask the rule BOP-016" in capsys.readouterr().err
    assert bundle("--crds", "nowhere") == 2
    assert "nowhere" in capsys.readouterr().err
    (tmp_path / "crds" / "pool.yaml").write_text(DEFINITION.replace("^[0-9./]+$", "(?=x)"))
    assert bundle("--crds", "crds") == 2
    assert "the definition of IPPool v1alpha1 cannot be used" in capsys.readouterr().err
    assert not Path("out").exists()


# Bad input --------------------------------------------------------------------------------------


def test_nothing_is_judged_before_everything_that_was_named_is_found(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("s.yaml").write_text(SNAPSHOT.replace("590.1", "570.1"))  # the gate is closed
    Path("in.yaml").write_text(
        "apiVersion: eidos.dev/v1\nkind: BundleInputs\nvalues: {demo-ap: {a: 1}}\n"
    )
    Path("two.yaml").write_text(f"{Path('in.yaml').read_text()}---\nvalues: {{}}\n")
    Path("eidos.yaml").write_text("gates:\n  odd: {packs: [./t], bundle-packs: [./nowhere]}\n")
    for options, said in (
        (["--deployer", "helm3"], "there is no deployer 'helm3'"),
        (["--deployer", "helm", "--deployer", "argo"], "there is no deployer 'argo'"),
        (["--gate", "prd"], "there is no gate 'prd'"),
        (["--gate", "odd"], "nowhere"),
        (["--inputs", "two.yaml"], "the file holds 2 documents instead of one"),
        (["--inputs", "in.yaml"], "the recipe has no component 'demo-ap'"),
        (["--from", "old", "--only", "demo-ap"], "the recipe has no component 'demo-ap'"),
        (["--from", "old", "--only", "demo-app"], "old"),
    ):
        assert bundle(*options, db="h.db") == 2, options
        found = capsys.readouterr()
        assert said in found.err
        assert "before: failed" not in found.out
    assert not Path("h.db").exists() or recorded(capsys) == []


def test_what_is_to_judge_what_is_rendered_has_rules_about_it(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would be told as having judged, and be asked nothing."""
    Path("plain").mkdir()
    Path("plain/p.rego").write_text('package p\n\ndeny contains "x" if input.x\n')
    Path("eidos.yaml").write_text("gates:\n  odd: {packs: [./t], bundle-packs: [./plain]}\n")
    assert bundle("--gate", "odd") == 2
    assert "none of its rules is about bundles" in capsys.readouterr().err
    assert not Path("out").exists()


def test_a_recipe_for_another_cluster(bundle: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    Path("s.yaml").write_text(SNAPSHOT.replace("-eks-3025e55", "-gke.1279000"))
    assert bundle() == 2
    assert "the recipe is for service eks, and the snapshot shows gke" in capsys.readouterr().err
    assert nothing_was_made()


CONSTRAINT = {"fact": "K8s.server.version", "of": "cluster", **REASON}


@pytest.mark.parametrize(
    ("wanted", "fact", "code", "said"),
    [
        (">= 1.99", "K8s.server.version", 1, "violated: k8s.server.version is"),
        (">= 1.0", "K8s.server.platform", 3, "unknown: k8s.server.platform"),
        (">= 1.0", "K8s.server.version", 0, "gate default: passed"),
    ],
)
def test_the_recipes_own_constraints_are_held_against_this_snapshot(
    bundle: Bundle, wanted: str, fact: str, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may have been resolved for another snapshot, or for none, when nobody could ask them."""
    assert bundle("--dry-run") == 0
    recipe = yaml.safe_load(Path("r.yaml").read_text())
    recipe["constraints"].append({**CONSTRAINT, "fact": fact, "is": wanted})
    Path("r.yaml").write_text(yaml.safe_dump(recipe))
    capsys.readouterr()
    assert bundle(recipe=False) == code
    assert said in capsys.readouterr().out
    assert nothing_was_made() is (code != 0)


def test_a_lock_that_disagrees(bundle: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    assert bundle("--dry-run") == 0
    write_site(Path("site"), {"replicas": 2})
    assert bundle(recipe=False) == 2
    assert "was made from other catalog files than those here: site-1/overlays/demo.yaml" in (
        capsys.readouterr().err
    )
    assert nothing_was_made()


def without_constraints(recipe: Any) -> None:
    recipe["constraints"] = []


def component(recipe: Any, name: str) -> Any:
    return next(each for each in recipe["components"] if each["name"] == name)


def with_another_version(recipe: Any) -> None:
    component(recipe, "demo-base")["version"] = "0.9.0"


def with_another_value(recipe: Any) -> None:
    component(recipe, "demo-app")["values"]["replicas"] = 9


def twice(recipe: Any) -> None:
    recipe["components"].append(recipe["components"][0])


def without_lock(recipe: Any) -> None:
    recipe["lock"] = {}


def without_its_overlay(recipe: Any) -> None:
    recipe["overlays"]["excluded"] = [{"name": "demo", "because": "so", "by": "me"}]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without_constraints, "resolved: constraints"),
        (with_another_version, "resolved: component demo-base"),
        (with_another_value, "resolved: component demo-app"),
        (twice, "resolved: the order of components"),
        (without_lock, "resolved: lock"),
        (without_its_overlay, "does not follow from the catalog: "),
    ],
)
def test_a_recipe_that_somebody_changed(
    bundle: Bundle, change: Callable[[Any], None], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asks = {**CONSTRAINT, "is": ">= 1.30", "remediation": "Upgrade."}
    asks.pop("of")
    assert bundle("--dry-run", constraints=[asks]) == 0
    recipe = yaml.safe_load(Path("r.yaml").read_text())
    change(recipe)
    Path("r.yaml").write_text(yaml.safe_dump(recipe))
    capsys.readouterr()
    assert bundle(recipe=False) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "resolve the recipe again" in err
    assert nothing_was_made()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--to", "out", "-o", "json=out/report.json"], "would lie in the bundle"),
        (["--to", "out", "--db", "out/h.db"], "would lie in the bundle"),
        (["--to", "."], "no bundle can be put at '.'"),
        (["--to", "sub/.."], "no bundle can be put at"),
        (["--to", "s.yaml/out"], "'s.yaml' is no folder"),
    ],
)
def test_a_place_where_no_bundle_can_be(
    bundle: Bundle, options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bundle("--dry-run") == 0
    Path("out").mkdir()
    asked = ["bundle", "-r", "r.yaml", "-s", "s.yaml", "--data", "site", "-p", "t", *options]
    assert run(root, ["--no-config", *asked]) == 2
    assert said in capsys.readouterr().err
    assert not list(Path("out").iterdir())


@pytest.mark.parametrize("there", ["file", "folder", "link"])
def test_a_place_that_exists(
    bundle: Bundle, there: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "taken"
    if there == "file":
        place.write_text("mine")
    elif there == "folder":
        place.mkdir()
        (place / "mine").write_text("mine")
    else:
        place.symlink_to(tmp_path / "nowhere")
    assert bundle(to="taken") == 2
    assert "there is something at 'taken'" in capsys.readouterr().err
    assert (
        place.is_symlink() or "mine" in (place if there == "file" else place / "mine").read_text()
    )


def command(folder: Path, *options: str, **more: Any) -> subprocess.CompletedProcess[str]:
    asked = ["bundle", "-r", "r.yaml", "-s", "s.yaml", "--data", "site", "-p", "t", *options]
    day = ["--effective-time", "2026-11-24", "--no-record"]
    return subprocess.run(
        [sys.executable, "-m", "eidos.engine", "--no-config", *asked, *day],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        **more,
    )


def test_a_full_disk(bundle: Bundle, tmp_path: Path) -> None:
    assert bundle("--dry-run") == 0

    def little_space() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (700, resource.RLIM_INFINITY))

    done = command(tmp_path, "--to", "out", preexec_fn=little_space)
    assert done.returncode == 2, done.stderr
    assert "the bundle cannot be written: file too large" in done.stderr
    assert nothing_was_made()


_DEEP = "/".join(["d" * 200] * 20 + ["e" * 42])
"""A folder with room for one more name before a path is too long for the system."""


@pytest.mark.parametrize("parent", ["/proc/nowhere", _DEEP], ids=["its folder", "its files"])
def test_a_decision_is_remembered_though_its_tree_cannot_be_written(
    bundle: Bundle, parent: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bundle(to=f"{parent}/out", db="h.db") == 2
    assert "nothing was published" in capsys.readouterr().err
    [made] = recorded(capsys)
    assert (made["decision"], made["place"]) == ("passed", None)
    assert made["after"]["decision"] == "passed"
    assert not [path for path in Path().rglob("*out*") if path.is_dir()]


def test_the_real_cluster_is_refused_until_what_would_open_the_gate_is_done(
    shared: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """From the real snapshot in one command: findings close the gate, waivers of them open it."""
    monkeypatch.chdir(tmp_path)
    facts = str(shared / "data" / "snapshots" / "gb200.yaml")
    Path("eidos.yaml").write_text("gates:\n  prod: {fail-on: medium}\n")
    made = [
        "recipe",
        "--snapshot",
        facts,
        "--intent",
        "inference",
        "--no-record",
        "-o",
        "yaml=g.yaml",
    ]
    assert run(root, ["--trust-project", *made]) == 0

    def gated(*options: str) -> int:
        day = ("--effective-time", "2026-11-24", "--no-record")
        asked = ["bundle", "g.yaml", "-s", facts, "--gate", "prod", "--to", "out", *options, *day]
        return int(run(root, ["--trust-project", *asked]))

    capsys.readouterr()
    assert gated() == 1
    said = capsys.readouterr()
    assert "Driver 580.82.07 is below 580.159.03" in said.out
    assert "remedy: Set driver.version in the ClusterPolicy" in said.out
    assert "the gate prod is closed; nothing was made" in said.err
    assert not Path("out").exists()
    opening = next(line for line in said.out.splitlines() if line.startswith("to open it: "))
    rules = re.findall(r"[A-Z]+\d*S?-\d+", opening)
    assert {"GPU-001", "K8S-005", "OS-005"} <= set(rules)

    terms = {"owner": "ops", "approver": "security", "reason": "a new image is on its way"}
    waived = [
        {"id": f"W-{rule}", "rule": rule, "from": "2026-11-20", "until": "2026-12-02", **terms}
        for rule in rules
    ]
    whole = {"apiVersion": "eidos.dev/v1", "kind": "Waivers", "waivers": waived}
    Path("all.yaml").write_text(yaml.safe_dump(whole))
    Path("most.yaml").write_text(yaml.safe_dump({**whole, "waivers": waived[1:]}))
    assert gated("--waivers", "most.yaml") == 1
    assert not Path("out").exists()
    assert gated("--waivers", "all.yaml") == 0
    assert run(root, ["--no-config", "bundle", "verify", "out"]) == 0
    gate = json.loads(Path("out/gate.json").read_text())
    assert {each["rule"] for each in gate["before"]["waivers"]} == set(rules)


HOSTILE = [
    "'; touch x; '",
    "$(touch x)",
    "`touch x`",
    "a: b\n- c",
    "{{ .Values.x }}",
    "{% for %}",
    "&anchor *alias",
    "no",
    "1e3",
    "0x1F",
    "\u202eevil",
    "-----",
    "#",
    "%YAML 1.1",
    "\ttab",
    "é🙂",
]


def test_hostile_values_stay_values(bundle: Bundle) -> None:
    values = {f"k{number}": text for number, text in enumerate(HOSTILE)}
    values |= dict.fromkeys(HOSTILE, "x")
    assert bundle("--annotate", values=values) == 0
    text = next(Path("out").glob("*-demo-app/values.yaml")).read_text(encoding="utf-8")
    assert yaml.safe_load(text) == values
    assert not Path("x").exists()
    assert subprocess.run(["bash", "-n", "out/install.sh"], check=False).returncode == 0


@pytest.mark.parametrize("version", ["latest", "1.x"])
def test_a_version_that_moves_closes_the_gate(
    bundle: Bundle, version: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bundle(version=version) == 1
    assert "BHY-004" in capsys.readouterr().out
    assert nothing_was_made()


@pytest.mark.parametrize("version", ["1.0; touch x", "1.0.0 $(touch x)", "1.0.0\n- x"])
def test_a_hostile_version_in_a_recipe_is_refused(
    bundle: Bundle, version: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bundle("--dry-run") == 0
    recipe = yaml.safe_load(Path("r.yaml").read_text())
    component(recipe, "demo-app")["version"] = version
    Path("r.yaml").write_text(json.dumps(recipe))
    assert bundle(recipe=False) == 2
    said = capsys.readouterr().err
    assert "was changed after it was resolved: component demo-app" in said or "'version' is" in said
    assert nothing_was_made()


def test_a_component_that_is_left_out_is_told(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    """The cluster may have it already; what is asked of the cluster for it holds all the same."""
    assert bundle("--dry-run") == 0
    recipe = yaml.safe_load(Path("r.yaml").read_text())
    recipe["components"].remove(component(recipe, "demo-base"))
    component(recipe, "demo-app")["dependsOn"] = []
    Path("r.yaml").write_text(json.dumps(recipe))
    capsys.readouterr()
    assert bundle(recipe=False) == 0
    said = capsys.readouterr()
    assert "without demo-base" in said.out + said.err
    assert not list(Path("out").glob("*-demo-base"))
    component(recipe, "demo-app")["name"] = "demo-other"
    Path("r.yaml").write_text(json.dumps(recipe))
    assert bundle(recipe=False, to="other") == 2
    assert "component demo-other" in capsys.readouterr().err


# Made anew --------------------------------------------------------------------------------------


def test_the_same_bytes_for_another_user_folder_place_and_time(
    bundle: Bundle, tmp_path: Path
) -> None:
    assert bundle("--dry-run") == 0
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    for name in ("r.yaml", "s.yaml", "t", "site"):
        (elsewhere / name).symlink_to(tmp_path / name)
    shared = {"PATH": os.environ["PATH"], "EIDOS_ENGINE": "light"}
    one = {**shared, "HOME": str(tmp_path), "USER": "a", "TZ": "UTC", "LC_ALL": "C"}
    other = {**shared, "HOME": str(elsewhere), "USER": "b", "TZ": "Asia/Tokyo"}
    other |= {"LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "7"}
    trees = []
    for folder, environ in ((tmp_path, one), (elsewhere, other)):
        done = command(folder, "--to", "made", env=environ)
        assert done.returncode == 0, done.stderr
        trees.append(tree(folder / "made"))
    assert trees[0] == trees[1]


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (lambda out: (out / "README.md").write_text("x"), "README.md is altered"),
        (lambda out: (out / "extra").write_text("x"), "extra is not part of the bundle"),
        (lambda out: (out / "gate.json").unlink(), "gate.json is missing"),
        (lambda out: (out / "install.sh").chmod(0o644), "install.sh is altered"),
    ],
)
def test_whatever_is_tampered_with_is_named(
    bundle: Bundle,
    tamper: Callable[[Path], object],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert bundle() == 0
    tamper(Path("out"))
    assert run(root, ["--no-config", "bundle", "verify", "out"]) == 1
    assert said in capsys.readouterr().out


def sealed_again(out: Path, **changed: Callable[[Any], object]) -> None:
    """Change documents of a bundle and seal it anew, as who knows how it is made would."""
    for name, change in changed.items():
        path = out / {"gate": "gate.json", "recipe": "recipe.yaml"}[name]
        said = yaml.safe_load(path.read_text())
        change(said)
        path.write_text(json.dumps(said))
    files = [
        File(path, content, os.access(out / path, os.X_OK))
        for path, content in tree(out).items()
        if path not in {"manifest.json", "checksums.txt"}
    ]
    for each in sealed(files)[-2:]:
        (out / each.path).write_bytes(each.content)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"gate": lambda g: g.update(decision="failed")}, "no gate let it through: decision is"),
        ({"gate": lambda g: g["after"].update(decision="error")}, "let it through: after is error"),
        ({"gate": lambda g: g.update(after=None)}, "no gate let it through: after is not asked"),
        ({"gate": lambda g: g.pop("before")}, "'before'"),
        ({"recipe": lambda r: r["metadata"].update(name="x")}, "about another recipe"),
    ],
)
def test_a_bundle_that_no_gate_let_through_does_not_verify(
    bundle: Bundle, changed: Any, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bundle() == 0
    assert run(root, ["--no-config", "bundle", "verify", "out"]) == 0
    assert "gate default: passed by the rules of 2026-11-24" in capsys.readouterr().out
    sealed_again(Path("out"), **changed)
    assert run(root, ["--no-config", "bundle", "verify", "out"]) == 1
    assert said in capsys.readouterr().out


# Partial updates and moves ----------------------------------------------------------------------


def test_only_changes_what_it_names(bundle: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    assert bundle(to="old") == 0
    update = ("--from", "old", "--only", "demo-app")
    assert bundle(*update, values={"replicas": 2}, to="new") == 0
    assert bundle(*update, base={"on": False}, to="other") == 2
    said = capsys.readouterr().err
    assert "-demo-base/values.yaml is changed" in said
    assert "the recipe's demo-base differs" in said
    assert not Path("other").exists()


def test_only_holds_for_every_deployer(bundle: Bundle) -> None:
    Path("in.yaml").write_text(INPUTS)
    every = [f"--deployer={name}" for name in DEPLOYERS]
    assert bundle(*every, "--inputs", "in.yaml", to="old") == 0
    update = ("--from", "old", "--only", "demo-app", "--inputs", "in.yaml", *every)
    assert bundle(*update, values={"replicas": 2}, version="1.1.0", to="new") == 0


def test_only_and_from_go_together(bundle: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    assert bundle("--only", "demo-app") == 2
    assert "--only COMPONENT and --from DIR go together" in capsys.readouterr().err


def diff(*options: str) -> int:
    return int(
        run(root, ["--no-config", "bundle", "diff", "old", "new", "--data", "site", *options])
    )


def moved(bundle: Bundle, **site: Any) -> None:
    assert bundle(to="old") == 0
    assert bundle(to="new", **site) == 0


def test_nothing_moves(bundle: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    moved(bundle)
    assert diff() == 0
    assert "no component changes" in capsys.readouterr().out


def test_values_move(bundle: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    moved(bundle, values={"replicas": 2})
    capsys.readouterr()
    assert diff("-o", "json") == 0
    said = capsys.readouterr().out
    conforms(said, "bundle-diff")
    [step] = json.loads(said)["steps"]
    assert step["values"] == [{"path": "replicas", "before": 1, "after": 2}]
    assert step["effects"][0]["consequence"] == "restart"


@pytest.mark.parametrize(
    ("version", "options", "means", "code"),
    [
        ("1.1.0", (), "safe", 0),
        ("2.4.0", (), "manual", 1),
        ("3.0.0", ("-s", "s.yaml"), "blocked", 1),
        ("3.0.0", ("-s", "new.yaml"), "safe", 0),
        ("3.0.0", (), "unknown", 3),
        ("0.9.0", (), "unknown", 3),
        ("4.0.0", (), "unknown", 3),
        ("4.0.0", ("--allow-incomplete",), "unknown", 0),
    ],
)
def test_a_version_moves(
    bundle: Bundle,
    version: str,
    options: tuple[str, ...],
    means: str,
    code: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    moved(bundle, version=version)
    Path("new.yaml").write_text(SNAPSHOT.replace("1.34.2", "1.36.0"))
    assert diff(*options) == code
    assert f"1. {means}" in capsys.readouterr().out


def test_a_bundle_that_is_not_whole_is_not_compared(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    moved(bundle)
    Path("old/README.md").write_text("x")
    assert diff() == 2
    assert "README.md is altered" in capsys.readouterr().err
