"""``eidos policy pack``, and what plain OPA makes of the bundle."""

import gzip
import io
import json
import os
import subprocess
import tarfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.app.policies import load_packs
from eidos.engine.cli import console, root
from eidos.engine.documents.finding import Source
from eidos.engine.documents.reading import read_documents
from eidos.engine.documents.snapshots import read_snapshot
from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.evaluating.subjects import SubjectFacts
from eidos.engine.model.rule import Scope
from eidos.engine.model.snapshot import Snapshot
from eidos.engine.packs.choosing import RuleChoice, choose
from eidos.engine.rego.light import LightEngine
from fakes.opa_server import opa_binary, opa_server
from fakes.policies import DRIVER_RULE, MANIFEST, cluster_of, nodes_of, write_pack

EXAMPLE = Path(__file__).parents[2] / "ci-examples" / "cluster.yaml"
OTHER_RULE = DRIVER_RULE.replace("T-001", "U-001")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_pack(tmp_path / "t")
    return tmp_path


def pack(*arguments: str) -> int:
    return console.run(root, ["policy", "pack", *arguments])


def names() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


def members(bundle: str) -> dict[str, bytes]:
    with tarfile.open(bundle) as archive:
        return {m.name: archive.extractfile(m).read() for m in archive}  # type: ignore[union-attr]


