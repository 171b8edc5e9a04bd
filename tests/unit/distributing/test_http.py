"""HTTP for registries: what is tried again, how long is waited, and who is believed."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eidos.engine.distributing.authenticating import Authenticator, _challenge
from eidos.engine.distributing.http import Http, PassingError
from eidos.engine.distributing.registry import Registry
from eidos.engine.errors import DistributionError
from eidos.engine.model.artifact import Terms
from fakes.http_server import raw_server
from fakes.registry import INDEX, Hub, Odd, registry
from fakes.shipped import Clock


@pytest.fixture
def hub() -> Iterator[Hub]:
    with registry() as found:
        yield found


def opened(hub: Hub, clock: Clock, **environ: str) -> Registry:
    return Registry(f"{hub.host}/a", Terms(timeout=20), clock, environ)


@pytest.mark.parametrize(
    ("after", "waited"),
    [
        ({}, [0.5, 1.0, 2.0, 4.0]),
        ({"Retry-After": "7"}, [7.0] * 4),
        ({"Retry-After": "Thu, 26 Nov 2026 12:00:09 GMT"}, [9.0] * 4),
        ({"Retry-After": "Thu, 26 Nov 2026 11:00:00 GMT"}, [0.0] * 4),
        ({"Retry-After": "soon"}, [0.5, 1.0, 2.0, 4.0]),
        ({"Retry-After": "-5"}, [0.5, 1.0, 2.0, 4.0]),
        ({"Retry-After": "Thu, 26 Nov 2026 12:00:09 +99999999999999"}, [0.5, 1.0, 2.0, 4.0]),
        ({"Retry-After": "Thu, 26 Nov 2026 99999999999999999999:00:00 GMT"}, [0.5, 1.0, 2.0, 4.0]),
        ({"Retry-After": "Thu, 26 Nov 99999999999 12:00:00 GMT"}, [0.5, 1.0, 2.0, 4.0]),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 -2359"}, []),
        ({"Retry-After": "61"}, []),
        ({"Retry-After": "9" * 500}, []),
    ],
)
def test_how_long_is_waited(hub: Hub, after: dict[str, str], waited: list[float]) -> None:
    clock = Clock()
    hub.fault = lambda *_: Odd(503, b"", after)
    with pytest.raises(PassingError, match="answers 503"):
        opened(hub, clock).manifest("v1")
    assert clock.waited == waited
    assert len(hub.asked) == len(waited) + 1


def test_what_cannot_be_reached_is_not_tried_again() -> None:
    clock = Clock()
    nobody = Registry("127.0.0.1:1/a", Terms(timeout=20), clock, {})
    with pytest.raises(DistributionError, match="cannot be reached"):
        nobody.manifest("v1")
    assert clock.waited == []
    behind = Registry("h.example/a", Terms(timeout=20), clock, {"HTTPS_PROXY": "127.0.0.1:1"})
    with pytest.raises(DistributionError, match=r"the proxy 127\.0\.0\.1:1 cannot be reached"):
        behind.manifest("v1")
    assert clock.waited == []


@pytest.mark.parametrize("proxy", ["ftp://h:1", "socks5://h:1", "http://"])
def test_a_proxy_that_is_none(proxy: str) -> None:
    asked = Registry("h.example/a", Terms(), Clock(), {"HTTPS_PROXY": proxy})
    with pytest.raises(DistributionError, match="HTTPS_PROXY names no proxy"):
        asked.manifest("v1")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.0 407 s3cr3t\r\n\r\n", "answers 407 for h.example"),
        (b"HTTP/1.0 502 s3cr3t\r\n\r\n", "answers 502 for h.example"),
    ],
)
def test_a_proxy_that_refuses_is_named(answer: bytes, said: str) -> None:
    """It is not the registry that is at fault, and what the proxy says may be anything."""
    with raw_server(answer) as proxy:
        environ = {"HTTPS_PROXY": f"ada:s3cr3t@{proxy}"}
        with pytest.raises(DistributionError, match=said) as refused:
            Registry("h.example/a", Terms(timeout=20), Clock(), environ).manifest("v1")
    message = f"{refused.value} {refused.value.hint}"
    assert message.startswith(f"the proxy {proxy} ")
    assert "s3cr3t" not in message


def test_a_server_without_tls_is_told_as_one() -> None:
    with (
        raw_server(b"HTTP/1.0 400 Bad Request\r\n\r\n") as host,
        pytest.raises(DistributionError, match="does not answer by TLS") as refused,
    ):
        Http(Terms(timeout=20), Clock(), {}).send("GET", f"https://{host}/v2/", {})
    assert "--plain-http" in (refused.value.hint or "")


@pytest.mark.parametrize(
    ("host", "terms", "plain"),
    [
        ("localhost:5000", Terms(), True),
        ("127.0.0.1", Terms(), True),
        ("[::1]:5000", Terms(), True),
        ("localhost", Terms(ca_file=Path("ca.pem")), False),
        ("localhost.example", Terms(), False),
        ("127.0.0.1.example", Terms(), False),
        ("192.0.2.1", Terms(), False),
        ("h.example", Terms(plain_http=True), True),
    ],
)
def test_who_is_spoken_to_in_the_open(host: str, terms: Terms, plain: bool) -> None:
    assert Http(terms, Clock(), {}).is_plain(host) is plain


@pytest.mark.parametrize(
    ("headers", "scheme"),
    [
        (['Basic realm="x"', 'Bearer realm="https://h/t",service="s"'], "bearer"),
        (['BASIC realm="x"'], "basic"),
        (["Negotiate"], None),
        ([], None),
        (["Bearer"], "bearer"),
        (["Bearer realm"], "bearer"),
        (["Bearer realm="], "bearer"),
        (["Bearer ===="], None),
        (["Negotiate abc==, Basic realm=x"], "basic"),
        (['Digest realm=x, qop="auth,auth-int", Basic'], "basic"),
        ([""], None),
        (["Bearer " + "a=b," * 9999], "bearer"),
    ],
)
def test_challenges(headers: list[str], scheme: str | None) -> None:
    found = _challenge(headers)
    assert (found.scheme if found else None) == scheme


@pytest.mark.parametrize(
    "headers",
    [
        ['Basic realm="x", Bearer realm="https://h/t",service="s"'],
        ['Bearer realm="https://h/t",service="s", Basic realm="x"'],
        ['Bearer  realm = "https://h/t" ,\tSERVICE = s', "Basic"],
        ['Digest realm="y", Bearer realm="https://h/t"', 'Bearer service="s"'],
    ],
)
def test_several_challenges(headers: list[str]) -> None:
    found = _challenge(headers)
    assert found is not None
    assert (found.said["realm"], found.said["service"]) == ("https://h/t", "s")


@given(st.text(max_size=60) | st.from_regex(r"(Bearer|Basic)?[ ,=\"a\\]{0,20}", fullmatch=True))
def test_any_challenge_is_read(header: str) -> None:
    _challenge([header])


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("begin", "part", "pause"),
    [
        (b"", b"H", 0.05),
        (OK, b"X", 0.05),
        (OK + b"X: ", b"y" * 1000, 0),
        (OK, b"X: y\r\n", 0),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0),
        (OK + b"\r\n", b"y", 0.05),
        (OK + b"Content-Length: 9999\r\n\r\n", b"y", 0.05),
        (CHUNKED + b"5;", b"y", 0.05),
        (CHUNKED + b"5;", b"y" * 1000, 0),
        (CHUNKED, b"1\r\ny\r\n", 0.05),
        (CHUNKED + b"0\r\n", b"X: y\r\n" * 100, 0),
        (b"HTTP/1.1 403 No\r\n\r\n", b"y", 0.05),
        (b"HTTP/1.1 302 Away\r\nLocation: /x\r\n", b"X", 0.05),
    ],
)
def test_no_server_keeps_us_for_ever(
    monkeypatch: pytest.MonkeyPatch, begin: bytes, part: bytes, pause: float
) -> None:
    """Something comes all the time, and never all: no timeout of a socket would end it."""
    monkeypatch.setattr("eidos.engine.distributing.http._WAITS", ())
    with raw_server(begin, part, pause) as host:
        asked = Registry(f"{host}/a", Terms(timeout=1), Clock(), {})
        with pytest.raises(DistributionError):
            asked.manifest("v1")
        asked.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-x\r\n",
        b"{}",
        b"HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 204 X\r\nContent-Length: 2\r\n\r\n{}",
        OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
        OK + b"Content-Length: -2\r\n\r\n{}x",
        OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}",
        CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n",
        CHUNKED + b"zz\r\nhello\r\n0\r\n\r\n",
    ],
)
def test_an_answer_that_is_none(answer: bytes) -> None:
    with raw_server(answer) as host:
        asked = Registry(f"{host}/a", Terms(timeout=20), Clock(), {})
        with pytest.raises(DistributionError):
            asked.manifest("v1")
        asked.close()


def test_an_answer_may_take_long_that_comes() -> None:
    """The time to wait is for more, and not for all."""
    head = f"Content-Type: {INDEX}\r\nContent-Length: 2600000\r\n\r\n".encode()
    begin = OK + head + b'{"schemaVersion":2,"manifests":[]}'
    with raw_server(begin, b" " * 65_000, 0.08) as host:
        asked = Registry(f"{host}/a", Terms(timeout=2), Clock(), {})
        assert asked.manifest("v1") is not None
        asked.close()


ELSEWHERE = [
    "https://127.0.0.1/",
    "https://LOCALHOST./",
    "https://a.localhost/",
    "https://127.1/",
    "https://127.8.9.1/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://2130706433/",
    "https://0.0.0.0/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://169.254.169.254/",
    "https://[fe80::1]/",
    "https://127.0.0.1\\.example/",
    "https://registry.example\\.evil.example/",
    "https://evil.example\\@registry.example/",
    "https://127.0.0.1%2eexample/",
    "https://127。0。0。1/",
    "https://:pw@other.example/",
    "https://@other.example/",
    "https://a b/",
    "https://other.example:99999/",
    "http://other.example/",
    "gopher://other.example/",
]


@pytest.mark.parametrize("location", ELSEWHERE)
def test_places_that_none_is_led_to(location: str) -> None:
    """This machine under another name, and addresses that two readers read as two hosts."""
    http = Http(Terms(), Clock(), {})
    with pytest.raises(DistributionError, match="leads to"):
        http.beside("https://registry.example/v2/", location)


@pytest.mark.parametrize("realm", [*ELSEWHERE, "", "x", "file:///x", "socks5://other.example/"])
def test_token_services_that_none_is_sent_to(realm: str) -> None:
    asked = Authenticator(Http(Terms(), Clock(), {}), "registry.example", lambda: None)
    with pytest.raises(DistributionError, match="no credential may be sent to"):
        asked._realm(realm)


@pytest.mark.parametrize(
    "location",
    ["https://other.example/x", "/x", "https://10.0.0.1:8443/x", "https://[2001:db8::1]/"],
)
def test_places_that_one_may_be_led_to(location: str) -> None:
    assert Http(Terms(), Clock(), {}).beside("https://registry.example/v2/", location)


def test_what_is_missing_is_named_by_its_extra(tmp_path: Path) -> None:
    for name, place in (("urllib3", "oci://h.example/a:v"), ("obstore", "s3://bucket/a:v")):
        (tmp_path / f"{name}.py").write_text("raise ImportError")
        command = [sys.executable, "-m", "eidos.engine", "--no-config", "bundle", "pull", place]
        done = subprocess.run(
            [*command, "-o", "out"],
            cwd=tmp_path,
            env={"PYTHONPATH": str(tmp_path), "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        extra = {"urllib3": "oci", "obstore": "cloud"}[name]
        assert done.returncode == 2, done.stderr
        assert f"needs the optional part '{extra}'" in done.stderr
        assert f"pip install '.[{extra}]'" in done.stderr
        (tmp_path / f"{name}.py").unlink()
