"""What only the engine on an OPA server does."""

import json
import urllib.request
from pathlib import Path

import pytest

from eidos.engine.errors import EidosError, MissingExtraError, PolicyError, UsageError
from eidos.engine.model.policy import Module
from eidos.engine.ports import Ask, Job, Program
from eidos.engine.rego.limits import EngineLimits
from eidos.engine.rego.relocating import is_path, relocate
from eidos.engine.rego.server import OpaServerEngine
from fakes.opa_server import opa_server

GOOD = Program("good", (Module("g.rego", "package g\n\nx := input.n"),), {"params": {"a": 1}})


def good(number: int) -> Job:
    return Job(GOOD, (Ask("data.g.x", {"n": number}),), 0)


def fetch(url: str) -> object:
    with urllib.request.urlopen(url) as reply:  # noqa: S310 -- our own server
        return json.load(reply)


@pytest.mark.real
def test_it_leaves_the_server_as_it_was(tmp_path: Path) -> None:
    with opa_server(tmp_path) as url:
        before = fetch(f"{url}/v1/policies"), fetch(f"{url}/v1/data")
        engine = OpaServerEngine(url)
        engine.analyse(GOOD.modules)
        assert [answer.values for answer in engine.evaluate([good(1)])] == [(1,)]
        engine.close()
        assert (fetch(f"{url}/v1/policies"), fetch(f"{url}/v1/data")) == before


@pytest.mark.real
def test_a_server_that_lost_the_policy_is_an_error_and_no_pass(opa_url: str) -> None:
    engine, other = OpaServerEngine(opa_url), OpaServerEngine(opa_url)
    list(engine.evaluate([good(1)]))
    for policy in engine._tenants["good"].policies:
        other._client.delete_policy(policy)
    (answer,) = engine.evaluate([good(1)])
    assert answer.error == "the OPA server lost the policy"
    engine.close()
    other.close()


@pytest.mark.real
def test_a_runaway_policy_times_out_and_the_next_answers(opa_url: str) -> None:
    engine = OpaServerEngine(opa_url, limits=EngineLimits(seconds=0.5))
    body = "a := r[_]; b := r[_]; c := r[_]; a + b + c == 0"
    text = f"package s\n\nr := numbers.range(1, 3000)\n\nx if {{ {body} }}\n"
    bad = Job(Program("s", (Module("s.rego", text),)), (Ask("data.s.x", {}),), 0)
    answers = list(engine.evaluate([bad, good(2)]))
    assert answers[0].error == "timed out after 0.5 s"
    assert answers[1].values == (2,)
    engine.close()


@pytest.mark.real
def test_functions_that_only_opa_has_may_be_called(opa_url: str) -> None:
    engine = OpaServerEngine(opa_url)
    module = Module("p.rego", 'package p\n\nx := net.cidr_merge(["10.0.0.0/9", "10.128.0.0/9"])')
    assert engine.analyse([module])[0].rules == {"x": 3}
    (answer,) = engine.evaluate([Job(Program("m", (module,)), (Ask("data.p.x", {}),), 0)])
    assert answer.values == (["10.0.0.0/8"],)
    engine.close()


@pytest.mark.real
def test_forbidden_functions_never_reach_the_server(opa_url: str) -> None:
    engine = OpaServerEngine(opa_url)
    module = Module("p.rego", "package p\n\nx := opa.runtime().env")
    (answer,) = engine.evaluate([Job(Program("f", (module,)), (Ask("data.p.x", {}),), 0)])
    assert answer.error
    assert "opa.runtime is forbidden" in answer.error
    engine.close()


@pytest.mark.real
def test_a_query_is_a_path_and_nothing_else(opa_url: str) -> None:
    engine = OpaServerEngine(opa_url)
    query = "data.g.x with input as opa.runtime()"
    (answer,) = engine.evaluate([Job(GOOD, (Ask(query, {}),), 0)])
    assert answer.error
    assert "no path below data" in answer.error
    engine.close()


@pytest.mark.real
def test_a_wrong_token_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "authz.rego").write_text(
        'package system.authz\n\ndefault allow := false\n\nallow if input.path == ["health"]\n'
    )
    flags = ("--authorization=basic", "--authentication=token", "authz.rego")
    with opa_server(tmp_path, *flags) as url:
        engine = OpaServerEngine(url)
        with pytest.raises(EidosError) as caught:
            list(engine.evaluate([good(1)]))
        assert not isinstance(caught.value, PolicyError)
        engine.close()


def test_a_server_that_does_not_answer_is_an_error() -> None:
    pytest.importorskip("opa_client")
    engine = OpaServerEngine("http://127.0.0.1:9")
    with pytest.raises(EidosError, match="does not answer") as caught:
        list(engine.evaluate([good(1)]))
    assert caught.value.hint
    engine.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8181",
        "ftp://x",
        "http://",
        "http://x/base",
        "http://[::1",
        "http://x:y",
        "http://x:99999",
    ],
)
def test_a_wrong_address_is_refused(url: str) -> None:
    with pytest.raises(UsageError):
        OpaServerEngine(url)


def test_a_password_in_the_address_is_neither_taken_nor_shown() -> None:
    with pytest.raises(UsageError, match="holds a name or password") as caught:
        OpaServerEngine("http://me:hunter2@127.0.0.1:8181")
    assert caught.value.hint == "Say http://host:8181."


def test_without_the_extra_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "opa_client", None)
    with pytest.raises(MissingExtraError, match="opa"):
        OpaServerEngine("http://127.0.0.1:8181")


def test_relocating_moves_the_package_and_the_root_and_nothing_else() -> None:
    head = "package a.b # data\nimport data.c\n"
    text = head + 'x := [data.y, input.data, "data", data[z], `data`, metadata]'
    assert relocate(text, "P") == (
        "package P.a.b # data\nimport data.P.c\n"
        'x := [data.P.y, input.data, "data", data.P[z], `data`, metadata]'
    )


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("data", True),
        ("data.a.b_1", True),
        ('data["a-b"].c', True),
        ("data.a; opa.runtime()", False),
        ('data["a\\"].x', False),
        ("input.x", False),
        ("data.a[x]", False),
        ("data.a\n", False),
    ],
)
def test_paths_are_told_from_other_queries(query: str, *, fits: bool) -> None:
    assert is_path(query) is fits
