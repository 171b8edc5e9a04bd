"""Storage: one default class, and no disk that somebody else needs."""

from typing import Any

import pytest

from eidos.engine.errors import BundleError
from fakes.bundling import rendered, written

DEFAULT = {"storageclass.kubernetes.io/is-default-class": "true"}
EBS = written("aws-ebs-csi-driver", {"defaultStorageClass": {"enabled": True}})
EFS = {"storageClasses": [{"name": "efs", "annotations": DEFAULT}]}
CEPH: dict[str, Any] = {
    "cephClusterSpec": {"storage": {"useAllDevices": False}},
    "cephBlockPools": [],
}


def storage_class(**said: Any) -> dict[str, Any]:
    head = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass"}
    return {**head, "provisioner": "rancher.io/local-path", **said}


def test_one_default_class() -> None:
    assert rendered(EBS).values == {"defaultStorageClass": {"enabled": True}}
    assert rendered(written("aws-efs-csi-driver", EFS)).values == EFS


@pytest.mark.parametrize(
    "other",
    [
        written("aws-efs-csi-driver", EFS),
        written(
            "aws-ebs-csi-driver", {"storageClasses": [{"name": "gp3", "annotations": DEFAULT}]}
        ),
        written(
            "local-path-provisioner",
            {},
            {"scratch": storage_class(metadata={"annotations": DEFAULT})},
        ),
        written(
            "topolvm",
            {"storageClasses": [{"name": "lvm", "storageClass": {"isDefaultClass": True}}]},
        ),
        written("rook-ceph-cluster", {"cephClusterSpec": CEPH["cephClusterSpec"]}),
        written(
            "rook-ceph-cluster",
            {**CEPH, "cephFileSystems": [{"name": "fs", "storageClass": {"isDefault": True}}]},
        ),
    ],
)
def test_a_second_default_class_is_refused(other: Any) -> None:
    beside = written("aws-fsx-csi-driver", EFS)
    with pytest.raises(BundleError, match="the default class beside"):
        rendered(other, beside)


def test_two_defaults_of_one_component_are_refused() -> None:
    values = {"defaultStorageClass": {"enabled": True}, **EFS}
    with pytest.raises(BundleError, match="the default class beside efs"):
        rendered(written("aws-ebs-csi-driver", values))


def test_disks_of_a_node_wait_for_the_pod() -> None:
    (there,) = rendered(
        written("local-path-provisioner", {}, {"scratch": storage_class()})
    ).resources
    assert there.value["volumeBindingMode"] == "WaitForFirstConsumer"
    assert there.value["metadata"] == {"name": "scratch"}
    eager = storage_class(volumeBindingMode="Immediate")
    with pytest.raises(BundleError, match="disks of one node"):
        rendered(written("local-path-provisioner", {}, {"scratch": eager}))


@pytest.mark.parametrize("storage", [{}, {"useAllDevices": True}])
def test_ceph_does_not_take_scratch_disks(storage: dict[str, Any]) -> None:
    with pytest.raises(BundleError, match="scratch disks"):
        rendered(written("rook-ceph-cluster", {"cephClusterSpec": {"storage": storage}}))
    assert rendered(written("rook-ceph-cluster", CEPH)).values == CEPH


def test_shared_file_systems_are_a_sites_own() -> None:
    assert "file systems" in rendered(written("aws-fsx-csi-driver")).notes[0].text
    assert not rendered(written("aws-efs-csi-driver", EFS)).notes


def test_kube_system_keeps_its_labels() -> None:
    assert rendered(EBS).namespace_labels == {}
    assert rendered(written("rook-ceph")).namespace_labels
