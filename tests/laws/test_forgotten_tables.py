"""The first promise, for reference tables: what no table has never counts as passed."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from eidos.engine.app.policies import load_packs
from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.evaluating.subjects import SubjectFacts, bundle_facts
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Rule
from eidos.engine.model.verdict import Status
from eidos.engine.packs.finding import shipped
from eidos.engine.rego.light import LightEngine
from fakes.policies import cluster_of, nodes_of, snapshot
from fakes.recipes import recipe_of

NOW = datetime(2026, 9, 24, tzinfo=UTC)
BUNDLE = Path(__file__).parents[1] / "fakes" / "bundles" / "aks-h100-infiniband.yaml"
CLUSTER: dict[str, dict[str, Any]] = {
    "K8s.server": {"version": "v1.36.3"},
    "K8s.image": {
        "gpu-operator": "v26.7.0",
        "driver": "580.173.02-ubuntu24.04",
        "container-toolkit": "v1.19.1",
        "dcgm": "4.5.3",
        "cert-manager-controller": "v1.21.1",
    },
    "K8s.policy": {
        "driver.enabled": "true",
        "driver.kernelModuleType": "open",
        "migManager.enabled": "true",
        "migManager.config.default": "all-1g.24gb",
    },
    "K8s.helm": {"a/kai": {"chart": "kai-scheduler", "version": "v0.16.9", "status": "deployed"}},
}
NODE: dict[str, dict[str, Any]] = {
    "GPU.smi": {
        "driver": "580.173.02",
        "cuda-version": "13.0",
        "gpu.product-architecture": "Blackwell",
        "gpu.model": "NVIDIA GB200",
        "gpu-count": 4,
    },
    "OS.release": {"ID": "ubuntu", "VERSION_ID": "24.04"},
    "OS.kmod": {"nvidia": True},
    "OS.grub": {"init_on_alloc": "0", "numa_balancing": "disable"},
    "SystemD.containerd.service": {"LimitSTACK": "infinity", "LoadState": "loaded"},
    "K8s.node": {
        "os-image": "Ubuntu 24.04.4 LTS",
        "container-runtime-name": "containerd",
        "container-runtime-version": "2.3.5",
    },
    "Network.rdma": {"mlx5_0": {"vendor-id": "0x15b3", "firmware": "28.43.8002", "ports": {}}},
}
ASKS_NO_NAME = {
    "K8S-007": "one floor, for one program",
    "REC-008": "asks how old its tables are",
}
"""Rules that look up nothing that a table could lack."""


@pytest.fixture(scope="module")
def engine() -> Iterator[LightEngine]:
    with closing(LightEngine(workers=1)) as engine:
        yield engine


@pytest.fixture(scope="module")
def rules(engine: LightEngine) -> list[Rule]:
    """Every shipped rule that looks something up."""
    packs = load_packs(tuple(shipped()), engine)
    return [r for pack in packs for r in pack.rules if r.tables and r.id not in ASKS_NO_NAME]


@pytest.fixture(scope="module")
def subjects(rules: list[Rule]) -> list[SubjectFacts]:
    """One of each scope, of which the tables know all."""
    tables: dict[str, Any] = {name: table for rule in rules for name, table in rule.tables.items()}
    wanted = tables["gpu_tuning"]["profiles"][0]["sysctls"]
    sysctls = {each["key"]: str(each["value"]) for each in wanted}
    taken = snapshot(("n1", {**NODE, "OS.sysctl": sysctls}), cluster=CLUSTER)
    bundle = bundle_facts(yaml.safe_load(BUNDLE.read_text()), "recipe", "bundle")
    return [cluster_of(taken), *nodes_of(taken), recipe_of(taken), bundle]


def forgetful(rule: Rule, unlisted: str) -> Rule:
    """Give a rule whose tables have nothing left, by one value of what it does then."""
    tables = {name: emptied(table) for name, table in rule.tables.items()}
    chosen = {name: unlisted for name in rule.params if name.startswith("unlisted_")}
    params = {**rule.params, **chosen}
    return replace(rule, tables=tables, params=params, digest=f"{rule.digest} {unlisted}")


def emptied(table: Json) -> Json:
    assert isinstance(table, dict)
    return {
        key: type(value)() if isinstance(value, dict | list) else value
        for key, value in table.items()
    }


def statuses(
    engine: LightEngine, rules: list[Rule], subjects: list[SubjectFacts]
) -> dict[str, Status]:
    judged = Judge(rules, engine, NoMemo(), NOW).judge(subjects)
    return {verdict.rule: verdict.status for verdicts in judged for verdict in verdicts}


def test_every_rule_with_a_table_passes_what_its_table_knows(
    engine: LightEngine, rules: list[Rule], subjects: list[SubjectFacts]
) -> None:
    """Else the law below would say nothing of it."""
    found = statuses(engine, rules, subjects)
    assert found == {rule.id: Status.PASS for rule in rules}


@pytest.mark.parametrize("unlisted", ["fail", "warn", "ignore"])
def test_what_no_table_has_never_passes(
    engine: LightEngine, rules: list[Rule], subjects: list[SubjectFacts], unlisted: str
) -> None:
    found = statuses(engine, [forgetful(rule, unlisted) for rule in rules], subjects)
    assert set(found) == {rule.id for rule in rules}
    assert [name for name, status in found.items() if status is Status.PASS] == []
    assert Status.ERROR not in found.values()
