"""`eidos admit`: manifests and AdmissionReviews are judged offline as the API server would ask."""

import copy
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from eidos.engine.cli import console, root
from eidos.engine.model.times import written
from fakes.gatekeeper import SYNC, UNIQUE, coded, constraint, ingress, lay_out, template, thing
from fakes.policies import write_pack

Admit = Callable[..., tuple[int, dict[str, Any]]]
DAY = "--effective-time=2026-11-24"
GPU_POD = {
    "priorityClassName": "training",
    "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
    "containers": [
        {
            "name": "main",
            "image": "nvcr.io/nvidia/pytorch:25.06-py3",
            "securityContext": {"capabilities": {"drop": ["ALL"]}},
            "resources": {"limits": {"nvidia.com/gpu": 1, "cpu": "8", "memory": "64Gi"}},
        }
    ],
}
TEMPLATED = {
    "Pod": ("v1", "{}"),
    "Deployment": ("apps/v1", "template"),
    "StatefulSet": ("apps/v1", "template"),
    "DaemonSet": ("apps/v1", "template"),
    "Job": ("batch/v1", "template"),
    "CronJob": ("batch/v1", "jobTemplate.spec.template"),
    "LeaderWorkerSet": ("leaderworkerset.x-k8s.io/v1", "leaderWorkerTemplate.workerTemplate"),
    "RayCluster": ("ray.io/v1", "headGroupSpec.template"),
    "PyTorchJob": ("kubeflow.org/v1", "pytorchReplicaSpecs.Worker.template"),
}
OWNER = "parameters: {labels: [owner]}\n"
SERVER_RULE = """\
# METADATA
# title: Nothing is deployed to an old cluster
# custom:
#   id: T-001
#   severity: high
#   scope: admission
#   requires: [k8s.server.version]
#   remediation: Upgrade.
package eidos.t.server

deny contains "too old" if {
	input.request.kind.kind == "Pod"
	startswith(input.k8s.server.version, "v1.30")
}
"""


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def admit(inside: Path, capsys: pytest.CaptureFixture[str]) -> Admit:
    def admitted(files: dict[str, Any], *arguments: str) -> tuple[int, dict[str, Any]]:
        texts = {name: as_text(content) for name, content in files.items()}
        lay_out(inside, texts)
        recording = [] if "--record" in arguments else ["--no-record"]
        rest = [each for each in arguments if each != "--record"]
        code = console.run(root, ["admit", *recording, "-o", "json", DAY, *rest])
        out = capsys.readouterr().out
        return code, json.loads(out or "{}")

    return admitted


def as_text(content: Any) -> str:
    return content if isinstance(content, str) else json.dumps(content)


def workload(kind: str, pod: dict[str, Any], namespace: str = "research") -> dict[str, Any]:
    version, path = TEMPLATED[kind]
    spec: Any = pod
    if kind != "Pod":
        spec = _nested(path.split("."), pod)
    metadata = {"name": "train", "namespace": namespace}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def _nested(path: list[str], pod: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"spec": pod}
    for key in reversed(path):
        found = {key: found}
    return found


def review(operation: str = "CREATE", **fields: Any) -> dict[str, Any]:
    request: dict[str, Any] = {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "namespace": "research",
        "name": "train",
        "operation": operation,
        "userInfo": {"username": "eve", "groups": ["system:authenticated"]},
        "object": workload("Pod", GPU_POD),
    }
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {**request, **fields},
    }


def statuses(report: dict[str, Any]) -> dict[str, str]:
    return {
        verdict["rule"]: verdict["status"]
        for subject in report["subjects"]
        for verdict in subject["verdicts"]
    }


def failing(report: dict[str, Any]) -> set[str]:
    return {rule for rule, status in statuses(report).items() if status == "fail"}


