"""What may be required of a bundle, and every way in which less than that would seem to hold."""

import json
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eidos.engine.app.bundle_replay import Budgeted, BudgetError, given_up_after
from eidos.engine.app.bundle_sign import bundle_sign
from eidos.engine.bundling.verifying import whole
from eidos.engine.errors import BundleError, DocumentError, EidosError, UsageError
from eidos.engine.model.requirement import FORMS, Demand, parse_requirements, written_form
from eidos.engine.ports import Answer, Job, Program
from eidos.engine.signing.keys import SigningKey
from fakes.attested import checked, envelope_of, gate, messages, recipe, reseal, said, write_gated
from fakes.keys import write_keys
from fakes.shipped import Shell
from fakes.sigstore_world import GITHUB, WORKFLOW, World
from functional.test_bundle import Bundle, bundle, cache
from functional.test_bundle_keyless import attested

__all__ = ["bundle", "cache"]

BELIEVE = ("--key", "ci.pub")
KEYS = ("ci", "scanner", "evil")


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """Where a signed bundle lies in b."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EIDOS_VERIFICATION_KEY", raising=False)
    for name in KEYS:
        write_keys(tmp_path, "ed25519", name)
    write_gated(tmp_path / "b")
    sign("b")
    return Shell(capsys)


def sign(place: str, key: str = "ci") -> None:
    bundle_sign(Path(place), SigningKey(Path(f"{key}.pem")), {})


def unmet(shell: Shell, place: str, required: str, *options: str) -> dict[str, str]:
    """Give what does not hold, with why."""
    code = 1
    shell("bundle", "verify", place, *BELIEVE, "--require", required, *options, code=(0, 1))
    code = 1 if "DOES NOT HOLD" in shell.out else 0
    found = checked(shell, place, *BELIEVE, "--require", required, *options, code=code)
    return {e["require"]: e["because"] for e in found["requirements"] if not e["holds"]}


def half(**changes: Any) -> dict[str, Any]:
    """Give one half of a decision, changed."""
    found: dict[str, Any] = {**gate(recipe())["before"], **changes}
    return found


def pack(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = {**half()["packs"][0], **changes}
    return found


def verdict(**changes: Any) -> dict[str, Any]:
    return {"rule": "T-001", "subject": "n1", "status": "pass", **changes}


def demands(shell: Shell, code: int, *options: str, **document: Any) -> dict[str, Any]:
    """Verify b against a file of requirements; give what was said where there is an answer."""
    whole_document = {"apiVersion": "eidos.dev/v1", "kind": "BundleRequirements", **document}
    Path("r.yaml").write_text(json.dumps(whole_document))
    if code == 2:
        shell("bundle", "verify", "b", "--requirements", "r.yaml", *options, code=2)
        return {}
    return checked(shell, "b", "--requirements", "r.yaml", *options, code=code)


# What a gate asked ------------------------------------------------------------------------------


def test_a_pack_of_which_rules_were_left_out_did_not_judge(
    bundle: Bundle, shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--rule` of each side opens the gate, and names every pack that could have judged."""
    assert bundle("--rule", "T-001", "--rule", "BHY-001", "--evidence") == 0
    sign("out")
    capsys.readouterr()
    assert unmet(shell, "out", "policy=t,policy=bundle-hygiene,policy=bundle-operators") == {
        "policy=bundle-hygiene": "bundle-hygiene@0.1.0 (1 of 10 rules), "
        + digest_of("out", "bundle-hygiene")
        + " judged",
        "policy=bundle-operators": "bundle-operators@0.1.0 (0 of 23 rules), "
        + digest_of("out", "bundle-operators")
        + " judged",
    }
    found = unmet(shell, "out", "no-relaxations")["no-relaxations"]
    assert "rule" in found
    assert "bundle-operators@0.1.0 (0 of 23 rules)" in found
    checked(shell, "out", *BELIEVE, "--require", "policy=t", "--replay")  # byte for byte
    packs = said(envelope_of(Path("out")))["predicate"]["verifier"]["policy"]["packs"]
    asked = {each["name"]: (each["asked"], each["rules"]) for each in packs}
    assert asked == {"t": (1, 1), "bundle-hygiene": (1, 10), "bundle-operators": (0, 23)}


