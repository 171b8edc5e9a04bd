"""From folders of YAML to a `Catalog` in which every name leads somewhere.

One convention for every file: ``FOLDER/<kind>/<name>.yaml`` holds one object, called as its file
is. What is wrong anywhere is told together, with file and line, and nothing is half-read.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from eidos import recipes
from eidos.engine.digest import address
from eidos.engine.documents.finding import SUFFIXES, NothingFoundError, Source, find_each
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.reading import Document, decode, only, read_bytes, read_text
from eidos.engine.documents.upstreamkinds import upstream_kind
from eidos.engine.documents.upstreamrecipes import (
    Taken,
    Values,
    overlay,
    registry,
    upstream_fact,
)
from eidos.engine.errors import DocumentError, Location, Problem, UsageError
from eidos.engine.model.elsewhere import document_elsewhere
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recipe import (
    Alternative,
    Catalog,
    Chart,
    Check,
    Component,
    Constraint,
    Dependency,
    Dimension,
    Leaf,
    Note,
    Of,
    Origin,
    Overlay,
    Platform,
    Profile,
    Reason,
    Relaxed,
    Tuned,
    TuningProfile,
    Upgrade,
    Use,
)
from eidos.engine.model.recipe import Path as KeyPath
from eidos.engine.schema import problems
from eidos.engine.selecting.constraints import parse
from eidos.engine.selecting.linking import inherited, link

_DEEP = 2
"""Segments of the path of an object in its folder."""
FILES_AT_MOST = 20_000
"""A folder with more is none that somebody wrote for this."""


def read_catalog(folders: Sequence[Path], limits: Limits = Limits()) -> Catalog:  # noqa: B008 - frozen
    """Read everything that recipes are made of.

    Args:
        folders: the shipped one first, then those of the site, which add to it. What is shipped is
            read once: it does not change while we run.
        limits: bounds of each file.

    Raises:
        DocumentError: a file cannot be read, is not what its folder holds, takes a name that there
            is, or names what there is not; says all that is wrong.
        UsageError: a folder is none, or holds nothing that recipes are made of.
    """
    first, *sites = folders
    found = _shipped(limits).copy() if first == recipes.FOLDER else _only(first, limits)
    for number, folder in enumerate(sites, start=1):
        found.read(f"site-{number}", folder, limits)
    catalog = found.catalog()
    wrong = found.wrong or link(catalog)
    if wrong:
        raise DocumentError.joined(sorted(map(catalog.located, wrong), key=_place))
    return replace(catalog, overlays=inherited(catalog.overlays, catalog.criteria))


@lru_cache(maxsize=1)
def _shipped(limits: Limits) -> "_Found":
    return _only(recipes.FOLDER, limits)


def _only(folder: Path, limits: Limits) -> "_Found":
    found = _Found()
    found.read("recipes", folder, limits)
    return found


def _place(problem: Problem) -> tuple[str, int]:
    place = problem.location or Location("")
    return place.file, place.line or 0


@dataclass(slots=True)
class _Found:
    """What was read so far."""

    by_kind: dict[str, dict[str, Any]] = field(default_factory=lambda: {k: {} for k in _FOLDERS})
    lists: dict[str, dict[str, Any]] = field(default_factory=lambda: {k: {} for k in _LISTS})
    files: dict[str, str] = field(default_factory=dict)
    wrong: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    """What was read and not taken."""
    root: str = "recipes"
    """What the lock calls the folder that is read: the shipped one, or the site's."""
    roots: dict[str, str] = field(default_factory=dict)

    def copy(self) -> "_Found":
        """Give another that holds the same, to which more can be added."""
        return _Found(
            {kind: dict(each) for kind, each in self.by_kind.items()},
            {kind: dict(each) for kind, each in self.lists.items()},
            dict(self.files),
            [*self.wrong],
            [*self.notes],
            self.root,
            dict(self.roots),
        )

    def read(self, root: str, folder: Path, limits: Limits) -> None:
        self.root = root
        self.roots[root] = str(folder)
        if not folder.is_dir():
            hint = "It holds overlays/, components/ and so on; see docs/recipes.md."
            if document_elsewhere(str(folder)):
                hint = f"Catalogs are read from folders of this machine alone. {hint}"
            raise UsageError(f"there is no folder '{folder}'", hint=hint)
        paths = _files(folder)
        if not paths:
            raise UsageError(
                f"'{folder}' holds nothing that recipes are made of",
                hint=f"Put YAML below {', '.join(f'{name}/' for name in _FOLDERS)}.",
            )
        for path in paths:
            try:
                self._file(folder, path, limits)
            except DocumentError as error:
                self.wrong += [error.problem, *error.others]

    def _file(self, folder: Path, path: Path, limits: Limits) -> None:
        _refuse_link(folder, path)
        content = read_bytes(Source(str(path), path), limits)
        name = str(path.relative_to(folder))
        self.files[f"{self.root}/{name}"] = address(content)
        document = only(read_text(decode(content, str(path)), f"{self.root}/{name}", limits))
        upstream = upstream_kind(document.value)
        if upstream == "ComponentRegistry":
            self._registry(folder, document, limits)
            return
        if upstream == "RecipeMetadata":
            taken = overlay(document, _values(folder, document, limits))
            document = self._taken(taken)
        is_list = path.parent == folder
        kind = name.removesuffix(".yaml") if is_list else path.parent.name
        schema = kind if is_list else _FOLDERS[kind].schema
        wrong = problems(document, f"{schema}/v1")
        if wrong:
            raise DocumentError.joined(wrong)
        if is_list:
            self._add(kind, _LISTS[kind](document))
        else:
            self._take(kind, path, document)

    def _registry(self, folder: Path, document: Document, limits: Limits) -> None:
        """Take upstream's registry; what the shipped one has already stays as it is."""
        for taken in registry(document, _values(folder, document, limits)):
            component = self._taken(taken)
            wrong = problems(component, "component/v1")
            if wrong:
                raise DocumentError.joined(wrong)
            value: Any = component.value
            name = value["metadata"]["name"]
            if name in self.by_kind["components"]:
                place = component.location(("metadata", "name"))
                said = f"the component {name} of this registry is not taken: there is one already"
                self.notes.append(Problem(said, "Set what is different in an overlay.", place))
            else:
                self._take("components", Path(f"{name}.yaml"), component)

    def _taken(self, taken: Taken) -> Document:
        """Give what became of a document of upstream's; what has no counterpart is noted."""
        self.notes += taken.notes()
        return taken.document

    def _take(self, kind: str, path: Path, document: Document) -> None:
        value: Any = document.value
        name = value["metadata"]["name"]
        place = document.location(("metadata", "name"))
        if name != path.stem:
            raise DocumentError(
                f"the {_FOLDERS[kind].schema} is called {name}, and its file {path.name}",
                location=place,
                hint=f"Call the file {name}.yaml, so that it can be found by its name.",
            )
        there = self.by_kind[kind].get(name)
        if there is not None:
            raise DocumentError(
                f"there are two {kind} of the name {name}; the other is {there.origin.place.file}",
                location=place,
                hint="Rename yours, with the other as its base.",
            )
        _refuse_templates(document)
        self.by_kind[kind][name] = _FOLDERS[kind].read(document)

    def _add(self, kind: str, entries: Mapping[str, Any]) -> None:
        """Add to a list; a site's values of a dimension stand beside the shipped ones."""
        known = self.lists[kind]
        for name, entry in entries.items():
            there = known.get(name)
            if isinstance(there, Dimension):
                values, aliases = (
                    {**there.values, **entry.values},
                    {**there.aliases, **entry.aliases},
                )
                known[name] = replace(there, values=values, aliases=aliases)
            else:
                known[name] = entry

    def catalog(self) -> Catalog:
        return Catalog(
            criteria=self.lists["criteria"],
            sources=self.lists["sources"],
            files=dict(sorted(self.files.items())),
            roots=self.roots,
            notes=tuple(self.notes),
            **self.by_kind,
        )


