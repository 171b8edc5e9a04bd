"""Monitoring: Prometheus with its definitions apart, the adapter, GPU dashboards and alert rules.

Which counters the DCGM exporter has is said in the values of the GPU Operator
(`dcgmExporter.config.data`); dashboards are ConfigMaps that Grafana's sidecar finds by their label,
alerts are PrometheusRules. Both are resources of `gpu-monitoring`.

**Adds**

- `crds.enabled: false` where `prometheus-operator-crds` owns the definitions.
- On managed clusters, no scraping of the control plane's parts, which nobody can reach there.
- Access mode and size to the claim of Prometheus, where the storage class is a shared input.
- The address of Prometheus to the adapter, where nothing is said.
- Labels by which a site's own Prometheus finds monitors and rules (shared input).
- Server-side apply for the definitions: one is larger than what an annotation can hold.
- The label of the namespace that lets the node exporter in, which reads the host.

**Refuses**

- two owners of the definitions.
- a storage class without a node selector for Prometheus: the zone of its volume strands the pod.
- a password of Grafana in the recipe: a bundle holds no secret.
- alerts on counters of DCGM that the exporter does not export, and dashboards that are no JSON.
- a ServiceMonitor `nvidia-dcgm-exporter`, which the GPU Operator deletes.

**Rolling back**

Roll the stack back before its definitions. Claims stay, and with them what was measured.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from eidos.bundlers._drafting import Draft, dict_of, name_of, spec_of
from eidos.engine.model.bundle import Rendered, ToRender
from eidos.engine.model.jsonvalue import Json

_STACK, _CRDS = "kube-prometheus-stack", "prometheus-operator-crds"
_ADAPTER, _GPU = "prometheus-adapter", "gpu-monitoring"
_MANAGED = frozenset({"aks", "eks", "gke", "lke", "oke"})
"""Services whose control plane is the cloud's."""
_CONTROL_PLANE = ("kubeControllerManager", "kubeEtcd", "kubeScheduler", "kubeProxy")
"""Scraped by default: pc:charts/kube-prometheus-stack/values.yaml@ea930baeebeb."""
_CLAIM = "prometheus.prometheusSpec.storageSpec.volumeClaimTemplate.spec"
_SELECTOR = "prometheus.prometheusSpec.nodeSelector"
_PASSWORD = "grafana.adminPassword"  # noqa: S105 -- the path of a value
_MONITORS = ("PodMonitor", "Probe", "PrometheusRule", "ScrapeConfig", "ServiceMonitor")
_DELETED = "nvidia-dcgm-exporter"
"""The GPU Operator deletes a ServiceMonitor of this name: oke:terraform/oke-addons.tf@61d210a."""
_DASHBOARD = "grafana_dashboard"
_COUNTER = re.compile(r"\bDCGM_F[IE]_[A-Z0-9_]+\b")


class Monitoring:
    """Renders what measures a cluster."""

    components: tuple[str, ...] = (_STACK, _CRDS, _ADAPTER, _GPU)

    def render(self, wanted: ToRender) -> Rendered:
        """Give values and resources; see `eidos.engine.ports.Bundler`.

        Raises:
            BundleError: Prometheus would not come up, or alerts would never fire; see above.
        """
        draft = Draft(wanted)
        name = wanted.component.name
        if name == _STACK:
            draft.privileged()
            _definitions(draft)
            _scraping(draft)
            _storage(draft)
            _secret(draft)
        elif name == _ADAPTER:
            _address(draft)
        _monitors(draft)
        _dashboards(draft)
        return draft.rendered(server_side=name == _CRDS)


def _definitions(draft: Draft) -> None:
    if draft.other(_CRDS) is None:
        return
    if draft.get("crds.enabled") is True:
        draft.refuse(
            "crds.enabled", f"is true, and {_CRDS} owns the definitions", "State it false."
        )
    draft.fill("crds.enabled", value=False, because=f"{_CRDS} owns the definitions")


def _scraping(draft: Draft) -> None:
    service = draft.criterion("service")
    if service in _MANAGED:
        because = f"nothing of the control plane of {service} can be reached"
        for part in _CONTROL_PLANE:
            draft.fill(f"{part}.enabled", value=False, because=because)


def _storage(draft: Draft) -> None:
    if draft.get(f"{_CLAIM}.storageClassName") is None:
        return
    because = "the claim of a storage class needs both"
    draft.fill(f"{_CLAIM}.accessModes", ["ReadWriteOnce"], because)
    draft.fill(f"{_CLAIM}.resources", {"requests": {"storage": "50Gi"}}, because)
    if not draft.get(_SELECTOR):
        draft.refuse(
            _SELECTOR,
            "is not stated, yet a storage class is: the zone of the volume would strand the pod",
            "Give the labels of system nodes: --system-node-selector LABEL=VALUE.",
        )


def _secret(draft: Draft) -> None:
    if draft.get(_PASSWORD):
        draft.refuse(
            _PASSWORD,
            "is in the recipe, and a bundle holds no secret",
            "Name a Secret of the cluster: grafana.admin.existingSecret.",
        )


def _address(draft: Draft) -> None:
    name, stack = draft.of(_STACK, "fullnameOverride"), draft.other(_STACK)
    if name and stack is not None:
        url = f"http://{name}-prometheus.{stack.namespace}.svc"
        draft.fill("prometheus.url", url, f"it is the service of {_STACK}")


def _monitors(draft: Draft) -> None:
    labels = draft.wanted.shared.monitoring_labels
    exported = _exported(draft)
    for name, each in draft.of_kind(*_MONITORS):
        if labels:
            each["metadata"]["labels"] = {**dict_of(each["metadata"].get("labels")), **labels}
            path = ("resources", name, "metadata", "labels")
            draft.changed(path, "shared input monitoringLabels")
        if each["kind"] == "ServiceMonitor" and name_of(each) == _DELETED:
            draft.refuse(
                ("resources", name), "has a name that the GPU Operator deletes", "Take another."
            )
        if each["kind"] == "PrometheusRule" and exported:
            _rules(draft, name, each, exported)


def _exported(draft: Draft) -> frozenset[str]:
    """Give the counters that the exporter has; none where the recipe does not list them."""
    listed = draft.of("gpu-operator", "dcgmExporter.config.data")
    lines = listed.splitlines() if isinstance(listed, str) else []
    return frozenset(line.partition(",")[0].strip() for line in lines if not line.startswith("#"))


def _rules(draft: Draft, name: str, each: dict[str, Any], exported: frozenset[str]) -> None:
    for group in spec_of(each).get("groups", []):
        for rule in map(dict_of, dict_of(group).get("rules", [])):
            missing = sorted(set(_COUNTER.findall(str(rule.get("expr")))) - exported)
            if missing:
                draft.refuse(
                    ("resources", name, str(rule.get("alert") or rule.get("record"))),
                    f"is on {missing[0]}, which the exporter does not export",
                    "Add the counter to dcgmExporter.config.data of gpu-operator.",
                )


def _dashboards(draft: Draft) -> None:
    for name, each in draft.of_kind("ConfigMap"):
        if _DASHBOARD in dict_of(each["metadata"].get("labels")):
            for file, text in dict_of(each.get("data")).items():
                if not _is_dashboard(text):
                    draft.refuse(
                        ("resources", name, "data", file), "is no dashboard", "Write it as JSON."
                    )


def _is_dashboard(text: Json) -> bool:
    try:
        return isinstance(json.loads(str(text)), Mapping)
    except ValueError:
        return False


bundler = Monitoring()
