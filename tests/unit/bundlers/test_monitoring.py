"""Monitoring: definitions have one owner, alerts fire, no secret is in a bundle."""

import json
from typing import Any

import pytest

from eidos.engine.errors import BundleError
from eidos.engine.model.bundle import SharedInputs
from fakes.bundling import rendered, written

STACK = "kube-prometheus-stack"
CRDS = written("prometheus-operator-crds")


def rule(expr: str) -> dict[str, Any]:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "spec": {"groups": [{"name": "g", "rules": [{"alert": "A", "expr": expr}]}]},
    }


def exporting(*counters: str) -> Any:
    lines = "\n".join(["# comment", *(f"{each}, gauge, something." for each in counters)])
    config = {"name": "c", "create": True, "data": lines}
    return written("gpu-operator", {"dcgmExporter": {"config": config}})


def test_the_definitions_have_one_owner_and_are_applied_by_the_server() -> None:
    assert rendered(written(STACK, {}), CRDS).values == {"crds": {"enabled": False}}
    assert rendered(written(STACK, {})).values == {}
    with pytest.raises(BundleError, match="owns the definitions"):
        rendered(written(STACK, {"crds": {"enabled": True}}), CRDS)
    assert rendered(CRDS).server_side
    assert not rendered(written(STACK, {})).server_side


def test_nobody_scrapes_a_control_plane_that_is_the_clouds() -> None:
    there = rendered(written(STACK, {"kubeProxy": {"enabled": True}}), criteria={"service": "eks"})
    assert there.values == {
        "kubeControllerManager": {"enabled": False},
        "kubeEtcd": {"enabled": False},
        "kubeScheduler": {"enabled": False},
        "kubeProxy": {"enabled": True},
    }
    assert rendered(written(STACK, {}), criteria={"service": "self-managed"}).values == {}


def test_a_volume_needs_a_node_selector_and_a_size() -> None:
    shared = SharedInputs(storage_class="gp3")
    with pytest.raises(BundleError, match="strand the pod") as refused:
        rendered(written(STACK, {}), shared=shared)
    assert "--system-node-selector" in str(refused.value.hint)
    shared = SharedInputs(storage_class="gp3", system_selector={"role": "system"})
    there: Any = rendered(written(STACK, {}), shared=shared).values
    spec = there["prometheus"]["prometheusSpec"]
    assert spec["nodeSelector"] == {"role": "system"}
    assert spec["storageSpec"]["volumeClaimTemplate"]["spec"] == {
        "storageClassName": "gp3",
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "50Gi"}},
    }


def test_a_password_is_refused_and_a_secret_of_the_cluster_is_not() -> None:
    with pytest.raises(BundleError, match="holds no secret") as refused:
        rendered(written(STACK, {"grafana": {"adminPassword": "hunter2"}}))
    assert "hunter2" not in f"{refused.value} {refused.value.hint}"
    assert rendered(written(STACK, {"grafana": {"admin": {"existingSecret": "grafana"}}})).values


def test_the_adapter_asks_the_prometheus_of_the_recipe() -> None:
    stack = written(STACK, {"fullnameOverride": "kube-prometheus"})
    there = rendered(written("prometheus-adapter", {}), stack)
    assert there.values == {
        "prometheus": {"url": "http://kube-prometheus-prometheus.monitoring.svc"}
    }
    own = {"prometheus": {"url": "http://thanos"}}
    assert rendered(written("prometheus-adapter", own), stack).values == own


def test_alerts_are_on_counters_that_are_exported() -> None:
    both = "DCGM_FI_DEV_XID_ERRORS > 0 and rate(DCGM_FI_DEV_GPU_TEMP[5m]) > 1"
    resources = {"alerts": rule(both)}
    exported = exporting("DCGM_FI_DEV_XID_ERRORS", "DCGM_FI_DEV_GPU_TEMP")
    assert rendered(written("gpu-monitoring", {}, resources), exported).resources
    with pytest.raises(BundleError, match="A is on DCGM_FI_DEV_GPU_TEMP"):
        rendered(written("gpu-monitoring", {}, resources), exporting("DCGM_FI_DEV_XID_ERRORS"))
    assert rendered(written("gpu-monitoring", {}, resources)).resources


def test_a_sites_prometheus_finds_rules_by_their_labels() -> None:
    shared = SharedInputs(monitoring_labels={"release": "site"})
    resources = {"alerts": {**rule("up == 0"), "metadata": {"labels": {"own": "x"}}}}
    (there,) = rendered(written("gpu-monitoring", {}, resources), shared=shared).resources
    labels: Any = there.value["metadata"]
    assert labels["labels"] == {"own": "x", "release": "site"}


@pytest.mark.parametrize("text", ["{", "[]", ""])
def test_dashboards_are_json(text: str) -> None:
    dashboard = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"labels": {"grafana_dashboard": "1"}},
        "data": {"a.json": json.dumps({"title": "a"})},
    }
    assert rendered(written("gpu-monitoring", {}, {"d": dashboard})).resources
    with pytest.raises(BundleError, match="no dashboard"):
        rendered(written("gpu-monitoring", {}, {"d": {**dashboard, "data": {"a.json": text}}}))


def test_a_monitor_that_the_operator_deletes_is_refused() -> None:
    monitor = {"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor"}
    with pytest.raises(BundleError, match="deletes"):
        rendered(written("gpu-monitoring", {}, {"nvidia-dcgm-exporter": monitor}))
    assert rendered(written("gpu-monitoring", {}, {"dcgm-of-ours": monitor})).resources
