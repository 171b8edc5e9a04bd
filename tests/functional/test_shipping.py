"""Bundles and packs on their way: through registries, layouts and archives, and past bad ones."""

import base64
import gzip
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eidos.engine import schema
from eidos.engine.distributing.artifacts import BUNDLE, BUNDLE_CONFIG, LAYER, read_tree
from eidos.engine.documents.archives import archive
from eidos.engine.documents.reading import read_text
from fakes.attested import write_gated
from fakes.keys import write_keys
from fakes.registry import INDEX, Hub, Odd, registry, sha
from fakes.shipped import ENVELOPE, NO_DIGEST, Shell, alone, tree, write_pack

QUICK = ("--timeout", "10s")


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shell:
    monkeypatch.chdir(tmp_path)
    alone(tmp_path, monkeypatch)
    write_gated(tmp_path / "b1")
    write_gated(tmp_path / "b2", "a: 2\n")
    return Shell(capsys)


@pytest.fixture
def bad() -> Iterator[Hub]:
    with registry() as found:
        yield found


def log_in(hub: Hub, tmp_path: Path) -> None:
    packed = base64.b64encode(f"{hub.user}:{hub.password}".encode()).decode()
    (tmp_path / "docker").mkdir(exist_ok=True)
    (tmp_path / "docker" / "config.json").write_text(
        json.dumps({"auths": {hub.host: {"auth": packed}}})
    )


# Registries -------------------------------------------------------------------------------------


def test_push_list_pull(shell: Shell, hub: Hub) -> None:
    place = hub.name("team/demo")
    reference = shell("bundle", "push", "b1", f"{place}:v1", "--digest-file", "d")
    assert reference == f"{place}@{Path('d').read_text().strip()}"
    assert "pushed 6 files" in shell.err
    shell("bundle", "push", "b2", f"{place}:v2", "--move-tag")
    for tag, source in (("v1", "b1"), ("v2", "b2")):
        shell("bundle", "pull", f"{place}:{tag}", "-o", f"out-{tag}")
        assert tree(Path(f"out-{tag}")) == tree(Path(source))
    shell("bundle", "pull", reference, "--to", "by-digest")
    assert tree(Path("by-digest")) == tree(Path("b1"))
    said = shell("bundle", "list", place)
    assert said.splitlines()[0].startswith(f"v1  {reference.rpartition('@')[2]}  demo  gate prod:")
    assert said.endswith(": 2 artifacts")


def test_a_list_for_programs(shell: Shell, hub: Hub) -> None:
    place = hub.name("team/demo")
    for number in range(5):  # more than two pages
        shell("bundle", "push", "b1", f"{place}:v{number}")
    Path("e.json").write_bytes(ENVELOPE)
    shell("bundle", "push", "b2", f"{place}:with", "--attach", "e.json")
    hub.put("team/demo", {"schemaVersion": 2, "mediaType": INDEX, "manifests": []}, "other")
    said = shell("bundle", "list", place, "--with-referrers", "-o", "json")
    assert not list(schema.problems(read_text(said, "out")[0], "artifacts/v1"))
    document = json.loads(said)
    assert [each["tag"] for each in document["artifacts"]] == [*(f"v{n}" for n in range(5)), "with"]
    assert document["artifacts"][-1]["referrers"] == ["application/vnd.dsse.envelope.v1+json"]
    assert document["others"] == 1


def test_a_layout_that_is_none_is_no_empty_one(shell: Shell) -> None:
    shell("bundle", "push", "b1", "oci-layout:there:v1")
    assert shell("bundle", "list", "oci-layout:there").endswith(": 1 artifact")
    Path("folder").mkdir()
    for place in ("their", "there.tar", "folder"):
        shell("bundle", "list", f"oci-layout:{place}", code=2)
        assert f"there is no image layout at '{place}'" in shell.err


def test_the_same_bundle_has_the_same_digest(shell: Shell, hub: Hub) -> None:
    first = shell("bundle", "push", "b1", hub.name("a"))
    shutil.copytree("b1", "elsewhere")
    os.utime("elsewhere/gate.json", (1, 1))
    second = shell("bundle", "push", "elsewhere", hub.name("b"))
    assert first.rpartition("@")[2] == second.rpartition("@")[2]
    assert not hub.tags


def test_a_tag_never_moves_in_silence(shell: Shell, hub: Hub) -> None:
    place = hub.name("team/demo")
    first = shell("bundle", "push", "b1", f"{place}:v1")
    assert shell("bundle", "push", "b1", f"{place}:v1") == first
    shell("bundle", "push", "b2", f"{place}:v1", code=2)
    assert first.rpartition("@")[2] in shell.err
    assert "--move-tag" in shell.err
    second = shell("bundle", "push", "b2", f"{place}:v1", "--move-tag")
    assert hub.tags["team/demo", "v1"] == second.rpartition("@")[2]


def test_a_tag_that_moved_is_told(shell: Shell, hub: Hub) -> None:
    place = hub.name("team/demo")
    digest = shell("bundle", "push", "b1", f"{place}:v1").rpartition("@")[2]
    shell("bundle", "pull", f"{place}:v1", "-o", "o1", "--expect", digest)
    shell("bundle", "pull", f"{place}:v1@{digest}", "-o", "o2")
    shell("bundle", "push", "b2", f"{place}:v1", "--move-tag")
    for words in ([f"{place}:v1", "--expect", digest], [f"{place}:v1@{digest}"]):
        shell("bundle", "pull", *words, "-o", "o3", code=2)
        assert f"v1 has moved: it is {hub.tags['team/demo', 'v1']}, and {digest}" in shell.err
        assert not Path("o3").exists()


