"""The GPU Operator: who owns the driver, module options, one Node Feature Discovery."""

from typing import Any

import pytest

from eidos.engine.errors import BundleError
from eidos.engine.model.bundle import SharedInputs, When
from fakes.bundling import rendered, written

NAME = "gpu-operator"
NFD = written("node-feature-discovery")
HOST = {"driver": {"enabled": False}, "toolkit": {"enabled": False}}
OPTIONS = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "apply": "before",
    "data": {"nvidia.conf": "options nvidia NVreg_GrdmaPciTopoCheckOverride=1\n"},
}
NAMED = {"driver": {"kernelModuleConfig": {"name": "nvidia-kernel-module-params"}}}


def values(said: dict[str, Any], **more: Any) -> Any:
    return rendered(written(NAME, said), **more).values


def test_the_host_owns_driver_and_toolkit_or_says_who_has_the_toolkit() -> None:
    assert values(HOST) == HOST
    with pytest.raises(BundleError, match=r"toolkit\.enabled is not stated") as refused:
        values({"driver": {"enabled": False}})
    assert "toolkit.enabled: false" in str(refused.value.hint)


def test_the_root_of_the_host_is_no_place_for_the_driver() -> None:
    with pytest.raises(BundleError, match="driverInstallDir is the root"):
        values({**HOST, "hostPaths": {"driverInstallDir": "/"}})


def test_gke_has_one_place_for_driver_and_toolkit() -> None:
    place = "/home/kubernetes/bin/nvidia"
    said = {
        "driver": {"enabled": False},
        "toolkit": {"enabled": True, "installDir": place},
        "hostPaths": {"driverInstallDir": place},
    }
    assert values(said, criteria={"service": "gke"}) == said
    apart = {**said, "toolkit": {"enabled": True}}
    with pytest.raises(BundleError, match=r"toolkit\.installDir is None"):
        values(apart, criteria={"service": "gke"})


@pytest.mark.parametrize(
    ("toolkit", "runtime", "fits"),
    [
        (False, "nvidia-container-runtime", True),
        (False, "nvidia", False),
        (True, "nvidia", True),
        (True, "nvidia-container-runtime", False),
    ],
)
def test_aks_calls_the_runtime_as_the_toolkits_owner_does(
    toolkit: bool, runtime: str, fits: bool
) -> None:
    said = {
        "driver": {"enabled": toolkit},
        "toolkit": {"enabled": toolkit},
        "operator": {"runtimeClass": runtime},
    }
    if fits:
        assert values(said, criteria={"service": "aks"}) == said
        return
    with pytest.raises(BundleError, match=r"operator\.runtimeClass is"):
        values(said, criteria={"service": "aks"})


def test_a_driver_that_waits_for_a_network_driver_is_named() -> None:
    rdma: dict[str, Any] = {"driver": {"rdma": {"enabled": True}}}
    notes = rendered(written(NAME, rdma)).notes
    assert [each.path for each in notes] == ["driver.rdma"]
    assert not rendered(written(NAME, rdma), written("network-operator")).notes
    rdma["driver"]["rdma"]["useHostMofed"] = True
    assert not rendered(written(NAME, rdma)).notes


def test_what_only_the_driver_pod_reads_is_named_where_there_is_none() -> None:
    said = {"driver": {"enabled": False, "version": "580.173.02"}, "toolkit": {"enabled": True}}
    there = rendered(written(NAME, said))
    assert [each.path for each in there.notes if each.is_unused] == ["driver.version"]
    owned = rendered(written(NAME, {"driver": {"version": "580.173.02"}}))
    assert not [each for each in owned.notes if each.is_unused]


def test_hardening_of_a_toolkit_that_the_host_owns_is_named() -> None:
    said = {**HOST, "toolkit": {"enabled": False, "env": [{"name": "A", "value": "false"}]}}
    notes = rendered(written(NAME, said)).notes
    assert [each.path for each in notes if "its image must say the same" in each.text] == [
        "toolkit.env"
    ]


def test_module_options_come_before_the_chart() -> None:
    there = rendered(written(NAME, NAMED, {"nvidia-kernel-module-params": OPTIONS}))
    (options,) = there.resources
    assert options.when is When.BEFORE
    assert options.value["data"] == OPTIONS["data"]


@pytest.mark.parametrize(
    "resources",
    [
        {},
        {"nvidia-kernel-module-params": {**OPTIONS, "apply": "after"}},
        {"nvidia-kernel-module-params": {**OPTIONS, "metadata": {"name": "another"}}},
        {"nvidia-kernel-module-params": {**OPTIONS, "kind": "Secret"}},
    ],
)
def test_module_options_that_are_not_there_in_time_are_refused(resources: dict[str, Any]) -> None:
    with pytest.raises(BundleError, match="no resource of the recipe makes before the chart"):
        rendered(written(NAME, NAMED, resources))


def test_one_node_feature_discovery() -> None:
    assert rendered(written(NAME, {}), NFD).values == {"nfd": {"enabled": False}}
    assert rendered(written(NAME, {})).values == {}
    with pytest.raises(BundleError, match=r"nfd\.enabled is true"):
        rendered(written(NAME, {"nfd": {"enabled": True}}), NFD)


def test_a_cluster_policy_and_a_gpu_cluster_exclude_each_other() -> None:
    with pytest.raises(BundleError, match="exclude each other"):
        values({"gpuCluster": {"deployCR": True}})
    assert values({"gpuCluster": {"deployCR": True}, "clusterPolicy": {"deployCR": False}})


def test_an_empty_environment_of_the_validator_is_refused() -> None:
    with pytest.raises(BundleError, match=r"validator\.plugin\.env is empty"):
        values({"validator": {"plugin": {"env": []}}})


def test_gke_admits_its_pods_by_a_quota_before_the_chart() -> None:
    (quota,) = rendered(written(NAME, {}), criteria={"service": "gke"}).resources
    assert (quota.when, quota.value["kind"]) == (When.BEFORE, "ResourceQuota")
    assert quota.value["metadata"] == {"name": "gcp-critical-pods", "namespace": "gpu-operator"}
    assert rendered(written(NAME, {}), criteria={"service": "eks"}).resources == ()
    given = rendered(written(NAME, {}), written("gke-critical-pods"), criteria={"service": "gke"})
    assert given.resources == ()


def test_its_namespace_lets_privileged_pods_in() -> None:
    labels = rendered(written(NAME, {})).namespace_labels
    assert labels == {"pod-security.kubernetes.io/enforce": "privileged"}


def test_shared_inputs_are_where_the_chart_looks() -> None:
    shared = SharedInputs(
        system_selector={"role": "system"},
        accelerated_tolerations=({"key": "nvidia.com/gpu", "operator": "Exists"},),
        registry_mirror="registry.example.com/mirror",
        pull_secrets=("ngc",),
        monitoring_labels={"release": "site"},
        runtime_class="nvidia",
    )
    there = rendered(written(NAME, {}), shared=shared)
    said: Any = there.values
    assert said["operator"]["nodeSelector"] == {"role": "system"}
    assert said["operator"]["runtimeClass"] == "nvidia"
    assert said["daemonsets"]["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists"}]
    assert said["driver"]["imagePullSecrets"] == ["ngc"]
    assert said["driver"]["repository"] == "registry.example.com/mirror"
    assert said["dcgmExporter"]["serviceMonitor"]["additionalLabels"] == {"release": "site"}
    assert there.provenance["operator.runtimeClass"].startswith("shared input")
