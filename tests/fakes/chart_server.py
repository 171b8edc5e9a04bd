"""A repository of charts on 127.0.0.1, over TLS, as `helm --repo` asks one."""

import functools
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(chart: Path, folder: Path, certificate: tuple[Path, Path]) -> Iterator[str]:
    """Package a chart and serve it.

    Args:
        chart: its folder.
        folder: an empty one, for the package and the index.
        certificate: certificate of 127.0.0.1 and its key.

    Returns:
        The address of the repository.
    """
    for command in (["package", str(chart), "--destination", "."], ["repo", "index", "."]):
        subprocess.run(["helm", *command], cwd=folder, check=True, capture_output=True)
    handler = functools.partial(_Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
