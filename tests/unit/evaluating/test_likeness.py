"""What is the same for a rule is judged once; what differs for it is never taken for the same."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.evaluating import judging
from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.likeness import Likeness
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.model.rule import Rule
from eidos.engine.packs.finding import PolicySource
from eidos.engine.packs.index import PackIndex
from eidos.engine.packs.loading import load_pack
from eidos.engine.rego.light import LightEngine
from fakes.policies import nodes_of, snapshot, write_pack

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SEE = """# METADATA
# title: See
# custom:
#   id: T-009
#   severity: low
#   scope: node
#   requires: [gpu.smi.driver]
#   reads: [os.grub]
package eidos.t.see
deny contains json.marshal(input)
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[LightEngine]:
    with closing(LightEngine(workers=1)) as engine:
        yield engine


@pytest.fixture
def rule(tmp_path: Path, engine: LightEngine) -> Rule:
    source = PolicySource(write_pack(tmp_path / "t", see=SEE), is_pack=True)
    rules = load_pack(source, engine, PackIndex(tmp_path / "index")).rules
    return next(rule for rule in rules if rule.id == "T-009")


def facts(driver: Any, grub: dict[str, Any], **others: Any) -> dict[str, dict[str, Any]]:
    return {"GPU.smi": {"driver": driver, **others}, "OS.grub": grub}


ALIKE = (facts("1", {"a": "1"}, uuid="x"), facts("1", {"a": "1"}, uuid="y"))
DIFFERENT = (
    facts("1", {}),
    facts(1, {}),
    facts(1.0, {}),
    facts(True, {}),
    facts(None, {}),
    facts([], {}),
    facts("1", {"a": "1"}),
    facts("1", {"a": 1}),
    {"GPU.smi": {}, "OS.grub": {}},
    {"OS.grub": {}},
    {"GPU.smi": {"driver": "1"}},
)


def test_only_what_is_declared_counts(rule: Rule) -> None:
    likeness = Likeness([rule])
    first, second = nodes_of(snapshot(*((f"n{at}", each) for at, each in enumerate(ALIKE))))
    assert likeness.keys(likeness.row(first), [rule]) == likeness.keys(likeness.row(second), [rule])


def test_what_differs_for_a_rule_has_another_key(rule: Rule) -> None:
    likeness = Likeness([rule])
    nodes = nodes_of(snapshot(*((f"n{at}", each) for at, each in enumerate(DIFFERENT))))
    keys = {key for node in nodes for key in likeness.keys(likeness.row(node), [rule])}
    assert len(keys) == len(DIFFERENT)


def test_forgetting_changes_no_verdict(
    rule: Rule, engine: LightEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = nodes_of(snapshot(*((f"n{at}", each) for at, each in enumerate(DIFFERENT))))
    known = Judge([rule], engine, NoMemo(), NOW).judge(nodes)
    monkeypatch.setattr(judging, "_REMEMBERED", 0)
    judge = Judge([rule], engine, NoMemo(), NOW)
    assert [judge.judge([node]) for node in nodes] == [[verdicts] for verdicts in known]
