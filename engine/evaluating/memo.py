"""Judging without a store."""

from collections.abc import Mapping, Sequence

from eidos.engine.model.verdict import Verdict


class NoMemo:
    """Remembers nothing from run to run; a `Judge` still asks nothing twice within one."""

    def recall(self, keys: Sequence[str]) -> Mapping[str, Verdict]:  # noqa: ARG002 -- the port's
        """Know nothing."""
        return {}

    def remember(self, verdicts: Sequence[Verdict]) -> None:
        """Keep nothing."""
