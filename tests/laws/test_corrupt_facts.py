"""The first promise, again: corrupting a fact never makes a pass or a skip of anything.

Every value of every fact that any rule declares is replaced by garbage, one at a time, at every
depth. What a mutation makes plausible by accident stands in `PLAUSIBLE`, with why. Nor does it hide
what is wrong with other things in the same list, or make anything wrong that is not.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path

import pytest

from eidos.engine.app.policies import load_packs
from eidos.engine.documents.finding import Source
from eidos.engine.documents.reading import read_documents
from eidos.engine.documents.snapshots import read_snapshot
from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.evaluating.subjects import SubjectFacts
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Rule
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.rego.light import LightEngine
from fakes.policies import cluster_of, nodes_of

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT / "tests" / "documents" / "valid"
FULL = [ROOT / "ci-examples" / "cluster.yaml", DOCUMENTS / "snapshot" / "everything-wrong.yaml"]
"""Fixtures of which every value is corrupted."""
OTHERS = sorted((*DOCUMENTS.glob("snapshot/small.yaml"), *DOCUMENTS.glob("upstream-snapshot/*")))
SHARED = ("snapshots/gb200.yaml", "gpu-h200/xml.yaml", "gpu-h200/nvml.yaml")
SIXTH = 6
"""Of the mutations of `FULL` every sixth is tried: each value meets a sixth of all garbage."""
SAMPLED = 14
"""Of a large fixture's mutations every fourteenth is tried."""
UNPLANTED = {"GPU-011", "K8S-027"}
"""Rules that no fixture of ours breaks: each excludes what breaks another."""

WORDS = ("", " ", "N/A", "[N/A]", "[Unknown Error]", "ERR!", "Unknown", "null", "<nil>", "-")
CONSTANTS: tuple[Json, ...] = (
    *(None, *WORDS, [], [[]], [None], {}, {"a": {}}, True, False),
    *(-1, "-1", -7.5, 1.5, "1.5.", 2**70, str(2**70), "9" * 40, "\x00", "\ufeff", "x" * 5000),
)


@dataclass(frozen=True)
class Plausible:
    """A mutation that gives another value that may well be true."""

    path: str
    """Pattern of the fact's path."""
    value: str
    """Regular expression of the JSON of what stands there now."""
    why: str


PLAUSIBLE = (
    Plausible("k8s.policy.*", "true|false", "a switch that is turned is another fact"),
    Plausible("k8s.kubelet.*", "true|false", "a switch that is turned is another fact"),
    Plausible("k8s.network-policies.*.default-deny-*", "true|false", "so it is of a namespace"),
    Plausible("k8s.storage-classes.*", "true|false", "so it is of a class"),
    Plausible("k8s.rbac.*.default", "true", "so it is of a binding and a role"),
    Plausible("k8s.rbac.*", r"\[\]", "that nobody has a power is a fact"),
    Plausible("gpu.devices.devices.*.pending", "false", "so it is of a GPU"),
    Plausible("gpu.devices.devices.*.failure", "false", "so it is of a GPU"),
    Plausible("systemd.*.Delegate", "true|false", "so it is in a unit"),
    Plausible("gpu.smi.gpu.gsp-firmware-version", '"N/A"', "a GPU may run without GSP firmware"),
    Plausible("k8s.image.containers.*.tag", r'"(1\.5\.|\d+)"', "any number is a tag"),
    Plausible("k8s.policy.*.version", r'"(1\.5\.|\d+)"', "any number is a tag"),
    Plausible("k8s.policy.devicePlugin.env.*.value", '""', "which disables nothing"),
)


INVENTED = {
    ("OS-013", "os.grub.security"): "it asks for one text, of which nobody knows whether it stands",
}
"""Findings that garbage may make: rule and path, and why."""


def garbage(value: Json) -> Iterator[Json]:
    """Give what may stand where a value was."""
    yield from CONSTANTS
    yield from ([value], [[value]], {"a": value}, {str(value)[:20]: value})
    if isinstance(value, str):
        yield from (f"{value} ", f" {value}", f"{value}\n", f"{value}\x00", f"{value}\u200b")
        yield from (value.upper(), value.lower(), value.swapcase(), value.title())
    if isinstance(value, int):
        yield from (-value - 1, value + 2**64)