def test_what_refers_to_a_bundle_comes_with_it(shell: Shell, hub: Hub) -> None:
    place = hub.name("team/demo")
    Path("e.json").write_bytes(ENVELOPE)
    Path("s.json").write_text('{"bomFormat":"CycloneDX"}')
    Path("more").write_text("more")
    attached = ("--attach", "e.json", "--attach", "s.json", "--attach", "more")
    shell("bundle", "push", "b1", f"{place}:v1", *attached)
    shell("bundle", "push", "b1", f"{place}:v1", *attached)  # again, and nothing is there twice
    shell("bundle", "pull", f"{place}:v1", "-o", "out", "--with-referrers", "refs")
    listed = json.loads(Path("refs/referrers.json").read_text())["referrers"]
    kinds = {each["artifactType"] for each in listed}
    assert len(listed) == 3
    assert kinds == {
        "application/vnd.dsse.envelope.v1+json",
        "application/vnd.cyclonedx+json",
        "application/octet-stream",
    }
    for each in listed:
        (file,) = each["files"]
        content = Path("refs", file["path"]).read_bytes()
        assert sha(content) == file["digest"]
    assert any(file.endswith("0-e.json") for file in tree(Path("refs")))


@pytest.mark.parametrize("auth", ["basic", "bearer"])
def test_credentials_of_the_container_tools(
    shell: Shell, hub: Hub, auth: str, tmp_path: Path
) -> None:
    hub.auth = auth
    place = hub.name("team/demo")
    shell("bundle", "push", "b1", f"{place}:v1", code=2)
    assert "UNAUTHORIZED" in shell.err or "401" in shell.err
    log_in(hub, tmp_path)
    shell("bundle", "push", "b1", f"{place}:v1")
    shell("bundle", "pull", f"{place}:v1", "-o", "out")
    assert tree(Path("out")) == tree(Path("b1"))
    assert hub.password not in shell.out + shell.err


def test_a_wrong_password(shell: Shell, hub: Hub, tmp_path: Path) -> None:
    log_in(hub, tmp_path)
    hub.password, wrong = "another", hub.password
    for hub.auth in ("basic", "bearer"):
        shell("bundle", "list", hub.name("a"), code=2)
        assert "401" in shell.err
        assert wrong not in shell.err


