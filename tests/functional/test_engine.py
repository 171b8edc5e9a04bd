"""``eidos engine info`` and ``install``, with a Go that only pretends."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from eidos.engine.cli import console, root
from eidos.engine.rego import building
from eidos.engine.rego.building import SOURCES
from eidos.engine.rego.finding import PINNED, installed_path
from eidos.engine.rego.light import LightEngine
from eidos.schemas import FOLDER

EIDOS = (sys.executable, "-m", "eidos.engine")
GO = """\
#!/bin/sh
case "$1" in
version) echo "go version go{version} linux/amd64" ;;
env) echo '{{"GOPROXY": "https://goproxy.example", "GOMODCACHE": "/m", "GOCACHE": "off"}}' ;;
build)
  while [ "$1" != -o ]; do shift; done
  env > {home}/environment; pwd > {home}/folder; cat go.mod > {home}/go.mod
  echo "go: downloading things"
  {then}
  printf '#!/bin/sh\\necho "Version: {opa}"\\n' > "$2"
  chmod 700 "$2"
esac
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with nothing in it, and no Go or OPA on this machine."""
    tmp_path.chmod(0o755)
    for name in ("bin", "tmp"):
        (tmp_path / name).mkdir(mode=0o755)
    for name, value in {
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "TMPDIR": str(tmp_path / "tmp"),
        "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin",
        "GOFLAGS": "-mod=mod",
        "HTTPS_PROXY": "http://proxy.example:1",
        "SECRET": "x",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("EIDOS_OPA", raising=False)
    monkeypatch.setattr(building, "_GO_FOLDER", tmp_path / "none")
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


def write_go(home: Path, then: str = ":", opa: str = PINNED, version: str = "1.26.1") -> None:
    go = home / "bin" / "go"
    go.write_text(GO.format(home=home, then=then, opa=opa, version=version))
    go.chmod(0o755)


def write_opa(home: Path, version: str) -> Path:
    opa = home / "bin" / "opa"
    opa.write_text(f"#!/bin/sh\necho 'Version: {version}'\n")
    opa.chmod(0o755)
    return opa


def engine(*arguments: str) -> int:
    return console.run(root, ["engine", *arguments])


def left(home: Path) -> list[str]:
    """Name everything that an installation may have left behind."""
    return [path.name for folder in ("tmp", "data/eidos/bin") for path in (home / folder).glob("*")]


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    engine("info", "-o", "json", *arguments)
    document: dict[str, object] = json.loads(capsys.readouterr().out)
    schema = json.loads((FOLDER / "engine" / "v1.schema.json").read_text())
    jsonschema.validate(document, schema)
    return document


@pytest.mark.usefixtures("home")
def test_without_opa_the_light_engine_judges(capsys: pytest.CaptureFixture[str]) -> None:
    assert engine("info") == 0
    assert "engine: light (no OPA; run 'eidos engine install')" in capsys.readouterr().out
    found = told(capsys)
    assert found["candidates"] == []
    assert found["engine"] == {"name": "light", "version": LightEngine.version, "path": None}


def test_every_opa_is_shown_with_why_it_is_not_taken(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = write_opa(home, "1.9.0")
    write_go(home)
    assert engine("install") == 0
    capsys.readouterr()
    assert engine("info") == 0
    said = capsys.readouterr().out
    assert f"engine: opa {PINNED}" in said
    assert f"not taken: {old} (PATH) is OPA 1.9.0, and 1.22.3 is needed" in said
    found = told(capsys)
    taken = [each["taken"] for each in found["candidates"]]  # type: ignore[attr-defined]
    assert taken == [False, True]
    monkeypatch.setenv("EIDOS_OPA", str(old))
    assert told(capsys)["engine"] is None
    assert engine("info") == 2
    assert "engine: none" in capsys.readouterr().out


def test_it_builds_once_from_our_own_module(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_go(home)
    assert engine("install") == 0
    said = capsys.readouterr()
    path = installed_path(os.environ)
    assert said.out == f"{path}\n"
    assert "Building OPA" in said.err
    assert path.stat().st_mode & 0o777 == 0o755
    assert left(home) == [path.name]
    assert (home / "go.mod").read_text() == (SOURCES / "go.mod").read_text()
    (home / "go.mod").unlink()
    assert engine("install") == 0
    assert "already there" in capsys.readouterr().err
    assert not (home / "go.mod").exists()
    assert engine("install", "--force") == 0
    assert (home / "go.mod").exists()


def test_go_sees_what_the_network_needs_and_nothing_else(home: Path) -> None:
    write_go(home)
    assert engine("install") == 0
    lines = (home / "environment").read_text().splitlines()
    seen = dict(line.split("=", 1) for line in lines)
    assert seen["GOPROXY"] == "https://goproxy.example"
    assert seen["HTTPS_PROXY"] == "http://proxy.example:1"
    assert seen["GOMODCACHE"] == "/m"
    assert seen["GOCACHE"].startswith(str(home / "tmp"))
    assert (seen["GOFLAGS"], seen["GOTOOLCHAIN"], seen["GOENV"]) == ("", "local", "off")
    assert "SECRET" not in seen


def test_another_opa_that_goes_before_it_is_said(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_go(home)
    other = write_opa(home, "1.30.0")
    assert engine("install") == 0
    assert f"note: {other} (OPA 1.30.0, found by PATH)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("then", "opa", "said"),
    [
        ("echo 'no such host'; exit 1", PINNED, "no such host"),
        ("exit 4", PINNED, "could not be built: go: downloading things"),
        (":", "0.1.0", "what was built is OPA 0.1.0"),
    ],
)
def test_a_build_that_fails_leaves_what_was_there(
    home: Path, capsys: pytest.CaptureFixture[str], then: str, opa: str, said: str
) -> None:
    write_go(home)
    assert engine("install") == 0
    path = installed_path(os.environ)
    before = path.read_bytes(), path.stat().st_mtime_ns
    write_go(home, then, opa)
    capsys.readouterr()
    assert engine("install", "--force") == 2
    error = capsys.readouterr().err
    assert said in error
    assert "EIDOS_OPA" in error
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert left(home) == [path.name]


def test_an_old_go_is_not_used_and_the_index_may_lack_one(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_go(home, version="1.25.9")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(home / "tmp"))
    assert engine("install") == 2
    error = capsys.readouterr().err
    assert "Go 1.26 or newer is not here" in error
    assert "Go could not be had from the Python index: " in error
    assert "name it with --opa-binary or EIDOS_OPA" in error
    assert left(home) == []


def test_a_folder_that_cannot_be_used_is_said_before_the_work(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_go(home)
    (home / "data").write_text("no folder")
    assert engine("install") == 2
    assert "Set XDG_DATA_HOME" in capsys.readouterr().err
    (home / "data").unlink()
    path = installed_path(os.environ)
    path.parent.mkdir(parents=True)
    path.parent.chmod(0o777)
    assert engine("install") == 2
    assert "where others may write" in capsys.readouterr().err
    assert not (home / "go.mod").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_build_leaves_nothing(home: Path, number: int, code: int) -> None:
    write_go(home, f"echo $$ > {home}/pid; echo started; exec sleep 1000")
    running = subprocess.Popen([*EIDOS, "engine", "install"], stderr=subprocess.PIPE, text=True)
    pid = home / "pid"
    while not pid.exists() or not pid.read_text().strip():
        assert running.poll() is None
    running.send_signal(number)
    running.communicate(timeout=250)
    assert running.returncode == code
    assert left(home) == []
    state = Path(f"/proc/{pid.read_text().strip()}/stat")
    for _ in range(5000):  # SIGKILL is sent before we end; the kernel may take its time
        if not state.exists() or state.read_text().split()[2] == "Z":
            return
        time.sleep(0.05)
    pytest.fail("the build goes on")


def test_the_module_is_of_the_pinned_version_and_names_no_proxy() -> None:
    module, sums = ((SOURCES / name).read_text() for name in ("go.mod", "go.sum"))
    assert f"github.com/open-policy-agent/opa v{PINNED}" in module
    assert f"github.com/open-policy-agent/opa v{PINNED} h1:" in sums
    for line in sums.splitlines():
        assert line.split()[2].startswith("h1:"), line
    assert "--hash=sha256:" in (SOURCES / "go.txt").read_text()
    assert not any(path.read_text().count("://") for path in SOURCES.iterdir())
