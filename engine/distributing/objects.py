"""Named objects: files of a folder, or of an object store; obstore's one importer.

Writing is by condition: what is there is never overwritten, and what changes is swapped only from
what it was. So no two who write at once lose anything.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, Protocol

from eidos.engine.digest import address
from eidos.engine.errors import DistributionError, Location, MissingExtraError, UsageError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_CHUNK = 1 << 20


class Objects(Protocol):
    """Objects by name, ``a/b``.

    Raises:
        DistributionError: by every method: it cannot be asked.
    """

    def read(self, name: str, at_most: int) -> tuple[bytes, str] | None:
        """Give a small object and its version; None where there is none."""
        ...

    def chunks(self, name: str) -> Iterator[bytes]:
        """Give an object piece by piece; none where there is none."""
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

    def chunks(self, name: str) -> Iterator[bytes]:
        """Give a file piece by piece."""
        try:
            with self._open(name) as file:
                while part := file.read(_CHUNK):
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
                for part in _parts(content):
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

    def _open(self, name: str) -> BinaryIO:
        """Open a file and no link: a layout may be anybody's, and lead to any file of ours."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        return os.fdopen(os.open(self._folder / name, flags), "rb")

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


class CloudObjects:
    """Objects below a prefix of a bucket.

    Args:
        url: ``s3://bucket/prefix``, ``gs://bucket/prefix``, ``az://container/prefix``.
        plain: plain HTTP will do, as for an emulator on this machine.
        timeout: seconds to wait for an answer.
    """

    def __init__(self, url: str, *, plain: bool, timeout: float) -> None:
        try:
            import obstore
            from obstore import exceptions
        except ImportError as error:
            raise MissingExtraError("cloud", f"'{url}'") from error
        self._obstore = obstore
        self._faults = exceptions
        self._url = url
        self._store = self._opened(url, plain=plain, timeout=timeout)

    def _opened(self, url: str, *, plain: bool, timeout: float) -> "ObjectStore":
        """Open a store; obstore reads the variables of the cloud's own tools by itself."""
        from obstore.store import AzureStore, GCSStore, S3Store

        scheme, _, rest = url.partition("://")
        bucket, _, prefix = rest.partition("/")
        kinds = {"s3": S3Store, "gs": GCSStore, "az": AzureStore}
        seconds = timedelta(seconds=max(1.0, timeout))
        try:
            opened: ObjectStore = kinds[scheme](
                bucket,
                prefix=prefix or None,
                client_options={
                    "allow_http": plain,
                    "timeout": seconds,
                    "connect_timeout": seconds,
                },
                retry_config={"max_retries": 4, "retry_timeout": 5 * seconds},
            )
        except (self._faults.BaseError, ValueError) as error:
            raise UsageError(
                f"'{url}' cannot be opened ({type(error).__name__})",
                hint="Say region, endpoint and credentials by the variables of the cloud's tools: "
                "AWS_REGION, AWS_ACCESS_KEY_ID, AZURE_STORAGE_ACCOUNT_NAME, ...",
            ) from None
        return opened

    def read(self, name: str, at_most: int) -> tuple[bytes, str] | None:
        """Give a small object and its ETag."""
        try:
            found = self._obstore.get(self._store, name)
        except (self._faults.NotFoundError, FileNotFoundError):
            return None
        except self._faults.BaseError as error:
            raise self._failed(name, error) from None
        if found.meta["size"] > at_most:
            raise DistributionError(f"{self._url}/{name} is too large")
        return bytes(found.bytes()), str(found.meta["e_tag"])

    def chunks(self, name: str) -> Iterator[bytes]:
        """Give an object piece by piece."""
        try:
            for part in self._obstore.get(self._store, name).stream(min_chunk_size=_CHUNK):
                yield bytes(part)
        except (self._faults.NotFoundError, FileNotFoundError):
            return
        except self._faults.BaseError as error:
            raise self._failed(name, error) from None

    def has(self, name: str) -> bool:
        """Say whether there is an object."""
        try:
            self._obstore.head(self._store, name)
        except (self._faults.NotFoundError, FileNotFoundError):
            return False
        except self._faults.BaseError as error:
            raise self._failed(name, error) from None
        return True

    def create(self, name: str, content: BinaryIO | bytes) -> bool:
        """Put an object if there is none, at once: a condition holds for one request only."""
        whole = content if isinstance(content, bytes) else b"".join(_parts(content))
        try:
            self._obstore.put(self._store, name, whole, mode="create", use_multipart=False)
        except self._faults.AlreadyExistsError:
            return False
        except self._faults.BaseError as error:
            raise self._failed(name, error) from None
        return True

    def swap(self, name: str, content: bytes, version: str | None) -> bool:
        """Put an object in place of a version of it."""
        if version is None:
            return self.create(name, content)
        try:
            self._obstore.put(
                self._store, name, content, mode={"e_tag": version}, use_multipart=False
            )
        except (self._faults.PreconditionError, self._faults.AlreadyExistsError):
            return False
        except self._faults.BaseError as error:
            raise self._failed(name, error) from None
        return True

    def _failed(self, name: str, error: Exception) -> DistributionError:
        """Say what kind of trouble it is; the store's own words may hold a signed address."""
        kind = type(error).__name__.removesuffix("Error")
        said = {
            "Unauthenticated": "wants to know who asks",
            "PermissionDenied": "refuses",
            "NotSupported": "knows no conditional writing, without which nothing is put",
        }.get(kind, "cannot be asked, or answers with an error")
        return DistributionError(
            f"{self._url}: the store {said} ({kind}, {name})",
            hint="Check bucket, region, endpoint (AWS_ENDPOINT_URL) and the credentials in use.",
        )


def _parts(content: BinaryIO | bytes) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    content.seek(0)
    while part := content.read(_CHUNK):
        yield part
