"""Which cluster, as whom: the only importer of the Kubernetes client.

The client finds and refreshes credentials, which is the hard part. Requests go straight through its
connection pool: its typed calls take seconds to import and keep every object of an answer.
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from eidos.collectors._kube.errors import CredentialsError, NoCredentialsError
from eidos.engine.errors import MissingExtraError
from eidos.engine.model.jsonvalue import Json

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")

_UNUSABLE = (OSError, ValueError, TypeError, LookupError, AttributeError)
"""What the client raises, beside its own and its YAML reader's errors, for a kubeconfig that is not
what it should be: it does not look before it takes it apart. All else is a bug, and told as one."""


class Response(Protocol):
    """What a connection pool gives before the body is read."""

    status: int
    headers: Mapping[str, str]

    def read1(self, amt: int, *, decode_content: bool) -> bytes:
        """Give what has arrived, at most so many bytes; nothing at the end."""
        ...

    def release_conn(self) -> None:
        """Give the connection back to the pool."""
        ...

    def close(self) -> None:
        """Drop the connection."""
        ...


class Connection(Protocol):
    """Sends authenticated requests to one API server."""

    def get(self, path: str, accept: str, timeout: float) -> Response:
        """Start a GET request; ``timeout`` is in seconds, for connecting and for each read.

        Raises:
            OSError: the server cannot be reached or does not answer in time.
        """
        ...


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the user said about the cluster; None for what was not said."""

    kubeconfig: str | None = None
    context: str | None = None

    @classmethod
    def of(cls, options: Mapping[str, Json]) -> "Credentials":
        """Take ``kubeconfig`` and ``context`` from a collector's options."""
        kubeconfig, context = options.get("kubeconfig"), options.get("context")
        return cls(str(kubeconfig) if kubeconfig else None, str(context) if context else None)


@contextmanager
def connected(credentials: Credentials) -> Iterator[Connection]:
    """Open a connection pool with the user's credentials.

    The first of these counts: the kubeconfig named by the user, ``$KUBECONFIG``,
    ``~/.kube/config``, the service account of the pod.

    Raises:
        NoCredentialsError: none of them is there, or the client is not installed; the user named
            no cluster.
        CredentialsError: what is there, or what the user named, cannot be used.
    """
    with tempfile.TemporaryDirectory(prefix="eidos-kube-") as folder:  # decoded certificates
        yield _connection(credentials, folder)


def _connection(credentials: Credentials, folder: str) -> "_PoolConnection":
    path = _kubeconfig(credentials)
    try:
        from kubernetes.client import ApiClient, Configuration
        from kubernetes.config import ConfigException, load_incluster_config, load_kube_config
        from urllib3.exceptions import HTTPError
        from yaml import YAMLError
    except ImportError as error:
        missing = MissingExtraError("k8s", "Collecting from a cluster")
        named = credentials.kubeconfig or credentials.context
        kind = CredentialsError if named else NoCredentialsError
        raise kind(f"{missing.message}. {missing.hint}") from error
    configuration = Configuration()
    load: Callable[..., None] = load_incluster_config if path is None else load_kube_config
    said = {"config_file": path, "context": credentials.context, "persist_config": False}
    given = said | {"temp_file_path": folder} if path is not None else {}
    try:
        load(client_configuration=configuration, **given)
        pool = cast("_Pool", ApiClient(configuration).rest_client.pool_manager)
        return _PoolConnection(cast("_Configuration", configuration), pool)
    except (*_UNUSABLE, ConfigException, HTTPError, YAMLError) as error:
        where = path or "the service account of this pod"
        raise CredentialsError(f"{where} cannot be used: {_sentence(error)}") from error


def _kubeconfig(credentials: Credentials) -> str | None:
    """Give the kubeconfig path (or list of paths), None for the pod's service account."""
    named = credentials.kubeconfig or os.environ.get("KUBECONFIG")
    if named:
        return named
    default = Path("~/.kube/config").expanduser()
    if default.is_file():
        return str(default)
    if credentials.context:
        raise CredentialsError(
            f"there is no kubeconfig to have the context {credentials.context!r}"
        )
    if SERVICE_ACCOUNT.is_file() and os.environ.get("KUBERNETES_SERVICE_HOST"):
        return None
    raise NoCredentialsError(
        "no cluster to ask: no --kubeconfig, no $KUBECONFIG, no ~/.kube/config, not in a pod"
    )


def _sentence(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


class _PoolConnection:
    def __init__(self, configuration: "_Configuration", pool: "_Pool") -> None:
        self._configuration = configuration
        self._pool = pool

    def get(self, path: str, accept: str, timeout: float) -> Response:
        from urllib3.exceptions import ConnectTimeoutError, HTTPError, ReadTimeoutError

        headers = {"accept": accept, "accept-encoding": "gzip", **self._authorization()}
        try:
            return self._pool.request(
                "GET",
                self._configuration.host.rstrip("/") + path,
                headers=headers,
                timeout=timeout,
                retries=False,
                redirect=False,
                preload_content=False,
            )
        except HTTPError as error:
            # The library takes a refused connection for a kind of timeout, by inheritance.
            if isinstance(error, ReadTimeoutError) or type(error) is ConnectTimeoutError:
                waited = f"nothing came within {timeout:.3g} s"
                raise TimeoutError(f"the API server does not answer: {waited}") from error
            raise OSError(f"the API server cannot be reached: {_sentence(error)}") from error

    def _authorization(self) -> dict[str, str]:
        """Give the headers that say who asks; a token that ran out is renewed on the way."""
        settings = self._configuration.auth_settings().values()
        given = {setting["key"]: setting["value"] for setting in settings if setting.get("value")}
        if not given and self._configuration.username:
            given = {"authorization": self._configuration.get_basic_auth_token()}
        return given


class _Configuration(Protocol):
    host: str
    username: str | None

    def auth_settings(self) -> dict[str, dict[str, str]]: ...

    def get_basic_auth_token(self) -> str: ...


class _Pool(Protocol):
    def request(self, method: str, url: str, **options: object) -> Response: ...
