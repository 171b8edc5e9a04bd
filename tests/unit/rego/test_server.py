"""The engine on an OPA server that serves our bundle."""

import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.errors import EidosError, MissingExtraError, PolicyError, UsageError
from eidos.engine.model.rule import Module
from eidos.engine.ports import UNDEFINED, Ask, Job, Program
from eidos.engine.rego import server
from eidos.engine.rego.limits import EngineLimits
from eidos.engine.rego.server import FORMAT, OpaServerEngine, ServerOptions
from fakes.served import job_of, rule, served, write_bundle

GOOD = rule("good", "deny contains input.n if input.n > data.params.floor")
CLOCK = rule("clock", "deny contains time.now_ns()")
TABLES = rule("tables", "deny contains name if some name, _ in data.tables", a={"x": 1})
OTHERS = rule("others", "deny contains data.tables.b.y", b={"y": 2})
BROKEN = rule("broken", "deny contains 1 / input.n")
GUARDED = rule("guarded", "applicable if input.n\n\ndeny contains 1 / input.zero")
SLOW = rule(
    "slow",
    "r := numbers.range(1, 3000)\n\n"
    "deny contains 1 if { a := r[_]; b := r[_]; c := r[_]; a + b + c == 0 }",
)
CIDRS = rule("cidrs", 'deny contains x if some x in net.cidr_merge(["10.0.0.0/9", "10.128.0.0/9"])')
RULES = (GOOD, CLOCK, TABLES, OTHERS, BROKEN, GUARDED, SLOW, CIDRS)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("opa_client")
    with served(tmp_path_factory.mktemp("opa"), *RULES) as url:
        yield url


@pytest.fixture
def engine(url: str) -> Iterator[OpaServerEngine]:
    engine = OpaServerEngine(url)
    yield engine
    engine.close()


@pytest.mark.real
def test_it_answers_in_order_with_the_jobs_own_parameters_clock_and_tables(
    engine: OpaServerEngine,
) -> None:
    jobs = [
        job_of(GOOD, {"n": 5}, floor=4),
        job_of(GOOD, {"n": 5}, floor=5),
        job_of(CLOCK, {}),
        job_of(TABLES, None),
        job_of(OTHERS, []),
        job_of(CIDRS, {}),
    ]
    answers = [answer.values for answer in engine.evaluate(jobs)]
    assert answers == [([5],), ([],), ([42],), (["a"],), ([2],), (["10.0.0.0/8"],)]
    assert engine.version.count(".") == 2


@pytest.mark.real
def test_an_error_of_a_builtin_is_an_error_and_harms_no_other_job(
    engine: OpaServerEngine,
) -> None:
    broken, good = engine.evaluate([job_of(BROKEN, {"n": 0}), job_of(GOOD, {"n": 1}, floor=0)])
    assert "broken.rego:3" in str(broken.error)
    assert "divide by zero" in str(broken.error)
    assert good.values == ([1],)


@pytest.mark.real
def test_where_the_guard_refuses_nothing_else_is_asked(engine: OpaServerEngine) -> None:
    refused, asked = engine.evaluate(
        [job_of(GUARDED, {"zero": 0}), job_of(GUARDED, {"zero": 1, "n": 2})]
    )
    assert refused.values == (UNDEFINED,)
    assert asked.values == (True, [1])


@pytest.mark.real
def test_a_runaway_policy_times_out_and_the_next_answers(url: str) -> None:
    engine = OpaServerEngine(url, limits=EngineLimits(seconds=2))
    slow, good = engine.evaluate([job_of(SLOW, {}), job_of(GOOD, {"n": 1}, floor=0)])
    assert slow.error == "timed out after 2 s"
    assert good.values == ([1],)
    engine.close()


@pytest.mark.real
def test_too_much_output_is_an_error(url: str) -> None:
    engine = OpaServerEngine(url, limits=EngineLimits(output_bytes=3))
    (answer,) = engine.evaluate([job_of(GOOD, {"n": 1}, floor=0)])
    assert "over the limit of 3" in str(answer.error)
    engine.close()


@pytest.mark.real
@pytest.mark.parametrize(
    "stranger",
    [
        rule("good", "deny contains input.n if input.n >= data.params.floor"),
        rule("tables", "deny contains name if some name, _ in data.tables", a={"x": 2}),
        rule("new", "deny contains 1"),
    ],
    ids=["another text", "another table", "another rule"],
)
def test_what_the_bundle_does_not_hold_exactly_so_is_not_asked(
    engine: OpaServerEngine, stranger: Any
) -> None:
    with pytest.raises(PolicyError, match="serves another policy") as caught:
        list(engine.evaluate([job_of(stranger, {})]))
    assert "eidos policy pack" in str(caught.value.hint)


