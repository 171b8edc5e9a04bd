"""Constraints as rules: asked, remembered and told like any other.

A constraint about the cluster is asked once, one about nodes of each node; `outcome` says what the
answers come to. A fact that is missing or cannot be read is unknown, as it is for every rule.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from eidos.engine.digest import digest
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.recipe import Constraint, Of, Outcome
from eidos.engine.model.rule import Entrypoint, Module, Rule, Scope, Severity
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.packs.files import library
from eidos.engine.selecting.constraints import as_json, parse

if TYPE_CHECKING:
    from eidos.engine.model.jsonvalue import Json

_PACKAGE = "eidos.constraint"
_MODULE = Path(__file__).with_name("constraint.rego")
_USES = ("booleans", "constraints", "findings", "quantities", "versions")
"""Modules of the library that it reaches."""
_OF_GPU_NODES = frozenset({Of.EVERY_GPU_NODE, Of.NO_GPU_NODE})
_LABELS = FactAddress("k8s", "node", "labels")
_CAPACITY = FactAddress("k8s", "node", "capacity")
GPU_LABELS = (
    "nvidia.com/gpu.present",
    "nvidia.com/gpu.product",
    "feature.node.kubernetes.io/pci-10de.present",
    "cloud.google.com/gke-accelerator",
    "kubernetes.azure.com/accelerator",
    "k8s.amazonaws.com/accelerator",
)
"""Labels that nodes with GPUs have: of GPU Feature Discovery, Node Feature Discovery and clouds."""


def is_answer_to_a_query(rule: Rule) -> bool:
    """Say whether a recorded rule is a constraint of what ``eidos recipe`` was asked.

    Such a run says which recipe would do for a cluster; it is no check of the cluster.
    """
    return rule.scope is Scope.RECIPE and rule.package == _PACKAGE


def constraint_rule(constraint: Constraint, *, known_gpu_node: bool = False) -> Rule:
    """Give a constraint as a rule that fails where it is violated.

    Args:
        constraint: what is asked.
        known_gpu_node: who is asked has a GPU that was seen; else its labels must tell, where the
            constraint is about nodes with GPUs only.
    """
    expression = as_json(parse(constraint.wanted))
    whole = (constraint.entry is not None) or constraint.wanted in {"exists", "absent"}
    fact = constraint.fact
    required = [fact if constraint.entry or not whole else fact.whole]
    if constraint.of in _OF_GPU_NODES and not known_gpu_node:
        required += [each for each in (_LABELS, _CAPACITY) if each not in required]
    path: list[Json] = [*fact.segments, *([constraint.entry] if constraint.entry else [])]
    modules = _modules()
    return Rule(
        id=name_of(constraint),
        title=f"{constraint.named} {constraint.wanted}",
        severity=Severity.LOW if constraint.is_warning else Severity.HIGH,
        scope=Scope.CLUSTER if constraint.of is Of.CLUSTER else Scope.NODE,
        package=_PACKAGE,
        modules=modules,
        entrypoints=(Entrypoint(f"data.{_PACKAGE}.deny", "deny"),),
        digest=digest([[module.source for module in modules]]),
        has_applicable=True,
        description=constraint.reason.because,
        remediation=constraint.remediation or "",
        requires=tuple(required),
        references=(constraint.reason.source,),
        params={
            "path": path,
            "fact": str(fact),
            "named": constraint.named,
            "of": constraint.of.value,
            "wanted": constraint.wanted,
            "expression": expression,
            "gpu_labels": list(GPU_LABELS),
            "known_gpu_node": known_gpu_node,
        },
    )


def name_of(constraint: Constraint) -> str:
    """Name a constraint as a rule: what it says, and who says so."""
    said = f"{constraint.named} {constraint.wanted} {constraint.of}"
    return f"{constraint.origin.kind}.{constraint.origin.name}: {said}"


@cache
def _modules() -> tuple[Module, ...]:
    """Give the module of the rule and what it reaches, its own first."""
    own = Module("constraint.rego", _MODULE.read_text())
    used = {f"lib/{name}.rego" for name in _USES}
    return (own, *(each for each in library().modules if each.file in used))


_WORST = (Status.ERROR, Status.FAIL, Status.UNKNOWN, Status.NOT_ASKABLE)


def outcome(constraint: Constraint, answers: Sequence[tuple[str, Verdict]]) -> Outcome:
    """Say what the answers to a constraint come to.

    Args:
        constraint: what was asked.
        answers: name of the subject and its verdict: of the cluster, or of each node.
    """
    asked = [(name, verdict) for name, verdict in answers if verdict.status is not Status.SKIP]
    if not asked:
        return Outcome(
            constraint, Status.UNKNOWN, f"no node was seen that it is about: {constraint.named}"
        )
    statuses = {verdict.status for _, verdict in asked}
    if constraint.of is Of.SOME_NODE and Status.PASS in statuses:
        return Outcome(constraint, Status.PASS)
    worst = next((each for each in _WORST if each in statuses), Status.PASS)
    if worst is Status.PASS:
        return Outcome(constraint, Status.PASS)
    told = [(name, verdict) for name, verdict in asked if verdict.status is worst]
    first = told[0][1]
    said = first.findings[0].msg if first.findings else (first.reason or "")
    if worst is Status.NOT_ASKABLE:  # whatever took the snapshot: what is demanded was not seen
        worst = Status.UNKNOWN
    status = Status.WARN if worst is Status.FAIL and constraint.is_warning else worst
    nodes = () if constraint.of is Of.CLUSTER else tuple(name for name, _ in told)
    return Outcome(constraint, status, said, nodes)
