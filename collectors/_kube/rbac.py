"""Who may do what is dangerous: a summary of roles and of who is bound to them."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from eidos.collectors._kube.listing import Lister, Metadata, Resource
from eidos.engine.model.jsonvalue import Json

_GROUP = "rbac.authorization.k8s.io"
CLUSTER_ROLES = Resource(_GROUP, "v1", "clusterroles")
ROLES = Resource(_GROUP, "v1", "roles", namespaced=True)
CLUSTER_BINDINGS = Resource(_GROUP, "v1", "clusterrolebindings")
BINDINGS = Resource(_GROUP, "v1", "rolebindings", namespaced=True)

ADMIN = "cluster-admin"
WILDCARDS = "wildcard-roles"
_DEFAULT = ("kubernetes.io/bootstrapping", "rbac-defaults")


class Power(NamedTuple):
    """Something that few may do."""

    name: str
    verbs: tuple[str, ...]
    groups: tuple[str, ...]
    resources: tuple[str, ...]


_WRITE = ("create", "update", "patch", "delete")
_READ = ("get", "list", "watch")
_RBAC_ROLES = ("roles", "clusterroles")
_WEBHOOKS = ("validatingwebhookconfigurations", "mutatingwebhookconfigurations")
POWERS = (
    Power("escalate", ("escalate",), (_GROUP,), _RBAC_ROLES),
    Power("bind", ("bind",), (_GROUP,), _RBAC_ROLES),
    Power("impersonate", ("impersonate",), ("",), ("users", "groups", "serviceaccounts")),
    Power("nodes-proxy", ("get", "create"), ("",), ("nodes/proxy",)),
    Power("token-create", ("create",), ("",), ("serviceaccounts/token",)),
    Power("secrets-read", _READ, ("",), ("secrets",)),
    Power("pods-create", ("create",), ("",), ("pods",)),
    Power("volumes-create", ("create",), ("",), ("persistentvolumes",)),
    Power(
        "csr-approve",
        ("update", "patch"),
        ("certificates.k8s.io",),
        ("certificatesigningrequests/approval",),
    ),
    Power("webhook-write", _WRITE, ("admissionregistration.k8s.io",), _WEBHOOKS),
)
"""What CIS Kubernetes Benchmark 1.12, section 5.1, asks to limit."""


class _Rule(msgspec.Struct, rename="camel"):
    verbs: list[str] | None = None
    api_groups: list[str] | None = None
    resources: list[str] | None = None

    @property
    def is_everything(self) -> bool:
        return all("*" in (part or ()) for part in (self.verbs, self.api_groups, self.resources))

    def grants(self, power: Power) -> bool:
        return (
            _meets(self.verbs, power.verbs)
            and _meets(self.api_groups, power.groups)
            and any(_meets(self.resources, _spellings(name)) for name in power.resources)
        )


def _meets(given: list[str] | None, wanted: tuple[str, ...]) -> bool:
    return any(one == "*" or one in wanted for one in given or ())


def _spellings(resource: str) -> tuple[str, ...]:
    """Give the ways to grant a subresource: ``nodes/proxy``, ``nodes/*``, ``*/proxy``."""
    parent, separator, child = resource.partition("/")
    return (resource, f"{parent}/*", f"*/{child}") if separator else (resource,)


class _Role(msgspec.Struct):
    metadata: Metadata
    rules: list[_Rule] | None = None


class _Subject(msgspec.Struct):
    kind: str = ""
    name: str = ""
    namespace: str = ""


class _RoleRef(msgspec.Struct):
    kind: str = ""
    name: str = ""


class _Binding(msgspec.Struct, rename="camel"):
    metadata: Metadata
    role_ref: _RoleRef
    subjects: list[_Subject] | None = None


class _RoleKey(NamedTuple):
    kind: str
    namespace: str
    name: str


def read_rbac(lister: Lister) -> dict[str, Json]:
    """Give, for each power, the subjects that have it, and the roles with wildcards.

    Who is listed under ``cluster-admin`` may do everything and is not repeated.

    Raises:
        ApiError: roles or bindings cannot be listed.
    """
    powers: dict[_RoleKey, tuple[str, ...]] = {}
    wildcards: list[Json] = []
    for kind, resource in (("ClusterRole", CLUSTER_ROLES), ("Role", ROLES)):
        for role in lister.objects(resource, _Role):
            key = _RoleKey(kind, role.metadata.namespace, role.metadata.name)
            if found := _powers(role, key):
                powers[key] = found
            if wildcard := _wildcard(role, key):
                wildcards.append(wildcard)
    data: dict[str, list[Json]] = {ADMIN: [], **{power.name: [] for power in POWERS}}
    for kind, resource in (("ClusterRoleBinding", CLUSTER_BINDINGS), ("RoleBinding", BINDINGS)):
        for binding in lister.objects(resource, _Binding):
            for power in powers.get(_role_of(binding), ()):
                data[power].extend(_grants(binding, kind))
    sorted_data = {name: [*sorted(entries, key=_order)] for name, entries in data.items()}
    return {**sorted_data, WILDCARDS: [*sorted(wildcards, key=_order)]}


def _powers(role: _Role, key: _RoleKey) -> tuple[str, ...]:
    rules = role.rules or ()
    if any(rule.is_everything for rule in rules):
        return (ADMIN,)
    if key.kind == "ClusterRole" and key.name == ADMIN:
        return (ADMIN,)
    return tuple(power.name for power in POWERS if any(rule.grants(power) for rule in rules))


def _wildcard(role: _Role, key: _RoleKey) -> Json:
    """Give the role with the fields of its rules that hold ``*``; None when there are none."""
    fields = sorted(set(_wildcard_fields(role)))
    if not fields:
        return None
    return {
        "role": f"{key.kind}/{key.name}",
        "namespace": key.namespace,
        "fields": [*fields],
        "default": _is_default(role.metadata),
    }


def _wildcard_fields(role: _Role) -> Iterator[str]:
    for rule in role.rules or ():
        named = (("verbs", rule.verbs), ("apiGroups", rule.api_groups))
        for name, values in (*named, ("resources", rule.resources)):
            if rule.resources and "*" in (values or ()):
                yield name


def _role_of(binding: _Binding) -> _RoleKey:
    ref = binding.role_ref
    namespace = binding.metadata.namespace if ref.kind == "Role" else ""
    return _RoleKey(ref.kind, namespace, ref.name)


def _grants(binding: _Binding, kind: str) -> Iterator[Json]:
    metadata, ref = binding.metadata, binding.role_ref
    for subject in binding.subjects or ():
        yield {
            "kind": subject.kind,
            "name": subject.name,
            "namespace": subject.namespace,
            "role": f"{ref.kind}/{ref.name}",
            "binding": f"{kind}/{metadata.name}",
            "scope": metadata.namespace,
            "default": _is_default(metadata),
        }


def _is_default(metadata: Metadata) -> bool:
    """Say whether the API server itself keeps it."""
    key, value = _DEFAULT
    return (metadata.labels or {}).get(key) == value


def _order(entry: Json) -> list[str]:
    return [str(value) for value in entry.values()] if isinstance(entry, dict) else []
