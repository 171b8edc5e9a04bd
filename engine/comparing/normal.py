"""Facts as they are compared: without what is written differently and means the same."""

import re
from collections.abc import Mapping

from eidos.engine.digest import canonical
from eidos.engine.model.jsonvalue import Json

INFINITY = 2**64 - 1
"""How D-Bus says "no limit" (systemd.exec(5))."""
SETS: Mapping[str, frozenset[str]] = {
    "SystemD": frozenset(
        {
            *("After", "Before", "Requires", "RequiredBy", "Requisite", "Wants", "WantedBy"),
            *("BindsTo", "BoundBy", "Conflicts", "ConflictedBy", "ConsistsOf", "PartOf"),
            *("JoinsNamespaceOf", "Names", "PropagatesReloadTo", "ReloadPropagatedFrom"),
            *("PropagatesStopTo", "StopPropagatedFrom", "RequiresMountsFor", "TriggeredBy"),
            *("Triggers", "Slice", "Symlinks", "DelegateControllers"),
        }
    ),
    "K8s": frozenset({"addresses", "conditions", "containers", "taints"}),
}
"""Keys by measurement type whose lists have no order."""
_RUN = re.compile(r"(?: \d+){7}(?=\])")
"""Start and end times, process id and exit status that D-Bus adds to a command line."""


def comparable(kind: str, data: Mapping[str, Json]) -> dict[str, Json]:
    """Give a subtype's data with sets in order and systemd's run-time remarks left out.

    Args:
        kind: measurement type.
        data: the subtype's data.
    """
    sets = SETS.get(kind, frozenset())
    is_systemd = kind == "SystemD"
    return {
        key: _setting(value, is_set=key in sets) if is_systemd else _in_order(value, key in sets)
        for key, value in data.items()
    }


def _in_order(value: Json, is_set: bool) -> Json:  # noqa: FBT001 -- private, named by its caller
    return sorted(value, key=canonical) if is_set and isinstance(value, list) else value


def _setting(value: Json, *, is_set: bool) -> Json:
    if value == INFINITY:
        return "infinity"
    if isinstance(value, str):
        return _RUN.sub("", value)
    return _in_order(value, is_set)