def digest_of(place: str, name: str) -> str:
    decision = json.loads(Path(place, "gate.json").read_text())
    packs = [*decision["before"]["packs"], *decision["after"]["packs"]]
    return str(next(each["digest"] for each in packs if each["name"] == name))


def test_a_lax_gate_and_a_strict_one_are_told_apart(
    bundle: Bundle, shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("eidos.yaml").write_text(
        "gates:\n  lax:\n    fail-on: critical\n    allow-incomplete: true\n"
        "    enforcement: {BHY-001: off, BHY-002: deny}\n"
        "  strict: {fail-on: info, allow-incomplete: false, require-askable: true,\n"
        "    max-age: 36500d, requires: [gpu.smi]}\n"
    )
    Path("config.yaml").write_text("effective-time: 2026-11-24\n")
    for name in ("lax", "strict"):
        assert bundle("-p", "./t", "--gate", name, to=name) == 0
        sign(name)
    capsys.readouterr()
    strict = shell("bundle", "verify", "strict", *BELIEVE)
    assert "gates.strict" not in strict
    required = "no-relaxations,fail-on=high,complete,policy=bundle-hygiene"
    assert set(unmet(shell, "lax", required)) == set(required.split(",")) - {"complete"}
    assert set(unmet(shell, "strict", required)) == {"no-relaxations"}  # the day and -p are told
    decision = checked(shell, "lax", *BELIEVE)["decision"]
    assert (decision["failOn"], decision["allowIncomplete"]) == ("critical", True)
    assert [e["value"] for e in decision["relaxations"] if e["setting"] == "gates.lax"] == [
        "fail-on: critical",
        "allow-incomplete: true",
        "enforcement.BHY-001: off",
    ]
    shell("bundle", "verify", "lax", *BELIEVE)
    for line in (
        "relaxed: gates.lax: enforcement.BHY-001: off",
        "violations of severity critical and above close it; incomplete is allowed",
        "bundle-hygiene@0.1.0 (BHY-001 not enforced)",
    ):
        assert line in shell.out


def test_what_nobody_could_answer_is_not_complete(shell: Shell) -> None:
    verdicts = [verdict(), verdict(rule="T-002", status="not-askable", severity="high")]
    before = half(verdicts=verdicts, counts={"pass": 1, "not-askable": 1}, packs=[pack(rules=2)])
    write_gated(Path("c"), before=before)
    sign("c")
    assert unmet(shell, "c", "complete") == {
        "complete": "verdicts and constraints without an answer: 1"
    }
    assert unmet(shell, "b", "complete") == {}


def test_a_pack_in_both_halves_is_asked_as_a_whole(shell: Shell) -> None:
    """Each half has the rules of its kind: what one leaves out, the other asks."""
    packs = [
        [pack(name="p", rules=2, leftOut=["T-002"])],
        [pack(name="p", rules=2, leftOut=["T-001"])],
    ]
    write_gated(
        Path("c"),
        before=half(packs=packs[0]),
        after=half(packs=packs[1], verdicts=[verdict(rule="T-002")]),
    )
    sign("c")
    assert unmet(shell, "c", "policy=p,policy=p@1.0.0") == {}
    write_gated(Path("d"), before=half(packs=packs[0]), after=half(packs=packs[0]))
    sign("d")
    assert "1 of 2 rules" in unmet(shell, "d", "policy=p")["policy=p"]
    assert unmet(shell, "b", "policy=facts@2.0.0")


# Another bundle in the place of the right one ---------------------------------------------------


def test_another_clusters_bundle_does_not_pass(shell: Shell) -> None:
    its_recipe = gate(recipe())["recipe"]["digest"]
    for required, holds in (
        ("cluster=c1", True),
        ("cluster=c2", False),
        ("cluster=C1", False),
        ("recipe=demo", True),
        (f"recipe=demo@{its_recipe}", True),
        ("recipe=demo@sha256:" + "0" * 64, False),
        ("recipe=other", False),
        ("digest=" + checked(shell, "b")["digest"], True),
        ("digest=sha256:" + "0" * 64, False),
    ):
        assert (required in unmet(shell, "b", required)) is not holds
    snapshot = gate(recipe())["snapshot"]
    write_gated(Path("nameless"), snapshot={**snapshot, "cluster": None})
    sign("nameless")
    assert "has no name" in unmet(shell, "nameless", "cluster=None")["cluster=None"]


def test_the_cluster_is_in_what_is_signed_of_the_gate(shell: Shell) -> None:  # noqa: ARG001 -- where it is
    verifier = said(envelope_of(Path("b")))["predicate"]["verifier"]
    assert (verifier["cluster"], verifier["recipe"]["name"]) == ("c1", "demo")
    assert verifier["policy"]["failOn"] == "info"


def test_whose_facts_they_are_must_be_signed(shell: Shell) -> None:
    envelope_of(Path("b")).unlink()
    assert "nobody who is believed signed its gate" in unmet(shell, "b", "cluster=c1")["cluster=c1"]


# Who is believed --------------------------------------------------------------------------------


def test_a_file_that_names_keys_is_not_added_to_by_the_environment(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree("b/attestations")
    sign("b", "evil")
    monkeypatch.setenv("EIDOS_VERIFICATION_KEY", Path("evil.pub").read_text())
    assert demands(shell, 1, keys=["ci.pub"], require=["gate"])["keys"] == 1
    assert "EIDOS_VERIFICATION_KEY adds nobody" in shell.err
    demands(shell, 0, require=["gate"])  # that names nobody
    demands(shell, 0, "--key", "evil.pub", keys=["ci.pub"], require=["gate"])  # who runs it may
    demands(shell, 2, keys=[], require=["gate"])
    assert checked(shell, "b", *BELIEVE, "--require", "gate")["keys"] == 2


def test_who_may_sign_one_thing_signs_no_other(shell: Shell) -> None:
    """A scanner's key, for what is in it, does not say that the gate let it through."""
    keys = [
        {"file": "ci.pub", "signs": ["gate", "provenance"]},
        {"file": "scanner.pub", "signs": ["sbom"]},
    ]
    require = ["gate", "provenance", "sbom"]
    assert len(holding(demands(shell, 1, keys=keys, require=require))) == 2
    sign("b", "scanner")
    found = demands(shell, 0, keys=keys, require=require)
    assert [len(found["signers"][claim]) for claim in require] == [1, 1, 1]
    assert found["signers"]["gate"] != found["signers"]["sbom"]
    shutil.rmtree("b/attestations")
    sign("b", "scanner")
    found = demands(shell, 1, keys=keys, require=require)
    assert holding(found) == ["sbom"]
    assert found["trust"] == "signed"


def test_roles_add_up_and_one_without_any_is_for_everything(shell: Shell) -> None:
    only = {"file": "ci.pub", "signs": ["sbom"]}
    demands(shell, 2, keys=[only], require=["gate"])
    assert "nobody who is believed may sign the gate" in shell.err
    demands(shell, 0, keys=[only, {"file": "ci.pub", "signs": ["gate"]}], require=["gate"])
    demands(shell, 0, keys=[only, "ci.pub"], require=["gate"])
    demands(shell, 0, "--key", "ci.pub", keys=[only], require=["gate"])
    demands(shell, 2, keys=[{"file": "ci.pub", "signs": []}], require=["gate"])
    demands(shell, 2, keys=[{"file": "ci.pub", "signs": ["everything"]}], require=["gate"])


def test_identities_have_roles_too(shell: Shell) -> None:
    shutil.rmtree("b/attestations")
    world = World()
    world.write_root(Path("root.json"))
    attested(shell, world)
    who = {"identity": WORKFLOW, "issuer": GITHUB}

    def ask(code: int, *identities: dict[str, Any]) -> None:
        trusted = {"trustedRoot": "root.json", "identities": list(identities)}
        demands(shell, code, **trusted, require=["sbom", "gate"])

    ask(0, who)
    ask(0, {**who, "signs": ["sbom", "gate"]})
    ask(0, {**who, "signs": ["sbom"]}, {**who, "signs": ["gate"]})
    ask(1, {**who, "signs": ["sbom"]}, {**who, "identity": "x@example.com"})
    ask(2, {**who, "signs": ["sbom"]})


def holding(found: dict[str, Any]) -> list[str]:
    return [each["require"] for each in found["requirements"] if each["holds"]]


@pytest.mark.parametrize("key", ["https://example.com/ci.pub", "awskms:///alias/ci", "pkcs11:x"])
def test_keys_are_files(shell: Shell, key: str) -> None:
    shell("bundle", "verify", "b", "--key", key, code=2)
    assert "Save it as a file first" in shell.err


# Texts that would weaken ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", ",", "gate,", ",gate", "gate,,sbom"),
        *("policy=gpu@", "policy=@1.0", "policy=gpu@1@", "policy= ", "policy=@"),
        *("2-of=", "1-of=+", "1-of=a+", "1-of=+a", "1-of=a++b", "0-of", "01-of", "100-of"),
        *("signed-by=", "signed-by= ", "signed-by", "gate=", "gate= ", "signed=x", "sbom=x"),
        *("cluster", "cluster=", "recipe", "recipe=", "recipe=a@", "recipe=@sha256:x"),
        *("digest", "digest=", "digest=sha256:", "digest=abc", "digest=sha256:" + "A" * 64),
        *("fail-on", "fail-on=", "fail-on=none", "fail-on=High", "complete=false"),
        *("no-waivers=0", "no-relaxations=", "waivers-in-force=x", "replay=no"),
        *("max-age=", "max-age=soon", "max-age=-1h", "max-age=inf", "max-age", "N-of", "N-of=a"),
    ],
)
def test_a_text_that_says_less_than_it_seems_to_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_requirements((text,))