def opa(*arguments: str, given: object = None) -> Any:
    done = subprocess.run(
        [opa_binary(), *arguments],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def answers(bundle: str, given: object) -> Any:
    path = "data.eidos.bundle.answers"
    said = opa("eval", "-b", bundle, "-I", "--strict-builtin-errors", path, given=given)
    return json.loads(said)["result"][0]["expressions"][0]["value"]


def test_the_same_packs_give_the_same_bytes(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pack("t", "-o", "a.tar.gz") == 0
    first = capsys.readouterr()
    elsewhere = write_pack(here / "elsewhere" / "t")
    for path in [*elsewhere.iterdir(), elsewhere]:
        os.utime(path, (1, 1))
        path.chmod(0o700)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.chdir(here / "elsewhere")
    assert pack("./t", "-o", "b.tar.gz") == 0
    assert Path("b.tar.gz").read_bytes() == (here / "a.tar.gz").read_bytes()
    assert capsys.readouterr().out == first.out
    assert "a.tar.gz: 1 rule of t@1.2.3" in first.err


def test_the_order_of_packs_is_no_difference(capsys: pytest.CaptureFixture[str]) -> None:
    assert pack("gpu", "t", "-o", "a.tar.gz") == 0
    assert pack("t", "gpu", "-o", "b.tar.gz") == 0
    assert Path("a.tar.gz").read_bytes() == Path("b.tar.gz").read_bytes()
    assert len(set(capsys.readouterr().out.splitlines())) == 1


def test_it_holds_what_the_pack_uses_and_says_which_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert pack("t", "-o", "a.tar.gz") == 0
    revision = capsys.readouterr().out.strip()
    with closing(LightEngine(workers=1)) as engine:
        [loaded] = load_packs(["t"], engine)
    found = members("a.tar.gz")
    manifest, data = json.loads(found[".manifest"]), json.loads(found["data.json"])
    assert manifest == {"revision": revision, "roots": ["eidos", "tables"], "rego_version": 1}
    assert data["eidos"]["bundle"]["about"]["revision"] == revision == loaded.digest
    assert data["eidos"]["bundle"]["rules"]["T-001"]["params"] == {"floor": 580}
    assert found["packs/t/driver.rego"] == DRIVER_RULE.encode()
    assert "lib/versions.rego" in found
    assert "lib/kernels.rego" not in found
    with tarfile.open("a.tar.gz") as archive:
        states = {(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode) for m in archive}
        assert archive.getnames() == sorted(found)
    assert states == {(0, 0, 0, "", "", 0o644)}
    with gzip.open("a.tar.gz") as unpacked:
        unpacked.read()
        assert unpacked.mtime == 0


def test_what_is_there_is_replaced_only_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.tar.gz").write_text("mine")
    assert pack("t", "-o", "a.tar.gz") == 2
    assert "another content" in capsys.readouterr().err
    assert Path("a.tar.gz").read_text() == "mine"
    assert pack("t", "-o", "a.tar.gz", "--force") == 0
    assert pack("t", "-o", "a.tar.gz") == 0, "the same content is no trouble"
    assert names() == ["a.tar.gz", "t"]


def plain() -> None:
    Path("p").mkdir()
    Path("p/a.rego").write_text("package main\n\ndeny contains 1\n")


def twins() -> None:
    write_pack(Path("u"), MANIFEST.replace("name: t", "name: u"), driver=OTHER_RULE)


def reserved() -> None:
    text = DRIVER_RULE.replace("package eidos.t.driver", "package eidos.bundle.driver")
    write_pack(Path("t"), driver=text)


def odd_name() -> None:
    write_pack(Path("t"), MANIFEST.replace("name: t", "name: ../t"))


def same_id() -> None:
    text = DRIVER_RULE.replace("eidos.t", "eidos.u")
    write_pack(Path("u"), MANIFEST.replace("name: t", "name: u"), driver=text)


def same_name() -> None:
    write_pack(Path("u"), driver=OTHER_RULE.replace("eidos.t", "eidos.u"))


def tables() -> None:
    for name, number in (("t", "T"), ("u", "U")):
        text = DRIVER_RULE.replace("T-001", f"{number}-001").replace("eidos.t", f"eidos.{name}")
        text = text.replace("reads: [os.grub]", "reads: [os.grub]\n#   tables: [own]")
        write_pack(Path(name), MANIFEST.replace("name: t", f"name: {name}"), driver=text)
        Path(name, "tables/own").mkdir(parents=True)
        Path(name, "tables/own/data.yaml").write_text(f"{{name: {name}}}\n")


@pytest.mark.parametrize(
    ("prepare", "arguments", "said"),
    [
        (plain, ["p", "-o", "a"], "is no pack"),
        (plain, ["nothing", "-o", "a"], "there is no policy pack"),
        (plain, ["t", "-o", "p"], "is a folder"),
        (plain, ["t", "-o", "none/a"], "cannot be written"),
        (plain, ["t", "-o", "/proc/a"], "cannot be written"),
        (plain, ["t"], "Missing option"),
        (twins, ["t", "u", "-o", "a"], "is also in"),
        (same_id, ["t", "u", "-o", "a"], "rule T-001 is in two packs"),
        (same_name, ["t", "u", "-o", "a"], "two packs have the name 't'"),
        (reserved, ["t", "-o", "a"], "taken by the bundle"),
        (odd_name, ["t", "-o", "a"], "'name' is \"../t\", which does not fit"),
        (tables, ["t", "u", "-o", "a"], "two packs have a table 'own'"),
    ],
)
def test_what_cannot_be_packed_is_said(
    prepare: Callable[[], None],
    arguments: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    prepare()
    before = names()
    assert pack(*arguments) == 2
    assert said in capsys.readouterr().err
    assert names() == before


@pytest.mark.real
@pytest.mark.parametrize(
    ("given", "status", "more"),
    [
        ({"gpu": {"smi": {"driver": "570.1"}}, "os": {"grub": {}}}, "fail", {"missing": []}),
        ({"gpu": {"smi": {"driver": "590.1"}}, "os": {"grub": {}}}, "pass", {"missing": []}),
        ({"gpu": {"smi": {"driver": "590.1"}}, "os": {"grub": {"nokaslr": 1}}}, "warn", {}),
        ({"gpu": {"smi": {"driver": "590.1"}}}, "unknown", {"missing": ["os.grub"]}),
        ({"gpu": {"smi": {"driver": "570.1"}}}, "fail", {"missing": ["os.grub"]}),
        ({"gpu": {"smi": {"driver": None}}}, "unknown", {"missing": ["gpu.smi.driver"]}),
        ({"gpu": {"smi": {}}}, "unknown", {"missing": ["gpu.smi.driver"]}),
        ({}, "unknown", {"missing": ["gpu.smi.driver"]}),
        ({"gpu": {"smi": {"driver": "999.0"}}}, "skip", {}),
    ],
)
def test_plain_opa_gives_each_rules_status(given: object, status: str, more: object) -> None:
    assert pack("t", "-o", "a.tar.gz") == 0
    [answer] = answers("a.tar.gz", given).values()
    assert (answer["status"], answer | more) == (status, answer)  # type: ignore[operator]


@pytest.mark.real
def test_plain_opa_remarks_nothing_and_keeps_its_form(here: Path) -> None:
    assert pack("-o", "a.tar.gz") == 0
    opa("check", "--strict", "-b", "a.tar.gz")
    with tarfile.open("a.tar.gz") as archive:
        archive.extractall(here / "unpacked", filter="data")
    opa("fmt", "--list", "--fail", "unpacked/eidos")
    opa("build", "-b", "unpacked", "-o", "again.tar.gz")


def tree(subject: SubjectFacts) -> dict[str, Any]:
    """Give a subject's facts as rules name them."""

    def below(facts: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for address, data in facts.items():
            found.setdefault(address.type, {})[address.subtype] = dict(data)
        return found

    found = {**below(subject.facts), "node": {"name": subject.name}}
    if subject.scope is Scope.CLUSTER:
        found["nodes"] = {name: below(facts) for name, facts in subject.nodes.items()}
    return found


def losses(whole: Snapshot) -> Iterator[SubjectFacts]:
    """Give the subjects of a snapshot, whole and without each of their subtypes."""
    for subject in [*nodes_of(whole)[-1:], cluster_of(whole)]:
        yield subject
        for lost in subject.facts:
            rest = {key: data for key, data in subject.facts.items() if key != lost}
            yield replace(subject, facts=rest, digest=str(lost))
    [name, *_] = subject.nodes
    for lost in subject.nodes[name]:
        rest = {key: data for key, data in subject.nodes[name].items() if key != lost}
        nodes = {**subject.nodes, name: rest}
        yield replace(subject, nodes=nodes, digest=f"{name} {lost}")
    yield replace(subject, facts={}, nodes={}, digest="none")


def ask(url: str, given: object) -> Any:
    body = json.dumps({"input": given}).encode()
    path = f"{url}/v1/data/eidos/bundle/answers?strict-builtin-errors=true"
    with urllib.request.urlopen(path, body) as reply:  # noqa: S310 -- our own server
        return json.load(reply)["result"]


@pytest.mark.real
def test_plain_opa_gives_what_eidos_gives_for_every_shipped_rule_and_lost_fact(here: Path) -> None:
    assert pack("-o", "a.tar.gz") == 0
    [document] = read_documents(Source(str(EXAMPLE), EXAMPLE))
    with closing(LightEngine()) as engine, opa_server(here, "-b", "a.tar.gz") as url:
        rules = choose(load_packs((), engine), RuleChoice(), {})
        judge = Judge(rules, engine, NoMemo(), datetime.now(UTC))
        for subject in losses(read_snapshot(document).snapshot):
            [verdicts] = judge.judge([subject])
            found = ask(url, tree(subject))
            for verdict in verdicts:
                answer = found.pop(verdict.rule)
                said = [each["msg"] for level in answer.get("found", {}).values() for each in level]
                expected = sorted(each.msg for each in verdict.findings)
                assert (answer["status"], sorted(said)) == (verdict.status.value, expected)
            assert found == {}


def test_a_bundle_is_read_by_any_tar() -> None:
    assert pack("t", "-o", "a.tar.gz") == 0
    raw = gzip.decompress(Path("a.tar.gz").read_bytes())
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        assert all(name == os.path.normpath(name) for name in archive.getnames())