Corruption = tuple[str, Json, Json]
"""The place in a value, what stands there now, and the whole value with it."""


def corrupted(value: Json, place: str = "") -> Iterator[Corruption]:
    """Give every corruption of a value and of all that is in it."""
    for bad in garbage(value):
        if bad != value or type(bad) is not type(value):
            yield place, bad, bad
    if isinstance(value, str) and value.startswith("[{"):
        for below, bad, whole in corrupted_inside(json.loads(value), place):
            yield below, bad, json.dumps(whole)
    yield from corrupted_inside(value, place)


def corrupted_inside(value: Json, place: str) -> Iterator[Corruption]:
    """Give every corruption of what is in a list or a map."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            for below, bad, whole in corrupted(item, f"{place}.{index}"):
                yield below, bad, [*value[:index], whole, *value[index + 1 :]]
    elif isinstance(value, dict):
        for key, item in value.items():
            for below, bad, whole in corrupted(item, f"{place}.{key}"):
                yield below, bad, {**value, key: whole}


@dataclass(frozen=True)
class Mutation:
    """A subject with one corrupt value."""

    subject: SubjectFacts
    path: str
    value: Json
    """What stands in the place of the fact now."""

    @property
    def plausible(self) -> bool:
        return any(
            fnmatchcase(self.path, each.path)
            and re.fullmatch(each.value, json.dumps(self.value, ensure_ascii=False))
            for each in PLAUSIBLE
        )


def mutations(subject: SubjectFacts, path: FactAddress) -> Iterator[Mutation]:
    """Corrupt each value below a declared fact; of every node's facts those of the first."""
    node = next((name for name, facts in subject.nodes.items() if path.whole in facts), "")
    facts = subject.nodes.get(node, {}) if path.every_node else subject.facts
    data = facts.get(path.whole, {})
    for key in data if path.key is None else {path.key} & data.keys():
        for below, bad, value in corrupted(data[key]):
            at = f"{path.type}.{path.subtype}.{key}{below}"
            spoilt = {**facts, path.whole: {**data, key: value}}
            changed = {"nodes": {**subject.nodes, node: spoilt}}
            changed = changed if path.every_node else {"facts": spoilt}
            yield Mutation(replace(subject, digest=f"{at} {bad!r:.80}", **changed), at, bad)


@pytest.fixture(scope="module")
def engine() -> Iterator[LightEngine]:
    with closing(LightEngine()) as engine:
        yield engine


@pytest.fixture(scope="module")
def rules(engine: LightEngine) -> list[Rule]:
    return [rule for pack in load_packs((), engine) for rule in pack.rules]


def subjects_of(file: Path) -> list[SubjectFacts]:
    [document] = read_documents(Source(file.name, file))
    taken = read_snapshot(document, lenient=True).snapshot
    return [cluster_of(taken), *nodes_of(taken)]


def about(rules: Sequence[Rule], subject: SubjectFacts) -> dict[FactAddress, list[Rule]]:
    """Give the facts that a subject's rules declare, each with the rules that do."""
    found: dict[FactAddress, list[Rule]] = defaultdict(list)
    for rule in rules:
        for path in {*rule.requires, *rule.reads}:
            if rule.scope is subject.scope and path.type != "node":
                found[path].append(rule)
    return found


def broken_promises(
    rules: Sequence[Rule], engine: LightEngine, subject: SubjectFacts, step: int
) -> Iterator[str]:
    """Give every verdict that some corruption of the subject makes, and must not."""
    for path, asked in about(rules, subject).items():
        judge = Judge(asked, engine, NoMemo(), NOW)
        [before] = judge.judge([subject])
        tried = [m for m in islice(mutations(subject, path), 0, None, step) if not m.plausible]
        for mutation, after in zip(tried, judge.judge([m.subject for m in tried]), strict=True):
            for old, new in zip(before, after, strict=True):
                for wrong in wrongs(old, new, mutation):
                    yield f"{wrong}: {old.rule} {old.status} -> {new.status}: {mutation.path}"


