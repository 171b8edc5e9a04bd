"""Packs from archives: judged by as folders are, or refused with what and where."""

import gzip
import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.cli import console, root
from eidos.engine.packs.archives import write_archive
from eidos.engine.packs.signatures import read_contents
from fakes.keys import write_keys
from fakes.opa_server import opa_binary
from fakes.policies import MANIFEST, write_pack

EXAMPLE = str(Path(__file__).parents[2] / "ci-examples" / "cluster.yaml")
STRICT = f"{MANIFEST}params: {{T-001: {{floor: 999}}}}\n"
"""The manifest of a pack that fails the example."""
PLAIN = 'package main\n\ndeny contains "no" if input.a == data.limits.a\n'


pytestmark = pytest.mark.usefixtures("here")


def check(capsys: pytest.CaptureFixture[str], *arguments: str, file: str = EXAMPLE) -> Any:
    capsys.readouterr()
    code = console.run(
        root,
        ["check", file, "--no-record", "-o", "json", "--effective-time", "2026-11-24", *arguments],
    )
    said = capsys.readouterr()
    return (code, json.loads(said.out)) if said.out else (code, said.err)


def judged(report: Any) -> Any:
    """Give what depends on policy and facts."""
    return report["packs"], report["rules"], report["subjects"]


def test_an_archive_of_a_pack_judges_as_its_folder(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = write_pack(here / "t", STRICT)
    (here / "t.tar.gz").write_bytes(write_archive(read_contents(pack)))
    folder, archive = check(capsys, "-p", "t"), check(capsys, "-p", "t.tar.gz")
    assert folder[0] == archive[0] == 1
    assert archive[1]["packs"] == folder[1]["packs"]
    assert [each["verdicts"] for each in archive[1]["subjects"]] == [
        each["verdicts"] for each in folder[1]["subjects"]
    ]


def test_what_policy_pack_makes_judges_as_its_packs(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pack(here / "t", STRICT)
    assert console.run(root, ["policy", "pack", "gpu", "os-hardening", "t", "-o", "b.tgz"]) == 0
    folder = check(capsys, "-p", "gpu", "-p", "os-hardening", "-p", "t")
    archive = check(capsys, "-p", "b.tgz")
    assert sorted(folder[1]["packs"], key=str) == sorted(archive[1]["packs"], key=str)
    assert folder[1]["subjects"] == archive[1]["subjects"]
    assert folder[0] == archive[0] == 1


def test_tests_are_no_part_of_a_pack(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_pack(here / "t", STRICT)
    before = check(capsys, "-p", "t")[1]["packs"]
    (here / "t" / "driver_test.rego").write_text("package t_test\n\ntest_x if true\n")
    assert check(capsys, "-p", "t")[1]["packs"] == before


def test_an_opa_bundle_of_plain_rules_judges_with_its_data(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contents = {"p.rego": PLAIN.encode(), "data.json": b'{"limits": {"a": 1}}'}
    (here / "p.tar.gz").write_bytes(write_archive(contents))
    (here / "one.yaml").write_text("a: 1\n")
    (here / "two.yaml").write_text("a: 2\n")
    assert check(capsys, "-p", "p.tar.gz", file="one.yaml")[0] == 1
    assert check(capsys, "-p", "p.tar.gz", file="two.yaml")[0] == 0


@pytest.mark.real
def test_what_opa_builds_judges(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "src").mkdir()
    (here / "src" / "p.rego").write_text(PLAIN)
    (here / "src" / "data.json").write_text('{"limits": {"a": 1}}')
    (here / "one.yaml").write_text("a: 1\n")
    _opa("build", "-b", "src", "-o", "b.tar.gz")
    assert check(capsys, "-p", "b.tar.gz", file="one.yaml")[0] == 1


BUNDLES: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "data in folders": (
        {
            "p.rego": "package main\n\nimport rego.v1\n\n"
            "deny contains image if {\n\tsome image in input.images\n"
            "\timage in data.lists.images.banned\n}\n",
            "lists/images/data.yaml": "banned: [a, c]\n",
        },
        (),
    ),
    "packages": (
        {
            "main/p.rego": "package main\n\nimport rego.v1\n\nimport data.lib.sizes\n\n"
            "deny contains msg if {\n\tsizes.big(input.images)\n"
            '\tmsg := sprintf("%d images", [count(input.images)])\n}\n\n'
            'deny contains "second" if "b" in input.images\n',
            "lib/sizes.rego": "package lib.sizes\n\nimport rego.v1\n\n"
            "big(images) if count(images) > data.limits.most\n",
            "limits/data.json": '{"most": 2}',
            ".manifest": '{"roots": ["main", "lib", "limits"], "rego_version": 1}',
        },
        (),
    ),
    "Rego v0": (
        {
            "p.rego": "package main\n\n"
            'deny[image] {\n\timage := input.images[_]\n\timage != "a"\n}\n'
        },
        ("--v0-compatible",),
    ),
    "nothing denied": (
        {"p.rego": 'package main\n\nimport rego.v1\n\ndeny contains "z" if "z" in input.images\n'},
        (),
    ),
}


@pytest.mark.real
@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_of_opa_answers_as_opa_eval_does(
    name: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files, flags = BUNDLES[name]
    for each, text in files.items():
        (here / "src" / each).parent.mkdir(parents=True, exist_ok=True)
        (here / "src" / each).write_text(text)
    (here / "in.yaml").write_text("images: [a, b, c]\n")
    _opa("build", *flags, "-b", "src", "-o", "b.tar.gz")
    query = ("-f", "json", "-i", "in.yaml", "-b", "b.tar.gz", "data.main.deny")
    told = json.loads(_opa("eval", *flags, *query))["result"][0]["expressions"][0]["value"]
    code, report = check(capsys, "-p", "b.tar.gz", "--engine", "opa", file="in.yaml")
    found = [
        finding["msg"]
        for subject in report["subjects"]
        for verdict in subject["verdicts"]
        for finding in verdict.get("findings", ())
    ]
    assert sorted(found) == sorted(told)
    assert code == (1 if told else 0)


def _opa(*arguments: str) -> str:
    done = subprocess.run([opa_binary(), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _hostile(name: str, kind: bytes = tarfile.REGTYPE) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for each, type_ in (("p.rego", tarfile.REGTYPE), (name, kind)):
            member = tarfile.TarInfo(each)
            member.type, member.linkname = type_, "/etc/passwd"
            tar.addfile(member, io.BytesIO())
    return gzip.compress(out.getvalue())


REFUSED = [
    (_hostile("../../evil.rego"), "no file can be called '../../evil.rego'"),
    (_hostile("/evil.rego"), "of its paths some are absolute"),
    (_hostile("x.rego", tarfile.SYMTYPE), "'x.rego' is a symbolic link"),
    (_hostile("P.rego"), "two files are called 'p.rego' and 'P.rego'"),
    (b"junk", "it is not gzip"),
    (gzip.compress(bytes(8 << 20)), "as a bomb does"),
    (write_archive({"README.md": b""}), "holds no .rego file"),
    (write_archive({"p.rego": bytes(5 << 20)}), "as a bomb does"),
    (write_archive({"p.rego": b"\xff"}), "is not UTF-8"),
    (write_archive({"pack.yaml": b"[", "p.rego": b"package p"}), "pack.yaml"),
]


@pytest.mark.parametrize(
    ("content", "said"), REFUSED, ids=[f"archive {n}" for n in range(len(REFUSED))]
)
def test_hostile_archives_are_refused_and_nothing_is_stored(
    here: Path, content: bytes, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "x.tar.gz").write_bytes(content)
    before = sorted(here.iterdir())
    code, err = check(capsys, "-p", "x.tar.gz")
    assert code == 2
    assert said in err
    assert "x" in err
    assert sorted(here.iterdir()) == before


def signed(pack: str) -> None:
    assert console.run(root, ["policy", "sign", pack, "--key", "key.pem"]) == 0


def test_with_a_key_only_what_it_signed_judges(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pack(here / "t", STRICT)
    write_keys(here)
    write_keys(here, name="other")
    key = ("--verification-key", "key.pub")
    code, said = check(capsys, "-p", "t", *key)
    assert (code, "it is not signed" in said) == (2, True)
    signed("t")
    (here / "t.tar.gz").write_bytes(write_archive(read_contents(here / "t")))
    assert check(capsys, "-p", "t", *key)[0] == 1
    assert check(capsys, "-p", "t.tar.gz", *key)[0] == 1
    assert check(capsys, "-p", "gpu", *key)[0] == 1  # it comes with eidos
    code, said = check(capsys, "-p", "t.tar.gz", "--verification-key", "other.pub")
    assert (code, "by none of the keys" in said) == (2, True)
    code, said = check(capsys, "-p", "t/driver.rego", *key)
    assert (code, "carries no signature" in said) == (2, True)
    monkeypatch.setenv("EIDOS_VERIFICATION_KEYS", "other.pub")
    assert check(capsys, "-p", "t")[0] == 2
    monkeypatch.setenv("EIDOS_VERIFICATION_KEYS", "key.pub")
    assert check(capsys, "-p", "t")[0] == 1
    with (here / "t" / "driver.rego").open("a") as file:
        file.write("# more\n")
    code, said = check(capsys, "-p", "t")
    assert (code, "driver.rego is not as it was signed" in said) == (2, True)


def test_a_project_does_not_say_whom_to_believe(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkout that brings a pack and its key would vouch for itself."""
    write_pack(here / "t", STRICT)
    write_keys(here)
    write_keys(here, name="other")
    signed("t")
    (here / "eidos.yaml").write_text("verification-keys: [key.pub]\n")
    monkeypatch.setenv("EIDOS_VERIFICATION_KEY", (here / "other.pub").read_text())
    code, said = check(capsys, "-p", "t")
    assert code == 2
    assert "eidos.yaml:1" in said
    assert "whose signature is believed" in said
    capsys.readouterr()
    assert console.run(root, ["--trust-project", "check", EXAMPLE, "-p", "t", "--no-record"]) == 1
    monkeypatch.delenv("EIDOS_VERIFICATION_KEY")
    (here / "eidos.yaml").unlink()
    (here / "own.yaml").write_text("verification-keys: [key.pub]\n")
    monkeypatch.setenv("EIDOS_CONFIG", str(here / "own.yaml"))
    assert check(capsys, "-p", "t")[0] == 1
    assert console.run(root, ["config", "validate"]) == 0
    (here / "own.yaml").write_text("verification-keys: [key.pem]\n")
    capsys.readouterr()
    assert console.run(root, ["config", "validate"]) == 1
    assert "own.yaml:1" in capsys.readouterr().out


# Locks ------------------------------------------------------------------------------------------


def lock(*arguments: str) -> int:
    return console.run(root, ["policy", "lock", *arguments])


def test_what_is_locked_judges_and_nothing_else(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pack(here / "t", STRICT)
    code, said = check(capsys, "-p", "t", "--locked")
    assert (code, "there is no eidos.lock here" in said) == (2, True)
    assert lock("t") == 0
    assert lock("t") == 0
    assert "up to date" in capsys.readouterr().err
    assert check(capsys, "-p", "t", "-p", "gpu", "--locked")[0] == 1
    assert check(capsys, "--locked")[0] == 1
    write_pack(here / "u", "name: u\nversion: 1.0.0\nrego: v1\n", driver="package u\n")
    code, said = check(capsys, "-p", "u", "--locked")
    assert (code, "the pack 'u' (u) is not in the lock" in said) == (2, True)
    with (here / "t" / "driver.rego").open("a") as file:
        file.write("# more\n")
    code, said = check(capsys, "-p", "t", "--locked")
    assert code == 2
    assert "eidos.lock: the pack 't' has the digest sha256:" in said
    assert check(capsys, "-p", "t")[0] == 1
    assert lock("t") == 1
    assert "t (t): digest sha256:" in capsys.readouterr().err
    assert lock("t", "--update") == 0
    assert check(capsys, "-p", "t", "--locked")[0] == 1
    shutil.copytree("t", "elsewhere/t")
    code, said = check(capsys, "-p", "elsewhere/t", "--locked")
    assert (code, "has the source elsewhere/t, and t is locked" in said) == (2, True)


def test_the_signer_is_locked(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_pack(here / "t", STRICT)
    write_keys(here)
    write_keys(here, name="other")
    signed("t")
    assert lock("t", "--verification-key", "key.pub") == 0
    assert check(capsys, "-p", "t", "--locked", "--verification-key", "key.pub")[0] == 1
    code, said = check(capsys, "-p", "t", "--locked")
    assert (code, "has the signer (nobody)" in said) == (2, True)
    assert console.run(root, ["policy", "sign", "t", "--key", "other.pem"]) == 0
    code, said = check(capsys, "-p", "t", "--locked", "--verification-key", "other.pub")
    assert (code, "has the signer" in said) == (2, True)


@pytest.mark.parametrize("verb", [["recipe", "-s", EXAMPLE], ["policy", "backtest"], ["bundle"]])
def test_every_verb_that_judges_takes_it(
    verb: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert console.run(root, [*verb, "--help"]) == 0
    said = capsys.readouterr().out
    assert "--locked" in said
    assert "--verification-key" in said


def test_a_recipe_is_selected_by_what_is_locked(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lock() == 0
    ask = ["recipe", "--service", "eks", "--accelerator", "h100", "--intent", "training", "--os"]
    ask += ["ubuntu", "--no-record", "--locked"]
    assert console.run(root, ask) == 0
    file = here / "eidos.lock"
    file.write_text(file.read_text().replace("name: selection", "name: gone"))
    capsys.readouterr()
    assert console.run(root, ask) == 2
    assert "the pack 'selection' (shipped) is not in the lock" in capsys.readouterr().err


def test_the_past_is_judged_by_what_is_locked(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pack(here / "t", STRICT)
    assert console.run(root, ["check", EXAMPLE, "-p", "t", "--db", "e.db"]) == 1
    ask = ["policy", "backtest", "-p", "t", "--db", "e.db", "--since", "2020-01-01", "--locked"]
    assert lock("t") == 0
    assert console.run(root, ask) == 0
    file = here / "eidos.lock"
    file.write_text(file.read_text().replace("version: 1.2.3", "version: 1.2.4"))
    capsys.readouterr()
    assert console.run(root, ask) == 2
    assert "has the version 1.2.3, and 1.2.4 is locked" in capsys.readouterr().err


def test_a_projects_lock_only_tightens(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(here / "own"))
    (here / "own" / "eidos").mkdir(parents=True)
    write_pack(here / "t", STRICT)
    assert lock("--user") == 0
    assert (here / "own" / "eidos" / "eidos.lock").is_file()
    assert lock("t") == 0
    code, said = check(capsys, "-p", "t", "--locked")
    assert (code, f"{here}/own/eidos/eidos.lock: the pack 't'" in said) == (2, True)
    (here / "own" / "eidos" / "eidos.lock").unlink()
    assert check(capsys, "-p", "t", "--locked")[0] == 1
    (here / "eidos.yaml").write_text("locked: true\n")
    assert check(capsys, "-p", "t")[0] == 1
    (here / "sub").mkdir()
    monkeypatch.chdir(here / "sub")
    assert check(capsys, "-p", "../t")[0] == 1
    write_pack(here / "sub" / "t", STRICT)
    assert check(capsys, "-p", "t")[0] == 2


def test_a_lock_is_validated_and_a_wrong_one_is_refused(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lock() == 0
    assert console.run(root, ["validate", "eidos.lock"]) == 0
    good = (here / "eidos.lock").read_text()
    for text, said in {
        "kind: Lock\n": "apiVersion",
        good.replace("digest: sha256:", "digest: md5:", 1): "digest",
        good.replace("signer: null", "signet: null", 1): "signet",
        f"{good}---\n{good}": "2 documents",
        "[": "eidos.lock",
    }.items():
        (here / "eidos.lock").write_text(text)
        code, err = check(capsys, "--locked")
        assert code == 2
        assert said in err
        assert "eidos.lock" in err
    assert lock() == 2


@pytest.mark.real
def test_every_verb_takes_an_archive_or_says_why_not(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EIDOS_ENGINE", "opa")
    policy = lambda *words: console.run(root, ["policy", *words])  # noqa: E731 -- short
    assert policy("new", "pack", "acme") == 0
    (here / "one.tar.gz").write_bytes(write_archive(read_contents(here / "acme")))
    assert policy("pack", "acme", "gpu", "-o", "two.tar.gz") == 0
    assert policy("test", "one.tar.gz") == 0
    assert policy("lint", "one.tar.gz", "two.tar.gz", "--fail-on", "error") == 0
    assert policy("diff", "one.tar.gz", "acme") == 0
    assert policy("eval", "-p", "one.tar.gz", "1 == 1") == 0
    assert policy("list", "one.tar.gz", "two.tar.gz") == 0
    assert policy("show", "./one.tar.gz") == 0
    capsys.readouterr()
    for words, said in (
        (["diff", "two.tar.gz", "gpu"], "holds several packs: acme, gpu"),
        (["test", "two.tar.gz"], "holds several packs: acme, gpu"),
        (["eval", "-p", "two.tar.gz", "1"], "holds several packs: acme, gpu"),
        (["lint", "--fix", "one.tar.gz"], "is an archive"),
        (["fmt", "one.tar.gz"], "is an archive"),
    ):
        assert policy(*words) == 2
        assert said in capsys.readouterr().err
