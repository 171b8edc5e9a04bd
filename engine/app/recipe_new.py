"""``eidos recipe new``: an overlay of what a known-good cluster runs, as a draft to be edited."""

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eidos import recipes
from eidos.engine.app.asking import gpu_nodes
from eidos.engine.app.context import Context
from eidos.engine.app.policies import open_packs
from eidos.engine.app.recipe import RecipeRequest, open_catalog, resolve_recipe
from eidos.engine.documents.writing import to_yaml, write_atomically
from eidos.engine.errors import Problem, UsageError
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recipe import Catalog, Component, Overlay, Recipe, Resolution, Tuned
from eidos.engine.model.snapshot import AddressedSnapshot, Facts, facts_of
from eidos.engine.packs.finding import CONFORMANCE
from eidos.engine.selecting.linting import lint
from eidos.engine.selecting.reading import read_catalog

API_VERSION = "eidos.dev/v1"


@dataclass(frozen=True, slots=True)
class Draft:
    """Files that were written, and what they say that does not fit the rest."""

    files: tuple[Path, ...]
    base: str
    problems: tuple[Problem, ...] = ()


def draft(
    name: str, request: RecipeRequest, folder: Path, context: Context, *, force: bool = False
) -> Draft:
    """Write an overlay, and a tuning profile where nodes are tuned otherwise, of a snapshot.

    Args:
        name: of the overlay; its files are called so.
        request: the snapshot, and what it does not say of the kind of cluster.
        folder: of the site: ``overlays/`` and ``tuning/`` are made in it.
        context: what is open.
        force: files that are there are replaced.

    Raises:
        UsageError: no snapshot is given, the name is taken, or nothing says what kind of cluster
            it is.
        DocumentError: the snapshot or the catalog cannot be read.
    """
    if request.snapshot is None:
        raise UsageError("no snapshot is named", hint="Give one: --snapshot snapshot.yaml")
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of an overlay",
            hint="Use letters, digits, dots and dashes.",
        )
    catalog = open_catalog(request.data, context)
    if name in catalog.overlays:
        place = catalog.overlays[name].origin.place
        raise UsageError(f"there is an overlay {name} already: {place.file}", hint="Take another.")
    item = context.reader(lenient=request.lenient).one(request.snapshot)
    resolution = resolve_recipe(request, context)
    base = _base(resolution)
    images = _images(context)
    drafting = _Drafting(name, catalog, resolution, base, item.snapshot, images)
    texts = {path: to_yaml(value) for path, value in drafting.documents().items()}
    written = [folder / path for path in texts]
    taken = [path for path in written if path.exists()]
    if taken and not force:
        raise UsageError(f"{taken[0]} already exists", hint="Add --force to replace it.")
    problems = _problems(texts, request.data, context)
    for path, text in zip(written, texts.values(), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text)
    return Draft(tuple(written), base.name, problems)


def _base(resolution: Resolution) -> Overlay:
    """Give the most specific overlay that applies to the cluster."""
    query = {each.dimension: each.value for each in resolution.query}
    if not query:
        raise UsageError(
            "the snapshot does not say what kind of cluster it is",
            hint="Say it: --service eks --accelerator h100 --os ubuntu --intent training",
        )
    applying = [
        each
        for each in resolution.overlays.values()
        if all(query.get(name) in values for name, values in each.criteria.items())
    ]
    if not applying:
        raise UsageError("no overlay could be its base", hint="eidos recipe list shows all.")
    return max(applying, key=lambda each: (each.rank, each.name))


def _images(context: Context) -> Mapping[str, str]:
    """Give the image that has the version of a component's chart, where there is one."""
    [pack] = open_packs((CONFORMANCE,), context)
    [rule] = [each for each in pack.rules if each.id == "REC-004"]
    images = rule.params["images"]
    assert isinstance(images, dict)  # noqa: S101 -- its METADATA says so
    return {name: str(image) for name, image in images.items()}


