"""Named objects, as an image layout is made of them: what they must do, and files of a folder.

Writing is by condition: what is there is never overwritten, and what changes is swapped only from
what it was. So no two who write at once lose anything.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO, Protocol

from eidos.engine.digest import address
from eidos.engine.errors import DistributionError, Location
from eidos.engine.filesystem import open_regular

CHUNK = 1 << 20


class Objects(Protocol):
    """Objects by name, ``a/b``.

    Raises:
        DistributionError: by every method: it cannot be asked.
    """

    def read(self, name: str, at_most: int) -> tuple[bytes, str] | None:
        """Give a small object and its version; None where there is none."""
        ...

    def chunks(self, name: str, size: int) -> Iterator[bytes]:
        """Give an object piece by piece, none where there is none.

        Args:
            name: of the object.
            size: bytes that are expected, which say how long it may take.
        """
        ...

    def has(self, name: str) -> bool:
        """Say whether there is an object."""
        ...

    def create(self, name: str, content: BinaryIO | bytes) -> bool:
        """Put an object whole or not at all; False where there is one already."""
        ...

    def swap(self, name: str, content: bytes, version: str | None) -> bool:
        """Put an object in place of a version of it, None for none; False where that changed."""
        ...

    def prove_conditions(self, name: str, content: bytes) -> None:
        """Try conditions on an object that is there with this content.

        Raises:
            DistributionError: it is overwritten all the same.
        """
        ...


class FolderObjects:
    """Files below a folder.

    Args:
        folder: need not be there before something is put.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str, at_most: int) -> tuple[bytes, str] | None:
        """Give a file that is neither a link nor too large."""
        try:
            with self._open(name) as file:
                content = file.read(at_most + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failed("read", name, error) from error
        if len(content) > at_most:
            raise DistributionError(
                f"{name} is too large", location=Location(str(self._folder / name))
            )
        return content, address(content)

    def chunks(self, name: str, size: int) -> Iterator[bytes]:  # noqa: ARG002 -- it is here already
        """Give a file piece by piece."""
        try:
            with self._open(name) as file:
                while part := file.read(CHUNK):
                    yield part
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._failed("read", name, error) from error

    def has(self, name: str) -> bool:
        """Say whether there is a file."""
        return (self._folder / name).is_file()

    def create(self, name: str, content: BinaryIO | bytes) -> bool:
        """Write a file beside its place, and link it there, which fails where there is one."""
        place = self._folder / name
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=place.parent, prefix=".new-") as file:
                for part in parts(content):
                    file.write(part)
                file.flush()
                os.fsync(file.fileno())
                os.fchmod(file.fileno(), 0o644)
                os.link(file.name, place)
        except FileExistsError:
            return False
        except OSError as error:
            raise self._failed("written", name, error) from error
        return True

    def swap(self, name: str, content: bytes, version: str | None) -> bool:
        """Replace a file while no other eidos does."""
        place = self._folder / name
        try:
            with self._locked():
                there = self.read(name, 1 << 30)
                if (there[1] if there else None) != version:
                    return False
                beside = place.with_name(f".{place.name}.{os.urandom(8).hex()}")
                try:
                    beside.write_bytes(content)
                    beside.replace(place)
                finally:
                    beside.unlink(missing_ok=True)
        except OSError as error:
            raise self._failed("written", name, error) from error
        return True

    def prove_conditions(self, name: str, content: bytes) -> None:
        """Links and locks hold."""

    def _open(self, name: str) -> BinaryIO:
        """Open a file and no link: a layout may be anybody's, and lead to any file of ours."""
        return open_regular(self._folder / name, follow=False)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _failed(self, what: str, name: str, error: OSError) -> DistributionError:
        return DistributionError(
            f"it cannot be {what}: {(error.strerror or str(error)).lower()}",
            hint="Check that the folder exists, that you may use it, and that it has space.",
            location=Location(str(self._folder / name)),
        )


def parts(content: BinaryIO | bytes) -> Iterator[bytes]:
    """Give content piece by piece, from its beginning."""
    if isinstance(content, bytes):
        yield content
        return
    content.seek(0)
    while part := content.read(CHUNK):
        yield part