def _files(folder: Path) -> list[Path]:
    """Give the files that are meant, sorted: the order of a folder must not matter.

    Raises:
        UsageError: there are too many, or some lie or are called so that nobody would read them.
        DocumentError: a folder cannot be listed.
    """
    lists = [folder / f"{name}.yaml" for name in _NAMED]
    below = [path for kind in _FOLDERS for path in _documents(folder / kind)]
    inside = [path for path in below if path.parent.parent == folder]
    # A component may have a folder of its own, with files that overlays name.
    lost = [path for path in below if len(path.relative_to(folder).parts) > _DEEP]
    lost = [path for path in lost if folder / "components" not in path.parents]
    for path in sorted([*lost, *filter(_is_misnamed, folder.iterdir())]):
        raise UsageError(
            f"'{path}' would be read by nobody",
            hint=f"Objects lie right below {', '.join(f'{name}/' for name in _FOLDERS)}; lists "
            f"are called {', '.join(each.name for each in lists)}.",
        )
    found = sorted(path for path in (*lists, *inside) if path.is_symlink() or path.exists())
    if len(found) > FILES_AT_MOST:
        raise UsageError(
            f"'{folder}' holds {len(found)} files, and at most {FILES_AT_MOST} are read",
            hint="Name the folder with overlays/ and components/ in it, and no other.",
        )
    return found