def test_one_signer_is_one(shell: Shell) -> None:
    sign("b", "scanner")
    both = (*BELIEVE, "--key", "scanner.pub")
    for required in ("signed-by=ci.pub+scanner.pub", "signed-by=+", "1-of=+", "1-of=ci.pub+"):
        shell("bundle", "verify", "b", *both, "--require", required, code=2)
    shell("bundle", "verify", "b", *BELIEVE, "--require", "2-of=ci.pub+ci.pub", code=2)
    assert "one key or identity is given for it" in shell.err


def test_every_demand_is_said_by_name(shell: Shell) -> None:
    shell("bundle", "verify", "b", "--require", "gat", code=2)
    assert "Did you mean 'gate'?" in shell.err
    shell("bundle", "verify", "--help")
    words = "".join(shell.out.split())
    assert set(FORMS) == set(Demand)
    assert all(written_form(each) in words for each in FORMS)


# Waivers ----------------------------------------------------------------------------------------


def waived(until: str = "2026-11-25T00:00:00Z", **changes: Any) -> dict[str, Any]:
    entry = {"id": "w-1", "rule": "T-001", "owner": "a", "approver": "b", "until": until}
    return half(
        verdicts=[
            verdict(status="waived", waiver="w-1"),
            verdict(rule="T-002"),
        ],
        counts={"waived": 1, "pass": 1},
        packs=[pack(rules=2)],
        waivers=[entry, {**entry, "id": "w-2"}],
        **changes,
    )


