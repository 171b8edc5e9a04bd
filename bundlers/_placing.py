"""Where shared inputs go in a chart's values, as the registry says."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from eidos.engine.errors import BundleError
from eidos.engine.model.bundle import Note, SharedInputs, ToRender
from eidos.engine.model.jsonvalue import Json

_SECRETS_AS_NAMES = frozenset(
    {
        "aws-ebs-csi-driver",
        "aws-efs-csi-driver",
        "aws-fsx-csi-driver",
        "gpu-operator",
        "k8s-nim-operator",
        "network-operator",
        "prometheus-adapter",
    }
)
"""Charts that take names of pull secrets, as their templates say; others take ``{name: …}``."""
_SECRETS_AS_TEXT = frozenset({"nodewright-operator"})
"""Charts that take the name of one pull secret."""


class Placed:
    """Values of a chart in which shared inputs find their places.

    Args:
        wanted: whose values; they are copied.
    """

    def __init__(self, wanted: ToRender) -> None:
        self.values: dict[str, Json] = deepcopy(dict(wanted.component.values))
        self.provenance: dict[str, str] = {}
        """Path to the shared input that set it."""
        self.notes: list[Note] = []
        self._name = wanted.component.name
        self._registry = wanted.registry
        self._shared = wanted.shared

    def all(self) -> "Placed":
        """Put every shared input where the registry says."""
        shared = self._shared
        self._scheduling("system", shared.system_selector, shared.system_tolerations)
        self._scheduling("accelerated", shared.accelerated_selector, shared.accelerated_tolerations)
        if shared.node_count is not None:
            self._everywhere(self._paths("nodeCount"), shared.node_count, "node-count")
        for name, value in self._inputs(shared):
            self._everywhere(self._registry.shared_inputs.get(name, ()), value, name)
        self._merge((), shared.extra_values.get(self._name, {}), "values of the user")
        return self

    def put(self, path: str, value: Json, by: str) -> None:
        """Set one value; a list is joined with one that is there, without doubles.

        Raises:
            BundleError: something on the way is no map.
        """
        keys = path.split(".")
        at: Any = self.values
        for key in keys[:-1]:
            at = at.setdefault(key, {})
            if not isinstance(at, dict):
                raise BundleError(
                    f"{self._name}: {by} goes to {path}, where the recipe has a value at {key}",
                    hint="Leave the recipe's value out, or the shared input.",
                )
        there = at.get(keys[-1])
        if isinstance(value, list) and isinstance(there, list):
            value = [*there, *(each for each in value if each not in there)]
        elif isinstance(value, dict) and isinstance(there, dict):
            value = {**there, **value}
        at[keys[-1]] = value
        self.provenance[path] = f"shared input {by}"

    def _merge(self, path: Sequence[str], values: Mapping[str, Json], by: str) -> None:
        for key, value in values.items():
            if isinstance(value, dict) and value:
                self._merge((*path, key), value, by)
            else:
                self._replace(".".join((*path, key)), value, by)

    def _replace(self, path: str, value: Json, by: str) -> None:
        self.put(path, None, by)
        self.put(path, value, by)

    def _scheduling(
        self, kind: str, selector: Mapping[str, str], tolerations: Sequence[Mapping[str, Json]]
    ) -> None:
        if selector:
            self._everywhere(self._paths(kind, "nodeSelectors"), dict(selector), f"{kind} nodes")
        if tolerations:
            taken: list[Json] = [dict(each) for each in tolerations]
            self._everywhere(self._paths(kind, "tolerations"), taken, f"{kind} tolerations")

    def _paths(self, *keys: str) -> Sequence[str]:
        found: Any = self._registry.scheduling
        for key in keys:
            found = found.get(key, {}) if isinstance(found, Mapping) else {}
        return list(found) if isinstance(found, list) else []

    def _everywhere(self, paths: Sequence[str], value: Json, by: str) -> None:
        for path in paths:
            self.put(path, value, by)

    def _inputs(self, shared: SharedInputs) -> list[tuple[str, Json]]:
        """Give the shared inputs that are given, each in the form that the chart takes."""
        found: list[tuple[str, Json]] = []
        if shared.storage_class:
            found.append(("storageClass", shared.storage_class))
        if shared.registry_mirror:
            found.append(("registryMirror", shared.registry_mirror))
        if shared.runtime_class:
            found.append(("runtimeClass", shared.runtime_class))
        if shared.monitoring_labels:
            found.append(("monitoringLabels", dict(shared.monitoring_labels)))
        if shared.pull_secrets:
            found.append(("pullSecrets", self._secrets(shared.pull_secrets)))
        return found

    def _secrets(self, names: Sequence[str]) -> Json:
        if self._name in _SECRETS_AS_TEXT:
            if len(names) > 1:
                text = f"takes one pull secret; {', '.join(names[1:])} is left out"
                self.notes.append(Note(text, is_unused=True))
            return names[0]
        if self._name in _SECRETS_AS_NAMES:
            return list(names)
        return [{"name": name} for name in names]
