"""Places of Python packages: opened in a process of their own, and believed in nothing.

A package names a scheme in the group ``eidos.places``, and what opens its places::

    [project.entry-points."eidos.places"]
    acme = "acme_shelf:Shelf"

Nothing of the package is imported here. Its process is asked by pickled messages, and answers in
MessagePack of a known type, so that an answer is data and nothing else.
"""

import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import Any, BinaryIO, cast

from eidos.engine.distributing.checking import taken_tag
from eidos.engine.distributing.manifests import describe, read_descriptor, read_manifest
from eidos.engine.distributing.places import BUILT_IN, FORMS
from eidos.engine.errors import DistributionError, EidosError, UsageError
from eidos.engine.isolating import (
    GoneError,
    OddError,
    RefusedError,
    SilentError,
    apart,
    failed,
    harmless,
    said,
)
from eidos.engine.model.artifact import TAG, Descriptor, Reference, Stored, Terms
from eidos.engine.plugins import PLACES, Packaged, find_packaged, load
from eidos.engine.ports import Repository

SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,49}")
_PATH = "path"
"""What folders and archives are called in place of a scheme."""
_METHODS = (
    "manifest",
    "blob",
    "put_blob",
    "put_manifest",
    "tags",
    "referrers",
    "keep",
    "close",
)
_OPENED_WITHIN = 60.0
"""Seconds, at least: a package may import much."""
_TIMEOUTS = 10
"""A place may try again where it gets no answer, as ours do, and says nothing meanwhile."""
_SILENT_AT_MOST = 86_400.0
_CLOSED_WITHIN = 5.0
_CHUNK = 1 << 20
_MESSAGE_AT_MOST = 32 << 20
_LISTED_AT_MOST = 10_000
"""Tags of a place, or manifests that refer to one."""
_HINT = "Report it to whoever wrote the package; eidos plugin list shows what it brings."

_PATIENCE_HINT = f"Ask again, or give it longer: it has {_TIMEOUTS} times --timeout."


def find_places() -> list[Packaged]:
    """Give every place that is plugged in, ours included, each by its scheme."""
    return [_judged(each) for each in find_packaged(PLACES)]


def is_ours(place: Packaged) -> bool:
    """Say whether a place comes with eidos: no package can hang another module on its scheme."""
    opener: Any = BUILT_IN.get(place.name)
    return opener is not None and place.value == f"{opener.__module__}:{opener.__name__}"


def _judged(place: Packaged) -> Packaged:
    if is_ours(place):
        return replace(place, error=None)
    if place.name in {*BUILT_IN, _PATH}:
        return replace(place, error="the scheme is eidos' own: the package must take another")
    if not SCHEME.fullmatch(place.name):
        return replace(place, error="a scheme has small letters, digits, + . and -")
    return place


def packaged_place(scheme: str) -> Packaged:
    """Find the place of a scheme that eidos does not know itself.

    Raises:
        UsageError: no package offers it, or it cannot be used as far as its name tells.
    """
    found = next((each for each in find_places() if each.name == scheme), None)
    if found is None or scheme in BUILT_IN:
        raise UsageError(
            f"there are no places of the kind {scheme}://",
            hint=f"{FORMS} Packages may bring more: eidos plugin list",
        )
    if found.error:
        raise UsageError(
            f"places of the kind {scheme}:// cannot be used: {found.error} ({found.origin})",
            hint="Uninstall what you do not want; eidos plugin list shows what is installed.",
        )
    return found


