"""Which images run, by the container that runs them; equal ones are counted."""

import re
from collections import Counter
from sys import intern
from typing import NamedTuple

import msgspec

from eidos.collectors._kube.listing import Lister, Metadata, Resource
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.secrets import masked

PODS = Resource("", "v1", "pods", namespaced=True)

_CRON_RUN = re.compile(r"-\d{8}$")
"""A CronJob names its Jobs by the minute they were due, counted from 1970."""


class _Container(msgspec.Struct):
    name: str = ""
    image: str = ""


class _ContainerStatus(msgspec.Struct, rename="camel"):
    name: str = ""
    image_id: str = msgspec.field(name="imageID", default="")


class _Owner(msgspec.Struct):
    kind: str = ""
    name: str = ""
    controller: bool = False


class _PodMetadata(Metadata):
    owners: list[_Owner] | None = msgspec.field(name="ownerReferences", default=None)


class _PodSpec(msgspec.Struct, rename="camel"):
    containers: list[_Container] | None = None
    init_containers: list[_Container] | None = None
    ephemeral_containers: list[_Container] | None = None
    node_name: str = ""


class _PodStatus(msgspec.Struct, rename="camel"):
    container_statuses: list[_ContainerStatus] | None = None
    init_container_statuses: list[_ContainerStatus] | None = None
    ephemeral_container_statuses: list[_ContainerStatus] | None = None


class Pod(msgspec.Struct):
    """What eidos reads of a pod."""

    metadata: _PodMetadata
    spec: _PodSpec = msgspec.field(default_factory=_PodSpec)
    status: _PodStatus = msgspec.field(default_factory=_PodStatus)


class Usage(NamedTuple):
    """One image in one container of one workload."""

    image: str
    digest: str
    namespace: str
    controller: str
    container: str
    role: str
    """Empty, ``init`` or ``ephemeral``."""


class Reference(NamedTuple):
    """The parts of an image reference; what is not written is None."""

    registry: str
    repository: str
    tag: str | None
    digest: str | None


def read_images(lister: Lister) -> dict[str, Json]:
    """Give ``containers``, sorted; no pods is no data.

    Raises:
        ApiError: the pods cannot be listed.
    """
    found: Counter[Usage] = Counter()
    for pod in lister.objects(PODS, Pod):
        found.update(usages(pod))
    if not found:
        return {}
    return {"containers": [_entry(usage, found[usage]) for usage in sorted(found)]}


def usages(pod: Pod) -> list[Usage]:
    """Give every container of a pod with what it runs."""
    spec, status = pod.spec, pod.status
    namespace, controller = intern(pod.metadata.namespace), intern(_controller(pod))
    kinds = (
        ("", spec.containers, status.container_statuses),
        ("init", spec.init_containers, status.init_container_statuses),
        ("ephemeral", spec.ephemeral_containers, status.ephemeral_container_statuses),
    )
    found: list[Usage] = []
    for role, containers, statuses in kinds:
        digests = {one.name: _running(one.image_id) for one in statuses or ()}
        found += [
            Usage(
                intern(one.image),
                intern(digests.get(one.name, "")),
                namespace,
                controller,
                intern(one.name),
                role,
            )
            for one in containers or ()
        ]
    return found


def _running(image_id: str) -> str:
    """Give the digest of ``registry/name@sha256:…``; a bare ``sha256:…`` is no registry digest."""
    _, separator, digest = image_id.rpartition("@")
    return digest if separator else ""


def _controller(pod: Pod) -> str:
    """Name what keeps the pod: names that change with every run are cut to what stays."""
    owners = pod.metadata.owners or ()
    owner = next((one for one in owners if one.controller), None)
    if owner is None:
        return f"Pod/{pod.metadata.name}"
    if owner.kind == "Node":
        return f"StaticPod/{pod.metadata.name.removesuffix('-' + pod.spec.node_name)}"
    if owner.kind == "ReplicaSet":
        template = (pod.metadata.labels or {}).get("pod-template-hash")
        if template and owner.name.endswith(f"-{template}"):
            return f"Deployment/{owner.name.removesuffix('-' + template)}"
    if owner.kind == "Job" and _CRON_RUN.search(owner.name):
        return f"CronJob/{_CRON_RUN.sub('', owner.name)}"
    return f"{owner.kind}/{owner.name}"


def _entry(usage: Usage, count: int) -> dict[str, Json]:
    image = masked(usage.image)  # before it is taken apart: the parts tell nothing of a password
    parts = parse(image)
    optional = {"tag": parts.tag, "digest": usage.digest or parts.digest, "role": usage.role}
    return {
        "image": image,
        "registry": parts.registry,
        "repository": parts.repository,
        **{key: value for key, value in optional.items() if value},
        "pinned": parts.digest is not None,
        "namespace": usage.namespace,
        "controller": usage.controller,
        "container": usage.container,
        "count": count,
    }


def parse(image: str) -> Reference:
    """Split a reference as runtimes do: no registry is Docker Hub, no tag is ``latest``.

    Args:
        image: ``[registry/]repository[:tag][@digest]``. The first part is a registry when it has
            a dot or a port or is ``localhost``; one name alone is below ``library/``
            (https://github.com/distribution/reference).
    """
    tagged, _, digest = image.partition("@")
    head, slash, last = tagged.rpartition("/")
    name, _, tag = last.partition(":")  # of the last part only: a registry has a port
    path = f"{head}{slash}{name}"
    first, separator, rest = path.partition("/")
    if separator and ("." in first or ":" in first or first == "localhost"):
        registry, repository = first, rest
    else:
        registry, repository = "docker.io", path if separator else f"library/{path}"
    written = tag or (None if digest else "latest")
    return Reference(registry, repository, written, digest or None)
