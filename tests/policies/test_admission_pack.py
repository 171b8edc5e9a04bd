"""The pack for admission: an odd request gets a verdict, the same on both engines, and no pass."""

import copy
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.app.policies import load_packs
from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.evaluating.subjects import review_facts
from eidos.engine.model.admission import Namespace, Review
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Rule, Scope
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.packs.finding import ADMISSION
from eidos.engine.ports import RegoEngine
from eidos.engine.rego.light import LightEngine
from eidos.engine.rego.opa.engine import OpaEngine
from fakes.mutations import ODD
from fakes.opa_server import opa_binary

NOW = datetime(2026, 11, 24, tzinfo=UTC)
LEFT_TO_OPA = "the light engine does not serve"
POD: dict[str, Any] = {
    "hostPID": True,
    "runtimeClassName": "nvidia",
    "priorityClassName": "training",
    "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
    "volumes": [{"name": "dev", "hostPath": {"path": "/dev/nvidia0"}}],
    "resourceClaims": [{"name": "gpu", "resourceClaimName": "mine"}],
    "containers": [
        {
            "name": "main",
            "image": "busybox",
            "env": [{"name": "NVIDIA_VISIBLE_DEVICES", "value": "all"}],
            "ports": [{"containerPort": 80, "hostPort": 80}],
            "securityContext": {
                "privileged": True,
                "capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]},
            },
            "resources": {"limits": {"nvidia.com/gpu": 1}, "requests": {"nvidia.com/gpu": 2}},
        }
    ],
}
DRIVER: dict[str, Any] = {
    "operation": "UPDATE",
    "kind": {"group": "nvidia.com", "version": "v1alpha1", "kind": "NVIDIADriver"},
    "userInfo": {"username": "eve", "groups": ["dev"]},
    "object": {"spec": {"driverType": "vgpu"}},
    "oldObject": {"spec": {"driverType": "gpu"}},
}
JOB: dict[str, Any] = {
    "operation": "CREATE",
    "namespace": "research",
    "kind": {"group": "batch", "version": "v1", "kind": "Job"},
    "userInfo": {},
    "object": {"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {"spec": POD}}},
}
CLAIMS: dict[str, Any] = {
    "ResourceClaim": {"mine": {"devices": {"requests": [{"deviceClassName": "gpu.nvidia.com"}]}}}
}


@pytest.fixture(scope="module")
def light() -> Iterator[RegoEngine]:
    with closing(LightEngine()) as engine:
        yield engine


@pytest.fixture(scope="module")
def rules(light: RegoEngine) -> list[Rule]:
    return [rule for pack in load_packs((ADMISSION,), light) for rule in pack.rules]


def judged(
    engine: RegoEngine, rules: list[Rule], requests: list[tuple[Any, Any]]
) -> list[tuple[Verdict, ...]]:
    subjects = [
        review_facts(
            Review(request, Namespace("research"), beside={"claims": claims}), "a review", "r.yaml"
        )
        for request, claims in requests
    ]
    return Judge(rules, engine, NoMemo(), NOW).judge(subjects)


def places(value: Json, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    children = value.items() if isinstance(value, dict) else ()
    children = list(enumerate(value)) if isinstance(value, list) else list(children)
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


def odd(request: dict[str, Any], claims: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Give a request with each of its values turned into odd ones, a few at each place."""
    whole = {"request": request, "claims": claims}
    for number, path in enumerate(places(whole)):
        if len(path) == 1 or path[1] == "operation":
            continue
        for value in ODD[number % 7 :: 7]:
            changed = copy.deepcopy(whole)
            at: Any = changed
            for key in path[:-1]:
                at = at[key]
            at[path[-1]] = value
            yield changed["request"], changed["claims"]


ODD_REQUESTS = [*odd(JOB, CLAIMS), *odd(DRIVER, {})]


def test_every_rule_finds_what_it_is_for(light: RegoEngine, rules: list[Rule]) -> None:
    job, driver = judged(light, rules, [(JOB, CLAIMS), (DRIVER, {})])
    found = {each.rule for each in (*job, *driver) if each.status is Status.FAIL}
    assert found == {rule.id for rule in rules}
    assert all(rule.scope is Scope.ADMISSION for rule in rules)


def test_no_value_breaks_a_rule(light: RegoEngine, rules: list[Rule]) -> None:
    broken = {
        (each.rule, each.reason)
        for verdicts in judged(light, rules, ODD_REQUESTS)
        for each in verdicts
        if each.status is Status.ERROR and LEFT_TO_OPA not in (each.reason or "")
    }
    assert broken == set()


def test_a_list_that_cannot_be_read_is_no_pass(light: RegoEngine, rules: list[Rule]) -> None:
    requests = []
    for value in ("all", 7, {"a": 1}, [7], [None]):
        broken = copy.deepcopy(JOB)
        broken["object"]["spec"]["template"]["spec"] = {"containers": value}
        requests.append((broken, CLAIMS))
    for verdicts in judged(light, rules, requests):
        assert {each.status for each in verdicts} == {Status.UNKNOWN, Status.SKIP}
        assert [each.rule for each in verdicts if each.status is Status.SKIP] == ["ADM-007"]


@pytest.mark.real
def test_engines_agree(light: RegoEngine, rules: list[Rule]) -> None:
    with closing(OpaEngine(Path(opa_binary()))) as opa:
        by_opa = judged(opa, rules, ODD_REQUESTS)
    by_light = judged(light, rules, ODD_REQUESTS)
    differ = [
        (one.rule, one.status, other.status, other.reason)
        for ones, others in zip(by_opa, by_light, strict=True)
        for one, other in zip(ones, others, strict=True)
        if (one.status, one.findings) != (other.status, other.findings)
        and LEFT_TO_OPA not in (other.reason or "")
    ]
    assert differ == []
