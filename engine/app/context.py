"""What a process, or one request of a service, has opened: the one place where parts are joined.

Nothing below ``app`` reads the environment, the clock or the random source: they are handed what
they need from here.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Literal, Self

from eidos.engine.app.tally import Tally
from eidos.engine.documents.limits import Limits
from eidos.engine.records import dataclass

if TYPE_CHECKING:
    from eidos.engine.app.reader import Reader
    from eidos.engine.packs.locking import Lock
    from eidos.engine.ports import Clock, Memo, RegoEngine, Store
    from eidos.engine.rego.opa.command import OpaCommand
    from eidos.engine.signing.signers import Verifier
    from eidos.engine.store.sealing import Seal


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
    engine: Literal["auto", "opa", "light"] = "auto"
    """Which engine judges; ``auto`` is OPA where it is found, else the light one."""
    opa_binary: Path | None = None
    """The ``opa`` executable; None to look for one. A relative path is meant from here."""
    configured_opa: Path | None = None
    """The one that the configuration names; it must be absolute."""
    opa_url: str | None = None
    """An OPA server that judges instead."""
    remembers: bool = True
    """Nothing is asked twice; else every rule is evaluated for every subject, and every file read
    in full: what that gives is the same, and takes long."""
    limits: Limits = field(default_factory=Limits)
    """Bounds of the readers of documents."""
    verification_keys: tuple[Path, ...] = ()
    """Files with public keys, whose signatures are believed; where there are any, or the
    environment has one, packs that do not come with eidos must be signed."""
    locks: tuple[Path, ...] = ()
    """Lock files, each of which must have every pack as it is; none where anything goes."""
    cores: int | None = None
    """How many the run may keep busy; all that the process may use when None."""


class Context:
    """Engine, store, clock and limits; each is opened when it is first asked for.

    Args:
        opening: what to open.
        environ: the environment of the process or request.
        clock: tells the time.
        say: tells the user something that changes no answer; by default nobody is told.

    Use it in a ``with`` statement, which closes what was opened.
    """

    def __init__(
        self,
        opening: Opening | None = None,
        environ: Mapping[str, str] | None = None,
        clock: "Clock | None" = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.say = say
        """Tells the user something that changes no answer."""
        self.opening = opening or Opening()
        self.environ = os.environ if environ is None else environ
        self.clock = clock or SystemClock()
        self.tally = Tally()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def limits(self) -> Limits:
        """Bounds of the readers of documents."""
        return self.opening.limits

    @property
    def cores(self) -> int:
        """How many processors may be kept busy."""
        return self.opening.cores or len(os.sched_getaffinity(0))

    @property
    def records(self) -> bool:
        """Whether what is judged is written down."""
        return self.opening.record

    @cached_property
    def engine(self) -> "RegoEngine":
        """The Rego engine.

        Raises:
            EidosError: the engine that was asked for is not here.
        """
        return self._stack.enter_context(closing(self._open_engine()))

    def _open_engine(self) -> "RegoEngine":
        opening = self.opening
        if opening.opa_url is not None:
            return self._open_server(opening.opa_url)
        if opening.engine != "light":
            from eidos.engine.rego.finding import find_opa, need_opa

            find = need_opa if opening.engine == "opa" else find_opa
            found = find(self.environ, opening.opa_binary, opening.configured_opa)
            if found is not None:
                from eidos.engine.rego.opa.engine import OpaEngine

                return OpaEngine(found.path, version=found.version, cores=opening.cores)
        from eidos.engine.rego.light import LightEngine

        return LightEngine(opening.cores)

    @cached_property
    def opa(self) -> "OpaCommand | None":
        """OPA's own tools (test, fmt, eval); None where the light engine judges.

        Raises:
            EidosError: the OPA that was asked for is not here.
        """
        opening = self.opening
        if opening.engine == "light":
            return None
        from eidos.engine.rego.finding import find_opa, need_opa

        find = need_opa if opening.engine == "opa" else find_opa
        found = find(self.environ, opening.opa_binary, opening.configured_opa)
        if found is None:
            return None
        from eidos.engine.rego.limits import EngineLimits
        from eidos.engine.rego.opa.command import OpaCommand

        return OpaCommand(str(found.path), EngineLimits())

    def need_opa(self, purpose: str) -> "OpaCommand":
        """Give OPA's own tools.

        Args:
            purpose: what they are needed for: ``formatting``.

        Raises:
            EidosError: there is no OPA, or the light engine was asked for.
        """
        if self.opa is not None:
            return self.opa
        from eidos.engine.errors import EidosError

        raise EidosError(
            f"{purpose} is done by OPA, and there is none",
            hint="Run 'eidos engine install', or name one with --opa-binary or EIDOS_OPA."
            if self.opening.engine != "light"
            else "The light engine was asked for: --engine opa, or EIDOS_ENGINE.",
        )

    def _open_server(self, url: str) -> "RegoEngine":
        from eidos.engine.rego.server import OpaServerEngine, ServerOptions

        token, authority = self.environ.get("EIDOS_OPA_TOKEN"), self.environ.get("EIDOS_OPA_CA")
        return OpaServerEngine(url, ServerOptions(token or None, authority or None))

    @cached_property
    def verifiers(self) -> "list[Verifier]":
        """Whose signatures of packs are believed; none where packs need not be signed.

        Raises:
            ConfigError: a key cannot be used.
        """
        from eidos.engine.signing.keys import load_verifiers

        return load_verifiers(self.opening.verification_keys, self.environ)

    @cached_property
    def locks(self) -> "list[Lock]":
        """What every pack must be; none where anything goes.

        Raises:
            DocumentError: a lock cannot be read.
        """
        if not self.opening.locks:
            return []
        from eidos.engine.packs.locking import read_lock

        return [read_lock(file) for file in self.opening.locks]

    @cached_property
    def store(self) -> "Store":
        """The database: to write to where the run is recorded, else to read from.

        Raises:
            StoreError: it cannot be opened.
        """
        from eidos.engine.store.opening import open_store

        return self._stack.enter_context(
            open_store(self._where, read_only=not self.records, now=self.clock.now)
        )

    @property
    def has_store(self) -> bool:
        """Whether anything was ever recorded where the database would be."""
        from eidos.engine.store.opening import exists

        return exists(self._where)

    @property
    def is_store_named(self) -> bool:
        """Whether somebody said which database: then it is wrong that it is not there."""
        return self.opening.db is not None

    @property
    def store_place(self) -> str:
        """What messages call the database, also where there is none yet."""
        return self.store.place if self.has_store else self._where

    @property
    def _where(self) -> str:
        from eidos.engine.store.opening import default_place

        return str(self.opening.db or default_place(self.environ))

    def reader(
        self, *, lenient: bool = False, parser: str | None = None, every_format: bool = False
    ) -> "Reader":
        """Give what reads references.

        Args:
            lenient: take measurements without a header for a snapshot.
            parser: conftest's name of the format of every file; None to go by their names.
            every_format: take from folders whatever conftest would, and not only YAML and JSON.
        """
        from eidos.engine.app.reader import Reader

        return Reader(
            *(self.limits, lambda: self.store, lenient, parser, every_format),
            say=self.say,
            tally=self.tally,
            remembers=self.opening.remembers,
        )

    @cached_property
    def memo(self) -> "Memo":
        """Verdicts of earlier runs, where runs are recorded and there is a key to believe them by.

        What a server said is not remembered: without the server, nobody can tell which one it was.

        Raises:
            ConfigError: the key that is there cannot be trusted.
        """
        from eidos.engine.evaluating.memo import NoMemo

        if not self.records or not self.opening.remembers or self.opening.opa_url is not None:
            return NoMemo()
        from eidos.engine.app.seal_key import find_key, make_key
        from eidos.engine.store.sealing import Seal, SealedMemo

        try:
            key = find_key(self.environ) or make_key(self.environ)
        except OSError as error:
            self.say(
                "note: verdicts are not reused between runs, because the key that seals them "
                f"cannot be stored ({error.filename}: {error.strerror}); EIDOS_SEAL_KEY can give it"
            )
            return NoMemo()
        return SealedMemo(self.store, Seal(key))

    @cached_property
    def recollection(self) -> "Memo":
        """Verdicts of earlier runs for who asks about the past: nothing new is written down.

        Raises:
            ConfigError: the key that is there cannot be trusted.
        """
        from eidos.engine.evaluating.memo import NoMemo

        seal = self.seal
        if seal is None or not self.has_store or self.opening.opa_url is not None:
            return NoMemo()
        from eidos.engine.store.sealing import SealedMemo

        return SealedMemo(self.store, seal, keeps=False)

    @property
    def seal(self) -> "Seal | None":
        """What tells whether remembered verdicts can be believed; None where there is no key.

        Raises:
            ConfigError: the key that is there cannot be trusted.
        """
        from eidos.engine.app.seal_key import find_key
        from eidos.engine.store.sealing import Seal

        key = find_key(self.environ)
        return Seal(key) if key else None

    def new_run_id(self, started: datetime) -> str:
        """Name a run: when it started, and eight random digits."""
        return f"{started:%Y%m%dT%H%M%SZ}-{os.urandom(4).hex()}"
