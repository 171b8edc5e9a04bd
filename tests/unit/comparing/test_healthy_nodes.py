"""Two healthy nodes of one image are alike; what a human set is seen."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from eidos.engine.app.context import Context
from eidos.engine.app.diff import Compared, Comparing, diff
from eidos.engine.model.drift import Drift
from fakes.drifting import another_node, containerd, upstream

INFINITY = 2**64 - 1
UNIT = "containerd.service"
HUMAN: list[tuple[str, Any]] = [
    ("LimitNOFILE", 65536),
    ("LimitMEMLOCK", 67108864),
    ("LimitSIGPENDING", INFINITY),
    ("Environment", "[HTTPS_PROXY=http://proxy:3128]"),
    ("DropInPaths", "[/etc/systemd/system/containerd.service.d/99-new.conf]"),
    ("GuessMainPID", False),
    ("After", "[dbus.service network.target basic.target system.slice nfs.service]"),
    ("ActiveState", "failed"),
    (
        "ExecStart",
        "[[/bin/containerd [/bin/containerd -l debug] false 1764981218 2721 0 0 28 0 0]]",
    ),
]


def compared(tmp_path: Path, before: Any, after: Any) -> Drift:
    paths = [tmp_path / "before.json", tmp_path / "after.json"]
    for path, document in zip(paths, (before, after), strict=True):
        path.write_text(json.dumps(document))
    [found] = diff(str(paths[0]), [str(paths[1])], Comparing(), None, Context())
    assert isinstance(found, Compared)
    return found.drift


def unit_of(document: Any) -> Any:
    [systemd] = [each for each in document["measurements"] if each["type"] == "SystemD"]
    return next(each["data"] for each in systemd["subtypes"] if each["subtype"] == UNIT)


@pytest.fixture(scope="module")
def gb200(shared: Path) -> Any:
    return yaml.safe_load((shared / "data/snapshots/gb200.yaml").read_text())


@pytest.mark.parametrize("seed", range(5))
def test_two_small_healthy_nodes_show_no_change(tmp_path: Path, seed: int) -> None:
    before = upstream("n1", containerd())
    drift = compared(tmp_path, before, another_node(before, seed))
    assert drift.changes == ()
    assert drift.hidden
    assert drift.exit_code == 0


@pytest.mark.parametrize("seed", range(3))
def test_two_real_healthy_nodes_show_no_change(tmp_path: Path, gb200: Any, seed: int) -> None:
    drift = compared(tmp_path, gb200, another_node(gb200, seed))
    assert drift.changes == ()
    assert drift.hidden > 20
    assert drift.exit_code == 0


@pytest.mark.parametrize(("key", "value"), HUMAN)
def test_what_a_human_set_on_a_small_node_is_shown(tmp_path: Path, key: str, value: Any) -> None:
    before = upstream("n1", containerd())
    after = another_node(before)
    unit_of(after)[key] = value
    [change] = compared(tmp_path, before, after).changes
    assert change.path == (key,)


@pytest.mark.parametrize(("key", "value"), HUMAN)
def test_what_a_human_set_on_a_real_node_is_shown(
    tmp_path: Path, gb200: Any, key: str, value: Any
) -> None:
    after = another_node(gb200)
    unit_of(after)[key] = value
    [change] = compared(tmp_path, gb200, after).changes
    assert change.path == (key,)


@pytest.mark.parametrize("key", ["LimitNOFILE", "LimitMEMLOCK", "LimitSIGPENDING"])
def test_a_limit_from_infinity_is_shown_as_such(tmp_path: Path, key: str) -> None:
    before = upstream("n1", containerd() | {key: INFINITY})
    after = copy.deepcopy(before)
    unit_of(after)[key] = 4096
    [change] = compared(tmp_path, before, after).changes
    assert (change.before, change.after) == ("infinity", 4096)
