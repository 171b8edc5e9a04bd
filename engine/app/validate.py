"""``eidos validate``: is each document what it says it is?"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from eidos.engine.app.context import Context
from eidos.engine.app.reader import named_secrets
from eidos.engine.digest import addressed
from eidos.engine.documents.kinds import SNAPSHOT, UPSTREAM_SNAPSHOT, schema_of
from eidos.engine.documents.reading import Document
from eidos.engine.documents.snapshots import SnapshotDocument, read_snapshot
from eidos.engine.documents.upstreamkinds import upstream_kind
from eidos.engine.errors import NOTHING_FOUND, UNREADABLE, DocumentError, Problem, UsageError
from eidos.engine.model.nearest import nearest
from eidos.engine.model.snapshot import API_VERSION, KIND, facts_of
from eidos.engine.model.validation import Validated, Validation
from eidos.engine.records import dataclass
from eidos.engine.redacting import Sweep, told
from eidos.engine.schema import kinds, known_schemas, problems
from eidos.engine.vocabulary import sentence, vocabulary


@dataclass(frozen=True, slots=True)
class _Validating:
    """How documents are looked at."""

    schema: str | None
    """``KIND/v1`` holds every document against that schema; None goes by their kind."""
    lenient: bool

    def validated(self, document: Document) -> Validated:
        schema = self.schema
        notes: list[Problem] = []
        upstream = None if schema else upstream_kind(document.value)
        if upstream is not None:
            return _of_upstream(document, upstream)
        try:
            schema = schema or schema_of(document, kinds(), lenient=self.lenient)
            found = problems(self._completed(document, schema), schema)
            if not found and schema in (SNAPSHOT, UPSTREAM_SNAPSHOT):  # what no schema can say
                read = read_snapshot(document, lenient=self.lenient)
                found += named_secrets(read)
                notes.extend(_unreadable(read))
            elif not found and schema.partition("/")[0] in _RECIPES:
                _read_of_catalog(document, schema)
        except DocumentError as error:
            found = [error.problem]
        found, notes = [told(each) for each in found], [told(each) for each in notes]
        return Validated(document.name, document.index, schema, tuple(found), tuple(notes))

    def _completed(self, document: Document, schema: str) -> Document:
        """Give a snapshot the header that leniency does without."""
        if self.lenient and schema == SNAPSHOT and isinstance(document.value, dict):
            header = {"apiVersion": API_VERSION, "kind": KIND}
            return replace(document, value={**header, **document.value})
        return document


_RECIPES = frozenset({"overlay", "component", "profile", "tuning-profile", "recipe"})
"""Schemas of which the language of constraints is a part."""


def _read_of_catalog(document: Document, schema: str) -> None:
    """Read what recipes are made of, or a recipe.

    Raises:
        DocumentError: a constraint is none, or a choice does not exist.
    """
    from eidos.engine.documents.recipes import read_constraints
    from eidos.engine.selecting.objects import read_constraint_texts, read_object

    if schema == "recipe/v1":
        read_constraint_texts(read_constraints(document))
    else:
        read_object(document, schema.partition("/")[0])


def _of_upstream(document: Document, kind: str) -> Validated:
    """Hold a document of upstream's, in our shape, against our schema."""
    from eidos.engine.documents.upstreamrecipes import overlay, registry, result

    if kind == "RecipeCriteria":
        return _criteria(document)
    schema = {"RecipeMetadata": "overlay/v1", "ComponentRegistry": "component/v1"}.get(
        kind, "recipe/v1"
    )
    found: list[Problem] = []
    notes: list[Problem] = []
    try:
        if kind == "ComponentRegistry":
            taken = list(registry(document, lambda _: {}))
        else:
            taken = [overlay(document, lambda _: {}) if "overlay" in schema else result(document)]
        for each in taken:
            found += problems(each.document, schema)
            notes += each.notes()
        if not found:
            for each in taken:
                _read_of_catalog(each.document, schema)
    except DocumentError as error:
        found += [error.problem, *error.others]
    return Validated(document.name, document.index, schema, tuple(found), tuple(notes))


def _criteria(document: Document) -> Validated:
    value: Any = document.value
    found: list[Problem] = []
    if not isinstance(value.get("spec"), dict):
        hint = "Write {spec: {service: eks, accelerator: h100}}."
        place = document.location(())
        found.append(Problem("the file holds no criteria", hint, place, DocumentError.code))
    return Validated(document.name, document.index, "criteria/v1", tuple(found), ())


def _unreadable(read: SnapshotDocument) -> Iterator[Problem]:
    """Say which facts cannot be read; a source that could not tell is well-formed all the same."""
    snapshot = Sweep().swept(addressed(read.snapshot))[0].snapshot
    nodes = [(node.name, node.measurements) for node in snapshot.nodes]
    for node, measurements in ((None, snapshot.measurements), *nodes):
        for whole, data in facts_of(measurements).items():
            for key, fault in vocabulary().faults(whole, data).items():
                address = whole if key is None else whole.at(key)
                place = read.locate(node, (*address.segments, *fault.at))
                yield Problem(sentence(address, fault), _HINT, place, UNREADABLE)


_HINT = "Rules that look at it cannot pass: collect it again, or see docs/facts.md."


def validate(
    references: Sequence[str], context: Context, *, schema: str | None = None, lenient: bool = False
) -> Validation:
    """Look at every document; what cannot be read hides nothing else.

    Args:
        references: files, folders, globs, ``-``.
        context: what is open.
        schema: ``KIND/v1`` holds every document against that schema; ``v1`` and None go by their
            kind.
        lenient: take measurements without apiVersion and kind for a snapshot.

    Raises:
        UsageError: there is no such schema.
    """
    validating = _Validating(_known(schema), lenient)
    documents: list[Validated] = []
    unread: list[Problem] = []
    unmatched: list[Problem] = []
    for found in context.reader(lenient=lenient).read(references):
        if not isinstance(found, Problem):
            document = found.document or Document(found.name, 0, found.value)
            documents.append(validating.validated(document))
        elif found.code == NOTHING_FOUND:
            unmatched.append(found)
        else:
            unread.append(found)
    return Validation(tuple(documents), tuple(unread), tuple(unmatched))


def _known(name: str | None) -> str | None:
    """Take ``v1`` for "the kind it has, in version 1"."""
    known = known_schemas()
    versions = {each.partition("/")[2] for each in known}
    if name is None or name in versions:
        return None
    if name not in known:
        raise UsageError(f"there is no schema {name!r}", hint=nearest(name, known))
    return name
