"""``eidos check``, as a user runs it."""

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from eidos.engine.cli import console, root
from fakes.opa_server import opa_binary, opa_server
from fakes.policies import DRIVER_RULE, MANIFEST, write_pack

SNAPSHOT = """\
apiVersion: eidos.dev/v1
kind: Snapshot
metadata: {cluster: c1, timestamp: "2026-11-23T10:00:00Z"}
nodes:
  - name: n1
    measurements:
      - type: GPU
        subtypes:
          - subtype: smi
            data: {driver: "570.1"}
      - type: OS
        subtypes: [{subtype: grub, data: {}}]
"""
EIDOS = (sys.executable, "-m", "eidos.engine")
PATIENCE = 250
"""Seconds for a process that may have to share two cores with many."""
pytestmark = pytest.mark.usefixtures("here")
DEPLOYMENT = "kind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1}\n"
PLAIN = """\
package main

import rego.v1

deny contains msg if {
	input.kind == "Deployment"
	not input.spec.template
	msg := sprintf("%s has no template", [input.metadata.name])
}

warn_replicas contains {"msg": "one replica", "path": "spec.replicas"} if input.spec.replicas < 2
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_pack(tmp_path / "t")
    (tmp_path / "s.yaml").write_text(SNAPSHOT)
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy" / "a.rego").write_text(PLAIN)
    (tmp_path / "d.yaml").write_text(DEPLOYMENT)
    return tmp_path


def check(*arguments: str) -> int:
    return console.run(root, ["--trust-project", "check", *arguments])


def run(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*EIDOS, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=PATIENCE,
        check=False,
    )


def test_a_finding_has_its_line_and_the_exit_code_is_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert check("s.yaml", "-p", "t", "-o", "json") == 1
    report = json.loads(capsys.readouterr().out)
    [subject] = report["subjects"]
    [verdict] = subject["verdicts"]
    [finding] = verdict["findings"]
    assert (verdict["status"], finding["path"], finding["actual"]) == (
        "fail",
        "gpu.smi.driver",
        "570.1",
    )
    assert finding["location"]["line"] == 10


def test_the_decision_follows_what_was_asked_for() -> None:
    good = SNAPSHOT.replace("570.1", "590.1")
    Path("good.yaml").write_text(good)
    Path("lost.yaml").write_text(good.replace("driver", "drover"))
    assert check("good.yaml", "-p", "t") == 0
    assert check("lost.yaml", "-p", "t") == 3
    assert check("lost.yaml", "-p", "t", "--allow-incomplete") == 0
    assert check("good.yaml", "lost.yaml", "s.yaml", "-p", "t") == 3
    assert check("lost.yaml", "s.yaml", "-p", "t", "--allow-incomplete") == 1
    assert check("s.yaml", "-p", "t", "--fail-on", "critical") == 0
    assert check("s.yaml", "-p", "t", "--fail-on", "high") == 1


def test_what_is_dated_in_the_future_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(5):
        Path(f"f{number}.yaml").write_text(SNAPSHOT.replace("2026-11-23", f"219{number}-01-01"))
    day = ("--effective-time", "2200-01-01", "-p", "t")  # by which nothing gets older
    assert check("s.yaml", *day) == 1
    assert "the future" not in capsys.readouterr().err
    assert check(*(f"f{number}.yaml" for number in range(5)), *day) == 1
    said = capsys.readouterr().err
    assert "note: dated in the future: f0.yaml (2190-01-01T10:00:00Z), f1.yaml" in said
    assert " and 2 more" in said


def test_only_unknown_verdicts_are_no_pass_whichever_of_them_count(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("bare.yaml").write_text(SNAPSHOT[: SNAPSHOT.index("nodes:")] + "nodes: []\n")
    assert check("bare.yaml", "-p", "t", "--fail-on", "critical") == 3
    assert "nothing was judged: every verdict is unknown" in capsys.readouterr().out
    assert check("bare.yaml", "-p", "t", "--fail-on", "critical", "--allow-incomplete") == 0


SKIPPING = DRIVER_RULE.replace('driver != "999.0"', 'driver == "999.0"')


def test_nothing_but_skips_is_no_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_pack(tmp_path / "skipping", a=SKIPPING)
    assert check("s.yaml", "-p", "skipping") == 3
    assert "nothing was judged: every verdict is skip; this is not" in capsys.readouterr().out
    assert check("s.yaml", "-p", "skipping", "--fail-on", "critical") == 3
    assert check("s.yaml", "-p", "skipping", "--allow-incomplete") == 0


def test_nothing_but_skips_and_unknowns_that_do_not_count_is_no_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = DRIVER_RULE.replace("T-001", "T-002").replace("t.driver", "t.other")
    lost = lost.replace("smi.driver]", "smi.uuid]").replace(
        "input.gpu.smi.driver", "input.gpu.smi.uuid"
    )
    write_pack(tmp_path / "silent", a=SKIPPING, b=lost)
    assert check("s.yaml", "-p", "silent", "--fail-on", "critical") == 3
    assert "every verdict is skip or unknown" in capsys.readouterr().out


def test_a_skip_beside_a_pass_is_a_pass(tmp_path: Path) -> None:
    other = DRIVER_RULE.replace("T-001", "T-002").replace("t.driver", "t.other")
    write_pack(tmp_path / "both", a=SKIPPING, b=other)
    Path("good.yaml").write_text(SNAPSHOT.replace("570.1", "590.1"))
    assert check("good.yaml", "-p", "both") == 0


def test_nothing_judged_is_never_a_pass() -> None:
    Path("empty").mkdir()
    assert check("empty", "-p", "t") in (2, 3)
    assert check("s.yaml", "-p", "t", "--exclude", "T-001") == 3
    Path("none.yaml").write_text(SNAPSHOT[: SNAPSHOT.index("nodes:")])
    assert check("none.yaml", "-p", "t") == 3


def test_parameters_waivers_and_the_clock(capsys: pytest.CaptureFixture[str]) -> None:
    Path("params.yaml").write_text("T-001: {floor: 500}\n")
    assert check("s.yaml", "-p", "t", "--params", "params.yaml") == 0
    Path("waivers.yaml").write_text(
        yaml.safe_dump(
            {
                "apiVersion": "eidos.dev/v1",
                "kind": "Waivers",
                "waivers": [
                    {
                        "id": "W-1",
                        "rule": "T-001",
                        "subjects": ["c1/*"],
                        "owner": "a",
                        "approver": "b",
                        "reason": "soon",
                        "until": "2026-12-15",
                    }
                ],
            }
        )
    )
    on = ("--waivers", "waivers.yaml", "--effective-time")
    assert check("s.yaml", "-p", "t", *on, "2026-12-15T23:59:59Z") == 0
    capsys.readouterr()
    assert check("s.yaml", "-p", "t", *on, "2026-12-16") == 1
    assert "expired" in capsys.readouterr().out


def test_two_waivers_of_one_id_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    entry = {"id": "W", "rule": "T-001", "owner": "a", "approver": "b", "reason": "c"}
    waivers = [entry | {"until": "2026-12-15"}, entry | {"until": "2027-12-15"}]
    head = {"apiVersion": "eidos.dev/v1", "kind": "Waivers"}
    Path("w.json").write_text(json.dumps(head | {"waivers": waivers}))
    assert check("s.yaml", "-p", "t", "--waivers", "w.json") == 2
    assert "$.waivers[1]: the waiver W is there twice" in capsys.readouterr().err


def test_plain_conftest_policies_judge_any_document(capsys: pytest.CaptureFixture[str]) -> None:
    Path("many.yaml").write_text(f"{DEPLOYMENT}---\nkind: Service\n---\n{DEPLOYMENT}")
    assert check("many.yaml", "-p", "policy", "-o", "json") == 1
    report = json.loads(capsys.readouterr().out)
    statuses = [[v["status"] for v in s["verdicts"]] for s in report["subjects"]]
    assert statuses == [["fail", "warn"], ["pass", "pass"], ["fail", "warn"]]
    assert report["subjects"][2]["name"] == "many.yaml#3"
    finding = report["subjects"][2]["verdicts"][1]["findings"][0]
    assert finding["location"]["line"] == 9


def test_v0_policies_run_unchanged() -> None:
    Path("policy/a.rego").write_text(
        'package x\ndeny[msg] { input.kind == "Deployment"; msg := "no" }'
    )
    assert check("d.yaml", "-p", "policy") == 1


def test_standard_input_folders_and_globs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("many").mkdir()
    for name in "abc":
        Path(f"many/{name}.yaml").write_text(SNAPSHOT.replace("n1", name))
    for argument in ("many", "many/*.yaml"):
        check(argument, "-p", "t", "-o", "json")
        names = [s["name"] for s in json.loads(capsys.readouterr().out)["subjects"]]
        assert names == ["a", "b", "c"]
    done = run("check", "-", "-p", str(here / "t"), stdin=SNAPSHOT)
    assert done.returncode == 1
    assert "<stdin>:10" in done.stdout


def test_the_same_report_twice_but_for_run_and_clock(capsys: pytest.CaptureFixture[str]) -> None:
    def said() -> str:
        check("s.yaml", "-p", "t", "-o", "json", "--effective-time", "2026-11-24")
        text = capsys.readouterr().out
        return re.sub(r'"(id|run|started|startedAt)": "[^"]*"', "", text)

    assert said() == said()


def test_one_bad_document_hides_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.yaml").write_text("a: [")
    Path("service.yaml").write_text("kind: Service\n")
    Path("new.yaml").write_text(SNAPSHOT.replace("dev/v1", "dev/v9"))
    code = check(
        "gone.yaml", "bad.yaml", "service.yaml", "new.yaml", "s.yaml", "-p", "t", "-o", "json"
    )
    assert code == 2
    report = json.loads(capsys.readouterr().out)
    assert len(report["problems"]) == 4
    assert all(problem["message"] and problem["hint"] for problem in report["problems"])
    assert [subject["name"] for subject in report["subjects"]] == ["n1"]


BAD = {
    "unknown pack": (["-p", "nope"], "there is no policy pack or folder 'nope'"),
    "unknown version": (["-p", "gpu@9.9.9"], "not 9.9.9"),
    "unknown rule": (["-p", "t", "--rule", "X"], "no rule 'X'"),
    "unknown tag": (["-p", "t", "--tag", "X"], "no tag 'X'"),
    "unknown exclude": (["-p", "t", "--exclude", "X"], "no rule or tag 'X'"),
    "unknown format": (["-p", "t", "-o", "jsn"], "no output format 'jsn'"),
    "two on stdout": (["-p", "t", "-o", "json", "-o", "text"], "cannot both go to"),
    "no such folder": (["-p", "t", "-o", "json=/nowhere/x.json"], "/nowhere/x.json"),
    "bad time": (["-p", "t", "--effective-time", "soon"], "'soon' is neither a date"),
    "late time": (["-p", "t", "--effective-time", "9999-12-31"], "not in the years 1678 to 2261"),
    "early time": (["-p", "t", "--effective-time", "0001-01-01"], "not in the years 1678 to 2261"),
    "no pack": (["-p", ""], "'' names no policy"),
    "bad severity": (["-p", "t", "--fail-on", "awful"], "awful"),
    "bad params": (["-p", "t", "--params", "s.yaml"], "s.yaml:1"),
    "missing params": (["-p", "t", "--params", "gone.yaml"], "gone.yaml"),
    "bad waivers": (["-p", "t", "--waivers", "s.yaml"], "s.yaml"),
    "bad database": (["-p", "t", "--db", "s.yaml"], "s.yaml"),
    "database in no folder": (["-p", "t", "--db", "/proc/nowhere/e.db"], "/proc/nowhere"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_answered_is_said_with_code_2(
    capsys: pytest.CaptureFixture[str], case: str
) -> None:
    arguments, said = BAD[case]
    assert check("s.yaml", *arguments) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            DRIVER_RULE.replace("deny contains finding if {", "deny contains if {"),
            "t/driver.rego:17",
        ),
        (DRIVER_RULE.replace("# METADATA", "# METDATA"), "has no METADATA"),
        (DRIVER_RULE.replace("split(", "splot("), "splot"),
    ],
)
def test_a_rule_that_does_not_compile_is_said_with_its_place(
    capsys: pytest.CaptureFixture[str], source: str, said: str
) -> None:
    Path("t/driver.rego").write_text(source)
    assert check("s.yaml", "-p", "t") == 2
    assert said in capsys.readouterr().err


def test_a_rule_that_breaks_is_an_error_and_the_next_one_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = DRIVER_RULE.replace("T-001", "T-002").replace("t.driver", "t.other")
    broken = other.replace("major < data", 'x := to_number("x")\n\tmajor < x + data')
    Path("t/other.rego").write_text(broken)
    assert check("s.yaml", "-p", "t", "-o", "json") == 2
    verdicts = json.loads(capsys.readouterr().out)["subjects"][0]["verdicts"]
    assert [verdict["status"] for verdict in verdicts] == ["fail", "error"]
    assert "t/other.rego:19" in verdicts[1]["reason"]


def test_every_check_is_recorded_and_a_dry_one_is_not() -> None:
    assert check("s.yaml", "-p", "t", "--db", "e.db") == 1
    assert check("s.yaml", "-p", "t", "--db", "dry.db", "--no-record") == 1
    assert console.run(root, ["history", "show", "latest", "--db", "e.db"]) == 0
    assert not Path("dry.db").exists()


def test_a_reader_that_leaves_does_not_change_the_decision() -> None:
    command = f"{sys.executable} -m eidos.engine check s.yaml -p t"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} -v | true"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "relaxed: packs: t in place of the default ones (--pack)\n"


@pytest.mark.parametrize(
    ("output", "apart", "times"),
    [("text", False, 1), ("text", True, 2), ("text=report.txt", False, 1), ("json", False, 1)],
)
def test_what_relaxes_is_said_once_where_a_person_sees_both_streams(
    output: str, *, apart: bool, times: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "eidos.engine", "check", "s.yaml", "-p", "t", "-o", output],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if apart else subprocess.STDOUT,
        text=True,
        check=False,
    )
    said = (done.stdout + (done.stderr or "")).splitlines()
    told = "relaxed: packs: t in place of the default ones (--pack)"
    assert said.count(told) == times


def test_closed_standard_output_is_said() -> None:
    command = f"{sys.executable} -m eidos.engine check s.yaml -p t"
    done = subprocess.run(
        ["bash", "-c", f"{command} >&-"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "\nerror: standard output is closed\n  hint: " in done.stderr


def test_closed_standard_output_does_not_matter_to_who_writes_files() -> None:
    command = f"{sys.executable} -m eidos.engine check s.yaml -p t"
    done = subprocess.run(
        ["bash", "-c", f"{command} -o json=r.json <&- >&- 2>&-"], capture_output=True, check=False
    )
    assert done.returncode == json.loads(Path("r.json").read_text())["exitCode"] == 1


@pytest.mark.parametrize("arguments", [["nonsense"], ["check", "s.yaml", "-p", "nope"]])
def test_a_full_standard_error_keeps_the_exit_code(arguments: list[str]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*EIDOS, *arguments], stderr=full, check=False)
    assert done.returncode == 2


def test_nobody_waits_for_a_document_from_the_keyboard() -> None:
    keyboard, terminal = pty.openpty()
    done = subprocess.run(
        [*EIDOS, "check", "-p", "t"], stdin=terminal, capture_output=True, text=True, check=False
    )
    os.close(keyboard)
    os.close(terminal)
    assert done.returncode == 2
    assert done.stderr.startswith("error: no document is named\n  hint: ")


@pytest.mark.parametrize(
    ("environ", "colour"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": ""}, False),
        ({"TERM": "dumb"}, False),
        ({}, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_needs_a_terminal_that_has_it(environ: dict[str, str], *, colour: bool) -> None:
    screen, terminal = pty.openpty()
    own = {name: value for name, value in os.environ.items() if name not in ("TERM", "NO_COLOR")}
    with subprocess.Popen(
        [*EIDOS, "check", "s.yaml", "-p", "t"], stdout=terminal, env=own | environ
    ) as run:
        os.close(terminal)
        shown = os.read(screen, 100)
        with contextlib.suppress(OSError):  # the terminal is gone
            while os.read(screen, 1000):
                pass
    os.close(screen)
    assert run.returncode == 1
    assert (b"\x1b[" in shown) is colour


def test_a_full_disk_is_said() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*EIDOS, "check", "s.yaml", "-p", "t"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupt_ends_with_130_and_without_a_traceback() -> None:
    looping = DRIVER_RULE.replace(
        "major < data.params.floor",
        "count([1 | some i in numbers.range(1, 3000); some j in numbers.range(1, 3000)]) > 0",
    )
    Path("t/driver.rego").write_text(looping)
    process = subprocess.Popen(
        [*EIDOS, "check", "s.yaml", "-p", "t"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    workers = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    for _ in range(PATIENCE * 20):
        if workers.read_text():
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Traceback" not in err


def test_start_up_imports_only_what_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EIDOS_ENGINE")  # nothing is configured
    code = (
        "import sys; from eidos.engine.cli import console, root;"
        "console.run(root, ['check', 's.yaml', '-p', 't', '--no-record']);"
        "print(sorted({m.split('.')[0] for m in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1]
    for heavy in (
        "kubernetes",
        "sqlite_utils",
        "cerberus",
        "jinja2",
        "rich",
        "jsonpatch",
        "requests",
    ):
        assert f"'{heavy}'" not in loaded


def test_the_configuration_sets_defaults_parameters_and_enforcement(
    capsys: pytest.CaptureFixture[str],
) -> None:
    config = "packs: [t]\nenforcement: {T-001: warn}\n"
    Path("eidos.yaml").write_text(config)
    assert check("s.yaml") == 0
    Path("eidos.yaml").write_text("packs: [t]\nparams: {T-001: {floor: 500}}\n")
    assert check("s.yaml") == 0
    Path("eidos.yaml").write_text("packs: [t]\nenforcement: {GPU-001: audit}\n")
    assert check("s.yaml") == 1
    capsys.readouterr()
    Path("eidos.yaml").write_text("packs: [t]\nenforcement: {T-01: warn}\n")
    assert check("s.yaml") == 2
    assert "no rule 'T-01'" in capsys.readouterr().err


@pytest.mark.real
def test_opa_is_started_where_something_must_be_asked_and_once(here: Path) -> None:
    log, wrapper = here / "log", here / "opa"
    wrapper.write_text(f'#!/bin/sh\necho "$1" >>{log}\nexec {opa_binary()} "$@"\n')
    wrapper.chmod(0o700)

    def servers(*arguments: str) -> int:
        log.write_text("")
        asked = ("s.yaml", "-p", "t", "--engine", "opa", "--opa-binary", str(wrapper))
        assert check(*asked, *arguments) == 1
        return log.read_text().split().count("run")

    assert servers("--no-record") == 1
    assert servers("--db", "new.db") == 1
    assert servers("--db", "new.db") == 0  # all is remembered
    Path("params.yaml").write_text("T-001: {floor: 575}\n")
    assert servers("--db", "new.db", "--params", "params.yaml") == 1


@pytest.mark.real
def test_an_opa_server_gives_the_same_verdicts(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def verdicts(*arguments: str) -> object:
        assert check("s.yaml", "-p", "t", "-o", "json", *arguments) == 1
        return json.loads(capsys.readouterr().out)["subjects"][0]["verdicts"][0]["findings"]

    assert console.run(root, ["policy", "pack", "t", "-o", "bundle.tar.gz"]) == 0
    capsys.readouterr()
    with opa_server(here, "-b", "bundle.tar.gz") as url:
        assert verdicts("--opa", url) == verdicts()
        Path("params.yaml").write_text("T-001: {floor: 560}\n")
        assert check("s.yaml", "-p", "t", "--opa", url, "--params", "params.yaml") == 0
        (here / "t" / "driver.rego").write_text(f"{DRIVER_RULE}\n# changed since\n")
        capsys.readouterr()
        assert check("s.yaml", "-p", "t", "--opa", url) == 2
        assert "serves another policy" in capsys.readouterr().err


@pytest.mark.real
def test_what_an_opa_server_said_is_believed_in_no_other_run(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert console.run(root, ["policy", "pack", "t", "-o", "bundle.tar.gz"]) == 0
    with opa_server(here, "-b", "bundle.tar.gz") as url:
        check("s.yaml", "-p", "t", "--opa", url)
    capsys.readouterr()
    assert console.run(root, ["history", "verify"]) == 0
    assert "0 verdicts are not believed" in capsys.readouterr().out

    check("s.yaml", "-p", "t")
    capsys.readouterr()
    assert console.run(root, ["history", "verify"]) == 0
    assert "seals: 1 hold" in capsys.readouterr().out


def test_an_opa_server_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert check("s.yaml", "-p", "t", "--opa", "http://127.0.0.1:9") == 2
    captured = capsys.readouterr()
    assert "127.0.0.1:9" in captured.out + captured.err


def test_a_document_named_twice_is_judged_once(capsys: pytest.CaptureFixture[str]) -> None:
    check("s.yaml", "./s.yaml", ".", "-p", "t", "-o", "json")
    names = [subject["name"] for subject in json.loads(capsys.readouterr().out)["subjects"]]
    assert names == ["n1"]


def test_a_rule_about_something_else_is_no_pass() -> None:
    Path("t/driver.rego").write_text(DRIVER_RULE.replace("scope: node", "scope: bundle"))
    assert check("s.yaml", "-p", "t") == 3


def test_a_null_where_a_fact_is_needed_is_unknown() -> None:
    Path("null.yaml").write_text(SNAPSHOT.replace('"570.1"', "null"))
    assert check("null.yaml", "-p", "t") == 3


def test_plain_rules_stop_the_gate_at_every_severity() -> None:
    assert check("d.yaml", "-p", "policy", "--fail-on", "critical") == 1


def test_what_replaces_a_shipped_pack_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = MANIFEST.replace("name: t", "name: own") + "replaces: [gpu]\n"
    write_pack(tmp_path / "own", own, a=DRIVER_RULE.replace("T-001", "GPU-001"))
    sentence = "pack own 1.2.3 replaces the shipped pack gpu"
    for format_ in ("text", "markdown", "sarif"):
        assert check("s.yaml", "-p", "own", "-o", format_) == 1
        assert sentence in capsys.readouterr().out
    assert check("s.yaml", "-p", "own", "-o", "json") == 1
    assert json.loads(capsys.readouterr().out)["packs"][0]["replaces"] == ["gpu"]
    assert console.run(root, ["history", "show", "latest"]) == 0
    assert sentence in capsys.readouterr().out


def test_all_that_is_wrong_with_parameters_is_said_at_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("p.yaml").write_text(
        "T-001:\n  floor: high\n  flor: 1\nT-01:\n  a: 1\nGPU-002: {unlisted_branch: FAIL}\n"
    )
    assert check("s.yaml", "-p", "t", "--params", "p.yaml") == 2
    said = capsys.readouterr().err
    for line in (
        "error: p.yaml:2:3 $.T-001.floor: parameter 'floor' of T-001 must be a number, not text",
        "error: p.yaml:3:3 $.T-001.flor: there is no parameter of T-001: 'flor'",
        "error: p.yaml:4:1 $.T-01: there is no rule 'T-01' in the chosen packs",
        "error: p.yaml:6:11 $.GPU-002.unlisted_branch: parameter 'unlisted_branch' of GPU-002",
        "must be one of fail, warn, ignore, not 'FAIL'",
    ):
        assert line in said
