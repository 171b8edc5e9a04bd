"""How each subtype of a cluster ends: given, failed with a reason, or in part."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from eidos.collectors._kube.access import Credentials, connected
from eidos.collectors._kube.client import Client
from eidos.collectors._kube.errors import (
    FATAL,
    ApiError,
    CredentialsError,
    NoCredentialsError,
    RestartedError,
)
from eidos.collectors._kube.listing import PAGE_SIZE, Lister
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import Collection, CollectorState, Subtype
from eidos.engine.ports import Fact, Wanted

Item = Fact | Collection
T = TypeVar("T")

_SHARE = 0.9
"""Part of the given time to read in; the rest is for handing over what was read."""
_RESTARTS = 2


@dataclass(frozen=True, slots=True)
class Reading:
    """Facts of one subtype, and what is not among them."""

    data: Mapping[str, Json]
    missing: Mapping[str, str] = field(default_factory=dict)
    """Key to reason, for what should be there and could not be read."""
    withheld: tuple[str, ...] = ()
    """Keys of secrets, which are left out."""


@dataclass(frozen=True, slots=True)
class Part:
    """A subtype being read."""

    type: str
    name: str

    def fact(self, data: Mapping[str, Json], node: str | None = None) -> Fact:
        """Give facts about the cluster or one of its nodes."""
        return Fact(self.type, Subtype(self.name, data), node)

    def ended(
        self,
        status: CollectorState,
        reason: str,
        *,
        node: str | None = None,
        keys: tuple[str, ...] = (),
    ) -> Collection:
        """Say how it ended."""
        return Collection(self.type, status, self.name, node, reason, keys)


Reader = Callable[[Part, Lister], Iterator[Item]]


def collect_cluster(type_: str, wanted: Wanted, readers: Mapping[str, Reader]) -> Iterator[Item]:
    """Read each wanted subtype from the cluster that the options name."""
    deadline = time.monotonic() + wanted.timeout * _SHARE
    try:
        with connected(Credentials.of(wanted.options)) as connection:
            lister = _lister(Client(connection, deadline), wanted.options)
            chosen = {name: read for name, read in readers.items() if name in wanted.subtypes}
            yield from _read_all(type_, lister, chosen)
    except NoCredentialsError as error:
        yield Collection(type_, CollectorState.UNAVAILABLE, reason=str(error))
    except CredentialsError as error:
        yield Collection(type_, CollectorState.FAILED, reason=str(error))


def _lister(client: Client, options: Mapping[str, Json]) -> Lister:
    size, namespaces = options.get("page_size"), options.get("namespaces")
    return Lister(
        client,
        size if isinstance(size, int) and size > 0 else PAGE_SIZE,
        tuple(sorted(map(str, namespaces))) if isinstance(namespaces, list) else (),
    )


def _read_all(type_: str, lister: Lister, readers: Mapping[str, Reader]) -> Iterator[Item]:
    """Read one after the other; when the server is lost, the rest fails with the same reason."""
    lost: ApiError | None = None
    for name, read in readers.items():
        part = Part(type_, name)
        if lost is not None:
            yield part.ended(CollectorState.FAILED, str(lost))
            continue
        try:
            yield from read(part, lister)
        except ApiError as error:
            yield part.ended(CollectorState.FAILED, str(error))
            lost = error if isinstance(error, FATAL) else None


def of_cluster(read: Callable[[Lister], Mapping[str, Json] | Reading]) -> Reader:
    """Make a reader of a function that gives all facts of a subtype about the cluster."""

    def reader(part: Part, lister: Lister) -> Iterator[Item]:
        reading = restarting(read, lister)
        if not isinstance(reading, Reading):
            reading = Reading(reading)
        yield part.fact(reading.data)
        yield from _missing(part, reading.missing)
        if reading.withheld:
            keys = tuple(sorted(reading.withheld))
            yield part.ended(CollectorState.REDACTED, "secrets are not read", keys=keys)

    return reader


def _missing(part: Part, missing: Mapping[str, str]) -> Iterator[Item]:
    """Say each reason once, with the keys that it is about."""
    for reason in sorted(set(missing.values())):
        keys = tuple(sorted(key for key, why in missing.items() if why == reason))
        yield part.ended(CollectorState.PARTIAL, reason, keys=keys)


def restarting(read: Callable[[Lister], T], lister: Lister) -> T:
    """Read lists into one value, again from the start when the server forgot its place.

    Raises:
        ApiError: the lists could not be read.
    """
    for _ in range(_RESTARTS):
        try:
            return read(lister)
        except RestartedError:
            continue
    try:
        return read(lister)
    except RestartedError as error:
        raise ApiError(f"{error}, {_RESTARTS + 1} times; try a larger page size") from error
