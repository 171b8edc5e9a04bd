"""Packs as they are listed: what they are, and where they come from."""

from eidos.engine.model.rule import Pack
from eidos.engine.records import dataclass

SHIPPED = "shipped"
"""Origin of packs that come with eidos."""


@dataclass(frozen=True, slots=True)
class ListedPack:
    """A pack, whole or the rules of it that were asked for."""

    pack: Pack
    origin: str
    """`SHIPPED`, or the folder that it was read from."""
