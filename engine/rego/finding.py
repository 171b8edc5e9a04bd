"""Which ``opa`` executable judges: named by the user, on ``PATH``, or the one we installed."""

import contextlib
import os
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from eidos.engine.digest import digest
from eidos.engine.errors import EidosError
from eidos.engine.folders import is_private, open_to_others, user_folder
from eidos.engine.model.engine import INSTALLED, ON_PATH, Candidate
from eidos.engine.records import dataclass

PINNED = "1.22.3"
"""What ``eidos engine install`` builds; ``opa_build/go.mod`` and ``go.sum`` say the same."""
FLOOR = "1.22.3"
"""The oldest OPA that is taken (https://github.com/open-policy-agent/opa/releases): the indexer of
1.21.0 to 1.22.0 loses answers of ``x in {"a", input.y}``, the type checker of 1.22.0 to 1.22.2 is
wrong, and before 1.21.3 a bundle's signature could be got round (GHSA-g2pf-6v5v-qcc8)."""
_PATIENCE = 60.0
"""Seconds for ``opa version``, which takes 0.02: only a hang takes that long, on any machine."""
_MOST_OUTPUT = 64 * 1024
"""Bytes of what ``opa version`` says; a program that writes more is not OPA."""
_ROOT = Path("/")
_VERSION = re.compile(r"^Version: (\d{1,6}\.\d{1,6}\.\d{1,6})(\S{0,64})$", re.MULTILINE)
_NEXT = "Run 'eidos engine install', or name another with --opa-binary or EIDOS_OPA."


@dataclass(frozen=True, slots=True)
class OpaBinary:
    """An OPA that can judge."""

    path: Path
    """Absolute, links followed."""
    version: str
    """``1.22.3``."""
    found_by: str
    """What led to it: ``--opa-binary``, ``EIDOS_OPA``, ``configuration``, ``PATH`` or
    ``eidos engine install``."""


def candidates(
    environ: Mapping[str, str], option: Path | None = None, configured: Path | None = None
) -> Iterator[Candidate]:
    """Give every place in the order in which they are tried; each is tried as it is asked for.

    Args:
        environ: ``EIDOS_OPA``, ``PATH``, and where our folders are.
        option: what ``--opa-binary`` says; a relative path is meant from the working directory.
        configured: the path that the configuration names.

    Raises:
        EidosError: ``EIDOS_OPA`` or the configuration names a relative path, which would be
            another program in every folder.
    """
    named = _named(environ, option, configured)
    if named is not None:
        yield try_opa(*named, environ)
        return
    for path in on_path("opa", environ):
        yield try_opa(path, ON_PATH, environ)
    own = installed_path(environ)
    if own.exists():
        yield try_opa(own, INSTALLED, environ)


def find_opa(
    environ: Mapping[str, str], option: Path | None = None, configured: Path | None = None
) -> OpaBinary | None:
    """Give the first OPA that can judge; None where none was named and none is found.

    Args: see `candidates`.

    Raises:
        EidosError: the one that the user named cannot judge; no other is taken in its place.
    """
    for found in candidates(environ, option, configured):
        if found.trouble is None and found.version is not None:
            return OpaBinary(found.path, found.version, found.found_by)
        if found.found_by not in (ON_PATH, INSTALLED):
            raise EidosError(
                f"{found.path}, named by {found.found_by}, {found.trouble}", hint=_NEXT
            )
    return None


def need_opa(
    environ: Mapping[str, str], option: Path | None = None, configured: Path | None = None
) -> OpaBinary:
    """Give the first OPA that can judge.

    Args: see `candidates`.

    Raises:
        EidosError: there is none; says why each that was found was not taken.
    """
    found = find_opa(environ, option, configured)
    if found is None:
        refused = [f"{each.path} {each.trouble}" for each in candidates(environ)]
        reasons = f": {'; '.join(refused)}" if refused else ""
        raise EidosError(f"there is no usable OPA{reasons}", hint=_NEXT)
    return found


def installed_path(environ: Mapping[str, str]) -> Path:
    """Give where ``eidos engine install`` puts the executable; it need not be there."""
    return user_folder("data", environ) / "bin" / f"opa-{PINNED}"


