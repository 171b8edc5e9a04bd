"""Asking the API server politely: bounded in time, size and patience."""

import time
import zlib
from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec

from eidos.collectors._kube.access import Connection, Response
from eidos.collectors._kube.errors import (
    ApiError,
    ForbiddenError,
    GoneError,
    LateError,
    MissingError,
    SilentError,
    UnauthorizedError,
    UnreachableError,
)

JSON = "application/json"
SIZE_LIMIT = 128 << 20
"""Bytes of one answer; a page of 500 pods has about 5 MiB."""
REQUEST_SECONDS = 30.0
"""A list page of a busy server takes seconds, not half a minute."""
ATTEMPTS = 4
"""At a request that the server turned away or that broke off; pauses that it does not name itself
are 1.4 s in all."""
_PAUSE = 0.2
"""Seconds before the second attempt where the server names none; doubled for each further one."""
_CHUNK = 1 << 18
_OK, _BUSY = 200, 429
_SERVER_TROUBLE = 500


class Client:
    """Reads from one API server until a moment in time.

    Args:
        connection: where requests go.
        deadline: on the clock of `time.monotonic`.
    """

    def __init__(self, connection: Connection, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline

    def get(
        self,
        path: str,
        action: str,
        query: Mapping[str, str | int] | None = None,
        *,
        seconds: float = REQUEST_SECONDS,
        attempts: int = ATTEMPTS,
    ) -> bytes:
        """Give the body of an answer.

        Args:
            path: below the server's address.
            action: what is asked for, in words of RBAC: ``list pods``.
            query: parameters.
            seconds: longest wait for one attempt.
            attempts: how often to ask when it is no final answer.

        Raises:
            ApiError: there is no answer; the kind of error says what that means.
        """
        target = f"{path}?{urlencode(query)}" if query else path
        for attempt in range(attempts):
            try:
                status, headers, body = self._try(target, action, seconds)
            except OSError as error:
                kind = SilentError if isinstance(error, TimeoutError) else UnreachableError
                trouble: ApiError = kind(f"{action}: {_line(error)}")
                pause = _PAUSE * 2**attempt
            else:
                if status == _OK:
                    return body
                trouble = _error(status, body, action)
                if not _is_passing(status):
                    raise trouble
                pause = _patience(headers, attempt)
            if attempt == attempts - 1:
                raise trouble
            self._wait(pause, trouble)
        raise AssertionError("the last attempt returns or raises")

    def _try(
        self, target: str, action: str, seconds: float
    ) -> tuple[int, Mapping[str, str], bytes]:
        now = time.monotonic()
        if now >= self._deadline:
            raise LateError(f"{action}: the time for collecting is over")
        until = min(now + seconds, self._deadline)
        response = self._connection.get(target, JSON, max(until - now, 0.05))
        try:
            body = self._body(response, action, until)
        except BaseException:
            response.close()
            raise
        response.release_conn()
        return response.status, response.headers, body

    def _body(self, response: Response, action: str, until: float) -> bytes:
        from urllib3.exceptions import HTTPError

        body = bytearray()
        try:
            while chunk := response.read1(_CHUNK, decode_content=False):
                body += chunk
                _refuse_large(len(body), action)
                if time.monotonic() >= until:
                    raise TimeoutError("the answer did not come to its end in time")
        except HTTPError as error:
            raise OSError(f"the answer broke off: {_line(error)}") from error
        if response.headers.get("Content-Encoding") == "gzip":
            return _unpacked(body, action)
        return bytes(body)

    def _wait(self, seconds: float, trouble: ApiError) -> None:
        """Wait for the next attempt; where the time ends before it, the trouble counts."""
        if time.monotonic() + seconds >= self._deadline:
            raise type(trouble)(f"{trouble}; no time is left to ask again in {seconds:g} s")
        time.sleep(seconds)


def _unpacked(body: bytearray, action: str) -> bytes:
    """Undo gzip here and not in the pool, which would not look at the clock meanwhile."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(body, SIZE_LIMIT + 1)
    except zlib.error as error:
        raise OSError(f"a damaged answer: {error}") from error
    _refuse_large(len(plain), action)
    if not unpacker.eof:
        raise OSError("the answer is cut short")
    return plain


def _refuse_large(size: int, action: str) -> None:
    if size > SIZE_LIMIT:
        raise ApiError(f"{action}: an answer has more than {SIZE_LIMIT >> 20} MiB")


def _is_passing(status: int) -> bool:
    return status == _BUSY or status >= _SERVER_TROUBLE


def _patience(headers: Mapping[str, str], attempt: int) -> float:
    """Seconds to wait: as the server says, else ever longer."""
    said = headers.get("Retry-After", "")
    return float(said) if said.isdigit() else _PAUSE * 2.0**attempt


def _error(status: int, body: bytes, action: str) -> ApiError:
    verb, _, resource = action.partition(" ")
    match status:
        case 401:
            return UnauthorizedError(
                "401 Unauthorized: the credentials are refused or expired; sign in again"
            )
        case 403:
            return ForbiddenError(f"403 Forbidden: {action}; grant {verb} on {resource}")
        case 404:
            return MissingError(f"404 Not Found: {action}")
        case 410:
            return GoneError(
                f"410 Gone: {action}: the list changed while it was read", _token(body)
            )
        case _:
            return ApiError(f"{status}: {action}: {_said(body)}".rstrip(": "))


class ListMeta(msgspec.Struct):
    """What every list, and the refusal to continue one, says of itself."""

    token: str | None = msgspec.field(name="continue", default=None)
    """Continues the list; empty or None at its end."""


class _Status(msgspec.Struct):
    message: str | None = None
    metadata: ListMeta | None = None


def _status(body: bytes) -> _Status:
    try:
        return msgspec.json.decode(body, type=_Status)
    except msgspec.MsgspecError:
        return _Status()


def _token(body: bytes) -> str | None:
    metadata = _status(body).metadata
    return (metadata.token or None) if metadata else None


def _said(body: bytes) -> str:
    return _line(_status(body).message or "")


def _line(text: object) -> str:
    """Make one printable line of what a server or a library says."""
    plain = "".join(char if char.isprintable() else " " for char in str(text))
    return " ".join(plain.split())[:300]
