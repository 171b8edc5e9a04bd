"""Seals: what is remembered is believed only by who has the key it was sealed with.

Content addresses find what was changed in a database, but not what was made up: a forger works them
out as well as we do. A seal is HMAC-SHA-256 (RFC 2104) under a key that is not in the database.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace

from eidos.engine.digest import canonical
from eidos.engine.model.upkeep import Checkpoint
from eidos.engine.model.verdict import Verdict
from eidos.engine.ports import Remembered, Store

_NAME_DIGITS = 8
"""Of a key's name: tells the keys of one database apart."""


class Seal:
    """Seals with one key.

    Args:
        key: at least 32 bytes that nobody can guess.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.name = self._digest(["eidos seal name"]).hex()[:_NAME_DIGITS]
        """Names the key without giving it away."""

    def of(self, memo: str, verdict: Verdict) -> bytes:
        """Give the seal of a verdict, whatever the gate does with it, under a memo key."""
        findings = [
            [each.msg, each.level, each.path, each.actual, each.expected, each.fix]
            for each in verdict.findings
        ]
        said = [verdict.rule, verdict.status.value, findings, verdict.reason]
        return self._digest(["eidos memo", memo, *said])

    def holds(self, memo: str, each: Remembered) -> bool:
        """Say whether what is remembered was sealed with this key, for this memo key."""
        return hmac.compare_digest(self.of(memo, each.verdict), each.seal)

    def seal_checkpoint(self, checkpoint: Checkpoint) -> Checkpoint:
        """Give a checkpoint with its seal: who has the key let these runs go, and no others."""
        return replace(checkpoint, sealer=self.name, seal=self.of_checkpoint(checkpoint))

    def of_checkpoint(self, each: Checkpoint) -> bytes:
        """Give the seal of a checkpoint."""
        return self._digest(["eidos checkpoint", each.first, each.last, each.link, each.pruned])

    def _digest(self, message: Sequence[object]) -> bytes:
        return hmac.digest(self._key, canonical(message), "sha256")


class SealedMemo:
    """A store's memory, as far as it can be believed; see `eidos.engine.ports.Memo`.

    Args:
        store: what remembers.
        seal: tells what to believe.
        keeps: remember what is new; else only recall, as who asks about the past does.
    """

    def __init__(self, store: Store, seal: Seal, *, keeps: bool = True) -> None:
        self._store = store
        self._seal = seal
        self._keeps = keeps

    def recall(self, keys: Sequence[str]) -> Mapping[str, Verdict]:
        """Give the verdicts whose seal holds; for the others there is none."""
        found = self._store.recall(keys, self._seal.name)
        return {key: each.verdict for key, each in found.items() if self._seal.holds(key, each)}

    def remember(self, verdicts: Sequence[Verdict]) -> None:
        """Seal verdicts and keep them."""
        if not self._keeps:
            return
        self._store.remember(
            [
                Remembered(each, self._seal.name, self._seal.of(each.memo, each))
                for each in verdicts
                if each.memo is not None
            ]
        )
