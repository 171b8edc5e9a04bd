"""From folders of YAML to a `Catalog` in which every name leads somewhere.

One convention for every file: ``FOLDER/<kind>/<name>.yaml`` holds one object, called as its file
is. What is wrong anywhere is told together, with file and line, and nothing is half-read.
"""

from collections.abc import Iterator, Mapping, Sequence
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
from eidos.engine.documents.upstreamrecipes import Taken, Values, overlay, registry
from eidos.engine.errors import DocumentError, Location, Problem, UsageError
from eidos.engine.model.elsewhere import document_elsewhere
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recipe import Catalog, Dimension
from eidos.engine.schema import problems
from eidos.engine.selecting.linking import inherited, link
from eidos.engine.selecting.objects import FOLDERS, LISTS, read_object

_NAMED = (*LISTS, "registry")
"""Files that lie beside the folders."""
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

    by_kind: dict[str, dict[str, Any]] = field(default_factory=lambda: {k: {} for k in FOLDERS})
    lists: dict[str, dict[str, Any]] = field(default_factory=lambda: {k: {} for k in LISTS})
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
                hint=f"Put YAML below {', '.join(f'{name}/' for name in FOLDERS)}.",
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
        schema = kind if is_list else FOLDERS[kind]
        wrong = problems(document, f"{schema}/v1")
        if wrong:
            raise DocumentError.joined(wrong)
        if is_list:
            self._add(kind, LISTS[kind](document))
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
                f"the {FOLDERS[kind]} is called {name}, and its file {path.name}",
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
        self.by_kind[kind][name] = read_object(document, FOLDERS[kind])

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
    below = [path for kind in FOLDERS for path in _documents(folder / kind)]
    inside = [path for path in below if path.parent.parent == folder]
    # A component may have a folder of its own, with files that overlays name.
    lost = [path for path in below if len(path.relative_to(folder).parts) > _DEEP]
    lost = [path for path in lost if folder / "components" not in path.parents]
    for path in sorted([*lost, *filter(_is_misnamed, folder.iterdir())]):
        raise UsageError(
            f"'{path}' would be read by nobody",
            hint=f"Objects lie right below {', '.join(f'{name}/' for name in FOLDERS)}; lists "
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
        return path.name not in FOLDERS and _singular(path.name) in map(_singular, FOLDERS)
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
