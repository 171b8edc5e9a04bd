"""Running a program of the machine: no shell, a time limit, a size limit, plain English output."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eidos.collectors._reading import UnavailableError

OUTPUT_LIMIT = 32 << 20
"""Bytes; ``nvidia-smi -q -x`` of sixteen GPUs is half a MiB."""
_WORDS = 300
"""Characters of what a program said that an error shows."""


def find_program(name: str, root: Path, folders: Sequence[str]) -> str:
    """Find a program on the PATH, or in folders below the root.

    Raises:
        UnavailableError: it is nowhere.
    """
    found = shutil.which(name)
    if found:
        return found
    for folder in folders:
        place = root / folder / name
        if os.access(place, os.X_OK) and place.is_file():
            return str(place)
    raise UnavailableError(f"{name} is not on this machine")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended."""

    name: str
    """Without its folder."""
    output: str
    errors: str
    """What it wrote on standard error."""
    code: int

    def failure(self) -> OSError:
        """Give its exit code and its words as an error."""
        said = (self.errors or self.output).split()
        return OSError(f"{self.name} failed ({self.code}): {' '.join(said)[:_WORDS]}".rstrip(": "))


def output_of(
    arguments: Sequence[str], timeout: float, environ: Mapping[str, str] | None = None
) -> str:
    """Run a program and give what it wrote.

    Raises:
        OSError: it does not start, fails, takes too long or writes too much.
    """
    ended = run(arguments, timeout, environ)
    if ended.code != 0:
        raise ended.failure()
    return ended.output


def run(
    arguments: Sequence[str], timeout: float, environ: Mapping[str, str] | None = None
) -> Ended:
    """Run a program, whatever its exit code; bytes that are not UTF-8 become U+FFFD.

    Raises:
        OSError: it does not start, takes too long or writes too much.
    """
    environment = {**os.environ, **(environ or {}), "LC_ALL": "C", "SYSTEMD_PAGER": ""}
    name = Path(arguments[0]).name
    try:
        done = subprocess.run(
            arguments,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise OSError(f"{name} did not end within {timeout:g} s") from None
    if len(done.stdout) > OUTPUT_LIMIT:
        raise OSError(f"{name} wrote more than {OUTPUT_LIMIT >> 20} MiB")
    output, errors = (each.decode(errors="replace") for each in (done.stdout, done.stderr))
    return Ended(name, output, errors, done.returncode)
