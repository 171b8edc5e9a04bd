"""``eidos history checkpoint``: where the chain ends, for an auditor to keep elsewhere."""

import base64
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from eidos.engine.signing.keys import SigningKey

_SCHEMA = "history-checkpoint/v1"


def take_checkpoint(context: Context, key: "SigningKey | None" = None) -> dict[str, Json]:
    """Give where the chain ends now, as a document; ``schemas/history-checkpoint`` describes it.

    It holds for everything that was recorded before: each link is over the one before it. Only that
    the end is what it was can be told by it; `eidos history verify` tells the rest.

    Args:
        context: what is open.
        key: what signs it; None for nobody.

    Raises:
        StoreError: there is no database, it cannot be read, nothing is recorded in it, or the last
            run is not as it was recorded.
        ConfigError: the key cannot be used.
    """
    signer = None
    if key is not None:
        from eidos.engine.signing.keys import load_signer

        signer = load_signer(key, context.environ)
    if not context.store.runs(limit=1):  # which holds it against its address
        raise StoreError(
            f"nothing is recorded in {context.store_place}", hint="Run eidos check first."
        )
    (last,) = deque(context.store.chain(), maxlen=1)
    document: dict[str, Json] = {
        "apiVersion": "eidos.dev/v1",
        "kind": "HistoryCheckpoint",
        "taken": written(context.clock.now()),
        "number": last.number,
        "run": last.run,
        "link": last.link,
    }
    if signer is not None:
        made = signer.sign(signed_bytes(document))
        value = base64.b64encode(made.signature).decode()
        document["signature"] = {"key": made.keyid, "value": value}
    return document


def signed_bytes(document: Mapping[str, Json]) -> bytes:
    """Give what a signature of a checkpoint is over: its canonical form, however it is written.

    The signature itself is left out.
    """
    return canonical({key: value for key, value in document.items() if key != "signature"})


def read_checkpoint(file: str, limits: Limits, keys: Sequence[Path] = ()) -> Head:
    """Read a checkpoint.

    Args:
        file: JSON or YAML; ``-`` for standard input.
        limits: bounds of the reader.
        keys: files of public keys; where there are any, one of them must have signed it.

    Raises:
        DocumentError: it cannot be read, is no checkpoint, or is not signed by one of the keys.
        ConfigError: a key cannot be used.
    """
    documents = [each for one in find_sources([file]) for each in read_documents(one, limits)]
    document = documents[0]
    if len(documents) > 1:
        raise _no_checkpoint(document, "more than one document is given")
    problem = first_error(document, _SCHEMA)
    if problem is not None:
        raise _no_checkpoint(document, problem.message)
    value: Any = document.value
    if keys:
        _refuse_unsigned(document, value, keys)
    return Head(value["number"], value["run"], value["link"], value["taken"])


def _refuse_unsigned(document: Document, value: Mapping[str, Any], keys: Sequence[Path]) -> None:
    from eidos.engine.signing.keys import load_verifiers
    from eidos.engine.signing.signers import Signed

    verifiers = load_verifiers(keys, {})
    said = value.get("signature")
    if said is None:
        why = "the checkpoint is not signed"
    elif said["key"] not in {each.keyid for each in verifiers}:
        why = f"the checkpoint is signed by {said['key']}, which is none of the keys"
    else:
        with suppress(ValueError):
            signed = Signed(said["key"], base64.b64decode(said["value"], validate=True))
            if any(each.verifies(signed, signed_bytes(value)) for each in verifiers):
                return
        why = "the checkpoint is not as it was signed"
    raise DocumentError(
        why,
        location=document.location(()),
        hint="Take it anew with --sign-key, or from where it was kept.",
    )


def _no_checkpoint(document: Document, why: str) -> DocumentError:
    return DocumentError(
        f"no checkpoint: {why}",
        location=document.location(()),
        hint="Give a file that eidos history checkpoint -o FILE wrote.",
    )
