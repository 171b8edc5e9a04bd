"""``eidos waiver add|list|revoke|report``, as a user meets them in an empty folder."""

import csv
import io
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from eidos.engine.cli import root
from eidos.engine.cli.console import run
from eidos.engine.report.registry import WAIVER_REPORT, WAIVERS
from eidos.schemas import FOLDER
from fakes.policies import DRIVER_RULE, write_pack

SNAPSHOT = """\
apiVersion: eidos.dev/v1
kind: Snapshot
metadata: {{cluster: {cluster}, timestamp: "{at}", labels: {{env: prod}}}}
nodes:
  - name: n1
    measurements:
      - type: GPU
        subtypes: [{{subtype: smi, data: {{driver: "{driver}"}}}}]
      - type: OS
        subtypes: [{{subtype: grub, data: {{}}}}]
"""
OTHER_RULE = DRIVER_RULE.replace("T-001", "T-002").replace("t.driver", "t.other")
OTHER_RULE = OTHER_RULE.replace("id: T-002", "id: T-002\n#   waivable: never")
TODAY = datetime.now(UTC).date()
Eidos = Callable[..., tuple[int, str, str]]


def day(ahead: int) -> str:
    return (TODAY + timedelta(ahead)).isoformat()


@pytest.fixture
def eidos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Eidos:
    """Run a command in a folder of its own; give its status and what it wrote."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    write_pack(tmp_path / "t", a=DRIVER_RULE.replace("scope: node", "scope: node\n#   tags: [x]"))

    def called(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = int(run(root, list(words)))
        said = capsys.readouterr()
        return status, said.out, said.err

    return called


GRANT = ("--owner", "platform", "--approver", "security", "--reason", "the fix: breaks # it")


def add(eidos: Eidos, *more: str, **changes: str) -> tuple[int, str, str]:
    said = {"--rule": "T-001", "--until": "30d", **{f"--{k}": v for k, v in changes.items()}}
    words = [word for pair in said.items() if pair[1] for word in pair]
    return eidos("waiver", "add", "-p", "t", *GRANT, *words, *more)


def seen(eidos: Eidos, cluster: str = "c1", driver: str = "570.1", *more: str) -> int:
    Path("s.yaml").write_text(
        SNAPSHOT.format(cluster=cluster, driver=driver, at=f"{datetime.now(UTC):%FT%TZ}")
    )
    return eidos("check", "s.yaml", "-p", "t", *more)[0]


def entries(path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(Path(path).read_text())["waivers"]
    return found


def listed(eidos: Eidos, *more: str, verb: str = "list") -> dict[str, Any]:
    status, out, err = eidos("waiver", verb, "-p", "t", "-o", "json", *more)
    assert status == 0, err
    found: dict[str, Any] = json.loads(out)
    schema = json.loads((FOLDER / "waiver-report/v1.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(found)
    return found


def states(eidos: Eidos, *more: str) -> dict[str, str]:
    return {each["id"]: each["state"] for each in listed(eidos, *more)["waivers"]}


def test_from_an_empty_folder_to_a_waived_violation_and_its_end(eidos: Eidos) -> None:
    status, _, err = eidos("waiver", "list")
    assert (status, "'eidos waiver add' makes one" in err) == (2, True)
    assert seen(eidos) == 1
    status, _, err = add(eidos, id="W-1", ticket="OPS-1", node="n*", max="575")
    assert status == 0
    assert "written: W-1 in waivers/W-1.yaml: T-001, owner platform" in err
    assert entries("waivers/W-1.yaml") == [
        {
            "id": "W-1",
            "rule": "T-001",
            "subjects": {"nodes": ["n*"]},
            "range": {"max": 575},
            "owner": "platform",
            "approver": "security",
            "reason": "the fix: breaks # it",
            "ticket": "OPS-1",
            "from": day(0),
            "until": day(30),
        }
    ]
    assert eidos("validate", "waivers")[0] == 0
    assert seen(eidos, "c1", "570.1", "--waivers", "waivers") == 0
    assert states(eidos) == {"W-1": "active"}
    status, out, _ = eidos("waiver", "report", "-p", "t", "--days", "60")
    assert status == 0
    assert "waives c1/n1 T-001 (high): too old" in out
    assert f"from {day(31)} on 1 violation will fail" in out
    assert "c1/n1 T-001 (high): too old (W-1, platform)" in out
    report = ("waiver", "report", "-p", "t", "--fail-on-forecast")
    assert eidos(*report, "--days", "60")[0] == 1
    assert eidos(*report, "--days", "29")[0] == 0
    assert eidos("waiver", "revoke", "W-1", "--by", "chief", "--reason", "fixed")[0] == 0
    assert seen(eidos, "c1", "570.1", "--waivers", "waivers") == 1
    assert states(eidos) == {"W-1": "revoked"}
    [kept] = entries("waivers/W-1.yaml")
    assert (kept["revoked"]["by"], kept["revoked"]["reason"]) == ("chief", "fixed")
    assert eidos(*report, "--days", "60")[0] == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rule": "T-01"}, "Did you mean 'T-001'?"),
        ({"rule": "", "tag": "y"}, "the waiver y-"),
        ({"rule": "", "until": "5d"}, "of one 'rule', or of every rule of a 'tag'"),
        ({"tag": "x"}, "has both 'rule' and 'tag'"),
        ({"until": "91d"}, "may last 90 days"),
        ({"until": "2020-01-01"}, "before it begins"),
        ({"from": "2020-01-01", "until": "2020-01-02"}, "would have ended: 2020-01-02"),
        ({"until": "soon"}, "'until' is \"soon\""),
        ({"until": "99999999999d"}, "there is no day"),
        ({"from": "2027-02-29"}, "no day 30d after 2027-02-29"),
        ({"from": "2027-02-29", "until": "2027-03-01"}, "day is out of range"),
        ({"owner": " "}, "'owner'"),
        ({"owner": "-"}, "has no owner"),
        ({"reason": "..."}, "has no reason"),
        ({"id": "../x"}, "'id' is \"../x\""),
        ({"label": "env"}, "has no value"),
        ({"min": "abc"}, "'min' is \"abc\""),
        ({"value": "1", "max": "2"}, "has both 'value' and 'range'"),
    ],
)
def test_what_check_would_refuse_is_not_written(
    eidos: Eidos, changes: dict[str, str], said: str
) -> None:
    status, _, err = add(eidos, **changes)
    assert status == 2
    assert said in err
    assert "Traceback" not in err
    assert not Path("waivers").exists()


@pytest.mark.parametrize("place", ["-", "waivers/*.yaml", "s.yaml/x", "/proc/none/x.yaml", ""])
def test_a_waiver_is_written_to_a_file_or_folder(eidos: Eidos, place: str) -> None:
    Path("s.yaml").write_text("a: 1\n")
    before = sorted(Path.cwd().rglob("*"))
    status, _, err = add(eidos, "--waivers", place, id="W-1")
    assert (status, "Traceback" in err) == (2, False)
    assert sorted(Path.cwd().rglob("*")) == before


@pytest.mark.parametrize("missing", ["--owner", "--approver", "--reason", "--until"])
def test_nothing_is_granted_by_nobody(eidos: Eidos, missing: str) -> None:
    words = [*GRANT, "--until", "5d"]
    at = words.index(missing)
    status, _, err = eidos("waiver", "add", "--rule", "GPU-001", *words[:at], *words[at + 2 :])
    assert (status, f"Missing option '{missing}'" in err) == (2, True)


def test_what_a_rule_forbids_is_not_written(eidos: Eidos) -> None:
    write_pack(Path("t"), b=OTHER_RULE)
    status, _, err = add(eidos, rule="T-002")
    assert (status, "forbidden" in err) == (2, True)


def test_a_waiver_is_added_below_what_people_wrote(eidos: Eidos) -> None:
    text = (
        "# ours\napiVersion: eidos.dev/v1\nkind: Waivers\nwaivers:\n"
        f"  - id: W-1 # first\n    rule: T-001\n    owner: a\n    approver: b\n"
        f"    reason: c\n    until: {day(9)}\n    # reviewed\n"
    )
    Path("w.yaml").write_text(text)
    assert add(eidos, waivers="w.yaml", id="W-2")[0] == 0
    assert Path("w.yaml").read_text().startswith(text)
    assert [each["id"] for each in entries("w.yaml")] == ["W-1", "W-2"]
    before = Path("w.yaml").read_text()
    status, _, err = add(eidos, waivers="w.yaml", id="w-1")
    assert (status, "is there twice" in err, Path("w.yaml").read_text()) == (2, True, before)
    assert eidos("waiver", "revoke", "W-1", "--waivers", "w.yaml", *REVOKE)[0] == 0
    assert "# first" in Path("w.yaml").read_text()
    assert ["revoked" in each for each in entries("w.yaml")] == [True, False]


REVOKE = ("--by", "chief", "--reason", "fixed")


def test_each_gets_an_id_and_a_file_of_its_own(eidos: Eidos) -> None:
    for _ in range(3):
        assert add(eidos)[0] == 0
    code, _, said = add(eidos, rule="", tag="x")
    assert (code, ": tag x (1 rule), " in said) == (0, True)
    name = f"T-001-{day(0)}"
    found = sorted(each.stem for each in Path("waivers").iterdir())
    assert found == [name, f"{name}-2", f"{name}-3", f"x-{day(0)}"]
    assert seen(eidos) == 1
    assert states(eidos) == {
        name: "active",
        f"{name}-2": "redundant",
        f"{name}-3": "redundant",
        f"x-{day(0)}": "redundant",
    }


def test_a_broken_neighbour_stops_everything_and_stays_as_it_is(eidos: Eidos) -> None:
    assert add(eidos, id="W-1")[0] == 0
    Path("waivers/b.yaml").write_text("kind: Waivers\n")
    for words in (("list",), ("report",), ("revoke", "W-1", *REVOKE)):
        status, _, err = eidos("waiver", *words)
        assert (status, "waivers/b.yaml" in err) == (2, True)
    assert add(eidos, id="W-2")[0] == 2
    assert sorted(each.name for each in Path("waivers").iterdir()) == ["W-1.yaml", "b.yaml"]


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: eidos.dev/v1\nkind: Waivers\nwaivers: [&a {ENTRY},]\n",
        '{"apiVersion": "eidos.dev/v1", "kind": "Waivers", "waivers": []}',
    ],
)
def test_what_cannot_be_edited_safely_is_not_touched(eidos: Eidos, text: str) -> None:
    one = f"id: W-1, rule: T-001, owner: a, approver: b, reason: c, until: {day(3)}"
    text = text.replace("ENTRY", one)
    Path("w.yaml").write_text(text)
    status, _, err = add(eidos, waivers="w.yaml", id="W-2")
    if status == 0:
        assert [each["id"] for each in entries("w.yaml")][-1] == "W-2"
    else:
        assert "nothing can be added safely" in err
        assert Path("w.yaml").read_text() == text


def test_nothing_is_revoked_twice_or_by_a_wrong_name(eidos: Eidos) -> None:
    assert add(eidos, id="W-1")[0] == 0
    status, _, err = eidos("waiver", "revoke", "W-2", *REVOKE)
    assert (status, "Did you mean 'W-1'?" in err) == (2, True)
    assert eidos("waiver", "revoke", "W-1", "--by", "-", "--reason", "x")[0] == 2
    assert eidos("waiver", "revoke", "W-1", *REVOKE)[0] == 0
    status, _, err = eidos("waiver", "revoke", "W-1", *REVOKE)
    assert (status, "was revoked before" in err) == (2, True)
    status, _, err = add(eidos, id="W-1")
    assert (status, "revoked" in err or "already" in err) == (2, True)


def test_states_follow_from_what_was_recorded_last(eidos: Eidos) -> None:
    add(eidos, id="W-ok", cluster="c1")
    add(eidos, id="W-gone", cluster="c9")
    add(eidos, id="W-less", cluster="c1", value="560.1")
    add(eidos, id="W-idle", cluster="c2")
    add(eidos, id="W-soon", **{"from": day(3), "until": day(5)})
    assert set(states(eidos).values()) == {"active", "pending"}, "nothing is recorded"
    assert seen(eidos, "c1", "580.1") == 0
    assert seen(eidos, "c1") == 1
    assert seen(eidos, "c2", "580.1") == 0
    found = {each["id"]: each for each in listed(eidos)["waivers"]}
    assert {name: each["state"] for name, each in found.items()} == {
        "W-ok": "active",
        "W-gone": "orphaned",
        "W-less": "exceeded",
        "W-idle": "redundant",
        "W-soon": "pending",
    }
    assert [each["subject"] for each in found["W-ok"]["waives"]] == ["c1/n1"]
    assert set(states(eidos, "--at", day(40)).values()) == {"expired"}
    assert states(eidos, "--at", f"{day(3)}T00:00:00Z")["W-soon"] == "redundant"
    assert list(states(eidos, "--state", "exceeded", "--state", "pending")) == ["W-less", "W-soon"]


def test_a_time_of_the_past_is_answered_from_the_facts_of_then(eidos: Eidos) -> None:
    """As ``history as-of`` answers: what was seen later, and put right, was not known then."""
    add(eidos, id="W-1", **{"from": day(-20), "until": day(20)})
    for back, driver in ((10, "570.1"), (1, "580.1")):
        at = f"{day(-back)}T12:00:00Z"
        Path("s.yaml").write_text(SNAPSHOT.format(cluster="c1", driver=driver, at=at))
        eidos("check", "s.yaml", "-p", "t", "--waivers", "waivers")
    assert states(eidos) == {"W-1": "redundant"}
    [then] = listed(eidos, "--at", f"{day(-5)}T00:00:00Z")["waivers"]
    assert (then["state"], [each["subject"] for each in then["waives"]]) == ("active", ["c1/n1"])
    [before] = listed(eidos, "--at", f"{day(-15)}T00:00:00Z")["waivers"]
    assert (before["state"], before["waives"]) == ("active", [])


def test_a_rule_that_is_gone_leaves_an_orphan(eidos: Eidos) -> None:
    assert add(eidos, id="W-1")[0] == 0
    assert add(eidos, id="W-2", rule="", tag="x")[0] == 0
    write_pack(Path("t"), a=DRIVER_RULE.replace("T-001", "T-009"))
    found = {each["id"]: each for each in listed(eidos)["waivers"]}
    assert {each["state"] for each in found.values()} == {"orphaned"}
    assert found["W-1"]["why"].startswith("there is no rule T-001. Did you mean 'T-009'?")


def test_a_run_that_asked_little_hides_nothing(eidos: Eidos) -> None:
    write_pack(Path("t"), b=OTHER_RULE.replace("waivable: never", "tags: [y]"))
    assert add(eidos, id="W-1")[0] == 0
    assert seen(eidos) == 1
    assert seen(eidos, "c1", "570.1", "--rule", "T-002") == 1
    assert states(eidos) == {"W-1": "active"}
    assert len(listed(eidos)["waivers"][0]["waives"]) == 1


def test_labels_of_what_was_recorded_are_selected_by(eidos: Eidos) -> None:
    assert add(eidos, id="W-1", label="env=prod")[0] == 0
    assert add(eidos, id="W-2", label="env=dev")[0] == 0
    assert seen(eidos, "c1", "570.1", "--waivers", "waivers") == 0
    assert states(eidos) == {"W-1": "active", "W-2": "orphaned"}


def test_the_forecast_is_what_check_says_on_that_day(eidos: Eidos) -> None:
    add(eidos, id="W-1", until=day(5))
    add(eidos, id="W-2", until=day(9), cluster="c1")
    for cluster in ("c1", "c2"):
        assert seen(eidos, cluster, "570.1", "--waivers", "waivers") == 0
    found = listed(eidos, "--days", "30", verb="report")["forecast"]
    assert [(each["at"], each["subject"], each["waiver"]) for each in found] == [
        (f"{day(6)}T00:00:00Z", "c2/n1", "W-1"),
        (f"{day(10)}T00:00:00Z", "c1/n1", "W-2"),
    ]
    for each in found:
        cluster, at = each["subject"].partition("/")[0], datetime.fromisoformat(each["at"])
        for moment, status in ((at - timedelta(seconds=1), 0), (at, 1)):
            given = ("--waivers", "waivers", "--no-record", "--effective-time", moment.isoformat())
            assert seen(eidos, cluster, "570.1", *given) == status


@pytest.mark.parametrize("verb", ["list", "report"])
@pytest.mark.parametrize("format_", list(WAIVERS.formats))
def test_strings_from_files_give_no_orders(eidos: Eidos, verb: str, format_: str) -> None:
    assert WAIVERS.formats.keys() == WAIVER_REPORT.formats.keys()
    hostile = "=cmd|' /C calc'!A0 \u001b[2J | <b> ::error::x"
    assert add(eidos, id="W-1", owner=hostile, subject=hostile)[0] == 0
    status, out, _ = eidos("waiver", verb, "-p", "t", "-o", format_)
    assert status == 0
    assert "\u001b" not in out
    if format_ == "csv":
        [_, row] = csv.reader(io.StringIO(out))
        assert row[4].startswith("'=cmd")
    if format_ == "markdown":
        assert "<b>" not in out


def test_many_at_once_lose_nothing(eidos: Eidos) -> None:
    assert add(eidos, waivers="w.yaml", id="W-0")[0] == 0
    from eidos.engine.app.waiver_editing import add_waiver
    from eidos.engine.app.waivers import Terms
    from eidos.engine.documents.limits import Limits
    from eidos.engine.model.rule import Rule, Scope, Severity

    rule = Rule("T-001", "", Severity.HIGH, Scope.NODE, "p", (), (), "")
    terms = Terms([rule], {Severity.HIGH: 90})
    one = {"rule": "T-001", "owner": "a", "approver": "b", "reason": "c", "until": "5d"}
    now = datetime.now(UTC)

    def work(number: int) -> None:
        add_waiver({**one, "id": f"W-{number}"}, Path("w.yaml"), terms, now, Limits())

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 9)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert {each["id"] for each in entries("w.yaml")} == {f"W-{number}" for number in range(9)}


def test_a_database_that_is_named_must_be_there(eidos: Eidos) -> None:
    assert add(eidos, id="W-1")[0] == 0
    status, _, err = eidos("waiver", "report", "-p", "t", "--db", "none.db")
    assert (status, "none.db" in err) == (2, True)


def test_documents_of_no_cluster_are_looked_at_too(eidos: Eidos) -> None:
    Path("policy").mkdir()
    Path("policy/main.rego").write_text(
        'package main\n\ndeny contains "no owner" if not input.owner\n'
    )
    Path("a.yaml").write_text("kind: Deployment\nmetadata: {name: web}\n")
    assert eidos("check", "a.yaml", "-p", "policy")[0] == 1
    assert add(eidos, "-p", "policy", rule="main.deny", id="W-1")[0] == 0
    assert eidos("check", "a.yaml", "-p", "policy", "--waivers", "waivers")[0] == 0
    status, out, _ = eidos("waiver", "report", "-p", "policy", "-o", "json")
    [found] = json.loads(out)["waivers"]
    assert (status, found["state"]) == (0, "active")
    assert [each["subject"] for each in found["waives"]] == ["a.yaml"]


def test_what_was_revoked_and_is_back_is_told(eidos: Eidos) -> None:
    assert add(eidos, id="W-1")[0] == 0
    granted = Path("waivers/W-1.yaml").read_text()
    assert eidos("waiver", "revoke", "W-1", *REVOKE)[0] == 0
    assert seen(eidos, "c1", "570.1", "--waivers", "waivers") == 1
    assert "REVOKED BEFORE" not in listed(eidos)["waivers"][0]["why"]
    Path("waivers/W-1.yaml").write_text(granted)
    [found] = listed(eidos)["waivers"]
    assert found["state"] == "active"
    assert "IT WAS REVOKED BEFORE: see run " in found["why"]