@pytest.mark.real
@pytest.mark.parametrize("query", ["data.t.good.denied", "data.t.good.deny; opa.runtime()", ""])
def test_only_the_paths_of_the_bundle_are_asked(engine: OpaServerEngine, query: str) -> None:
    job = job_of(GOOD, {})
    with pytest.raises(PolicyError):
        list(engine.evaluate([Job(job.program, (Ask(query, {}),), 0)]))


@pytest.mark.real
def test_a_server_without_a_bundle_of_ours_is_said(tmp_path: Path) -> None:
    pytest.importorskip("opa_client")
    from fakes.opa_server import opa_server

    with opa_server(tmp_path) as url:
        engine = OpaServerEngine(url)
        with pytest.raises(PolicyError, match="serves no bundle of eidos") as caught:
            list(engine.evaluate([job_of(GOOD, {})]))
        assert "eidos policy pack" in str(caught.value.hint)
        engine.close()


def ask_again_and_again(engine: OpaServerEngine) -> None:
    for _ in range(600):
        list(engine.evaluate([job_of(GOOD, {"n": 1}, floor=0)]))
        time.sleep(0.1)


@pytest.mark.real
def test_a_bundle_that_comes_meanwhile_is_noticed(tmp_path: Path) -> None:
    pytest.importorskip("opa_client")
    with served(tmp_path, GOOD, flags=("--watch",)) as url:
        engine = OpaServerEngine(url)
        assert [a.values for a in engine.evaluate([job_of(GOOD, {"n": 1}, floor=0)])] == [([1],)]
        write_bundle(tmp_path / "new.tar.gz", CLOCK).replace(tmp_path / "bundle.tar.gz")
        with pytest.raises(PolicyError, match="serves another policy"):
            ask_again_and_again(engine)
        assert [a.values for a in engine.evaluate([job_of(CLOCK, {})])] == [([42],)]
        engine.close()


@pytest.mark.real
def test_a_token_is_needed_and_sent(tmp_path: Path) -> None:
    pytest.importorskip("opa_client")
    folder = tmp_path / "authz"
    folder.mkdir()
    (folder / ".manifest").write_text('{"rego_version": 1, "roots": ["system/authz"]}')
    (folder / "authz.rego").write_text(
        'package system.authz\n\ndefault allow := false\n\nallow if input.path == ["health"]\n\n'
        'allow if input.identity == "secret"\n'
    )
    flags = ("--authorization=basic", "--authentication=token", "authz")
    with served(tmp_path, GOOD, flags=flags) as url:
        engine = OpaServerEngine(url)
        with pytest.raises(EidosError, match="refused: status 401") as caught:
            list(engine.evaluate([job_of(GOOD, {"n": 1}, floor=0)]))
        assert not isinstance(caught.value, PolicyError)
        engine.close()
        engine = OpaServerEngine(url, ServerOptions(token="secret"))  # noqa: S106 -- of this test
        assert [a.values for a in engine.evaluate([job_of(GOOD, {"n": 1}, floor=0)])] == [([1],)]
        engine.close()


@pytest.mark.real
def test_a_private_authority_is_needed_and_taken(tmp_path: Path) -> None:
    pytest.importorskip("opa_client")
    import shutil
    import subprocess

    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate")
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    command = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    files = ("-nodes", "-keyout", "key.pem", "-out", "ca.pem", "-days", "2")
    subprocess.run([*command, *files, *subject], cwd=tmp_path, check=True, capture_output=True)
    tls = ("--tls-cert-file", "ca.pem", "--tls-private-key-file", "key.pem")
    with served(tmp_path, GOOD, flags=tls) as plain:
        url = plain.replace("http:", "https:")
        engine = OpaServerEngine(url)
        with pytest.raises(EidosError, match="certificate that cannot be verified") as caught:
            list(engine.evaluate([job_of(GOOD, {"n": 1}, floor=0)]))
        assert "EIDOS_OPA_CA" in str(caught.value.hint)
        engine.close()
        engine = OpaServerEngine(url, ServerOptions(ca=str(tmp_path / "ca.pem")))
        assert [a.values for a in engine.evaluate([job_of(GOOD, {"n": 1}, floor=0)])] == [([1],)]
        engine.close()


Replies = list[tuple[int, object]]


