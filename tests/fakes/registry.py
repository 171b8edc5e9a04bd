"""A registry on 127.0.0.1 that keeps to OCI's distribution specification 1.1, and fails on demand.

It has the referrers API, unless it is told to have none; lists come in pages. A fault is a function
of method and path that gives an `Odd` answer, or None to answer as usual.
"""

import base64
import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fakes.http_server import http_server

INDEX = "application/vnd.oci.image.index.v1+json"


@dataclass
class Odd:
    """An answer that no registry should give."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    """What it says the body's length is."""
    hang: float = 0
    """Seconds before it answers at all."""
    drip: float = 0
    """Seconds between two bytes."""


Fault = Callable[[str, str], Odd | None]


@dataclass
class Hub:
    """What a registry holds, and what was asked of it."""

    url: str = ""
    referrers_api: bool = True
    page: int = 1000
    auth: str | None = None
    """``basic`` or ``bearer``."""
    user: str = "ada"
    password: str = "s3cr3t-pa55word"  # noqa: S105 -- of a test
    realm: str | None = None
    fault: Fault | None = None
    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)
    tags: dict[tuple[str, str], str] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path with its query, Authorization."""

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def name(self, repository: str) -> str:
        return f"oci://{self.host}/{repository}"

    def put(self, repository: str, document: Any, tag: str | None = None) -> str:
        """Put a manifest as it is, and give its digest."""
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        said = json.loads(content) if content[:1] == b"{" else {}
        digest = sha(content)
        kind = said.get("mediaType", "application/vnd.oci.image.manifest.v1+json")
        self.manifests[repository, digest] = (kind, content)
        if tag:
            self.tags[repository, tag] = digest
        return digest

    def add(self, content: bytes, media_type: str, **more: Any) -> dict[str, Any]:
        """Put a blob, and give its descriptor."""
        self.blobs[sha(content)] = content
        return {"mediaType": media_type, "digest": sha(content), "size": len(content), **more}


def sha(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def _all(self) -> None:
        shown = self.headers.get("Authorization", "")
        self.hub.asked.append((self.command, self.path, shown))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        odd = self.hub.fault and self.hub.fault(self.command, parts.path)
        if odd:
            return self._odd(odd)
        if parts.path == "/token":
            return self._token(shown)
        if self.hub.auth and not self._is_known(shown):
            kinds = {
                "basic": 'Basic realm="here"',
                "bearer": f'Bearer realm="{self.hub.realm or self.hub.url + "/token"}",'
                'service="here",scope="repository:x:pull"',
            }
            return self._say(
                401,
                b'{"errors":[{"code":"UNAUTHORIZED"}]}',
                {"WWW-Authenticate": kinds[self.hub.auth]},
            )
        found = re.fullmatch(r"/v2/(.+?)/(manifests|blobs|referrers|tags)/(.*)", parts.path)
        if found is None:
            return self._say(200 if parts.path == "/v2/" else 404, b"{}")
        answer = getattr(self, f"_{found[2]}")
        answer(found[1], found[3], {k: v[0] for k, v in parse_qs(parts.query).items()}, body)
        return None

    do_GET = do_HEAD = do_PUT = do_POST = _all  # noqa: N815 -- as the library wants it

    def _is_known(self, shown: str) -> bool:
        if self.hub.auth == "basic":
            return shown == self._basic()
        return shown == "Bearer the-t0ken"

    def _basic(self) -> str:
        return "Basic " + base64.b64encode(f"{self.hub.user}:{self.hub.password}".encode()).decode()

    def _token(self, shown: str) -> None:
        if shown not in {"", self._basic()}:
            return self._say(401, b"{}")
        return self._say(200, b'{"token":"the-t0ken"}' if shown else b'{"token":"anybody"}')

    def _manifests(self, name: str, reference: str, _: dict[str, str], body: bytes) -> None:
        hub = self.hub
        if self.command == "PUT":
            digest = sha(body)
            hub.manifests[name, digest] = (self.headers["Content-Type"], body)
            if not reference.startswith("sha256:"):
                hub.tags[name, reference] = digest
            subject = json.loads(body).get("subject", {}).get("digest")
            named = {"OCI-Subject": subject} if subject and hub.referrers_api else {}
            return self._say(201, b"", {"Docker-Content-Digest": digest, **named})
        digest = hub.tags.get((name, reference), reference)
        if (name, digest) not in hub.manifests:
            return self._say(404, b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')
        kind, content = hub.manifests[name, digest]
        return self._say(200, content, {"Content-Type": kind, "Docker-Content-Digest": digest})

    def _blobs(self, _name: str, rest: str, query: dict[str, str], body: bytes) -> None:
        if self.command == "POST":
            return self._say(202, b"", {"Location": f"/v2/{_name}/blobs/uploads/1?state=a%2Fb"})
        if self.command == "PUT":
            if sha(body) != query["digest"] or query.get("state") != "a/b":
                return self._say(400, b'{"errors":[{"code":"DIGEST_INVALID"}]}')
            self.hub.blobs[query["digest"]] = body
            return self._say(201, b"")
        content = self.hub.blobs.get(rest)
        return self._say(404 if content is None else 200, content or b"")

    def _referrers(self, name: str, digest: str, query: dict[str, str], _: bytes) -> None:
        if not self.hub.referrers_api:
            return self._say(404, b"404 page not found")
        found = []
        for (where, each), (kind, content) in sorted(self.hub.manifests.items()):
            said = json.loads(content)
            if where == name and said.get("subject", {}).get("digest") == digest:
                kinds = said.get("artifactType") or said.get("config", {}).get("mediaType")
                entry = {"mediaType": kind, "digest": each, "size": len(content)}
                found.append(
                    {**entry, "artifactType": kinds, "annotations": said.get("annotations", {})}
                )
        first = int(query.get("from", 0))
        link = f"/v2/{name}/referrers/{digest}?from={first + self.hub.page}"
        more = {"Link": f'<{link}>; rel="next"'} if first + self.hub.page < len(found) else {}
        page = {
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": found[first : first + self.hub.page],
        }
        return self._say(200, json.dumps(page).encode(), {"Content-Type": INDEX, **more})

    def _tags(self, name: str, _: str, query: dict[str, str], __: bytes) -> None:
        found = sorted(tag for where, tag in self.hub.tags if where == name)
        if not found:
            return self._say(404, b'{"errors":[{"code":"NAME_UNKNOWN"}]}')
        after = [tag for tag in found if tag > query.get("last", "")]
        page = after[: self.hub.page]
        link = f"/v2/{name}/tags/list?n={self.hub.page}&last={page[-1]}"
        more = {"Link": f'<{link}>; rel="next"'} if len(after) > len(page) else {}
        return self._say(200, json.dumps({"name": name, "tags": page}).encode(), more)

    def _say(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self._odd(Odd(status, body, headers or {}))

    def _odd(self, odd: Odd) -> None:
        time.sleep(odd.hang)
        self.send_response(odd.status)
        for key, value in odd.headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(odd.body) if odd.length is None else odd.length))
        self.end_headers()
        if self.command != "HEAD":
            for byte in (
                [odd.body[i : i + 1] for i in range(len(odd.body))] if odd.drip else [odd.body]
            ):
                self.wfile.write(byte)
                self.wfile.flush()
                time.sleep(odd.drip)
        if odd.length is not None:
            self.close_connection = True


@contextmanager
def registry(
    certificate: tuple[Path, Path] | None = None, host: str = "127.0.0.1", **options: Any
) -> Iterator[Hub]:
    """Serve a registry; with a certificate and its key over TLS."""
    hub = Hub(**options)
    with http_server(type("Handler", (_Handler,), {"hub": hub}), certificate, host) as hub.url:
        yield hub
