"""Objects of a small GPU cluster, and endless ones for a large one."""

import base64
import gzip
import json
from collections.abc import Callable, Sequence
from typing import Any, overload

from fakes.kube_api import KubeApi, Object, Raw

RBAC = "rbac.authorization.k8s.io/v1"
SECRET = "s3cr3t-that-must-not-leak"  # noqa: S105  # planted to be looked for


def made(api_version: str, kind: str, name: str, namespace: str = "", **more: Any) -> Object:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    metadata |= more.pop("metadata", {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **more}


def node(name: str, provider_id: str = "aws:///us-east-1-dfw-2a/i-03f2b75345f7ccfb4") -> Object:
    labels = {
        "kubernetes.io/hostname": name,
        "node.kubernetes.io/instance-type": "p6e-gb200.36xlarge",
        "topology.kubernetes.io/zone": "us-east-1-dfw-2a",
        "topology.kubernetes.io/region": "us-east-1",
        "nvidia.com/gpu.present": "true",
    }
    info = {
        "architecture": "arm64",
        "bootID": "volatile",
        "containerRuntimeVersion": "containerd://1.7.27",
        "kernelVersion": "6.8.0-1028-aws",
        "kubeletVersion": "v1.33.5-eks-3025e55",
        "operatingSystem": "linux",
        "osImage": "Ubuntu 22.04.5 LTS",
    }
    taints = [{"key": "nvidia.com/gpu", "value": "a|b,c", "effect": "NoSchedule"}]
    status = {
        "nodeInfo": info,
        "capacity": {"cpu": "144", "nvidia.com/gpu": "4"},
        "allocatable": {"cpu": "143", "nvidia.com/gpu": "4"},
        "conditions": [{"type": "Ready", "status": "True", "lastHeartbeatTime": "volatile"}],
        "addresses": [{"type": "InternalIP", "address": "10.0.160.248"}],
    }
    spec = {"providerID": provider_id, "taints": taints}
    return made("v1", "Node", name, metadata={"labels": labels}, spec=spec, status=status)


def pod(name: str, image: str, image_id: str = "", **more: Any) -> Object:
    owner, labels = more.get("owner"), more.get("labels", {})
    metadata: Object = {"labels": labels}
    if owner:
        kind, owner_name = owner.split("/")
        metadata["ownerReferences"] = [{"kind": kind, "name": owner_name, "controller": True}]
    env = [{"name": "DB_PASSWORD", "value": SECRET}]
    containers = [{"name": "main", "image": image, "env": env}]
    return made(
        "v1",
        "Pod",
        name,
        more.get("namespace", "gpu-operator"),
        metadata=metadata,
        spec={"containers": containers, "nodeName": more.get("node", "node-0")},
        status={"containerStatuses": [{"name": "main", "imageID": image_id}]},
    )


def release(name: str, revision: int, values: Object, status: str = "deployed") -> Object:
    chart = {"metadata": {"name": name, "version": "v25.3.3", "appVersion": "v25.3.3"}}
    document = {
        "name": name,
        "namespace": "gpu-operator",
        "version": revision,
        "info": {"status": status},
        "chart": {**chart, "values": {"password": SECRET}},
        "config": values,
        "manifest": SECRET,
    }
    packed = base64.b64encode(gzip.compress(json.dumps(document).encode()))
    data = {"release": base64.b64encode(packed).decode()}
    labels = {"owner": "helm", "status": status, "name": name}
    key = f"sh.helm.release.v1.{name}.v{revision}"
    more = {"metadata": {"labels": labels}, "type": "helm.sh/release.v1", "data": data}
    return made("v1", "Secret", key, "gpu-operator", **more)


def small_cluster(api: KubeApi) -> KubeApi:
    """Fill a server with a little of everything."""
    from eidos.collectors._kube.custom import RESOURCES

    for group, plurals in RESOURCES.items():
        for plural in plurals:
            api.define(group, "v1", plural, KIND_NAMES.get(plural, plural), namespaced=True)
    for index in range(3):
        api.add(node(f"node-{index}"))
        api.configz[f"node-{index}"] = {
            "authentication": {"anonymous": {"enabled": False}},
            "readOnlyPort": 0,
            "staticPodURLHeader": {"Authorization": [SECRET]},
        }
    spec = {
        "driver": {"enabled": True, "version": "580.82.07", "args": [], "nodeSelector": {}},
        "daemonsets": {"tolerations": [{"operator": "Exists", "effect": "NoSchedule"}]},
        "toolkit": {"env": [{"name": "A", "value": "b"}, {"name": "API_TOKEN", "value": SECRET}]},
        "licence": {"password": SECRET},
    }
    api.add(made("nvidia.com/v1", "ClusterPolicy", "cluster-policy", spec=spec))
    api.define("kyverno.io", "v1", "clusterpolicies", "ClusterPolicy", namespaced=False)
    api.add(made("kyverno.io/v1", "ClusterPolicy", "foreign", spec={"rules": [1]}))
    nim = {"env": [{"name": "PLAIN", "value": SECRET}], "replicas": 1}
    api.add(
        made("apps.nvidia.com/v1", "NIMService", "llm", "nim", spec=nim, status={"state": "Ready"})
    )
    api.add(release("gpu-operator", 1, {}, "failed"), release("gpu-operator", 2, {"a": SECRET}))
    labels = {"labels": {"pod-security.kubernetes.io/enforce": "privileged", "x": "y"}}
    api.add(
        made("v1", "Namespace", "gpu-operator", metadata=labels), made("v1", "Namespace", "nim")
    )
    deny = {"podSelector": {}, "policyTypes": ["Ingress"]}
    api.add(made("networking.k8s.io/v1", "NetworkPolicy", "deny", "nim", spec=deny))
    default = {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}
    api.add(made("storage.k8s.io/v1", "StorageClass", "gp3", metadata=default, provisioner="ebs"))
    digest = "nvcr.io/nvidia/driver@sha256:" + "a" * 64
    for index in range(3):
        image = "nvcr.io/nvidia/driver:580.82.07-ubuntu22.04"
        api.add(pod(f"driver-{index}", image, digest, owner="DaemonSet/nvidia-driver"))
    everything = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
    proxy = {"verbs": ["get"], "apiGroups": [""], "resources": ["nodes/*"]}
    api.add(made(RBAC, "ClusterRole", "cluster-admin", rules=[everything]))
    api.add(made(RBAC, "ClusterRole", "prober", rules=[proxy]))
    bound = {"kind": "ClusterRole", "name": "cluster-admin"}
    ops = [{"kind": "Group", "name": "ops"}]
    api.add(made(RBAC, "ClusterRoleBinding", "ops", roleRef=bound, subjects=ops))
    prober = [{"kind": "ServiceAccount", "name": "prober", "namespace": "nim"}]
    bound = {"kind": "ClusterRole", "name": "prober"}
    api.add(made(RBAC, "ClusterRoleBinding", "probe", roleRef=bound, subjects=prober))
    return api


KIND_NAMES = {"clusterpolicies": "ClusterPolicy", "nimservices": "NIMService"}


class Many(Sequence[Object]):
    """Objects made when they are asked for."""

    def __init__(self, count: int, make: Callable[[int], Raw]) -> None:
        self._count, self._make = count, make

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Object: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Object]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [self._make(one) for one in range(*index.indices(self._count))]
        return self._make(index)


def large_cluster(api: KubeApi, nodes: int, pods: int) -> KubeApi:
    """Serve many nodes, each with forty labels, and many pods; each object has about 10 KiB."""
    labels = {f"feature.node.kubernetes.io/label-{index}": "true" for index in range(40)}
    plain = node("NODE")
    plain["status"]["images"] = [{"names": ["x" * 80], "sizeBytes": 1}] * 80
    node_text = json.dumps(plain)
    node_text = node_text.replace('"labels": {', f'"labels": {json.dumps(labels)[:-1]}, ')
    digest = "nvcr.io/nvidia/app@sha256:" + "a" * 64
    body = pod("POD", "nvcr.io/nvidia/app:TAG", digest, owner="ReplicaSet/app-TAG-abc")
    body["spec"]["padding"] = "x" * 9000
    pod_text = json.dumps(body)
    api.generate("nodes", Many(nodes, lambda at: Raw(node_text.replace("NODE", f"n{at}").encode())))

    def make_pod(at: int) -> Raw:
        return Raw(pod_text.replace("POD", f"p{at}").replace("TAG", f"v{at % 2000}").encode())

    api.generate("pods", Many(pods, make_pod))
    return api
