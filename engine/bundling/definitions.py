"""Definitions of custom resources, as charts bring them: what each object is held against."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from eidos.engine.documents.finding import Source, find_sources, unreadable
from eidos.engine.documents.limits import MEBIBYTE, Limits
from eidos.engine.documents.reading import Document, read_documents
from eidos.engine.errors import DocumentError, Location
from eidos.engine.model.facts import join_path
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest
from eidos.engine.schema.structural import Structural
from eidos.engine.schema.wording import Said

_KIND = "CustomResourceDefinition"
_API = "apiextensions.k8s.io/v1"
_FILE_BYTES = 16 * MEBIBYTE
"""Of one file; the largest chart of the catalog's has 1 MiB of definitions in a file."""
_ALL_BYTES = 64 * MEBIBYTE
_FILES = 5_000
"""Of a folder: one that was named by mistake (a home) is refused, and not read for minutes."""


@dataclass(frozen=True)
class Definition:
    """A kind of custom resource."""

    group: str
    kind: str
    versions: Mapping[str, Mapping[str, Any]]
    """By name, as the definition has them."""
    document: Document = field(compare=False)
    """Where it stands."""
    path: tuple[str | int, ...] = field(compare=False, default=())

    @cached_property
    def _asked(self) -> dict[str, Structural]:
        return {}

    def problems(self, value: Mapping[str, Any]) -> Iterator[Said]:
        """Give what an API server with this definition would refuse or drop of an object.

        Raises:
            DocumentError: the schema cannot be used; names the file.
        """
        version = str(value.get("apiVersion", "")).rpartition("/")[2]
        served = [name for name, each in self.versions.items() if each.get("served")]
        if version not in served:
            hint = nearest(version, served)
            sentence = f"{self.kind} has no version {version!r} that is served"
            yield Said(("apiVersion",), sentence, hint)
            return
        if version not in self._asked:
            self._asked[version] = self._structural(version)
        yield from self._asked[version].problems(value)

    @cached_property
    def _with_rules(self) -> frozenset[str]:
        """The versions with rules in CEL; found once, for many objects may be of one kind."""
        word = "x-kubernetes-validations"
        return frozenset(name for name, each in self.versions.items() if word in str(each))

    def has_rules(self, version: str) -> bool:
        """Say whether rules in CEL stand in the schema, which nobody here can ask."""
        return version in self._with_rules

    def _structural(self, version: str) -> Structural:
        schema: Any = self.versions[version].get("schema") or {}
        try:
            return Structural(schema.get("openAPIV3Schema"))
        except (ValueError, AttributeError) as error:
            raise DocumentError(
                f"the definition of {self.kind} {version} cannot be used: {error}",
                hint="Give it as the API server has it: kubectl get crd NAME -o yaml",
                location=self.document.location(self.path),
            ) from error


Definitions = Mapping[tuple[str, str], Definition]
"""By API group and kind."""


def read_definitions(folders: Iterable[str], limits: Limits) -> Definitions:
    """Read every definition in folders and files; other documents in them are left alone.

    Args:
        folders: with files as ``helm show crds`` or ``kubectl get crd -o yaml`` write them.
        limits: bounds of what is read.

    Raises:
        DocumentError: a file cannot be read, is too large, or holds a definition that is none; two
            differ about one kind; or there is no definition at all.
    """
    named = list(folders)
    sources = _sources(named)
    found = definitions_in(each for source in sources for each in read_documents(source, limits))
    if not found:
        raise DocumentError(
            f"there is no {_KIND} in {', '.join(named)}",
            hint="Write them with: helm show crds CHART > crds/CHART.yaml",
        )
    return found


def definitions_in(documents: Iterable[Document]) -> Definitions:
    """Take every definition out of documents; what else is in them is left alone.

    Raises:
        DocumentError: a definition is none, or two differ about one kind.
    """
    found: dict[tuple[str, str], Definition] = {}
    for document in documents:
        for definition in _definitions(document, document.value, ()):
            key = definition.group, definition.kind
            other = found.setdefault(key, definition)
            if other != definition:
                raise _differing(other, definition)
    return found


def carried(definitions: Definitions, bundle: Mapping[str, Any]) -> dict[str, Json]:
    """Give the definitions that `held` asks of a bundle, as `definitions_in` reads them.

    Args:
        definitions: of the kinds that are known; of most of them a bundle has no object.
        bundle: ``input.bundle``, with its ``objects`` and ``deployment``.
    """
    entries = (*bundle["objects"], *bundle["deployment"])
    asked = [_of(definitions, each["object"]) for each in entries]
    found = {(each.group, each.kind): each for each in asked if each is not None}
    return {
        "apiVersion": "v1",
        "kind": "List",
        "items": [_written(found[key]) for key in sorted(found)],
    }