def test_waivers_that_ended_since_are_told(shell: Shell) -> None:
    for name, until in (("old", "2026-11-25T00:00:00Z"), ("young", "9999-12-31T23:59:59Z")):
        write_gated(Path(name), before=waived(until))
        sign(name)
    assert unmet(shell, "old", "no-waivers,waivers-in-force") == {
        "no-waivers": "w-1 (2026-11-25T00:00:00Z)",
        "waivers-in-force": "w-1 (2026-11-25T00:00:00Z)",
    }
    assert set(unmet(shell, "young", "no-waivers,waivers-in-force")) == {"no-waivers"}
    assert unmet(shell, "b", "no-waivers,waivers-in-force") == {}
    shell("bundle", "verify", "old", *BELIEVE)
    assert "waiver: w-1 for T-001, ended 2026-11-25T00:00:00Z, waives 1 verdict" in shell.out
    found = checked(shell, "old", *BELIEVE)["decision"]["waivers"]
    assert [(each["id"], each["ended"], each["uses"]) for each in found] == [
        ("w-1", True, 1),
        ("w-2", True, 0),
    ]


# Decisions that cannot be -----------------------------------------------------------------------

CONTRADICTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "a violation": (
        {"before": half(verdicts=[verdict(status="fail", severity="low")], counts={"fail": 1})},
        "it passed, and T-001 of n1 is fail",
    ),
    "a violation of no severity": (
        {"before": half(verdicts=[verdict(status="fail")], counts={"fail": 1}, failOn="critical")},
        "it passed, and T-001 of n1 is fail",
    ),
    "an error": (
        {"before": half(verdicts=[verdict(status="error")], counts={"error": 1})},
        "it passed, and T-001 of n1 is error",
    ),
    "what nobody knows": (
        {"before": half(verdicts=[verdict(status="unknown")], counts={"unknown": 1})},
        "it passed, and nothing was judged",
    ),
    "counts": ({"before": half(counts={"fail": 99})}, "the counts are not those"),
    "a reason": ({"reasons": ["the snapshot is old"]}, "has a reason not to"),
    "no packs": ({"before": half(packs=[])}, "no pack judged"),
    "no verdicts": (
        {"after": half(verdicts=[], counts={}, packs=[pack(rules=0)])},
        "nothing was judged",
    ),
    "rules that nobody asked": (
        {"before": half(packs=[pack(rules=7)])},
        "do not have as many rules as there are verdicts of",
    ),
    "a rule left out that was asked": (
        {"before": half(packs=[pack(rules=2, leftOut=["T-001"])])},
        "a rule is left out, and there is a verdict of it",
    ),
    "more left out than there is": (
        {"before": half(packs=[pack(rules=0, leftOut=["T-009"]), pack(rules=2)])},
        "more rules are left out than it has",
    ),
    "a rule that is said to be enforced": (
        {"before": half(verdicts=[verdict(enforcement="off")])},
        "the rules that are not enforced are not those of the verdicts",
    ),
    "two thresholds": ({"after": half(failOn="critical")}, "is not the same before and after"),
    "no day": ({"effectiveTime": "2026-13-45"}, "the day that rules saw is none"),
    "a day in words": ({"effectiveTime": "not a day"}, "effectiveTime"),
    "another recipe's name": (
        {"recipe": {**gate(recipe())["recipe"], "name": "other"}},
        "about another recipe",
    ),
    "a constraint": (
        {"constraints": [{"fact": "a.b", "of": "cluster", "is": "1", "status": "fail"}]},
        "the constraint on a.b is fail",
    ),
    "waived by nothing": (
        {"before": half(verdicts=[verdict(status="waived")], counts={"waived": 1})},
        "is waived by nothing",
    ),
    "waived by nobody's": (
        {"before": waived() | {"waivers": []}},
        "w-1 waives T-001, and there is no such waiver",
    ),
    "waived by what had ended": (
        {"before": waived("2026-11-23T23:59:59Z")},
        "w-1 waives T-001, and had ended by 2026-11-24",
    ),
    "a waiver that never ends": ({"before": waived("never")}, "the waiver w-1 ends on no day"),
    "facts without an address": (
        {"snapshot": {"digest": "x", "cluster": "c1", "timestamp": None}},
        "digest",
    ),
}


