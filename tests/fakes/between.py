"""Who stands between a client and its server on 127.0.0.1: passes on, or answers oddly itself."""

import http.client
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import unquote, urlsplit

from fakes.http_server import http_server
from fakes.registry import Fault, Odd

_OF_THE_WAY = {"connection", "content-length", "transfer-encoding", "keep-alive", "date", "server"}


@dataclass
class Between:
    """What is asked passes by, signed as it is, unless there is a fault."""

    server: str
    """Whose host and port it passes on to."""
    url: str = ""
    fault: Fault | None = None
    pause: float = 0
    """Seconds between two fifths of what is uploaded."""
    cuts: int = 0
    """How many more contents break off in the middle."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Method and path."""


class _Handler(BaseHTTPRequestHandler):
    between: Between
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def _all(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.between.asked.append((self.command, path))
        body = self._body()
        odd = self.between.fault and self.between.fault(self.command, path)
        return self._odd(odd) if odd else self._pass_on(body)

    do_GET = do_HEAD = do_PUT = do_POST = _all  # noqa: N815 -- as the library wants it

    def _body(self) -> bytes:
        left = int(self.headers.get("Content-Length") or 0)
        if not self.between.pause:
            return self.rfile.read(left)
        body, part = b"", left // 5 + 1
        while len(body) < left:
            time.sleep(self.between.pause)
            body += self.rfile.read(min(part, left - len(body)))
        return body

    def _pass_on(self, body: bytes) -> None:
        connection = http.client.HTTPConnection(self.between.server)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            connection.putheader(name, value)
        connection.endheaders(body or None)
        answer = connection.getresponse()
        content = answer.read()
        length = answer.getheader("Content-Length") if self.command == "HEAD" else None
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _OF_THE_WAY:
                self.send_header(name, value)
        self.send_header("Content-Length", length or str(len(content)))
        self.end_headers()
        if self.command == "GET" and answer.status == 200 and self.between.cuts:
            self.between.cuts -= 1
            self.close_connection = True
            content = content[: len(content) // 2]
        self.wfile.write(content)
        connection.close()

    def _odd(self, odd: Odd) -> None:
        time.sleep(odd.hang)
        self.send_response(odd.status)
        for name, value in odd.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(odd.body) if odd.length is None else odd.length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(odd.body)
        self.close_connection = True


@contextmanager
def between(
    url: str, certificate: tuple[Path, Path] | None = None, host: str = "127.0.0.1"
) -> Iterator[Between]:
    """Stand before a server; with a certificate and its key behind TLS."""
    parts = urlsplit(url)
    found = Between(parts.netloc)
    with http_server(type("Handler", (_Handler,), {"between": found}), certificate, host) as here:
        found.url = f"{here}{parts.path}"
        yield found
