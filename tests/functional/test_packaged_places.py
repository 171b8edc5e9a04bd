"""Places of Python packages: really installed, used as any other, and believed in nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from eidos.engine import schema
from eidos.engine.documents.reading import read_text
from fakes.attested import write_gated
from fakes.packages import installed_example, write_package
from fakes.registry import registry
from fakes.shipped import Shell, tree, write_pack

SECRET = "tok-53cr3t-0f-0dd"  # noqa: S105 -- of a fake
ODD = {
    "odd": "fakes.places:Odd",
    "less": "fakes.places:Less",
    "nothing": "fakes.places:nothing",
    "none": "fakes.places:no_repository",
    "gone": "no.such.module:Place",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed_example("acme-shelf", tmp_path_factory.mktemp("site"))


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shell:
    monkeypatch.chdir(tmp_path)
    write_gated(tmp_path / "b1")
    write_gated(tmp_path / "b2", "a: 2\n")
    write_gated(tmp_path / "b3", "a: 3\n")
    return Shell(capsys)


@pytest.fixture
def shelf(shell: Shell, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    (tmp_path / "shelf").mkdir()
    monkeypatch.setenv("ACME_SHELF", str(tmp_path / "shelf"))
    monkeypatch.syspath_prepend(site)
    return shell


@pytest.fixture
def odd(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A layout with a bundle, under a tag, and another, as odd places give them."""
    write_package(tmp_path / "site", "odd-places", {"eidos.places": ODD})
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setenv("ODD", str(tmp_path / "l"))
    monkeypatch.setenv("ODD_TOKEN", SECRET)
    monkeypatch.setenv("ODD_PID", str(tmp_path / "pid"))
    shell("bundle", "push", "b1", "oci-layout:l:v1", "--attach", "b1/gate.json")
    shell("bundle", "push", "b2", "oci-layout:l:other")
    return shell


# A place as it should be -------------------------------------------------------------------------


def test_the_example_is_a_place_as_any_other(shelf: Shell) -> None:
    reference = shelf("bundle", "push", "b1", "acme://team/b:1.0", "--attach", "b1/gate.json")
    assert "pushed 6 files to acme://team/b:1.0 (acme-shelf 1.2.0)" in shelf.err
    assert shelf("bundle", "pull", "acme://team/b:1.0", "-o", "out", "--with-referrers", "r")
    assert tree(Path("out")) == tree(Path("b1"))
    assert len(json.loads(Path("r/referrers.json").read_text())["referrers"]) == 1
    said = shelf("bundle", "list", "acme://team/b", "--with-referrers")
    assert "+ application/json" in said
    assert said.endswith("acme://team/b (acme-shelf 1.2.0): 1 artifact")
    shelf("bundle", "list", "acme://team/b", "-o", "json")
    listed = json.loads(shelf.out)
    assert listed["origin"] == "acme-shelf 1.2.0"
    assert schema.problems(read_text(shelf.out, "out")[0], "artifacts/v1") == []
    shelf("bundle", "verify", "acme://team/b:1.0", "-o", "json")
    assert json.loads(shelf.out)["origin"] == "acme-shelf 1.2.0"
    assert schema.problems(read_text(shelf.out, "out")[0], "bundle-check/v1") == []

    shelf("bundle", "copy", "acme://team/b:1.0", "oci-layout:l")
    assert "with 1 that refer to it" in shelf.err
    copied = shelf("bundle", "copy", "oci-layout:l:1.0", "acme://team/c")
    assert copied.partition("@")[2] == reference.partition("@")[2]
    shelf("bundle", "copy", "acme://team/c:1.0", "acme://team/d:2")
    assert "with 1 that refer to it" in shelf.err
    with registry() as hub:
        sent = shelf("bundle", "copy", "acme://team/d:2", f"{hub.name('prod')}:2")
        assert sent.partition("@")[2] == hub.tags["prod", "2"] == reference.partition("@")[2]
    assert "acme_shelf" not in sys.modules


def test_packs_go_there_as_well(shelf: Shell, tmp_path: Path) -> None:
    write_pack(tmp_path / "p.tar.gz")
    shelf("policy", "push", "p.tar.gz", "acme://packs/p:1")
    assert "(acme-shelf 1.2.0)" in shelf.err
    shelf("policy", "copy", "acme://packs/p:1", "acme://packs/q")
    shelf("policy", "pull", "acme://packs/q:1", "-o", "q.tar.gz")
    assert Path("q.tar.gz").read_bytes() == Path("p.tar.gz").read_bytes()
    assert shelf("policy", "list-remote", "acme://packs/q").startswith("1  sha256:")


