"""Facts of a cluster and of each of its nodes, from the API server."""

from collections.abc import Iterator

import msgspec

from eidos.collectors._kube.collecting import Item, Part, Reader, collect_cluster, of_cluster
from eidos.collectors._kube.custom import read_custom
from eidos.collectors._kube.errors import ApiError, RestartedError
from eidos.collectors._kube.groups import read_api_groups
from eidos.collectors._kube.helm import read_helm
from eidos.collectors._kube.images import read_images
from eidos.collectors._kube.kubelet import read_kubelets
from eidos.collectors._kube.listing import Lister
from eidos.collectors._kube.namespaces import read_network_policies, read_pod_security
from eidos.collectors._kube.nodes import NODES, KubeNode, node_data
from eidos.collectors._kube.policy import read_policy
from eidos.collectors._kube.rbac import read_rbac
from eidos.collectors._kube.storage import read_storage_classes
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import CollectorState
from eidos.engine.ports import Wanted

_SERVER_KEYS = {"version": "gitVersion", "platform": "platform", "goVersion": "goVersion"}


def _read_server(lister: Lister) -> dict[str, Json]:
    body = lister.client.get("/version", "get /version")
    try:
        answer = msgspec.json.decode(body, type=dict[str, str])
    except msgspec.MsgspecError as error:
        raise ApiError(f"get /version: the answer is no version: {error}") from error
    return {key: answer[said] for key, said in _SERVER_KEYS.items() if said in answer}


def _read_nodes(part: Part, lister: Lister) -> Iterator[Item]:
    """Give each node as it comes; a list cut short is said to be partial."""
    seen: set[str] = set()
    try:
        for node in _every_node(lister):
            if node.metadata.name not in seen:
                seen.add(node.metadata.name)
                yield part.fact(node_data(node), node.metadata.name)
    except ApiError as error:
        if not seen:
            raise
        reason = f"only the first {len(seen)} nodes: {error}"
        yield part.ended(CollectorState.PARTIAL, reason)
    if not seen:
        yield part.ended(CollectorState.OK, "the cluster has no nodes")


def _every_node(lister: Lister) -> Iterator[KubeNode]:
    """Give nodes; some twice when the server forgot its place and the list began again."""
    try:
        yield from lister.objects(NODES, KubeNode)
    except RestartedError:
        try:
            yield from lister.objects(NODES, KubeNode)
        except RestartedError as error:
            raise ApiError(f"{error}, twice; try a larger page size") from error


_READERS: dict[str, Reader] = {  # the quick ones first, should the time run out
    "server": of_cluster(_read_server),
    "node": _read_nodes,
    "api-groups": of_cluster(read_api_groups),
    "storage-classes": of_cluster(read_storage_classes),
    "pod-security": of_cluster(read_pod_security),
    "network-policies": of_cluster(read_network_policies),
    "rbac": of_cluster(read_rbac),
    "policy": of_cluster(read_policy),
    "custom-resources": of_cluster(read_custom),
    "helm": of_cluster(read_helm),
    "image": of_cluster(read_images),
    "kubelet": read_kubelets,
}


class K8sCollector:
    """Reads what the account of the kubeconfig, or of the pod, may list; writes nothing."""

    type = "K8s"
    subtypes = tuple(_READERS)
    reads = "cluster"

    def collect(self, wanted: Wanted) -> Iterator[Item]:
        """Read each wanted subtype on its own, page by page."""
        yield from collect_cluster(self.type, wanted, _READERS)


collector = K8sCollector()
