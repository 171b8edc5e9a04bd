"""A component on its way into a bundle: what the recipe says, and what a bundler makes of it.

A bundler adds what no recipe can say, because it depends on other components or on shared inputs,
and refuses what cannot work together. Whatever it adds is in the provenance with its reason.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any, NoReturn

from eidos.bundlers._placing import Placed
from eidos.engine.errors import BundleError
from eidos.engine.model.bundle import Note, Rendered, Resource, ToRender, When
from eidos.engine.model.facts import join_path
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recipe import WrittenComponent

_CLUSTER_WIDE = {
    "": "Namespace PersistentVolume",
    "admissionregistration.k8s.io": (
        "MutatingWebhookConfiguration ValidatingAdmissionPolicy "
        "ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration"
    ),
    "apiextensions.k8s.io": "CustomResourceDefinition",
    "apiregistration.k8s.io": "APIService",
    "cert-manager.io": "ClusterIssuer",
    "gateway.networking.k8s.io": "GatewayClass",
    "kai.scheduler": "Config SchedulingShard Topology",
    "kueue.x-k8s.io": "ClusterQueue Cohort ResourceFlavor Topology",
    "mellanox.com": "HostDeviceNetwork IPoIBNetwork MacvlanNetwork NicClusterPolicy NicNodePolicy",
    "networking.gke.io": "GKENetworkParamSet Network",
    "nfd.k8s-sigs.io": "NodeFeatureRule",
    "node.k8s.io": "RuntimeClass",
    "nodewright.nvidia.com": "DeploymentPolicy NodeWright",
    "nvidia.com": "ClusterPolicy GPUCluster NVIDIADriver",
    "rbac.authorization.k8s.io": "ClusterRole ClusterRoleBinding",
    "resource.k8s.io": "DeviceClass",
    "scheduling.k8s.io": "PriorityClass",
    "scheduling.run.ai": "Queue",
    "serving.kserve.io": (
        "ClusterServingRuntime ClusterStorageContainer LocalModelCache LocalModelNode "
        "LocalModelNodeGroup"
    ),
    "skyhook.nvidia.com": "DeploymentPolicy Skyhook",
    "storage.k8s.io": "CSIDriver StorageClass",
    "topolvm.cybozu.com": "LogicalVolume",
    "topolvm.io": "LogicalVolume",
    "trainer.kubeflow.org": "ClusterTrainingRuntime",
}
CLUSTER_WIDE = frozenset(
    (group, kind) for group, kinds in _CLUSTER_WIDE.items() for kind in kinds.split()
)
"""API group and kind of what is in no namespace, as the definitions of each say (``spec.scope``);
of any other kind a namespace is assumed."""

PRIVILEGED = {"pod-security.kubernetes.io/enforce": "privileged"}
"""Labels of a namespace whose pods mount the host: https://kubernetes.io/docs/concepts/security/pod-security-standards/"""

