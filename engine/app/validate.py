"""``eidos validate``: is each document what it says it is?"""

from dataclasses import dataclass, field, replace

from eidos.engine.documents.finding import NothingFoundError, Source, find_each
from eidos.engine.documents.kinds import SNAPSHOT, UPSTREAM_SNAPSHOT, schema_of
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.reading import Document, read_documents
from eidos.engine.documents.snapshots import read_snapshot
from eidos.engine.errors import DocumentError, EidosError, Problem, UsageError
from eidos.engine.model.nearest import nearest
from eidos.engine.model.snapshot import API_VERSION, KIND
from eidos.engine.model.validation import Validated, Validation
from eidos.engine.schema import kinds, known_schemas, problems


@dataclass(frozen=True, slots=True)
class ValidateRequest:
    """What the user asked to be looked at, and how."""

    arguments: tuple[str, ...]
    """Files, folders, globs, ``-``."""
    schema: str | None = None
    """``KIND/v1`` holds every document against that schema; ``v1`` and None go by their kind."""
    lenient: bool = False
    """Take measurements without apiVersion and kind for a snapshot."""
    limits: Limits = field(default_factory=Limits)


def validate(request: ValidateRequest) -> Validation:
    """Look at every document; what cannot be read hides nothing else.

    Raises:
        UsageError: there is no such schema.
    """
    request = replace(request, schema=_schema(request.schema))
    documents: list[Validated] = []
    unread: list[Problem] = []
    unmatched: list[Problem] = []
    for found in find_each(request.arguments):
        try:
            if isinstance(found, EidosError):
                raise found
            documents += [_validated(each, request) for each in _read(found, request)]
        except NothingFoundError as error:
            unmatched.append(error.problem)
        except (DocumentError, UsageError) as error:
            unread.append(error.problem)
    return Validation(tuple(documents), tuple(unread), tuple(unmatched))


def _schema(name: str | None) -> str | None:
    """Take ``v1`` for "the kind it has, in version 1"."""
    known = known_schemas()
    versions = {each.partition("/")[2] for each in known}
    if name is None or name in versions:
        return None
    if name not in known:
        raise UsageError(f"there is no schema {name!r}", hint=nearest(name, known))
    return name


def _read(source: Source, request: ValidateRequest) -> list[Document]:
    return read_documents(source, request.limits)


def _validated(document: Document, request: ValidateRequest) -> Validated:
    schema = request.schema
    try:
        schema = schema or schema_of(document, kinds(), lenient=request.lenient)
        found = problems(_completed(document, schema, request), schema)
        if not found and schema in (SNAPSHOT, UPSTREAM_SNAPSHOT):
            read_snapshot(document, lenient=request.lenient)  # what no schema can say
    except DocumentError as error:
        found = [error.problem]
    return Validated(document.name, document.index, schema, tuple(found))


def _completed(document: Document, schema: str, request: ValidateRequest) -> Document:
    """Give a snapshot the header that leniency does without."""
    if request.lenient and schema == SNAPSHOT and isinstance(document.value, dict):
        header = {"apiVersion": API_VERSION, "kind": KIND}
        return replace(document, value={**header, **document.value})
    return document
