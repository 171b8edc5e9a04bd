"""What the parts that touch the world must offer.

A fake that implements a port stands in for the real part in tests; the real ones are joined only in
``eidos.engine.app``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Collection as AnyOf
from contextlib import AbstractContextManager
from dataclasses import field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO, TypeVar

from eidos.engine.model.history import Capture, Outline, Window
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Policy
from eidos.engine.model.report import Report
from eidos.engine.model.rule import Module
from eidos.engine.model.run import RunSummary
from eidos.engine.model.snapshot import AddressedSnapshot, ChangedSubtype, Collection, Subtype
from eidos.engine.model.upkeep import Checkpoint, Keep, Pruned, Vacuumed
from eidos.engine.model.verdict import Verdict
from eidos.engine.model.verification import Alteration, ChainLink
from eidos.engine.model.waiver import WaiverLife
from eidos.engine.records import dataclass

if TYPE_CHECKING:  # most commands bundle nothing, and ship nothing
    from typing import BinaryIO

    from eidos.engine.model.artifact import Descriptor, Reference, Stored, Terms
    from eidos.engine.model.bundle import File, Plan, Rendered, ToRender
    from eidos.engine.model.recorded_bundling import RecordedBundling

# Rego -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Program:
    """Policy that is compiled together and keeps its meaning: modules and data."""

    key: str
    """Content address of everything in it; engines cache by it."""
    modules: tuple[Module, ...]
    data: Mapping[str, Json] = field(default_factory=dict)
    """What the modules see as ``data``: ``{"params": ..., "tables": ...}``."""
    v0: bool = False
    strict: bool = True
    """A built-in that fails is an error. Else its call is undefined, as `conftest test` has it, and
    the answer's `notes` name it; an engine that cannot do so makes it an error all the same."""


@dataclass(frozen=True, slots=True)
class View:
    """An input said as a part of a document that many asks share."""

    document: Mapping[str, Json]
    """The same object in every ask that shares it: an engine may send it once."""
    paths: tuple[tuple[str, ...], ...]
    """What of it is seen; each leads to something that is there."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One query with one input."""

    query: str
    """A path: ``data.main.deny``."""
    input: Json
    view: View | None = None
    """The same input as a part of a larger document; an engine may use either."""


@dataclass(frozen=True, slots=True)
class Job:
    """Questions to one program that are answered, or fail, together."""

    program: Program
    asks: tuple[Ask, ...]
    now_ns: int
    """What ``time.now_ns()`` says: nanoseconds since 1970 UTC."""
    guarded: bool = False
    """The first ask decides: where it is undefined or false, no other is asked."""


class Undefined:
    """The answer of a query that has none."""

    def __repr__(self) -> str:
        """Name it in messages."""
        return "undefined"


