"""What a snapshot of this machine costs, what the cache saves, and what each command imports.

Usage: python benchmarks/collecting.py [--quick]
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

EIDOS = [sys.executable, "-m", "eidos.engine"]
VERBS = ("snapshot", "check", "validate", "diff", "history", "config", "cache")


def median_seconds(arguments: Sequence[str], repeats: int, environ: dict[str, str]) -> float:
    """Run a command several times and give the median of its wall time."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        done = subprocess.run([*EIDOS, *arguments], env=environ, capture_output=True, check=False)
        if done.returncode not in {0, 3}:  # 3: a collector could not see everything
            raise SystemExit(done.stderr.decode())
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one run of each")
    repeats = 1 if parser.parse_args().quick else 9
    with tempfile.TemporaryDirectory() as home:
        environ = {**os.environ, "XDG_CACHE_HOME": home}
        take = ("snapshot", "--no-cluster", "-o", os.devnull)
        median_seconds(("--version",), 1, environ)  # once for the disk
        bare = median_seconds(("--version",), repeats, environ)
        anew = median_seconds((*take, "--no-cache"), repeats, environ)
        median_seconds(take, 1, environ)
        kept = median_seconds(take, repeats, environ)
        print(f"eidos --version                       {bare:7.3f} s")
        print(f"eidos snapshot, collected anew        {anew:7.3f} s")
        saved = f"{anew / kept:.1f} times faster"
        print(f"eidos snapshot, from the cache        {kept:7.3f} s   {saved}")
        for verb in VERBS:
            seconds = median_seconds((verb, "--help"), repeats, environ)
            name = f"eidos {verb} --help"
            print(f"{name:<38}{seconds:7.3f} s   {seconds / bare:.1f} x")


if __name__ == "__main__":
    main()
