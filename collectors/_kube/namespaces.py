"""What protects each namespace: Pod Security labels and network policies."""

from collections.abc import Iterator

import msgspec

from eidos.collectors._kube.listing import Lister, Metadata, Resource
from eidos.engine.model.jsonvalue import Json

NAMESPACES = Resource("", "v1", "namespaces")
POLICIES = Resource("networking.k8s.io", "v1", "networkpolicies", namespaced=True)
_PREFIX = "pod-security.kubernetes.io/"


class _Namespace(msgspec.Struct):
    metadata: Metadata


class _Selector(msgspec.Struct, rename="camel"):
    match_labels: dict[str, str] | None = None
    match_expressions: list[msgspec.Raw] | None = None


class _PolicySpec(msgspec.Struct, rename="camel"):
    pod_selector: _Selector = msgspec.field(default_factory=_Selector)
    policy_types: list[str] | None = None
    ingress: list[msgspec.Raw] | None = None
    egress: list[msgspec.Raw] | None = None

    @property
    def types(self) -> list[str]:
        """Give the directions it is about; not written, they follow from the rules."""
        return self.policy_types or (["Ingress", "Egress"] if self.egress else ["Ingress"])

    def denies(self, direction: str) -> bool:
        """Say whether it denies all traffic of all pods in a direction."""
        selector = self.pod_selector
        everyone = not selector.match_labels and not selector.match_expressions
        rules = self.ingress if direction == "Ingress" else self.egress
        return everyone and direction in self.types and not rules


class _Policy(msgspec.Struct):
    metadata: Metadata
    spec: _PolicySpec = msgspec.field(default_factory=_PolicySpec)


def _namespaces(lister: Lister) -> Iterator[_Namespace]:
    found = lister.objects(NAMESPACES, _Namespace)
    wanted = lister.namespaces
    kept = (one for one in found if not wanted or one.metadata.name in wanted)
    yield from sorted(kept, key=lambda one: one.metadata.name)


def read_pod_security(lister: Lister) -> dict[str, Json]:
    """Give the Pod Security labels of every namespace: ``enforce``, ``enforce-version``, ...

    Raises:
        ApiError: namespaces cannot be listed.
    """
    return {one.metadata.name: _security(one) for one in _namespaces(lister)}


def _security(namespace: _Namespace) -> Json:
    labels = sorted((namespace.metadata.labels or {}).items())
    return {key.removeprefix(_PREFIX): value for key, value in labels if key.startswith(_PREFIX)}


def read_network_policies(lister: Lister) -> dict[str, Json]:
    """Give, for every namespace, its network policies and whether one denies by default.

    Raises:
        ApiError: namespaces or policies cannot be listed.
    """
    policies: dict[str, list[_Policy]] = {}
    for one in lister.objects(POLICIES, _Policy):
        policies.setdefault(one.metadata.namespace, []).append(one)
    names = [one.metadata.name for one in _namespaces(lister)]
    return {name: _coverage(policies.get(name, [])) for name in names}


def _coverage(policies: list[_Policy]) -> Json:
    return {
        "policies": [*sorted(one.metadata.name for one in policies)],
        "default-deny-ingress": any(one.spec.denies("Ingress") for one in policies),
        "default-deny-egress": any(one.spec.denies("Egress") for one in policies),
    }
