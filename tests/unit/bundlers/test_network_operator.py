"""The Network Operator: one policy, whole images, networks whose parts are there."""

import json
from copy import deepcopy
from typing import Any

import pytest

from eidos.engine.errors import BundleError
from eidos.engine.model.bundle import Rendered, SharedInputs, When
from fakes.bundling import rendered, written

NAME = "network-operator"
NFD = written("node-feature-discovery")
PLUGIN = {
    "image": "k8s-rdma-shared-dev-plugin",
    "repository": "nvcr.io/nvidia/mellanox",
    "version": "network-operator-v26.4.1",
    "config": json.dumps({"configList": [{"resourceName": "ib", "rdmaHcaMax": 64}]}),
}
IPAM = {"image": "nvidia-k8s-ipam", "repository": "ghcr.io/mellanox", "version": "v0.2.0"}


def policy(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "mellanox.com/v1alpha1", "kind": "NicClusterPolicy", "spec": spec}


def sriov(kind: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "sriovnetwork.openshift.io/v1", "kind": kind, "spec": spec}


VIRTUAL = {"sriovNetworkOperator": {"enabled": True}}
NETWORKS = {
    "nics": policy(nvIpam=IPAM),
    "shape": sriov("SriovNetworkNodePolicy", resourceName="rdma-vf"),
    "network": sriov(
        "SriovNetwork",
        resourceName="rdma-vf",
        ipam=json.dumps({"type": "nv-ipam", "poolName": "pool"}),
    ),
    "pool": {"apiVersion": "nv-ipam.nvidia.com/v1alpha1", "kind": "IPPool", "spec": {}},
}


def render(resources: dict[str, Any], values: Any = None, **more: Any) -> Rendered:
    return rendered(written(NAME, values or {}, resources), **more)


def test_the_policy_is_applied_after_the_chart_under_the_only_name_it_can_have() -> None:
    there = render({"our-nics": policy(rdmaSharedDevicePlugin=PLUGIN)})
    (nics,) = there.resources
    assert nics.when is When.AFTER
    assert nics.value["metadata"] == {"name": "nic-cluster-policy"}
    assert there.provenance["resources/our-nics.metadata.name"].startswith("bundler:")
    annotations = str(nics.value["metadata"])
    assert "helm.sh/hook" not in annotations


def test_shared_inputs_reach_every_image_of_the_policy() -> None:
    shared = SharedInputs(
        accelerated_tolerations=({"key": "nvidia.com/gpu", "operator": "Exists"},),
        registry_mirror="registry.example.com/mirror",
        pull_secrets=("ngc",),
    )
    parts = {"multus": {**IPAM, "image": "multus-cni"}}
    nics = policy(nvIpam=IPAM, secondaryNetwork=parts, tolerations=[{"key": "own"}])
    (there,) = render({"nics": nics}, shared=shared).resources
    spec: Any = there.value["spec"]
    for part in (spec["nvIpam"], spec["secondaryNetwork"]["multus"]):
        assert part["repository"] == "registry.example.com/mirror"
        assert part["imagePullSecrets"] == ["ngc"]
    assert spec["tolerations"] == [
        {"key": "own"},
        {"key": "nvidia.com/gpu", "operator": "Exists"},
    ]


def test_mellanox_adapters_are_no_efa() -> None:
    with pytest.raises(BundleError, match="the fabric is EFA"):
        render({"nics": policy()}, criteria={"fabric": "efa"})


def test_two_policies_are_refused() -> None:
    with pytest.raises(BundleError, match="one of two"):
        render({"one": policy(), "two": policy()})


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"image": "a", "version": "1"}, "repository is not stated"),
        ({"image": "a", "repository": "b"}, "version is not stated"),
        ({"image": "a", "repository": "b", "version": "latest"}, "moves"),
        ({"image": "a", "repository": "b", "version": "stable"}, "moves"),
    ],
)
def test_images_that_are_not_pinned_are_refused(part: dict[str, Any], message: str) -> None:
    with pytest.raises(BundleError, match=message):
        render({"nics": policy(nvIpam=part)})
    with pytest.raises(BundleError, match=message):
        render({"nics": policy(secondaryNetwork={"multus": part})})


