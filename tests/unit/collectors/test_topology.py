"""Taints and labels across nodes, against the API double."""

from pathlib import Path

import pytest

from eidos.collectors.topology import collector
from eidos.engine.ports import Fact, Wanted
from fakes.kube_api import KubeApi, serve
from fakes.kube_objects import node

pytest.importorskip("kubernetes")


def collect(api: KubeApi, folder: Path) -> dict[str, object]:
    options = {"kubeconfig": str(api.kubeconfig(folder)), "page_size": 2}
    wanted = Wanted(frozenset(collector.subtypes), "me", options=options)
    items = list(collector.collect(wanted))
    return {item.subtype.name: item.subtype.data for item in items if isinstance(item, Fact)}


def test_nodes_are_lists_and_odd_values_survive(tmp_path: Path) -> None:
    with serve(KubeApi()) as api:
        api.add(*(node(f"n{index}") for index in (2, 0, 1)))
        found = collect(api, tmp_path)
    assert found["summary"] == {"node-count": 3, "taint-count": 1, "label-count": 7}
    nodes = ["n0", "n1", "n2"]
    taint = {"key": "nvidia.com/gpu", "effect": "NoSchedule", "value": "a|b,c", "nodes": nodes}
    assert found["taint"] == {"items": [taint]}
    assert len(api.asked) == 2


def test_no_nodes_is_found_empty(tmp_path: Path) -> None:
    with serve(KubeApi()) as api:
        found = collect(api, tmp_path)
    assert found["label"] == {}
    assert found["summary"] == {"node-count": 0, "taint-count": 0, "label-count": 0}