def wrongs(old: Verdict, new: Verdict, mutation: Mutation) -> Iterator[str]:
    if new.status in (Status.PASS, Status.SKIP) and new.status is not old.status:
        yield "greener"
    gone, made = found(old) - found(new), found(new) - found(old)
    beside = beside_of(mutation.path)
    # An error ends with exit code 2: the light engine refuses integers that it has no room for.
    if new.status is not Status.ERROR and any(beside(path) for path, *_ in gone):
        yield f"hides {gone}"
    # A list or a map of garbage is still another list or map: shorter, say, than it should be.
    is_leaf = not isinstance(mutation.value, list | dict)
    is_unread = new.reason is not None and "is unreadable: " in new.reason
    if is_leaf and is_unread and any((new.rule, path) not in INVENTED for path, *_ in made):
        yield f"invents {made}"


def found(verdict: Verdict) -> set[tuple[str, str, str]]:
    """Give what was found wrong; by what it is called, another GPU may be called."""
    return {
        (each.path or each.msg, json.dumps(each.actual), json.dumps(each.expected))
        for each in verdict.findings
        if each.level != "warn"
    }


def beside_of(place: str) -> Callable[[str], bool]:
    """Say of a path whether it is in another item of the list that a place is in."""
    match = re.fullmatch(r"([a-z0-9.-]+)\.(\d+)(\..*)?", place)
    of_list = re.compile(rf"{re.escape(match[1])}\[(\d+)\].*") if match else None

    def is_beside(path: str) -> bool:
        other = of_list.fullmatch(path.replace('["', ".").replace('"]', "")) if of_list else None
        return other is not None and match is not None and other[1] != match[2]

    return is_beside


def test_garbage_is_told_from_its_neighbours() -> None:
    is_beside = beside_of("gpu.devices.devices.0.pcie.width")
    assert is_beside("gpu.devices.devices[6].remapped-rows")
    assert not is_beside("gpu.devices.devices[0].remapped-rows")
    assert not is_beside("gpu.devices.devices")
    assert beside_of("k8s.rbac.bind.0")('k8s.rbac["bind"][1]')
    assert not beside_of("gpu.smi.driver")("gpu.devices.devices[6]")


@pytest.mark.parametrize("file", FULL, ids=lambda file: file.stem)
def test_no_garbage_makes_a_pass_or_hides_a_failure_or_makes_one(
    file: Path, rules: list[Rule], engine: LightEngine
) -> None:
    for subject in subjects_of(file):
        assert list(broken_promises(rules, engine, subject, SIXTH)) == []


def test_nor_does_it_in_any_other_document(rules: list[Rule], engine: LightEngine) -> None:
    for file in OTHERS:
        for subject in subjects_of(file):
            assert list(broken_promises(rules, engine, subject, 1)) == []


@pytest.mark.parametrize("name", SHARED)
def test_nor_in_what_real_machines_said(
    name: str, shared: Path, rules: list[Rule], engine: LightEngine
) -> None:
    for subject in subjects_of(shared / "data" / name):
        assert list(broken_promises(rules, engine, subject, SAMPLED)) == []


def test_the_fixtures_break_every_rule_and_touch_every_fact(
    rules: list[Rule], engine: LightEngine
) -> None:
    broken: set[str] = set()
    untouched = {path for rule in rules for path in (*rule.requires, *rule.reads)}
    for subject in (subject for file in FULL for subject in subjects_of(file)):
        asked = [rule for rule in rules if rule.scope is subject.scope]
        [verdicts] = Judge(asked, engine, NoMemo(), NOW).judge([subject])
        broken |= {v.rule for v in verdicts if v.status in (Status.FAIL, Status.WARN)}
        untouched -= {path for path in untouched if any(mutations(subject, path))}
    assert {rule.id for rule in rules} - broken == UNPLANTED
    assert untouched == set()
