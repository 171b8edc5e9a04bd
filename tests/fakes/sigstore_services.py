"""What cosign asks for keyless signatures: the services of a world of our own, on this machine."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, load_pem_public_key

from fakes.sigstore_world import GITHUB, WORKFLOW, World, b64


class Public:
    """The public half of a key that somebody else keeps."""

    def __init__(self, pem: bytes) -> None:
        self._key = load_pem_public_key(pem)

    def public_key(self) -> Any:
        return self._key


def token() -> str:
    """A token as GitHub gives it to a job; nobody here looks at who signed it."""
    said = {"iss": GITHUB, "sub": WORKFLOW, "aud": "sigstore", "exp": 4_000_000_000}
    parts = (json.dumps({"alg": "RS256"}).encode(), json.dumps(said).encode(), b"x" * 64)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@contextmanager
def services(world: World) -> Iterator[str]:
    """Run Fulcio and Rekor (v1) at one address, and give it."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            is_certified = self.path == "/api/v1/signingCert"
            content = certified(world, asked) if is_certified else logged(world, asked)
            kind = "application/pem-certificate-chain" if is_certified else "application/json"
            self.send_response(201)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def certified(world: World, asked: dict[str, Any]) -> bytes:
    """Certify a key, whoever asks, as that of our workflow."""
    key = Public(base64.b64decode(asked["publicKey"]["content"]))
    leaf = world.leaf(key=key, at=_now())
    return leaf.pem + world.root.public_bytes(Encoding.PEM)


def logged(world: World, asked: dict[str, Any]) -> bytes:
    """Take a signature into the log, as that keeps it."""
    body = asked
    if asked["kind"] == "dsse":
        proposed = asked["spec"]["proposedContent"]
        envelope = json.loads(proposed["envelope"])
        body = world.dsse_body(
            envelope, base64.b64decode(proposed["verifiers"][0]), proposed["envelope"].encode()
        )
    entry = world.entry(body, _now())
    proof = entry["inclusionProof"]
    content = base64.b64decode(entry["canonicalizedBody"])
    found = {
        "body": b64(content),
        "integratedTime": int(entry["integratedTime"]),
        "logID": _hex(entry["logId"]["keyId"]),
        "logIndex": int(entry["logIndex"]),
        "verification": {
            "signedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
            "inclusionProof": {
                "hashes": [_hex(each) for each in proof["hashes"]],
                "logIndex": int(proof["logIndex"]),
                "rootHash": _hex(proof["rootHash"]),
                "treeSize": int(proof["treeSize"]),
                "checkpoint": proof["checkpoint"]["envelope"],
            },
        },
    }
    return json.dumps({sha256(b"\0" + content).hexdigest(): found}).encode()


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _hex(text: str) -> str:
    return base64.b64decode(text).hex()
