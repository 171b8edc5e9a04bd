"""Real registries, each on a free port of this machine."""

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

REGISTRIES = ("distribution", "ggcr-registry")


def program(name: str) -> str:
    """Give a program that tests may start, or skip."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name}: .ci/registry-parts gets it; put its folder on PATH")
    return found


@contextmanager
def real_registry(name: str, folder: Path) -> Iterator[str]:
    """Run a registry, and give its host with port."""
    port = free_port()
    if name == "distribution":
        config = {
            "version": 0.1,
            "log": {"level": "error"},
            "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
            "http": {"addr": f"127.0.0.1:{port}"},
        }
        (folder / "registry.json").write_text(json.dumps(config))
        command = [program(name), "serve", "registry.json"]
    else:
        command = [program(name), "-port", str(port)]
    with running(command, folder, port):
        yield f"127.0.0.1:{port}"


@contextmanager
def running(command: Sequence[str], folder: Path, port: int, **more: str) -> Iterator[None]:
    """Run a server until the block ends, from when it answers; `more` goes to its environment."""
    environ = {"HOME": str(folder), "PATH": os.environ["PATH"], "OTEL_TRACES_EXPORTER": "none"}
    environ.update(more)
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=environ)
        try:
            _wait(port, server)
            yield
        finally:
            server.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(3)
            server.kill()
            server.wait()


def free_port() -> int:
    """Give a port of 127.0.0.1 that nobody has at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and server.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/v2/")
            connection.getresponse().read()
            connection.close()
            return
        connection.close()
        time.sleep(0.1)
    raise AssertionError("the server did not start")
