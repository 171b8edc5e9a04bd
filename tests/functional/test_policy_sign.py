"""``eidos policy sign`` and ``verify``, alone and against OPA."""

import base64
import gzip
import hashlib
import hmac
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.app.policy_sign import policy_verify
from eidos.engine.cli import console, root
from eidos.engine.documents.writing import to_yaml
from eidos.engine.errors import EidosError
from eidos.engine.packs.archives import write_archive
from eidos.engine.packs.bundle_hashes import hashed
from eidos.engine.packs.signatures import FILE, read_contents
from eidos.engine.signing.keys import KEY_VARIABLE, VERIFICATION_VARIABLE
from fakes.keys import write_keys
from fakes.opa_server import opa_binary
from fakes.policies import write_pack
from fakes.sigstore_world import GITHUB, WORKFLOW, World

ALGORITHMS = {
    "ES256": "ec",
    "EdDSA": "ed25519",
    **dict.fromkeys(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"], "rsa"),
}
DATA = (
    '{"b": 1.50, "a": [1, -0, 1e5, 12345678901234567890123, null], "u": "<\u00e9\u2028\\u0007/>"}'
)
YAML = """\
text: "<\u00e9&>"
numbers: [1, -3, 1.0, 1.5, 1e3, 1.0e-7, 123456789.25, 1e21, 0x1F, 0o17, -0.0]
words: [yes, no, on, off, true, null, ~]
dates: 2026-01-31
nested: {z: {y: [{}, []]}, "1": 2}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = write_pack(tmp_path / "t")
    (folder / ".manifest").write_text('{"roots": [""]}')
    (folder / "data.json").write_text(DATA)
    (folder / "tables" / "x").mkdir(parents=True)
    (folder / "tables" / "x" / "data.yaml").write_text(YAML)
    (folder / "README.md").write_text("read me")
    write_keys(tmp_path)
    archive(folder, tmp_path / "t.tar.gz")
    return tmp_path


def archive(folder: Path, file: Path) -> Path:
    file.write_bytes(write_archive(read_contents(folder)))
    return file


def run(*arguments: str) -> int:
    return console.run(root, ["policy", *arguments])


def verdict(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    capsys.readouterr()
    code = run("verify", *arguments)
    return code, capsys.readouterr().out


def claims(place: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    token = json.loads(read_contents(place)[FILE])["signatures"][0]
    return tuple(  # type: ignore[return-value]
        json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2]
    )


@pytest.mark.parametrize("place", ["t", "t.tar.gz"])
def test_what_was_signed_verifies(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sign", place, "--key", "key.pem") == 0
    signer = capsys.readouterr().out.strip()
    assert verdict(capsys, place, "--key", "key.pub") == (
        0,
        f"{place}: 6 files, as signed by {signer}\n",
    )
    first = read_contents(Path(place))
    assert run("sign", place, "--key", "key.pem") == 0  # anew
    assert read_contents(Path(place)).keys() == first.keys()
    header, payload = claims(Path(place))
    assert header == {"alg": "ES256", "kid": signer, "typ": "JWT"}
    assert [each["name"] for each in payload["files"]] == sorted(first.keys() - {FILE})


def test_keys_come_from_the_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, Path("key.pem").read_text())
    monkeypatch.setenv(VERIFICATION_VARIABLE, Path("key.pub").read_text())
    assert run("sign", "t") == 0
    assert verdict(capsys, "t", "-o", "json")[0] == 0


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("driver.rego", "driver.rego is not as it was signed"),
        ("data.json", "data.json is not as it was signed"),
        ("tables/x/data.yaml", "tables/x/data.yaml is not as it was signed"),
        ("pack.yaml", "pack.yaml is not as it was signed"),
        ("more.rego", "more.rego is not in the signature"),
        (".hidden", ".hidden is not in the signature"),
        ("sub/data.json", "sub/data.json is not in the signature"),
        ("patch.json", "patch.json is a patch of data"),
        ("sub/.signatures.json", "sub/.signatures.json could be taken for the signature"),
    ],
)
def test_changed_and_added_files_are_named(
    path: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("sign", "t", "--key", "key.pem") == 0
    file = Path("t", path)
    file.parent.mkdir(exist_ok=True)
    text = file.read_text() if file.exists() else "{}"
    changed = text.replace("1.50", "1.51").replace("1.5,", "1.6,")
    file.write_text(changed if changed != text else f"{text} ")
    code, out = verdict(capsys, "t", "--key", "key.pub")
    assert code == 1
    assert said in out


def test_how_data_is_written_is_not_signed_and_what_it_says_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("sign", "t", "--key", "key.pem") == 0
    file = Path("t/data.json")
    file.write_text(DATA.replace(", ", ",\n\t").replace("\u00e9", "\\u00e9"))
    assert verdict(capsys, "t", "--key", "key.pub")[0] == 0
    file.write_text(DATA.replace("[1, -0", "[-0, 1"))
    assert "data.json is not as it was signed" in verdict(capsys, "t", "--key", "key.pub")[1]
    file.write_text('{"a": 0, ' + DATA[1:])
    assert "a key is there twice" in verdict(capsys, "t", "--key", "key.pub")[1]


def test_removed_and_renamed_files_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sign", "t", "--key", "key.pem") == 0
    Path("t/driver.rego").rename("t/Driver.rego")
    code, out = verdict(capsys, "t", "--key", "key.pub")
    assert code == 1
    assert "driver.rego is in the signature, and is not there; Driver.rego is there" in out
    assert "Driver.rego is not in the signature" in out
    Path("t/Driver.rego").unlink()
    assert "driver.rego is in the signature" in verdict(capsys, "t", "--key", "key.pub")[1]
    Path(f"t/{FILE}").unlink()
    assert "it is not signed" in verdict(capsys, "t", "--key", "key.pub")[1]


def test_another_key_and_other_files_are_named(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_keys(here, name="other")
    other = write_pack(here / "u")
    assert run("sign", "t", "--key", "other.pem") == 0
    old = capsys.readouterr().out.strip()
    code, out = verdict(capsys, "t", "--key", "key.pub")
    assert code == 1
    assert f"by none of the keys that are believed: it names the key '{old}'" in out
    assert verdict(capsys, "t", "--key", "key.pub", "--key", "other.pub")[0] == 0
    assert run("sign", "u", "--key", "key.pem") == 0
    shutil.copy(other / FILE, "t")
    assert "is not in the signature" in verdict(capsys, "t", "--key", "key.pub")[1]


def test_scopes_are_held_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sign", "t", "--key", "key.pem", "--scope", "prod") == 0
    assert verdict(capsys, "t", "--key", "key.pub", "--scope", "prod")[0] == 0
    for asked in ("", "dev"):
        code, out = verdict(capsys, "t", "--key", "key.pub", "--scope", asked)
        assert code == 1
        assert f"for the scope 'prod', and '{asked}' is asked for" in out


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _forged(header: dict[str, str], payload: bytes, secret: bytes | None) -> str:
    start = f"{_encoded(json.dumps(header).encode())}.{_encoded(payload)}"
    mac = hmac.digest(secret, start.encode(), hashlib.sha256) if secret else b""
    return f"{start}.{_encoded(mac)}"


def test_forged_tokens_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sign", "t", "--key", "key.pem") == 0
    file = Path("t", FILE)
    good: str = json.loads(file.read_text())["signatures"][0]
    start, payload, signature = good.split(".")
    public = Path("key.pub").read_bytes()
    signed = base64.urlsafe_b64decode(payload + "==")
    body = json.loads(signed)
    body["files"].reverse()
    reordered = f"{start}.{_encoded(json.dumps(body).encode())}.{signature}"
    cases = {
        _forged({"alg": "none"}, signed, None): "algorithm is 'none'",
        _forged({"alg": "HS256"}, signed, public): "algorithm is 'HS256'",
        f"{_encoded(b'{}')}.{payload}.": "algorithm is 'None'",
        reordered: "not one of the key that it names",
        f"{start}.{payload}.": "not one of the key that it names",
        f"{start}.{payload}.{signature[:-4]}AAAA": "not one of the key that it names",
        "a.b": "no JSON web token",
        "": "no JSON web token",
    }
    for token, said in cases.items():
        file.write_text(json.dumps({"signatures": [token]}))
        code, out = verdict(capsys, "t", "--key", "key.pub")
        assert code == 1
        assert said in out, token
    for text, said in {
        json.dumps({"signatures": [good, good]}): "holds 2 signatures",
        json.dumps({"signatures": []}): "holds 0 signatures",
        json.dumps({"signatures": [good], "plugin": "x"}): "asks for a plug-in",
        json.dumps({"signatures": good}): "no list 'signatures'",
        "[": "is no JSON",
        "[" * 100_000: "is no JSON",
        '{"signatures": [], "signatures": []}': "is no JSON",
    }.items():
        file.write_text(text)
        code, out = verdict(capsys, "t", "--key", "key.pub")
        assert code == 1
        assert said in out


def test_a_hostile_archive_is_no_and_is_not_signed(capsys: pytest.CaptureFixture[str]) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        member = tarfile.TarInfo("../evil.rego")
        tar.addfile(member, io.BytesIO())
    Path("e.tar.gz").write_bytes(gzip.compress(out.getvalue()))
    code, said = verdict(capsys, "e.tar.gz", "--key", "key.pub")
    assert code == 1
    assert "no file can be called '../evil.rego'" in said
    before = Path("e.tar.gz").read_bytes()
    assert run("sign", "e.tar.gz", "--key", "key.pem") == 2
    assert Path("e.tar.gz").read_bytes() == before


def test_links_of_a_folder_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t/link.rego").symlink_to("/etc/hostname")
    assert run("sign", "t", "--key", "key.pem") == 2
    assert "t/link.rego: this is a link" in capsys.readouterr().err
    Path("t/link.rego").unlink()
    Path("t/sub").symlink_to("/etc")
    assert run("sign", "t", "--key", "key.pem") == 2
    assert not Path("t", FILE).exists()


def test_wrong_usage_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, said in {
        ("sign", "t"): "there is no key to sign with",
        ("sign", "none", "--key", "key.pem"): "there is no file or folder 'none'",
        ("sign", "key.pub", "--key", "key.pem"): "no folder and no archive",
        ("sign", "t", "--key", "key.pub"): "open to others",
        ("sign", "t", "--key", "key.pem", "--algorithm", "HS256"): "cannot sign with HS256",
        ("sign", "t.tar.gz", "--key", "key.pem", "--for-folder"): "--for-folder is for a folder",
        ("verify", "t"): "there is no key to verify with",
        ("verify", "t", "--key", "key.pem"): "a public key is needed",
        ("verify", "t", "--key", "t"): "t is no file",
    }.items():
        assert run(*arguments) == 2, arguments
        assert said in capsys.readouterr().err


# With the real OPA ------------------------------------------------------------------------------


def opa(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [opa_binary(), *arguments], capture_output=True, text=True, check=False, cwd=cwd
    )


def opa_takes(place: str, public: str, algorithm: str, *more: str) -> bool:
    keys = ("--verification-key", public, "--signing-alg", algorithm)
    made = opa("build", "-b", place, *keys, *more, "-o", "built.tar.gz")
    if made.returncode:
        said = made.stdout + made.stderr
        assert any(word in said for word in ("signature", "verify", "mismatch")), said
    return made.returncode == 0


@pytest.fixture
def plain() -> None:
    """What OPA can compile by itself: the pack without the library."""
    Path("t/driver.rego").write_text('package p\n\ndeny contains "x" if input.x\n')
    archive(Path("t"), Path("t.tar.gz"))


@pytest.mark.real
@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_opa_verifies_ours(here: Path, algorithm: str) -> None:
    write_keys(here, ALGORITHMS[algorithm], "k")
    write_keys(here, ALGORITHMS[algorithm], "other")
    assert run("sign", "t.tar.gz", "--key", "k.pem", "--algorithm", algorithm) == 0
    assert opa_takes("t.tar.gz", "k.pub", algorithm)
    assert not opa_takes("t.tar.gz", "other.pub", algorithm)
    assert run("sign", "t", "--key", "k.pem", "--algorithm", algorithm, "--for-folder") == 0
    assert opa_takes("t", "k.pub", algorithm)
    Path("t/pack.yaml").write_text("name: other")
    assert not opa_takes("t", "k.pub", algorithm)


@pytest.mark.real
@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_we_verify_opas(here: Path, algorithm: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_keys(here, ALGORITHMS[algorithm], "k")
    made = ("--signing-key", "k.pem", "--signing-alg", algorithm)
    assert opa("sign", "-b", "t", *made, "-o", "t").returncode == 0
    assert verdict(capsys, "t", "--key", "k.pub")[0] == 0
    assert verdict(capsys, "t", "--key", "key.pub")[0] == 1
    absolute = str(here / "t")
    assert opa("sign", "-b", absolute, *made, "-o", "t").returncode == 0
    assert verdict(capsys, absolute, "--key", "k.pub")[0] == 0
    Path("t", FILE).unlink()
    assert opa("sign", "-b", "t.tar.gz", *made).returncode == 0
    shutil.move(FILE, "t")
    archive(Path("t"), Path("s.tar.gz"))
    assert verdict(capsys, "s.tar.gz", "--key", "k.pub")[0] == 0
    Path("t/README.md").write_text("changed")
    archive(Path("t"), Path("s.tar.gz"))
    assert "README.md is not as it was signed" in verdict(capsys, "s.tar.gz", "--key", "k.pub")[1]


@pytest.mark.real
@pytest.mark.usefixtures("plain")
def test_opa_runs_only_what_is_as_it_was_signed(here: Path) -> None:
    write_keys(here, name="other")
    assert run("sign", "t.tar.gz", "--key", "key.pem") == 0
    start = (opa_binary(), "run", "-b", "t.tar.gz", "--signing-alg", "ES256")
    for public, code in (("key.pub", 0), ("other.pub", 1)):
        command = [*start, "--verification-key", public]
        done = subprocess.run(command, input="data.p", capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr


@pytest.mark.real
@pytest.mark.usefixtures("plain")
def test_a_bundle_that_opa_built_and_signed_verifies(capsys: pytest.CaptureFixture[str]) -> None:
    made = opa(
        "build", "-b", "t", "--signing-key", "key.pem", "--signing-alg", "ES256", "-o", "b.tar.gz"
    )
    assert made.returncode == 0, made.stderr
    code, said = verdict(capsys, "b.tar.gz", "--key", "key.pub")
    assert code == 0, said


@pytest.mark.real
@pytest.mark.usefixtures("plain")
def test_scopes_are_those_of_opa(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sign", "t.tar.gz", "--key", "key.pem", "--scope", "prod") == 0
    assert opa_takes("t.tar.gz", "key.pub", "ES256", "--scope", "prod")
    assert not opa_takes("t.tar.gz", "key.pub", "ES256", "--scope", "dev")
    assert verdict(capsys, "t.tar.gz", "--key", "key.pub", "--scope", "prod")[0] == 0


@pytest.mark.real
def test_what_eidos_packs_opa_takes_signed() -> None:
    assert run("pack", "gpu", "-o", "gpu.tar.gz") == 0
    assert run("sign", "gpu.tar.gz", "--key", "key.pem") == 0
    assert opa_takes("gpu.tar.gz", "key.pub", "ES256")


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("data.json", DATA),
        ("data.json", '"\\ud83d\\ude00 \\u0001\\u007f\\b\\f\\n\\r\\t\\"\\\\ \\u2029"'),
        ("data.json", "[]"),
        ("data.json", '{"\u00e9": 1, "z": 2, "\U0001f600": 3, "\uff5e": 4, "Z": 5}'),
        ("x/data.yaml", YAML),
        ("data.yml", '{"a": 1.50}'),
        ("data.yaml", "a: &x {b: 1}\nc: *x\n"),
        ("data.yaml", "- 1e-6\n- 9.9e-7\n- 1e20\n- 1.5e300\n- 0.1\n- 123456789012345678\n"),
        (".manifest", '{"revision": "1", "roots": ["a"]}'),
        ("x.json", "{ }"),
        ("other.yaml", "a:   1"),
    ],
)
def test_hashes_are_those_of_opa(here: Path, name: str, text: str) -> None:
    folder = here / "h"
    (folder / name).parent.mkdir(parents=True)
    (folder / name).write_text(text)
    made = opa("sign", "-b", "h", "--signing-key", "key.pem", "--signing-alg", "ES256", "-o", "h")
    assert made.returncode == 0, made.stderr
    [file] = claims(folder)[1]["files"]
    assert hashed(name, text.encode()) == file["hash"]


def test_structured_files_that_are_none_cannot_be_signed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for text in ("{", "NaN", '{"a": 1, "a": 2}', "[" * 100_000):
        Path("t/data.json").write_text(text)
        assert run("sign", "t", "--key", "key.pem") == 2
        assert "data.json: the file cannot be read as data" in capsys.readouterr().err
    for text in ("a: 1\n---\nb: 2\n", "a: .nan", "a: .inf", "a: 1\na: 2", "*x"):
        with pytest.raises(EidosError, match="cannot be read as data"):
            hashed("data.yaml", text.encode())


@pytest.mark.parametrize("text", ["a: 0644", "a: 1_000", "a: 0b11", "a: 12:30:45", "a: yes"])
def test_a_spelling_never_stands_for_another_value(text: str) -> None:
    """Whatever a reader of ours makes of it, it is what was hashed, or it cannot be signed."""
    try:
        of_text = hashed("data.yaml", text.encode())
    except EidosError:
        return
    value = text.removeprefix("a: ")
    others = ["644", "420", "1000", "3", "45045", "true"]
    assert all(hashed("data.yaml", f"a: {each}".encode()) != of_text for each in others), value


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here")
def test_the_page_on_signing_does_what_it_says(here: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "signing.md"
    script = page.read_text().split("```sh\n")[1].partition("```")[0]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-euc", script],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path},
        cwd=here,
    )
    assert done.returncode == 0, done.stderr
    assert "gpu.tar.gz: " in done.stdout
    assert "files, as signed by" in done.stdout


@pytest.mark.real
def test_any_data_is_hashed_as_opa_does(here: Path) -> None:
    """Two hundred made-up values, as JSON and as YAML that our own writer made of them."""
    made = random.Random(20261126)
    folder = here / "h"
    for number in range(200):
        name = "data.yaml" if number % 2 else "data.json"
        value = {"v": _value(made, 4)}
        file = folder / str(number) / name
        file.parent.mkdir(parents=True)
        file.write_text(to_yaml(value) if number % 2 else json.dumps(value, indent=number % 3))
    keys = ("--signing-key", "key.pem", "--signing-alg", "ES256")
    assert opa("sign", "-b", "h", *keys, "-o", "h").returncode == 0
    assert policy_verify(folder, [here / "key.pub"], {}).problems == ()


def _value(made: random.Random, depth: int) -> Any:
    kind = made.choice(["text", "int", "float", "word", *["list", "map"] * (depth > 0)])
    if kind == "list":
        return [_value(made, depth - 1) for _ in range(made.randrange(4))]
    if kind == "map":
        return {_text(made): _value(made, depth - 1) for _ in range(made.randrange(4))}
    if kind == "int":
        return made.randrange(-(10 ** made.randrange(1, 18)), 10**17)
    if kind == "float":
        return made.choice([1, -1]) * made.random() * 10.0 ** made.randrange(-300, 300)
    return _text(made) if kind == "text" else made.choice([True, False, None, "no", "1.0", "~", ""])


def _text(made: random.Random) -> str:
    chars = "abcZ09 <>&\"'\\/\u00e9\u2028\u2029\u007f\u0001\n\t\U0001f600\ufffd:#-"
    return "".join(made.choice(chars) for _ in range(made.randrange(1, 9)))


def test_nothing_is_not_signed_and_no_signature_of_nothing_holds(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    sign = ["policy", "sign", "empty", "--key", "key.pem"]
    verify = ["policy", "verify", "empty", "--key", "key.pub"]
    assert console.run(root, sign) == 2
    (empty / "a.rego").write_text("package a\n")
    assert [console.run(root, each) for each in (sign, verify)] == [0, 0]
    shutil.rmtree(empty)
    empty.mkdir()
    assert console.run(root, verify) == 1


# Without a key ----------------------------------------------------------------------------------

WHO = ("--identity", WORKFLOW, "--issuer", GITHUB, "--trusted-root", "root.json")


def test_an_archive_that_somebody_signed_without_a_key(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World()
    world.write_root(Path("root.json"))
    archive = Path("t.tar.gz")
    given = ("t.tar.gz", "--sigstore", "s.json")

    def signed(document: Any) -> None:
        Path("s.json").write_text(json.dumps(document))

    signed(world.sign(archive.read_bytes()))
    code, out = verdict(capsys, *given, *WHO)
    assert (code, out) == (0, f"t.tar.gz: 1 file, as signed by {WORKFLOW} ({GITHUB})\n")
    found = json.loads(verdict(capsys, *given, *WHO, "-o", "json")[1])
    assert found["signer"] == {"identity": WORKFLOW, "issuer": GITHUB}
    for document, named in (
        (World().sign(archive.read_bytes()), "that does not hold"),
        (world.sign(archive.read_bytes(), world.leaf("x@example.com")), "nobody who is believed"),
        (world.sign(b"another"), "and this archive is sha256:"),
        (world.attest(archive.read_bytes()), "it is over a statement"),
        ({}, "it is no Sigstore bundle"),
    ):
        signed(document)
        code, out = verdict(capsys, *given, *WHO)
        assert code == 1
        assert named in out
        assert out.endswith("t.tar.gz: not verified\n")


@pytest.mark.parametrize(
    "words",
    [
        ("t.tar.gz", "--sigstore", "t.tar.gz"),
        ("t.tar.gz", *WHO),
        ("t.tar.gz", *WHO, "--sigstore", "nowhere.json"),
        ("t.tar.gz", *WHO, "--sigstore", "root.json", "--key", "key.pub"),
        ("t.tar.gz", *WHO[:4], "--sigstore", "root.json"),
        ("t", *WHO, "--sigstore", "root.json"),
    ],
)
def test_without_a_key_all_that_is_needed_is_said(words: tuple[str, ...]) -> None:
    World().write_root(Path("root.json"))
    assert run("verify", *words) == 2
