"""The shipped rules say the same on both engines, whatever is lost of a snapshot."""

import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eidos.engine.app.policies import load_packs
from eidos.engine.documents.finding import Source
from eidos.engine.documents.reading import read_documents
from eidos.engine.documents.snapshots import read_snapshot
from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.evaluating.subjects import SubjectFacts
from eidos.engine.model.snapshot import Measurement, Node, Snapshot
from eidos.engine.model.verdict import Verdict
from eidos.engine.packs.files import library, read_files
from eidos.engine.packs.finding import shipped
from eidos.engine.ports import Program, RegoEngine
from eidos.engine.rego.light import LightEngine
from eidos.engine.rego.opa.bundle import Bundle
from eidos.engine.rego.opa.engine import OpaEngine
from fakes.opa_server import opa_binary
from fakes.packs import packs
from fakes.policies import cluster_of, nodes_of
from fakes.recipes import recipe_of

NOW = datetime(2026, 11, 24, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[2] / "ci-examples" / "cluster.yaml"
LOSSES = 6
"""Snapshots with something lost, for each that is whole."""


@pytest.fixture(scope="module")
def opa() -> Iterator[OpaEngine]:
    with closing(OpaEngine(Path(opa_binary()))) as engine:
        yield engine


@pytest.fixture(scope="module")
def light() -> Iterator[LightEngine]:
    with closing(LightEngine()) as engine:
        yield engine


def read(path: Path) -> list[Snapshot]:
    return [read_snapshot(each).snapshot for each in read_documents(Source(path.name, path))]


def subjects(whole: Snapshot) -> list[SubjectFacts]:
    dice = random.Random(8)
    taken = [whole, *(poorer(whole, dice) for _ in range(LOSSES))]
    return [
        subject
        for each in taken
        for subject in (cluster_of(each), recipe_of(each), *nodes_of(each))
    ]


def poorer(whole: Snapshot, dice: random.Random) -> Snapshot:
    nodes = tuple(
        Node(node.name, tuple(lossy(each, dice) for each in node.measurements))
        for node in whole.nodes
    )
    return replace(whole, nodes=nodes)


def lossy(measurement: Measurement, dice: random.Random) -> Measurement:
    """Lose one subtype in ten, one key in ten, and change the type of some others."""
    kept = tuple(
        replace(
            subtype,
            data={
                key: value if dice.random() < 0.9 else str(value)
                for key, value in subtype.data.items()
                if dice.random() < 0.9
            },
        )
        for subtype in measurement.subtypes
        if dice.random() < 0.9
    )
    return replace(measurement, subtypes=kept)


def verdicts(engine: RegoEngine, asked: Sequence[SubjectFacts]) -> list[list[Verdict]]:
    rules = [rule for pack in load_packs(tuple(shipped()), engine) for rule in pack.rules]
    judge = Judge(rules, engine, NoMemo(), NOW)
    judge.prepare()
    return [[replace(each, memo=None) for each in row] for row in judge.judge(asked)]


def differences(opa: RegoEngine, light: RegoEngine, whole: Snapshot) -> list[object]:
    asked = subjects(whole)
    real, other = verdicts(opa, asked), verdicts(light, asked)
    assert sum(map(len, real)) > 300
    return [
        pair
        for ours, theirs in zip(real, other, strict=True)
        for pair in zip(ours, theirs, strict=True)
        if pair[0] != pair[1]
    ]


@pytest.mark.real
def test_they_agree_on_the_example(opa: OpaEngine, light: LightEngine) -> None:
    [whole] = read(EXAMPLE)
    assert differences(opa, light, whole) == []


@pytest.mark.real
def test_they_agree_on_a_real_node(opa: OpaEngine, light: LightEngine, shared: Path) -> None:
    [whole] = read(shared / "data" / "snapshots" / "gb200.yaml")
    assert differences(opa, light, whole) == []


@pytest.mark.real
def test_all_shipped_rules_share_one_opa(opa: OpaEngine) -> None:
    rules = [rule for pack in load_packs(tuple(shipped()), opa) for rule in pack.rules]
    programs = [Program(rule.id, rule.modules, {"params": {}, "tables": {}}) for rule in rules]
    bundle = Bundle(programs[0])
    for rule, program in zip(rules, programs, strict=True):
        queries = tuple(entry.path for entry in rule.entrypoints)
        assert bundle.takes(program, queries), rule.id
        bundle.number((program.key, queries, False), program)


@pytest.mark.real
@pytest.mark.parametrize("pack", packs(), ids=lambda pack: pack.name)
def test_they_read_the_same(opa: OpaEngine, light: LightEngine, pack: Path) -> None:
    modules = (*read_files(pack).modules, *library().modules)
    assert opa.analyse(modules) == light.analyse(modules)
