"""``eidos history checkpoint``: where the chain ends, for an auditor to keep elsewhere."""

from collections import deque
from collections.abc import Mapping
from typing import Any

from eidos.engine.app.context import Context
from eidos.engine.digest import canonical
from eidos.engine.documents.finding import find_sources
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.reading import Document, read_documents
from eidos.engine.errors import DocumentError, StoreError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.times import written
from eidos.engine.model.verification import Head
from eidos.engine.schema import first_error

_SCHEMA = "history-checkpoint/v1"


def take_checkpoint(context: Context) -> dict[str, Json]:
    """Give where the chain ends now, as a document; ``schemas/history-checkpoint`` describes it.

    It holds for everything that was recorded before: each link is over the one before it. Only that
    the end is what it was can be told by it; `eidos history verify` tells the rest.

    Raises:
        StoreError: there is no database, it cannot be read, nothing is recorded in it, or the last
            run is not as it was recorded.
    """
    if not context.store.runs(limit=1):  # which holds it against its address
        raise StoreError(
            f"nothing is recorded in {context.store_place}", hint="Run eidos check first."
        )
    (last,) = deque(context.store.chain(), maxlen=1)
    return {
        "apiVersion": "eidos.dev/v1",
        "kind": "HistoryCheckpoint",
        "taken": written(context.clock.now()),
        "number": last.number,
        "run": last.run,
        "link": last.link,
    }


def signed_bytes(document: Mapping[str, Json]) -> bytes:
    """Give what a signature of a checkpoint is over: its canonical form, however it is written."""
    return canonical(document)


def read_checkpoint(file: str, limits: Limits) -> Head:
    """Read a checkpoint.

    Args:
        file: JSON or YAML; ``-`` for standard input.
        limits: bounds of the reader.

    Raises:
        DocumentError: it cannot be read, or is no checkpoint.
    """
    documents = [each for one in find_sources([file]) for each in read_documents(one, limits)]
    document = documents[0]
    if len(documents) > 1:
        raise _no_checkpoint(document, "more than one document is given")
    problem = first_error(document, _SCHEMA)
    if problem is not None:
        raise _no_checkpoint(document, problem.message)
    value: Any = document.value
    return Head(value["number"], value["run"], value["link"], value["taken"])


def _no_checkpoint(document: Document, why: str) -> DocumentError:
    return DocumentError(
        f"no checkpoint: {why}",
        location=document.location(()),
        hint="Give a file that eidos history checkpoint -o FILE wrote.",
    )