UNDEFINED = Undefined()


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a job: either all answers, or an error."""

    values: tuple[Json | Undefined, ...] = ()
    """One for each ask, in order; only the first where a guard refused the others."""
    error: str | None = None
    """One sentence for the user, with file, line and column where the engine gave them."""
    prints: tuple[str, ...] = ()
    """``file:line: text``."""
    notes: tuple[str, ...] = ()
    """What went wrong and is no error: built-ins that failed in a program that is not strict."""


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """What reading one module tells without running it."""

    file: str
    package: str
    """``eidos.gpu.driver_security_floor``."""
    rules: Mapping[str, int]
    """Name of each rule defined at the top, with its first line."""
    imports: tuple[str, ...] = ()
    """Imported and referenced ``data.`` paths without the ``data.`` in front."""
    reads_time: bool = False
    v0: bool = False
    inputs: Mapping[str, int] = field(default_factory=dict)
    """Static paths below ``input`` that it names (``input.gpu.smi.driver``), with a line each."""


class RegoEngine(Protocol):
    """Evaluates Rego; an error or a hang of one job never touches the next."""

    @property
    def name(self) -> str:
        """Give ``light`` or ``opa``."""
        ...

    @property
    def version(self) -> str:
        """Give the version of the runtime."""
        ...

    def analyse(self, modules: Sequence[Module], *, v0: bool | None = None) -> list[ModuleFacts]:
        """Read modules without running them.

        Args:
            modules: what is compiled together.
            v0: the dialect that they are written in; None to find out.

        Raises:
            PolicyError: a module does not parse or compile, uses what is forbidden
                (``http.send``, ``net.lookup_ip_addr``, ``opa.runtime``) or what the engine lacks;
                names file, line and column.
        """
        ...

    def prepare(self, jobs: Iterable[Job]) -> None:
        """Hear what will be asked, whatever the input, so as to be ready when it is; a hint."""
        ...

    def expect(self, jobs: Iterable[Job]) -> None:
        """Hear what may be asked at some time, so that it is compiled together; starts nothing."""
        ...

    def evaluate(self, jobs: Iterable[Job]) -> Iterator[Answer]:
        """Answer each job, in order."""
        ...

    def close(self) -> None:
        """Let go of workers and connections."""
        ...


# Time -------------------------------------------------------------------------------------------


class Clock(Protocol):
    """Time, so that nothing below ``app`` reads it and tests need none."""

    def now(self) -> datetime:
        """Give the present moment, with zone."""
        ...

    def wait(self, seconds: float) -> bool:
        """Wait; True when it is time to end."""
        ...


# Store ------------------------------------------------------------------------------------------


class Memo(Protocol):
    """Remembers verdicts by what they depend on, so that no question is evaluated twice.

    What it gives back is believed: a store is none of these, for whoever writes into its database
    could make it say anything. `eidos.engine.store.sealing.SealedMemo` makes one of it.
    """

    def recall(self, keys: Sequence[str]) -> Mapping[str, Verdict]:
        """Give the verdicts known for these memo keys; those that are not known are left out."""
        ...

    def remember(self, verdicts: Sequence[Verdict]) -> None:
        """Keep verdicts by their memo keys.

        Those without a key, errors and waived ones are left out: they do not follow from a key. So
        is what the gate does with a verdict (its enforcement).
        """
        ...


@dataclass(frozen=True, slots=True)
class Remembered:
    """A verdict as a store keeps it by its memo key: only who has the key of its seal believes it.

    To a store, sealer and seal are opaque.
    """

    verdict: Verdict
    sealer: str
    """Names the key that it is sealed with; ``""`` where it was kept without a seal."""
    seal: bytes
    """Keyed digest over memo key and verdict."""


class Recording(Protocol):
    """A run on its way into the store: any number of `keep`, then one `record`."""

    def keep(self, snapshots: Iterable[AddressedSnapshot]) -> None:
        """Take snapshots that the run judges, while judging goes on.

        The store may write their content at once, so that a fleet need not be held in memory. They
        are part of no run, and cannot be found, until the run is recorded.
        """
        ...

    def record(
        self, report: Report, bundling: "tuple[RecordedBundling, bytes] | None" = None
    ) -> None:
        """Write the run with every snapshot taken before: all, or nothing.

        Args:
            report: the run.
            bundling: what a gate decided by it about a bundle, and its ``gate.json``; the report of
                what was rendered is recorded before.

        Raises:
            StoreError: it could not be written, or a run of this id is recorded.
        """
        ...


class Store(Protocol):
    """Remembers runs, the snapshots they judged, and verdicts; used in a ``with`` statement.

    Nothing recorded is ever changed, nothing goes unless it is pruned, and any number of processes
    use one store at once. A run is named by its id, the beginning of it, or ``latest``, the one
    recorded last. Whatever is read is held against its content address: what was altered is an
    error, never an answer.

    Raises:
        StoreError: by every method: the store cannot be read or written, is not there any more, or
            what it holds is damaged; names table and row of what does not match its address.
    """

    @property
    def place(self) -> str:
        """What messages call it; holds no secret."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def close(self) -> None:
        """Let go of it; what was recorded stays."""
        ...

    def recall(self, keys: Sequence[str], sealer: str) -> Mapping[str, Remembered]:
        """Give what is remembered for these memo keys under seals of this sealer, true or not.

        Keys of which nothing is known are left out.
        """
        ...

    def remember(self, verdicts: Sequence[Remembered]) -> None:
        """Keep verdicts by memo key and sealer; the first of each stands.

        Of a verdict its rule, status, findings and reason are kept. Verdicts without a memo key,
        errors and waived ones are left out, as `Memo.remember` says.
        """
        ...

    def remembered(self) -> Iterator[Remembered]:
        """Give everything that is remembered, one in memory at a time.

        What does not match its address is left out; `alterations` tells of it.
        """
        ...

    def alterations(self) -> Iterator[Alteration]:
        """Read everything there is, and give what is not as it was written, as it is found.

        Seals are not looked at: they are for who has the key. That the last runs were taken away
        cannot be seen; who knows the `link` of one looks for it in `chain`.
        """
        ...

    def chain(self) -> Iterator[ChainLink]:
        """Give every run with its link, in the order in which they were recorded."""
        ...

    def checkpoints(self) -> list[Checkpoint]:
        """Give what stands in the chain for runs that were pruned, in its order.

        Seals are not looked at: they are for who has the key.
        """
        ...

    def prune(self, keep: Keep, now: datetime, seal: Callable[[Checkpoint], Checkpoint]) -> Pruned:
        """Let old runs go, with what only they name; a checkpoint stands in their place.

        No answer about the time that is kept changes: a run before it stays as long as it was the
        last by then to see a cluster, or to judge a subject by a rule. The last run always stays.

        Args:
            keep: which runs stay.
            now: the present moment, for the checkpoints.
            seal: gives a checkpoint with its seal, or as it is.

        Raises:
            StoreError: also where a run that would go is not as it was written.
        """
        ...

    def prunable(self, keep: Keep) -> Pruned:
        """Say what `prune` would do; nothing is changed, and nothing is locked.

        Raises:
            StoreError: also where a run that would go is not as it was written.
        """
        ...

    def vacuum(self) -> Vacuumed:
        """Work out again what follows from the runs, drop what none names, and give back space.

        Raises:
            StoreError: also where the runs are not as they were written, or there is no space for
                a second copy.
        """
        ...

    def export(self, file: Path) -> None:
        """Write everything into a new file, as of one moment, for this engine to open.

        Raises:
            StoreError: also where the file is there already.
        """
        ...

    def recording(self, started: str) -> AbstractContextManager[Recording]:
        """Begin to record a run; without `Recording.record`, nothing of it is found again.

        Args:
            started: when the run started, as its report says, RFC 3339: the state time of snapshots
                whose timestamp is none.
        """
        ...

    def runs(
        self,
        limit: int | None = None,
        asked: Window | None = None,
        known: datetime | None = None,
    ) -> list[RunSummary]:
        """Give runs, last recorded first.

        Args:
            limit: how many at most; None for all.
            asked: only runs that started in this time, and that judged such clusters, such nodes
                and by such rules; None for all.
            known: only runs that were recorded by this moment (knowledge time); see `RunSummary`.
        """
        ...

    def run(self, name: str) -> Report:
        """Give the report of a run, equal to the one that was recorded.

        Raises:
            UsageError: no run, or more than one, is meant.
        """
        ...

    def keep_recipe(self, document: Mapping[str, Json]) -> str:
        """Keep a recipe by its content address, and give that; what is kept stands.

        Args:
            document: the whole recipe, as it is written.
        """
        ...

    def recipe(self, address: str) -> Mapping[str, Json]:
        """Give a recipe by its content address.

        Raises:
            UsageError: there is none.
        """
        ...

    def bundlings(
        self,
        cluster: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> "list[RecordedBundling]":
        """Give what gates decided about bundles, open or closed, last recorded first.

        Args:
            cluster: only of this cluster.
            since: only what was decided at this moment or later, by the wall clock.
            until: only what was decided at this moment or earlier.
        """
        ...

    def bundling(self, name: str) -> "tuple[RecordedBundling, bytes]":
        """Give one of these, and its ``gate.json`` byte for byte.

        Args:
            name: the run that judged the snapshot, the digest of the bundle, the beginning of one
                of them, or ``latest``. Of a bundle that was made more than once, the last is meant.

        Raises:
            UsageError: none, or more than one, is meant.
        """
        ...

    def snapshot(self, address: str) -> AddressedSnapshot:
        """Give a snapshot by its content address or the beginning of it, as last captured.

        Args:
            address: hexadecimal digits, ``sha256:`` before them or not.

        Raises:
            UsageError: it is no address, or no snapshot, or more than one, is meant.
        """
        ...

    def snapshot_of(
        self, cluster: str, at: datetime, known: datetime | None = None
    ) -> AddressedSnapshot:
        """Give what was last seen of a cluster at a moment, by the clock of the facts.

        Args:
            cluster: its name.
            at: state time.
            known: knowledge time: as the store would have answered then; None for now. Facts that
                were recorded late are left out before they were.

        Raises:
            UsageError: nothing was seen of it by then.
        """
        ...

    def changed_subtypes(self, before: str, after: str) -> Iterator[ChangedSubtype]:
        """Give the subtypes in which two snapshots differ, without unpacking any facts.

        The cluster's own come first, then those of each node by name; a subtype that is in only one
        of them has changed as well. How collectors ended is not looked at.

        Args:
            before: content address of a snapshot or the beginning of it, as for `snapshot`.
            after: likewise.

        Raises:
            UsageError: one of them is no address, or no snapshot, or more than one, is meant.
        """
        ...

    def waivers(self) -> Iterator[WaiverLife]:
        """Give every waiver that a run was given, with its life, in the order of first being given.

        One that was renewed or reworded is another waiver.
        """
        ...

    def snapshots_of_run(self, name: str) -> Iterator[AddressedSnapshot]:
        """Give the snapshots that a run judged, in its order, one in memory at a time.

        The name is looked up at once; the snapshots are read as they are asked for, while the store
        is open. There are none where the run judged other documents.

        Raises:
            UsageError: no run, or more than one, is meant.
        """
        ...

    def clusters(self) -> tuple[str, ...]:
        """Name the clusters of which anything was seen, in order."""
        ...

    def captures(
        self,
        cluster: str,
        since: datetime | None = None,
        until: datetime | None = None,
        *,
        last: bool = False,
    ) -> list[Capture]:
        """Give what was seen of a cluster and said of it, by the clock of the facts.

        Args:
            cluster: its name.
            since: not what was seen before.
            until: not what was seen after it.
            last: of these, only those of the last time.

        Returns:
            Captures by state time, those of one time in the order in which they were recorded; none
            where nothing was seen.
        """
        ...

    def outlines(self, addresses: Iterable[str]) -> list[Outline]:
        """Give what stored snapshots are made of, in order, without unpacking them.

        Args:
            addresses: whole content addresses, as captures name them.
        """
        ...

    def contents(self, addresses: AnyOf[str]) -> Mapping[str, Mapping[str, Json]]:
        """Give the data of subtypes by their content addresses, as outlines name them."""
        ...

    def policy_of_run(self, name: str) -> Policy:
        """Give what judged a run: rules with their sources, parameters, enforcement, waivers.

        Its packs are named and hold no rules; its effective time is pinned.

        Raises:
            UsageError: no run, or more than one, is meant.
        """
        ...


# Results ----------------------------------------------------------------------------------------

T_contra = TypeVar("T_contra", contravariant=True)
"""What a command found."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """How a result is to look."""

    color: bool = False
    """Terminal escapes are wanted."""
    width: int = 100
    """Columns of the terminal."""
    verbose: bool = False
    """Show what passed as well."""
    summary: bool = False
    """Only count."""
    terminal: bool = False
    """Somebody looks at it at a terminal, where columns stand below each other."""
    log: bool = True
    """It goes to standard output, where a build server may read orders; not to a file."""


class Reporter(Protocol[T_contra]):
    """Writes one kind of result in one format."""

    def __call__(self, result: T_contra, out: TextIO, rendering: Rendering, /) -> None:
        """Write the whole result.

        Args:
            result: what a command found: a report, drift, a list of runs, ...
            out: where to; it takes any character.
            rendering: how it is to look; formats for programs pay no heed to it.
        """
        ...


# Collectors -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fact:
    """A collected subtype and where it belongs."""

    type: str
    """Measurement type: ``GPU``."""
    subtype: Subtype
    node: str | None = None
    """Node name; None for a fact about the cluster."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a collector is asked for, and where it may look."""

    subtypes: frozenset[str]
    """Subtypes to collect; never empty."""
    node: str
    """Name of the machine that local facts belong to."""
    root: Path = Path("/")
    """Root of the file system to read: ``/host`` in a container."""
    timeout: float = 10.0
    """Seconds the collector has; it is abandoned after that."""
    options: Mapping[str, Json] = field(default_factory=dict)
    """Collector's own options: ``units``, ``kubeconfig``, ``context``, ..."""


class Collector(Protocol):
    """Reads one measurement type from the world."""

    type: str
    """``GPU``."""
    subtypes: tuple[str, ...]
    """Every subtype it can collect."""
    reads: str
    """``local`` for this machine, ``cluster`` for the Kubernetes API."""

    def collect(self, wanted: Wanted) -> Iterator[Fact | Collection]:
        """Give facts as they come, and one `Collection` for each subtype that is not ``ok``.

        Subtypes come one after the other: when a collector is cut short, the last one it spoke of
        is taken for partial, and those before it for complete. One that was looked for and found
        empty is a `Fact` with empty data. What cannot be read is a `Collection` with a reason,
        never an exception for one subtype's trouble; one without a subtype means all of them.
        """
        ...


# Bundles ----------------------------------------------------------------------------------------


class Bundler(Protocol):
    """Renders components of one family; its output depends on what it is given and nothing else.

    Texts of a recipe are data: they are quoted by the format that they go into, never pasted.
    """

    components: tuple[str, ...]
    """Names of the components that it renders."""

    def render(self, wanted: "ToRender") -> "Rendered":
        """Give values and resources of a component.

        Every value of the recipe is in them, or named in a note as unused.

        Raises:
            BundleError: the recipe asks for what cannot be rendered; names component and path.
        """
        ...


class Deployer(Protocol):
    """Writes what one tool needs to deploy a plan."""

    name: str
    """``helm``, ``helmfile``, ``argocd``, ``flux``."""

    def files(self, plan: "Plan") -> "Iterator[File]":
        """Give the files that the tool reads, beside values and resources of each release.

        Each release has its folder, `folder_of`: ``010-cert-manager/values.yaml`` and its resources
        in ``before/``, ``with/`` and ``after/`` are written for every deployer.
        """
        ...


# Distribution -----------------------------------------------------------------------------------


class Repository(Protocol):
    """Where artifacts lie by content address: of a registry, an image layout, an object store.

    It is believed in nothing: who asks holds what comes against digest and size
    (`eidos.engine.distributing.checking`).

    Raises:
        DistributionError: by every method: it cannot be asked, refuses, or breaks its protocol;
            no message holds a credential.
    """

    @property
    def place(self) -> str:
        """What messages call it; holds no secret."""
        ...

    def manifest(self, name: str) -> "Stored | None":
        """Give a manifest by tag or digest; None where there is none."""
        ...

    def blob(self, blob: "Descriptor") -> Iterator[bytes]:
        """Give a blob piece by piece."""
        ...

    def put_blob(self, blob: "Descriptor", content: "BinaryIO") -> None:
        """Put a blob where it is not there yet; the content may be read more than once."""
        ...

    def put_manifest(
        self, manifest: "Stored", tag: str | None = None, *, move: bool = False
    ) -> None:
        """Put a manifest whose blobs are there, and let a tag name it.

        One with a subject is found by `referrers` of that from then on.

        Raises:
            UsageError: the tag names another manifest, and may not move.
        """
        ...

    def tags(self) -> list[str]:
        """Name every tag, in order, but for those that stand for referrers."""
        ...

    def referrers(self, digest: str) -> list["Descriptor"]:
        """Give what says that it refers to a manifest; what of it is true is in its manifest."""
        ...

    def keep(self) -> None:
        """Write what is written at the end; called before `close` where all went well."""
        ...

    def close(self) -> None:
        """Let go of connections, and of what was not kept."""
        ...


class Place(Protocol):
    """Opens places of one scheme; named by an entry point that is called as the scheme."""

    def __call__(
        self, reference: "Reference", terms: "Terms", clock: Clock, environ: Mapping[str, str], /
    ) -> Repository:
        """Open a place.

        Args:
            reference: the place; which artifact of it does not matter.
            terms: on which terms other machines are spoken to.
            clock: waits before another try.
            environ: says where credentials and proxies are.

        Raises:
            UsageError: the reference is none of this scheme.
            MissingExtraError: what speaks to it is not installed.
            DistributionError: it cannot be opened.
        """
        ...
