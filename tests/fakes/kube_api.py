"""An API server on 127.0.0.1: lists with paging and selectors, watches, RBAC, and every trouble.

It speaks as much of the Kubernetes API as reading needs: ``limit`` and ``continue``, selectors of
labels and fields, ``watch``, discovery, ``nodes/proxy``. Collections may be generated on the way
out, so a cluster of 100,000 pods costs no memory.
"""

import gzip
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Object = dict[str, Any]
TOKEN = "a-good-token"  # noqa: S105  # of this double only


@dataclass
class Fault:
    """What goes wrong, where, and how often."""

    path: str
    """Regular expression over path and query."""
    status: int = 200
    times: int = 1_000_000
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    delay: float = 0.0
    """Seconds before the answer."""
    trickle: float = 0.0
    """Seconds between the bytes of the answer."""
    hang_up: bool = False
    """Close the connection in the middle of the answer."""
    after: int = 0
    """Requests that still go well."""


@dataclass(frozen=True)
class Asked:
    """A request as RBAC sees it."""

    verb: str
    group: str
    resource: str
    """With subresource: ``nodes/proxy``; empty for a path that is no resource."""
    path: str
    query: Mapping[str, str]


class RefusedError(Exception):
    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status, self.message, self.more = status, message, more


@dataclass
class Kind:
    """A resource the server knows."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool
    objects: Sequence[Object] = field(default_factory=list)

    @property
    def root(self) -> str:
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"


KINDS = (
    ("", "v1", "nodes", "Node", False),
    ("", "v1", "namespaces", "Namespace", False),
    ("", "v1", "pods", "Pod", True),
    ("", "v1", "secrets", "Secret", True),
    ("storage.k8s.io", "v1", "storageclasses", "StorageClass", False),
    ("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", True),
    ("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", False),
    ("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", False),
    ("rbac.authorization.k8s.io", "v1", "roles", "Role", True),
    ("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", True),
)


class KubeApi:
    """The state of the server, and everything it was asked."""

    def __init__(self) -> None:
        self.kinds: dict[tuple[str, str, str], Kind] = {}
        for group, version, plural, kind, namespaced in KINDS:
            self.define(group, version, plural, kind, namespaced=namespaced)
        self.version = {
            "gitVersion": "v1.33.5-eks-3025e55",
            "platform": "linux/amd64",
            "goVersion": "go1.24.6",
            "major": "1",
        }
        self.configz: dict[str, Object] = {}
        self.faults: list[Fault] = []
        self.asked: list[Asked] = []
        self.roles: list[Object] | None = None
        """Rules that are enforced; None for everything allowed."""
        self.max_limit = 100_000
        self.address = ""
        self._events: list[Object] = []
        self._changed = threading.Condition()

    def define(self, group: str, version: str, plural: str, kind: str, *, namespaced: bool) -> Kind:
        """Serve a kind, as a custom resource definition does."""
        made = Kind(group, version, plural, kind, namespaced)
        self.kinds[group, version, plural] = made
        return made

    def add(self, *objects: Object) -> None:
        """Store objects under their apiVersion and kind, and tell those who watch."""
        for one in objects:
            self._kind_of(one).objects.append(one)  # type: ignore[attr-defined]
            self._tell("ADDED", one)

    def modify(self, one: Object) -> None:
        """Tell those who watch that an object changed."""
        self._tell("MODIFIED", one)

    def generate(self, plural: str, objects: Sequence[Object]) -> None:
        """Serve a collection that is made on demand."""
        next(kind for kind in self.kinds.values() if kind.plural == plural).objects = objects

    def fault(self, path: str, status: int = 200, **more: Any) -> None:
        """Plan trouble."""
        self.faults.append(Fault(path, status, **more))

    def _kind_of(self, one: Object) -> Kind:
        group, _, version = one["apiVersion"].rpartition("/")
        return next(
            kind
            for kind in self.kinds.values()
            if (kind.group, kind.version, kind.kind) == (group, version, one["kind"])
        )

    def _tell(self, type_: str, one: Object) -> None:
        with self._changed:
            self._events.append({"type": type_, "object": one})
            self._changed.notify_all()

    def kubeconfig(self, folder: Path, token: str = TOKEN) -> Path:
        """Write a kubeconfig with a context ``test`` and one to nowhere."""
        path = folder / "kubeconfig"
        cluster = {"server": self.address}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": "tester", "user": {"token": token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "tester"}}],
        }
        path.write_text(json.dumps(document))
        return path

    # Answers -------------------------------------------------------------------------------------

    def answer(self, path: str, query: Mapping[str, str], token: str) -> Object:
        """Give the body of an answer; a refusal is raised."""
        if token != f"Bearer {TOKEN}":
            raise RefusedError(401, "Unauthorized")
        asked = self._understand(path, query)
        self.asked.append(asked)
        if self.roles is not None and not self._allowed(asked):
            what = f"cannot {asked.verb} {asked.resource or path}"
            raise RefusedError(403, f'User "tester" {what}')
        if asked.resource == "nodes/proxy":
            return self._proxied(path)
        if not asked.resource:
            return self._discovery(path)
        return self._list(self._find(path), path, query)

    def _understand(self, path: str, query: Mapping[str, str]) -> Asked:
        core = re.fullmatch(r"/api/v1/(.+)", path)
        grouped = re.fullmatch(r"/apis/([^/]+)/[^/]+/(.+)", path)
        if not core and not grouped:
            return Asked("get", "", "", path, dict(query))
        group, rest = ("", core[1]) if core else (grouped[1], grouped[2])  # type: ignore[index]
        parts = re.sub(r"^namespaces/[^/]+/(?=[a-z])", "", rest).split("/")
        verb = "list" if len(parts) == 1 else "get"
        if verb == "list" and query.get("watch"):
            verb = "watch"
        resource = "/".join([parts[0], *parts[2:3]])
        return Asked(verb, group, resource, path, dict(query))

    def _allowed(self, asked: Asked) -> bool:
        return any(allows(rule, asked) for rule in self.roles or ())

    def _proxied(self, path: str) -> Object:
        name = unquote(path.split("/")[4])
        if name not in self.configz:
            raise RefusedError(503, f"error trying to reach service: node {name} does not answer")
        return {"kubeletconfig": self.configz[name]}

    def _discovery(self, path: str) -> Object:
        if path in {"/version", "/version/"}:
            return self.version
        if path == "/apis":
            return {
                "kind": "APIGroupList",
                "groups": [self._group(name) for name in self._groups()],
            }
        served = [kind for kind in self.kinds.values() if kind.root == path]
        if not served:
            raise RefusedError(404, f"the server could not find {path}")
        resources = [
            {
                "name": kind.plural,
                "kind": kind.kind,
                "namespaced": kind.namespaced,
                "verbs": ["get", "list", "watch"],
            }
            for kind in served
        ]
        return {"kind": "APIResourceList", "resources": resources}

    def _groups(self) -> list[str]:
        return list(dict.fromkeys(kind.group for kind in self.kinds.values() if kind.group))

    def _group(self, name: str) -> Object:
        versions = dict.fromkeys(kind.version for kind in self.kinds.values() if kind.group == name)
        named = [{"groupVersion": f"{name}/{one}", "version": one} for one in versions]
        return {"name": name, "versions": named, "preferredVersion": named[0]}

    def _find(self, path: str) -> Kind:
        plural = path.rpartition("/")[2]
        for kind in self.kinds.values():
            if kind.plural == plural and path.startswith(f"{kind.root}/"):
                return kind
        raise RefusedError(404, f"the server could not find {path}")

    def _list(self, kind: Kind, path: str, query: Mapping[str, str]) -> Object:
        found = self._selected(kind, path, query)
        start = 0
        if token := query.get("continue"):
            match = re.fullmatch(r"at-(\d+)", token)
            if not match:
                raise RefusedError(410, "The provided continue parameter is too old")
            start = int(match[1])
        limit = min(int(query.get("limit") or len(found) or 1), self.max_limit)
        end = start + limit
        metadata: Object = {"resourceVersion": "1"}
        if end < len(found):
            metadata |= {"continue": f"at-{end}", "remainingItemCount": len(found) - end}
        return {
            "kind": f"{kind.kind}List",
            "apiVersion": kind.root.removeprefix("/apis/").removeprefix("/api/"),
            "metadata": metadata,
            "items": found[start:end],
        }

    def _selected(self, kind: Kind, path: str, query: Mapping[str, str]) -> Sequence[Object]:
        scope = re.search(r"/namespaces/([^/]+)/", path)
        tests: list[Callable[[Object], bool]] = []
        if scope:
            tests.append(lambda one: one["metadata"].get("namespace") == scope[1])
        if labels := query.get("labelSelector"):
            tests += [_label_test(term) for term in split_terms(labels)]
        if fields := query.get("fieldSelector"):
            tests += [_field_test(term) for term in fields.split(",")]
        if not tests:
            return kind.objects
        return [one for one in kind.objects if all(test(one) for test in tests)]

    def watch(self, path: str, query: Mapping[str, str]) -> Iterator[Object]:
        """Give events: what is there, then what comes, until ``timeoutSeconds``."""
        if query.get("resourceVersion") == "0-too-old":
            yield {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}}
            return
        kind = self._find(path)
        until = time.monotonic() + float(query.get("timeoutSeconds") or 5)
        seen = 0
        while (left := until - time.monotonic()) > 0:
            with self._changed:
                if seen == len(self._events):
                    self._changed.wait(left)
                news, seen = self._events[seen:], len(self._events)
            for event in news:
                if self._kind_of(event["object"]) is kind:
                    yield event


def split_terms(selector: str) -> list[str]:
    """Split at commas outside of parentheses."""
    return re.findall(r"[^,(]+(?:\([^)]*\))?", selector)


def _label_test(term: str) -> Callable[[Object], bool]:
    def labels(one: Object) -> Mapping[str, str]:
        return one["metadata"].get("labels") or {}

    if match := re.fullmatch(r"\s*(\S+) (in|notin) \(([^)]*)\)", term):
        values = {value.strip() for value in match[3].split(",")}
        return lambda one: (labels(one).get(match[1]) in values) == (match[2] == "in")
    if match := re.fullmatch(r"\s*([^!=\s]+)\s*(==?|!=)\s*(\S*)\s*", term):
        return lambda one: (labels(one).get(match[1]) == match[3]) == (match[2] != "!=")
    key = term.strip()
    if key.startswith("!"):
        return lambda one: key[1:] not in labels(one)
    return lambda one: key in labels(one)


def _field_test(term: str) -> Callable[[Object], bool]:
    match = re.fullmatch(r"([^!=]+)(==?|!=)(.*)", term)
    if match is None:
        raise RefusedError(400, f"invalid selector: {term}")

    def test(one: Object) -> bool:
        value: Any = one
        for part in match[1].split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return (str(value or "") == match[3]) == (match[2] != "!=")

    return test


def allows(rule: Object, asked: Asked) -> bool:
    """Say whether a rule of a ClusterRole allows a request, as the API server would."""
    if asked.verb not in rule["verbs"] and "*" not in rule["verbs"]:
        return False
    if not asked.resource:
        return any(_covers(one, asked.path) for one in rule.get("nonResourceURLs", ()))
    groups, resources = rule.get("apiGroups", ()), rule.get("resources", ())
    in_group = asked.group in groups or "*" in groups
    return in_group and (asked.resource in resources or "*" in resources)


def _covers(pattern: str, path: str) -> bool:
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # an answer is two writes; the second would wait for 40 ms
    api: KubeApi

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        token = self.headers.get("authorization", "")
        fault = self._fault()
        try:
            if fault and fault.delay:
                time.sleep(fault.delay)
            if fault and fault.status != 200:
                body = fault.body if fault.body is not None else _status(fault.status, "planned")
                self._send(fault.status, body, fault.headers)
            elif query.get("watch"):
                self._stream(parts.path, query)
            else:
                self._send(200, *self._answer(parts.path, query, token, fault), fault)
        except RefusedError as refusal:
            self._send(refusal.status, _status(refusal.status, refusal.message), {})
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _fault(self) -> Fault | None:
        for fault in self.api.faults:
            if not re.search(fault.path, self.path):
                continue
            if fault.after:
                fault.after -= 1
            elif fault.times:
                fault.times -= 1
                return fault
        return None

    def _answer(
        self, path: str, query: Mapping[str, str], token: str, fault: Fault | None
    ) -> tuple[bytes, Mapping[str, str]]:
        body = encode(self.api.answer(path, query, token))
        if fault and fault.body is not None:
            return fault.body, fault.headers
        if "gzip" in self.headers.get("accept-encoding", "") and len(body) < 1 << 20:
            return gzip.compress(body, 1), {"Content-Encoding": "gzip"}
        return body, {}

    def _send(
        self, status: int, body: bytes, headers: Mapping[str, str], fault: Fault | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        if fault and fault.hang_up:
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif fault and fault.trickle:
            for byte in body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(fault.trickle)
        else:
            self.wfile.write(body)

    def _stream(self, path: str, query: Mapping[str, str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for event in self.api.watch(path, query):
            line = json.dumps(event).encode() + b"\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")


class Raw(bytes):
    """An object that is already JSON."""


def encode(answer: Object) -> bytes:
    """Write an answer; items may be JSON already."""
    items = answer.get("items")
    if not items or not isinstance(items[0], Raw):
        return json.dumps(answer).encode()
    rest = {key: value for key, value in answer.items() if key != "items"}
    return json.dumps(rest).encode()[:-1] + b',"items":[' + b",".join(items) + b"]}"


def _status(code: int, message: str) -> bytes:
    return json.dumps({"kind": "Status", "code": code, "message": message}).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """A client that went away is no news."""


@contextmanager
def serve(api: KubeApi) -> Iterator[KubeApi]:
    """Serve until the end of the block."""
    handler = type("Handler", (_Handler,), {"api": api})
    server = _Server(("127.0.0.1", 0), handler)
    api.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
