"""Bundlers that add or refuse little: one law or two of each."""

from dataclasses import replace
from typing import Any

import pytest

from eidos.engine.errors import BundleError
from eidos.engine.model.bundle import SharedInputs
from fakes.bundling import bundler_of, rendered, written

DCGM = {"dcgm": {"enabled": True}}
HOST = {**DCGM, "driver": {"enabled": False}, "toolkit": {"enabled": False}}


# cert-manager -----------------------------------------------------------------------------------


def test_cert_manager_brings_its_definitions_by_one_switch() -> None:
    assert rendered(written("cert-manager", {})).values == {"crds": {"enabled": True}}
    for said in ({"installCRDs": True}, {"crds": {"enabled": False}}):
        assert rendered(written("cert-manager", said)).values == said
    with pytest.raises(BundleError, match="older name"):
        rendered(written("cert-manager", {"installCRDs": True, "crds": {"enabled": True}}))


# Node Feature Discovery -------------------------------------------------------------------------


def test_labels_have_the_form_that_operators_look_for() -> None:
    there: Any = rendered(written("node-feature-discovery", {}), written("gpu-operator"))
    pci = there.values["worker"]["config"]["sources"]["pci"]
    assert pci["deviceLabelFields"] == ["vendor"]
    assert {"0302", "02"} <= set(pci["deviceClassWhitelist"])
    assert rendered(written("node-feature-discovery", {})).values == {}


def test_workers_label_nodes_that_are_still_to_be_tuned() -> None:
    shared = SharedInputs(system_tolerations=({"key": "system", "operator": "Exists"},))
    there = rendered(
        written("node-feature-discovery", {}), written("nodewright-customizations"), shared=shared
    )
    values: Any = there.values
    keys = [each["key"] for each in values["worker"]["tolerations"]]
    assert keys == ["system", "nodewright.nvidia.com", "skyhook.nvidia.com"]
    assert "shared input" in there.provenance["worker.tolerations"]


# NVSentinel -------------------------------------------------------------------------------------


def test_health_is_read_from_the_operators_dcgm() -> None:
    with pytest.raises(BundleError, match=r"dcgm\.enabled is not true"):
        rendered(written("nvsentinel"), written("gpu-operator"))
    assert rendered(written("nvsentinel"), written("gpu-operator", DCGM)).values == {}


@pytest.mark.parametrize(("service", "assumed"), [("aks", True), ("gke", None)])
def test_a_driver_of_the_host_is_assumed(service: str, assumed: bool | None) -> None:
    host = written("gpu-operator", HOST)
    there: Any = rendered(written("nvsentinel"), host, criteria={"service": service}).values
    assert there.get("labeler", {}).get("assumeDriverInstalled") == assumed


def test_a_driver_of_the_operator_is_not_assumed() -> None:
    with pytest.raises(BundleError, match="the GPU Operator owns the driver"):
        rendered(
            written("nvsentinel", {"labeler": {"assumeDriverInstalled": True}}),
            written("gpu-operator", DCGM),
        )


def test_the_runtime_class_is_the_operators() -> None:
    operator = written("gpu-operator", {**DCGM, "operator": {"runtimeClass": "nv"}})
    there: Any = rendered(written("nvsentinel"), operator).values
    assert there["metadata-collector"]["runtimeClassName"] == "nv"
    with pytest.raises(BundleError, match="the runtime class of gpu-operator is nv"):
        rendered(
            written("nvsentinel", {"metadata-collector": {"runtimeClassName": "other"}}), operator
        )


def test_what_acts_on_nodes_is_named() -> None:
    acting = written("nvsentinel", {"global": {"nodeDrainer": {"enabled": True}}})
    assert "nodeDrainer" in rendered(acting).notes[0].text


# NIM Operator -----------------------------------------------------------------------------------


def test_the_image_of_the_nim_operator_is_its_release() -> None:
    there: Any = rendered(written("k8s-nim-operator")).values
    assert there["operator"]["image"] == {"tag": "v3.1.2", "pullPolicy": "IfNotPresent"}
    own = {"operator": {"image": {"tag": "v9"}}}
    assert rendered(written("k8s-nim-operator", own)).values["operator"] == {
        "image": {"tag": "v9", "pullPolicy": "IfNotPresent"}
    }


def test_a_webhook_needs_a_certificate() -> None:
    on = {"operator": {"admissionController": {"enabled": True}}}
    with pytest.raises(BundleError, match="no cert-manager"):
        rendered(written("k8s-nim-operator", on))
    assert rendered(written("k8s-nim-operator", on), written("cert-manager"))
    on["operator"]["admissionController"]["tls"] = {"mode": "secret"}  # type: ignore[assignment]
    assert rendered(written("k8s-nim-operator", on))


# Nsight Operator --------------------------------------------------------------------------------


def test_one_of_two_sets_the_sysctl_of_profilers() -> None:
    tuning = {"sysctls": [{"key": "kernel.perf_event_paranoid", "value": 2}]}
    with pytest.raises(BundleError, match="so does the recipe's tuning"):
        rendered(written("nsight-operator"), tuning=tuning)
    assert rendered(written("nsight-operator", {"machineConfig": None}), tuning=tuning)
    assert rendered(written("nsight-operator"))


def test_who_holds_the_profiling_counters_is_named() -> None:
    config = {"dcgmExporter": {"config": {"data": "DCGM_FI_PROF_SM_ACTIVE, gauge, x."}}}
    there = rendered(written("nsight-operator"), written("gpu-operator", config))
    assert "profiling counters" in there.notes[0].text


# KServe -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", bundler_of("kserve-crd").components)
def test_kserve_is_applied_by_the_server_in_its_own_namespace(name: str) -> None:
    assert rendered(written(name)).server_side
    with pytest.raises(BundleError, match="the webhooks work in kserve only"):
        rendered(replace(written(name), namespace="models"))


def test_kserve_does_without_knative() -> None:
    there: Any = rendered(written("kserve-resources")).values
    assert there["kserve"]["controller"]["deploymentMode"] == "Standard"
    for mode in ("Knative", "Serverless"):
        said = {"kserve": {"controller": {"deploymentMode": mode}}}
        with pytest.raises(BundleError, match="needs Knative"):
            rendered(written("kserve-resources", said))
