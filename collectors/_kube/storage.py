"""Storage classes."""

import msgspec

from eidos.collectors._kube.collecting import Reading
from eidos.collectors._kube.listing import Lister, Metadata, Resource
from eidos.collectors._kube.secrets import Cleaner
from eidos.engine.model.jsonvalue import Json

CLASSES = Resource("storage.k8s.io", "v1", "storageclasses")
_DEFAULT = "storageclass.kubernetes.io/is-default-class"
_OLD_DEFAULT = "storageclass.beta.kubernetes.io/is-default-class"


class _StorageClass(msgspec.Struct, rename="camel"):
    metadata: Metadata
    provisioner: str = ""
    reclaim_policy: str = "Delete"
    volume_binding_mode: str = "Immediate"
    allow_volume_expansion: bool = False
    parameters: dict[str, str] | None = None
    mount_options: list[str] | None = None


def read_storage_classes(lister: Lister) -> Reading:
    """Give each class by name, with the API's own defaults for what is not written.

    Raises:
        ApiError: they cannot be listed.
    """
    cleaner = Cleaner()
    classes = sorted(lister.objects(CLASSES, _StorageClass), key=lambda one: one.metadata.name)
    data = {one.metadata.name: _entry(one, cleaner) for one in classes}
    return Reading(data, withheld=tuple(cleaner.withheld))


def _entry(one: _StorageClass, cleaner: Cleaner) -> Json:
    annotations = one.metadata.annotations or {}
    parameters: Json = {**(one.parameters or {})}
    return {
        "provisioner": one.provisioner,
        "default": "true" in (annotations.get(_DEFAULT), annotations.get(_OLD_DEFAULT)),
        "reclaim-policy": one.reclaim_policy,
        "volume-binding-mode": one.volume_binding_mode,
        "allow-volume-expansion": one.allow_volume_expansion,
        "parameters": cleaner.clean(parameters, f"{one.metadata.name}.parameters"),
        "mount-options": [*(one.mount_options or ())],
    }
