"""Real registries and a real object store, each on free ports of this machine."""

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

REGISTRIES = ("distribution", "ggcr-registry")
KEY, SECRET = "the-key", "the-s3cr3t-of-the-store"


def program(name: str) -> str:
    """Give a program that tests may start, or skip."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name}: .ci/registry-parts gets it; put its folder on PATH")
    return found


@contextmanager
def real_registry(name: str, folder: Path) -> Iterator[str]:
    """Run a registry, and give its host with port."""
    port = _free_port()
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
    with _running(command, folder, port):
        yield f"127.0.0.1:{port}"


@contextmanager
def real_bucket(folder: Path) -> Iterator[dict[str, str]]:
    """Run an S3 store with an empty bucket ``bucket``; gives the variables that open it."""
    ports = [_free_port() for _ in range(8)]
    kinds = ("s3", "master", "volume", "filer")
    flags = [f"-{kind}.port={port}" for kind, port in zip(kinds, ports, strict=False)]
    flags += [f"-{kind}.port.grpc={port}" for kind, port in zip(kinds, ports[4:], strict=True)]
    actions = ["Admin", "Read", "Write", "List"]
    keys = {"accessKey": KEY, "secretKey": SECRET}
    identity = {"name": "test", "credentials": [keys], "actions": actions}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    (folder / "data").mkdir()
    here = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-dir=data", "-s3", "-s3.config=s3.json"]
    here += ["-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false"]
    here += ["-s3.localSocket=s3.sock", "-filer.localSocket=filer.sock"]
    with _running([program("weed"), "server", *here, *flags], folder, ports[0]):
        environ = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{ports[0]}",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }
        try:
            _make_bucket(environ)
            yield environ
        finally:
            for port in ports:
                for left in Path(tempfile.gettempdir()).glob(f"seaweedfs-*-{port}.sock"):
                    left.unlink(missing_ok=True)


def _make_bucket(environ: dict[str, str]) -> None:
    """Put an object as S3 does where a bucket is made by its first use; SeaweedFS makes them so."""
    import obstore
    from obstore.store import S3Store

    options = {key.lower(): value for key, value in environ.items()}
    store = S3Store("bucket", config=options, client_options={"allow_http": True})
    deadline = time.monotonic() + 120
    while True:
        try:
            obstore.put(store, "made", b"")
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)
        else:
            return


@contextmanager
def _running(command: Sequence[str], folder: Path, port: int) -> Iterator[None]:
    environ = {"HOME": str(folder), "PATH": os.environ["PATH"], "OTEL_TRACES_EXPORTER": "none"}
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=environ)
        try:
            _wait(port, server)
            yield
        finally:
            server.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(20)
            server.kill()
            server.wait()


def _free_port() -> int:
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
