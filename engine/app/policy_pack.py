"""``eidos policy pack``: packs as one OPA bundle."""

import os
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from eidos.engine.app.policies import load_packs
from eidos.engine.documents.writing import is_taken, write_atomically
from eidos.engine.errors import UsageError
from eidos.engine.packs.finding import find_policies
from eidos.engine.packs.opa_bundle import opa_bundle, revision
from eidos.engine.records import dataclass
from eidos.engine.rego.reading import ReadingEngine


@dataclass(frozen=True, slots=True)
class Packed:
    """What was written."""

    revision: str
    """The digest of the pack, or over those of all packs."""
    packs: tuple[str, ...]
    """``name@version``."""
    rules: int
    bytes: int


def policy_pack(references: Sequence[str], place: Path, *, force: bool = False) -> Packed:
    """Write packs as an OPA bundle.

    Args:
        references: names or folders of packs; none means all that are shipped.
        place: the file to write.
        force: replace what is there.

    Raises:
        UsageError: one is no pack, or the file is there and has another content.
        PolicyError: a pack cannot be loaded, or they do not go together.
        EidosError: the file cannot be written; nothing was changed then.
    """
    found = find_policies(references)
    for source in found:
        if not source.is_pack:
            raise UsageError(
                f"'{source.path}' is no pack: it has no pack.yaml",
                hint="A bundle is made of packs; plain rules are judged where they lie.",
            )
    with closing(ReadingEngine()) as engine:
        packs = load_packs(references, engine)
        sources = {pack.name: source.read() for pack, source in zip(packs, found, strict=True)}
        content = opa_bundle(packs, engine, sources)
    _write(place, content, force=force)
    return Packed(
        revision(packs),
        tuple(f"{pack.name}@{pack.version}" for pack in packs),
        sum(len(pack.rules) for pack in packs),
        len(content),
    )


def _write(place: Path, content: bytes, *, force: bool) -> None:
    if os.path.isdir(place):  # noqa: PTH112 -- where nobody may look, writing says why
        raise UsageError(f"'{place}' is a folder", hint="Name a file: -o bundle.tar.gz")
    if not force and is_taken(place, content):
        raise UsageError(
            f"'{place}' is there and has another content",
            hint="Name another file, or replace it with --force.",
        )
    write_atomically(place, content)
