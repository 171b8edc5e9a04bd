"""Checkouts as a pull request would bring them: none turns the gate green, runs or writes anything.

Each case is an ``eidos.yaml`` that would change the answer if it were believed, and whatever it
names beside it. The gate without it says 1 (the driver is too old) or 2.
"""

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eidos.engine.cli import console, root
from eidos.engine.config.rows import SETTINGS
from fakes.drifting import snapshot
from fakes.policies import DRIVER_RULE, write_pack

OLD = {"GPU": {"smi": {"driver": "570.1"}}, "OS": {"grub": {"quiet": ""}}}
RUN = "touch {canary}\n"
WAIVER = """\
apiVersion: eidos.dev/v1
kind: Waivers
waivers:
- {id: W-1, rule: T-001, owner: a, approver: b, reason: it is fine, until: 2026-12-31}
"""
KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users:
- name: u
  user:
    exec: {apiVersion: client.authentication.k8s.io/v1, command: ./run, interactiveMode: Never}
"""
PERMISSIVE = DRIVER_RULE.replace("major < data.params.floor", "major < 0")

CHECK = "check seen.json -p trusted --no-record"
BARE = "check seen.json --no-record --rule GPU-001"
DIFF = "diff before.json seen.json --no-policy"
SNAPSHOT = "snapshot --no-cluster --filter os.grub --root host --no-cache"
CASES = {
    # These turn the gate green where they are believed:
    "fail-on": ("fail-on: critical", CHECK),
    "allow-incomplete": ("allow-incomplete: true", "check blind.json -p trusted --no-record"),
    "enforcement-off": ("enforcement: {T-001: 'off'}", CHECK),
    "enforcement-audit": ("enforcement:\n  T-001: audit", CHECK),
    "params": ("params: {T-001: {floor: 1}}", CHECK),
    "waivers": ("waivers: [waivers.yaml]", f"{CHECK} --effective-time 2026-11-01"),
    "packs-of-the-checkout": ("packs: [./permissive]", "check seen.json --no-record"),
    "ignore": ("ignore: [gpu.smi.driver]", DIFF),
    "ignore-rule": ("ignore:\n- {pattern: 'gpu.*.*', reason: rollout}", DIFF),
    "levels": ("levels: {gpu.smi.driver: info}", f"{DIFF} --fail-on high"),
    "among-what-shows": ("output: text\nsnapshot: {units: [a.service]}\nfail-on: critical", CHECK),
    "alias": ("enforcement: {K8S-001: &x warn, T-001: *x}", CHECK),
    "quoted": ('"fail-on": "critical"', CHECK),
    "escaped": ('"fail\\u002don": critical', CHECK),
    "tagged": ("fail-on: !!str critical", CHECK),
    "json": ('{"fail-on": "critical"}', CHECK),
    # These do not, but run, write, connect, leave facts out, or are no configuration:
    "packs-by-name": ("packs: [network-rdma]", "check seen.json --no-record"),
    "effective-time": ("effective-time: 2020-01-01", CHECK),
    "engine": ("engine: light", CHECK),
    "opa-url": ("opa-url: http://127.0.0.1:1", CHECK),
    "opa-binary": ("opa-binary: ./run", CHECK),
    "output-elsewhere": ("output: ['json=~/canary']", CHECK),
    "output-of-a-package": ("output: acme", CHECK),
    "output-beside": ("output: json=canary", CHECK),
    "db": ("db: canary", "check seen.json -p trusted"),
    "limits": ("limits: {size: 100000000}", CHECK),
    "depth": ("limits: {depth: 200}", CHECK),
    "kubeconfig": ("snapshot: {kubeconfig: kube.yaml}", "snapshot --no-local --no-cache"),
    "context": ("snapshot: {context: c}", SNAPSHOT),
    "root": ("snapshot: {root: host}", "snapshot --no-cluster --filter os.grub --no-cache"),
    "cluster": ("snapshot: {cluster: sandbox}", SNAPSHOT),
    "labels": ("snapshot: {labels: {env: sandbox}}", SNAPSHOT),
    "filter": ("snapshot: {filter: [os.grub]}", "snapshot --no-cluster --root host --no-cache"),
    "exclude": ("snapshot: {exclude: [gpu]}", SNAPSHOT),
    "timeout": ("snapshot: {timeout: 1ms}", SNAPSHOT),
    "cache-ttl": ("snapshot: {cache-ttl: 9000d}", "snapshot --no-cluster --root host"),
    "redact": ("redact: [gpu.smi.driver]", SNAPSHOT),
    "redact-text": ("redact-text: ['570.*']", SNAPSHOT),
    "trusts-itself": ("trusted-projects: [{here}]", CHECK),
    "trusts-itself-and-relaxes": ("trusted-projects: [{here}]\nfail-on: critical", CHECK),
    "beside-what-tightens": ("enforcement: {T-001: deny, K8S-001: 'off'}", CHECK),
    "merge-key": (
        "snapshot: &s {units: [a.service]}\nenforcement: {<<: {T-001: warn}}",
        CHECK,
    ),
    "twice": ("fail-on: info\nfail-on: critical", CHECK),
    "second-document": ("fail-on: info\n---\nfail-on: critical", CHECK),
    "object-tag": ("fail-on: !!python/object/apply:os.system ['touch canary']", CHECK),
}
GREEN = list(CASES)[: list(CASES).index("packs-by-name")]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a checkout with all that the cases name, and nothing to watch but a canary."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    node = {**OLD, "GPU": {"smi": {"driver": "580.1"}}}
    blind = {"OS": OLD["OS"]}
    for name, facts in (("seen", OLD), ("before", node), ("blind", blind)):
        (folder / f"{name}.json").write_text(json.dumps(snapshot({"n1": facts})))
    write_pack(folder / "trusted")
    write_pack(folder / "permissive", driver=PERMISSIVE)
    (folder / "waivers.yaml").write_text(WAIVER)
    (folder / "kube.yaml").write_text(KUBECONFIG)
    (folder / "run").write_text("#!/bin/sh\n" + RUN.format(canary=folder / "canary"))
    (folder / "run").chmod(stat.S_IRWXU)
    (folder / "host/proc").mkdir(parents=True)
    (folder / "host/proc/cmdline").write_text("quiet\n")
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "xdg" not in str(path)
    }


def run(command: str) -> int:
    return console.run(root, command.split())


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_file_is_named_and_changes_runs_and_writes_nothing(
    here: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    text, command = CASES[name]
    (here / "eidos.yaml").write_text(text.replace("{here}", str(here)) + "\n")
    before = contents(here.parent)

    assert run(command) == 2

    said = capsys.readouterr()
    assert f"error: {here / 'eidos.yaml'}:" in said.err
    assert "hint: " in said.err or name in {"object-tag", "second-document", "twice", "merge-key"}
    assert said.out == ""
    assert contents(here.parent) == before


@pytest.mark.parametrize("name", GREEN)
def test_the_file_would_turn_the_gate_green(here: Path, name: str) -> None:
    text, command = CASES[name]
    assert run(command) in {1, 3}
    (here / "eidos.yaml").write_text(text + "\n")
    assert run(f"--trust-project {command}") == 0


@pytest.mark.parametrize("name", [name for name in CASES if "snapshot" not in CASES[name][1]])
def test_without_configuration_nothing_of_it_counts(
    here: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    text, command = CASES[name]
    capsys.readouterr()
    plain = run(f"{command} -o json")
    report = steady(capsys.readouterr().out)
    (here / "eidos.yaml").write_text(text + "\n")

    assert run(f"--no-config {command} -o json") == plain
    assert steady(capsys.readouterr().out) == report
    assert plain in {1, 3}


def steady(text: str) -> object:
    """Give a report without what differs from run to run, for then all must be the same."""
    found = json.loads(text)
    if "metadata" in found:
        found["metadata"] = {"engine": found["metadata"]["engine"]}
    return found


ANY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=5),
    st.lists(st.text(max_size=5), max_size=2),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
)
FILES = st.one_of(
    st.dictionaries(st.sampled_from([row.key.partition(".")[0] for row in SETTINGS]), ANY).map(
        json.dumps
    ),
    st.text(max_size=40),
    st.sampled_from([text for text, _ in CASES.values()]),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=FILES)
def test_with_no_config_no_file_changes_a_byte(
    here: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    file = here / "eidos.yaml"
    file.unlink(missing_ok=True)
    command = "--no-config check seen.json -p trusted --no-record -o tap --effective-time"
    capsys.readouterr()
    code = run(f"{command} 2026-11-01")
    report = capsys.readouterr()
    file.write_text(text, errors="surrogateescape")

    assert run(f"{command} 2026-11-01") == code == 1
    assert capsys.readouterr() == report


# Where the file lies ----------------------------------------------------------------------------


RELAXING = "fail-on: critical\n"


def test_a_parent_folder_decides_no_more_than_the_folder(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here.parent / "eidos.yaml").write_text(RELAXING)
    assert run(CHECK) == 2
    assert f"{here.parent / 'eidos.yaml'}:1" in capsys.readouterr().err


def test_a_nested_folder_is_not_trusted_with_the_one_above(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(here)
    (here / "vendored").mkdir()
    (here / "vendored/eidos.yaml").write_text(RELAXING)
    monkeypatch.chdir(here / "vendored")
    assert run("check ../seen.json -p ../trusted --no-record") == 2


def trust(*folders: Path) -> None:
    own = Path(os.environ["XDG_CONFIG_HOME"]) / "eidos/config.yaml"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text(json.dumps({"trusted-projects": [str(each) for each in folders]}))


@pytest.mark.parametrize("way", ["option", "listed"])
def test_a_user_can_trust_a_project_and_the_report_says_what_it_relaxes(
    here: Path, capsys: pytest.CaptureFixture[str], way: str
) -> None:
    (here / "eidos.yaml").write_text(f"enforcement: {{T-001: warn}}\n{RELAXING}")
    if way == "listed":
        trust(here)
    option = "--trust-project " if way == "option" else ""

    assert run(f"{option}check seen.json -p trusted") == 0

    told = [
        "packs: trusted in place of the default ones (--pack)",
        f"fail-on: critical ({here / 'eidos.yaml'}:2)",
        f"enforcement.T-001: warn ({here / 'eidos.yaml'}:1)",
    ]
    said = capsys.readouterr()
    assert sorted(said.err.splitlines()) == sorted(f"relaxed: {each}" for each in told)
    for each in told:
        assert f"relaxed: {each}" in said.out
    (here / "eidos.yaml").unlink()
    capsys.readouterr()
    assert run("history show latest") == 0
    shown = capsys.readouterr().out
    assert [each for each in told if f"relaxed: {each}" not in shown] == []


def test_a_link_has_to_lie_in_a_trusted_folder_and_lead_to_one(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "eidos.yaml").write_text(RELAXING)
    (here / "eidos.yaml").symlink_to(elsewhere / "eidos.yaml")
    for trusted in ([here], [elsewhere]):
        trust(*trusted)
        assert run(CHECK) == 2
        assert "trusted-projects" in capsys.readouterr().err
    trust(here, elsewhere)
    assert run(CHECK) == 0


def test_a_trusted_file_that_everybody_may_write_is_not_believed(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "eidos.yaml").write_text(RELAXING)
    trust(here)
    (here / "eidos.yaml").chmod(0o666)
    assert run(CHECK) == 2
    assert f"chmod o-w {here / 'eidos.yaml'}" in capsys.readouterr().err


def test_a_link_to_no_configuration_tells_nothing_of_it(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "secret").write_text("hunter2 hunter2\n")
    (here / "eidos.yaml").symlink_to(tmp_path / "secret")
    assert run(CHECK) == 2
    assert "hunter2" not in "".join(capsys.readouterr())


def test_the_project_s_own_file_may_be_named_as_the_user_s(here: Path) -> None:
    (here / "eidos.yaml").write_text(RELAXING)
    assert run(f"--config eidos.yaml {CHECK}") == 0


def test_a_named_configuration_does_not_make_the_project_s_trusted(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.yaml").write_text("fail-on: low\n")
    assert run(f"--config {tmp_path / 'mine.yaml'} {CHECK}") == 1
    (here / "eidos.yaml").write_text(RELAXING)
    assert run(f"--config {tmp_path / 'mine.yaml'} {CHECK}") == 2
    monkeypatch.setenv("EIDOS_CONFIG", str(tmp_path / "mine.yaml"))
    assert run(CHECK) == 2


# What a project's file may do -------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "fail-on: info",
        "allow-incomplete: false",
        "enforcement: {T-001: deny}",
        "limits: {size: 100000, depth: 20}",
        "levels: {'gpu.smi.*': critical}",
        "snapshot: {timeout: 10m, cache-ttl: 1s, units: [a.service]}",
        "output: [text]",
        "engine: auto",
        "packs: []",
    ],
)
def test_what_shows_or_tightens_holds_without_trust(here: Path, text: str) -> None:
    (here / "eidos.yaml").write_text(text + "\n# a remark\n")
    assert run(CHECK) == 1


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("EIDOS_PACKS", "trusted", "packs: trusted in place of the default ones (EIDOS_PACKS)"),
        ("EIDOS_FAIL_ON", "high", "fail-on: high (EIDOS_FAIL_ON)"),
        ("EIDOS_ALLOW_INCOMPLETE", "1", "allow-incomplete: true (EIDOS_ALLOW_INCOMPLETE)"),
        ("EIDOS_WAIVERS", "waivers.yaml", "waivers: waivers.yaml (EIDOS_WAIVERS)"),
    ],
)
@pytest.mark.usefixtures("here")
def test_a_variable_that_relaxes_shows(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    told: str,
) -> None:
    monkeypatch.setenv(name, value)
    command = "check seen.json --no-record" + ("" if "PACKS" in name else " -p trusted")
    run(command)
    said = capsys.readouterr()
    assert f"relaxed: {told}" in said.err
    assert f"relaxed: {told}" in said.out


def test_drift_says_what_hides_it(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "eidos.yaml").write_text("ignore: [gpu.smi.driver]\nfail-on: high\n")
    assert run(f"--trust-project {DIFF}") == 0
    told = f"relaxed: ignore: gpu.smi.driver ({here / 'eidos.yaml'}:1)"
    said = capsys.readouterr()
    assert told in said.out
    assert told in said.err
    assert "fail-on" not in said.err, "what is configured is about violations"
    assert run(f"--trust-project {DIFF} -o json") == 0
    assert json.loads(capsys.readouterr().out)["relaxations"][1]["setting"] == "ignore"
