"""Servers of HTTP on this machine, for doubles, and of what only looks like it."""

import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that hang up: they are what is tested."""


@contextmanager
def http_server(
    handler: type[BaseHTTPRequestHandler],
    certificate: tuple[Path, Path] | None = None,
    host: str = "127.0.0.1",
) -> Iterator[str]:
    """Serve, and give the address; with a certificate and its key over TLS."""
    server = _Server((host, 0), handler)
    scheme = "http"
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    try:
        yield f"{scheme}://{host}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def raw_server(begin: bytes, part: bytes = b"", pause: float = 0) -> Iterator[str]:
    """Answer whatever is asked with these bytes, then with others without end; gives its host.

    Args:
        begin: what is sent first.
        part: what is sent again and again; nothing hangs up.
        pause: seconds between two of them.
    """

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1 << 16)
            self.request.sendall(begin)
            while part:
                self.request.sendall(part)
                time.sleep(pause)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Say nothing of clients that hang up: they are what is tested."""

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
