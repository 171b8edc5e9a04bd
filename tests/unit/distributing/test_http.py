"""HTTP for registries: what is tried again, how long is waited, and who is believed."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from eidos.engine.distributing.authenticating import _challenge
from eidos.engine.distributing.http import Http, PassingError
from eidos.engine.distributing.registry import Registry
from eidos.engine.errors import DistributionError
from eidos.engine.model.artifact import Terms
from fakes.registry import Hub, Odd, registry
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


@pytest.mark.parametrize("proxy", ["ftp://h:1", "socks5://h:1", "http://"])
def test_a_proxy_that_is_none(proxy: str) -> None:
    asked = Registry("h.example/a", Terms(), Clock(), {"HTTPS_PROXY": proxy})
    with pytest.raises(DistributionError):
        asked.manifest("v1")


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
        (["Bearer realm"], None),
        ([""], None),
    ],
)
def test_challenges(headers: list[str], scheme: str | None) -> None:
    found = _challenge(headers)
    assert (found.scheme if found else None) == scheme


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
