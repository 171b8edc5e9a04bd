"""What recipes cost: reading the catalog, every combination of criteria, and one whole process.

    python benchmarks/recipes.py            # the shipped catalog
    python benchmarks/recipes.py --many     # beside a site's folder of 10,000 overlays, too

CPU seconds are those of the process and its children; there is no peer to compare with.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from eidos import recipes
from eidos.engine.documents.recipes import recipe_document
from eidos.engine.model.recipe import Choice, Recipe
from eidos.engine.selecting.choosing import choose
from eidos.engine.selecting.linting import queries, shapes
from eidos.engine.selecting.merging import merge
from eidos.engine.selecting.reading import read_catalog

QUERY = ("--service", "gke", "--accelerator", "h100", "--os", "cos", "--intent", "training")
MANY = 10_000


def combinations() -> tuple[int, float, float]:
    """Resolve and write every combination in every shape; give how many, and CPU seconds."""
    started = time.process_time()
    catalog = read_catalog([recipes.FOLDER])
    read = time.process_time() - started
    count = 0
    started = time.process_time()
    for query in queries(catalog):
        choice = choose(catalog, query)
        if not isinstance(choice, Choice):
            continue
        for profiles in shapes(catalog, choice):
            merged = merge(catalog, choice, profiles)
            recipe_document(
                Recipe(
                    name="any",
                    criteria=(),
                    choice=choice,
                    profiles=profiles,
                    components=merged.components,
                    tuning=merged.tuning,
                    constraints=merged.constraints,
                    relaxed=merged.relaxed,
                    checks=merged.checks,
                    history=merged.history,
                    lock={},
                )
            )
            count += 1
    return count, read, time.process_time() - started


def process(*more: str) -> tuple[float, int]:
    """Resolve once in a process of its own; give the median CPU seconds of 7, and peak MB."""
    command = [sys.executable, "-m", "eidos.engine", "recipe", *QUERY, "-o", "json", *more]
    taken = []
    for _ in range(7):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        environ = {**os.environ, "EIDOS_ENGINE": "light"}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environ)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    return sorted(taken)[3], peak


def many(folder: Path) -> None:
    """Write a site's folder of overlays that narrow one of ours by the number of nodes."""
    (folder / "overlays").mkdir()
    for number in range(1, MANY + 1):
        (folder / "overlays" / f"o{number}.yaml").write_text(
            "apiVersion: eidos.dev/v1\nkind: Overlay\n"
            f"metadata: {{name: o{number}, title: A site's own}}\n"
            f"spec:\n  base: gke-cos-training\n  criteria: {{nodes: '{number}'}}\n"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--many", action="store_true")
    asked = parser.parse_args()
    seconds, peak = process()
    print(f"one recipe, whole process     {seconds * 1000:6.0f} ms CPU, {peak} MB")
    if asked.many:
        with tempfile.TemporaryDirectory() as name:
            many(Path(name))
            seconds, peak = process("--data", name)
        print(f"beside {MANY:,} overlays        {seconds * 1000:6.0f} ms CPU, {peak} MB")
    count, read, taken = combinations()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"reading the catalog           {read * 1000:6.0f} ms CPU")
    print(
        f"all {count} recipes              {taken * 1000:6.0f} ms CPU, {peak} MB; "
        f"{taken * 1000 / max(count, 1):.1f} ms each"
    )


if __name__ == "__main__":
    main()
