"""What a process, or one request of a service, has opened: the one place where parts are joined.

Nothing below ``app`` reads the environment, the clock or the random source: they are handed what
they need from here.
"""

import os
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Self

from eidos.engine.documents.limits import Limits

if TYPE_CHECKING:
    from eidos.engine.app.reader import Reader
    from eidos.engine.ports import Clock, Memo, RegoEngine, Store


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock; waiting ends early when ``stop`` is set."""

    stop: Event = field(default_factory=Event)

    def now(self) -> datetime:
        """Give the present moment, with zone."""
        return datetime.now(UTC)

    def wait(self, seconds: float) -> bool:
        """Wait; True when it is time to end."""
        return self.stop.wait(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What is to be opened, and how, when it is needed."""

    db: Path | None = None
    """The database; None for the default one."""
    record: bool = False
    """The run is written down: the database is made if need be. Otherwise it is only read."""
    opa: str | None = None
    """URL of an OPA server that judges; None for an engine of our own."""
    limits: Limits = field(default_factory=Limits)
    """Bounds of the readers of documents."""


class Context:
    """Engine, store, clock and limits; each is opened when it is first asked for.

    Args:
        opening: what to open.
        environ: the environment of the process or request.
        clock: tells the time.

    Use it in a ``with`` statement, which closes what was opened.
    """

    def __init__(
        self,
        opening: Opening | None = None,
        environ: Mapping[str, str] | None = None,
        clock: "Clock | None" = None,
    ) -> None:
        self._opening = opening or Opening()
        self.environ = os.environ if environ is None else environ
        self.clock = clock or SystemClock()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def limits(self) -> Limits:
        """Bounds of the readers of documents."""
        return self._opening.limits

    @property
    def records(self) -> bool:
        """Whether what is judged is written down."""
        return self._opening.record

    @cached_property
    def engine(self) -> "RegoEngine":
        """The Rego engine.

        Raises:
            EidosError: the engine that was asked for is not here.
        """
        return self._stack.enter_context(closing(self._open_engine()))

    def _open_engine(self) -> "RegoEngine":
        if self._opening.opa is None:
            from eidos.engine.rego.embedded import EmbeddedEngine

            return EmbeddedEngine()
        from eidos.engine.rego.server import OpaServerEngine, ServerOptions

        options = ServerOptions(
            self.environ.get("EIDOS_OPA_TOKEN") or None, self.environ.get("EIDOS_OPA_CA") or None
        )
        return OpaServerEngine(self._opening.opa, options)

    @cached_property
    def store(self) -> "Store":
        """The database: to write to where the run is recorded, else to read from.

        Raises:
            StoreError: it cannot be opened.
        """
        from eidos.engine.store.opening import open_store

        return self._stack.enter_context(open_store(self._where, read_only=not self.records))

    @property
    def has_store(self) -> bool:
        """Whether anything was ever recorded where the database would be."""
        from eidos.engine.store.opening import exists

        return exists(self._where)

    @property
    def is_store_named(self) -> bool:
        """Whether somebody said which database: then it is wrong that it is not there."""
        return self._opening.db is not None

    @property
    def store_place(self) -> str:
        """What messages call the database, also where there is none yet."""
        return self.store.place if self.has_store else self._where

    @property
    def _where(self) -> str:
        from eidos.engine.store.opening import default_place

        return str(self._opening.db or default_place(self.environ))

    def reader(self, *, lenient: bool = False) -> "Reader":
        """Give what reads references.

        Args:
            lenient: take measurements without a header for a snapshot.
        """
        from eidos.engine.app.reader import Reader

        return Reader(self.limits, lambda: self.store, lenient)

    @cached_property
    def memo(self) -> "Memo":
        """Verdicts of earlier runs, where runs are recorded."""
        from eidos.engine.evaluating.memo import NoMemo

        return self.store if self.records else NoMemo()

    def new_run_id(self, started: datetime) -> str:
        """Name a run: when it started, and eight random digits."""
        return f"{started:%Y%m%dT%H%M%SZ}-{os.urandom(4).hex()}"
