"""Connections whose server must have answered by a time, however it spends it.

A timeout of a socket is for each time that it waits, so who sends a byte now and then, or headers,
interim answers or trailers without end, would keep us for ever. Here a clock ends the connection.
"""

import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPException
from typing import TYPE_CHECKING

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from eidos.engine.distributing.checking import SLOWEST

if TYPE_CHECKING:
    from urllib3._base_connection import _TYPE_BODY


class Watch(threading.Thread):
    """Shuts a socket down when time is over, unless it is cancelled before.

    Args:
        sock: what is read from and written to meanwhile.
        seconds: from now.
    """

    def __init__(self, sock: socket.socket | None, seconds: float) -> None:
        super().__init__(daemon=True)
        self._sock = sock
        self._until = time.monotonic() + seconds
        self._is_done = threading.Event()
        self.is_over = False
        self.start()

    def extend(self, received: int) -> None:
        """Give time for more, as some came: a second for each `SLOWEST` bytes."""
        self._until += received / SLOWEST

    def cancel(self) -> None:
        """Let the socket be."""
        self._is_done.set()

    def run(self) -> None:
        """Wait for the end of the time."""
        while (left := self._until - time.monotonic()) > 0:
            if self._is_done.wait(left):
                return
        self.is_over = True
        if self._sock is not None:
            with suppress(OSError):  # of the plain class: that of TLS forgets its state first
                socket.socket.shutdown(self._sock, socket.SHUT_RDWR)


def watched(raw: urllib3.BaseHTTPResponse, seconds: float) -> Watch:
    """Watch over the body of an answer that came through `POOLS`."""
    return Watch(getattr(raw, "watched_socket", None), seconds)


class _Watched(HTTPConnection):
    """Takes its timeout, and a second for each `SLOWEST` bytes sent, from request to headers."""

    _watch: Watch | None = None

    def request(  # type: ignore[override]  # all else goes through as it is
        self,
        method: str,
        url: str,
        body: "_TYPE_BODY | None" = None,
        headers: Mapping[str, str] | None = None,
        **more: bool,
    ) -> None:
        """Send a request."""
        if self.sock is None:
            self.connect()
        known = len(body) if isinstance(body, bytes) else (headers or {}).get("Content-Length", 0)
        self._watch = Watch(self.sock, float(self.timeout or 0) + int(known) / SLOWEST)
        super().request(method, url, body, headers, **more)

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]  # as urllib3 does
        """Wait for status and headers.

        Raises:
            TimeoutError: they are not all there in time.
        """
        sock, watch = self.sock, self._watch
        try:
            response = super().getresponse()
        except (HTTPException, OSError) as error:
            if watch and watch.is_over:
                raise TimeoutError from error
            raise
        finally:
            if watch:
                watch.cancel()
        if watch and watch.is_over:  # headers that break off look like headers that end
            response.close()
            raise TimeoutError
        response.watched_socket = sock  # type: ignore[attr-defined]  # for `watched`
        return response


class _WatchedTls(_Watched, HTTPSConnection):
    pass


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Watched


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


POOLS: dict[str, type[urllib3.HTTPConnectionPool]] = {"http": _Pool, "https": _TlsPool}
"""For `urllib3.PoolManager.pool_classes_by_scheme`."""