def _documents(folder: Path) -> Iterator[Path]:
    """Give every file of YAML or JSON below a folder, which need not be there."""
    for found in find_each([str(folder)] if folder.is_dir() else []):
        if isinstance(found, Source):
            yield Path(found.name)
        elif not isinstance(found, NothingFoundError):
            raise found


def _is_misnamed(path: Path) -> bool:
    """Say whether something is called nearly as what is read: ``overlay``, ``criteria.yml``."""
    if path.is_dir():
        return path.name not in _FOLDERS and _singular(path.name) in map(_singular, _FOLDERS)
    is_document = path.suffix.lower() in SUFFIXES
    is_read = path.stem in _NAMED and path.suffix == ".yaml"
    return is_document and not is_read and _singular(path.stem) in map(_singular, _NAMED)


def _singular(name: str) -> str:
    return name.casefold().removesuffix("s")


def _values(folder: Path, document: Document, limits: Limits) -> Values:
    """Give what reads the files with values that an overlay of upstream's names."""

    def read(name: str) -> Mapping[str, Json]:
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise DocumentError(
                f"{name!r} points outside the folder",
                location=document.location(()),
                hint="Name a file below the folder that holds overlays/.",
            )
        if not path.is_file():
            return {}
        _refuse_link(folder, path)
        text = decode(read_bytes(Source(str(path), path), limits), str(path))
        value = read_text(text, str(path), limits)[0].value if text.strip() else {}
        return value if isinstance(value, Mapping) else {}

    return read


def _refuse_link(folder: Path, path: Path) -> None:
    """Refuse what points outside the folder: it may be somebody else's."""
    if path.resolve().is_relative_to(folder.resolve()):
        return
    raise DocumentError(
        "the file is a link that points outside its folder",
        location=Location(str(path)),
        hint="Put the file itself there.",
    )


def _refuse_templates(document: Document) -> None:
    """Refuse texts that a renderer further on would run, where they are not announced."""
    for path, value in _texts((), document.value):
        if "{{" in value and not _announced(document.value, path):
            raise DocumentError(
                "the text holds a template, which the renderer would execute",
                location=document.location(path),
                hint="Say 'templates: true' beside 'values' if it is meant, as in an alert rule.",
            )


def _texts(path: tuple[str | int, ...], value: Json) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _texts((*path, key), child)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _texts((*path, index), child)


def _announced(
    value: Any,  # noqa: ANN401 -- its schema holds
    path: Sequence[str | int],
) -> bool:
    for segment in path:
        value = value[segment]
        if isinstance(value, dict) and value.get("templates") is True:
            return True
    return False