@contextmanager
def double(replies: Replies, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpaServerEngine]:
    """Give an engine on a server that gives these replies, one after another; 0 hangs up."""
    pytest.importorskip("opa_client")
    monkeypatch.setattr(server, "_PAUSE", 0.001)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            status, body = replies.pop(0)
            if not status:
                self.close_connection = True
                return
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        engine = OpaServerEngine(f"http://127.0.0.1:{listening.server_port}")
        try:
            yield engine
        finally:
            engine.close()
            listening.shutdown()
            thread.join()


JOB = job_of(GOOD, {"n": 1}, floor=0)
ADDRESS = server.program_address(GOOD.modules, {})
ABOUT = {"format": FORMAT, "revision": "r", "programs": {ADDRESS: ["data.t.good.deny"]}}
ASKED = {"revision": "r", "values": [[[1]]]}


def test_what_passes_by_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    replies: Replies = [
        (0, None),
        (503, {}),
        (200, {"result": ABOUT}),
        (0, None),
        (502, b"<html>"),
        (200, {"result": ASKED}),
    ]
    with double(replies, monkeypatch) as engine:
        assert [answer.values for answer in engine.evaluate([JOB])] == [([1],)]
    assert replies == []


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ((0, None), "does not answer"),
        ((503, {}), "refused: status 503"),
    ],
)
def test_it_gives_up_after_some_tries(
    monkeypatch: pytest.MonkeyPatch, reply: tuple[int, object], said: str
) -> None:
    replies: Replies = [reply] * 20
    with (
        double(replies, monkeypatch) as engine,
        pytest.raises(EidosError, match=said) as caught,
    ):
        list(engine.evaluate([JOB]))
    assert caught.value.hint
    assert len(replies) == 16


@pytest.mark.parametrize(
    ("replies", "said"),
    [
        ([(200, b"<html>")], "does not answer as OPA does"),
        ([(403, {"message": "no"})], r"refused: status 403 \(no\)"),
        ([(200, {"result": {"format": 99}})], "the bundle of another version"),
        ([(200, {"result": [1]})], "the bundle of another version"),
        ([(200, {"result": ABOUT}), (200, {"result": {**ASKED, "values": []}})], "0 answers"),
        ([(200, {"result": ABOUT}), (200, {})] * 4, "keeps changing"),
    ],
)
def test_what_it_cannot_use_is_said_at_once(
    monkeypatch: pytest.MonkeyPatch, replies: Replies, said: str
) -> None:
    waiting = list(replies)
    with double(waiting, monkeypatch) as engine, pytest.raises(EidosError, match=said):
        list(engine.evaluate([JOB]))
    assert waiting == []


def test_a_bundle_that_changed_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    replies: Replies = [
        (200, {"result": ABOUT}),
        (200, {"result": {**ASKED, "revision": "s"}}),
        (200, {"result": {**ABOUT, "revision": "s"}}),
        (200, {"result": {**ASKED, "revision": "s"}}),
    ]
    with double(replies, monkeypatch) as engine:
        assert [answer.values for answer in engine.evaluate([JOB])] == [([1],)]


def test_a_server_that_does_not_answer_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("opa_client")
    monkeypatch.setattr(server, "_PAUSE", 0.001)
    engine = OpaServerEngine("http://127.0.0.1:9")
    with pytest.raises(EidosError, match="does not answer") as caught:
        list(engine.evaluate([JOB]))
    assert caught.value.hint
    engine.close()


def test_forbidden_functions_are_refused_before_anything_is_asked() -> None:
    pytest.importorskip("opa_client")
    engine = OpaServerEngine("http://127.0.0.1:9")
    with pytest.raises(PolicyError, match=r"opa\.runtime is forbidden"):
        engine.analyse([Module("p.rego", "package p\n\nx := opa.runtime().env")])
    module = Module("p.rego", 'package p\n\nx := net.cidr_merge(["10.0.0.0/9"])')
    assert engine.analyse([module])[0].rules == {"x": 3}
    engine.close()


def test_names_of_files_do_not_make_another_program() -> None:
    one, two = Module("a/x.rego", "package x"), Module("b/y.rego", "package y")
    moved = Module("c/x.rego", "package x")
    assert server.program_address([one, two], {}) == server.program_address([two, moved], {})
    assert server.program_address([one], {}) != server.program_address([one, two], {})


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
    assert caught.value.hint == "Write http://host:8181."


def test_without_the_extra_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "opa_client", None)
    with pytest.raises(MissingExtraError, match="opa"):
        OpaServerEngine("http://127.0.0.1:8181")


def test_a_program_without_tables_is_one_with_none() -> None:
    assert server._tables(Program("k", ())) == {}
