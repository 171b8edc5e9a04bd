"""Custom resources of the GPU stack, each under its own group, kind, namespace and name."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from eidos.collectors._kube.collecting import Reading
from eidos.collectors._kube.errors import ForbiddenError, MissingError
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
    ),
    "nv-ipam.nvidia.com": ("cidrpools", "ippools"),
    "nvidia.com": ("clusterpolicies", "nvidiadrivers"),
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
    refused: list[ForbiddenError] = field(default_factory=list)
    allowed: int = 0
    size: int = 0


def read_custom(lister: Lister) -> Reading:
    """Give ``group.Kind.namespace.name`` with ``apiVersion``, ``labels``, ``spec`` and ``status``.

    The namespace of what has none is empty. Groups that are not installed are no data; those of
    which a part could not be read are missing as a whole.

    Raises:
        ApiError: nothing could be read.
    """
    inventory = _Inventory()
    groups = read_groups(lister)
    for group, plurals in RESOURCES.items():
        found = find_resources(lister, group, groups.get(group, []))
        for plural in plurals:
            if plural in found:
                _add(inventory, lister, found[plural])
    if inventory.refused and not inventory.allowed:
        raise inventory.refused[0]
    kept: dict[str, Json] = {
        group: kinds for group, kinds in inventory.data.items() if group not in inventory.missing
    }
    return Reading(kept, inventory.missing, tuple(inventory.withheld))


def _add(inventory: _Inventory, lister: Lister, served: Served) -> None:
    group = served.resource.group
    found: dict[str, dict[str, Json]] = {}
    try:
        for namespace, name, entry in _entries(inventory, lister, served):
            found.setdefault(namespace, {})[name] = entry
        inventory.allowed += 1
        if found:
            inventory.data.setdefault(group, {})[served.kind] = {**found}
    except MissingError:  # removed since the resources were listed
        return
    except ForbiddenError as error:
        inventory.refused.append(error)
        _miss(inventory, group, str(error))
    except OverflowError as error:
        _miss(inventory, group, str(error))


def _miss(inventory: _Inventory, group: str, reason: str) -> None:
    known = inventory.missing.get(group)
    inventory.missing[group] = f"{known}; {reason}" if known else reason


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
        "labels": dict(sorted((one.metadata.labels or {}).items())),
        "spec": cleaner.clean(_spec(served, one), "spec"),
        "status": cleaner.clean(_decoded(one.status), "status"),
    }
    place = f"{resource.group}.{served.kind}.{one.metadata.namespace}.{one.metadata.name}"
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
