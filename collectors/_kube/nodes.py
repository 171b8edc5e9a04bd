"""What the API server knows of each node."""

import re

import msgspec

from eidos.collectors._kube.listing import Metadata, Resource
from eidos.engine.model.jsonvalue import Json

NODES = Resource("", "v1", "nodes")

_PROVIDERS = {"aws": "eks", "gce": "gke", "azure": "aks", "oci": "oke"}
"""Scheme of a provider id to the upstream system's name; other schemes stand as they are."""
_ZONE = "topology.kubernetes.io/zone"
_REGION = "topology.kubernetes.io/region"
_INSTANCE = "node.kubernetes.io/instance-type"
_ROLE = re.compile(r"node-role\.kubernetes\.io/(.+)")


class Taint(msgspec.Struct):
    """A taint of a node."""

    key: str = ""
    value: str = ""
    effect: str = ""


class _Spec(msgspec.Struct, rename="camel"):
    provider_id: str = msgspec.field(name="providerID", default="")
    taints: list[Taint] | None = None
    unschedulable: bool = False


class _Condition(msgspec.Struct):
    type: str
    status: str


class _Address(msgspec.Struct):
    type: str
    address: str


class _Info(msgspec.Struct, rename="camel"):
    container_runtime_version: str = ""
    kubelet_version: str = ""
    kernel_version: str = ""
    operating_system: str = ""
    os_image: str = ""
    architecture: str = ""


class _Status(msgspec.Struct, rename="camel"):
    capacity: dict[str, str] | None = None
    allocatable: dict[str, str] | None = None
    conditions: list[_Condition] | None = None
    addresses: list[_Address] | None = None
    node_info: _Info = msgspec.field(default_factory=_Info)


class KubeNode(msgspec.Struct):
    """What eidos reads of a node object."""

    metadata: Metadata
    spec: _Spec = msgspec.field(default_factory=_Spec)
    status: _Status = msgspec.field(default_factory=_Status)

    @property
    def labels(self) -> dict[str, str]:
        """Give its labels."""
        return self.metadata.labels or {}


def node_data(node: KubeNode) -> dict[str, Json]:
    """Give the facts of ``K8s.node``: the upstream keys first, then what upstream loses."""
    return {**_upstream(node), **_more(node)}


def _upstream(node: KubeNode) -> dict[str, Json]:
    info = node.status.node_info
    runtime, _, version = info.container_runtime_version.partition("://")
    return {
        "source-node": node.metadata.name,
        "provider": provider(node.spec.provider_id, node.labels),
        "provider-id": node.spec.provider_id,
        "container-runtime-id": info.container_runtime_version,
        "container-runtime-name": runtime,
        "container-runtime-version": version,
        "kubelet-version": info.kubelet_version,
        "kernel-version": info.kernel_version,
        "operating-system": info.operating_system,
        "os-image": info.os_image,
    }


def _more(node: KubeNode) -> dict[str, Json]:
    labels, status = node.labels, node.status
    roles = (match[1] for key in labels if (match := _ROLE.fullmatch(key)))
    return {
        "architecture": status.node_info.architecture,
        "instance-type": labels.get(_INSTANCE, ""),
        "zone": labels.get(_ZONE, ""),
        "region": labels.get(_REGION, ""),
        "roles": [*sorted(roles)],
        "unschedulable": node.spec.unschedulable,
        "labels": dict(sorted(labels.items())),
        "taints": _taints(node),
        "capacity": dict(sorted((status.capacity or {}).items())),
        "allocatable": dict(sorted((status.allocatable or {}).items())),
        "conditions": {one.type: one.status for one in status.conditions or ()},
        "addresses": [{"type": one.type, "address": one.address} for one in status.addresses or ()],
    }


def _taints(node: KubeNode) -> list[Json]:
    taints = sorted(node.spec.taints or (), key=lambda one: (one.key, one.effect, one.value))
    return [{"key": one.key, "value": one.value, "effect": one.effect} for one in taints]


def provider(provider_id: str, labels: dict[str, str]) -> str:
    """Name who runs a node: ``eks``, ``gke``, ``aks``, ``oke``, another scheme, or the owner.

    Args:
        provider_id: ``spec.providerID``, as in ``aws:///us-east-1a/i-0123``; may be empty.
        labels: of the node; asked when the id says nothing.
    """
    scheme, separator, _ = provider_id.partition("://")
    if separator:
        return _PROVIDERS.get(scheme, scheme)
    if provider_id.startswith("ocid1."):  # OKE writes some ids without a scheme
        return "oke"
    for prefix, name in _LABELS.items():
        if any(key.startswith(prefix) for key in labels):
            return name
    return "self-managed"


_LABELS = {
    "eks.amazonaws.com/": "eks",
    "cloud.google.com/gke-": "gke",
    "kubernetes.azure.com/": "aks",
    "oci.oraclecloud.com/": "oke",
}
"""Labels that only one provider sets, for nodes without a provider id."""