@pytest.mark.parametrize("kind", TEMPLATED)
def test_pods_are_found_in_every_workload(admit: Admit, kind: str) -> None:
    code, report = admit({"w.json": workload(kind, GPU_POD)}, "w.json")
    assert (code, failing(report)) == (0, set())
    assert statuses(report)["ADM-001"] == "pass"
    bare = {"hostPID": True, "containers": [{"name": "main", "image": "busybox"}]}
    code, report = admit({"w.json": workload(kind, bare)}, "w.json")
    assert code == 1
    assert failing(report) == {"ADM-003", "ADM-005", "ADM-006"}


def test_a_finding_says_where_it_stands(admit: Admit) -> None:
    bad = copy.deepcopy(GPU_POD) | {"hostNetwork": True}
    text = yaml.safe_dump(workload("Deployment", bad), sort_keys=False)
    _, report = admit({"w.yaml": text}, "w.yaml")
    [finding] = [
        finding
        for verdict in report["subjects"][0]["verdicts"]
        for finding in verdict.get("findings", ())
    ]
    line = next(n for n, each in enumerate(text.split("\n"), 1) if "hostNetwork" in each)
    assert finding["path"] == "request.object.spec.template.spec.hostNetwork"
    assert (finding["location"]["file"], finding["location"]["line"]) == ("w.yaml", line)


def test_places_in_reviews_and_lists(admit: Admit) -> None:
    bad = workload("Pod", GPU_POD | {"hostPID": True})
    listed = {"apiVersion": "v1", "kind": "List", "items": [review(object=bad), bad]}
    _, report = admit({"l.yaml": yaml.safe_dump(listed, sort_keys=False)}, "l.yaml")
    places = [
        finding["location"]["path"]
        for subject in report["subjects"]
        for verdict in subject["verdicts"]
        for finding in verdict.get("findings", ())
    ]
    assert places == ["$.items[0].request.object.spec.hostPID", "$.items[1].spec.hostPID"]


def test_claims_are_looked_into(admit: Admit) -> None:
    pod = {
        "containers": [
            {
                "name": "main",
                "image": "nvcr.io/nvidia/cuda:12.8.1-base-ubuntu24.04",
                "securityContext": {"capabilities": {"drop": ["ALL"]}},
                "resources": {"claims": [{"name": "gpu"}]},
            }
        ],
        "resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "one"}],
    }
    claim = {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaimTemplate",
        "metadata": {"name": "one", "namespace": "research"},
        "spec": {
            "spec": {"devices": {"requests": [{"exactly": {"deviceClassName": "gpu.nvidia.com"}}]}}
        },
    }
    code, report = admit({"p.json": workload("Job", pod)}, "p.json")
    assert (code, statuses(report)["ADM-002"]) == (3, "unknown")
    code, report = admit({"c.json": claim}, "p.json", "--inventory", "c.json")
    assert (code, failing(report)) == (1, {"ADM-002"})
    code, report = admit({}, "c.json", "p.json")
    assert (code, failing(report)) == (1, {"ADM-002"})


def test_who_changes_what_is_protected(admit: Admit) -> None:
    policy = {"apiVersion": "nvidia.com/v1", "kind": "ClusterPolicy", "metadata": {"name": "p"}}
    files = {"p.json": policy}
    assert admit(files, "p.json")[0] == 3
    assert admit({}, "p.json", "--as-group", "dev")[0] == 1
    code, report = admit({}, "p.json", "--as", "ci", "--as-group", "system:serviceaccounts:argocd")
    assert (code, statuses(report)["ADM-007"]) == (0, "pass")
    assert admit({}, "p.json", "--as-group", "dev", "--operation", "delete")[0] == 1


def test_an_update_is_held_against_the_inventory(admit: Admit) -> None:
    driver = {
        "apiVersion": "nvidia.com/v1alpha1",
        "kind": "NVIDIADriver",
        "metadata": {"name": "d"},
        "spec": {"driverType": "gpu"},
    }
    changed = driver | {"spec": {"driverType": "vgpu"}}
    owner = ("--operation", "update", "--as-group", "system:serviceaccounts:argocd")
    files = {"new.json": changed, "old.json": driver}
    code, report = admit(files, "new.json", *owner)
    assert (code, statuses(report)["ADM-007"]) == (3, "unknown")
    code, report = admit({}, "new.json", *owner, "--inventory", "old.json")
    assert (code, failing(report)) == (1, {"ADM-007"})