def test_tags_do_not_move_there_either(shelf: Shell) -> None:
    shelf("bundle", "push", "b1", "acme://team/b:1.0")
    shelf("bundle", "push", "b1", "acme://team/b:1.0")
    shelf("bundle", "push", "b2", "acme://team/b:1.0", code=2)
    assert "would become" in shelf.err
    shelf("bundle", "push", "b2", "acme://team/b:1.0", "--move-tag")
    shelf("bundle", "pull", "acme://team/b:1.0", "-o", "out")
    assert tree(Path("out")) == tree(Path("b2"))


def test_what_it_says_is_said(shelf: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACME_SHELF")
    shelf("bundle", "push", "b1", "acme://team/b:1.0", code=2)
    assert "(acme-shelf 1.2.0): acme://team/b:1.0 is no place on the shelf" in shelf.err
    assert "hint: Set ACME_SHELF to its folder." in shelf.err


@pytest.mark.parametrize(
    "place", ["ada:s3cr3t@team/b:1", "team/b?token=s3cr3t:1", "team/b#s3cr3t", "s3cr3t b", ""]
)
def test_a_reference_holds_no_credential(shelf: Shell, place: str) -> None:
    for words in (("push", "b1", f"acme://{place}"), ("pull", f"acme://{place}", "-o", "out")):
        shelf("bundle", *words, code=2)
        assert "s3cr3t" not in shelf.err
        assert "a place of acme:// has letters, digits and" in shelf.err


# Places that are odd -----------------------------------------------------------------------------


READING = {
    "says-another": "gives another manifest for v1 than it says",
    "says-longer": "gives another manifest for v1 than it says",
    "gives-text": "manifest gives a str and no Stored",
    "gives-numbers": "gives something else than it should",
    "gives-nothing-real": "the manifest is none that can be read",
    "swaps-content": "gives another manifest for v1 than it says",
    "raises": "failed with KeyError (places.py:",
    "refuses": "[redacted]\\x1b[2J is wrong",
    "exits": "failed with SystemExit",
    "interrupts": "failed with KeyboardInterrupt",
    "breaks": "failed with BrokenPipeError",
    "leaves": "ended without an answer (exit code 0)",
    "crashes": "crashed: SIGSEGV",
    "short": "bytes",
    "long": "bytes",
    "endless": "bytes",
    "altered": "its digest differs",
    "absent": "0 instead of",
    "texts": "blob gives a str and no bytes",
    "numbers": "blob gives a int and no bytes",
    "breaks-off": "failed with ConnectionResetError",
    "odd-referrers": "gives referrers that are none",
    "invents-referrers": "to which it does not refer",
}


@pytest.mark.parametrize("act", READING)
def test_whatever_it_does_nothing_comes_of_it(odd: Shell, act: str) -> None:
    odd("bundle", "pull", f"odd://{act}:v1", "-o", "out", "--with-referrers", "refs", code=2)
    assert READING[act] in odd.err
    assert f"odd://{act}" in odd.err
    odd("bundle", "copy", f"odd://{act}:v1", "oci-layout:elsewhere", code=2)
    assert not list(Path().glob("out*"))
    assert not Path("refs").exists()
    assert not Path("elsewhere/index.json").exists() or act.endswith("referrers")
    assert SECRET not in odd.err + odd.out
    assert "\x1b" not in odd.err
    assert "noise" not in odd.err + odd.out


def test_a_digest_is_what_it_says(odd: Shell) -> None:
    digest = odd("bundle", "copy", "odd://well:v1", "oci-layout:m").partition("@")[2]
    odd("bundle", "pull", f"odd://gives-another@{digest}", "-o", "out", code=2)
    assert f"gives another manifest than {digest}" in odd.err
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("act", "said"),
    [
        ("paths", "gives tags that are none"),
        ("counts", "gives something else than it should"),
        ("none", "gives something else than it should"),
        ("crowd", "lists more than 10,000"),
        ("exits", "failed with SystemExit"),
    ],
)
def test_a_list_that_is_none(odd: Shell, act: str, said: str) -> None:
    odd("bundle", "list", f"odd://{act}", code=2)
    assert said in odd.err
    assert odd.out == ""


@pytest.mark.parametrize(
    ("act", "said"),
    [
        ("forgets", "and does not have it as sha256:"),
        ("forgets-tags", "and does not have it as v9"),
        ("forgets-attached", "and does not have it as sha256:"),
        ("refuses-blobs", "failed with OSError"),
        ("keeps-nothing", "failed with RuntimeError"),
        ("invents-referrers", "and does not list it for sha256:"),
        ("leaves", "ended without an answer"),
    ],
)
def test_what_is_not_there_was_not_pushed(odd: Shell, act: str, said: str) -> None:
    odd("bundle", "push", "b3", f"odd://{act}:v9", "--attach", "b3/install.sh", code=2)
    assert said in odd.err
    assert f"odd://{act} (odd-places 1.0)" in odd.err
    assert odd.out == ""
    assert SECRET not in odd.err


