"""What constraints and the rules that select answer about a snapshot."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.subjects import SubjectFacts, cluster_facts, node_facts
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recipe import Constraint, Outcome
from eidos.engine.model.rule import Rule, Scope
from eidos.engine.model.snapshot import AddressedSnapshot, Facts
from eidos.engine.model.verdict import Verdict
from eidos.engine.ports import Memo, RegoEngine
from eidos.engine.selecting.rules import GPU_LABELS, constraint_rule, name_of, outcome


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks rules that are no part of a policy's choice."""

    engine: RegoEngine
    memo: Memo
    effective: datetime
    """Rule time, with zone."""

    def verdicts(self, rules: Iterable[Rule], seen: AddressedSnapshot, name: str) -> list[Verdict]:
        """Ask rules about the cluster of a snapshot, which is called so."""
        return [verdict for _, verdict in self._asked(tuple(rules), [cluster_facts(seen, name)])]

    def outcomes(
        self, constraints: Sequence[Constraint], seen: AddressedSnapshot, name: str
    ) -> tuple[Outcome, ...]:
        """Hold constraints against a snapshot; one outcome for each, in their order."""
        cluster, nodes = [cluster_facts(seen, name)], node_facts(seen, name)
        with_gpu = [each for each in nodes if _answers(each.facts)]
        others = [each for each in nodes if not _answers(each.facts)]
        answers: dict[str, list[tuple[str, Verdict]]] = {}
        for subjects, scope, known in (
            (cluster, Scope.CLUSTER, False),
            (with_gpu, Scope.NODE, True),
            (others, Scope.NODE, False),
        ):
            rules = {
                rule.id: rule
                for each in constraints
                if (rule := constraint_rule(each, known_gpu_node=known)).scope is scope
            }
            for subject, verdict in self._asked(tuple(rules.values()), subjects):
                answers.setdefault(verdict.rule, []).append((subject, verdict))
        return tuple(outcome(each, answers.get(name_of(each), ())) for each in constraints)

    def _asked(
        self, rules: tuple[Rule, ...], subjects: Sequence[SubjectFacts]
    ) -> list[tuple[str, Verdict]]:
        if not rules or not subjects:
            return []
        judge = Judge(rules, self.engine, self.memo, self.effective)
        return [
            (subject.name, verdict)
            for subject, found in zip(subjects, judge.judge(subjects), strict=True)
            for verdict in found
        ]


def gpu_nodes(seen: AddressedSnapshot) -> list[str]:
    """Give the names of nodes with GPUs: one answered, or labels or the kubelet tell of it."""
    return [each.name for each in node_facts(seen, "") if _has_gpu(each.facts)]


_SMI = FactAddress("gpu", "smi")
_NODE = FactAddress("k8s", "node")


def _answers(facts: Facts) -> bool:
    """Say whether a GPU of the node answered; where none did, its labels must tell."""
    return bool(facts.get(_SMI, {}).get("gpu.model"))


def _has_gpu(facts: Facts) -> bool:
    node = facts.get(_NODE, {})
    labels, capacity = _map(node.get("labels")), _map(node.get("capacity"))
    is_labelled = any(labels.get(name) not in (None, "", "false", "none") for name in GPU_LABELS)
    return _answers(facts) or is_labelled or capacity.get("nvidia.com/gpu") not in (None, "0", 0)


def _map(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}
