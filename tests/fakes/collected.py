"""Asking one collector directly."""

from pathlib import Path

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import Collection, CollectorState
from eidos.engine.ports import Collector, Fact, Wanted


class Collected:
    """What a collector gave, by subtype."""

    def __init__(self, collector: Collector, root: Path, *subtypes: str, **options: Json) -> None:
        wanted = Wanted(frozenset(subtypes or collector.subtypes), "n1", root, options=options)
        items = list(collector.collect(wanted))
        self.facts = {
            one.subtype.name: dict(one.subtype.data) for one in items if isinstance(one, Fact)
        }
        self.entries = [one for one in items if isinstance(one, Collection)]

    def state(self, subtype: str) -> CollectorState | None:
        """Give the status of a subtype; None when nothing was said about it."""
        return next((one.status for one in self.entries if one.subtype == subtype), None)

    def entry(self, subtype: str) -> Collection:
        """Give what was said about a subtype."""
        return next(one for one in self.entries if one.subtype == subtype)