def read_object(document: Document, schema: str) -> None:
    """Read one object of a catalog for itself.

    Args:
        document: one whose schema holds.
        schema: its name: ``overlay``, ``component``, ``profile`` or ``tuning-profile``.

    Raises:
        DocumentError: a constraint cannot be read, a choice does not exist, or a text holds a
            template that is not announced.
    """
    [kind] = [each for each in _FOLDERS.values() if each.schema == schema]
    _refuse_templates(document)
    kind.read(document)


def read_constraint_texts(constraints: Sequence[Constraint]) -> None:
    """Refuse constraints whose expression cannot be read.

    Raises:
        DocumentError: says the first, and where it stands.
    """
    for each in constraints:
        _refuse_unparsed(each.wanted, each.origin.place)


# Shapes -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a document whose schema holds, and whose it is."""

    document: Document
    value: Any
    kind: str
    name: str
    path: tuple[str | int, ...] = ()

    def __getitem__(self, key: str | int) -> "_Part":
        child = self.value[key]
        return _Part(self.document, child, self.kind, self.name, (*self.path, key))

    def get(self, key: str, otherwise: Any = None) -> Any:  # noqa: ANN401 -- its schema holds
        return self.value.get(key, otherwise)

    def each(self, key: str) -> Iterator["_Part"]:
        """Go through a list, or a map by its keys; nothing where it is not there."""
        inside = self.value.get(key)
        if inside is None:
            return
        keys = range(len(inside)) if isinstance(inside, list) else inside
        yield from (self[key][each] for each in keys)

    @property
    def key(self) -> str:
        return str(self.path[-1])

    @property
    def origin(self) -> Origin:
        return Origin(self.kind, self.name, self.document.location(self.path))

    @property
    def reason(self) -> Reason:
        return Reason(self.get("because", ""), self.get("source", ""), self.get("tradeoff"))


def _opened(document: Document, kind: str) -> _Part:
    value: Any = document.value
    return _Part(document, value, kind, value["metadata"]["name"])["spec"]


def _constraint(part: _Part) -> Constraint:
    try:
        fact = FactAddress.parse(upstream_fact(part.get("fact")))
    except ValueError as error:
        raise DocumentError(
            f"{error}",
            location=part["fact"].origin.place,
            hint="Write TYPE.SUBTYPE.KEY, as 'eidos facts' lists them.",
        ) from error
    return _parsed(
        Constraint(
            fact=fact,
            wanted=part.get("is"),
            of=Of(part.get("of", "cluster")),
            entry=part.get("entry"),
            is_warning=part.get("severity") == "warning",
            remediation=part.get("remediation"),
            reason=part.reason,
            origin=part.origin,
        ),
        part,
    )


def _parsed(constraint: Constraint, part: _Part) -> Constraint:
    """Give back a constraint whose expression parses."""
    _refuse_unparsed(constraint.wanted, part["is"].origin.place)
    return constraint


def _refuse_unparsed(wanted: str, place: Location) -> None:
    try:
        parse(wanted)
    except ValueError as error:
        raise DocumentError(
            f"the constraint cannot be read: {error}",
            location=place,
            hint="Write '>= 1.32', '>= 1.30, < 1.33', 'in [a, b]', 'exists' and the like.",
        ) from error


def _kubernetes(part: _Part) -> Constraint:
    return _parsed(
        Constraint(_RELEASE, part.get("is"), part.reason, part.origin),
        part,
    )


_RELEASE = FactAddress("k8s", "server", "version")


def _dependency(part: _Part) -> Dependency:
    return Dependency(part.get("component"), part.reason, part.origin, bool(part.get("optional")))


def _dependencies(part: _Part, key: str = "dependsOn") -> tuple[Dependency, ...]:
    return tuple(_dependency(each) for each in part.each(key))


def _leaves(part: _Part, key: str) -> tuple[Leaf, ...]:
    """Give every value of every setting by its path."""
    return tuple(
        Leaf(
            path,
            value,
            Origin(part.kind, part.name, place),
            setting.reason,
            bool(setting.get("replaces")),
        )
        for setting in part.each("settings")
        if setting.get(key) is not None
        for path, value, place in _flat(setting[key])
    )