class PackagedRepository:
    """A place of a package; implements `eidos.engine.ports.Repository`.

    Whatever it gives is held against what it says of it, and what it is given is looked for there
    afterwards.

    Args:
        place: what opens it.
        reference: what is opened.
        terms: on which terms it speaks to other machines.
        environ: its environment.

    Raises:
        DistributionError: it cannot be loaded or opened.
    """

    def __init__(
        self, place: Packaged, reference: Reference, terms: Terms, environ: Mapping[str, str]
    ) -> None:
        self.place = reference.repository
        self._name = f"{self.place} ({place.origin})"
        self._environ = environ
        self._patience = min(_TIMEOUTS * terms.timeout, _SILENT_AT_MOST)
        self._is_changed = False
        self._is_in_step = False
        with ExitStack() as ending:
            self._process = ending.enter_context(
                apart(_serve, place.value, reference, terms, dict(environ))
            )
            self._received(None, max(_OPENED_WITHIN, self._patience))
            self._is_in_step = True
            self._ending = ending.pop_all()

    def keep(self) -> None:
        """Let it write what it writes at the end; nothing where nothing was put."""
        if self._is_changed:
            self._ask(None, "keep")

    def close(self) -> None:
        """End its process, which may close what it has open before."""
        with self._ending, suppress(EidosError):
            if self._is_in_step:
                self._send("close")
                self._received(None, _CLOSED_WITHIN)

    # Reading ------------------------------------------------------------------------------------

    def manifest(self, name: str) -> Stored | None:
        """Give a manifest by tag or digest, described by its content; None where there is none.

        Raises:
            DistributionError: also where it is not what the place says of it.
        """
        found = self._ask(tuple[str, int, bytes] | None, "manifest", name)
        if found is None:
            return None
        digest, size, content = found
        media_type = read_manifest(content, f"{self._name}: {name}").media_type
        stored = Stored(describe(content, media_type), content)
        if (digest, size) != (stored.descriptor.digest, stored.descriptor.size):
            raise self._wrong(
                f"gives another manifest for {name} than it says: {stored.descriptor.digest} of "
                f"{stored.descriptor.size} bytes instead of {digest} of {size}"
            )
        return stored

    def blob(self, blob: Descriptor) -> Iterator[bytes]:
        """Give a blob piece by piece."""
        self._send("blob", blob)
        while (part := self._received(bytes | None, self._patience)) is not None:
            yield part
        self._is_in_step = True

    def tags(self) -> list[str]:
        """Name every tag, in order.

        Raises:
            DistributionError: also where something else is among them.
        """
        found: list[str] = self._listed(self._ask(list[str], "tags"))
        if not all(map(TAG.fullmatch, found)):
            raise self._wrong("gives tags that are none")
        return sorted(set(found))

    def referrers(self, digest: str) -> list[Descriptor]:
        """Give what says that it refers to a manifest."""
        found = self._listed(self._ask(list[dict[str, Any]], "referrers", digest))
        try:
            return [read_descriptor(each) for each in found]
        except ValueError as error:
            raise self._wrong(f"gives referrers that are none: {error}") from error

    # Writing ------------------------------------------------------------------------------------

    def put_blob(self, blob: Descriptor, content: BinaryIO) -> None:
        """Put a blob where it is not there yet."""
        self._send("put_blob", blob)
        content.seek(0)
        try:
            while part := content.read(_CHUNK):
                self._process.send_bytes(part)
            self._process.send_bytes(b"")
        except GoneError as error:
            raise self._wrong(str(error)) from error
        self._received(None, self._patience)
        self._is_in_step = True

    def put_manifest(self, manifest: Stored, tag: str | None = None, *, move: bool = False) -> None:
        """Put a manifest, and see that it is there then, and that its subject has it.

        Raises:
            UsageError: the tag names another manifest, and may not move.
            DistributionError: also where it is not there.
        """
        digest = manifest.descriptor.digest
        there = self.manifest(tag) if tag is not None and not move else None
        if tag is not None and there is not None and there.descriptor.digest != digest:
            raise taken_tag(self.place, tag, there.descriptor.digest, digest)
        self._is_changed = True
        self._ask(None, "put_manifest", manifest, tag, move)
        for name in (digest, tag):
            there = None if name is None else self.manifest(name)
            if name is not None and (there is None or there.descriptor.digest != digest):
                raise self._wrong(f"was given {digest}, and does not have it as {name}")
        subject = read_manifest(manifest.content, digest).subject
        if subject and all(each.digest != digest for each in self.referrers(subject.digest)):
            raise self._wrong(f"was given {digest}, and does not list it for {subject.digest}")

    # Asking -------------------------------------------------------------------------------------

    def _ask(self, kind: Any, method: str, *arguments: object) -> Any:  # noqa: ANN401 -- of any type
        self._send(method, *arguments)
        found = self._received(kind, self._patience)
        self._is_in_step = True
        return found

    def _send(self, method: str, *arguments: object) -> None:
        if not self._is_in_step:
            raise self._wrong("cannot be asked any more")
        self._is_in_step = False
        try:
            self._process.send((method, arguments))
        except GoneError as error:
            raise self._wrong(str(error)) from error

    def _received(self, kind: Any, seconds: float) -> Any:  # noqa: ANN401 -- of any type
        """Give the next answer.

        Args:
            kind: its type; anything else is refused.
            seconds: how long to wait for it.

        Raises:
            DistributionError: there is none, it is something else, or says what went wrong.
        """
        try:
            return self._process.answer(kind, seconds, _MESSAGE_AT_MOST)
        except SilentError as silent:
            raise self._error(f"{self._name} {silent}", _PATIENCE_HINT) from silent
        except GoneError as gone:
            raise self._wrong(str(gone)) from gone
        except RefusedError as refused:
            self._is_in_step = True
            raise self._error(f"{self._name}: {refused}", refused.hint) from refused

    def _listed(self, found: list[Any]) -> list[Any]:
        if len(found) > _LISTED_AT_MOST:
            raise self._wrong(f"lists more than {_LISTED_AT_MOST:,} of something")
        return found

    def _wrong(self, what: str) -> DistributionError:
        return self._error(f"{self._name} {what}")

    def _error(self, message: str, hint: str | None = None) -> DistributionError:
        return DistributionError(
            harmless(message, self._environ), hint=harmless(hint or _HINT, self._environ)
        )