_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_LABEL = re.compile(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?")

Keys = str | tuple[str, ...]
"""A path of values: ``driver.enabled``, or its keys where one has a dot."""


class Draft:
    """One component: values with shared inputs in their places, resources as whole objects.

    Args:
        wanted: what is to be rendered.

    Raises:
        BundleError: a resource has no legal name, or comes before the definition of its kind.
    """

    def __init__(self, wanted: ToRender) -> None:
        placed = Placed(wanted).all()
        self.wanted = wanted
        self.values = placed.values
        self.notes = placed.notes
        self.labels: dict[str, str] = {}
        self.resources: dict[str, Resource] = {}
        self._provenance = placed.provenance
        self._leave_out_dead_keys()
        if wanted.component.chart is None:
            self._leave_out_values()
        for name, said in sorted(wanted.component.resources.items()):
            self.resources[name] = self._resource(name, said)

    def rendered(self, *, server_side: bool = False) -> Rendered:
        """Give the result.

        Args:
            server_side: its objects are too large for client-side apply.
        """
        return Rendered(
            values=self.values,
            resources=tuple(self.resources[name] for name in sorted(self.resources)),
            namespace_labels=self.labels,
            notes=tuple(self.notes),
            provenance=self._provenance,
            server_side=server_side,
        )

    # Values -------------------------------------------------------------------------------------

    def get(self, path: Keys, default: Json = None) -> Any:  # noqa: ANN401 -- any value of a chart
        """Give a value; the default where nobody states it."""
        return value_at(self.values, path, default)

    def fill(self, path: Keys, value: Json, because: str) -> None:
        """Set a value that nobody states; ``null`` is a statement too."""
        keys = _keys(path)
        above = self.get(keys[:-1], {}) if len(keys) > 1 else self.values
        if not isinstance(above, Mapping) or keys[-1] not in above:
            self.put(path, value, because)

    def put(self, path: Keys, value: Json, because: str) -> None:
        """Set a value, whatever was there."""
        keys = _keys(path)
        at: Any = self.values
        for position, key in enumerate(keys[:-1], 1):
            at = at.setdefault(key, {})
            if not isinstance(at, dict):
                self.refuse(keys[:position], "is no map", "Write a map there, or leave it out.")
        at[keys[-1]] = value
        self._provenance[join_path(keys)] = f"bundler: {because}"

    def extend(self, path: Keys, entries: Sequence[Mapping[str, Json]], because: str) -> None:
        """Add entries to a list, beside those that are stated."""
        there = self.get(path)
        before = self._provenance.get(join_path(_keys(path)), "recipe") if there else ""
        self.put(path, joined(there, entries), because)
        if before:
            self._provenance[join_path(_keys(path))] += f"; beside those of: {before}"

    def changed(self, path: tuple[str, ...], because: str) -> None:
        """Say why an object has something that the recipe does not state.

        Args:
            path: ``("resources", "nics", "spec", "tolerations")``; values of charts may begin with
                ``resources`` too, so the provenance says ``resources/nics.spec.tolerations``.
            because: why.
        """
        head, name, *rest = path
        self._provenance[f"{head}/{join_path([name, *rest])}"] = f"bundler: {because}"

    def drop(self, path: Keys, text: str) -> None:
        """Leave a value out, and say so; nothing where it is not there."""
        keys = _keys(path)
        above = self.get(keys[:-1], {}) if len(keys) > 1 else self.values
        if isinstance(above, dict) and keys[-1] in above:
            del above[keys[-1]]
            self.unused(keys, text)

    # Words --------------------------------------------------------------------------------------

    def note(self, text: str, path: Keys = "") -> None:
        """Tell the reader of the bundle something."""
        self.notes.append(Note(text, join_path(_keys(path)) if path else ""))

    def unused(self, path: Keys, text: str) -> None:
        """Say that nothing is made of what the recipe has at a path."""
        self.notes.append(Note(text, join_path(_keys(path)), is_unused=True))

    def inert(self, paths: Iterable[str], text: str) -> None:
        """Say of each of these values that is stated that it has no effect here."""
        for path in paths:
            if self.get(path) is not None:
                self.unused(path, text)

    def refuse(self, path: Keys, message: str, hint: str) -> NoReturn:
        """Refuse the component.

        Raises:
            BundleError: always; names component and path.
        """
        raise BundleError(
            f"{self.wanted.component.name}: {join_path(_keys(path))} {message}", hint=hint
        )

    # Around it ----------------------------------------------------------------------------------

    def other(self, name: str) -> WrittenComponent | None:
        """Give another component of the recipe, where it is there."""
        return next((each for each in self.wanted.recipe.components if each.name == name), None)

    def of(self, name: str, path: str, default: Json = None) -> Any:  # noqa: ANN401 -- any value
        """Give a value that the user or the recipe states of another component."""
        component = self.other(name)
        said = self.wanted.shared.extra_values.get(name, {})
        there = value_at(said, path)
        if there is None and component is not None:
            there = value_at(component.values, path)
        return default if there is None else there

    def criterion(self, name: str) -> str | None:
        """Give what the recipe is for in one dimension: ``eks`` of ``service``."""
        return self.wanted.recipe.criteria.get(name)

    def privileged(self) -> None:
        """Let the namespace have pods that mount the host, where pod security is enforced."""
        self.labels.update(PRIVILEGED)

    # Resources ----------------------------------------------------------------------------------

    def add(self, name: str, when: When, value: dict[str, Json]) -> None:
        """Add an object that the recipe does not have."""
        self.resources[name] = Resource(name, when, value)

    def of_kind(self, *kinds: str) -> list[tuple[str, dict[str, Any]]]:
        """Give the objects of some kinds by name; what is changed in them is changed here."""
        return [
            (name, dict_of(each.value))
            for name, each in sorted(self.resources.items())
            if each.value["kind"] in kinds
        ]

    def _resource(self, name: str, said: Json) -> Resource:
        path = ("resources", name)
        if not isinstance(said, dict) or not {"apiVersion", "kind"} <= said.keys():
            self.refuse(path, "has no apiVersion or kind", "State both.")
        if not _NAME.fullmatch(name):
            self.refuse(path, "has a name that no object can have", "Use a-z, 0-9, '-' and '.'.")
        when = When(str(said.get("apply", When.AFTER)))
        if when is When.BEFORE and self._defines(said):
            self.refuse(
                path,
                f"is a {said['kind']} and comes before the chart that defines the kind",
                "Write apply: after.",
            )
        return Resource(name, when, self._object(name, deepcopy(said)))

    def _object(self, name: str, said: dict[str, Json]) -> dict[str, Json]:
        metadata: Any = said.get("metadata") or {}
        rest = {
            k: v for k, v in said.items() if k not in ("apiVersion", "kind", "metadata", "apply")
        }
        whole = {"name": name, "namespace": self.wanted.component.namespace, **metadata}
        if whole["namespace"] is None or (group_of(said), said["kind"]) in CLUSTER_WIDE:
            del whole["namespace"]
        head = {"apiVersion": said["apiVersion"], "kind": said["kind"]}
        return {**head, "metadata": whole, **rest}

    def _defines(self, said: Mapping[str, Json]) -> bool:
        registry = self.wanted.registry
        kind = str(said["kind"]).lower()
        plurals = (f"{kind}s", f"{kind}es", f"{kind[:-1]}ies")
        return registry.crd_owner == "chart" and any(
            f"{plural}.{group_of(said)}" in registry.crds for plural in plurals
        )

    # What is left out ---------------------------------------------------------------------------

    def _leave_out_dead_keys(self) -> None:
        for path, instead in self.wanted.registry.dead_keys.items():
            advice = f"; write {instead}" if instead else ""
            self.drop(path, f"left out: the chart takes it and never looks at it{advice}")

    def _leave_out_values(self) -> None:
        for key in sorted(self.values):
            self.unused(key, "left out: there is no chart that could take it")
        self.values = {}


def value_at(values: Mapping[str, Json], path: Keys, default: Json = None) -> Any:  # noqa: ANN401
    """Give a value by its path; the default where something on the way is not there."""
    at: Any = values
    for key in _keys(path):
        if not isinstance(at, Mapping) or key not in at:
            return default
        at = at[key]
    return at


def dict_of(value: object) -> dict[str, Any]:
    """Give a map to work on; an empty one where it is none."""
    return value if isinstance(value, dict) else {}


def group_of(value: Mapping[str, Json]) -> str:
    """Give the API group of an object: ``""`` for the core."""
    group, slash, _ = str(value["apiVersion"]).rpartition("/")
    return group if slash else ""


def name_of(value: Mapping[str, Json]) -> str:
    """Give the name that an object has in the cluster."""
    return str(dict_of(value["metadata"]).get("name", ""))


def spec_of(value: dict[str, Any]) -> dict[str, Any]:
    """Give the spec of an object to work on; it is made where there is none."""
    if not isinstance(value.get("spec"), dict):
        value["spec"] = {}
    return dict_of(value["spec"])


def is_keyless(toleration: object) -> bool:
    """Say whether a toleration takes every taint there is."""
    return isinstance(toleration, Mapping) and not toleration.get("key")


def is_label(value: object) -> bool:
    """Say whether a text may be the value of a label."""
    return isinstance(value, str) and _LABEL.fullmatch(value) is not None


def joined(one: object, more: Sequence[Mapping[str, Json]]) -> list[Any]:
    """Join two lists of maps without doubles."""
    there = list(one) if isinstance(one, list) else []
    return [*there, *(dict(each) for each in more if dict(each) not in there)]


def tolerations_joined(stated: object, shared: Sequence[Mapping[str, Json]]) -> list[Any]:
    """Join tolerations; what a stated one tolerates already is not said again.

    Args:
        stated: the list that the recipe states, or none; every entry of it stays.
        shared: tolerations of the shared inputs.
    """
    there = list(stated) if isinstance(stated, list) else []
    return joined(there, [each for each in shared if not any(_covers(one, each) for one in there)])


def _covers(one: object, other: Mapping[str, Json]) -> bool:
    """Say whether a toleration takes every taint that another takes, and for as long.

    Kubernetes: no effect is every effect, no key with Exists is every key, and Exists is any value.
    """
    if not isinstance(one, Mapping) or "tolerationSeconds" in {*one, *other}:
        return False
    exists = one.get("operator") == "Exists"
    narrows = [name for name in ("key", "effect") if one.get(name)]
    narrows += [] if exists else ["operator", "value"]
    return (exists or bool(one.get("key"))) and all(
        one.get(name) == other.get(name) for name in narrows
    )


def version_of(text: str | None) -> tuple[int, ...]:
    """Read the numbers of a version: ``(0, 19, 1)`` for ``v0.19.1-rc1``; perhaps none."""
    found = re.match(r"v?(\d+(?:\.\d+)*)", text or "")
    return tuple(int(each) for each in found[1].split(".")) if found else ()


def _keys(path: Keys) -> tuple[str, ...]:
    return tuple(path.split(".")) if isinstance(path, str) else path