@pytest.mark.parametrize("what", CONTRADICTIONS)
def test_nobody_vouches_for_a_decision_that_contradicts_itself(shell: Shell, what: str) -> None:
    changes, named = CONTRADICTIONS[what]
    write_gated(Path("c"), **changes)
    shell("bundle", "sign", "c", "--key", "ci.pem", code=2)
    assert not Path("c/attestations").exists()
    found = checked(shell, "c", code=1)
    assert found["trust"] == "none"
    assert named in messages(found) + str(found["problems"])


@pytest.mark.parametrize("text", ["[]", "{}", "7", "nonsense: [", "\xff"])
def test_evidence_that_is_none_is_a_problem(shell: Shell, text: str) -> None:
    Path("b/evidence").mkdir()
    Path("b/evidence/policy.json").write_bytes(text.encode("latin-1"))
    shutil.rmtree("b/attestations")
    reseal(Path("b"))
    shell("bundle", "sign", "b", "--key", "ci.pem", code=2)
    assert "internal error" not in shell.err
    assert "policy.json" in str(checked(shell, "b", code=1)["problems"])


def _places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    entries = dict(enumerate(value)) if isinstance(value, list) else value
    for key, each in entries.items() if isinstance(entries, dict) else ():
        yield from _places(each, (*path, key))