def _flat(part: _Part, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Json, Location]]:
    value: Json = part.value
    if isinstance(value, dict) and (value or not path):
        for key in value:
            yield from _flat(part[key], (*path, key))
    else:
        yield path, value, part.origin.place


def _use(part: _Part, component: str) -> Use:
    version = part.get("version")
    removed = part.get("remove")
    return Use(
        component=component,
        origin=part.origin,
        version=version and _version(part["version"]),
        removed=removed and part["remove"].reason,
        dependencies=_dependencies(part),
        values=_leaves(part, "values"),
        resources=_leaves(part, "resources"),
    )


def _version(part: _Part) -> Leaf:
    return Leaf(("version",), part.get("is"), part["is"].origin, part.reason)


def _uses(part: _Part) -> dict[str, Use]:
    return {each.key: _use(each, each.key) for each in part.each("components")}


def _read_component(document: Document) -> Component:
    part = _opened(document, "component")
    crds = part.get("crds", {})
    return Component(
        name=part.name,
        title=_title(document, part.name),
        description=part.get("description"),
        namespace=part.get("namespace"),
        origin=part.origin,
        chart=_chart(part.get("chart")),
        aliases=tuple(part.get("aliases", ())),
        kubernetes=_kubernetes(part["kubernetes"]) if part.get("kubernetes") else None,
        dependencies=_dependencies(part),
        conflicts=_dependencies(part, "conflictsWith"),
        crd_owner=crds.get("owner", "chart"),
        crds=tuple(crds.get("names", ())),
        scheduling=part.get("scheduling", {}),
        shared_inputs={
            name: tuple(paths)
            for name, paths in part.get("sharedInputs", {}).items()
            if name != "source"
        },
        dead_keys={each["path"]: each.get("instead") for each in part.get("deadKeys", ())},
        values=_leaves(part, "values"),
        resources=_leaves(part, "resources"),
        upgrades=tuple(_upgrade(each) for each in part.each("upgrades")),
    )


def _chart(said: Mapping[str, Any] | None) -> Chart | None:
    if said is None:
        return None
    return Chart(
        said["repository"], said["name"], said["version"], said.get("released"), said["source"]
    )


def _upgrade(part: _Part) -> Upgrade:
    return Upgrade(
        since=part.get("from"),
        to=part.get("to"),
        verdict=part.get("verdict"),
        reason=part.reason,
        preconditions=tuple(_constraint(each) for each in part.each("preconditions")),
    )


def _title(document: Document, name: str) -> str:
    value: Any = document.value
    return str(value["metadata"].get("title", name))


def _read_overlay(document: Document) -> Overlay:
    part = _opened(document, "overlay")
    strict = part.get("strict")
    return Overlay(
        name=part.name,
        title=_title(document, part.name),
        origin=part.origin,
        base=part.get("base"),
        is_abstract=bool(part.get("abstract")),
        criteria={name: _criterion(said) for name, said in part.get("criteria", {}).items()},
        strict=None if strict is None else frozenset(strict),
        constraints=tuple(_constraint(each) for each in part.each("constraints")),
        relaxed=tuple(
            Relaxed(_constraint(each), each.get("owner"), each.get("until"))
            for each in part.each("relax")
        ),
        profiles=tuple(part.get("profiles", ())),
        uses=_uses(part),
        tuning=tuple(part.get("tuning", ())),
        checks=tuple(_check(each) for each in part.each("checks")),
    )


def _check(part: _Part) -> Check:
    return Check(part.get("name"), part.get("is"), part.reason, part.origin)


def _criterion(said: Json) -> tuple[str, ...]:
    return tuple(str(each) for each in (said if isinstance(said, list) else [said]))


