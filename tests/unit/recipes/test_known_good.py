"""What is known to work, and what is known to break, holds in what the catalog resolves to."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.recipes.conftest import RECIPES, Answer, answer, at, catalog, refused

EKS = "eks h100 ubuntu training"
GRACE = "eks gb200 ubuntu training"
AMAZON = "eks h100 amazonlinux inference"
GKE = "gke h100 cos training"
AKS = "aks h100 ubuntu training infiniband"
OKE = "oke gb200 ol training"
METAL = "self-managed gb300 ubuntu training"
K0S = "k0s h200 ubuntu training"
LKE = "lke rtx-pro-6000 ubuntu inference"
EVERY = [EKS, GRACE, AMAZON, GKE, AKS, OKE, METAL, "oke l40s ol training roce"]
COS = "/home/kubernetes/bin/nvidia"
OPERATOR = "/run/nvidia/driver"

CASES = yaml.safe_load(Path(__file__).with_name("known_good.yaml").read_text())


def cases(table: str) -> pytest.MarkDecorator:
    """Run a test for each row of a table."""
    return pytest.mark.parametrize(
        "case", CASES[table], ids=[each["says"] for each in CASES[table]]
    )


def found(case: dict[str, Any]) -> Answer:
    """Resolve what a row asks for."""
    return answer(case["asked"], case.get("shape", ""))


@cases("values")
def test_value(case: dict[str, Any]) -> None:
    assert at(dict(found(case).values(case["component"])), case["path"]) == case["is"]


@cases("resources")
def test_resource(case: dict[str, Any]) -> None:
    assert at(dict(found(case).resources(case["component"])), case["path"]) == case["is"]


@cases("constraints")
def test_constraint(case: dict[str, Any]) -> None:
    assert (case["of"], case["fact"], case["is"]) in found(case).constraints()


@cases("gates")
def test_gates_are_those_that_somebody_measured(case: dict[str, Any]) -> None:
    assert found(case).checks() == set(case["are"].items())


def test_a_gate_says_for_which_shape_it_holds() -> None:
    gate = answer(EKS).merged.checks[0]
    assert "p5.48xlarge" in gate.reason.because


# Rules that hold everywhere ---------------------------------------------------------------------

SHAPES = [
    *((words, "") for words in (EKS, GRACE, AMAZON, METAL, K0S, LKE)),
    *((GKE, shape) for shape in ("gke-default", "driver-installer", "bundle-installer")),
    *((AKS, shape) for shape in ("azure-managed", "operator-managed")),
    *((OKE, shape) for shape in ("oci-managed", "operator-managed")),
    ("oke l40s ol training roce", "oci-managed"),
]
everywhere = pytest.mark.parametrize(("words", "shape"), SHAPES)


@everywhere
def test_driver_toolkit_and_roots_go_together(words: str, shape: str) -> None:
    operator = answer(words, shape).values("gpu-operator")
    installed = at(dict(operator), "hostPaths/driverInstallDir")
    root = answer(words, shape).values("nvidia-dra-driver-gpu")["nvidiaDriverRoot"]
    assert installed != "/"
    if at(dict(operator), "driver/enabled"):
        assert at(dict(operator), "toolkit/enabled") is True
        assert installed == root == OPERATOR
    else:
        assert root in {"/", COS}
    assumed = answer(words, shape).values("nvsentinel")["labeler"]["assumeDriverInstalled"]
    installs = at(dict(operator), "driver/enabled") or shape.endswith("-installer")
    assert assumed is not installs


@everywhere
def test_one_advertiser(words: str, shape: str) -> None:
    found = answer(words, shape)
    plugin = at(dict(found.values("gpu-operator")), "devicePlugin/enabled")
    assert plugin is (shape != "gke-default")
    dra = found.values("nvidia-dra-driver-gpu")
    assert dra["gpuResourcesEnabledOverride"] is False
    assert dra["resources"] == {"gpus": {"enabled": False}, "computeDomains": {"enabled": True}}


@everywhere
def test_what_every_operator_has(words: str, shape: str) -> None:
    found = answer(words, shape)
    operator: Any = found.values("gpu-operator")
    assert operator["driver"]["version"] == "580.173.02"
    assert operator["nfd"] == {"enabled": False}
    assert operator["dcgm"] == {"enabled": True}
    assert operator["dcgmExporter"]["serviceMonitor"]["interval"] == "30s"
    assert operator["dcgmExporter"]["config"]["create"] is True
    assert operator["dcgmExporter"]["config"]["data"].count("\nDCGM_") > 40
    assert operator["validator"]["plugin"]["env"] == [{"name": "WITH_WORKLOAD", "value": "false"}]
    assert operator["ccManager"] == operator["kataSandboxDevicePlugin"] == {"enabled": False}
    assert operator["operator"]["resources"]["limits"]["memory"] == "700Mi"
    assert operator["operator"]["resources"]["requests"]["memory"] == "300Mi"
    assert {"maxParallelUpgrades", "useOpenKernelModules"}.isdisjoint(operator["driver"])


@everywhere
def test_lists_restate_what_they_replace(words: str, shape: str) -> None:
    operator: Any = answer(words, shape).values("gpu-operator")
    plugin = {each["name"]: each["value"] for each in operator["devicePlugin"]["env"]}
    toolkit = {each["name"]: each["value"] for each in operator["toolkit"]["env"]}
    assert plugin["DEVICE_LIST_STRATEGY"] == "cdi-cri,cdi-annotations,volume-mounts"
    assert toolkit["ACCEPT_NVIDIA_VISIBLE_DEVICES_ENVVAR_WHEN_UNPRIVILEGED"] == "false"
    assert toolkit["ACCEPT_NVIDIA_VISIBLE_DEVICES_AS_VOLUME_MOUNTS"] == "true"
    assert plugin.get("MOFED_ENABLED") == ("false" if words == METAL else None)
    from_file = words.startswith(("gke", "aks"))
    assert toolkit.get("RUNTIME_CONFIG_SOURCE") == ("file" if from_file else None)


@everywhere
def test_one_discovery_serves_everybody(words: str, shape: str) -> None:
    found = answer(words, shape)
    assert found.values("node-feature-discovery")["topologyUpdater"]["enable"] is True
    if "network-operator" in found.waves():
        network: Any = found.values("network-operator")
        assert network["nfd"]["enabled"] is False
        rules = [each["kind"] for each in found.resources("network-operator").values()]
        assert network["nfd"]["deployNodeFeatureRules"] is ("NodeFeatureRule" not in rules)


@everywhere
def test_monitoring_comes_before_whoever_is_monitored(words: str, shape: str) -> None:
    found = answer(words, shape)
    waves = found.waves()
    assert found.values("kube-prometheus-stack")["crds"] == {"enabled": False}
    for name in ("gpu-operator", "nvsentinel", "k8s-ephemeral-storage-metrics"):
        needed = {each.component for each in catalog().components[name].dependencies}
        assert "prometheus-operator-crds" in needed
        assert waves["prometheus-operator-crds"] < waves[name]


@pytest.mark.parametrize("words", [words for words in EVERY if words != METAL])
def test_managed_clusters_keep_metrics_and_have_no_control_plane(words: str) -> None:
    storage: Any = answer(words).values("kube-prometheus-stack")["prometheus"]
    said = storage["prometheusSpec"]["storageSpec"]
    claim = said["volumeClaimTemplate"]["spec"]
    assert said["emptyDir"] is None
    assert claim["resources"] == {"requests": {"storage": "50Gi"}}
    assert "storageClassName" not in claim
    controller: Any = answer(words).values("nvidia-dra-driver-gpu")["controller"]
    assert controller["affinity"] == {"nodeAffinity": None}
    shared = catalog().components["kube-prometheus-stack"].shared_inputs["storageClass"]
    assert [path.rpartition(".")[2] for path in shared] == ["storageClassName"]


@everywhere
def test_the_dra_driver_keeps_its_name_and_starts_anew(words: str, shape: str) -> None:
    dra: Any = answer(words, shape).values("nvidia-dra-driver-gpu")
    assert dra["nameOverride"] == dra["fullnameOverride"] == "nvidia-dra-driver-gpu"
    assert dra["controller"]["priorityClassName"] == dra["kubeletPlugin"]["priorityClassName"] == ""
    chart = catalog().components["gpu-operator"].chart
    assert chart
    assert dra["kubeletPlugin"]["podAnnotations"] == {"eidos.dev/gpu-operator-chart": chart.version}


@everywhere
def test_tuning_comes_before_the_driver(words: str, shape: str) -> None:
    waves = answer(words, shape).waves()
    if "nodewright-customizations" in waves:
        assert waves["nodewright-operator"] < waves["nodewright-customizations"]
        assert waves["nodewright-customizations"] < waves["gpu-operator"]


@everywhere
def test_resources_come_when_they_can(words: str, shape: str) -> None:
    """What a chart reads while it is installed comes first, what it defines comes after it."""
    for component in answer(words, shape).merged.components:
        for resource in component.resources.values():
            said: Any = resource
            if said["kind"] in {"NicClusterPolicy", "NodeWright", "SriovNetworkNodePolicy"}:
                assert said["apply"] == "after"
            if said["kind"] == "ConfigMap" and component.name == "gpu-operator":
                assert said["apply"] == "before"
            assert "helm.sh/hook" not in json.dumps(said)


@everywhere
def test_who_reboots_nodes_tolerates_by_key_and_is_kept_from_taking_all(
    words: str, shape: str
) -> None:
    found = answer(words, shape)
    if "nodewright-customizations" not in found.waves():
        return
    spec: Any = found.resources("nodewright-customizations")["tuning"]["spec"]
    assert all("key" in each for each in spec["additionalTolerations"])
    interrupts = [
        each["interrupt"]["type"] for each in spec["packages"].values() if "interrupt" in each
    ]
    budget = {"count": 1} if "reboot" in interrupts else None
    assert spec.get("interruptionBudget") == budget
    # Only GPU Feature Discovery writes this one, and it comes after the tuning.
    assert "nvidia.com/gpu.present" not in json.dumps(spec.get("nodeSelectors", {}))


@everywhere
def test_packages_of_the_resource_are_those_of_the_tuning(words: str, shape: str) -> None:
    merged = answer(words, shape).merged
    tuned = {each.key: each.said for each in merged.tuning if each.area == "packages"}
    packages: dict[str, Any] = {}
    for component in merged.components:
        for resource in component.resources.values():
            if isinstance(resource, dict) and resource["kind"] == "NodeWright":
                packages |= at(resource, "spec/packages")
    assert tuned.keys() == packages.keys()
    for name, package in packages.items():
        assert tuned[name]["version"] == package["version"]
        assert tuned[name]["image"] == package["image"]
        assert tuned[name].get("digest") == package.get("containerSHA")


def test_no_catalog_file_makes_compute_domains_without_a_number_of_nodes() -> None:
    """Jobs make them; one of ours would need numNodes: 0, since one of two definitions asks."""
    texts = "".join(path.read_text() for path in RECIPES.rglob("*.yaml"))
    assert not re.search(r"kind: ComputeDomain\b", texts)


# Fabrics ----------------------------------------------------------------------------------------


def test_gb300_on_eks_is_not_guessed_the_fabric_of() -> None:
    refusal = refused("eks gb300 ubuntu training")
    assert refusal.hint == "Give --criterion fabric=efa|roce."


def test_gb300_with_efa_has_its_plugin() -> None:
    waves = answer("eks gb300 ubuntu training efa").waves()
    assert "aws-efa" in waves
    assert "aws-net-dra" not in waves


def test_gb300_with_roce_has_the_dra_driver_and_its_class() -> None:
    found = answer("eks gb300 ubuntu training roce")
    assert "aws-efa" not in found.waves()
    classes = found.resources("aws-net-dra")
    assert at(dict(classes), "roce.networking.k8s.aws/kind") == "DeviceClass"


def test_aks_is_not_guessed_the_fabric_of() -> None:
    assert refused("aks h100 ubuntu training").hint == "Give --criterion fabric=infiniband|none."


def test_aks_without_infiniband_has_no_network_operator() -> None:
    waves = answer("aks h100 ubuntu training none").waves()
    assert "network-operator" not in waves
    assert "nodewright-customizations" not in waves


def test_b200_on_gke_takes_nothing_of_tcpxo() -> None:
    assert answer("gke b200 cos training tcpxo").checks() == set()


def test_shared_adapters_say_name_vendor_and_number() -> None:
    """A job must ask for the very name that a policy gives."""
    expected = {
        AKS: ("hca_shared_devices_a", 1000, {"vendors": ["15b3"], "drivers": ["mlx5_core"]}),
        OKE: (
            "mlnxnics",
            63,
            {"linkTypes": ["infiniband"], "ifNames": ["rdma0", "rdma1", "rdma2", "rdma3"]},
        ),
        METAL: (
            "ib",
            64,
            {"linkTypes": ["infiniband"], "vendors": ["15b3"], "deviceIDs": ["1021", "1023"]},
        ),
    }
    for words, (name, most, selectors) in expected.items():
        config = at(
            dict(answer(words).resources("network-operator")),
            "nic-cluster-policy/spec/rdmaSharedDevicePlugin/config",
        )
        (plugin,) = json.loads(str(config))["configList"]
        assert (plugin["resourceName"], plugin["rdmaHcaMax"]) == (name, most)
        assert plugin["selectors"] == selectors


def test_virtual_functions_of_l40s() -> None:
    config = at(
        dict(answer("oke l40s ol training roce").resources("network-operator")),
        "nic-cluster-policy/spec/sriovDevicePlugin/config",
    )
    (pool,) = json.loads(str(config))["resourceList"]
    assert f"{pool['resourcePrefix']}/{pool['resourceName']}" == "nvidia.com/mlnxnics"
    assert pool["selectors"] == {"isRdma": True, "vendors": ["15b3"], "devices": ["101a", "101e"]}


@pytest.mark.parametrize(
    ("words", "functions"),
    [
        (
            "oke a100 ubuntu training roce",
            {"BM.GPU4.8": 16, "BM.GPU.A100-v2.8": 16, "BM.GPU.B4.8": 16},
        ),
        ("oke h100 ubuntu training roce", {"BM.GPU.H100.8": 16}),
        ("oke b300 ubuntu training roce", {"BM.GPU.B300.8": 16}),
        ("oke b200 ubuntu training roce", {"BM.GPU.B200.8": 8}),
        ("oke h200 ubuntu training roce", {"BM.GPU.H200.8": 8}),
    ],
)
def test_cluster_network_of_oracle(words: str, functions: dict[str, int]) -> None:
    resources: Any = answer(words).resources("network-operator")
    found = {}
    for resource in resources.values():
        if resource["kind"] != "SriovNetworkNodePolicy":
            continue
        spec = resource["spec"]
        (shape,) = spec["nodeSelector"].values()
        found[shape] = len(spec["nicSelector"]["rootDevices"])
        assert len(set(spec["nicSelector"]["rootDevices"])) == found[shape]
        assert (spec["mtu"], spec["numVfs"], spec["priority"]) == (4220, 1, 90)
        assert (spec["externallyManaged"], spec["isRdma"]) == (True, True)
        assert (spec["resourceName"], spec["nicSelector"]["vendor"]) == ("rdma-vf", "15b3")
    assert found == functions
    network = resources["rdma-vf"]["spec"]
    chain = json.loads(f"[{network['metaPlugins']}]")
    assert [plugin["type"] for plugin in chain] == ["tuning", "rdma", "sbr"]
    assert {key.rpartition(".")[2]: value for key, value in chain[0]["sysctl"].items()} == {
        "arp_announce": "2",
        "arp_filter": "1",
        "arp_ignore": "1",
        "rp_filter": "0",
        "accept_local": "1",
    }
    assert network["spoofChk"] == "off"
    assert json.loads(network["ipam"]) == {"type": "nv-ipam", "poolName": "sriov-pool"}
    assert resources["sriov-pool"]["kind"] == "IPPool"


def test_a100_on_oke_is_not_tuned() -> None:
    assert answer("oke a100 ol training").merged.tuning == ()


def test_every_service_that_a_monitor_is_made_for_keeps_it() -> None:
    """The GPU Operator deletes monitors of this name."""
    texts = "".join(path.read_text() for path in RECIPES.rglob("*.yaml"))
    assert "nvidia-dcgm-exporter" not in texts


# Vocabulary -------------------------------------------------------------------------------------


def test_page_size_is_said_where_pools_are_sized_for_it() -> None:
    assert catalog().tuning["gb300-bare-metal"].page_sizes == ("64k",)


@pytest.mark.parametrize(
    ("dimension", "values"),
    [
        ("service", {"self-managed", "bcm", "lke", "k0s", "rke2", "ocp", "togetherai"}),
        ("accelerator", {"h200", "b200", "gb300", "vr200", "l40", "l40s", "rtx-pro-6000"}),
        ("os", {"ol", "talos", "sles"}),
        ("platform", {"nim", "slurm", "kueue"}),
    ],
)
def test_upstream_words_are_known(dimension: str, values: set[str]) -> None:
    assert values <= set(catalog().criteria[dimension].values)


def test_upstream_calls_bare_metal_generic() -> None:
    assert catalog().criteria["service"].aliases["generic"] == "self-managed"
