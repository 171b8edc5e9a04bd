"""``eidos snapshot`` of a real API server: what it gives, refuses, forgets, and how it dies."""

import json
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from eidos.collectors import k8s, topology
from eidos.collectors._kube.custom import RESOURCES
from eidos.engine.cli import console, root
from eidos.engine.model.snapshot import Collection, CollectorState
from eidos.engine.ports import Collector, Fact, Wanted
from fakes.kube_objects import made, node
from fakes.real_cluster import COLLECTOR, NOBODY, Object, RealCluster, definitions

pytest.importorskip("kubernetes")
pytestmark = [pytest.mark.real, pytest.mark.xdist_group("real cluster")]

ROLES = Path(__file__).parents[2] / "ci-examples" / "kubernetes"
EVERY_ROLE = ("collector-rbac.yaml", "collector-rbac-helm.yaml", "collector-rbac-kubelet.yaml")
CHARTS = (
    "gpu-operator/v26.7.0/crds",
    "network-operator/v26.4.1/crds",
    "k8s-nim-operator/v3.1.2/crds",
    "nodewright/v0.15.1/crds",
)
PATIENCE = 250
"""Seconds for a process that may have to share two cores with many."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealCluster]:
    started = RealCluster(tmp_path_factory.mktemp("cluster"))
    try:
        started.start()
        started.apply(*(real_node(f"gpu-{index}") for index in range(5)))
        started.apply(made("v1", "Namespace", "gpu-operator"), *map(real_pod, ("one", "two")))
        yield started
    finally:
        started.close()


@pytest.fixture(scope="module")
def crds(cluster: RealCluster, shared: Path) -> list[Object]:
    """The definitions of the operators that eidos reads, served."""
    folders = (shared / "data" / "charts" / chart for chart in CHARTS)
    found = definitions(path for folder in folders for path in sorted(folder.glob("*.yaml")))
    cluster.apply(*found)
    return found


def real_node(name: str) -> Object:
    one = node(name)
    one["spec"]["taints"] = [{"key": "nvidia.com/gpu", "value": "yes", "effect": "NoSchedule"}]
    one["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    # The API server refuses to go there, as quickly as a kubelet that is gone may be slow.
    one["status"]["addresses"] = [{"type": "InternalIP", "address": "127.0.0.1"}]
    one["status"]["daemonEndpoints"] = {"kubeletEndpoint": {"Port": 10250}}
    return one


def real_pod(name: str) -> Object:
    owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "driver", "uid": "1"}
    metadata = {"ownerReferences": [{**owner, "controller": True}]}
    container = {"name": "main", "image": "nvcr.io/nvidia/driver:580.82.07"}
    spec = {"nodeName": "gpu-0", "containers": [container]}
    return made("v1", "Pod", name, "gpu-operator", metadata=metadata, spec=spec)


def roles(*files: str) -> list[Object]:
    return [one for name in files for one in yaml.safe_load_all((ROLES / name).read_text())]


class Seen:
    """What a collector gave, as `user`."""

    def __init__(self, config: Path, collector: Collector = k8s.collector, **more: Any) -> None:
        names = frozenset(more.pop("subtypes", collector.subtypes))
        timeout = more.pop("timeout", 200.0)
        options = {"kubeconfig": str(config), **more}
        wanted = Wanted(names, "me", Path("/"), timeout, options)
        self.items = list(collector.collect(wanted))
        self.facts = {
            (one.subtype.name, one.node): one.subtype.data
            for one in self.items
            if isinstance(one, Fact)
        }
        self.gaps = [
            one
            for one in self.items
            if isinstance(one, Collection) and one.status is not CollectorState.REDACTED
        ]

    def gap(self, subtype: str) -> Collection:
        [found] = [one for one in self.gaps if one.subtype == subtype]
        return found


def snapshot(config: Path, output: Path, *arguments: str) -> int:
    """Run ``eidos snapshot`` of the cluster alone."""
    command = ["snapshot", "--no-local", "--no-cache", "--kubeconfig", str(config)]
    return console.run(root, [*command, "-o", str(output), *arguments])


def test_the_facts_of_a_real_cluster(cluster: RealCluster) -> None:
    found = Seen(cluster.kubeconfig(), page_size=2)

    assert found.facts["server", None]["version"] == "v1.36.3"
    nodes = {name: data for (subtype, name), data in found.facts.items() if subtype == "node"}
    assert set(nodes) == {f"gpu-{index}" for index in range(5)}
    assert nodes["gpu-1"].items() >= node_facts("gpu-1").items()
    [container] = list_of(found.facts["image", None]["containers"])
    assert (container["repository"], container["tag"]) == ("nvidia/driver", "580.82.07")
    assert (container["controller"], container["count"]) == ("DaemonSet/driver", 2)
    masters = list_of(found.facts["rbac", None]["cluster-admin"])
    assert {"kind": "Group", "name": "system:masters"}.items() <= masters[0].items()
    assert "gpu-operator" in found.facts["pod-security", None]
    resources = found.facts["custom-resources", None]
    assert resources["resourceslices.resource.k8s.io"] == {}  # served, and there are none
    assert {(one.subtype, one.node) for one in found.gaps} == {("kubelet", None)}


def list_of(value: Any) -> list[dict[str, Any]]:
    assert isinstance(value, list)
    return value


def node_facts(name: str) -> dict[str, object]:
    return {
        "source-node": name,
        "provider": "eks",
        "kernel-version": "6.8.0-1028-aws",
        "instance-type": "p6e-gb200.36xlarge",
        "conditions": {"Ready": "True"},
    }


def test_silent_kubelets_change_no_verdict_of_another_rule(
    cluster: RealCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = cluster.kubeconfig()

    assert snapshot(config, tmp_path / "silent.yaml") == 3
    said = capsys.readouterr().err
    assert snapshot(config, tmp_path / "left-out.yaml", "--exclude", "k8s.kubelet") == 0

    assert console.run(root, ["validate", str(tmp_path / "silent.yaml")]) == 0
    [line] = [line for line in said.splitlines() if "kubelet" in line]
    assert line.startswith("k8s (kubelet): failed: ")
    assert verdicts(tmp_path / "silent.yaml", capsys) == verdicts(
        tmp_path / "left-out.yaml", capsys
    )


def verdicts(path: Path, capsys: pytest.CaptureFixture[str]) -> set[tuple[str, str, str]]:
    capsys.readouterr()
    console.run(root, ["check", str(path), "--no-record", "-o", "json"])
    report = json.loads(capsys.readouterr().out)
    found = {
        (one["rule"], str(subject.get("node")), one["status"])
        for subject in report["subjects"]
        for one in subject["verdicts"]
    }
    assert found
    return found


def test_resources_of_upstream_definitions(cluster: RealCluster, crds: list[Object]) -> None:
    driver = made("nvidia.com/v1alpha1", "NVIDIADriver", "default", spec={"driverType": "gpu"})
    secret = [{"name": "NGC_API_KEY", "value": "nvapi-planted"}, {"name": "A", "value": "b"}]
    storage = {"pvc": {"create": True, "size": "1Gi"}}
    source = {"ngc": {"modelPuller": "x", "pullSecret": "y", "authSecret": "z"}}
    cache = {"source": source, "storage": storage, "env": secret}
    cluster.apply(driver, made("apps.nvidia.com/v1alpha1", "NIMCache", "llm", spec=cache))

    data = Seen(cluster.kubeconfig(), page_size=1).facts["custom-resources", None]

    served = {one["metadata"]["name"] for one in crds if one["spec"]["group"] in RESOURCES}
    assert served - set(data) == {"computedomaincliques.resource.nvidia.com"}  # state of its driver
    assert data["nvidiadrivers.nvidia.com"][""]["default"]["spec"]["driverType"] == "gpu"  # type: ignore[call-overload,index]
    assert "nimcaches.apps.nvidia.com" in data
    assert "nvapi-planted" not in repr(data)


def test_the_shipped_roles_suffice(cluster: RealCluster) -> None:
    cluster.apply(*roles(*EVERY_ROLE))

    found = Seen(cluster.kubeconfig(COLLECTOR))
    nodes = Seen(cluster.kubeconfig(COLLECTOR), topology.collector)

    assert {one.subtype for one in found.gaps} == {"kubelet"}
    assert "403" not in (found.gap("kubelet").reason or "")  # it was asked, and not there
    assert {"helm", "rbac", "custom-resources"} <= {name for name, _ in found.facts}
    assert (nodes.gaps, nodes.facts["summary", None]["node-count"]) == ([], 5)


def test_a_role_that_is_too_small_costs_what_it_refuses(cluster: RealCluster) -> None:
    cluster.apply(*roles(*EVERY_ROLE[1:]))
    cluster.delete(*roles(*EVERY_ROLE[1:]))
    cluster.apply(*(without(one, {"pods", "resourceslices"}) for one in roles(EVERY_ROLE[0])))

    found = Seen(cluster.kubeconfig(COLLECTOR))

    gaps = {one.subtype: one for one in found.gaps}
    assert set(gaps) == {"image", "custom-resources", "helm", "kubelet"}
    assert gaps["image"].reason == "403 Forbidden: list pods; grant list on pods"
    assert gaps["custom-resources"].keys == ("resourceslices.resource.k8s.io",)
    assert "resourceclaims.resource.k8s.io" in found.facts["custom-resources", None]


def without(role: Object, resources: set[str]) -> Object:
    """Take resources out of what a role grants."""
    rules = [
        {**rule, "resources": [name for name in rule["resources"] if name not in resources]}
        if "resources" in rule
        else rule
        for rule in role.get("rules", ())
    ]
    return {**role, "rules": rules} if rules else role


def test_who_may_nothing_is_told_so_for_each_part(cluster: RealCluster, tmp_path: Path) -> None:
    assert snapshot(cluster.kubeconfig(NOBODY), tmp_path / "s.json") == 3
    entries = json.loads((tmp_path / "s.json").read_text())["collection"]
    said = {one.get("subtype"): one["reason"] for one in entries if one["type"] == "K8s"}
    installed = {"policy"}  # where its definition is
    assert set(said) | installed == set(k8s.collector.subtypes) - {"server", "api-groups"}
    assert all(reason.startswith("403 Forbidden: ") for reason in said.values())


def test_a_node_that_goes_in_the_middle_of_the_list(cluster: RealCluster) -> None:
    wanted = Wanted(
        frozenset({"node"}),
        "me",
        timeout=200.0,
        options={"kubeconfig": str(cluster.kubeconfig()), "page_size": 1},
    )
    reading = k8s.collector.collect(wanted)
    first = next(iter(reading))
    cluster.delete(real_node("gpu-2"))
    cluster.forget_history()  # the place in the list is lost with it
    rest = list(reading)

    cluster.apply(real_node("gpu-2"))
    names = [one.node for one in (first, *rest) if isinstance(one, Fact)]
    assert {"gpu-0", "gpu-1", "gpu-3", "gpu-4"} <= set(names)
    assert len(names) == len(set(names))
    assert not [one for one in rest if isinstance(one, Collection)]


def test_watch_tells_a_change_of_the_cluster(cluster: RealCluster, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "eidos.engine", "snapshot", "--watch", "--interval", "1s"]
    command += ["--no-local", "--filter", "k8s.node", "-o", str(tmp_path / "state.yaml")]
    command += ["--kubeconfig", str(cluster.kubeconfig())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=tmp_path) as watching:
        try:
            _wait_for(tmp_path / "state.yaml")
            one = real_node("gpu-3")
            one["spec"]["unschedulable"] = True
            cluster.apply(one)
            told = _line(watching)
        finally:
            watching.send_signal(signal.SIGTERM)
            cluster.apply(real_node("gpu-3"))
    assert "unschedulable" in json.dumps(told)


def _wait_for(file: Path) -> None:
    for _ in range(PATIENCE * 20):
        if file.exists():
            return
        time.sleep(0.05)
    pytest.fail(f"no {file.name}")


def _line(process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
    assert ready, "no line came"
    found = json.loads(process.stdout.readline())
    assert isinstance(found, dict)
    return found


def test_a_restart_loses_nothing_and_meanwhile_all_is_failed_once(
    cluster: RealCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = cluster.kubeconfig()
    before = Seen(config)

    cluster.stop()
    assert snapshot(config, tmp_path / "down.json") == 3
    entries = json.loads((tmp_path / "down.json").read_text())["collection"]
    cluster.start(ready=False)
    starting = Seen(config)  # whatever it can say already
    cluster.wait()
    after = Seen(config)

    cluster_wide = [one for one in entries if one["type"] == "K8s"]
    assert [(one.get("subtype"), one["status"]) for one in cluster_wide] == [(None, "failed")]
    assert "get /version: the API server cannot be reached" in cluster_wide[0]["reason"]
    assert len([line for line in capsys.readouterr().err.splitlines() if "k8s" in line]) == 1
    assert starting.facts.items() <= before.facts.items()  # nothing is short, and taken for whole
    assert after.facts == before.facts


def test_a_server_that_hangs_is_told_as_that(cluster: RealCluster, tmp_path: Path) -> None:
    with cluster.frozen():
        code = snapshot(cluster.kubeconfig(), tmp_path / "s.json", "--collector-timeout", "20s")

    assert code == 3
    entries = json.loads((tmp_path / "s.json").read_text())["collection"]
    [entry] = [one for one in entries if one["type"] == "K8s"]
    assert entry["status"] == "failed"
    assert entry["reason"].startswith("get /version: the API server does not answer: ")
    assert not [one for one in Seen(cluster.kubeconfig()).gaps if one.subtype != "kubelet"]


def test_no_token_of_ours_is_in_a_snapshot(cluster: RealCluster, tmp_path: Path) -> None:
    config = cluster.kubeconfig()
    token = yaml.safe_load(config.read_text())["users"][0]["user"]["token"]
    snapshot(config, tmp_path / "s.json")
    assert token not in (tmp_path / "s.json").read_text()
