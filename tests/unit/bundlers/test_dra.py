"""The DRA driver looks where the driver is, and advertises nothing twice."""

from typing import Any

import pytest

from eidos.engine.errors import BundleError
from fakes.bundling import rendered, written

NAME = "nvidia-dra-driver-gpu"
NO_GPUS: dict[str, Any] = {"resources": {"gpus": {"enabled": False}}}
ANNOTATION = {"eidos.dev/gpu-operator-chart": "v26.7.0"}


def operator(**values: Any) -> Any:
    return written("gpu-operator", values)


@pytest.mark.parametrize(
    ("root", "values"),
    [
        (None, {}),
        ("/run/nvidia/driver", {"driver": {"enabled": True}}),
        ("/opt/driver", {"hostPaths": {"driverInstallDir": "/opt/driver"}}),
        ("/", {"driver": {"enabled": False}}),
        ("/home/kubernetes/bin/nvidia", {"driver": {"enabled": False}}),
    ],
)
def test_it_looks_where_the_driver_is(root: str | None, values: dict[str, Any]) -> None:
    said = NO_GPUS if root is None else {**NO_GPUS, "nvidiaDriverRoot": root}
    there: Any = rendered(written(NAME, said), operator(**values)).values
    assert there["nvidiaDriverRoot"] == (root or "/run/nvidia/driver")


@pytest.mark.parametrize(
    ("root", "values", "message"),
    [
        ("/", {}, "the driver is in /run/nvidia/driver"),
        ("/run/nvidia/driver", {"hostPaths": {"driverInstallDir": "/x"}}, "in /x"),
        (None, {"driver": {"enabled": False}}, "is not stated"),
        (
            "/",
            {"driver": {"enabled": False}, "hostPaths": {"driverInstallDir": "/home/nvidia"}},
            "in /home/nvidia",
        ),
    ],
)
def test_it_does_not_look_elsewhere(root: str | None, values: dict[str, Any], message: str) -> None:
    said = NO_GPUS if root is None else {**NO_GPUS, "nvidiaDriverRoot": root}
    with pytest.raises(BundleError, match=message):
        rendered(written(NAME, said), operator(**values))


def test_whole_gpus_are_advertised_once() -> None:
    with pytest.raises(BundleError, match="advertises the same GPUs"):
        rendered(written(NAME, {}), operator())
    alone = operator(devicePlugin={"enabled": False})
    assert rendered(written(NAME, {}), alone).values


def test_its_pods_follow_the_chart_of_the_operator() -> None:
    stale = {**NO_GPUS, "kubeletPlugin": {"podAnnotations": {"eidos.dev/gpu-operator-chart": "v1"}}}
    there: Any = rendered(written(NAME, stale), operator()).values
    assert there["kubeletPlugin"]["podAnnotations"] == ANNOTATION


@pytest.mark.parametrize(("version", "said"), [("v26.7.0", True), ("v26.7.1", False)])
def test_two_copies_of_a_definition_that_disagree_are_named(version: str, said: bool) -> None:
    there = rendered(written(NAME, NO_GPUS), written("gpu-operator", {}, version=version))
    assert bool([each for each in there.notes if "numNodes" in each.text]) is said


def test_compute_domains_state_their_number_of_nodes() -> None:
    domain = {"apiVersion": "resource.nvidia.com/v1beta1", "kind": "ComputeDomain", "spec": {}}
    own = {**domain, "spec": {"numNodes": 4}}
    there = rendered(written(NAME, NO_GPUS, {"one": domain, "two": own})).resources
    assert [each.value["spec"] for each in there] == [{"numNodes": 0}, {"numNodes": 4}]
