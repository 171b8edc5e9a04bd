"""A double of Google Cloud Storage on 127.0.0.1, as far as objects are got and put one by one.

It keeps to what Google says of its XML API, of which obstore speaks no more than this: objects with
a generation and an ETag, ``x-goog-if-generation-match``, ranges, and errors as XML.

https://cloud.google.com/storage/docs/xml-api/put-object
https://cloud.google.com/storage/docs/xml-api/get-object-download
https://cloud.google.com/storage/docs/xml-api/reference-headers#xgoogifgenerationmatch
"""

import base64
import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from urllib.parse import unquote, urlsplit

from fakes.http_server import http_server


@dataclass
class Bucket:
    """The one bucket that there is, and who may use it."""

    name: str
    token: str
    url: str = ""
    objects: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """Generation and content by name."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    generations: int = 1_700_000_000_000_000


class _Handler(BaseHTTPRequestHandler):
    bucket: Bucket
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def _all(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        name, _, key = unquote(urlsplit(self.path).path).lstrip("/").partition("/")
        shown = self.headers.get("Authorization")
        if shown is None:
            return self._error(403, "AccessDenied")
        if shown != f"Bearer {self.bucket.token}":
            return self._error(401, "AuthenticationRequired")
        if name != self.bucket.name:
            return self._error(404, "NoSuchBucket")
        with self.bucket.lock:
            return self._put(key, body) if self.command == "PUT" else self._get(key)

    do_GET = do_HEAD = do_PUT = _all  # noqa: N815 -- as the library wants it

    def _put(self, key: str, body: bytes) -> None:
        there = self.bucket.objects.get(key, (0, b""))[0]
        wanted = self.headers.get("x-goog-if-generation-match")
        if wanted is not None and wanted != str(there):
            return self._error(412, "PreconditionFailed")
        self.bucket.generations += 1
        self.bucket.objects[key] = (self.bucket.generations, body)
        return self._say(200, b"", self._described(key))

    def _get(self, key: str) -> None:
        if key not in self.bucket.objects:
            return self._error(404, "NoSuchKey")
        content = self.bucket.objects[key][1]
        described = self._described(key)
        if self.headers.get("If-Match") not in {None, described["ETag"]}:
            return self._error(412, "PreconditionFailed")
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked is None:
            return self._say(200, content, described)
        first, end = int(asked[1]), min(int(asked[2] or len(content)) + 1, len(content))
        if first >= len(content):
            return self._error(416, "InvalidRange")
        span = {"Content-Range": f"bytes {first}-{end - 1}/{len(content)}"}
        return self._say(206, content[first:end], {**described, **span})

    def _described(self, key: str) -> dict[str, str]:
        generation, content = self.bucket.objects[key]
        digest = hashlib.md5(content, usedforsecurity=False).digest()
        return {
            "ETag": f'"{digest.hex()}"',
            "Last-Modified": formatdate(usegmt=True),
            "x-goog-generation": str(generation),
            "x-goog-hash": f"md5={base64.b64encode(digest).decode()}",
        }

    def _error(self, status: int, code: str) -> None:
        text = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code></Error>"
        self._say(status, text.encode(), {"Content-Type": "application/xml; charset=UTF-8"})

    def _say(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextmanager
def google_bucket(name: str, token: str) -> Iterator[Bucket]:
    """Serve a bucket that opens to who shows a token."""
    bucket = Bucket(name, token)
    with http_server(type("Handler", (_Handler,), {"bucket": bucket})) as bucket.url:
        yield bucket
