"""What a bundle costs beside rendering the same charts with Helm.

Usage: python benchmarks/bundles.py [--quick] [--charts DIR]

Ten components of the recipe for ``ci-examples/cluster.yaml``: one `eidos bundle`, gates before and
after included, against one `helm template` for each of their charts, with the values of the bundle.
DIR has charts as folders or packages (gpu-operator/, gpu-operator-v26.7.0.tgz); those that are
there come first, and what is missing is said. Helm is looked for on PATH. Below: planning alone.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from eidos import recipes
from eidos.engine.bundling.planning import plan
from eidos.engine.documents.finding import Source
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.reading import read_documents
from eidos.engine.documents.recipes import read_recipe
from eidos.engine.model.bundle import SharedInputs
from eidos.engine.plugins import find_bundlers
from eidos.engine.selecting.reading import read_catalog

EXAMPLE = Path(__file__).parents[1] / "ci-examples" / "cluster.yaml"
EIDOS = [sys.executable, "-m", "eidos.engine", "--no-config"]
DAY = ["--effective-time", "2026-11-24"]
COMPONENTS = 10


@dataclass(frozen=True, slots=True)
class Cost:
    """What processes took."""

    seconds: float
    processor: float
    """Seconds of processor time: what a busy machine distorts least."""
    megabytes: float
    """Peak memory of the largest of them."""

    def __str__(self) -> str:
        return (
            f"{self.seconds * 1000:.0f} ms ({self.processor * 1000:.0f}), {self.megabytes:.0f} MB"
        )


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one run of each")
    parser.add_argument("--charts", type=Path, help="folder of charts")
    given = parser.parse_args()
    repeats = 1 if given.quick else 7
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        recipe, charts = prepared(folder, given.charts)
        bundled = [bundle(folder, number) for number in range(repeats)]
        print(f"eidos bundle, {COMPONENTS} components: {median(bundled)}")
        print(helm_row(folder, charts, median(bundled), repeats))
        print(planning_row(recipe, repeats))


def prepared(folder: Path, charts: Path | None) -> tuple[Path, dict[str, Path]]:
    """Write a snapshot that a gate lets through and a recipe of ten components.

    Returns:
        The recipe, and those of its components whose charts are there.
    """
    taken = yaml.load(EXAMPLE.read_text(), yaml.CSafeLoader)
    del taken["nodes"][1], taken["collection"][5:]
    (folder / "cluster.yaml").write_text(json.dumps(taken))
    recipe = folder / "recipe.yaml"
    asked = ["recipe", "-s", str(folder / "cluster.yaml"), "--intent", "training"]
    subprocess.run([*EIDOS, *asked, "-o", f"yaml={recipe}"], check=True)
    said = yaml.load(recipe.read_text(), yaml.CSafeLoader)
    there = {each["name"]: chart for each in said["components"] if (chart := found(each, charts))}
    charted = [each for each in said["components"] if "chart" in each]
    first = sorted(charted, key=lambda each: each["name"] not in there)[:COMPONENTS]
    said["components"] = [each for each in said["components"] if each in first]
    names = [each["name"] for each in said["components"]]
    for each in said["components"]:
        each["dependsOn"] = [name for name in each.get("dependsOn", ()) if name in names]
    recipe.write_text(json.dumps(said))
    return recipe, {name: chart for name, chart in there.items() if name in names}


def found(component: Any, charts: Path | None) -> Path | None:  # noqa: ANN401 -- of a document
    """Give the chart of a component, if it is in the folder."""
    if charts is None or "chart" not in component:
        return None
    name = component["chart"]["name"]
    ways = (charts / f"{name}-{component['version']}.tgz", charts / name)
    return next((each for each in ways if each.exists()), None)


def bundle(folder: Path, number: int) -> Cost:
    """Bundle the recipe once, to a new place; the last one stays for Helm."""
    place = folder / "bundle"
    shutil.rmtree(place, ignore_errors=True)
    command = ["bundle", "-r", str(folder / "recipe.yaml"), "-s", str(folder / "cluster.yaml")]
    database = ["--db", str(folder / f"{number}.db")]
    return cost([*EIDOS, *command, "--to", str(place), *DAY, *database])


def helm_row(folder: Path, charts: dict[str, Path], bundled: Cost, repeats: int) -> str:
    """Render the same charts with Helm, one process each, as users of it do."""
    if shutil.which("helm") is None:
        return "helm template: absent, helm is not on PATH (.ci/helm-parts gets it)"
    if not charts:
        return "helm template: absent, no chart of the recipe in --charts DIR"
    total = median([rendered(folder, charts) for _ in range(repeats)])
    lacking = COMPONENTS - len(charts)
    less = f", {lacking} charts are missing" if lacking else ""
    ratio = total.processor / bundled.processor
    return f"helm template, {len(charts)} charts{less}: {total}; eidos {ratio:.2f} x by processor"


def rendered(folder: Path, charts: dict[str, Path]) -> Cost:
    """Add up what each chart takes."""
    costs = []
    for name, chart in charts.items():
        values = next((folder / "bundle").glob(f"*-{name}/values.yaml"))
        command = ["helm", "template", name, str(chart), "--values", str(values)]
        command += ["--kube-version", "1.34.2", "--api-versions=resource.k8s.io/v1"]
        command += ["--namespace", name]  # some refuse the default one
        costs.append(cost(command))
    return Cost(
        sum(each.seconds for each in costs),
        sum(each.processor for each in costs),
        max(each.megabytes for each in costs),
    )


def planning_row(file: Path, repeats: int) -> str:
    """Plan in this process: the recipe read, every component rendered, nothing written."""
    catalog = read_catalog([recipes.FOLDER])
    recipe = read_recipe(read_documents(Source(str(file), file), Limits())[0])
    bundlers, _ = find_bundlers()
    planned = (recipe, catalog, bundlers, SharedInputs(), "helm")
    times = []
    for _ in range(repeats + 1):  # the first fills caches
        before = time.process_time()
        plan(*planned)
        times.append(time.process_time() - before)
    tracemalloc.start()
    plan(*planned)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    took = f"{statistics.median(times[1:]) * 1000:.1f} ms of processor time"
    return f"planning, {len(recipe.components)} components: {took}, {peak / 1024:.0f} KB"


def median(costs: Sequence[Cost]) -> Cost:
    """Give the run in the middle, by processor time."""
    return sorted(costs, key=lambda each: each.processor)[len(costs) // 2]


def cost(command: Sequence[str]) -> Cost:
    """Run a command that must succeed."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None  # noqa: S101 -- for the type checker
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\n{said.decode()}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
