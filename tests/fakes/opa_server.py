"""A real OPA server for tests, where there is one."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def opa_binary() -> str:
    """Give the OPA that tests may start, or skip."""
    binary = os.environ.get("EIDOS_TEST_OPA") or shutil.which("opa")
    if binary is None:
        pytest.skip("there is no OPA: put opa on PATH or name it in EIDOS_TEST_OPA")
    return binary


@contextmanager
def opa_server(folder: Path, *flags: str) -> Iterator[str]:
    """Run an OPA server on a free port of this machine and give its URL."""
    binary = opa_binary()
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [binary, "run", "--server", "--addr", f"127.0.0.1:{port}", *flags]
    with (folder / "opa.log").open("wb") as log:
        server = subprocess.Popen(
            command, stdout=log, stderr=log, cwd=folder, env={"HOME": str(folder)}
        )
        try:
            _wait(port, server)
            yield url
        finally:
            server.terminate()
            server.wait(10)


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    import http.client

    deadline = time.monotonic() + 200
    while time.monotonic() < deadline and server.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            connection.request("GET", "/health")
            if connection.getresponse().status in (200, 400):  # 400: it wants TLS
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise RuntimeError("the OPA server did not start")