def test_a_private_authority(shell: Shell, tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate")
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    command = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    files = ("-nodes", "-keyout", "key.pem", "-out", "ca.pem", "-days", "2")
    subprocess.run([*command, *files, *subject], cwd=tmp_path, check=True, capture_output=True)
    shutil.copy("ca.pem", "other.pem")
    subprocess.run(
        [*command, "-nodes", "-keyout", "k2.pem", "-out", "other.pem", *subject],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    with registry((Path("ca.pem"), Path("key.pem"))) as hub:
        shell("bundle", "push", "b1", f"{hub.name('a')}:v1", "--ca-file", "ca.pem")
        shell("bundle", "list", hub.name("a"), "--ca-file", "other.pem", code=2)
        assert "cannot be trusted" in shell.err
        assert "--ca-file" in shell.err
        shell("bundle", "list", hub.name("a"), "--ca-file", "key.pem", code=2)
        assert "holds no certificates" in shell.err


def test_plain_http_goes_to_this_machine_only(shell: Shell) -> None:
    with registry(host="127.0.0.2") as hub:
        shell("bundle", "push", "b1", f"{hub.name('a')}:v1", *QUICK, code=2)
        assert not hub.asked
        shell("bundle", "push", "b1", f"{hub.name('a')}:v1", "--plain-http")
        assert hub.tags


def test_a_proxy_is_used_but_not_for_this_machine(
    shell: Shell, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with registry() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("//", f"//ada:{proxy.password}@"))
        shell("bundle", "push", "b1", f"{hub.name('a')}:v1")
        assert not proxy.asked
        shell("bundle", "list", "oci://registry.example/a", "--plain-http", code=2)
        assert proxy.asked[0][1] == "http://registry.example/v2/a/tags/list?n=1000"
        assert proxy.password not in shell.err
        proxy.asked.clear()
        monkeypatch.setenv("NO_PROXY", ".example")
        shell("bundle", "list", "oci://registry.example/a", "--plain-http", *QUICK, code=2)
        assert not proxy.asked


# Copying ----------------------------------------------------------------------------------------


def test_promotion_through_the_air_gap(shell: Shell, hub: Hub) -> None:
    """All that refers to a bundle goes with it, and every digest stays."""
    Path("e.json").write_bytes(ENVELOPE)
    first = shell("bundle", "push", "b1", f"{hub.name('dev')}:v1", "--attach", "e.json")
    digest = first.rpartition("@")[2]
    shell("bundle", "copy", f"{hub.name('dev')}:v1", "oci-layout:carried.tar")
    assert "with 1 that refer to it" in shell.err
    with registry() as other:
        shell("bundle", "copy", "oci-layout:carried.tar:v1", other.name("prod"), "--expect", digest)
        assert other.tags["prod", "v1"] == digest
        shell("bundle", "pull", f"{other.name('prod')}:v1", "-o", "out", "--with-referrers", "refs")
        assert {each for _, each in other.manifests} <= {each for _, each in hub.manifests}
    assert tree(Path("out")) == tree(Path("b1"))
    assert len(json.loads(Path("refs/referrers.json").read_text())["referrers"]) == 1


def test_a_copy_moves_no_tag_either(shell: Shell, hub: Hub) -> None:
    shell("bundle", "push", "b1", f"{hub.name('dev')}:v1")
    shell("bundle", "push", "b2", f"{hub.name('prod')}:v1")
    shell("bundle", "copy", f"{hub.name('dev')}:v1", hub.name("prod"), code=2)
    assert "would become" in shell.err
    shell("bundle", "copy", f"{hub.name('dev')}:v1", f"{hub.name('prod')}:v2", "--no-referrers")


def test_an_index_is_copied_with_all_in_it(shell: Shell, hub: Hub) -> None:
    shell("bundle", "push", "b1", f"{hub.name('dev')}:v1")
    digest = hub.tags["dev", "v1"]
    kind, content = hub.manifests["dev", digest]
    child = {"mediaType": kind, "digest": digest, "size": len(content)}
    whole = hub.put("dev", {"schemaVersion": 2, "mediaType": INDEX, "manifests": [child]}, "all")
    shell("bundle", "copy", f"{hub.name('dev')}:all", hub.name("prod"))
    assert hub.tags["prod", "all"] == whole
    assert ("prod", digest) in hub.manifests
    shell("bundle", "pull", f"{hub.name('prod')}:all", "-o", "out", code=2)
    assert "is no bundle" in shell.err


# Folders and archives ---------------------------------------------------------------------------


def test_an_archive_and_a_folder(shell: Shell) -> None:
    shell("bundle", "push", "b1", "a.tar.gz")
    shell("bundle", "push", "b1", "b.tar.gz")
    assert Path("a.tar.gz").read_bytes() == Path("b.tar.gz").read_bytes()
    shell("bundle", "push", "a.tar.gz", "folder")
    shell("bundle", "pull", "a.tar.gz", "-o", "out")
    assert tree(Path("folder")) == tree(Path("out")) == tree(Path("b1"))
    shell("bundle", "push", "b2", "a.tar.gz", code=2)
    shell("bundle", "push", "b2", "folder", code=2)
    shell("bundle", "push", "b2", "c.tar.gz", "--move-tag", code=2)
    assert tree(Path("folder")) == tree(Path("b1"))


def test_layouts(shell: Shell) -> None:
    shell("bundle", "push", "b1", "oci-layout:l:v1")
    shell("bundle", "push", "b2", "oci-layout:l:v1", code=2)
    shell("bundle", "pull", "oci-layout:l:v1", "-o", "out")
    assert shell("bundle", "list", "oci-layout:l").endswith("oci-layout:l: 1 artifact")


# Packs ------------------------------------------------------------------------------------------


def test_a_pack_travels_byte_for_byte(shell: Shell, hub: Hub, tmp_path: Path) -> None:
    write_pack(tmp_path / "p.tar.gz")
    place = hub.name("policies/gpu")
    reference = shell("policy", "push", "p.tar.gz", f"{place}:1.0.0")
    assert shell("policy", "pull", f"{place}:1.0.0", "-o", "q.tar.gz") == reference
    assert Path("q.tar.gz").read_bytes() == Path("p.tar.gz").read_bytes()
    said = shell("policy", "list-remote", place)
    assert said.startswith(f"1.0.0  {reference.rpartition('@')[2]}  p.tar.gz")
    write_pack(tmp_path / "p.tar.gz", "package demo.other\n")
    shell("policy", "push", "p.tar.gz", f"{place}:1.0.0", code=2)
    shell("policy", "copy", f"{place}:1.0.0", "oci-layout:l")
    shell("policy", "pull", "oci-layout:l:1.0.0", "-o", "p.tar.gz", code=2)
    shell("policy", "pull", "oci-layout:l:1.0.0", "-o", "p.tar.gz", "--force")
    shell("bundle", "pull", f"{place}:1.0.0", "-o", "out", code=2)
    assert "is no bundle: it is application/vnd.eidos.policy.v1" in shell.err


@pytest.mark.parametrize("content", [b"", b"hello", gzip.compress(b"", mtime=0)])
def test_what_is_no_pack_is_not_pushed(shell: Shell, bad: Hub, content: bytes) -> None:
    Path("p.tar.gz").write_bytes(content)
    shell("policy", "push", "p.tar.gz", f"{bad.name('a')}:v1", code=2)
    shell("policy", "push", "absent.tar.gz", f"{bad.name('a')}:v1", code=2)
    assert not bad.asked


# What goes nowhere ------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["byte", "more", "less", "mode", "link"])
def test_a_bundle_that_is_not_whole_is_not_pushed(shell: Shell, bad: Hub, change: str) -> None:
    folder, file = Path("b1"), Path("b1/gate.json")
    if change == "byte":
        file.write_bytes(file.read_bytes().replace(b"passed", b"Passed"))
    elif change == "more":
        (folder / "x").write_text("x")
    elif change == "less":
        file.unlink()
    elif change == "mode":
        file.chmod(0o755)
    else:
        file.rename("gate.json")
        file.symlink_to("../gate.json")
    for target in (f"{bad.name('a')}:v1", "oci-layout:l:v1", "x.tar.gz", "folder"):
        shell("bundle", "push", "b1", target, code=2)
        assert "b1" in shell.err
    assert not bad.asked
    assert not any(Path(each).exists() for each in ("l", "x.tar.gz", "folder"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["bundle", "push", "b1", f"oci://h.example/a@{NO_DIGEST}"], "the digest follows"),
        (["bundle", "push", "b1", f"oci-layout:x:sha256-{'0' * 64}"], "and names no version"),
        (["bundle", "pull", "oci://h.example/a", "-o", "x"], "names no artifact"),
        (["bundle", "pull", "oci://h.example/a:v", "-o", "b1"], "there is something at 'b1'"),
        (["bundle", "pull", "oci://h.example/a:v", "-o", "x", "--expect", "1"], "is no digest"),
        (["bundle", "pull", "h.example/a:v", "-o", "x"], "Write oci://h.example/a:v"),
        (["bundle", "pull", "absent", "-o", "x"], "there is no bundle at"),
        (["bundle", "pull", "absent.tar.gz", "-o", "x"], "no such file"),
        (["bundle", "push", "absent", "oci-layout:l:v"], "there is no bundle at"),
        (["bundle", "push", "b1", "oci-layout:l:v", "--timeout", "0s"], "--timeout"),
        (["bundle", "push", "b1", "x.tar"], "Write x.tar.gz, or oci-layout:x.tar:TAG"),
        (["bundle", "verify", "d/e.tar"], "an archive of one, which ends in .tar.gz or .tgz"),
        (["bundle", "list", "b1"], "holds one tree"),
        (["bundle", "copy", "b1", "oci-layout:l:v"], "holds one tree"),
        (["bundle", "pull", "oci-layout:none:v", "-o", "x"], "has no v"),
    ],
)
def test_usage(shell: Shell, words: list[str], said: str) -> None:
    shell(*words, code=2)
    assert said in shell.err
    assert not Path("x").exists()


def test_what_refers_to_a_bundle_is_no_part_of_it(shell: Shell, bad: Hub) -> None:
    shell("bundle", "push", "b1", f"{bad.name('a')}:v1")
    for folder in ("out", "out/refs", "x/../out/refs", "b1"):
        command = ("bundle", "pull", f"{bad.name('a')}:v1", "-o", "out", "--with-referrers", folder)
        shell(*command, code=2)
        nothing_happened(shell, bad)


@pytest.mark.parametrize(
    "changes",
    [{"decision": "failed"}, {"gate": 5}, {"recipe": {"name": "demo", "digest": NO_DIGEST}}],
    ids=["closed", "no decision", "of another recipe"],
)
def test_what_no_gate_let_through_is_not_shipped(
    shell: Shell, bad: Hub, tmp_path: Path, changes: dict[str, Any]
) -> None:
    write_gated(tmp_path / "odd", **changes)
    shell("bundle", "push", "odd", f"{bad.name('a')}:v1", code=2)
    assert "odd/gate.json" in shell.err
    assert not bad.manifests
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": BUNDLE,
        "config": bad.add(b"{}", BUNDLE_CONFIG),
        "layers": [bad.add(archive(read_tree(Path("odd"))), LAYER)],
    }
    bad.put("a", manifest, "v1")
    shell("bundle", "pull", f"{bad.name('a')}:v1", "-o", "out", code=2)
    assert "gate.json" in shell.err
    assert not Path("out").exists()