# In the other process ---------------------------------------------------------------------------


class _Clock:
    """The machine's clock; implements `eidos.engine.ports.Clock`."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def wait(self, seconds: float) -> bool:
        time.sleep(seconds)
        return False


def _serve(
    pipe: Connection, value: str, reference: Reference, terms: Terms, environ: Mapping[str, str]
) -> None:
    """Open a place and do what is asked of it; every answer is an error, a hint and a value."""
    try:
        repository = _opened(value, reference, terms, environ)
    except BaseException as error:  # noqa: BLE001 -- it may raise anything, or leave
        pipe.send_bytes(failed(error))
        return
    pipe.send_bytes(said(None))
    while True:
        try:
            method, arguments = pipe.recv()
        except EOFError:  # whoever asks has gone
            return
        try:
            for each in _answers(repository, pipe, method, arguments):
                pipe.send_bytes(said(each))
        except BaseException as error:  # noqa: BLE001 -- it may raise anything, or leave
            pipe.send_bytes(failed(error))


def _opened(
    value: str, reference: Reference, terms: Terms, environ: Mapping[str, str]
) -> Repository:
    place = load(PLACES, value)
    if not callable(place):
        raise OddError(f"{value} is nothing that can be called")
    repository: Repository = place(reference, terms, _Clock(), environ)
    missing = [name for name in _METHODS if not callable(getattr(repository, name, None))]
    if missing:
        raise OddError(f"what it opens does not offer {', '.join(missing)}")
    return repository


def _answers(
    repository: Repository, pipe: Connection, method: str, arguments: tuple[Any, ...]
) -> Iterator[object]:
    """Do what is asked, and give what is answered, in one or many pieces."""
    if method == "blob":
        for part in repository.blob(*arguments):
            yield from _pieces(part)
        yield None
    elif method == "put_blob":
        with _taken(pipe) as content:
            repository.put_blob(arguments[0], content)
        yield None
    elif method == "put_manifest":
        manifest, tag, move = arguments
        repository.put_manifest(manifest, tag, move=move)
        yield None
    elif method == "manifest":
        yield _manifest(repository.manifest(*arguments))
    elif method == "referrers":
        yield [each.document() for each in repository.referrers(*arguments)]
    else:
        yield getattr(repository, method)(*arguments)


def _pieces(part: object) -> Iterator[bytes]:
    if not isinstance(part, bytes | bytearray | memoryview):
        raise OddError(f"blob gives a {type(part).__name__} and no bytes")
    whole = bytes(part)
    for start in range(0, len(whole), _CHUNK):
        yield whole[start : start + _CHUNK]


def _manifest(found: object) -> tuple[str, int, bytes] | None:
    if found is None:
        return None
    if not isinstance(found, Stored) or not isinstance(found.descriptor, Descriptor):
        raise OddError(f"manifest gives a {type(found).__name__} and no Stored")
    return found.descriptor.digest, found.descriptor.size, found.content


@contextmanager
def _taken(pipe: Connection) -> Iterator[BinaryIO]:
    """Give what is sent piece by piece, until an empty one, as a file."""
    with tempfile.TemporaryFile() as file:
        while part := pipe.recv_bytes():
            file.write(part)
        file.seek(0)
        yield cast("BinaryIO", file)
