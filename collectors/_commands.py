"""Running a program of the machine: no shell, a time limit, a size limit, plain English output."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from eidos.collectors._reading import UnavailableError

OUTPUT_LIMIT = 32 << 20
"""Bytes; ``nvidia-smi -q -x`` of sixteen GPUs is half a MiB."""


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


def output_of(
    arguments: Sequence[str], timeout: float, environ: Mapping[str, str] | None = None
) -> str:
    """Run a program and give what it wrote.

    Raises:
        OSError: it does not start, fails, takes too long or writes too much.
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
    if done.returncode != 0:
        said = (done.stderr or done.stdout).decode(errors="replace").split()
        raise OSError(f"{name} failed ({done.returncode}): {' '.join(said)[:300]}")
    return done.stdout.decode(errors="replace")
