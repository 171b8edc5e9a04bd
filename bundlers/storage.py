"""Storage: block and shared volumes of a cloud, Ceph on own disks, and scratch on nodes.

Classes, quotas and scratch are what the recipe states: in the values of a chart (`storageClasses`,
`defaultStorageClass`), or as resources (StorageClass, ResourceQuota).

**Adds**

- The label of its namespace that lets privileged pods in; `kube-system` is left as it is.
- `volumeBindingMode: WaitForFirstConsumer` to classes of disks of a node where nothing is said: a
  volume made at once lands on a node that the pod may not reach.

**Refuses**

- a second default class in the recipe, of which Kubernetes takes either.
- classes of disks of a node that bind at once.
- Ceph with `useAllDevices: true`: on GPU nodes that takes the scratch disks.

**Rolling back**

`helm rollback` keeps volumes and claims. Classes cannot be changed in place: delete the class and
apply the older one, which no volume notices. Never delete rook-ceph while a cluster uses it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from eidos.bundlers._drafting import Draft, dict_of, value_at
from eidos.engine.model.bundle import Rendered, ToRender
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recipe import WrittenComponent

_DEFAULT = "storageclass.kubernetes.io/is-default-class"
"""Mark of the default class: https://kubernetes.io/docs/concepts/storage/storage-classes/."""
_LOCAL = ("local-path-provisioner", "topolvm")
"""Components whose volumes are disks of one node."""
_OF_A_SITE = ("aws-efs-csi-driver", "aws-fsx-csi-driver")
"""Drivers whose classes name a file system that somebody made."""
_SYSTEM = "kube-system"
_MODE = "volumeBindingMode"


class Storage:
    """Renders drivers of storage."""

    components: tuple[str, ...] = (
        "aws-ebs-csi-driver",
        "aws-efs-csi-driver",
        "aws-fsx-csi-driver",
        "local-path-provisioner",
        "rook-ceph",
        "rook-ceph-cluster",
        "topolvm",
    )

    def render(self, wanted: ToRender) -> Rendered:
        """Give values and resources; see `eidos.engine.ports.Bundler`.

        Raises:
            BundleError: there are two default classes, or disks would be taken; see above.
        """
        draft = Draft(wanted)
        if wanted.component.namespace != _SYSTEM:
            draft.privileged()
        if wanted.component.name in _LOCAL:
            _binding(draft)
        if wanted.component.name == "rook-ceph-cluster":
            _devices(draft)
        if wanted.component.name in _OF_A_SITE and not draft.get("storageClasses"):
            draft.note("makes no class: a site names its file systems in storageClasses")
        _one_default(draft)
        return draft.rendered()


def _binding(draft: Draft) -> None:
    for name, each in draft.of_kind("StorageClass"):
        path = ("resources", name, _MODE)
        if _MODE not in each:
            each[_MODE] = "WaitForFirstConsumer"
            draft.changed(path, "its volumes are disks of one node")
        if each[_MODE] == "Immediate":
            draft.refuse(
                path,
                "is Immediate, and the volumes are disks of one node",
                "Write WaitForFirstConsumer.",
            )


def _devices(draft: Draft) -> None:
    path = "cephClusterSpec.storage.useAllDevices"
    if draft.get(path, default=True) is True:
        draft.refuse(
            path,
            "takes every empty disk of every node, which on GPU nodes are the scratch disks",
            "State it false, and name nodes and devices.",
        )


def _one_default(draft: Draft) -> None:
    """Held against the whole recipe, since no component sees the classes of another."""
    mine = list(_defaults(draft.wanted.component))
    others = [
        f"{each.name}: {name}"
        for each in draft.wanted.recipe.components
        if each.name != draft.wanted.component.name
        for name in _defaults(each)
    ]
    if len(mine) > 1 or (mine and others):
        draft.refuse(
            "storageClasses",
            f"make {mine[0]} the default class beside {', '.join([*mine[1:], *others])}",
            "Keep one default class.",
        )


def _defaults(component: WrittenComponent) -> Iterator[str]:
    """Give the default classes that a component makes, as far as the recipe states them."""
    if value_at(component.values, "defaultStorageClass.enabled") is True:
        yield "defaultStorageClass"
    classes = component.values.get("storageClasses")
    for each in classes if isinstance(classes, list) else []:
        said = dict_of(dict_of(each).get("storageClass")) or dict_of(each)
        if _is_default(said):
            yield str(dict_of(each).get("name"))
    if component.name == "rook-ceph-cluster":
        yield from _of_ceph(component.values)
    for name, each in component.resources.items():
        if dict_of(each).get("kind") == "StorageClass" and _is_default(dict_of(each)):
            yield name


def _of_ceph(values: Mapping[str, Json]) -> Iterator[str]:
    """Pools have classes; the chart's own block pool, there where none is stated, is a default."""
    if "cephBlockPools" not in values:
        yield "ceph-block"
    for pools in ("cephBlockPools", "cephFileSystems"):
        listed = values.get(pools)
        for each in listed if isinstance(listed, list) else []:
            if value_at(dict_of(each), "storageClass.isDefault") is True:
                yield str(dict_of(each).get("name"))


def _is_default(said: Mapping[str, Any]) -> bool:
    annotations = said.get("annotations") or dict_of(said.get("metadata")).get("annotations")
    marked = str(dict_of(annotations).get(_DEFAULT)).lower() == "true"
    return marked or said.get("isDefaultClass") is True  # as TopoLVM's chart has it


bundler = Storage()