# Hostile registries -----------------------------------------------------------------------------


def only(path: str, odd: Odd, method: str = "GET") -> Callable[[str, str], Odd | None]:
    return lambda asked, where: odd if path in where and asked == method else None


ERRORS = {
    401: "answers 401",
    403: "answers 403",
    404: "has no v1",
    418: "answers 418",
    429: "answers 429",
    500: "answers 500",
    503: "answers 503",
}


@pytest.mark.parametrize("status", ERRORS)
def test_a_registry_that_refuses(shell: Shell, bad: Hub, status: int, tmp_path: Path) -> None:
    log_in(bad, tmp_path)
    shell("bundle", "push", "b1", f"{bad.name('a')}:v1")
    leaked = json.dumps({"errors": [{"code": "DENIED", "message": bad.password}]}).encode()
    bad.fault = only("/manifests/", Odd(status, leaked, {"Retry-After": "0"}))
    shell("bundle", "pull", f"{bad.name('a')}:v1", "-o", "out", code=2)
    assert ERRORS[status] in shell.err
    nothing_happened(shell, bad)


@pytest.mark.parametrize("what", ["manifests", "blobs"])
@pytest.mark.parametrize("code", [429, 500, 502, 503])
def test_what_is_passing_is_tried_again(shell: Shell, bad: Hub, what: str, code: int) -> None:
    shell("bundle", "push", "b1", f"{bad.name('a')}:v1")
    left = [Odd(code, b"", {"Retry-After": "0"}), Odd(code)]
    bad.fault = lambda _, path: left.pop() if f"/{what}/" in path and left else None
    shell("bundle", "pull", f"{bad.name('a')}:v1", "-o", "out")
    assert not left
    left += [Odd(code, b"", {"Retry-After": "0"}), Odd(code)]
    shell("bundle", "push", "b2", f"{bad.name('a')}:v2")
    assert not left


@pytest.mark.parametrize("what", ["manifests", "blobs"])
def test_an_answer_that_breaks_off_once_is_asked_for_again(
    shell: Shell, bad: Hub, what: str
) -> None:
    shell("bundle", "push", "b1", f"{bad.name('a')}:v1")
    left = [Odd(body=b"{", length=200)]
    bad.fault = lambda _, path: left.pop() if f"/{what}/" in path and left else None
    shell("bundle", "pull", f"{bad.name('a')}:v1", "-o", "out")
    assert not left
    assert tree(Path("out")) == tree(Path("b1"))


def test_a_registry_that_wants_long_to_be_left_alone(shell: Shell, bad: Hub) -> None:
    bad.fault = lambda *_: Odd(429, b"", {"Retry-After": "86400"})
    shell("bundle", "pull", f"{bad.name('a')}:v1", "-o", "out", code=2)
    assert len(bad.asked) == 1


@pytest.mark.parametrize("path", ["/manifests/", "/blobs/"])
@pytest.mark.parametrize("odd", [Odd(body=b"x" * 9, hang=3), Odd(body=b"{}" * 2000, drip=0.4)])
def test_a_registry_that_hangs(shell: Shell, bad: Hub, path: str, odd: Odd) -> None:
    shell("bundle", "push", "b1", f"{bad.name('a')}:v1")
    bad.fault = only(path, odd)
    shell("bundle", "pull", f"{bad.name('a')}:v1", "-o", "out", "--timeout", "0.5s", code=2)
    assert "did not answer within" in shell.err or "too slowly" in shell.err
    nothing_happened(shell, bad)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_is_ended_leaves_nothing(shell: Shell, bad: Hub, number: signal.Signals) -> None:
    shell("bundle", "push", "b1", f"{bad.name('a')}:v1")
    reached = threading.Event()

    def hang(_: str, path: str) -> Odd | None:
        if "/blobs/" not in path:
            return None
        reached.set()
        return Odd(hang=20)

    bad.fault = hang
    command = [sys.executable, "-m", "eidos.engine", "--no-config", "bundle", "pull"]
    running = subprocess.Popen(
        [*command, f"{bad.name('a')}:v1", "-o", "out"], stderr=subprocess.PIPE, text=True
    )
    assert reached.wait(100)
    running.send_signal(number)
    _, shell.err = running.communicate(timeout=100)
    assert running.returncode in {128 + number, -number}
    nothing_happened(shell, bad)


