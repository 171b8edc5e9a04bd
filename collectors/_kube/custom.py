"""Custom resources of the GPU stack, by the name of their definition, namespace and name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from eidos.collectors._kube.collecting import Reading
from eidos.collectors._kube.errors import FATAL, ApiError, ForbiddenError, MissingError
from eidos.collectors._kube.groups import Served, find_resources, read_groups
from eidos.collectors._kube.listing import Lister, Metadata
from eidos.collectors._kube.secrets import Cleaner
from eidos.engine.model.jsonvalue import Json

RESOURCES: dict[str, tuple[str, ...]] = {
    "apps.nvidia.com": (
        "nemocustomizers",
        "nemodatastores",
        "nemoentitystores",
        "nemoevaluators",
        "nemoguardrails",
        "nimbuilds",
        "nimcaches",
        "nimpipelines",
        "nimservices",
    ),
    "configuration.net.nvidia.com": (
        "nicconfigurationtemplates",
        "nicdevices",
        "nicfirmwaresources",
        "nicfirmwaretemplates",
    ),
    "maintenance.nvidia.com": ("maintenanceoperatorconfigs", "nodemaintenances"),
    "mellanox.com": (
        "hostdevicenetworks",
        "ipoibnetworks",
        "macvlannetworks",
        "nicclusterpolicies",
        "nicnodepolicies",
    ),
    "nv-ipam.nvidia.com": ("cidrpools", "ippools"),
    "nvidia.com": ("clusterpolicies", "gpuclusters", "nvidiadrivers"),
    "resource.k8s.io": (
        "deviceclasses",
        "resourceclaims",
        "resourceclaimtemplates",
        "resourceslices",
    ),
    "resource.nvidia.com": ("computedomains",),
    "serving.kserve.io": (
        "clusterservingruntimes",
        "clusterstoragecontainers",
        "inferencegraphs",
        "inferenceservices",
        "llminferenceserviceconfigs",
        "llminferenceservices",
        "localmodelcaches",
        "localmodelnodegroups",
        "servingruntimes",
        "trainedmodels",
    ),
    "skyhook.nvidia.com": ("deploymentpolicies", "skyhooks"),
    "sriovnetwork.openshift.io": (
        "sriovibnetworks",
        "sriovnetworknodepolicies",
        "sriovnetworkpoolconfigs",
        "sriovnetworks",
        "sriovoperatorconfigs",
    ),
}
"""What is read, by API group: the plurals in the operators' definitions."""

_OPERATORS = frozenset({"mellanox.com", "nvidia.com"})
"""Groups whose variables are settings of operators, which rules ask for."""
_SLICES = "resourceslices"
"""Every node has some, with every property of every device: the devices are only counted."""
_REFUSED = "403 Forbidden: grant list on these custom resources"
SIZE_LIMIT = 16 << 20
"""Bytes of specs and states that are kept; a real cluster has some hundred KiB."""


class CustomResource(msgspec.Struct):
    """What eidos reads of any custom resource."""

    metadata: Metadata
    spec: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))
    status: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))


@dataclass(slots=True)
class _Inventory:
    data: dict[str, dict[str, Json]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    withheld: list[str] = field(default_factory=list)
    size: int = 0


def read_custom(lister: Lister) -> Reading:
    """Give, by ``plural.group``, namespace and name: ``apiVersion``, ``kind``, ``spec``, ...

    The namespace of what has none is empty. What is not installed has no key, what is installed and
    not used has an empty one. What could not be listed is missing, and takes nothing else along.

    Raises:
        ApiError: nothing could be read.
    """
    inventory = _Inventory()
    groups = read_groups(lister)
    lost: ApiError | None = None
    for group in (one for one in RESOURCES if one in groups):
        lost = lost or _add_group(inventory, lister, group, groups[group])
        if lost:
            _miss(inventory, group, RESOURCES[group], str(lost))
    if inventory.missing and not inventory.data:
        raise lost or ApiError("; ".join(sorted(set(inventory.missing.values()))))
    return Reading({**inventory.data}, inventory.missing, tuple(inventory.withheld))


def _add_group(
    inventory: _Inventory, lister: Lister, group: str, versions: list[str]
) -> ApiError | None:
    """Read a group; what ends all reading is given, other trouble is kept with what it concerns."""
    wanted = RESOURCES[group]
    try:
        found = find_resources(lister, group, versions)
        for plural in (one for one in wanted if one in found):
            _add(inventory, lister, found[plural])
    except FATAL as error:
        return error
    except ApiError as error:
        _miss(inventory, group, wanted, str(error))
    return None


def _miss(inventory: _Inventory, group: str, plurals: Iterable[str], reason: str) -> None:
    for name in (f"{plural}.{group}" for plural in plurals):
        if name not in inventory.data:
            inventory.missing.setdefault(name, reason)


def _add(inventory: _Inventory, lister: Lister, served: Served) -> None:
    found: dict[str, dict[str, Json]] = {}
    resource = served.resource
    try:
        for namespace, name, entry in _entries(inventory, lister, served):
            found.setdefault(namespace, {})[name] = entry
    except MissingError:  # removed since the resources were listed
        return
    except FATAL:
        raise
    except ForbiddenError:  # the key says on what: one reason for all of them
        _miss(inventory, resource.group, [resource.plural], _REFUSED)
    except (ApiError, OverflowError) as error:
        _miss(inventory, resource.group, [resource.plural], str(error))
    else:
        inventory.data[resource.name] = {**found}


def _entries(
    inventory: _Inventory, lister: Lister, served: Served
) -> Iterator[tuple[str, str, dict[str, Json]]]:
    for one in lister.objects(served.resource, CustomResource):
        if served.resource.plural != _SLICES:
            inventory.size += len(memoryview(one.spec)) + len(memoryview(one.status))
        if inventory.size > SIZE_LIMIT:
            raise OverflowError(f"custom resources hold more than {SIZE_LIMIT >> 20} MiB")
        yield one.metadata.namespace, one.metadata.name, _entry(inventory, served, one)


def _entry(inventory: _Inventory, served: Served, one: CustomResource) -> dict[str, Json]:
    resource = served.resource
    cleaner = Cleaner(variables=resource.group in _OPERATORS)
    entry: dict[str, Json] = {
        "apiVersion": f"{resource.group}/{resource.version}",
        "kind": served.kind,
        "labels": dict(sorted((one.metadata.labels or {}).items())),
        "spec": cleaner.clean(_spec(served, one), "spec"),
        "status": cleaner.clean(_decoded(one.status), "status"),
    }
    place = f"{resource.name}.{one.metadata.namespace}.{one.metadata.name}"
    inventory.withheld += [f"{place}.{path}" for path in cleaner.withheld]
    return entry


def _spec(served: Served, one: CustomResource) -> Json:
    spec = _decoded(one.spec)
    if served.resource.plural == _SLICES and isinstance(spec, dict):
        devices = spec.pop("devices", None)
        spec["device-count"] = len(devices) if isinstance(devices, list) else 0
    return spec


def _decoded(raw: msgspec.Raw) -> Json:
    value: Json = msgspec.json.decode(raw)
    return value