def _problems(
    texts: Mapping[str, str], data: Sequence[str], context: Context
) -> tuple[Problem, ...]:
    """Say what of the draft does not fit the catalog.

    Raises:
        DocumentError: it cannot even be read, which would be a fault of ours.
    """
    with tempfile.TemporaryDirectory(prefix="eidos-draft-") as staging:
        for path, text in texts.items():
            (Path(staging) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(staging) / path).write_text(text)
        folders = [recipes.FOLDER, *map(Path, data), Path(staging)]
        found = lint(read_catalog(folders, context.limits))
    ours = f"site-{len(folders) - 1}/"
    return tuple(each for each in found if each.location and each.location.file.startswith(ours))


_HELM = FactAddress("k8s", "helm")
_IMAGE = FactAddress("k8s", "image")
_POLICY = FactAddress("k8s", "policy")
_SYSCTL = FactAddress("os", "sysctl")
_GRUB = FactAddress("os", "grub")
_NOT_TUNING = frozenset({"console", "hugepages", "hugepagesz", "module_blacklist", "pci"})
"""Arguments that stand on the line more than once: one more does not replace another."""
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,98}[a-z0-9])?")
"""As the schema of overlays has it."""


@dataclass(frozen=True, slots=True)
class _Drafting:
    name: str
    catalog: Catalog
    resolution: Resolution
    base: Overlay
    seen: AddressedSnapshot
    images: Mapping[str, str]

    def documents(self) -> dict[str, dict[str, Json]]:
        """Give the files of the draft by their paths."""
        tuning = self._tuning()
        found: dict[str, dict[str, Json]] = {}
        if tuning:
            inherited: list[Json] = list(self.base.tuning)
            spec = {**({"base": inherited} if inherited else {}), **tuning}
            found[f"tuning/{self.name}.yaml"] = self._document("TuningProfile", spec)
        found[f"overlays/{self.name}.yaml"] = self._document("Overlay", self._overlay(bool(tuning)))
        return found

    def _document(self, kind: str, spec: Mapping[str, Json]) -> dict[str, Json]:
        return {
            "apiVersion": API_VERSION,
            "kind": kind,
            "metadata": {"name": self.name, "title": f"Draft of what {self._cluster} runs"},
            "spec": dict(spec),
        }

    @property
    def _cluster(self) -> str:
        return self.seen.snapshot.metadata.cluster or "a known-good cluster"

    def _overlay(self, has_tuning: bool) -> dict[str, Json]:  # noqa: FBT001 -- one caller
        own: dict[str, Json] = {
            each.dimension: each.value
            for each in self.resolution.query
            if each.dimension not in self.base.criteria
        }
        spec: dict[str, Json] = {"base": self.base.name}
        if own:
            spec["criteria"] = own
        components = dict(self._components())
        if components:
            spec["components"] = components
        if has_tuning:
            spec["tuning"] = [self.name]
        return spec

    def _why(self, fact: str) -> dict[str, Json]:
        day = (self.seen.snapshot.metadata.timestamp or "")[:10]
        seen = f", which was seen on {day}" if day else ""
        return {
            "because": f"It runs so on {self._cluster}{seen}.",
            "source": f"[run] snapshot {self.seen.digest} {fact}",
        }

    # Components ---------------------------------------------------------------------------------

    def _components(self) -> Iterator[tuple[str, Json]]:
        running = dict(self._running())
        for name in sorted(self._fitting(running)):
            version, fact = running[name]
            used: dict[str, Json] = {}
            chart = self.catalog.components[name].chart
            if chart is not None and _plain(chart.version) != _plain(version):
                start = "v" if chart.version.startswith("v") else ""
                used["version"] = {"is": f"{start}{_plain(version)}", **self._why(fact)}
            driver = self._facts.get(_POLICY, {}).get("driver.version")
            if name == "gpu-operator" and isinstance(driver, str) and driver:
                why = self._why('k8s.policy["driver.version"]')
                used["settings"] = [{"values": {"driver": {"version": driver}}, **why}]
            if used:
                yield name, used

    @property
    def _facts(self) -> Facts:
        return facts_of(self.seen.snapshot.measurements)

    def _running(self) -> Iterator[tuple[str, tuple[str, str]]]:
        """Give what runs of the registry: version, and the fact that says so."""
        releases = self._facts.get(_HELM, {})
        charts = {
            str(release.get("chart")): (str(release.get("version")), f"k8s.helm[{key!r}]")
            for key, release in releases.items()
            if isinstance(release, Mapping)
        }
        for name, component in self.catalog.components.items():
            if component.chart is not None and component.chart.name in charts:
                yield name, charts[component.chart.name]
            elif not releases and (tag := self._tag(name)) is not None:
                yield name, (tag, f"k8s.image.{self.images[name]}")

    def _tag(self, component: str) -> str | None:
        images = self._facts.get(_IMAGE, {})
        wanted = self.images.get(component, "")
        containers = images.get("containers")
        if isinstance(containers, list):
            for each in containers:
                if isinstance(each, Mapping) and str(each.get("repository")).endswith(f"/{wanted}"):
                    return str(each.get("tag"))
            return None
        tag = images.get(wanted)
        return tag if isinstance(tag, str) else None

    def _fitting(self, running: Iterable[str]) -> set[str]:
        """Leave out what needs a component that is neither there nor in the recipe."""
        recipe = self.resolution.recipe
        there = {each.name for each in recipe.components} if recipe else set(self.base.uses)
        found = set(running)
        while missing := {
            name for name in found if not _needs(self.catalog.components[name]) <= there | found
        }:
            found -= missing
        return found & there if recipe else found

    # Tuning -------------------------------------------------------------------------------------

    def _tuning(self) -> dict[str, Json]:
        """Give what GPU nodes have otherwise than the recipe tunes it."""
        recipe = self.resolution.recipe
        nodes = [
            facts_of(each.measurements)
            for each in self.seen.snapshot.nodes
            if each.name in gpu_nodes(self.seen)
        ]
        if recipe is None or not nodes:
            return {}
        arguments = [*self._arguments(recipe, nodes)]
        sysctls = [*self._sysctls(recipe, nodes)]
        areas: dict[str, Json] = {}
        if arguments:
            areas["arguments"] = arguments
        if sysctls:
            areas["sysctls"] = sysctls
        return areas

    def _sysctls(self, recipe: Recipe, nodes: Sequence[Facts]) -> Iterator[Json]:
        for each in _of_area(recipe, "sysctls"):
            path = f"/proc/sys/{each.key.replace('.', '/')}"
            value = _shared(nodes, _SYSCTL, path)
            if value is None or _is_kept(value, each):
                continue
            typed: Json = int(value) if value.isdecimal() and len(value) < 16 else value  # noqa: PLR2004
            why = self._why(f'os.sysctl["{path}"]')
            yield {"key": each.key, "value": typed, "compare": "equal", **why}

    def _arguments(self, recipe: Recipe, nodes: Sequence[Facts]) -> Iterator[Json]:
        seen = set()
        for each in _of_area(recipe, "arguments"):
            value = _shared(nodes, _GRUB, each.key)
            if value is None or each.key in _NOT_TUNING or each.key in seen:
                continue
            seen.add(each.key)
            argument = f"{each.key}={value}" if value else each.key
            if argument != each.said["set"]:
                yield {"set": argument, **self._why(f'os.grub["{each.key}"]')}


def _needs(component: Component) -> set[str]:
    return {each.component for each in component.dependencies if not each.optional}


def _of_area(recipe: Recipe, area: str) -> Iterator[Tuned]:
    return (each for each in recipe.tuning if each.area == area)


def _shared(nodes: Sequence[Facts], address: FactAddress, key: str) -> str | None:
    """Give what all nodes have; None where they differ, or do not say."""
    values = {str(each.get(address, {}).get(key)) for each in nodes}
    if len(values) != 1 or values == {"None"}:
        return None
    return values.pop().strip().replace("\t", " ")


def _is_kept(value: str, tuned: Tuned) -> bool:
    wanted, compare = tuned.said["value"], tuned.said.get("compare")
    if value.isdecimal() and isinstance(wanted, int) and compare in ("at-least", "at-most"):
        return int(value) >= wanted if compare == "at-least" else int(value) <= wanted
    return value == str(wanted)


def _plain(version: str) -> str:
    return version.removeprefix("v")