def on_path(name: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """Give every executable of a name in the folders of ``PATH``.

    Relative and empty entries mean the working directory, where a checkout may bring its own
    program: they are passed over.
    """
    for entry in dict.fromkeys(environ.get("PATH", "").split(os.pathsep)):
        path = Path(entry, name)
        if path.is_absolute() and path.is_file() and os.access(path, os.X_OK):
            yield path


def _named(
    environ: Mapping[str, str], option: Path | None, configured: Path | None
) -> tuple[Path, str] | None:
    if option:
        return Path.cwd() / option, "--opa-binary"
    variable = environ.get("EIDOS_OPA")
    named = ((Path(variable) if variable else None, "EIDOS_OPA"), (configured, "configuration"))
    for path, named_by in named:
        if path and not path.is_absolute():
            raise EidosError(
                f"{named_by} names '{path}', a relative path, which is another file in each folder",
                hint="Give the absolute path of the opa executable.",
            )
        if path:
            return path, named_by
    return None


def try_opa(path: Path, found_by: str, environ: Mapping[str, str]) -> Candidate:
    """Ask an executable which version it is, unless others may have put it there.

    Args:
        path: the executable; absolute.
        found_by: what led to it.
        environ: says where our cache is.
    """
    try:
        real = path.resolve(strict=True)
        if trouble := _untrusted(path, real, found_by):
            return Candidate(path, found_by, trouble=trouble)
        version, trouble = _version(real, environ)
    except OSError as error:
        return Candidate(path, found_by, trouble=f"cannot be run: {error.strerror or error}")
    return Candidate(real, found_by, version, trouble)


def _untrusted(path: Path, real: Path, found_by: str) -> str | None:
    if not real.is_file() or not os.access(real, os.X_OK):
        return "is no executable file"
    if found_by == INSTALLED and not is_private(path.parent):
        return f"is not taken: others may write to {path.parent}"
    for place in (path.parent.resolve() / path.name, real):
        if (shared := open_to_others(place)) is not None:
            return f"is not taken: everybody may replace {shared}"
    return None


def _version(path: Path, environ: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Give the version and what is wrong with it."""
    memory = _Memory(path, environ)
    told = memory.recall()
    if told is None:
        told, trouble = _ask(path)
        if trouble is not None:
            return None, trouble
        memory.keep(told)
    version = _VERSION.search(told)
    if version is None:
        return None, "is not OPA: 'opa version' says something else"
    if _is_old(version[1], version[2]):
        return version[1] + version[2], f"is OPA {version[1]}{version[2]}, and {FLOOR} is needed"
    return version[1] + version[2], None


def _is_old(version: str, suffix: str) -> bool:
    """Compare by numbers; what leads up to a release (``1.22.3-rc1``) is older than it."""
    numbers, floor = ([int(part) for part in text.split(".")] for text in (version, FLOOR))
    return numbers < floor or (numbers == floor and suffix.startswith("-"))


def _ask(path: Path) -> tuple[str, str | None]:
    """Run ``opa version`` with an empty environment; give what it says, and what went wrong."""
    import subprocess  # most often it is known

    from eidos.engine.starting import read_within, started

    late = f"did not answer 'opa version' in {_PATIENCE:g} s"
    with started([path, "version"], {}, folder=_ROOT, stderr=subprocess.DEVNULL) as asked:
        said, ended = read_within(asked, _MOST_OUTPUT, time.monotonic() + _PATIENCE)
        if not ended:
            much = len(said) >= _MOST_OUTPUT
            return "", "is not OPA: 'opa version' says too much" if much else late
        try:
            code = asked.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            return "", late
    told = said.decode(errors="replace")
    return told, f"is not OPA: 'opa version' ended with {code}" if code else None


class _Memory:
    """What an executable said of its version, kept for as long as the file is the same.

    It saves 20 ms in each run. What cannot be read, trusted or written is not kept.
    """

    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        state = path.stat()
        identity = [str(path), state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns]
        self._folder = user_folder("cache", environ) / "opa"
        self._file = self._folder / digest(identity).removeprefix("sha256:")

    def recall(self) -> str | None:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if is_private(self._folder):
                return self._file.read_text("utf-8")
        return None

    def keep(self, told: str) -> None:
        if _VERSION.search(told) is None:
            return
        beside = self._file.with_suffix(f".{os.getpid()}")
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside.write_text(told, "utf-8")
            beside.replace(self._file)
