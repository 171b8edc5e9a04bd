"""Objects of the clouds' stores, and of all that speak as they do; the only importer of obstore.

https://developmentseed.org/obstore/ -- it reads the variables of each cloud's tools by itself.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit

from eidos.engine.distributing.checking import SLOWEST
from eidos.engine.distributing.objects import CHUNK, parts
from eidos.engine.distributing.references import is_loopback
from eidos.engine.errors import DistributionError, MissingExtraError, UsageError
from eidos.engine.filesystem import open_regular
from eidos.engine.model.artifact import Terms
from eidos.engine.records import dataclass

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_RETRIES = 4
_NO_PROXY = {"proxy_url": "http://127.0.0.1:9", "proxy_excludes": "localhost,127.0.0.1,::1"}
"""This machine is never asked through a proxy. Only where obstore is given one does it not ask that
of the environment, and only to such a one can it be given an exception."""
_LATER = "It was tried more than once. Ask again later, or give it more time: --timeout."
_PASSING = re.compile(r"status code: (?:408|425|429|5[0-9][0-9])")
_STATUS = re.compile(r"status code: ([1-5][0-9][0-9])")
"""In what obstore says of an error; nothing else of it is told, as it may hold a signed address."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How the stores of one cloud are spoken to."""

    opener: str
    """The class of obstore."""
    endpoints: tuple[str, ...]
    """Variables that name another store than the cloud's own; the first that is set holds."""
    endpoint: str
    """What obstore calls that."""
    version: str
    """What a condition is about, of what obstore tells of an object."""
    nowhere: str
    """A version that no object has."""
    credentials: str
    """Variables to check."""


_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_AZURE = ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT")
_NO_TAG = '"0"'
_KINDS = {
    "s3": _Kind(
        *("S3Store", _ENDPOINTS, "endpoint", "e_tag", _NO_TAG),
        "AWS_REGION, AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID",
    ),
    "az": _Kind(
        *("AzureStore", _AZURE, "endpoint", "e_tag", _NO_TAG),
        "AZURE_STORAGE_ACCOUNT_NAME, AZURE_STORAGE_ENDPOINT, AZURE_STORAGE_ACCOUNT_KEY",
    ),
    "gs": _Kind(
        *("GCSStore", ("GOOGLE_BASE_URL",), "base_url", "version", "1"),
        "GOOGLE_SERVICE_ACCOUNT, GOOGLE_BASE_URL",
    ),
}


