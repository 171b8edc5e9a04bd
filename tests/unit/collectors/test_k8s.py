"""The cluster collector against a server that pages, refuses, forgets and dies."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from eidos.collectors import k8s, topology
from eidos.collectors._kube import kubelet
from eidos.collectors._kube.errors import ApiError
from eidos.engine.model.snapshot import Collection, CollectorState
from eidos.engine.ports import Collector, Fact, Wanted
from fakes.kube_api import Asked, KubeApi, allows, serve
from fakes.kube_measure import measure
from fakes.kube_objects import SECRET, made, node, pod, small_cluster

pytest.importorskip("kubernetes")

RBAC_FILES = Path(__file__).parents[3] / "ci-examples" / "kubernetes"


@pytest.fixture
def api() -> Iterator[KubeApi]:
    with serve(KubeApi()) as served:
        yield served


class Collected:
    def __init__(self, items: list[Fact | Collection]) -> None:
        self.facts = {
            (item.subtype.name, item.node): item.subtype.data
            for item in items
            if isinstance(item, Fact)
        }
        self.said = [item for item in items if isinstance(item, Collection)]

    def data(self, subtype: str, node: str | None = None) -> Any:
        return self.facts[subtype, node]

    def state(self, subtype: str | None, node: str | None = None) -> Collection:
        return next(one for one in self.said if (one.subtype, one.node) == (subtype, node))


def collect(
    api: KubeApi, folder: Path, *subtypes: str, collector: Collector = k8s.collector, **more: Any
) -> Collected:
    timeout = more.pop("timeout", 200.0)
    options = {"kubeconfig": str(api.kubeconfig(folder)), "page_size": 2} | more
    wanted = Wanted(frozenset(subtypes or collector.subtypes), "me", Path("/"), timeout, options)
    return Collected(list(collector.collect(wanted)))


def test_a_cluster_is_collected_whole(api: KubeApi, tmp_path: Path) -> None:
    found = collect(small_cluster(api), tmp_path)
    names = {name for name, _ in found.facts}
    assert names == set(k8s.collector.subtypes)
    assert {one.status for one in found.said} == {CollectorState.REDACTED}
    assert found.data("server") == {
        "version": "v1.33.5-eks-3025e55",
        "platform": "linux/amd64",
        "goVersion": "go1.24.6",
    }


def test_every_page_of_nodes_is_read(api: KubeApi, tmp_path: Path) -> None:
    api.add(*(node(f"node-{index}") for index in range(5)))
    found = collect(api, tmp_path, "node")
    assert sorted(str(name) for _, name in found.facts) == [f"node-{index}" for index in range(5)]
    assert len(api.asked) == 3


def test_a_node_has_the_upstream_keys_and_what_they_lose(api: KubeApi, tmp_path: Path) -> None:
    api.add(node("one"))
    data = collect(api, tmp_path, "node").data("node", "one")
    upstream = {
        "source-node": "one",
        "provider": "eks",
        "provider-id": "aws:///us-east-1-dfw-2a/i-03f2b75345f7ccfb4",
        "container-runtime-id": "containerd://1.7.27",
        "container-runtime-name": "containerd",
        "container-runtime-version": "1.7.27",
        "kernel-version": "6.8.0-1028-aws",
        "operating-system": "linux",
        "os-image": "Ubuntu 22.04.5 LTS",
    }
    assert data.items() >= upstream.items()
    assert data["capacity"]["nvidia.com/gpu"] == "4"
    assert data["conditions"] == {"Ready": "True"}
    assert data["taints"] == [{"key": "nvidia.com/gpu", "value": "a|b,c", "effect": "NoSchedule"}]
    assert "volatile" not in json.dumps(data)


@pytest.mark.parametrize(
    ("provider_id", "provider"),
    [
        ("gce://p/z/n", "gke"),
        ("azure:///x", "aks"),
        ("ocid1.instance.x", "oke"),
        ("", "self-managed"),
    ],
)
def test_providers(api: KubeApi, tmp_path: Path, provider_id: str, provider: str) -> None:
    api.add(node("one", provider_id))
    assert collect(api, tmp_path, "node").data("node", "one")["provider"] == provider


def test_images_keep_registry_and_digest_and_are_counted(api: KubeApi, tmp_path: Path) -> None:
    digest = "sha256:" + "b" * 64
    for index in range(3):
        api.add(
            pod(
                f"p{index}", "nvcr.io/nvidia/x:1", f"nvcr.io/nvidia/x@{digest}", owner="DaemonSet/d"
            )
        )
    api.add(pod("q", "x:1", "sha256:" + "c" * 64), pod("r", "host:5000/x@" + digest))
    api.add(pod("s", "y", owner="ReplicaSet/web-5d", labels={"pod-template-hash": "5d"}))
    found = collect(api, tmp_path, "image").data("image")["containers"]
    by_image = {one["image"]: one for one in found}
    counted = by_image["nvcr.io/nvidia/x:1"]
    assert (counted["count"], counted["digest"], counted["pinned"]) == (3, digest, False)
    assert (counted["registry"], counted["repository"]) == ("nvcr.io", "nvidia/x")
    assert "digest" not in by_image["x:1"]
    assert by_image["x:1"]["repository"] == "library/x"
    assert by_image[f"host:5000/x@{digest}"]["pinned"]
    assert "tag" not in by_image[f"host:5000/x@{digest}"]
    assert (by_image["y"]["tag"], by_image["y"]["controller"]) == ("latest", "Deployment/web")


def test_the_policy_is_written_as_upstream_writes_it(api: KubeApi, tmp_path: Path) -> None:
    found = collect(small_cluster(api), tmp_path, "policy")
    assert found.data("policy") == {
        "daemonsets.tolerations": '[{"effect":"NoSchedule","operator":"Exists"}]',
        "driver.enabled": "true",
        "driver.version": "580.82.07",
        "toolkit.env": '[{"name":"A","value":"b"},{"name":"API_TOKEN"}]',
    }
    assert found.state("policy").keys == ("licence.password", "toolkit.env[1].value")


def test_custom_resources_are_not_merged(api: KubeApi, tmp_path: Path) -> None:
    data = collect(small_cluster(api), tmp_path, "custom-resources").data("custom-resources")
    assert {name for name, found in data.items() if found} == {
        "clusterpolicies.nvidia.com",
        "nimservices.apps.nvidia.com",
    }
    nim = data["nimservices.apps.nvidia.com"]["nim"]["llm"]
    assert nim["kind"] == "NIMService"
    assert nim["spec"] == {"env": [{"name": "PLAIN"}], "replicas": 1}
    assert nim["status"] == {"state": "Ready"}
    assert data["clusterpolicies.nvidia.com"][""]["cluster-policy"]["apiVersion"] == "nvidia.com/v1"


def test_releases_have_no_values(api: KubeApi, tmp_path: Path) -> None:
    data = collect(small_cluster(api), tmp_path, "helm").data("helm")
    entry = data["gpu-operator/gpu-operator"]
    assert entry["values-digest"].startswith("sha256:")
    del entry["values-digest"]
    assert entry == {
        "name": "gpu-operator",
        "namespace": "gpu-operator",
        "chart": "gpu-operator",
        "version": "v25.3.3",
        "app-version": "v25.3.3",
        "status": "deployed",
        "revision": 2,
    }


def test_a_broken_release_is_missing_by_name(api: KubeApi, tmp_path: Path) -> None:
    more = {"type": "helm.sh/release.v1", "data": {"release": "!"}}
    api.add(made("v1", "Secret", "sh.helm.release.v1.x.v1", "a", **more))
    found = collect(api, tmp_path, "helm")
    assert (found.state("helm").status, found.state("helm").keys) == (
        CollectorState.PARTIAL,
        ("a/x",),
    )


def test_protection_storage_rbac_kubelet_groups(api: KubeApi, tmp_path: Path) -> None:
    found = collect(small_cluster(api), tmp_path)
    assert found.data("pod-security") == {"gpu-operator": {"enforce": "privileged"}, "nim": {}}
    policies = found.data("network-policies")
    assert policies["nim"]["default-deny-ingress"]
    assert policies["gpu-operator"]["policies"] == []
    assert found.data("storage-classes")["gp3"]["default"]
    rbac = found.data("rbac")
    assert [one["name"] for one in rbac["cluster-admin"]] == ["ops"]
    assert [one["name"] for one in rbac["nodes-proxy"]] == ["prober"]
    assert [one["role"] for one in rbac["wildcard-roles"]] == ["ClusterRole/cluster-admin"]
    assert found.data("kubelet", "node-1")["authentication"] == {"anonymous": {"enabled": False}}
    assert found.state("kubelet", "node-1").keys == ("staticPodURLHeader",)
    assert found.data("api-groups")["kyverno.io"] == {"preferred": "v1", "versions": ["v1"]}


def test_no_secret_leaves(api: KubeApi, tmp_path: Path) -> None:
    found = collect(small_cluster(api), tmp_path)
    assert SECRET not in repr((found.facts, found.said))


def test_nothing_installed_is_found_empty(api: KubeApi, tmp_path: Path) -> None:
    found = collect(api, tmp_path, "policy", "custom-resources", "helm", "image", "storage-classes")
    assert {name for name, data in found.facts.items() if not data} == set(found.facts)
    assert found.said == []


def test_output_is_the_same_every_time(api: KubeApi, tmp_path: Path) -> None:
    small_cluster(api)
    assert repr(collect(api, tmp_path).facts) == repr(collect(api, tmp_path).facts)


# Trouble ------------------------------------------------------------------------------------------


def test_a_refused_list_fails_alone(api: KubeApi, tmp_path: Path) -> None:
    small_cluster(api).fault("/pods", 403)
    found = collect(api, tmp_path)
    state = found.state("image")
    assert state.status is CollectorState.FAILED
    assert state.reason == "403 Forbidden: list pods; grant list on pods"
    assert ("rbac", None) in found.facts


@pytest.mark.parametrize(
    ("path", "status", "reason"),
    [
        ("nimservices", 403, "403 Forbidden: grant list on these custom resources"),
        ("nimservices", 500, "500: list nimservices.apps.nvidia.com: planned"),
        ("nimservices", 429, "429: list nimservices.apps.nvidia.com: planned"),
    ],
)
def test_a_custom_resource_that_cannot_be_listed_takes_no_other_along(
    api: KubeApi, tmp_path: Path, path: str, status: int, reason: str
) -> None:
    small_cluster(api).fault(path, status)
    found = collect(api, tmp_path, "custom-resources")
    [state] = [one for one in found.said if one.status is CollectorState.PARTIAL]
    assert (state.keys, state.reason) == (("nimservices.apps.nvidia.com",), reason)
    assert "nimcaches.apps.nvidia.com" in found.data("custom-resources")
    assert "nimservices.apps.nvidia.com" not in found.data("custom-resources")


def test_a_group_that_is_not_served_now_takes_no_other_along(api: KubeApi, tmp_path: Path) -> None:
    small_cluster(api).fault("/apis/apps.nvidia.com/v1$", 503)
    found = collect(api, tmp_path, "custom-resources")
    [state] = [one for one in found.said if one.status is CollectorState.PARTIAL]
    assert {name.partition(".")[2] for name in state.keys} == {"apps.nvidia.com"}
    assert found.data("custom-resources")["clusterpolicies.nvidia.com"]


def test_refused_custom_resources_are_one_failure(api: KubeApi, tmp_path: Path) -> None:
    small_cluster(api).fault("/apis/.*/v1/", 403)
    found = collect(api, tmp_path, "custom-resources")
    [state] = found.said
    assert (state.status, found.facts) == (CollectorState.FAILED, {})


def test_a_server_lost_among_custom_resources_leaves_those_before(
    api: KubeApi, tmp_path: Path
) -> None:
    small_cluster(api).fault("/clusterpolicies", hang_up=True)
    found = collect(api, tmp_path, "custom-resources")
    [state] = [one for one in found.said if one.status is CollectorState.PARTIAL]
    assert "nimservices.apps.nvidia.com" in found.data("custom-resources")
    assert {"clusterpolicies.nvidia.com", "skyhooks.skyhook.nvidia.com"} <= {*state.keys}
    assert "broke off" in (state.reason or "")


def test_a_server_that_only_starts_is_not_believed_to_lack_a_group(
    api: KubeApi, tmp_path: Path
) -> None:
    small_cluster(api).fault("/readyz", 500)
    found = collect(api, tmp_path, "api-groups", "policy", "custom-resources", "node")
    assert {name for name, _ in found.facts} == {"node"}
    assert {one.reason for one in found.said} == {
        "the API server says that it is not ready (get /readyz)"
    }


def test_an_expired_token_fails_everything(api: KubeApi, tmp_path: Path) -> None:
    options = {"kubeconfig": str(api.kubeconfig(tmp_path, token="old"))}  # noqa: S106  # expired
    wanted = Wanted(frozenset(k8s.collector.subtypes), "me", options=options)
    found = Collected(list(k8s.collector.collect(wanted)))
    assert found.facts == {}
    assert len(found.said) == len(k8s.collector.subtypes)
    assert all("sign in again" in (one.reason or "") for one in found.said)


def test_a_list_that_changed_is_continued_in_its_new_state(api: KubeApi, tmp_path: Path) -> None:
    api.add(*(node(f"node-{index}") for index in range(5)))
    gone = {"code": 410, "metadata": {"continue": "at-2"}}
    api.fault("continue=at-2", 410, times=1, body=json.dumps(gone).encode())
    assert len(collect(api, tmp_path, "node").facts) == 5


def test_a_list_without_a_new_token_is_begun_again(api: KubeApi, tmp_path: Path) -> None:
    for index in range(5):
        api.add(pod(f"p{index}", "x:1", owner="DaemonSet/d"))
    api.fault("continue=at-4", 410, times=1)
    [entry] = collect(api, tmp_path, "image").data("image")["containers"]
    assert entry["count"] == 5


def test_a_list_that_never_holds_still_fails(api: KubeApi, tmp_path: Path) -> None:
    for index in range(5):
        api.add(pod(f"p{index}", "x:1"))
    api.fault("continue", 410)
    assert "410 Gone" in (collect(api, tmp_path, "image").state("image").reason or "")


def test_a_busy_server_is_asked_again_after_its_pause(api: KubeApi, tmp_path: Path) -> None:
    small_cluster(api).fault("/nodes", 429, times=1, headers={"Retry-After": "1"})
    assert len(collect(api, tmp_path, "node").facts) == 3


def test_a_pause_longer_than_the_time_left_is_not_waited_for(api: KubeApi, tmp_path: Path) -> None:
    api.fault("/nodes", 429, headers={"Retry-After": "3600"})
    reason = collect(api, tmp_path, "node").state("node").reason or ""
    assert reason.startswith("429: list nodes: planned")
    assert "no time is left to ask again in 3600 s" in reason


def test_server_trouble_passes(api: KubeApi, tmp_path: Path) -> None:
    small_cluster(api).fault("/nodes", 500, times=2)
    assert len(collect(api, tmp_path, "node").facts) == 3


def test_a_server_that_hangs_is_told_as_that(api: KubeApi, tmp_path: Path) -> None:
    small_cluster(api).fault("/nodes", delay=5.0)
    found = collect(api, tmp_path, "node", "image", timeout=1.0)
    assert found.facts == {}
    reasons = {one.reason or "" for one in found.said}
    assert all(one.status is CollectorState.FAILED for one in found.said)
    assert len(reasons) == 1
    assert "list nodes: the API server does not answer: nothing came within" in reasons.pop()


def test_an_answer_that_never_ends_is_told_as_that(api: KubeApi, tmp_path: Path) -> None:
    small_cluster(api).fault("/nodes", trickle=0.05)
    found = collect(api, tmp_path, "node", "image", timeout=1.0)
    assert found.facts == {}
    assert "did not come to its end in time" in (found.state("node").reason or "")


def test_a_cluster_that_goes_away_leaves_no_short_list(api: KubeApi, tmp_path: Path) -> None:
    api.add(*(node(f"node-{index}") for index in range(5)))
    api.add(*(pod(f"pod-{index}", "x:1") for index in range(5)))
    api.fault("continue=at-2", hang_up=True)
    found = collect(api, tmp_path, "node", "image")
    assert len(found.facts) == 2
    assert found.state("node").status is CollectorState.PARTIAL
    assert "only the first 2 nodes" in (found.state("node").reason or "")
    assert found.state("image").status is CollectorState.FAILED


@pytest.mark.parametrize(
    "body",
    [b"<html>login</html>", b"{}", b'{"kind": "Status", "code": 401}', b'{"error": "login"}'],
)
def test_an_answer_that_is_no_list_fails(api: KubeApi, tmp_path: Path, body: bytes) -> None:
    api.fault("/pods", body=body)
    assert "not what the API promises" in (
        collect(api, tmp_path, "image").state("image").reason or ""
    )


def test_an_answer_without_groups_does_not_say_that_there_are_none(
    api: KubeApi, tmp_path: Path
) -> None:
    api.fault("/apis", body=b'{"error": "login"}')
    found = collect(api, tmp_path, "api-groups")
    assert "lists no groups" in (found.state("api-groups").reason or "")


def test_a_silent_kubelet_fails_by_name(api: KubeApi, tmp_path: Path) -> None:
    del small_cluster(api).configz["node-1"]
    found = collect(api, tmp_path, "kubelet")
    assert found.state("kubelet", "node-1").status is CollectorState.FAILED
    assert ("kubelet", "node-2") in found.facts


def test_one_reason_of_every_kubelet_is_said_once(api: KubeApi, tmp_path: Path) -> None:
    small_cluster(api).configz.clear()
    found = collect(api, tmp_path, "kubelet")
    [state] = found.said
    assert (state.status, state.node) == (CollectorState.FAILED, None)
    assert "the node does not answer" in (state.reason or "")


@pytest.mark.parametrize(
    "message",
    [
        "error trying to reach service: dial tcp 10.0.1.2:10250: connect: connection refused",
        "error trying to reach service: dial tcp [fe80::1%eth0]:10250: i/o timeout",
        "Get https://NODE:10250/configz: remote error: tls: internal error",
        "no preferred addresses found; known addresses of NODE: []",
    ],
)
def test_a_reason_names_no_node(message: str) -> None:
    reasons = {
        kubelet._reason(ApiError(message.replace("NODE", name).replace("1.2", two)), name)
        for name, two in (("a", "1.2"), ("gpu-1.ec2.internal", "7.9"))
    }
    assert len(reasons) == 1
    assert "10250" not in reasons.pop()


def test_a_kubelet_that_hangs_is_told_as_that(
    api: KubeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubelet, "SECONDS", 1.0)
    small_cluster(api).fault("node-1/proxy", delay=5.0)
    found = collect(api, tmp_path, "kubelet")
    reason = found.state("kubelet", "node-1").reason or ""
    assert reason == "the kubelet does not answer the API server within 1 s"
    assert ("kubelet", "node-0") in found.facts


def test_refusal_in_the_middle_spoils_the_nodes_that_come_after(
    api: KubeApi, tmp_path: Path
) -> None:
    small_cluster(api).fault("node-1/proxy/configz", 403)
    found = collect(api, tmp_path, "kubelet")
    failed = {one.node for one in found.said if one.status is CollectorState.FAILED}
    assert {node for _, node in found.facts} == {"node-0"}
    assert failed == {"node-1", "node-2"}


def test_no_credentials_is_unavailable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    [said] = k8s.collector.collect(Wanted(frozenset({"node"}), "me"))
    assert isinstance(said, Collection)
    assert said.status is CollectorState.UNAVAILABLE
    assert "no cluster to ask" in (said.reason or "")


@pytest.mark.parametrize("text", ["", "{", "apiVersion: v1\nkind: Config\n"])
def test_a_broken_kubeconfig_fails(tmp_path: Path, text: str) -> None:
    (tmp_path / "broken").write_text(text)
    options: dict[str, Any] = {"kubeconfig": str(tmp_path / "broken")}
    [said] = k8s.collector.collect(Wanted(frozenset({"node"}), "me", options=options))
    assert isinstance(said, Collection)
    assert said.status is CollectorState.FAILED


def test_a_context_without_a_kubeconfig_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    wanted = Wanted(frozenset({"node"}), "me", options={"context": "prod"})
    [said] = k8s.collector.collect(wanted)
    assert isinstance(said, Collection)
    assert said.status is CollectorState.FAILED
    assert said.reason == "there is no kubeconfig to have the context 'prod'"


def test_namespaces_limit_what_is_read(api: KubeApi, tmp_path: Path) -> None:
    api.add(pod("a", "x:1", namespace="in"), pod("b", "y:1", namespace="out"))
    found = collect(api, tmp_path, "image", namespaces=["in"]).data("image")["containers"]
    assert [one["namespace"] for one in found] == ["in"]


def test_memory_does_not_grow_with_the_pods() -> None:
    few, many = measure(100, 1000), measure(100, 20_000)
    assert many["said"] == []
    assert int(str(many["peak_mib"])) < int(str(few["peak_mib"])) + 64  # 20,000 pods have 200 MiB


# Permissions --------------------------------------------------------------------------------------


def rules(*names: str) -> list[dict[str, Any]]:
    documents = [
        one for name in names for one in yaml.safe_load_all((RBAC_FILES / name).read_text())
    ]
    roles = [one for one in documents if one["kind"] == "ClusterRole"]
    return [rule for role in roles for rule in role["rules"]]


ALL_FILES = ("collector-rbac.yaml", "collector-rbac-helm.yaml", "collector-rbac-kubelet.yaml")


def test_the_roles_suffice(api: KubeApi, tmp_path: Path) -> None:
    small_cluster(api).roles = rules(*ALL_FILES)
    assert not [one for one in collect(api, tmp_path).said if one.status != "redacted"]
    assert collect(api, tmp_path, collector=topology.collector).said == []


@pytest.mark.parametrize("name", ALL_FILES)
def test_every_grant_is_used(api: KubeApi, tmp_path: Path, name: str) -> None:
    collect(small_cluster(api), tmp_path)
    unused = [one for one in single_grants(name) if not any(allows(one, ask) for ask in api.asked)]
    assert unused == []


def single_grants(name: str) -> Iterator[dict[str, Any]]:
    for rule in rules(name):
        for verb in rule["verbs"]:
            for url in rule.get("nonResourceURLs", ()):
                yield {"verbs": [verb], "nonResourceURLs": [url]}
            for resource in rule.get("resources", ()):
                groups = rule["apiGroups"]
                yield {"verbs": [verb], "apiGroups": groups, "resources": [resource]}


def test_the_small_role_reads_no_secrets(api: KubeApi, tmp_path: Path) -> None:
    small_cluster(api).roles = rules("collector-rbac.yaml")
    found = collect(api, tmp_path)
    failed = {one.subtype for one in found.said if one.status is CollectorState.FAILED}
    assert failed == {"helm", "kubelet"}
    secret = Asked("list", "", "secrets", "/api/v1/secrets", {})
    assert not any(allows(rule, secret) for rule in api.roles or ())


@pytest.mark.real
def test_a_real_cluster() -> None:
    path = os.environ.get("EIDOS_TEST_KUBECONFIG")
    if not path:
        pytest.skip("EIDOS_TEST_KUBECONFIG names no cluster")
    wanted = Wanted(
        frozenset(k8s.collector.subtypes), "me", timeout=120, options={"kubeconfig": path}
    )
    found = Collected(list(k8s.collector.collect(wanted)))
    told = {name for name, _ in found.facts} | {one.subtype for one in found.said}
    assert told == set(k8s.collector.subtypes)
    assert found.data("server")["version"].startswith("v")