def _read_profile(document: Document) -> Profile:
    part = _opened(document, "profile")
    choices = {each.key: _alternative(each) for each in part.each("choices")}
    if part.get("default") not in choices:
        raise DocumentError(
            f"the default {part.get('default')!r} is not one of the choices",
            location=part["default"].origin.place,
            hint=f"Known: {', '.join(choices)}.",
        )
    return Profile(part.name, part.get("dimension"), part.get("default"), choices, part.origin)


def _alternative(part: _Part) -> Alternative:
    return Alternative(
        name=part.key,
        title=part.get("title", part.key),
        reason=part.reason,
        origin=part.origin,
        observed=tuple(_constraint(each) for each in part.each("observed")),
        given=part.get("given"),
        uses=_uses(part),
    )


_KEY_OF: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "arguments": lambda said: str(said["set"]).partition("=")[0],
    "sysctls": lambda said: str(said["key"]),
    "modules": lambda said: str(said["name"]),
    "units": lambda said: f"{said['unit']} {said['property']}",
    "packages": lambda said: str(said["name"]),
}
"""What two settings of one thing share, by area."""
_REASONING = frozenset({"because", "source", "tradeoff", "conflicts"})


def _read_tuning(document: Document) -> TuningProfile:
    part = _opened(document, "tuning")
    return TuningProfile(
        name=part.name,
        title=_title(document, part.name),
        origin=part.origin,
        bases=tuple(part.get("base", ())),
        page_sizes=tuple(part.get("pageSizes", ())),
        constraints=tuple(_constraint(each) for each in part.each("constraints")),
        settings=tuple(_tuned(area, each) for area in _KEY_OF for each in part.each(area)),
    )


def _tuned(area: str, part: _Part) -> Tuned:
    return Tuned(
        area=area,
        key=_KEY_OF[area](part.value),
        said={key: value for key, value in part.value.items() if key not in _REASONING},
        reason=part.reason,
        origin=part.origin,
        conflicts=tuple(part.get("conflicts", ())),
    )


def _read_platform(document: Document) -> Platform:
    part = _opened(document, "platform")
    return Platform(
        service=part.get("service"),
        title=_title(document, part.name),
        description=part.get("description", ""),
        origin=part.origin,
        schemes=tuple(part.get("providerIdSchemes", ())),
        storage=tuple(
            Leaf((use.key, key), use.get(key), use[key].origin, use.reason)
            for use in part.each("storage")
            for key in ("class", "provisioner")
            if key in use.value
        ),
        notes=tuple(Note(each.reason, each.origin) for each in part.each("notes")),
    )


def _read_criteria(document: Document) -> dict[str, Dimension]:
    value: Any = document.value
    return {name: _dimension(name, said) for name, said in value["spec"]["dimensions"].items()}


def _dimension(name: str, said: Mapping[str, Any]) -> Dimension:
    values: Mapping[str, Any] = said.get("values", {})
    return Dimension(
        name=name,
        title=said["title"],
        values={value: (about or {}).get("title", value) for value, about in values.items()},
        aliases={
            alias.lower(): value
            for value, about in values.items()
            for alias in (about or {}).get("aliases", ())
        },
        is_count=said.get("type") == "count",
        is_strict=bool(said.get("strict")),
        refines=bool(said.get("refines")),
    )


def _read_sources(document: Document) -> dict[str, str]:
    value: Any = document.value
    return {name: said["url"] for name, said in value["spec"]["prefixes"].items()}


@dataclass(frozen=True, slots=True)
class _Kind:
    schema: str
    read: Callable[[Document], Any]


_FOLDERS: Mapping[str, _Kind] = {
    "components": _Kind("component", _read_component),
    "overlays": _Kind("overlay", _read_overlay),
    "profiles": _Kind("profile", _read_profile),
    "tuning": _Kind("tuning-profile", _read_tuning),
    "platforms": _Kind("platform", _read_platform),
}
_LISTS: Mapping[str, Callable[[Document], dict[str, Any]]] = {
    "criteria": _read_criteria,
    "sources": _read_sources,
}
_NAMED = (*_LISTS, "registry")
"""Files that lie beside the folders."""
