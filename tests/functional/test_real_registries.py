"""Bundles and packs with real registries, their own clients, and plain OPA."""

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from eidos.engine.bundling.trees import verify_tree
from eidos.engine.distributing.artifacts import BUNDLE, LAYER
from fakes.attested import write_gated
from fakes.keys import write_keys
from fakes.opa_server import opa_server
from fakes.real_registries import REGISTRIES, program, real_registry
from fakes.shipped import ENVELOPE, Shell, tree

pytestmark = pytest.mark.real


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    write_gated(tmp_path / "b1")
    write_gated(tmp_path / "b2", "a: 2\n")
    (tmp_path / "e.json").write_bytes(ENVELOPE)
    return Shell(capsys)


@pytest.fixture(params=REGISTRIES)
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with real_registry(request.param, tmp_path_factory.mktemp("registry")) as found:
        yield found


def do(*command: str) -> str:
    done = subprocess.run(
        [program(command[0]), *command[1:]], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_registry_keeps_bundles_and_what_refers_to_them(shell: Shell, host: str) -> None:
    place = f"oci://{host}/team/demo"
    first = shell("bundle", "push", "b1", f"{place}:v1", "--attach", "e.json")
    assert shell("bundle", "push", "b1", f"{place}:v1", "--attach", "e.json") == first
    shell("bundle", "push", "b2", f"{place}:v1", code=2)
    shell("bundle", "push", "b2", f"{place}:v2")
    shell("bundle", "pull", f"{place}:v1", "-o", "out", "--with-referrers", "refs")
    assert tree(Path("out")) == tree(Path("b1"))
    assert len(json.loads(Path("refs/referrers.json").read_text())["referrers"]) == 1
    listed = json.loads(shell("bundle", "list", place, "--with-referrers", "-o", "json"))
    assert [(each["tag"], len(each["referrers"])) for each in listed["artifacts"]] == [
        ("v1", 1),
        ("v2", 0),
    ]
    shell("bundle", "pull", f"{place}:none", "-o", "x", code=2)
    shell("bundle", "list", f"oci://{host}/no/such", code=2)


def test_attestations_travel_through_a_registry(shell: Shell, host: str, tmp_path: Path) -> None:
    for name, kind in (("key", "ec"), ("second", "ed25519")):
        write_keys(tmp_path, kind, name)
        shell("bundle", "sign", "b1", "--key", f"{name}.pem")
        shell("bundle", "push", "b1", f"oci://{host}/signed:v1")
    shell("bundle", "pull", f"oci://{host}/signed:v1", "--to", "out")
    assert tree(Path("out")) == tree(Path("b1"))
    believed = ("--key", "key.pub", "--key", "second.pub", "--require", "gate,provenance,sbom,2-of")
    shell("bundle", "verify", f"oci://{host}/signed:v1", *believed)
    shell("bundle", "copy", f"oci://{host}/signed:v1", f"oci://{host}/promoted", "--no-referrers")
    shell("bundle", "verify", f"oci://{host}/promoted:v1", *believed, code=1)


def test_oras_and_crane_read_what_we_push(shell: Shell, host: str) -> None:
    reference = shell("bundle", "push", "b1", f"oci://{host}/demo:v1", "--attach", "e.json")
    digest = reference.rpartition("@")[2]
    found = json.loads(
        do("oras", "discover", "--plain-http", "--format", "json", f"{host}/demo:v1")
    )
    assert [each["artifactType"] for each in found["referrers"]] == [
        "application/vnd.dsse.envelope.v1+json"
    ]
    assert do("crane", "digest", f"{host}/demo:v1").strip() == digest
    do("oras", "pull", "--plain-http", f"{host}/demo:v1", "-o", "pulled")
    subprocess.run(["tar", "-xzf", "bundle.tar.gz"], cwd="pulled", check=True)
    Path("pulled/bundle.tar.gz").unlink()
    assert tree(Path("pulled")) == tree(Path("b1"))
    assert verify_tree(Path("pulled")).is_whole


def test_we_read_what_oras_and_crane_push(shell: Shell, host: str) -> None:
    shell("bundle", "push", "b1", "b.tar.gz")
    kind = ("--artifact-type", BUNDLE)
    do("oras", "push", "--plain-http", *kind, f"{host}/demo:v1", f"b.tar.gz:{LAYER}")
    do(
        *("oras", "attach", "--plain-http", "--artifact-type", "application/vnd.example.note"),
        *(f"{host}/demo:v1", "e.json"),
    )
    do("crane", "copy", f"{host}/demo:v1", f"{host}/other:v1")
    for name in ("demo", "other"):
        shell("bundle", "pull", f"oci://{host}/{name}:v1", "-o", name)
        assert tree(Path(name)) == tree(Path("b1"))
    shell("bundle", "pull", f"oci://{host}/demo:v1", "-o", "x", "--with-referrers", "refs")
    assert any(each.endswith("e.json") for each in tree(Path("refs")))


def test_layouts_are_those_of_oras(shell: Shell, host: str) -> None:
    reference = shell("bundle", "push", "b1", f"oci://{host}/demo:v1", "--attach", "e.json")
    shell("bundle", "copy", f"oci://{host}/demo:v1", "oci-layout:ours")
    do("oras", "copy", "-r", "--from-oci-layout", "ours:v1", "--to-plain-http", f"{host}/back:v1")
    do("oras", "copy", "-r", "--from-plain-http", f"{host}/demo:v1", "--to-oci-layout", "theirs:v1")
    shell("bundle", "copy", "oci-layout:theirs:v1", f"oci://{host}/again")
    for name in ("back", "again"):
        said = json.loads(
            shell("bundle", "list", f"oci://{host}/{name}", "--with-referrers", "-o", "json")
        )
        (found,) = said["artifacts"]
        assert found["digest"] == reference.rpartition("@")[2]
        assert found["referrers"] == ["application/vnd.dsse.envelope.v1+json"]


def test_promotion_between_two_kinds_of_registry(
    shell: Shell, host: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = next(each for each in REGISTRIES)
    reference = shell("bundle", "push", "b1", f"oci://{host}/dev:v1", "--attach", "e.json")
    with real_registry(other, tmp_path_factory.mktemp("other")) as there:
        done = shell("bundle", "copy", f"oci://{host}/dev:v1", f"oci://{there}/prod")
        assert done.rpartition("@")[2] == reference.rpartition("@")[2]
        assert "with 1 that refer to it" in shell.err
        shell("bundle", "pull", done, "-o", "out", "--with-referrers", "refs")
    assert tree(Path("out")) == tree(Path("b1"))


def test_plain_opa_pulls_a_pack(shell: Shell, host: str, tmp_path: Path) -> None:
    shell("policy", "pack", "gpu", "-o", "gpu.tar.gz")
    shell("policy", "push", "gpu.tar.gz", f"oci://{host}/policies/gpu:1.0.0")
    config = {
        "services": {"registry": {"url": f"http://{host}", "type": "oci"}},
        "bundles": {"gpu": {"service": "registry", "resource": f"{host}/policies/gpu:1.0.0"}},
        "persistence_directory": str(tmp_path / "opa"),
    }
    (tmp_path / "opa.json").write_text(json.dumps(config))
    with opa_server(tmp_path, "-c", "opa.json") as url:
        deadline = time.monotonic() + 120
        found: dict[str, object] = {}
        while "result" not in found and time.monotonic() < deadline:
            with urllib.request.urlopen(f"{url}/v1/data/eidos/bundle/about/packs") as answer:  # noqa: S310
                found = json.load(answer)
            time.sleep(0.2)
    assert "gpu" in str(found["result"])


def test_packs_that_oras_pushed_for_opa(shell: Shell, host: str) -> None:
    shell("policy", "pack", "gpu", "-o", "gpu.tar.gz")
    Path("config.json").write_text("{}")
    do(
        *("oras", "push", "--plain-http", "--config"),
        "config.json:application/vnd.oci.image.config.v1+json",
        *(f"{host}/gpu:v1", f"gpu.tar.gz:{LAYER}"),
    )
    shell("policy", "pull", f"oci://{host}/gpu:v1", "-o", "pulled.tar.gz")
    assert Path("pulled.tar.gz").read_bytes() == Path("gpu.tar.gz").read_bytes()


def test_a_lock_brings_packs_again_that_oras_pushed(shell: Shell, host: str) -> None:
    shell("policy", "pack", "gpu", "-o", "gpu.tar.gz")
    Path("config.json").write_text("{}")
    push = ("oras", "push", "--plain-http", "--config")
    push += ("config.json:application/vnd.oci.image.config.v1+json",)
    do(*push, f"{host}/gpu:v1", f"gpu.tar.gz:{LAYER}")
    shell("policy", "pull", f"oci://{host}/gpu:v1", "-o", "p/gpu.tar.gz", "--lock")
    Path("p/gpu.tar.gz").unlink()
    Path("p").rmdir()
    shell("policy", "pack", "operators", "-o", "other.tar.gz")
    do(*push, f"{host}/gpu:v1", f"other.tar.gz:{LAYER}")  # the tag moves
    shell("policy", "pull", "--locked")
    assert Path("p/gpu.tar.gz").read_bytes() == Path("gpu.tar.gz").read_bytes()