@pytest.mark.parametrize("path", ["/manifests/", "/blobs/"])
@pytest.mark.parametrize(
    "odd",
    [
        Odd(body=b"{}", length=5000),
        Odd(body=b"{" * 3, length=1),
        Odd(body=b""),
        Odd(body=b"hello", headers={"Content-Type": "text/html"}),
        Odd(body=b'{"schemaVersion":2}', headers={"Docker-Content-Digest": NO_DIGEST}),
        Odd(body=gzip.compress(b"{}", mtime=0), headers={"Content-Encoding": "gzip"}),
        Odd(body=b" " * (5 << 20), headers={"Content-Type": INDEX}),
        Odd(body=b"[" * 200_000, headers={"Content-Type": INDEX}),
    ],
)
def test_a_registry_that_sends_something_else(shell: Shell, bad: Hub, path: str, odd: Odd) -> None:
    shell("bundle", "push", "b1", f"{bad.name('a')}:v1")
    bad.fault = only(path, odd)
    shell("bundle", "pull", f"{bad.name('a')}:v1", "-o", "out", *QUICK, code=2)
    nothing_happened(shell, bad)


@pytest.mark.parametrize("by", ["tag", "digest"])
def test_a_registry_that_lies_about_what_it_gives(shell: Shell, bad: Hub, by: str) -> None:
    """Another manifest, whole and well, in place of the one that is meant."""
    place = bad.name("a")
    first = shell("bundle", "push", "b1", f"{place}:v1").rpartition("@")[2]
    second = shell("bundle", "push", "b2", f"{place}:v2").rpartition("@")[2]
    kind, content = bad.manifests["a", second]
    headers = {"Content-Type": kind, "Docker-Content-Digest": first}
    bad.fault = only("/manifests/", Odd(body=content, headers=headers))
    name = f"{place}:v1" if by == "tag" else f"{place}@{first}"
    shell("bundle", "pull", name, "-o", "out", code=2)
    assert second in shell.err
    nothing_happened(shell, bad)


def test_a_registry_that_keeps_another_manifest(shell: Shell, bad: Hub) -> None:
    bad.fault = only("/manifests/", Odd(201, b"", {"Docker-Content-Digest": NO_DIGEST}), "PUT")
    shell("bundle", "push", "b1", f"{bad.name('a')}:v1", code=2)
    assert "stored another manifest" in shell.err


@pytest.mark.parametrize("auth", ["basic", "bearer"])
@pytest.mark.parametrize("path", ["/manifests/", "/blobs/"])
def test_a_redirect_carries_no_credential_elsewhere(
    shell: Shell, bad: Hub, path: str, auth: str, tmp_path: Path
) -> None:
    log_in(bad, tmp_path)
    bad.auth = auth
    shell("bundle", "push", "b1", f"{bad.name('a')}:v1")
    with registry() as other:
        other.blobs, other.manifests, other.tags = bad.blobs, bad.manifests, bad.tags

        def away(method: str, where: str) -> Odd | None:
            known = bad.asked[-1][2]
            if method == "GET" and path in where and known:
                return Odd(307, b"", {"Location": f"{other.url}{where}"})
            return None

        bad.fault = away
        shell("bundle", "pull", f"{bad.name('a')}:v1", "-o", "out")
        assert other.asked
        assert not any(shown for _, _, shown in other.asked)
    assert tree(Path("out")) == tree(Path("b1"))


def test_a_stranger_who_asks_for_a_credential_after_a_redirect(
    shell: Shell, bad: Hub, tmp_path: Path
) -> None:
    log_in(bad, tmp_path)
    bad.auth = "basic"
    with registry(auth="basic") as other:
        bad.fault = lambda _, path: Odd(307, b"", {"Location": f"{other.url}{path}"})
        shell("bundle", "pull", f"{bad.name('a')}:v1", "-o", "out", code=2)
        assert not any(shown for _, _, shown in other.asked)
    nothing_happened(shell, bad)


@pytest.mark.parametrize(
    "location",
    [
        "",
        "http://192.0.2.1/x",
        "file:///etc/passwd",
        "ftp://h/x",
        "http://ada@127.0.0.1/x",
        "//[x",
        "{}",
    ],
)
def test_redirects_that_lead_astray(shell: Shell, bad: Hub, location: str) -> None:
    """Nowhere, in the open to others, to files, or in circles."""
    target = location.format(f"{bad.url}/v2/a/manifests/v1") if location == "{}" else location
    bad.fault = lambda *_: Odd(302, b"", {"Location": target})
    shell("bundle", "pull", f"{bad.name('a')}:v1", "-o", "out", *QUICK, code=2)
    assert "lead" in shell.err
    nothing_happened(shell, bad)


@pytest.mark.parametrize(
    "realm", ["http://192.0.2.1/token", "file:///x", "", "https://a:b@h.example/t"]
)
def test_a_token_service_in_the_open_gets_no_credential(
    shell: Shell, bad: Hub, realm: str, tmp_path: Path
) -> None:
    log_in(bad, tmp_path)
    bad.auth, bad.realm = "bearer", realm or "x"
    shell("bundle", "pull", f"{bad.name('a')}:v1", "-o", "out", *QUICK, code=2)
    assert "no credential may be sent to" in shell.err
    nothing_happened(shell, bad)