ODD = st.sampled_from(
    [None, True, -1, 1.5, 10**30, "", "x", "2026-99-99", "sha256:", [], [1], {}, {"a": []}, [[]]]
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_a_document_says_there_is_an_answer(tmp_path: Path, data: st.DataObject) -> None:
    """Of a bundle that somebody sealed anew: it is whole, or says why not."""
    folder = tmp_path / "fuzzed"
    shutil.rmtree(folder, ignore_errors=True)
    write_gated(folder, before=waived())
    file = folder / data.draw(st.sampled_from(["gate.json", "recipe.yaml"]))
    document = json.loads(file.read_text())
    *way, last = data.draw(st.sampled_from(sorted(filter(None, _places(document)), key=str)))
    place = document
    for key in way:
        place = place[key]
    place[last] = data.draw(ODD)
    file.write_text(json.dumps(document))
    reseal(folder)
    write_keys(tmp_path, "ed25519", "fuzz")
    with suppress(EidosError):  # anything else is a mistake of ours
        bundle_sign(folder, SigningKey(tmp_path / "fuzz.pem"), {})


# Asking again -----------------------------------------------------------------------------------


@pytest.fixture
def replayable(bundle: Bundle, shell: Shell, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Where a bundle with evidence lies in out."""
    assert bundle("--gate", "prod", "--evidence") == 0
    capsys.readouterr()
    return shell


def _no_rego(*_: object) -> None:
    raise AssertionError("the bundle's own Rego was run")


def test_strangers_rego_is_not_run(replayable: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    sign("out", "evil")
    monkeypatch.setattr("eidos.engine.app.bundle_verify.replay", _no_rego)
    for options in (
        (*BELIEVE, "--replay"),
        (*BELIEVE, "--key", "evil.pub", "--require", "gate=other,replay"),
        (*BELIEVE, "--key", "evil.pub", "--require", "cluster=c2", "--replay"),
    ):
        found = checked(replayable, "out", *options, code=1)
        assert found["replay"] is None
        assert found["requirements"][-1]["because"].startswith("the gates were not asked again")


def test_what_decides_otherwise_is_not_trusted_at_all(replayable: Shell) -> None:
    sign("out")
    found = checked(replayable, "out", *BELIEVE, "--replay")
    assert (found["trust"], found["replay"]["outcome"]) == ("replayed", "same")
    assert str(Path.cwd()) not in Path("out/gate.json").read_text()
    policy = json.loads(Path("out/evidence/policy.json").read_text())
    policy["before"]["rules"]["T-001"]["floor"] = 999
    Path("out/evidence/policy.json").write_text(json.dumps(policy))
    shutil.rmtree("out/attestations")
    reseal(Path("out"))
    replayable("bundle", "sign", "out", "--key", "ci.pem", "--replay", code=2)
    assert "does not decide the same again" in replayable.err
    assert not Path("out/attestations").exists()
    sign("out")
    found = checked(replayable, "out", *BELIEVE, "--require", "gate", "--replay", code=1)
    assert (found["trust"], found["replay"]["outcome"]) == ("none", "otherwise")
    assert found["reasons"] == ["both gates, asked again, decide otherwise"]
    assert not any(each["holds"] for each in found["requirements"])


@pytest.mark.parametrize("text", ["7", "null", "[]", '"x"', '{"objects": [1]}', '{"files": 1}'])
def test_what_rules_saw_may_be_anything(replayable: Shell, text: str) -> None:
    Path("out/evidence/rendered.json").write_text(text)
    reseal(Path("out"))
    sign("out")
    found = checked(replayable, "out", *BELIEVE, "--replay", code=1)
    assert found["replay"]["outcome"] in {"unanswered", "otherwise"}


def test_another_engine_is_told_apart_from_another_decision(replayable: Shell) -> None:
    decision = json.loads(Path("out/gate.json").read_text())
    for part in ("before", "after"):
        decision[part]["engine"] = "light 0.0.1"
    Path("out/gate.json").write_text(json.dumps(decision))
    reseal(Path("out"))
    sign("out")
    found = checked(replayable, "out", *BELIEVE, "--replay", code=1)
    assert (found["trust"], found["replay"]["outcome"]) == ("gated", "other-engine")
    assert found["reasons"][-1] == "another engine decides the same"


def test_who_signs_may_ask_again_first(replayable: Shell) -> None:
    replayable("bundle", "sign", "out", "--key", "ci.pem", "--replay")
    assert checked(replayable, "out", *BELIEVE, "--replay")["trust"] == "replayed"
    replayable("bundle", "sign", "b", "--key", "ci.pem", "--replay", code=2)
    assert "--evidence" in replayable.err


class Slow:
    """An engine of which each question takes a minute, by a clock of its own."""

    name, version = "slow", "1"

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 26, tzinfo=UTC)
        self.asked = 0

    def now(self) -> datetime:
        return self.time

    def wait(self, seconds: float) -> bool:
        raise NotImplementedError

    def analyse(self, modules: Any, *, v0: bool | None = None) -> list[Any]:
        return [modules, v0]

    def prepare(self, jobs: Any) -> None: ...

    def expect(self, jobs: Any) -> None: ...

    def close(self) -> None: ...

    def evaluate(self, jobs: Any) -> Iterator[Answer]:
        for _ in jobs:
            self.time += timedelta(minutes=1)
            self.asked += 1
            yield Answer()


def test_asking_again_ends_when_its_time_is_over() -> None:
    slow = Slow()
    engine = Budgeted(slow, slow, 3600)
    job = Job(Program("p", ()), (), 0)
    assert len(list(engine.evaluate([job] * 50))) == 50
    with pytest.raises(BudgetError, match="within 1h"):
        list(engine.evaluate([job] * 5000))
    assert slow.asked < 100
    with pytest.raises(BudgetError):
        engine.analyse([])


def test_what_looks_at_no_clock_is_given_up_too() -> None:
    """And an alarm of others, as the one that ends a test, goes on."""
    handler = signal.signal(signal.SIGALRM, signal.SIG_IGN)
    before = signal.setitimer(signal.ITIMER_REAL, 3600)
    try:
        with pytest.raises(BudgetError, match="did not"), given_up_after(0.01):
            threading.Event().wait()
        assert signal.getsignal(signal.SIGALRM) is signal.SIG_IGN
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
        with given_up_after(3600):
            pass
        assert signal.getsignal(signal.SIGALRM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, *before)


def test_who_catches_that_the_time_is_over_gives_no_answer() -> None:
    def ask(then: Callable[[], object]) -> None:
        with suppress(EidosError):  # as a part does that tells what is wrong with a document
            threading.Event().wait()
        then()

    def refuse() -> None:
        raise DocumentError("it cannot be read")

    for then in (refuse, list[None]):
        with pytest.raises(BudgetError), given_up_after(0.01):
            ask(then)


def test_an_alarm_of_others_that_comes_first_is_theirs() -> None:
    def ring(_signal: int, _frame: object) -> None:
        raise TimeoutError

    handler = signal.signal(signal.SIGALRM, ring)
    before = signal.setitimer(signal.ITIMER_REAL, 0.01)
    try:
        with pytest.raises(TimeoutError), given_up_after(3600):
            threading.Event().wait()
    finally:
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, *before)


def test_nothing_is_interrupted_outside_of_the_main_thread() -> None:
    def ask() -> str:
        with given_up_after(0.01):
            return "answered"

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(ask).result() == "answered"


def test_no_time_is_no_answer(replayable: Shell) -> None:
    replayable("bundle", "verify", "out", "--replay", "--replay-timeout", "0s", code=2)
    assert "--replay-timeout" in replayable.err
    assert "trust" not in replayable.out


# Which one it was -------------------------------------------------------------------------------


def test_the_artifact_that_was_verified_is_named(shell: Shell) -> None:
    pushed = shell("bundle", "push", "b", "oci-layout:there:v1")
    artifact = pushed.strip().rpartition("@")[2]
    found = checked(shell, "oci-layout:there:v1", *BELIEVE, "--digest-file", "digest")
    assert found["artifact"] == artifact != found["digest"]
    assert Path("digest").read_text() == f"{artifact}\n"
    shell("bundle", "verify", "oci-layout:there:v1", *BELIEVE, "--expect", artifact)
    assert f"artifact: {artifact}" in shell.out
    shell("bundle", "verify", "oci-layout:there:v1", *BELIEVE, "--expect", found["digest"], code=2)
    assert "was expected" in shell.err
    why = unmet(shell, "oci-layout:there:v1", f"digest={artifact}")
    assert "--expect" in why[f"digest={artifact}"]
    assert unmet(shell, "oci-layout:there:v1", f"digest={found['digest']}") == {}


def test_a_folder_is_known_by_the_digest_of_the_bundle(shell: Shell) -> None:
    found = checked(shell, "b", "--digest-file", "digest")
    assert found["artifact"] is None
    assert Path("digest").read_text() == f"{found['digest']}\n"
    checked(shell, "b", "--expect", found["digest"])
    shell("bundle", "verify", "b", "--expect", "sha256:" + "0" * 64, code=2)
    shell("bundle", "verify", "b", "--expect", "latest", code=2)
    Path("digest").unlink()
    checked(shell, "b", *BELIEVE, "--require", "gate=other", "--digest-file", "digest", code=1)
    assert not Path("digest").exists()


# The age of facts -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ahead", "holds", "text"),
    [
        (timedelta(minutes=4), True, "taken "),  # clocks differ; the gate takes that too
        (timedelta(days=400), False, "which is in the future"),
        (None, False, "nobody knows when they were taken"),
    ],
)
def test_facts_of_no_age(shell: Shell, ahead: timedelta | None, holds: bool, text: str) -> None:
    taken = None if ahead is None else f"{datetime.now(UTC) + ahead:%Y-%m-%dT%H:%M:%SZ}"
    write_gated(Path("c"), snapshot={**gate(recipe())["snapshot"], "timestamp": taken})
    sign("c")
    assert ("max-age=1d" in unmet(shell, "c", "max-age=1d")) is not holds
    shell("bundle", "verify", "c", *BELIEVE)
    assert text in shell.out
    assert "None" not in shell.out


def test_a_bundle_that_is_right_is_whole(shell: Shell) -> None:  # noqa: ARG001 -- where it is
    assert [each.name for each in whole(Path("b")).packs] == ["facts", "files"]
    with pytest.raises(BundleError):
        whole(Path("nowhere"))