def test_reviews_are_judged_as_they_are(admit: Admit) -> None:
    code, report = admit({"r.json": review()}, "r.json")
    assert (code, report["subjects"][0]["name"]) == (0, "Pod/research/train")
    old = workload("Pod", GPU_POD | {"hostPID": True})
    deletion = review("DELETE", object=None, oldObject=old)
    code, report = admit({"r.json": deletion}, "r.json")
    assert (code, set(statuses(report).values())) == (3, {"skip"})
    connecting = review("CONNECT", subResource="exec", object={"kind": "PodExecOptions"})
    code, report = admit({"r.json": connecting}, "r.json")
    assert code == 3
    assert report["subjects"][0]["name"] == "connect Pod/research/train/exec"
    worse = review("UPDATE", object=old, oldObject=workload("Pod", GPU_POD), dryRun=True)
    assert admit({"r.json": worse}, "r.json")[0] == 1


@pytest.mark.parametrize(
    "broken",
    [
        {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1"},
        review(uid=None),
        review(operation="PATCH"),
        review(object=None),
        review(object="pod"),
        {"a": 1},
    ],
)
def test_what_is_malformed_is_no_answer(admit: Admit, broken: dict[str, Any]) -> None:
    code, report = admit({"r.json": broken, "good.json": review()}, "r.json", "good.json")
    assert code == 2
    assert len(report["problems"]) == 1
    assert report["problems"][0]["location"]["file"] == "r.json"
    assert len(report["subjects"]) == 1


def answers(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    code = console.run(root, ["admit", "--no-record", DAY, "-o", "admissionreview", *arguments])
    said = capsys.readouterr()
    return code, json.loads(said.out), said.err


def test_answers_as_the_api_server_wants_them(
    inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = review(object=workload("Pod", GPU_POD | {"hostPID": True}))
    lay_out(inside, {"good.json": json.dumps(review()), "bad.json": json.dumps(bad)})
    code, found, _ = answers(capsys, "good.json")
    assert code == 0
    assert found == {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": {"uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "allowed": True},
    }
    code, found, _ = answers(capsys, "bad.json")
    assert code == 1
    assert not found["response"]["allowed"]
    assert found["response"]["status"] == {
        "code": 403,
        "reason": "Forbidden",
        "message": "[ADM-003] The pod has hostPID.",
    }
    code, found, _ = answers(capsys, "good.json", "bad.json")
    assert [each["response"]["allowed"] for each in found["items"]] == [True, False]


def test_what_is_unknown_is_not_allowed(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(inside, {"g.json": json.dumps(review(object=workload("Pod", {"containers": 7})))})
    code, found, _ = answers(capsys, "g.json")
    assert (code, found["response"]["allowed"]) == (3, False)
    assert "unknown" in found["response"]["status"]["message"]
    code, found, _ = answers(capsys, "g.json", "--allow-incomplete")
    assert (code, found["response"]["allowed"]) == (0, True)
    assert found["response"]["warnings"]


def test_warnings_and_problems_are_told(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {
        "p/t.yaml": template(),
        "p/c.yaml": constraint(spec=f"{OWNER}enforcementAction: warn\n"),
        "p/d.yaml": constraint(name="quiet", spec=f"{OWNER}enforcementAction: dryrun\n"),
        "pod.yaml": thing(name='"a\\u001b[31m"'),
        "none.yaml": "a: 1\n",
    }
    lay_out(inside, files)
    code, found, err = answers(capsys, "-p", "p", "pod.yaml", "none.yaml")
    assert code == 2
    [answer] = found["items"]
    assert answer["response"]["allowed"]
    assert answer["response"]["warnings"] == ['[Owned/all] a\\x1b[31m lacks ["owner"]']
    assert "problem: none.yaml:1:1 $: this is no object of Kubernetes" in err


def test_templates_are_asked_at_the_webhook(admit: Admit) -> None:
    scoped = (
        "parameters: {labels: [owner]}\nenforcementAction: scoped\nscopedEnforcementActions:\n"
        "- {action: deny, enforcementPoints: [{name: validation.gatekeeper.sh}]}\n"
        "- {action: dryrun, enforcementPoints: [{name: gator.gatekeeper.sh}]}\n"
    )
    files = {"p/t.yaml": template(), "p/c.yaml": constraint(spec=scoped), "pod.yaml": thing()}
    assert admit(files, "-p", "p", "pod.yaml")[0] == 1
    assert console.run(root, ["check", "--no-record", "-p", "p", "pod.yaml"]) == 0


def test_the_inventory_that_is_given_is_all_there_is(admit: Admit) -> None:
    files = {
        "p/u.yaml": coded("UniqueHost", UNIQUE, annotations=SYNC),
        "p/c.yaml": constraint("UniqueHost", "hosts", ""),
        "new.yaml": ingress("new", "a.example"),
        "old.yaml": ingress("old", "a.example", "prod"),
        "other.yaml": ingress("other", "b.example"),
    }
    assert admit(files, "-p", "p", "new.yaml")[0] == 3
    assert admit({}, "-p", "p", "new.yaml", "--inventory", "other.yaml")[0] == 0
    assert admit({}, "-p", "p", "new.yaml", "--inventory", "old.yaml")[0] == 1


# A snapshot as context --------------------------------------------------------------------------


def snapshot(version: str = "v1.33.5", **subtypes: Any) -> dict[str, Any]:
    found = {"server": {"version": version}, **subtypes}
    listed = [{"subtype": key.replace("_", "-"), "data": data} for key, data in found.items()]
    metadata = {"cluster": "c1", "timestamp": "2026-11-23T10:00:00Z", "generator": "eidos 0.1.0"}
    return {
        "apiVersion": "eidos.dev/v1",
        "kind": "Snapshot",
        "metadata": metadata,
        "measurements": [{"type": "K8s", "subtypes": listed}],
    }


def test_rules_see_the_facts_of_the_snapshot(admit: Admit, tmp_path: Path) -> None:
    write_pack(tmp_path / "own", server=SERVER_RULE)
    old = snapshot("v1.30.1")
    files = {"pod.json": workload("Pod", GPU_POD), "new.yaml": snapshot(), "old.yaml": old}
    own = ("-p", "own", "pod.json")
    code, report = admit(files, *own)
    assert (code, statuses(report)) == (3, {"T-001": "unknown"})
    assert "no snapshot is given" in report["subjects"][0]["verdicts"][0]["reason"]
    assert admit({}, *own, "--snapshot", "new.yaml")[0] == 0
    assert admit({}, *own, "--snapshot", "old.yaml")[0] == 1


@pytest.mark.parametrize(
    ("ago", "said"), [(timedelta(hours=14), "is 14h old"), (timedelta(days=-2), "the future")]
)
def test_a_snapshot_that_is_too_old_does_not_count(
    admit: Admit, tmp_path: Path, ago: timedelta, said: str
) -> None:
    write_pack(tmp_path / "own", server=SERVER_RULE)
    seen = snapshot()
    seen["metadata"]["timestamp"] = written(datetime.now(UTC) - ago)
    files = {"pod.json": workload("Pod", GPU_POD), "s.yaml": seen}
    arguments = ("-p", "own", "pod.json", "--snapshot", "s.yaml")
    assert admit(files, *arguments)[0] == 0
    code, report = admit({}, *arguments, "--max-age", "1h")
    assert code == 3
    reason = report["subjects"][0]["verdicts"][0]["reason"]
    assert f"the snapshot s.yaml {said}" in reason.replace("is from the", "the")
    assert "over --max-age 1h" in reason
    assert admit({}, *arguments, "--max-age", "1d")[0] == (0 if ago > timedelta() else 3)


def test_a_snapshot_without_time_is_of_any_age(admit: Admit, tmp_path: Path) -> None:
    write_pack(tmp_path / "own", server=SERVER_RULE)
    timeless = snapshot()
    del timeless["metadata"]["timestamp"]
    files = {"pod.json": workload("Pod", GPU_POD), "s.yaml": timeless}
    arguments = ("-p", "own", "pod.json", "--snapshot", "s.yaml")
    assert admit(files, *arguments)[0] == 0
    assert admit({}, *arguments, "--max-age", "1h")[0] == 3


def test_the_newest_recorded_snapshot_is_context(admit: Admit, tmp_path: Path) -> None:
    write_pack(tmp_path / "own", server=SERVER_RULE)
    lay_out(tmp_path, {"s.yaml": json.dumps(snapshot("v1.30.1"))})
    console.run(root, ["check", "-p", "kubernetes", DAY, "-o", "json=seen.json", "s.yaml"])
    files = {"pod.json": workload("Pod", GPU_POD)}
    assert admit(files, "-p", "own", "pod.json", "--snapshot", "c1@now")[0] == 1


def test_namespaces_of_the_snapshot_answer_for_pod_security(admit: Admit) -> None:
    def selecting(key: str) -> str:
        match = f"{{namespaceSelector: {{matchLabels: {{{key}: baseline}}}}}}"
        return constraint(spec=f"parameters: {{labels: [owner]}}\nmatch: {match}\n")

    seen = snapshot(pod_security={"shop": {"enforce": "baseline"}})
    level = selecting("pod-security.kubernetes.io/enforce")
    files = {"p/t.yaml": template(), "p/c.yaml": level, "pod.yaml": thing(), "s.yaml": seen}
    arguments = ("-p", "p", "pod.yaml", "--snapshot", "s.yaml")
    assert admit(files, *arguments)[0] == 1
    assert admit({"p/c.yaml": selecting("team")}, *arguments)[0] == 3


def test_custom_resources_of_the_snapshot_are_inventory(admit: Admit) -> None:
    rego = (
        'package one\n\nviolation contains {"msg": "there is one"} if {\n'
        '  some name, _ in data.inventory.cluster["nvidia.com/v1"].ClusterPolicy\n'
        "  name != input.review.name\n}\n"
    )
    entry = {"apiVersion": "nvidia.com/v1", "kind": "ClusterPolicy", "spec": {}}
    seen = snapshot(custom_resources={"clusterpolicies.nvidia.com": {"": {"first": entry}}})
    second = {**entry, "metadata": {"name": "second"}}
    files = {
        "p/t.yaml": coded("OnlyOne", rego),
        "p/c.yaml": constraint("OnlyOne", "one", ""),
        "second.json": second,
        "s.yaml": seen,
    }
    assert admit(files, "-p", "p", "second.json")[0] == 3
    assert admit({}, "-p", "p", "second.json", "--snapshot", "s.yaml")[0] == 1


LONELY = """\
package lonely

violation contains {{"msg": "there is another"}} if {{
  some name, other in data.inventory.{path}
  name != input.review.name
  {condition}
}}
"""


def lonely(path: str, condition: str = "true", annotations: str = "") -> dict[str, Any]:
    rego = LONELY.format(path=path, condition=condition)
    return {
        "p/t.yaml": coded("Lonely", rego, annotations=annotations),
        "p/c.yaml": constraint("Lonely", "all", ""),
    }


SERVICE = 'namespace[_]["v1"].Service'
STORAGE = {"fast": {"provisioner": "p", "default": True}}


def test_other_kinds_are_no_inventory(admit: Admit) -> None:
    files = {
        **lonely(SERVICE),
        "new.yaml": ingress("new", "a.example"),
        "other.yaml": ingress("other", "b.example"),
        "s.yaml": snapshot(storage_classes=STORAGE),
        "service.json": {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}},
    }
    own = ("-p", "p", "new.yaml")
    assert admit(files, *own, "other.yaml", "--snapshot", "s.yaml")[0] == 3
    assert admit({}, *own, "--inventory", "other.yaml")[0] == 0
    assert admit({}, *own, "--inventory", "service.json")[0] == 1


def test_rego_looks_for_more_than_its_annotation_says(admit: Admit) -> None:
    new, other = ingress("new", "a.example"), ingress("other", "b.example")
    files = {**lonely(SERVICE, annotations=SYNC), "new.yaml": new, "other.yaml": other}
    code, report = admit(files, "-p", "p", "new.yaml", "other.yaml")
    assert code == 3
    assert "no other Service" in report["subjects"][0]["verdicts"][0]["reason"]


def test_a_template_that_does_not_say_what_it_looks_for_is_unknown(admit: Admit) -> None:
    files = {
        **lonely('namespace[_]["v1"][input.review.object.kind]', "false"),
        "one.yaml": thing("one"),
        "two.yaml": thing("two"),
    }
    code, report = admit(files, "-p", "p", "one.yaml", "two.yaml")
    assert code == 3
    assert "which kinds" in report["subjects"][0]["verdicts"][0]["reason"]
    assert admit({}, "-p", "p", "one.yaml", "--inventory", "two.yaml")[0] == 0


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ('other.provisioner == "q"', 0),
        ('other.provisioner == "p"', 1),
        ('other.metadata.annotations["storageclass.kubernetes.io/is-default-class"] == "true"', 1),
        ("other.metadata.annotations.team", 3),
        ("other.metadata.ownerReferences", 3),
    ],
)
def test_storage_classes_are_inventory_but_for_their_metadata(
    admit: Admit, condition: str, code: int
) -> None:
    files = {
        **lonely('cluster["storage.k8s.io/v1"].StorageClass', condition),
        "pod.json": workload("Pod", GPU_POD),
        "s.yaml": snapshot(storage_classes=STORAGE),
    }
    assert admit(files, "-p", "p", "pod.json", "--snapshot", "s.yaml")[0] == code


@pytest.mark.parametrize(
    ("resource", "redacted", "code"),
    [
        ("clusterpolicies.nvidia.com", "", 0),
        ("clusterpolicies.nvidia.com", "clusterpolicies.nvidia.com..first.spec.password", 3),
        ("clusterpolicies.nvidia.com", "nvidiadrivers.nvidia.com..first.spec.password", 0),
        ("resourceslices.resource.k8s.io", "", 3),
    ],
)
def test_what_the_snapshot_has_in_part_is_no_inventory(
    admit: Admit, resource: str, redacted: str, code: int
) -> None:
    entry = {"apiVersion": "nvidia.com/v1", "kind": "ClusterPolicy", "labels": {"a": "b"}}
    seen = snapshot(custom_resources={resource: {"": {"first": entry}}})
    if redacted:
        word = {"type": "K8s", "subtype": "custom-resources", "status": "redacted"}
        seen["collection"] = [word | {"keys": [redacted]}]
    files = {
        **lonely('cluster["nvidia.com/v1"].ClusterPolicy', 'other.metadata.labels.a == "c"'),
        "pod.json": workload("Pod", GPU_POD),
        "s.yaml": seen,
    }
    assert admit(files, "-p", "p", "pod.json", "--snapshot", "s.yaml")[0] == code


def test_a_snapshot_is_context_and_no_manifest(admit: Admit) -> None:
    code, report = admit({"s.yaml": snapshot()}, "s.yaml")
    assert code == 2
    assert "this is a snapshot" in report["problems"][0]["message"]


@pytest.mark.parametrize("pack", ["gpu", "supply-chain"])
def test_rules_about_snapshots_review_nothing(admit: Admit, pack: str) -> None:
    assert admit({"pod.json": review()}, "-p", pack, "pod.json") == (2, {})


def test_plain_rules_review_nothing(admit: Admit) -> None:
    plain = "package main\n\ndeny contains 1 if false\n"
    assert admit({"p/a.rego": plain, "r.json": review()}, "-p", "p", "r.json") == (2, {})


def test_runs_are_recorded_and_read_back(admit: Admit, capsys: pytest.CaptureFixture[str]) -> None:
    code, report = admit({"r.json": review()}, "--record", "r.json")
    assert code == 0
    run = report["metadata"]["run"]
    assert console.run(root, ["history", "show", run, "-o", "json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["subjects"] == report["subjects"]
    assert console.run(root, ["history", "verify"]) == 0


def test_remembering_changes_no_answer(admit: Admit) -> None:
    files = {"r.json": review(object=workload("Pod", GPU_POD | {"hostPID": True}))}
    first = admit(files, "--record", "r.json")
    second = admit({}, "--record", "r.json")
    assert first[1]["subjects"] == second[1]["subjects"]


def test_check_judges_by_the_same_rules(admit: Admit, capsys: pytest.CaptureFixture[str]) -> None:
    _, report = admit({"w.json": workload("Job", GPU_POD | {"hostPID": True})}, "w.json")
    console.run(root, ["check", "--no-record", DAY, "-o", "json", "-p", "admission", "w.json"])
    checked = json.loads(capsys.readouterr().out)
    assert statuses(checked) == statuses(report)


def test_rules_about_reviews_cannot_tell_of_snapshots(
    inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_out(inside, {"s.yaml": json.dumps(snapshot())})
    packs = ("-p", "admission", "-p", "kubernetes")
    console.run(root, ["check", "--no-record", DAY, "-o", "json", *packs, "s.yaml"])
    [subject] = json.loads(capsys.readouterr().out)["subjects"]
    [said] = [each for each in subject["verdicts"] if each["rule"] == "ADM-001"]
    assert (said["status"], said["reason"]) == (
        "unknown",
        "it is about a review, not about a snapshot",
    )


def test_manifests_come_from_standard_input(
    inside: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"---\n# Source: chart/templates/a.yaml\n---\n{json.dumps(workload('Job', GPU_POD))}\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert console.run(root, ["admit", "--no-record", DAY, "-o", "json", "-"]) == 0
    [subject] = json.loads(capsys.readouterr().out)["subjects"]
    assert (subject["name"], subject["file"]) == ("Job/research/train", "<stdin>")
    assert inside.is_dir()


def test_what_names_no_namespace_lies_where_the_manifest_is_deployed(admit: Admit) -> None:
    claim = {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaimTemplate",
        "metadata": {"name": "one"},
        "spec": {"spec": {"devices": {"requests": [{"exactly": {"deviceClassName": "dra.net"}}]}}},
    }
    pod = copy.deepcopy(GPU_POD)
    pod["resourceClaims"] = [{"name": "net", "resourceClaimTemplateName": "one"}]
    del pod["containers"][0]["resources"]["limits"]["nvidia.com/gpu"]
    bare = workload("Pod", pod)
    del bare["metadata"]["namespace"]
    code, report = admit({"a.json": claim, "b.json": bare}, "a.json", "b.json")
    assert (code, statuses(report)["ADM-002"]) == (0, "skip")


def test_hosts_are_unique_wherever_the_ingress_will_lie(admit: Admit) -> None:
    one, two = (
        ingress(name, "a.example").replace(", namespace: shop", "") for name in ("one", "two")
    )
    files = {
        "p/u.yaml": coded("UniqueHost", UNIQUE, annotations=SYNC),
        "p/c.yaml": constraint("UniqueHost", "hosts", ""),
        "both.yaml": f"{one}---\n{two}",
        "one.yaml": one,
    }
    assert admit(files, "-p", "p", "both.yaml")[0] == 1
    assert admit({}, "-p", "p", "one.yaml")[0] == 3
    assert console.run(root, ["check", "--no-record", "-p", "p", "both.yaml"]) == 3
