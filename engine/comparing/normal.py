"""Facts as they are compared: without what is written differently and means the same.

Nothing changes its place, so that what differs can be found again in both documents.
"""

import re
from collections.abc import Iterable, Mapping

from eidos.engine.comparing.values import Naming, Namings
from eidos.engine.digest import canonical
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json

INFINITY = 2**64 - 1
"""How D-Bus says "no limit" (systemd.exec(5))."""
SETS: Mapping[str, frozenset[str]] = {
    "systemd": frozenset(
        {
            *("After", "Before", "Requires", "RequiredBy", "Requisite", "Wants", "WantedBy"),
            *("BindsTo", "BoundBy", "Conflicts", "ConflictedBy", "ConsistsOf", "PartOf"),
            *("JoinsNamespaceOf", "Names", "PropagatesReloadTo", "ReloadPropagatedFrom"),
            *("PropagatesStopTo", "StopPropagatedFrom", "RequiresMountsFor", "TriggeredBy"),
            *("Triggers", "Slice", "Symlinks", "DelegateControllers"),
        }
    ),
    "k8s": frozenset({"addresses", "conditions", "roles", "taints"}),
}
"""Keys by measurement type (in lower case) whose lists of text have no order."""
_DEVICES = FactAddress("gpu", "devices")
IMAGES = FactAddress("k8s", "image")
CONTAINERS = "containers"
"""The key of the images' list."""
_CONTAINER = Naming(
    ("namespace", "controller", "container", "role"), whole=True, apart=frozenset({"count"})
)
"""What a container runs is one thing, in however many fields; how often it runs is another."""
_NAMINGS: Mapping[FactAddress, Namings] = {
    IMAGES: {(CONTAINERS,): _CONTAINER},
    _DEVICES: {("devices",): Naming(("uuid",))},
    FactAddress("gpu", "pci"): {("devices",): Naming(("bus-id",))},
    FactAddress("k8s", "node"): {
        ("taints",): Naming(("key", "effect")),
        ("addresses",): Naming(("type", "address")),
        ("conditions",): Naming(("type",)),
    },
    FactAddress("nodetopology", "taint"): {("items",): Naming(("key", "value", "effect"))},
}
"""How entries are told apart where collectors have no name for them; order means nothing there."""
_ID = frozenset({"uuid", "serial", "cluster-uuid", "minor-number", "bus-id"})
"""What names a GPU and not its state; see the GPU collector."""
_RUN = re.compile(r"(?: \d+){7}(?=\])")
"""Start and end times, process id and exit status that D-Bus adds to a command line."""


def namings(address: FactAddress) -> Namings:
    """Give what names the entries of a subtype's lists, where that is known."""
    return _NAMINGS.get(address.whole, {})


def comparable(
    address: FactAddress,
    data: Mapping[str, Json],
    names: Iterable[str],
    *,
    same_machine: bool = True,
) -> dict[str, Json]:
    """Give a subtype's data with sets of text in order and systemd's run-time remarks left out.

    Args:
        address: the subtype; its node does not matter.
        data: the subtype's data.
        names: the keys to give, if they are there.
        same_machine: it is held against the same machine at another time; otherwise GPUs go without
            what names them, and are compared slot by slot.
    """
    found = {name: data[name] for name in names if name in data}
    sets = SETS.get(address.type, frozenset())
    if address.type == "systemd":
        return {name: _setting(value, name in sets) for name, value in found.items()}
    if address.whole == _DEVICES and not same_machine:
        return {name: _without_identity(value) for name, value in found.items()}
    if address.whole == IMAGES and isinstance(listed := found.get(CONTAINERS), list):
        return {**found, CONTAINERS: [_container(entry) for entry in listed]}
    return {name: _in_order(value) if name in sets else value for name, value in found.items()}


def _container(entry: Json) -> Json:
    """Leave out how an image is written where its parts are told: ``nginx`` is one of them."""
    if not isinstance(entry, dict) or not {"registry", "repository"} <= entry.keys():
        return entry
    return {name: value for name, value in entry.items() if name != "image"}


def _in_order(value: Json) -> Json:
    if not isinstance(value, list) or any(isinstance(entry, dict | list) for entry in value):
        return value
    return sorted(value, key=canonical)


def _setting(value: Json, is_set: bool) -> Json:  # noqa: FBT001 -- private, named by its caller
    if value == INFINITY:  # the bus gives the number, unit files the word
        return "infinity"
    if not is_set:
        return _RUN.sub("", value) if isinstance(value, str) and value.endswith("]") else value
    if isinstance(value, str) and value.startswith("[") and value.endswith("]"):
        return _in_order([*value[1:-1].split()])
    return _in_order(value)


def _without_identity(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _without_identity(inner) for name, inner in value.items() if name not in _ID}
    return [_without_identity(inner) for inner in value] if isinstance(value, list) else value
