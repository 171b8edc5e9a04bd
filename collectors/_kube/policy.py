"""The NVIDIA ClusterPolicy as the upstream system writes it: flat keys, every value a text."""

import json

import msgspec

from eidos.collectors._kube.collecting import Reading
from eidos.collectors._kube.groups import find_resources, read_groups
from eidos.collectors._kube.listing import Lister, Metadata
from eidos.collectors._kube.secrets import Cleaner
from eidos.engine.model.jsonvalue import Json

GROUP, PLURAL = "nvidia.com", "clusterpolicies"
"""Kyverno and others have a ClusterPolicy as well; only this group's is meant."""


class _Metadata(Metadata):
    created: str = msgspec.field(name="creationTimestamp", default="")


class _State(msgspec.Struct):
    state: str = ""


class _ClusterPolicy(msgspec.Struct):
    metadata: _Metadata
    spec: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))
    status: _State = msgspec.field(default_factory=_State)


def read_policy(lister: Lister) -> Reading:
    """Give the spec of the ClusterPolicy that the GPU operator obeys; none is no data.

    The operator obeys the oldest and marks all others as ignored.

    Raises:
        ApiError: it could not be read.
    """
    versions = read_groups(lister).get(GROUP, [])
    served = find_resources(lister, GROUP, versions).get(PLURAL)
    if served is None:
        return Reading({})
    policies = list(lister.objects(served.resource, _ClusterPolicy))
    if not policies:
        return Reading({})
    policy = min(policies, key=lambda one: (one.status.state == "ignored", *_age(one)))
    cleaner = Cleaner(variables=True)
    spec = cleaner.clean(msgspec.json.decode(policy.spec), "")
    return Reading(flatten(spec), withheld=tuple(cleaner.withheld))


def _age(policy: _ClusterPolicy) -> tuple[str, str]:
    return policy.metadata.created, policy.metadata.name


def flatten(spec: Json) -> dict[str, Json]:
    """Join keys by dots; lists are JSON text; what is empty or null is left out."""
    return dict(sorted(_flat(spec, "")))


def _flat(value: Json, path: str) -> list[tuple[str, Json]]:
    if isinstance(value, dict):
        parts = (_flat(one, f"{path}.{key}" if path else key) for key, one in value.items())
        return [pair for part in parts for pair in part]
    if value is None or value == []:
        return []
    return [(path, _text(value))]


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
