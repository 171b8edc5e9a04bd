"""HTTP/1.1 over a Unix socket: just what OPA's server speaks, and strictly so.

Python's own client brings a parser of e-mail and all of TLS, a tenth of the time of a check.
"""

import errno
import re
import socket
from typing import Final

_STALL_SECONDS: Final = 60.0
"""In the midst of a request or a response; evaluation has limits of its own."""
_READ_BYTES: Final = 1 << 20
_HEAD_BYTES: Final = 1 << 16
"""In a status line and its headers."""
_STATUS: Final = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2})(?: [^\r\n]*)?")
_HEX: Final = re.compile(rb"[0-9A-Fa-f]{1,16}")
_CHUNK_LINE: Final = 32
"""In the line before a chunk: 16 hexadecimal digits and an end of line fit."""


class Connection:
    """One connection that is kept: a request, its response, the next request.

    Args:
        path: the socket.

    Raises:
        OSError: nobody listens there.
    """

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(_STALL_SECONDS)
        try:
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise
        self._read = bytearray()

    def fileno(self) -> int:
        """Give the descriptor to wait on; raises `ConnectionError` when it is closed."""
        descriptor = self._socket.fileno()
        if descriptor < 0:
            raise ConnectionError("the connection is closed")
        return descriptor

    def close(self) -> None:
        """Close it, which ends the evaluation of a request."""
        self._socket.close()

    def request(self, method: str, target: str, body: bytes = b"") -> None:
        """Send a request; raises `OSError` when the server is gone."""
        head = (
            f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._socket.sendall(head.encode("ascii") + body)

    def response(self, most: int) -> tuple[int, bytes]:
        """Give status and content of the response to the last request.

        Args:
            most: bytes of content; of a longer one more than that are given, and the connection
                cannot be used again.

        Raises:
            OSError: the server is gone, or says what is no response.
        """
        status, headers = _head(self._until(b"\r\n\r\n", _HEAD_BYTES))
        if headers.get(b"transfer-encoding") == b"chunked":
            return status, self._chunks(most)
        length = headers.get(b"content-length", b"")
        if not length.isdigit() or b"transfer-encoding" in headers:
            raise ConnectionError("opa does not say how long its response is")
        return status, self._exactly(min(int(length), most + 1))

    def _chunks(self, most: int) -> bytes:
        content = bytearray()
        while len(content) <= most:
            line = self._until(b"\r\n", _CHUNK_LINE)
            if _HEX.fullmatch(line) is None:
                raise ConnectionError("opa sends no chunk where one begins")
            size = int(line, 16)
            content += self._exactly(min(size, most + 1))
            if size <= most and self._exactly(2) != b"\r\n":
                raise ConnectionError("opa sends no end of a chunk")
            if size == 0:
                break
        return bytes(content)

    def _until(self, end: bytes, most: int) -> bytes:
        """Take what comes before an end, and the end."""
        while (at := self._read.find(end)) < 0:
            if len(self._read) > most:
                raise ConnectionError("opa sends no end of a line")
            self._more()
        return self._take(at + len(end))[: -len(end)]

    def _exactly(self, size: int) -> bytes:
        while len(self._read) < size:
            self._more()
        return self._take(size)

    def _take(self, size: int) -> bytes:
        taken = bytes(memoryview(self._read)[:size])
        del self._read[:size]
        return taken

    def _more(self) -> None:
        received = self._socket.recv(_READ_BYTES)
        if not received:
            raise ConnectionResetError(errno.ECONNRESET, "the connection was closed")
        self._read += received


def _head(text: bytes) -> tuple[int, dict[bytes, bytes]]:
    """Give the status and the headers, names in small letters."""
    first, *lines = text.split(b"\r\n")
    status = _STATUS.fullmatch(first)
    if status is None:
        raise ConnectionError("opa sends what is no response")
    headers: dict[bytes, bytes] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or name.lower() in headers:
            raise ConnectionError("opa sends a header that is none, or one twice")
        headers[name.lower()] = value.strip()
    return int(status[1]), headers