class CloudObjects:
    """Objects below a prefix of a bucket; implements `eidos.engine.distributing.objects.Objects`.

    Args:
        url: ``s3://bucket/prefix``, ``gs://bucket/prefix``, ``az://container/prefix``.
        terms: on which terms it is spoken to; plain HTTP goes to this machine all the same.
        environ: names the store, where it is none of the cloud's own.

    Raises:
        MissingExtraError: obstore is not installed.
        UsageError: what the environment says does not do to open it.
    """

    def __init__(self, url: str, terms: Terms, environ: Mapping[str, str]) -> None:
        try:
            from obstore import exceptions
        except ImportError as error:
            raise MissingExtraError("cloud", f"'{url}'") from error
        self._faults = exceptions
        self._url = url
        self._terms = terms
        scheme, _, self._place = url.partition("://")
        self._kind = _KINDS[scheme]
        self._endpoint, self._is_here = _endpoint(self._kind, environ)
        self._stores: dict[tuple[int, bool], ObjectStore] = {}
        self._store(0, reads=True)  # so that what cannot be opened is told before anything else

    def read(self, name: str, at_most: int) -> tuple[bytes, str] | None:
        """Give a small object and its version, or None."""
        import obstore

        with self._asking(name):
            try:
                found = obstore.get(self._store(at_most, reads=True), name)
            except FileNotFoundError:
                return None
            if found.meta["size"] > at_most:
                raise DistributionError(f"{self._url}/{name} is too large")
            version = dict(found.meta).get(self._kind.version)
            return bytes(found.bytes()), str(version or "")

    def chunks(self, name: str, size: int) -> Iterator[bytes]:
        """Give an object piece by piece."""
        import obstore

        with self._asking(name):
            try:
                found = obstore.get(self._store(size, reads=True), name)
            except FileNotFoundError:
                return
            for part in found.stream(min_chunk_size=CHUNK):
                yield bytes(part)

    def has(self, name: str) -> bool:
        """Say whether there is an object."""
        import obstore

        with self._asking(name):
            try:
                obstore.head(self._store(0, reads=True), name)
            except FileNotFoundError:
                return False
        return True

    def create(self, name: str, content: BinaryIO | bytes) -> bool:
        """Put an object if there is none, at once: a condition holds for one request only."""
        whole = content if isinstance(content, bytes) else b"".join(parts(content))
        return self._put(name, whole, "create")

    def swap(self, name: str, content: bytes, version: str | None) -> bool:
        """Put an object in place of a version of it."""
        if version is None:
            return self.create(name, content)
        if not version:  # it tells none
            raise self._unconditional(name)
        return self._put(name, content, {self._kind.version: version})

    def prove_conditions(self, name: str, content: bytes) -> None:
        """Try both on an object that is there: some stores take them, and pass them over."""
        if self.create(name, content) or self.swap(name, content, self._kind.nowhere):
            raise self._unconditional(name)

    def _put(self, name: str, content: bytes, mode: Any) -> bool:  # noqa: ANN401 -- of obstore
        import obstore

        with self._asking(name):
            try:
                obstore.put(
                    self._store(len(content), reads=False),
                    name,
                    content,
                    mode=mode,
                    use_multipart=False,
                )
            except (self._faults.AlreadyExistsError, self._faults.PreconditionError):
                return False
        return True

    # The store ----------------------------------------------------------------------------------

    def _store(self, size: int, *, reads: bool) -> "ObjectStore":
        """Give the store, with time for a request with so many bytes."""
        room = (-(-size // CHUNK), reads)
        if room not in self._stores:
            self._stores[room] = self._opened(room[0] * CHUNK, reads=reads)
        return self._stores[room]

    def _opened(self, size: int, *, reads: bool) -> "ObjectStore":
        """Open the store.

        obstore's timeout is for a whole request, so it grows with what is sent; who reads can be
        told to wait no longer than that for more, but for who writes this is the whole once more.
        """
        from obstore import store

        seconds = max(1.0, self._terms.timeout)
        waits = timedelta(seconds=seconds)
        options: dict[str, Any] = {
            "allow_http": self._terms.plain_http or self._is_here,
            "connect_timeout": waits,
            "timeout": timedelta(seconds=seconds + size / SLOWEST),
            **({"read_timeout": waits} if reads else {}),
            **(_NO_PROXY if self._is_here else {}),
            **self._authorities(),
        }
        bucket, _, prefix = self._place.partition("/")
        try:
            opened: ObjectStore = getattr(store, self._kind.opener)(
                bucket,
                prefix=prefix or None,
                client_options=options,
                retry_config={"max_retries": _RETRIES, "retry_timeout": (_RETRIES + 1) * waits},
                **({self._kind.endpoint: self._endpoint} if self._endpoint else {}),
            )
        except (self._faults.BaseError, ValueError) as error:
            raise UsageError(
                f"'{self._url}' cannot be opened ({type(error).__name__})", hint=self._check()
            ) from None
        return opened

    def _authorities(self) -> dict[str, bytes]:
        file = self._terms.ca_file
        try:
            content = _read(file) if file else b""
        except OSError:
            content = b"none"
        if file and b"-----BEGIN CERTIFICATE-----" not in content:
            raise DistributionError(
                f"{file} holds no certificates that can be read",
                hint="--ca-file takes certificates in PEM.",
            )
        return {"root_certificate": content} if file else {}

    # What goes wrong ----------------------------------------------------------------------------

    @contextmanager
    def _asking(self, name: str) -> Iterator[None]:
        """Tell an error by its kind, and by nothing that the store said."""
        try:
            yield
        except (self._faults.BaseError, OSError, ValueError) as error:
            raise self._failed(name, error) from None

    def _failed(self, name: str, error: Exception) -> DistributionError:
        kind = type(error).__name__.removesuffix("Error")
        if kind == "NotSupported":
            return self._unconditional(name)
        text = str(error)
        what, hint = self._wrong(text)
        said = {
            "Unauthenticated": "wants to know who asks",
            "PermissionDenied": "refuses",
            "FileNotFound": "has no such bucket",
        }.get(kind, what)
        status = _STATUS.search(text)
        return DistributionError(
            f"{self._url}: the store {said} ({f'{status[1]}, ' if status else ''}{name})", hint=hint
        )

    def _wrong(self, text: str) -> tuple[str, str]:
        """Say what is wrong by what obstore says of it, and what helps."""
        if "InvalidCertificate" in text:
            hint = "Name the authority that signed its certificate: --ca-file FILE."
            return "cannot be trusted", hint
        if "kind: Timeout" in text:
            return "did not answer in time, or broke off", _LATER
        if "kind: Connect" in text:
            return "cannot be reached", self._check()
        said = "answers with an error" if _STATUS.search(text) else "gives an answer that is none"
        return said, _LATER if _PASSING.search(text) else self._check()

    def _unconditional(self, name: str) -> DistributionError:
        return DistributionError(
            f"{self._url}: the store knows no conditional writing, without which nothing is put "
            f"({name})",
            hint="Of two who push at once, one would be lost. Take another store, or a registry.",
        )

    def _check(self) -> str:
        return f"Check bucket, region, endpoint and credentials: {self._kind.credentials}, ..."


def _read(file: Path) -> bytes:
    with open_regular(file) as opened:
        return opened.read()


def _endpoint(kind: _Kind, environ: Mapping[str, str]) -> tuple[str, bool]:
    """Give where the store is, nothing for the cloud's own, and whether that is this machine.

    Raises:
        UsageError: it is no address; what is there is not repeated, as it may hold a password.
    """
    name = next((name for name in kind.endpoints if environ.get(name)), None)
    if name is None:
        return "", False
    wrong = UsageError(f"{name} is no address of a store", hint=f"Write {name}=https://HOST")
    try:
        parts = urlsplit(environ[name])
        has_host = parts.hostname and parts.port != 0
    except ValueError:
        raise wrong from None
    is_well = parts.scheme in {"http", "https"} and has_host and environ[name].isprintable()
    if not is_well or parts.username or parts.password:
        raise wrong
    return environ[name], is_loopback(parts.hostname)
