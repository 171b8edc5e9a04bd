"""Bundles in object stores: S3 and Azure by real ones, Google's by a double; alike in all."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from eidos.engine.distributing.artifacts import attached_artifact, pack_artifact, put_artifact
from eidos.engine.distributing.checking import take_manifest, taken_blob
from eidos.engine.distributing.clouds import CloudObjects
from eidos.engine.distributing.layout import Layout
from eidos.engine.errors import DistributionError, UsageError
from eidos.engine.model.artifact import Terms
from fakes.attested import write_gated
from fakes.between import Between, between
from fakes.real_stores import STORES, VARIABLES, Store
from fakes.registry import Odd, registry
from fakes.shipped import ENVELOPE, Shell, tree

pytestmark = pytest.mark.real
ONE = pack_artifact(b"one", "r1", "p.tar.gz")
TWO = pack_artifact(b"two", "r2", "p.tar.gz")
QUICK = ("--timeout", "20s")
BARE = {"Last-Modified": "Thu, 26 Nov 2026 12:00:00 GMT"}
KNOWN = {**BARE, "ETag": '"1"', "x-goog-generation": "1"}
"""What stores say of an object."""
_GROUPED = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in STORES]


@pytest.fixture(scope="module", params=_GROUPED)
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    with STORES[request.param](tmp_path_factory.mktemp(request.param)) as found:
        yield found


@pytest.fixture
def place(store: Store, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """A place of its own for each test, and all that opens it in the environment."""
    for name in (*VARIABLES, "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in store.environ.items():
        monkeypatch.setenv(name, value)
    return f"{store.place}/{re.sub('[^a-z0-9]', '-', request.node.name)}"


@pytest.fixture
def way(store: Store, place: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Between]:
    """Who stands before the store."""
    assert place
    with between(store.environ[store.endpoint]) as found:
        monkeypatch.setenv(store.endpoint, found.url)
        yield found


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shell:
    monkeypatch.chdir(tmp_path)
    write_gated(tmp_path / "b1")
    write_gated(tmp_path / "b2", "a: 2\n")
    (tmp_path / "e.json").write_bytes(ENVELOPE)
    return Shell(capsys)


def opened(place: str, store: Store, timeout: float = 20, **environ: str) -> CloudObjects:
    return CloudObjects(place, Terms(timeout=timeout), {**store.environ, **environ})


def nothing_told(shell: Shell, store: Store) -> None:
    assert store.environ[store.secret] not in shell.out + shell.err
    assert "Signature" not in shell.err
    assert "Traceback" not in shell.err
    assert not Path("out").exists()


# What objects do --------------------------------------------------------------------------------


def test_objects(place: str, store: Store) -> None:
    objects = opened(place, store)
    assert objects.read("a/b", 9) is None
    assert list(objects.chunks("a/b", 9)) == []
    assert not objects.has("a/b")
    assert objects.create("a/b", b"1")
    assert not objects.create("a/b", b"2")
    assert objects.has("a/b")
    first = objects.read("a/b", 9)
    assert first is not None
    assert first[0] == b"1"
    assert not objects.swap("a/b", b"2", None)
    assert objects.swap("a/b", b"2", first[1])
    assert not objects.swap("a/b", b"3", first[1])
    assert not objects.swap("absent", b"3", first[1])
    assert objects.read("a/b", 9) != first
    assert list(objects.chunks("a/b", 1)) == [b"2"]
    objects.prove_conditions("a/b", b"2")
    with pytest.raises(DistributionError, match="too large"):
        objects.read("a/b", 0)
    large = bytes(range(256)) * 10_000
    assert objects.create("large", large)
    assert b"".join(objects.chunks("large", len(large))) == large


def test_of_many_who_create_one_does(place: str, store: Store) -> None:
    objects = opened(place, store)
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda number: objects.create("one", b"%d" % number), range(8)))
    assert sum(done) == 1
    assert objects.read("one", 9)[0] == b"%d" % done.index(True)  # type: ignore[index]


def test_of_many_who_swap_none_is_lost(place: str, store: Store) -> None:
    objects = opened(place, store)
    objects.create("count", b"0")

    def add(_: int) -> None:
        while True:
            content, version = objects.read("count", 9) or (b"", "")
            if objects.swap("count", b"%d" % (int(content) + 1), version):
                return

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(12)))
    assert objects.read("count", 9)[0] == b"12"  # type: ignore[index]


def test_a_layout(place: str, store: Store) -> None:
    layout = Layout(place, opened(place, store))
    put_artifact(layout, ONE, "v1")
    put_artifact(layout, ONE, "v2")
    put_artifact(Layout(place, opened(place, store)), attached_artifact(b"{}", "e", ONE.manifest))
    with pytest.raises(UsageError, match="would become"):
        put_artifact(layout, TWO, "v1")
    put_artifact(layout, TWO, "v1", move=True)
    assert layout.tags() == ["v1", "v2"]
    assert take_manifest(layout, "v1").content == TWO.manifest.content
    assert len(layout.referrers(ONE.manifest.descriptor.digest)) == 1
    with taken_blob(layout, ONE.blobs[-1][0]) as content:
        assert content.read() == b"one"


# What users do ----------------------------------------------------------------------------------


def test_bundles(shell: Shell, place: str, store: Store) -> None:
    first = shell("bundle", "push", "b1", f"{place}:v1", "--attach", "e.json")
    assert shell("bundle", "push", "b1", f"{place}:v1") == first
    shell("bundle", "push", "b2", f"{place}:v1", code=2)
    assert "would become" in shell.err
    shell("bundle", "pull", f"{place}:v1", "-o", "pulled", "--with-referrers", "refs")
    assert tree(Path("pulled")) == tree(Path("b1"))
    shell("bundle", "copy", f"{place}:v1", "oci-layout:carried.tar")
    shell("bundle", "copy", "oci-layout:carried.tar:v1", f"{place}/other")
    said = json.loads(shell("bundle", "list", f"{place}/other", "--with-referrers", "-o", "json"))
    assert [each["digest"] for each in said["artifacts"]] == [first.rpartition("@")[2]]
    shell("bundle", "pull", f"{place}/none:v1", "-o", "out", code=2)
    nothing_told(shell, store)


def test_a_lock_brings_packs_again(shell: Shell, place: str) -> None:
    shell("policy", "pack", "gpu", "-o", "gpu.tar.gz")
    shell("policy", "push", "gpu.tar.gz", f"{place}:v1")
    shell("policy", "pull", f"{place}:v1", "-o", "own.tgz", "--lock")
    Path("own.tgz").unlink()
    shell("policy", "pull", "--locked")
    assert Path("own.tgz").read_bytes() == Path("gpu.tar.gz").read_bytes()


def test_many_who_push_at_once_lose_nothing(shell: Shell, place: str) -> None:
    def push(number: int) -> int:
        eidos = (sys.executable, "-m", "eidos.engine", "--no-config")
        command = (*eidos, "bundle", "push", "b1", f"{place}:v{number}")
        return subprocess.run(command, check=False, capture_output=True).returncode

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(push, range(4))) == {0}
    assert shell("bundle", "list", place).endswith("4 artifacts")


# Who is refused ---------------------------------------------------------------------------------


def test_a_wrong_credential(
    shell: Shell, place: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = store.environ[store.secret][::-1]
    monkeypatch.setenv(store.secret, wrong)
    for words in (("push", "b1", f"{place}:v1"), ("pull", f"{place}:v1", "-o", "out")):
        shell("bundle", *words, code=2)
        assert "refuses" in shell.err or "wants to know who asks" in shell.err
        assert wrong not in shell.err
        nothing_told(shell, store)


def test_a_bucket_that_is_not_there(shell: Shell, place: str, store: Store, way: Between) -> None:
    absent = place.replace("bucket", "absent")
    if store.place.startswith("s3"):  # SeaweedFS makes a bucket where there is none
        way.fault = lambda *_: Odd(404, b"<Error><Code>NoSuchBucket</Code></Error>")
    shell("bundle", "push", "b1", f"{absent}:v1", code=2)
    assert "has no such bucket (404" in shell.err
    shell("bundle", "pull", f"{absent}:v1", "-o", "out", code=2)
    nothing_told(shell, store)


# Stores that fail -------------------------------------------------------------------------------

STATUS = {
    400: "answers with an error (400",
    401: "wants to know who asks",
    403: "refuses (403",
    404: "has no",
    429: "Ask again later",
    500: "Ask again later",
    501: "answers with an error (501",
}


@pytest.mark.parametrize("status", STATUS)
def test_a_store_that_answers_with_an_error(
    shell: Shell, place: str, store: Store, way: Between, status: int
) -> None:
    body = f"<Error><Code>X</Code><Message>{store.environ[store.secret]}</Message></Error>"
    for method, words in (
        ("GET", ("pull", f"{place}:v1", "-o", "out")),
        ("PUT", ("push", "b1", f"{place}:v1")),
    ):
        way.fault = lambda asked, _, wanted=method: (
            Odd(status, body.encode()) if asked == wanted else None
        )
        shell("bundle", *words, *QUICK, code=2)
        assert STATUS[status] in shell.err
        nothing_told(shell, store)


def test_what_is_passing_is_tried_again(shell: Shell, place: str, way: Between) -> None:
    left = [Odd(503), Odd(500), Odd(429)]
    way.fault = lambda *_: left.pop() if left else None
    shell("bundle", "push", "b1", f"{place}:v1")
    assert not left
    left += [Odd(503), Odd(429)]
    shell("bundle", "pull", f"{place}:v1", "-o", "pulled")
    assert not left


def test_an_answer_that_breaks_off_is_gone_on_with(shell: Shell, place: str, way: Between) -> None:
    shell("bundle", "push", "b1", f"{place}:v1")
    way.cuts = 3  # the index, the manifest, the layer
    shell("bundle", "pull", f"{place}:v1", "-o", "pulled")
    assert not way.cuts
    assert tree(Path("pulled")) == tree(Path("b1"))


@pytest.mark.parametrize("what", ["index.json", "/sha256/"])
def test_half_an_answer(shell: Shell, place: str, store: Store, way: Between, what: str) -> None:
    shell("bundle", "push", "b1", f"{place}:v1")
    half = Odd(body=b"{", length=500, headers=KNOWN)
    way.fault = lambda method, path: half if method == "GET" and what in path else None
    shell("bundle", "pull", f"{place}:v1", "-o", "out", *QUICK, code=2)
    assert place in shell.err
    nothing_told(shell, store)


def test_a_store_that_hangs(shell: Shell, place: str, store: Store, way: Between) -> None:
    shell("bundle", "push", "b1", f"{place}:v1")
    way.fault = lambda *_: Odd(hang=2.5)
    shell("bundle", "pull", f"{place}:v1", "-o", "out", "--timeout", "1s", code=2)
    assert "did not answer in time" in shell.err
    assert "--timeout" in shell.err
    nothing_told(shell, store)


def test_an_upload_takes_its_time(place: str, store: Store, way: Between) -> None:
    """The time to wait is for an answer, and not for all that is sent."""
    way.pause = 0.5
    objects = opened(place, store, 1, **{store.endpoint: way.url})
    assert objects.create("large", bytes(1 << 20))
    way.pause = 0
    assert objects.has("large")


@pytest.mark.parametrize("passes_over", ["both", "versions", "none is told"])
def test_a_store_that_keeps_no_conditions(
    shell: Shell, place: str, store: Store, way: Between, passes_over: str
) -> None:
    """It would lose what another pushes in the same moment, and say nothing."""
    put, index = Odd(201, headers=KNOWN), Odd(body=b'{"manifests":[]}', headers=BARE)
    count = iter(range(1000))

    def odd(method: str, path: str) -> Odd | None:
        if passes_over == "none is told":
            return index if method == "GET" and "index.json" in path else None
        if method != "PUT" or not path.endswith("oci-layout"):
            return None
        first = next(count) < 2 and passes_over == "versions"
        return None if first else put

    way.fault = odd
    shell("bundle", "push", "b1", f"{place}:v1", code=2)
    assert "knows no conditional" in shell.err or "an answer that is none" in shell.err
    way.fault = None
    shell("bundle", "pull", f"{place}:v1", "-o", "out", code=2)
    nothing_told(shell, store)


def test_a_store_that_lies(shell: Shell, place: str, store: Store, way: Between) -> None:
    shell("bundle", "push", "b1", f"{place}:v1")
    for path, body, said in (
        ("/sha256/", b"{}", "another content"),
        ("index.json", b"{}", "is no image layout"),
        ("index.json", bytes(5 << 20), "too large"),
    ):
        odd = Odd(body=body, headers=KNOWN)
        way.fault = lambda method, where, path=path, odd=odd: (
            odd if method == "GET" and path in where else None
        )
        shell("bundle", "pull", f"{place}:v1", "-o", "out", code=2)
        assert said in shell.err
        nothing_told(shell, store)


# Who is asked, and how --------------------------------------------------------------------------


def test_plain_http_goes_to_this_machine_only(
    shell: Shell, place: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another machine is not asked in the open, and not where another cloud's store is here."""
    here = store.environ[store.endpoint]
    for name in ("AWS_ENDPOINT_URL", "AZURE_STORAGE_ENDPOINT", "GOOGLE_BASE_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with between(here, host="127.0.0.2") as other:
        away = other.url.partition("//")[2]
        for url in (other.url, f"http://localhost:x@{away}", f"http://127.0.0.1:1@{away}"):
            monkeypatch.setenv(store.endpoint, url)
            shell("bundle", "push", "b1", f"{place}:v1", "--timeout", "2s", code=2)
            assert not other.asked
        monkeypatch.setenv(store.endpoint, other.url)
        shell("bundle", "push", "b1", f"{place}:v1", "--plain-http")
        assert other.asked


def test_no_proxy_is_asked_for_this_machine(
    shell: Shell, place: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = store.environ[store.endpoint]
    with registry() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        for host in ("127.0.0.1", "localhost"):
            monkeypatch.setenv(store.endpoint, here.replace("127.0.0.1", host))
            shell("bundle", "push", "b1", f"{place}/{host}:v1")
        assert not proxy.asked


def test_a_private_authority(
    shell: Shell, place: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate")
    command = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    leaf = ("-addext", "basicConstraints=critical,CA:FALSE", "-days", "2", "-nodes")
    for name in ("ca", "other"):
        files = ("-keyout", f"{name}.key", "-out", f"{name}.pem")
        subprocess.run([*command, *subject, *leaf, *files], check=True, capture_output=True)
    with between(store.environ[store.endpoint], (Path("ca.pem"), Path("ca.key"))) as found:
        monkeypatch.setenv(store.endpoint, found.url)
        shell("bundle", "push", "b1", f"{place}:v1", "--ca-file", "ca.pem")
        for authority in ((), ("--ca-file", "other.pem")):
            shell("bundle", "pull", f"{place}:v1", "-o", "out", *authority, *QUICK, code=2)
            assert "cannot be trusted" in shell.err
            assert "--ca-file" in shell.err
        for bad in ("ca.key", "absent.pem"):
            shell("bundle", "pull", f"{place}:v1", "-o", "out", "--ca-file", bad, code=2)
            assert "holds no certificates" in shell.err


@pytest.mark.parametrize(
    "bad", ["http://[x", "s3cr3t", "ftp://h/s3cr3t", "http://h:s3cr3t", "http://u:s3cr3t@h", "//h"]
)
def test_an_endpoint_that_is_none(place: str, store: Store, bad: str) -> None:
    with pytest.raises(UsageError, match=f"{store.endpoint} is no address") as refused:
        opened(place, store, 1, **{store.endpoint: bad})
    assert "s3cr3t" not in f"{refused.value} {refused.value.hint}"