@pytest.mark.parametrize(
    "odd",
    [Odd(500), Odd(403), Odd(body=b"no"), Odd(body=b'{"token":"a\\r\\nX: y"}'), Odd(body=b"[1]")],
)
def test_a_token_service_that_fails(shell: Shell, bad: Hub, odd: Odd, tmp_path: Path) -> None:
    log_in(bad, tmp_path)
    bad.auth = "bearer"
    bad.fault = only("/token", odd)
    shell("bundle", "pull", f"{bad.name('a')}:v1", "-o", "out", code=2)
    nothing_happened(shell, bad)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_an_upload_is_led_elsewhere_without_a_credential(
    shell: Shell, bad: Hub, elsewhere: bool, tmp_path: Path
) -> None:
    log_in(bad, tmp_path)
    bad.auth = "basic"
    with registry() as other:
        target = (other if elsewhere else bad).url + "/v2/a/blobs/uploads/1?state=a%2Fb"

        def away(method: str, _: str) -> Odd | None:
            known = bad.asked[-1][2]
            return Odd(202, b"", {"Location": target}) if method == "POST" and known else None

        bad.fault = away
        other.blobs = bad.blobs
        shell("bundle", "push", "b1", f"{bad.name('a')}:v1")
        assert bool(other.asked) is elsewhere
        assert not any(shown for _, _, shown in other.asked)


def test_lists_without_end(shell: Shell, bad: Hub) -> None:
    count = iter(range(10_000))

    def more(_: str, path: str) -> Odd | None:
        link = f'<{path}?n={next(count)}>; rel="next"'
        return Odd(body=b'{"tags":["v1"]}', headers={"Link": link})

    bad.fault = more
    shell("bundle", "list", bad.name("a"), code=2)
    assert "without end" in shell.err
    bad.fault = lambda *_: Odd(
        body=b"{}", headers={"Link": '<http://127.0.0.1:1/v2/x>; rel="next"'}
    )
    shell("bundle", "list", bad.name("a"), code=2)
    assert "without end" in shell.err


def test_a_list_with_names_that_are_none(shell: Shell, bad: Hub) -> None:
    """No terminal is spoken to, whatever names, kinds and texts a registry gives."""
    shell("bundle", "push", "b1", f"{bad.name('a')}:v1")
    _, content = bad.manifests["a", bad.tags["a", "v1"]]
    texts = {"org.opencontainers.image.title": "\x1b[2J\u009b2J\n", "x": "\u202e"}
    bad.put("a", {**json.loads(content), "annotations": texts}, "v2")
    names = ["v1", "v2", "\x1b[2J", "a\nb", "", "../x", "v" * 129, "ä", 5, None, {"a": 1}, "v1\n"]
    bad.fault = only("/tags/", Odd(body=json.dumps({"tags": names}).encode()))
    assert shell("bundle", "list", bad.name("a")).endswith("2 artifacts")
    for odd in "\x1b\u009b\u202e":
        assert odd not in shell.out + shell.err


def test_a_referrer_that_is_listed_again_and_again(shell: Shell, bad: Hub) -> None:
    bad.referrers_api = False
    Path("e.json").write_bytes(ENVELOPE)
    place = f"{bad.name('a')}:v1"
    digest = shell("bundle", "push", "b1", place, "--attach", "e.json").rpartition("@")[2]
    fallback = digest.replace(":", "-")
    index = json.loads(bad.manifests["a", bad.tags["a", fallback]][1])
    bad.put("a", {**index, "manifests": index["manifests"] * 500}, fallback)
    bad.asked.clear()
    shell("bundle", "pull", place, "-o", "out", "--with-referrers", "refs")
    shell("bundle", "copy", place, "oci-layout:copied")
    assert len(bad.asked) < 50
    assert len(json.loads(Path("refs/referrers.json").read_text())["referrers"]) == 1


def nothing_happened(shell: Shell, hub: Hub) -> None:
    """Nothing is published or left beside its place, and no credential is told."""
    left = {each.name for each in Path.cwd().iterdir()} - {"b1", "b2", "docker", "d"}
    assert not left, left
    assert hub.password not in shell.out + shell.err
    assert base64.b64encode(f"{hub.user}:{hub.password}".encode()).decode() not in shell.err
    assert "Traceback" not in shell.err
    assert "internal error" not in shell.err


# Hostile artifacts ------------------------------------------------------------------------------


def put_layer(hub: Hub, layer: bytes, **more: Any) -> None:
    """Put a bundle whose layer is anything."""
    hub.put(
        "a",
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "artifactType": BUNDLE,
            "config": hub.add(b"{}", BUNDLE_CONFIG),
            "layers": [hub.add(layer, LAYER)],
            **more,
        },
        "v1",
    )


