"""Object stores on this machine: S3 and Azure by real ones, Google's by a double of ours."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

from fakes.gcs import google_bucket
from fakes.real_registries import free_port, program, running

KEY, SECRET = "thekey", "theS3cr3tOfTheStore" + "xY2/" * 5 + "z"


@dataclass(frozen=True)
class Store:
    """A store with an empty bucket, and the variables that open it."""

    place: str
    """``s3://bucket``"""
    endpoint: str
    """The variable that names where it is."""
    secret: str
    """The variable that opens it: a text of characters of Base64."""
    environ: dict[str, str]


@contextmanager
def s3(folder: Path) -> Iterator[Store]:
    """Run SeaweedFS."""
    ports = [free_port() for _ in range(8)]
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
    with running([program("weed"), "server", *here, *flags], folder, ports[0]):
        environ = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{ports[0]}",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }
        try:
            _make_bucket(environ)
            yield Store("s3://bucket", "AWS_ENDPOINT_URL", "AWS_SECRET_ACCESS_KEY", environ)
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
def azure(folder: Path) -> Iterator[Store]:
    """Run Azurite, Microsoft's own emulator of its Blob Storage."""
    port = free_port()
    flags = ["--blobPort", str(port), "--inMemoryPersistence", "--disableTelemetry", "--silent"]
    command = [program("azurite-blob"), *flags, "--skipApiVersionCheck"]
    with running(command, folder, port, AZURITE_ACCOUNTS=f"{KEY}:{SECRET}"):
        _make_container(port)
        environ = {
            "AZURE_STORAGE_ENDPOINT": f"http://127.0.0.1:{port}/{KEY}",
            "AZURE_STORAGE_ACCOUNT_NAME": KEY,
            "AZURE_STORAGE_ACCOUNT_KEY": SECRET,
        }
        yield Store("az://bucket", "AZURE_STORAGE_ENDPOINT", "AZURE_STORAGE_ACCOUNT_KEY", environ)


def _make_container(port: int) -> None:
    """Make one, as obstore cannot; it is signed as Azure's Shared Key says.

    https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
    """
    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-08-06"}
    said = "".join(f"{name}:{value}\n" for name, value in headers.items())
    text = "PUT" + "\n" * 12 + said + f"/{KEY}/{KEY}/bucket\nrestype:container"
    signed = hmac.digest(base64.b64decode(SECRET), text.encode(), hashlib.sha256)
    headers["Authorization"] = f"SharedKey {KEY}:{base64.b64encode(signed).decode()}"
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("PUT", f"/{KEY}/bucket?restype=container", headers=headers)
    answer = connection.getresponse()
    assert answer.status == 201, answer.read()
    connection.close()


@contextmanager
def google(_: Path) -> Iterator[Store]:
    """Run our double: no emulator of Google's store knows the API that obstore speaks."""
    with google_bucket("bucket", SECRET) as bucket:
        environ = {"GOOGLE_BASE_URL": bucket.url, "GOOGLE_BEARER_TOKEN": SECRET}
        yield Store("gs://bucket", "GOOGLE_BASE_URL", "GOOGLE_BEARER_TOKEN", environ)


STORES: dict[str, Callable[[Path], AbstractContextManager[Store]]] = {
    "s3": s3,
    "azure": azure,
    "google": google,
}
VARIABLES = [name for name in os.environ if name.startswith(("AWS_", "AZURE_", "GOOGLE_"))]
"""Of this machine, which tests do without."""
