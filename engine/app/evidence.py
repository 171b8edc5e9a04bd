"""What policy says of drift: which rules read a fact, and which verdicts flip."""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Self

from eidos.engine.app.policies import load_packs
from eidos.engine.comparing.ranking import Flips
from eidos.engine.comparing.snapshots import Taken
from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.evaluating.subjects import cluster_facts, node_facts
from eidos.engine.model.drift import Flip
from eidos.engine.model.policy import Rule
from eidos.engine.model.verdict import Verdict
from eidos.engine.packs.choosing import Choice, choose
from eidos.engine.rego.light import LightEngine

_Verdicts = Mapping[str | None, Mapping[str, Verdict]]
"""By node name (None for the cluster) and rule."""


class Evidence:
    """Judges both sides of a comparison; packs are loaded when there is something to rank.

    Args:
        packs: packs the user named; empty for all shipped.
        now: the day that rules see.

    Raises:
        EidosError: a pack that the user named does not exist or cannot be loaded.
    """

    def __init__(self, packs: tuple[str, ...], now: datetime) -> None:
        self._packs = packs
        self._now = now
        self._engine = LightEngine()
        self._baseline: _Verdicts | None = None

    def __enter__(self) -> Self:
        """Load what the user named: that it does not exist is told in any case."""
        if self._packs:
            _ = self.rules
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the engine."""
        self._engine.close()

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """Give the rules."""
        return choose(load_packs(self._packs, self._engine), Choice())

    def flips(
        self, before: Taken, after: Taken, old_names: Mapping[str | None, str | None]
    ) -> Flips:
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
    def _judge(self) -> Judge:
        return Judge(self.rules, self._engine, NoMemo(), self._now)

    def _verdicts(self, taken: Taken) -> _Verdicts:
        cluster = cluster_facts(taken.snapshot, taken.digests, "")
        nodes = node_facts(taken.snapshot, taken.digests, "")
        names = [None, *(node.name for node in nodes)]
        judged = self._judge.judge([cluster, *nodes])
        return {
            name: {verdict.rule: verdict for verdict in verdicts}
            for name, verdicts in zip(names, judged, strict=True)
        }


def _flipped(old: Mapping[str, Verdict], new: Mapping[str, Verdict]) -> dict[str, Flip]:
    return {
        rule: Flip(rule, old[rule].status, verdict.status, _facts(old[rule], verdict))
        for rule, verdict in new.items()
        if rule in old and old[rule].status is not verdict.status
    }


def _facts(*verdicts: Verdict) -> tuple[str, ...]:
    named = (finding.path for verdict in verdicts for finding in verdict.findings)
    return tuple(sorted({path for path in named if path}))
