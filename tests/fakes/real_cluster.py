"""A Kubernetes API server and its etcd on 127.0.0.1, started for tests and ended with them.

Users are known by static tokens; `COLLECTOR` is the service account that the shipped roles name.
"""

import contextlib
import json
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from base64 import encodebytes
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

Object = dict[str, Any]

ADMIN = "admin"
COLLECTOR = "system:serviceaccount:default:eidos-collector"
NOBODY = "nobody"
_GROUPS = {ADMIN: "system:masters", COLLECTOR: "system:serviceaccounts", NOBODY: "strangers"}
_READY_SECONDS = 300.0
"""A machine that many share takes its time; what does not start at all ends by itself."""


class RealCluster:
    """An API server that can be stopped, started again and frozen; its data stay in etcd.

    Args:
        folder: for data, certificates, keys and logs.
    """

    def __init__(self, folder: Path) -> None:
        self._programs = {name: _program(name) for name in ("etcd", "kube-apiserver")}
        self._folder = folder
        self._etcd_port, self._peer_port, self._port = _free_ports(3)
        self._tokens = {user: secrets.token_hex(16) for user in _GROUPS}
        self._write_secrets()
        self._etcd = self._start("etcd", self._etcd_options())
        self._server: subprocess.Popen[bytes] | None = None
        self._trusted: ssl.SSLContext | None = None
        self._served: dict[str, list[Object]] = {}
        """Of each group and version the kinds; asked again for one that was not there."""

    @property
    def address(self) -> str:
        return f"https://127.0.0.1:{self._port}"

    @property
    def certificate(self) -> tuple[Path, Path]:
        """The server's certificate, which is its own authority, and its key; for 127.0.0.1."""
        return self._folder / "apiserver.crt", self._folder / "apiserver.key"

    def start(self, *, ready: bool = True) -> None:
        """Start the API server and wait until it answers, or until it is ready."""
        self._server = self._start("kube-apiserver", self._server_options())
        self._wait_until(self._is_ready if ready else self._is_there)

    def wait(self) -> None:
        """Wait until it is ready, with its own roles and namespaces."""
        self._wait_until(self._is_ready)

    def _wait_until(self, reached: Callable[[], bool]) -> None:
        assert self._server
        until = time.monotonic() + _READY_SECONDS
        while not reached():
            if self._server.poll() is not None or time.monotonic() > until:
                raise RuntimeError(self._log("kube-apiserver").read_text()[-4000:])
            time.sleep(0.1)

    def stop(self) -> None:
        """End the API server; it takes no leave, as one that is lost does not."""
        if self._server:
            _end(self._server)
            self._server = None

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Make the API server hang: it takes connections and answers nothing."""
        assert self._server
        self._server.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._server.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.stop()
        _end(self._etcd)

    def kubeconfig(self, user: str = ADMIN) -> Path:
        """Write a kubeconfig of a user."""
        path = self._folder / f"kubeconfig-{user.replace(':', '-')}"
        cluster = {
            "server": self.address,
            "certificate-authority": str(self._folder / "apiserver.crt"),
        }
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "real",
            "clusters": [{"name": "real", "cluster": cluster}],
            "users": [{"name": "user", "user": {"token": self._tokens[user]}}],
            "contexts": [{"name": "real", "context": {"cluster": "real", "user": "user"}}],
        }
        path.write_text(json.dumps(document))
        return path

    # Objects -------------------------------------------------------------------------------------

    def apply(self, *objects: Object) -> None:
        """Make objects what they should be, status included; a definition is served afterwards."""
        for one in objects:
            path = self._path(one)
            self.ask("PATCH", f"{path}?fieldManager=tests&force=true", one)
            if "status" in one and one["kind"] != "CustomResourceDefinition":
                status = f"{path}/status?fieldManager=tests&force=true"
                self.ask("PATCH", status, one)
        for one in objects:
            if one["kind"] == "CustomResourceDefinition":
                self._wait_until_served(one)

    def delete(self, *objects: Object) -> None:
        for one in objects:
            body = {"gracePeriodSeconds": 0}
            self.ask("DELETE", self._path(one), body)

    def ask(self, method: str, path: str, body: Object | None = None) -> Object:
        """Send a request as the administrator and give the answer.

        Raises:
            RuntimeError: the server refused it.
        """
        return self._send(method, path, body)[0]

    def get(self, version: str, kind: str, name: str, namespace: str) -> Object | None:
        """Give an object; None where it, or its kind, is not there."""
        metadata = {"name": name, "namespace": namespace}
        try:
            path = self._path({"apiVersion": version, "kind": kind, "metadata": metadata})
            return self.ask("GET", path)
        except RuntimeError as error:
            if "not found" in str(error) or "404" in str(error):
                return None
            raise

    def dry_run(self, one: Object) -> list[str]:
        """Apply an object as ``kubectl apply --server-side --dry-run=server`` does.

        Returns:
            What the server warns of.

        Raises:
            RuntimeError: the server refused it, as it does with a field that nobody defines.
        """
        query = "fieldManager=eidos&force=true&dryRun=All&fieldValidation=Strict"
        return self._send("PATCH", f"{self._path(one)}?{query}", one)[1]

    def _send(self, method: str, path: str, body: Object | None = None) -> tuple[Object, list[str]]:
        content = "application/apply-patch+yaml" if method == "PATCH" else "application/json"
        request = urllib.request.Request(  # noqa: S310 -- the address is ours
            self.address + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._tokens[ADMIN]}", "Content-Type": content},
        )
        if self._trusted is None:  # its certificate is there as soon as it can answer
            self._trusted = ssl.create_default_context(cafile=str(self._folder / "apiserver.crt"))
        try:
            with urllib.request.urlopen(request, context=self._trusted, timeout=60) as answer:  # noqa: S310
                said, warnings = answer.read(), answer.headers.get_all("Warning", [])
        except urllib.error.HTTPError as error:
            with error:
                raise RuntimeError(f"{method} {path}: {error.read().decode()}") from error
        found = json.loads(said) if said.startswith(b"{") else {}
        assert isinstance(found, dict)
        return found, [_unquoted(each) for each in warnings]

    def forget_history(self) -> None:
        """Compact etcd up to now, as the API server does every few minutes."""
        url = f"http://127.0.0.1:{self._etcd_port}/v3/kv"
        status = _post(f"{url}/range", {"key": "AA=="})
        _post(f"{url}/compaction", {"revision": status["header"]["revision"], "physical": True})

    def is_namespaced(self, one: Object) -> bool:
        return bool(self._kind(one)["namespaced"])

    def _path(self, one: Object) -> str:
        found = self._kind(one)
        namespace = one["metadata"].get("namespace", "default")
        scope = f"/namespaces/{namespace}" if found["namespaced"] else ""
        return f"{_root(one)}{scope}/{found['name']}/{one['metadata']['name']}"

    def _kind(self, one: Object) -> Object:
        """Give what the server says of the kind of an object."""
        root = _root(one)
        if not any(_is_of(one, each) for each in self._served.get(root, ())):
            self._served[root] = self.ask("GET", root)["resources"]
        [found] = [each for each in self._served[root] if _is_of(one, each)]
        return found

    def _wait_until_served(self, definition: Object) -> None:
        spec = definition["spec"]
        paths = {
            f"/apis/{spec['group']}/{one['name']}" for one in spec["versions"] if one["served"]
        }
        until = time.monotonic() + _READY_SECONDS
        while time.monotonic() < until:
            with contextlib.suppress(RuntimeError):
                lists = [self.ask("GET", path)["resources"] for path in sorted(paths)]
                if all(spec["names"]["plural"] in {one["name"] for one in each} for each in lists):
                    return
            time.sleep(0.1)
        raise RuntimeError(f"{definition['metadata']['name']} is not served")

    # Programs ------------------------------------------------------------------------------------

    def _write_secrets(self) -> None:
        rows = [f'{token},{user},{user},"{_GROUPS[user]}"' for user, token in self._tokens.items()]
        (self._folder / "tokens.csv").write_text("\n".join(rows) + "\n")
        # An elliptic key (RFC 5915, P-256) is a random number in a fixed frame.
        frame = bytes.fromhex("30310201010420"), bytes.fromhex("a00a06082a8648ce3d030107")
        number = b"\x01" + secrets.token_bytes(31)  # below the order of the curve
        text = encodebytes(frame[0] + number + frame[1]).decode()
        name = "EC PRIVATE KEY"
        key = f"-----BEGIN {name}-----\n{text}-----END {name}-----\n"
        (self._folder / "accounts.key").write_text(key)

    def _etcd_options(self) -> dict[str, object]:
        client, peer = (f"http://127.0.0.1:{one}" for one in (self._etcd_port, self._peer_port))
        return {
            "data-dir": self._folder / "etcd",
            "listen-client-urls": client,
            "advertise-client-urls": client,
            "listen-peer-urls": peer,
            "initial-advertise-peer-urls": peer,
            "initial-cluster": f"default={peer}",
            "unsafe-no-fsync": "true",
            "log-level": "error",
        }

    def _server_options(self) -> dict[str, object]:
        key = self._folder / "accounts.key"
        return {
            "etcd-servers": f"http://127.0.0.1:{self._etcd_port}",
            "service-account-key-file": key,
            "service-account-signing-key-file": key,
            "service-account-issuer": "https://tests.invalid",
            "token-auth-file": self._folder / "tokens.csv",
            "authorization-mode": "RBAC",
            "allow-privileged": "true",
            "disable-admission-plugins": "ServiceAccount",
            "service-cluster-ip-range": "10.0.0.0/24",
            "cert-dir": self._folder,
            "bind-address": "127.0.0.1",
            "secure-port": self._port,
        }

    def _start(self, name: str, options: dict[str, object]) -> "subprocess.Popen[bytes]":
        arguments = [f"--{key}={value}" for key, value in options.items()]
        with self._log(name).open("ab") as log:
            return subprocess.Popen(
                [self._programs[name], *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def _is_there(self) -> bool:
        return self._answers("/version")

    def _is_ready(self) -> bool:
        roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles/cluster-admin"
        namespaces = (f"/api/v1/namespaces/{name}" for name in ("default", "kube-system"))
        return all(map(self._answers, ("/readyz?verbose", roles, *namespaces)))

    def _answers(self, path: str) -> bool:
        try:
            self.ask("GET", path)
        except (OSError, RuntimeError):
            return False
        return True


def _unquoted(warning: str) -> str:
    """Give the text of a header ``299 - "text"``."""
    return warning.partition('"')[2].removesuffix('"').replace('\\"', '"')


def _is_of(one: Object, served: Object) -> bool:
    """Say whether an object is of a kind that is served; ``pods/status`` is no kind."""
    return bool(served["kind"] == one["kind"] and "/" not in served["name"])


def _root(one: Object) -> str:
    version = one["apiVersion"]
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


def definitions(files: Iterable[Path]) -> list[Object]:
    """Read the custom resource definitions of files."""
    documents = [one for path in files for one in yaml.load_all(path.read_text(), _Loader)]
    found = [one for one in documents if one and one.get("kind") == "CustomResourceDefinition"]
    return [_without_webhook(one) for one in found]


class _Loader(yaml.CSafeLoader):
    """Reads the Prometheus operator's definitions: YAML 1.1 has a type for their bare =."""


_Loader.add_constructor("tag:yaml.org,2002:value", lambda _loader, node: node.value)


def _without_webhook(definition: Object) -> Object:
    """Leave out who converts between versions: the operator, which does not run here."""
    spec = {key: value for key, value in definition["spec"].items() if key != "conversion"}
    kept = {key: value for key, value in definition.items() if key != "status"}
    name = {"name": definition["metadata"]["name"]}
    return {**kept, "metadata": name, "spec": spec}


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} on PATH (.ci/cluster-parts makes it)")
    return found


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGCONT)
    process.kill()
    process.wait()


def _post(url: str, body: Object) -> Object:
    request = urllib.request.Request(url, json.dumps(body).encode())  # noqa: S310 -- ours
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        found = json.loads(answer.read())
    assert isinstance(found, dict)
    return found
