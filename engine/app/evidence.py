"""What policy says of drift: which rules read a fact, and which verdicts flip."""

from collections.abc import Mapping
from functools import cached_property

from eidos.engine.app.context import Context
from eidos.engine.app.judging import Judging
from eidos.engine.app.reader import Item
from eidos.engine.comparing.ranking import Flips
from eidos.engine.errors import Problem
from eidos.engine.model.drift import Flip
from eidos.engine.model.policy import Policy
from eidos.engine.model.rule import Rule, Scope
from eidos.engine.model.verdict import Verdict

_Verdicts = Mapping[str | None, Mapping[str, Verdict]]
"""By node name (None for the cluster) and rule."""


class Evidence:
    """Judges both sides of a comparison, as ``eidos check`` judges each.

    Args:
        policy: what judges.
        context: what is open.
    """

    def __init__(self, policy: Policy, context: Context) -> None:
        self.rules: tuple[Rule, ...] = policy.rules
        self._policy = policy
        self._context = context
        self._baseline: _Verdicts | None = None

    def flips(self, before: Item, after: Item, old_names: Mapping[str | None, str | None]) -> Flips:
        """Give the verdicts that differ.

        Args:
            before: the baseline, the same one in every call.
            after: the current snapshot.
            old_names: name of a node to its name in the baseline.
        """
        if self._baseline is None:
            self._baseline = self._verdicts(before)
        return {
            name: _flipped(self._baseline.get(old_names.get(name, name), {}), verdicts)
            for name, verdicts in self._verdicts(after).items()
        }

    @cached_property
    def _judging(self) -> Judging:
        return Judging(self._policy, self._context.engine, self._context.memo)

    def _verdicts(self, side: Item) -> _Verdicts:
        (judged,) = self._judging.judge([side])
        assert not isinstance(judged, Problem)  # noqa: S101 -- both sides were read as snapshots
        found: dict[str | None, dict[str, Verdict]] = {}
        for subject in judged.subjects:
            name = subject.name if subject.scope is Scope.NODE else None
            found.setdefault(name, {}).update({each.rule: each for each in subject.verdicts})
        return found


def _flipped(old: Mapping[str, Verdict], new: Mapping[str, Verdict]) -> dict[str, Flip]:
    return {
        rule: Flip(rule, old[rule].status, verdict.status, _facts(old[rule], verdict))
        for rule, verdict in new.items()
        if rule in old and old[rule].status is not verdict.status
    }


def _facts(*verdicts: Verdict) -> tuple[str, ...]:
    named = (finding.path for verdict in verdicts for finding in verdict.findings)
    return tuple(sorted({path for path in named if path}))
