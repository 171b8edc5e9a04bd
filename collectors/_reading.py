"""What every local collector shares: reading small files, and saying what could not be read."""

import errno
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import Collection, CollectorState, Subtype
from eidos.engine.ports import Fact

SIZE_LIMIT = 1 << 20
"""Bytes of one file; nothing under /proc or /sys that we read comes near."""


class UnavailableError(Exception):
    """The thing to read is not on this machine; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Facts of one subtype, and what is not among them."""

    data: Mapping[str, Json]
    missing: Mapping[str, str] = field(default_factory=dict)
    """Key to reason, for what should be there and could not be read."""
    withheld: tuple[str, ...] = ()
    """Keys of secrets, which are never read."""
    unread: tuple[str, ...] = ()
    """Names of what the source says and nobody here knows; no fact is missing for it."""


def read_text(path: Path) -> str:
    """Read a small regular file; bytes that are not UTF-8 are shown by their numbers.

    Raises:
        OSError: it is not there, not a regular file, too large, or cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("not a regular file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(SIZE_LIMIT + 1)
    finally:
        os.close(descriptor)
    if len(content) > SIZE_LIMIT:
        raise OSError(f"{path} has more than {SIZE_LIMIT >> 20} MiB")
    return content.decode(errors="backslashreplace")


def read_line(path: Path) -> str | None:
    """Read a one-line file; None when it is not there or has no value now."""
    try:
        return read_text(path).strip()
    except OSError:
        return None


def read_number(path: Path) -> int | None:
    """Read a file that holds one whole number; None when it does not."""
    text = read_line(path)
    try:
        return int(text or "")
    except ValueError:
        return None


class Gathering:
    """The facts of one subtype, gathered key by key.

    A key whose reader gives None is absent as a fact. One that cannot be read is named with the
    reason, and spoils no other.
    """

    def __init__(self) -> None:
        self._data: dict[str, Json] = {}
        self._missing: dict[str, str] = {}

    def add(self, key: str, read: Callable[[], Json | None]) -> None:
        """Read one fact."""
        try:
            value = read()
        except (OSError, ValueError, UnavailableError) as why:
            self._missing[key] = reason(why)
        else:
            if value is not None:
                self._data[key] = value

    @property
    def reading(self) -> Reading:
        """Give what was gathered."""
        return Reading(self._data, self._missing)


_NO_VALUE = {
    *(errno.ENOENT, errno.ENOTDIR, errno.EINVAL, errno.EIO),
    *(errno.EOPNOTSUPP, errno.ENODEV, errno.ENXIO, errno.ESRCH),
}
"""How the kernel says that there is no such thing, or that it has no value."""


def value_of(path: Path) -> str | None:
    """Read a one-line file; None when the kernel has none, or no value for it.

    Raises:
        OSError: it may not be read, which does not mean that there is none.
    """
    try:
        return read_text(path).strip()
    except OSError as why:
        if why.errno in _NO_VALUE:
            return None
        raise


def number_of(path: Path) -> int | None:
    """Read a file that holds one whole number; None when the kernel has none.

    Raises:
        OSError: it may not be read.
        ValueError: it holds something else.
    """
    text = value_of(path)
    return None if text is None else int(text)


def require(folder: Path, what: str) -> Path:
    """Give a folder of the kernel, if it is there.

    Raises:
        UnavailableError: it is not, so that nothing below it says that something is absent.
    """
    if not folder.is_dir():
        raise UnavailableError(f"{what} is not mounted")
    return folder


def present(values: Mapping[str, Json | None]) -> dict[str, Json]:
    """Leave out what has no value."""
    return {key: value for key, value in values.items() if value is not None}


def names(folder: Path, pattern: str = "*") -> list[str]:
    """Give the sorted names in a folder; none when there is no such folder."""
    try:
        return sorted(path.name for path in folder.glob(pattern))
    except OSError:
        return []


def reason(error: BaseException) -> str:
    """Say in words of one line why something could not be read."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return " ".join(str(error).split()) or type(error).__name__


def collect_subtype(
    type_: str, node: str, name: str, read: Callable[[], Reading]
) -> Iterator[Fact | Collection]:
    """Read one subtype: the fact, and what is to be said about it.

    Args:
        type_: measurement type: ``GPU``.
        node: name of the machine.
        name: of the subtype.
        read: reads it; may raise `UnavailableError` where there is nothing to read, and `OSError`
            or `ValueError` where it cannot be read. Neither ends the other subtypes.

    Yields:
        The fact, unless reading failed; then a `Collection` for each kind of gap in it.
    """

    def state(status: CollectorState, why: str, keys: tuple[str, ...] = ()) -> Collection:
        return Collection(type_, status, name, node, why, keys)

    try:
        reading = read()
    except UnavailableError as error:
        yield state(CollectorState.UNAVAILABLE, str(error))
        return
    except (OSError, ValueError) as error:
        yield state(CollectorState.FAILED, reason(error))
        return
    yield Fact(type_, Subtype(name, reading.data), node)
    if reading.missing:
        why = "; ".join(sorted(set(reading.missing.values())))
        yield state(CollectorState.PARTIAL, why, tuple(sorted(reading.missing)))
    if reading.withheld:
        yield state(CollectorState.REDACTED, "secrets are not read", reading.withheld)
    if reading.unread:
        yield state(CollectorState.OK, "the source says more than is read", reading.unread)