@pytest.mark.parametrize(
    ("scheme", "said"),
    [
        ("less", "what it opens does not offer put_blob, put_manifest, tags"),
        ("nothing", "fakes.places:nothing is nothing that can be called"),
        ("none", "what it opens does not offer manifest"),
        ("gone", "failed with ModuleNotFoundError"),
    ],
)
def test_one_that_offers_too_little(odd: Shell, scheme: str, said: str) -> None:
    odd("bundle", "pull", f"{scheme}://x:v1", "-o", "out", code=2)
    assert f"{scheme}://x (odd-places 1.0)" in odd.err
    assert said in odd.err


def wait_for_end(process: int) -> None:
    for _ in range(1200):  # killed, and soon gone
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("it is still there")


def test_one_that_hangs_is_ended(odd: Shell, tmp_path: Path) -> None:
    command = ("bundle", "pull", "odd://hangs:v1", "-o", "out", "--timeout", "0.1s")
    odd(*command, code=2)
    assert "did not answer within 1 s" in odd.err
    assert "give it longer: it has 10 times --timeout" in odd.err
    wait_for_end(int((tmp_path / "pid").read_text()))


@pytest.mark.usefixtures("odd")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_who_started_it(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "eidos.engine", "--no-config", "bundle", "pull"]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sys.path))}
    with subprocess.Popen([*command, "odd://hangs:v1", "-o", "out"], env=environ) as running:
        while not (tmp_path / "pid.hangs").exists():
            assert running.poll() is None
            time.sleep(0.05)
        running.send_signal(number)
    assert running.returncode in {128 + number, -number}
    wait_for_end(int((tmp_path / "pid").read_text()))
    assert not list(Path().glob("out*"))


@pytest.mark.usefixtures("odd")
def test_a_process_of_its_own_says_the_same() -> None:
    """It has one thread, so that it forks."""
    command = [sys.executable, "-m", "eidos.engine", "--no-config", "bundle", "pull"]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sys.path))}
    for act, code in (("well", 0), ("leaves", 2), ("crashes", 2), ("altered", 2)):
        done = subprocess.run(
            [*command, f"odd://{act}:v1", "-o", act],
            env=environ,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == code
        assert Path(act).exists() is (code == 0)
        assert "noise" not in done.stdout + done.stderr


def test_what_it_prints_nobody_sees(odd: Shell) -> None:
    odd("bundle", "pull", "odd://well:v1", "-o", "out")
    assert tree(Path("out")) == tree(Path("b1"))
    assert odd.out.startswith("odd://well@sha256:")
    assert "noise" not in odd.out + odd.err


# Names -------------------------------------------------------------------------------------------


def test_no_package_takes_what_is_ours(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even one that hides eidos' own entry points, as what lies first on the path can."""
    canary = tmp_path / "canary"
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "evil.py").write_text(f"open({str(canary)!r}, 'w')\n")
    names = ("oci", "oci-layout", "s3", "gs", "az", "path")
    for package in ("eidos-policy", "evil"):
        offers = {"eidos.places": dict.fromkeys(names, "evil:Place")}
        write_package(tmp_path / "site", package, offers)
    monkeypatch.syspath_prepend(tmp_path / "site")
    shell("bundle", "push", "b1", "oci-layout:l:v1")
    shell("bundle", "pull", "oci-layout:l:v1", "-o", "out")
    assert tree(Path("out")) == tree(Path("b1"))
    shell("bundle", "push", "b1", "path://l:v1", code=2)
    assert "cannot be used: the scheme is eidos' own" in shell.err
    shell("bundle", "push", "b1", "oci://127.0.0.1:1/a:v1", code=2)
    assert "127.0.0.1:1" in shell.err
    assert not canary.exists()


def test_neither_of_two_packages_is_taken(
    shelf: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_package(tmp_path / "other", "twin", {"eidos.places": {"acme": "fakes.places:Odd"}})
    monkeypatch.syspath_prepend(tmp_path / "other")
    shelf("bundle", "push", "b1", "acme://team/b:1.0", code=2)
    assert "the packages acme-shelf 1.2.0 and twin 1.0 both offer it" in shelf.err


def test_nothing_is_looked_up_for_what_is_ours(shell: Shell) -> None:
    shell("bundle", "push", "b1", "oci-layout:l:v1")
    asked = (
        "import sys; from eidos.engine.cli import main; sys.argv[1:] = "
        "['bundle', 'list', 'oci-layout:l']; code = main(); "
        "sys.exit(code or 'eidos.engine.plugins' in sys.modules "
        "or 'multiprocessing' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