def _written(definition: Definition) -> Json:
    versions: list[Json] = [dict(each) for each in definition.versions.values()]
    names: Json = {"kind": definition.kind}
    spec: Json = {"group": definition.group, "names": names, "versions": versions}
    return {"apiVersion": _API, "kind": _KIND, "spec": spec}


def _sources(named: Iterable[str]) -> Iterator[Source]:
    """Give the files that speak of definitions at all, as long as they are not too much."""
    left = _ALL_BYTES
    for number, source in enumerate(find_sources(named)):
        if number >= _FILES:
            raise _too_much(source, f"{_FILES} files")
        size = _size(source)
        left -= size
        if left < 0:
            raise _too_much(source, f"{_ALL_BYTES // MEBIBYTE} MiB")
        if size:
            yield source


def _size(source: Source) -> int:
    """Give the bytes of a file that speaks of definitions; 0 for any other.

    Raises:
        DocumentError: it cannot be read, is no regular file, or is too large.
    """
    path = source.path
    if path is None or not path.is_file():
        raise DocumentError("it is not a regular file", location=Location(source.name))
    try:
        with path.open("rb") as file:
            content = file.read(_FILE_BYTES + 1)
    except OSError as error:
        raise unreadable(error, source.name) from error
    if len(content) > _FILE_BYTES:
        raise _too_much(source, f"{_FILE_BYTES // MEBIBYTE} MiB")
    return len(content) if _KIND.encode() in content else 0


def _too_much(source: Source, bound: str) -> DocumentError:
    return DocumentError(
        f"the definitions are over the limit of {bound}",
        hint="Give a folder with the definitions of what is deployed, and nothing else.",
        location=Location(source.name),
    )


def _definitions(
    document: Document, value: Json, path: tuple[str | int, ...]
) -> Iterator[Definition]:
    if not isinstance(value, dict):
        return
    items = value.get("items")
    if str(value.get("kind", "")).endswith("List") and isinstance(items, list):
        for index, each in enumerate(items):
            yield from _definitions(document, each, (*path, "items", index))
    elif value.get("kind") == _KIND:
        yield _definition(document, value, path)


def _definition(document: Document, value: Mapping[str, Any], path: tuple[Any, ...]) -> Definition:
    try:
        _refuse_other_api(value["apiVersion"])
        spec = value["spec"]
        versions = {str(each["name"]): dict(each) for each in spec["versions"]}
        group, kind = str(spec["group"]), str(spec["names"]["kind"])
    except (KeyError, TypeError, ValueError) as error:
        why = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise DocumentError(
            f"this {_KIND} cannot be used: {why}",
            hint="Give it as the API server has it: kubectl get crd NAME -o yaml",
            location=document.location(path),
        ) from error
    return Definition(group, kind, versions, document, path)


def _refuse_other_api(said: object) -> None:
    if said != _API:
        raise ValueError(f"its apiVersion is {said!r} and not {_API!r}")


def _differing(one: Definition, other: Definition) -> DocumentError:
    return DocumentError(
        f"there are two definitions of {one.group}/{one.kind} that differ; the other is at "
        f"{one.document.location(one.path)}",
        hint="Leave the one that the cluster has; a kind has one definition.",
        location=other.document.location(other.path),
    )


# Holding objects against them -------------------------------------------------------------------


def held(definitions: Definitions, bundle: Mapping[str, Any]) -> dict[str, Json]:
    """Give what rules see as ``input.bundle.definitions``.

    Args:
        definitions: of the kinds that are known.
        bundle: ``input.bundle``, with its ``objects`` and ``deployment``.

    Returns:
        ``checked``: entries of the lists that were held against a definition, ``objects/3``;
        ``problems``: what came of it, each with ``entry``, ``path`` and ``said``; ``rules``:
        entries whose definition has rules in CEL, which were not asked.

    Raises:
        DocumentError: a definition that is needed cannot be used.
    """
    checked: list[Json] = []
    rules: list[Json] = []
    wrong: list[Json] = []
    for name in ("objects", "deployment"):
        for place, entry in enumerate(bundle[name]):
            value = entry["object"]
            definition = _of(definitions, value)
            if definition is None:
                continue
            at = f"{name}/{place}"
            checked.append(at)
            if definition.has_rules(value["apiVersion"].rpartition("/")[2]):
                rules.append(at)
            wrong += [
                {"entry": at, "path": join_path(said.path), "said": said.sentence}
                for said in definition.problems(value)
            ]
    return {"checked": checked, "problems": wrong, "rules": rules}


def _of(definitions: Definitions, value: Json) -> Definition | None:
    if not isinstance(value, dict):
        return None
    group = str(value.get("apiVersion", "")).rpartition("/")[0]
    return definitions.get((group, str(value.get("kind", ""))))
