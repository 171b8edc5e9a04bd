"""check, diff, watch and history give one verdict, however what judges was set."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from fakes.machines import gpu_node
from fakes.policies import write_pack

EIDOS = (sys.executable, "-m", "eidos.engine")
PATIENCE = 300
"""Seconds for what takes less than one."""

RULE = """\
# METADATA
# title: {title}
# custom:
#   id: {id}
#   severity: high
#   scope: node
#   requires: [os.grub]
#   params: {params}
#   remediation: None.
package eidos.t.{package}

deny contains {{"msg": "found", "path": "os.grub.quiet"}} if {{
	"quiet" in object.keys(input.os.grub)
	{condition}
}}
"""
RULES = {
    "by_params": ("T-001", "{strict: false}", "data.params.strict"),
    "by_waiver": ("T-002", "{}", "true"),
    "by_enforcement": ("T-003", "{}", "true"),
    "by_time": ("T-004", "{}", 'time.now_ns() > time.parse_rfc3339_ns("2030-01-01T00:00:00Z")'),
}
WAIVERS = """\
apiVersion: eidos.dev/v1
kind: Waivers
waivers:
  - id: w1
    rule: T-002
    owner: me
    approver: you
    reason: known
    from: 2031-01-01
    until: 2031-01-20
"""

Verdicts = dict[tuple[str, str], tuple[str, str, str | None]]
"""(subject, rule) to status, enforcement, waiver."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "config" / "eidos").mkdir(parents=True)
    modules = {
        package: RULE.format(
            title=package, id=id_, params=params, package=package, condition=condition
        )
        for package, (id_, params, condition) in RULES.items()
    }
    write_pack(tmp_path / "t", **modules)
    (tmp_path / "w.yaml").write_text(WAIVERS)
    (tmp_path / "p.yaml").write_text("T-001: {strict: true}\n")
    host = gpu_node(tmp_path / "host")
    (host / "proc/cmdline").write_text("quiet\n")
    return tmp_path


PARAMS: Mapping[str, Any] = {"params": {"T-001": {"strict": True}}}
ENFORCEMENT: Mapping[str, Any] = {"enforcement": {"T-003": "warn"}}
TIME = "2031-01-10"


def ways(here: Path) -> dict[str, tuple[dict[str, Any], dict[str, str], list[str]]]:
    """Give every way: what the user's file says, what variables say, what options say."""
    pack, waivers = str(here / "t"), str(here / "w.yaml")
    everything = {"packs": [pack], "waivers": [waivers], "effective-time": TIME}
    return {
        "nothing but the pack": ({"packs": [pack]}, {}, []),
        "file": ({**PARAMS, **ENFORCEMENT, **everything}, {}, []),
        "variables": (
            {**PARAMS, **ENFORCEMENT},
            {"EIDOS_PACKS": pack, "EIDOS_WAIVERS": waivers, "EIDOS_EFFECTIVE_TIME": TIME},
            [],
        ),
        "options": (
            dict(ENFORCEMENT),
            {},
            ["--pack", pack, "--params", "p.yaml", "--waivers", waivers, "--effective-time", TIME],
        ),
        "options over file and variables": (
            {**ENFORCEMENT, "params": {"T-001": {"strict": False}}, "packs": ["gpu"]},
            {"EIDOS_EFFECTIVE_TIME": "2026-01-01"},
            ["--pack", pack, "--params", "p.yaml", "--waivers", waivers, "--effective-time", TIME],
        ),
    }


WAYS = sorted(ways(Path()))


@pytest.mark.parametrize("way", WAYS)
def test_no_two_verbs_disagree_on_a_verdict(here: Path, way: str) -> None:
    file, variables, options = ways(here)[way]
    (here / "config/eidos/config.yaml").write_text(json.dumps(file))
    environ = {**os.environ, **variables}

    watched = watch_once(here, environ, options)
    checked = verdicts(run("check", "state.json", "-o", "json", *options, environ=environ))
    recorded = verdicts(run("history", "show", "latest", "-o", "json", environ=environ))
    stored = run("check", "run:latest", "-o", "json", *options, environ=environ)

    assert checked == recorded == verdicts(stored) == watched
    statuses = {rule: said for (subject, rule), said in checked.items()}
    if way == "nothing but the pack":
        assert {rule: said[0] for rule, said in statuses.items()} == {
            "T-001": "pass",
            "T-002": "fail",
            "T-003": "fail",
            "T-004": "pass",
        }
    else:
        assert statuses == {
            "T-001": ("fail", "deny", None),
            "T-002": ("waived", "deny", "w1"),
            "T-003": ("fail", "warn", None),
            "T-004": ("fail", "deny", None),
        }
    assert flips(here, environ, options) == expected_flips(checked, environ, options)


def run(*arguments: str, environ: Mapping[str, str]) -> Any:
    done = subprocess.run(
        [*EIDOS, *arguments],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def verdicts(report: Any) -> Verdicts:
    return {
        (subject["name"], each["rule"]): (each["status"], each["enforcement"], each.get("waiver"))
        for subject in report["subjects"]
        for each in subject["verdicts"]
    }


def watch_once(here: Path, environ: Mapping[str, str], options: list[str]) -> Verdicts:
    """Watch until the first state is judged and recorded; give what the record says."""
    command = ["snapshot", "--watch", "--record", "--interval", "1h", "--filter", "os.grub"]
    command += ["--root", str(here / "host"), "--no-cluster", "-o", "state.json", *options]
    watching = subprocess.Popen(
        [*EIDOS, *command], env=dict(environ), stdout=subprocess.PIPE, text=True, cwd=here
    )
    try:
        assert watching.stdout is not None
        line = json.loads(watching.stdout.readline())
    finally:
        watching.send_signal(signal.SIGTERM)
        watching.communicate(timeout=PATIENCE)
    assert watching.returncode == 143
    return verdicts(run("history", "show", line["check"]["run"], "-o", "json", environ=environ))


def flips(here: Path, environ: Mapping[str, str], options: list[str]) -> dict[str, tuple[str, str]]:
    """Give the verdicts that flip from a node without the argument to this one."""
    before = json.loads((here / "state.json").read_text())
    for facts in grubs(before):
        del facts["quiet"]
    (here / "before.json").write_text(json.dumps(before))
    drift = run("diff", "before.json", "state.json", "-o", "json", *options, environ=environ)
    return {each["rule"]: (each["before"], each["after"]) for each in drift["flips"]}


def grubs(document: Any) -> Iterator[Any]:
    for node in document["nodes"]:
        for measurement in node["measurements"]:
            for subtype in measurement["subtypes"]:
                if subtype["subtype"] == "grub":
                    yield subtype["data"]


def expected_flips(
    after: Verdicts, environ: Mapping[str, str], options: list[str]
) -> dict[str, tuple[str, str]]:
    """Give the verdicts that check gives otherwise for the two."""
    report = run("check", "before.json", "-o", "json", "--no-record", *options, environ=environ)
    before = verdicts(report)
    return {
        rule: (before[subject, rule][0], status)
        for (subject, rule), (status, _, _) in after.items()
        if before[subject, rule][0] != status
    }
