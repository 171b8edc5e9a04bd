"""A review: what the API server asks before it takes a change, and what is known beside it."""

from collections.abc import Mapping
from dataclasses import field
from typing import Final

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.report import Report
from eidos.engine.records import dataclass

METADATA_NAME = "kubernetes.io/metadata.name"
"""A label that the API server gives every namespace: its name."""

_NAMESPACED: Final = frozenset(
    [
        *("ConfigMap", "CronJob", "DaemonSet", "Deployment", "Endpoints", "EndpointSlice", "Event"),
        *("HorizontalPodAutoscaler", "Ingress", "Job", "Lease", "LimitRange", "NetworkPolicy"),
        *("PersistentVolumeClaim", "Pod", "PodDisruptionBudget", "PodTemplate", "ReplicaSet"),
        *("ReplicationController", "ResourceClaim", "ResourceClaimTemplate", "ResourceQuota"),
        *("Role", "RoleBinding", "Secret", "Service", "ServiceAccount", "StatefulSet"),
    ]
)
"""Kinds of Kubernetes' own that lie in a namespace, whatever their manifest says."""
_BUILT_IN: Final = frozenset({"", "apps", "autoscaling", "batch", "policy"})
"""Their API groups, beside those that end in ``.k8s.io``."""


def is_namespaced(group: str, kind: str) -> bool:
    """Say whether objects of a kind of Kubernetes' own lie in namespaces; False where not known."""
    return kind in _NAMESPACED and (group in _BUILT_IN or group.endswith(".k8s.io"))


@dataclass(frozen=True, slots=True)
class Namespace:
    """What is known of a namespace."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    known: tuple[str, ...] | None = None
    """How the labels begin that are known at all, each absent one included; None for every label.
    A snapshot has those of Pod Security, and a name alone is a label as well."""
    object: Mapping[str, Json] | None = None
    """Its manifest, where there is one."""

    def label(self, key: str) -> str | None:
        """Give the value of a label; None where it has none.

        Raises:
            KeyError: nobody knows.
        """
        if key == METADATA_NAME:
            return self.labels.get(key, self.name)
        if self.known is not None and not key.startswith(self.known or ("\0",)):
            raise KeyError(key)
        return self.labels.get(key)


@dataclass(frozen=True, slots=True)
class Review:
    """A request to the API server, and what a policy may know beside it."""

    request: Mapping[str, Json]
    """The ``request`` of an AdmissionReview v1."""
    namespace: Namespace | None = None
    """Where its object lies; None for what lies in no namespace."""
    inventory: frozenset[tuple[str, str]] | None = frozenset()
    """Which kinds (API version, kind) others' objects are given of; None where somebody vouches for
    all that there are."""
    seen: frozenset[tuple[str, str]] = frozenset()
    """Which kinds the snapshot has others' objects of, whole but for their metadata."""
    beside: Mapping[str, Json] = field(default_factory=dict)
    """What rules of packs see beside ``input.request``."""
    no_facts: str | None = None
    """Why there are no facts of the cluster; None where there is a snapshot that counts."""

    @property
    def uid(self) -> str:
        """What the answer must carry."""
        return str(self.request.get("uid") or "")


@dataclass(frozen=True)
class Admission(Report):
    """A report on reviews, and what each answer to them must carry."""

    uids: tuple[str, ...] = ()
    """Of each review, in the order of the subjects."""