def tar_of(*members: tuple[str, bytes, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, type_, content in members:
            member = tarfile.TarInfo(name)
            member.type, member.size, member.linkname = type_, len(content), "/etc/passwd"
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def bundle_tar(folder: str, *more: tuple[str, bytes, bytes]) -> bytes:
    """Pack a whole bundle, with something more."""
    files = [(name, tarfile.REGTYPE, each[0]) for name, each in tree(Path(folder)).items()]
    return tar_of(*files, *more)


@pytest.mark.parametrize(
    "more",
    [
        ("../x", tarfile.REGTYPE, b"x"),
        ("/tmp/x", tarfile.REGTYPE, b"x"),  # noqa: S108 -- where nothing may go
        ("a/../../x", tarfile.REGTYPE, b"x"),
        ("link", tarfile.SYMTYPE, b""),
        ("link", tarfile.LNKTYPE, b""),
        ("dev", tarfile.CHRTYPE, b""),
        ("dev", tarfile.BLKTYPE, b""),
        ("pipe", tarfile.FIFOTYPE, b""),
        ("gate.json", tarfile.REGTYPE, b"{}"),
        ("GATE.json", tarfile.REGTYPE, b"{}"),
        ("Install.sh/x", tarfile.REGTYPE, b"{}"),
        ("extra", tarfile.REGTYPE, b"x"),
        ("\x1b]0;x\x07", tarfile.REGTYPE, b"x"),
        ("zeros", tarfile.REGTYPE, bytes(100 << 20)),
    ],
)
def test_a_layer_with_something_more(
    shell: Shell, bad: Hub, more: tuple[str, bytes, bytes]
) -> None:
    put_layer(bad, bundle_tar("b1", more))
    shell("bundle", "pull", f"{bad.name('a')}:v1", "-o", "out", code=2)
    assert "\x1b" not in shell.err
    nothing_happened(shell, bad)
    assert not Path("../x").exists()


def test_a_layer_whose_modes_are_wrong_is_refused(shell: Shell, bad: Hub) -> None:
    put_layer(bad, bundle_tar("b1"))
    shell("bundle", "pull", f"{bad.name('a')}:v1", "-o", "out", code=2)
    assert "install.sh is altered: it cannot be executed" in shell.err
    assert f"{bad.name('a')}@sha256:" in shell.err  # and not the folder that nobody sees
    nothing_happened(shell, bad)


def test_a_layer_that_holds_another_bundle_than_said(shell: Shell, bad: Hub) -> None:
    shell("bundle", "push", "b1", f"{bad.name('a')}:v1")
    _, content = bad.manifests["a", bad.tags["a", "v1"]]
    shell("bundle", "push", "b2", f"{bad.name('a')}:v2")
    _, other = bad.manifests["a", bad.tags["a", "v2"]]
    swapped = {**json.loads(content), "layers": json.loads(other)["layers"]}
    bad.put("a", swapped, "v3")
    shell("bundle", "pull", f"{bad.name('a')}:v3", "-o", "out", code=2)
    assert "says it holds the bundle" in shell.err
    nothing_happened(shell, bad)


def test_the_name_of_a_file_writes_no_line_of_ours(shell: Shell, bad: Hub) -> None:
    Path("b1/x\nb1: trust replayed").write_text("x")
    for words in (("push", "b1", bad.name("a")), ("verify", "b1")):
        shell("bundle", *words, code=(1, 2))
        assert "is not part of the bundle" in shell.out + shell.err
        assert "\nb1: trust replayed" not in shell.out + shell.err


@pytest.mark.parametrize("size", [1, 10_000, 1 << 39, -1, "7", None, 1.5, True])
def test_a_layer_of_another_size_than_said(shell: Shell, bad: Hub, size: Any) -> None:
    layer = {**bad.add(bundle_tar("b1"), LAYER), "size": size}
    put_layer(bad, b"", layers=[layer])
    shell("bundle", "pull", f"{bad.name('a')}:v1", "-o", "out", *QUICK, code=2)
    nothing_happened(shell, bad)


@pytest.mark.parametrize(
    "change",
    [
        {"artifactType": "application/vnd.example.other"},
        {"artifactType": 5},
        {"artifactType": "\x1b[2J"},
        {"layers": []},
        {"layers": [{}]},
        {"layers": "x"},
        {"layers": [{"mediaType": "a/b", "digest": NO_DIGEST, "size": 1}] * 1001},
        {"layers": [{"mediaType": LAYER, "digest": "sha256:../../x", "size": 1}]},
        {"layers": [{"mediaType": LAYER, "digest": NO_DIGEST, "size": 1}]},
        {"config": None},
        {"manifests": [{"mediaType": "a/b", "digest": NO_DIGEST, "size": 1}]},
        {"schemaVersion": 1},
        {"mediaType": "application/vnd.docker.distribution.manifest.v1+prettyjws"},
        {"annotations": {"a": 1}},
        {"subject": 5},
    ],
)
def test_a_manifest_of_something_else(shell: Shell, bad: Hub, change: dict[str, Any]) -> None:
    put_layer(bad, bundle_tar("b1"), **change)
    shell("bundle", "pull", f"{bad.name('a')}:v1", "-o", "out", *QUICK, code=2)
    assert "\x1b" not in shell.err
    nothing_happened(shell, bad)


def test_a_layer_before_the_one_that_is_looked_at(shell: Shell, bad: Hub) -> None:
    """Flux deploys the first layer, whatever its media type."""
    layers = [bad.add(b"x", "application/vnd.cncf.flux.content.v1.tar+gzip")]
    layers.append(bad.add(bundle_tar("b1"), LAYER))
    put_layer(bad, b"", layers=layers)
    shell("bundle", "verify", f"{bad.name('a')}:v1", code=2)
    assert "is no bundle" in shell.err
    assert "with 2 layers" in shell.err


def test_attestations_in_a_layer_are_deployed_with_it(shell: Shell, bad: Hub) -> None:
    """No manifest lists them, so that whoever deploys the layer would deploy what nobody knows."""
    hidden = ("attestations/a.sigstore.json", tarfile.REGTYPE, b'{"kind":"Namespace"}')
    put_layer(bad, bundle_tar("b1", hidden))
    for words in (("verify", f"{bad.name('a')}:v1"), ("pull", f"{bad.name('a')}:v1", "-o", "out")):
        shell("bundle", *words, code=2)
        assert "holds attestations/a.sigstore.json, which is no part of the bundle" in shell.err
    nothing_happened(shell, bad)


def test_an_index_that_holds_itself(shell: Shell, bad: Hub) -> None:
    """No true digest can do this; a registry that lies can."""
    entry = {"mediaType": INDEX, "digest": NO_DIGEST, "size": 1}
    document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}
    content = json.dumps(document).encode()
    bad.fault = only("/manifests/", Odd(body=content, headers={"Content-Type": INDEX}))
    shell("bundle", "copy", f"{bad.name('a')}:v1", "oci-layout:out", code=2)
    assert "another manifest" in shell.err
    assert not Path("out/index.json").exists()


def test_indexes_that_go_down_without_end(shell: Shell, bad: Hub) -> None:
    digest = bad.put("a", {"schemaVersion": 2, "mediaType": INDEX, "manifests": []})
    for _ in range(30):
        size = len(bad.manifests["a", digest][1])
        entry = {"mediaType": INDEX, "digest": digest, "size": size}
        digest = bad.put("a", {"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}, "v1")
    shell("bundle", "copy", f"{bad.name('a')}:v1", "oci-layout:out", code=2)
    assert "hang together" in shell.err


def test_referrers_that_refer_to_something_else(shell: Shell, bad: Hub) -> None:
    """Who may write there can list anything; what does not say so itself is not taken."""
    bad.referrers_api = False
    digest = shell("bundle", "push", "b1", f"{bad.name('a')}:v1").rpartition("@")[2]
    other = shell("bundle", "push", "b2", f"{bad.name('a')}:v2").rpartition("@")[2]
    kind, content = bad.manifests["a", other]
    entry = {"mediaType": kind, "digest": other, "size": len(content)}
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}
    bad.put("a", index, digest.replace(":", "-"))
    shell(
        *("bundle", "pull", f"{bad.name('a')}:v1", "-o", "out", "--with-referrers", "refs"), code=2
    )
    assert "does not refer" in shell.err
    nothing_happened(shell, bad)
    shell("bundle", "copy", f"{bad.name('a')}:v1", "oci-layout:out", code=2)
    shell("bundle", "copy", f"{bad.name('a')}:v1", "oci-layout:alone", "--no-referrers")


def test_one_large_blob_that_is_named_again_and_again(shell: Shell, bad: Hub) -> None:
    """It would fill any disk, and was pushed once; a copy gets it once."""
    digest = shell("bundle", "push", "b1", f"{bad.name('a')}:v1").rpartition("@")[2]
    kind, content = bad.manifests["a", digest]
    small = bad.add(b"x", "a/b")
    for number in range(4):
        bad.put(
            "a",
            {
                "schemaVersion": 2,
                "mediaType": kind,
                "config": small,
                "layers": [small] * (number + 1),
                "subject": {"mediaType": kind, "digest": digest, "size": len(content)},
            },
        )
    bad.asked.clear()
    shell("bundle", "copy", f"{bad.name('a')}:v1", "oci-layout:copied")
    assert [path for _, path, _ in bad.asked].count(f"/v2/a/blobs/{small['digest']}") == 1
    large = {**small, "size": 200 << 20}
    bad.put(
        "a", {**json.loads(content), "layers": [large] * 3, "subject": {**small, "digest": digest}}
    )
    shell("bundle", "pull", f"{bad.name('a')}:v1", "-o", "out", "--with-referrers", "refs", code=2)
    assert "has more than 536,870,912 bytes" in shell.err
    shutil.rmtree("copied")
    nothing_happened(shell, bad)


def test_a_title_names_no_file_outside(shell: Shell, bad: Hub) -> None:
    shell("bundle", "push", "b1", f"{bad.name('a')}:v1")
    digest = bad.tags["a", "v1"]
    kind, content = bad.manifests["a", digest]
    for title in ("../../x", "/etc/x", "a/b", "..", "", "x\x1b", "n" * 300):
        bad.put(
            "a",
            {
                "schemaVersion": 2,
                "mediaType": kind,
                "config": bad.add(b"{}", "application/vnd.oci.empty.v1+json"),
                "layers": [
                    bad.add(
                        title.encode(), "a/b", annotations={"org.opencontainers.image.title": title}
                    )
                ],
                "subject": {"mediaType": kind, "digest": digest, "size": len(content)},
            },
        )
    shell("bundle", "pull", f"{bad.name('a')}:v1", "-o", "out", "--with-referrers", "refs")
    files = [file for file in tree(Path("refs")) if file != "referrers.json"]
    assert len(files) == 7
    assert all(file.endswith("/0-content") for file in files)


def test_two_who_attach_at_once_through_a_tag(shell: Shell, bad: Hub) -> None:
    """Another's entry is written between our reading and our writing: both stay."""
    bad.referrers_api = False
    digest = shell("bundle", "push", "b1", f"{bad.name('a')}:v1").rpartition("@")[2]
    fallback = digest.replace(":", "-")
    theirs = {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": NO_DIGEST,
        "size": 1,
    }
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [theirs]}
    lost: list[str] = []

    def between(method: str, path: str) -> Odd | None:
        if method != "PUT" or fallback not in path or lost:
            return None
        lost.append(path)
        bad.put("a", index, fallback)  # they write last
        return Odd(201)

    bad.fault = between
    Path("e.json").write_bytes(ENVELOPE)
    shell("bundle", "push", "b1", f"{bad.name('a')}:v1", "--attach", "e.json")
    _, content = bad.manifests["a", bad.tags["a", fallback]]
    digests = [each["digest"] for each in json.loads(content)["manifests"]]
    assert digests[0] == NO_DIGEST
    assert len(digests) == 2


def test_what_cannot_be_attached_leaves_nothing_pushed(shell: Shell, bad: Hub) -> None:
    """A pipe among it, which would let whoever opens it wait for ever."""
    os.mkfifo("d")
    for words in (
        ("bundle", "push", "b1", f"{bad.name('a')}:v1", "--attach", "d"),
        ("bundle", "push", "b1", f"{bad.name('a')}:v1", "--attach", "absent.json"),
        ("policy", "push", "d", f"{bad.name('a')}:v1"),
        ("bundle", "push", "b1", f"{bad.name('a')}:v1", "--ca-file", "d"),
    ):
        shell(*words, code=2)
    assert not bad.manifests
    nothing_happened(shell, bad)


@pytest.mark.parametrize(
    "call",
    [
        "bundle verify x.tar.gz",
        "bundle push x.tar.gz oci-layout:l:v1",
        "bundle pull x.tar.gz -o out",
        "bundle list oci-layout:x.tar",
        "policy verify x.tar.gz --key key.pub",
    ],
)
def test_a_pipe_that_is_called_as_an_archive_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("x.tar.gz")
    os.mkfifo("x.tar")
    write_keys(tmp_path, "ed25519")
    command = (sys.executable, "-m", "eidos.engine", "--no-config", *call.split())
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, "not a regular file" in done.stderr) == (2, True), done.stderr
