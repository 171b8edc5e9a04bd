"""What it costs to push and pull a bundle, beside `oras` with the same tree.

Usage: python benchmarks/shipping.py [--quick]

A bundle of 100 files and 500 kB goes to a registry on this machine and back: `eidos bundle push`
and `pull`, which hold every file against the manifest before and after, against `oras push` and
`pull` of the same folder, which do not. Both sides in turns; figures are processor time of the
client. `oras` and `ggcr-registry` are looked for on PATH (`.ci/registry-parts` gets them).
"""

import argparse
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from eidos.engine.bundling.trees import sealed, write_tree
from eidos.engine.model.bundle import File

EIDOS = [sys.executable, "-m", "eidos.engine", "--no-config", "bundle"]
FILES, SIZE = 100, 5000


def make_bundle(folder: Path) -> None:
    told = random.Random(7)
    words = ["enabled", "version", "driver", "toolkit", "gpu-operator", "nodeSelector"]
    files = []
    for number in range(FILES):
        lines: list[str] = []
        while sum(map(len, lines)) < SIZE:
            lines.append(f"  {told.choice(words)}: {told.random()}\n")
        files.append(File(f"{number:03}-demo/values.yaml", "".join(lines).encode()))
    write_tree(folder, sealed(files))


def cpu(command: Sequence[str], folder: Path) -> float:
    """Run a command, and give the seconds of processor time that it took."""
    running = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        raise SystemExit(f"{command[0]} ended with {running.returncode}")
    return used.ru_utime + used.ru_stime


def once(host: str, folder: Path, turn: int) -> dict[str, float]:
    ours, theirs = f"oci://{host}/ours:v{turn}", f"{host}/theirs:v{turn}"
    found = {
        "eidos push": cpu([*EIDOS, "push", "bundle", ours], folder),
        "oras push": cpu(["oras", "push", "--plain-http", theirs, "bundle"], folder),
        "eidos pull": cpu([*EIDOS, "pull", ours, "--to", "eidos"], folder),
        "oras pull": cpu(["oras", "pull", "--plain-http", theirs, "-o", "oras"], folder),
    }
    for name in ("eidos", "oras"):
        shutil.rmtree(folder / name)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    turns = 3 if parser.parse_args().quick else 15
    if not shutil.which("oras") or not shutil.which("ggcr-registry"):
        raise SystemExit("oras and ggcr-registry are not on PATH: .ci/registry-parts gets them")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make_bundle(folder / "bundle")
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        server = subprocess.Popen(["ggcr-registry", "-port", str(port)], **quiet)  # type: ignore[call-overload]
        try:
            time.sleep(1)
            rows = [once(f"127.0.0.1:{port}", folder, turn) for turn in range(turns)]
        finally:
            server.terminate()
            server.wait()
    for name in rows[0]:
        print(f"{name:<11} {statistics.median(row[name] for row in rows) * 1000:6.0f} ms")
    for verb in ("push", "pull"):
        ratio = statistics.median(row[f"eidos {verb}"] / row[f"oras {verb}"] for row in rows)
        print(f"{verb}: eidos takes {ratio:.1f} times what oras takes")


if __name__ == "__main__":
    main()