@pytest.mark.parametrize(
    "config", ["", "{", "[]", "{}", '{"configList": []}', '{"configList": [{"rdmaHcaMax": 1}]}']
)
def test_plugins_that_advertise_nothing_are_refused(config: str) -> None:
    with pytest.raises(BundleError, match=r"rdmaSharedDevicePlugin\.config"):
        render({"nics": policy(rdmaSharedDevicePlugin={**PLUGIN, "config": config})})


def test_one_node_feature_discovery_and_one_rule_for_the_adapters() -> None:
    there = rendered(written(NAME, {}), NFD)
    assert there.values == {"nfd": {"enabled": False}}
    assert "nothing but the operator" in there.notes[0].text
    with pytest.raises(BundleError, match="two instances"):
        rendered(written(NAME, {"nfd": {"enabled": True}}), NFD)
    unlabelled = {"nfd": {"deployNodeFeatureRules": False}}
    with pytest.raises(BundleError, match="no NodeFeatureRule"):
        render({}, unlabelled)
    rule = {
        "apiVersion": "nfd.k8s-sigs.io/v1alpha1",
        "kind": "NodeFeatureRule",
        "apply": "before",
        "spec": {"rules": [{"labels": {"feature.node.kubernetes.io/pci-15b3.present": "true"}}]},
    }
    (there_rule,) = render({"adapters": rule}, unlabelled).resources
    assert there_rule.when is When.BEFORE


@pytest.mark.parametrize("in_a_container", [True, False])
@pytest.mark.parametrize("of_the_host", [True, False])
def test_the_gpu_driver_takes_the_network_driver_that_is_there(
    in_a_container: bool, of_the_host: bool
) -> None:
    rdma = {"driver": {"rdma": {"enabled": True, "useHostMofed": of_the_host}}}
    driver = {"image": "doca-driver", "repository": "nvcr.io/nvidia/mellanox", "version": "1"}
    nics = written(NAME, {}, {"nics": policy(**({"ofedDriver": driver} if in_a_container else {}))})
    gpu = written("gpu-operator", rdma)
    if in_a_container is not of_the_host:
        assert rendered(nics, gpu).resources
        return
    with pytest.raises(BundleError, match=r"ofedDriver is (not )?there"):
        rendered(nics, gpu)
    without = written("gpu-operator", {**rdma, "driver": {**rdma["driver"], "enabled": False}})
    assert rendered(nics, without).resources


def test_virtual_functions_with_everything_they_need() -> None:
    there = render(NETWORKS, VIRTUAL)
    assert [each.name for each in there.resources] == ["network", "nics", "pool", "shape"]
    namespaces = {each.name: each.value["metadata"] for each in there.resources}
    assert namespaces["pool"] == {"name": "pool", "namespace": "nvidia-network-operator"}


@pytest.mark.parametrize(
    ("gone", "message"),
    [
        ("shape", "no SriovNetworkNodePolicy"),
        ("pool", "asks for the pool pool"),
        ("nics", "no nvIpam that serves it"),
    ],
)
def test_virtual_functions_without_a_part_are_refused(gone: str, message: str) -> None:
    resources = {name: each for name, each in deepcopy(NETWORKS).items() if name != gone}
    with pytest.raises(BundleError, match=message):
        render(resources, VIRTUAL)


def test_kinds_of_an_operator_that_is_off_are_refused() -> None:
    with pytest.raises(BundleError, match=r"sriovNetworkOperator\.enabled: true"):
        render(NETWORKS)


def test_addresses_that_are_no_json_are_refused() -> None:
    resources = deepcopy(NETWORKS)
    resources["network"]["spec"]["ipam"] = "type: nv-ipam"
    with pytest.raises(BundleError, match="ipam is no JSON"):
        render(resources, VIRTUAL)
