"""Collectors that behave, and ones that do not; any process can load them from here."""

import os
import signal
import tempfile
import time
from collections.abc import Iterator

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import Collection, CollectorState, Subtype
from eidos.engine.ports import Fact, Wanted


class Steady:
    """Gives the facts it was made with."""

    reads = "local"

    def __init__(self, type_: str, facts: dict[str, dict[str, Json]], reads: str = "local") -> None:
        self.type = type_
        self.subtypes = tuple(facts)
        self.reads = reads
        self._facts = facts

    def collect(self, wanted: Wanted) -> Iterator[Fact | Collection]:
        node = wanted.node if self.reads == "local" else None
        for name, data in self._facts.items():
            if name in wanted.subtypes:
                yield Fact(self.type, Subtype(name, data), node)


class Bad:
    """Gives ``first``, then does something bad instead of ``second``."""

    type = "Bad"
    subtypes = ("first", "second")
    reads = "local"

    def __init__(self, how: str) -> None:
        self.how = how

    def collect(self, wanted: Wanted) -> Iterator[Fact | Collection]:
        yield Fact(self.type, Subtype("first", {"a": 1}), wanted.node)
        if self.how == "raise":
            raise RuntimeError("no\nluck")
        if self.how == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if self.how == "exit":
            os._exit(7)
        if self.how == "untidy":
            tempfile.mkdtemp()
            time.sleep(600)
        if self.how == "hang":
            time.sleep(600)
        if self.how == "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(600)
        if self.how == "partial":
            why = "permission denied"
            yield Collection(self.type, CollectorState.PARTIAL, "second", wanted.node, why, ("k",))
