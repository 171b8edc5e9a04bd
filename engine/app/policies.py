"""Loading the packs that a command was given."""

from collections.abc import Sequence

from eidos.engine.model.policy import Pack
from eidos.engine.packs.finding import find_policies
from eidos.engine.packs.index import PackIndex
from eidos.engine.packs.loading import load_pack
from eidos.engine.ports import RegoEngine


def load_packs(references: Sequence[str], engine: RegoEngine) -> list[Pack]:
    """Load every named pack or folder; all shipped packs when none is named.

    Raises:
        EidosError: one of them does not exist or cannot be loaded.
    """
    index = PackIndex()
    return [load_pack(source, engine, index) for source in find_policies(references)]
