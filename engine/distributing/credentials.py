"""Credentials for registries, from the files of docker, podman and oras, and from their helpers.

Nothing here is ever part of a message: what is wrong with a file is told by its name.
"""

import base64
import binascii
import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from eidos.engine.errors import DistributionError, Location
from eidos.engine.records import dataclass
from eidos.engine.starting import read_within, started

_FILE_AT_MOST = 1 << 20
_ANSWER_AT_MOST = 1 << 18
"""Bytes of what a helper says: a token has a few thousand."""
_HELPER_SECONDS = 30
_HELPER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_TOKEN = "<token>"  # noqa: S105 -- what helpers call a user that is none
_OF_ENTRY = ("username", "password", "identitytoken", "registrytoken")
_DOCKER_HUB = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})


@dataclass(frozen=True, slots=True)
class Credential:
    """What a registry is shown; its text form says nothing."""

    user: str = ""
    password: str = ""
    identity_token: str = ""
    """For the registry's token service (OAuth 2 refresh token)."""
    bearer: str = ""
    """For the registry itself."""

    def basic(self) -> str:
        """Give the value of a header of Basic authentication."""
        packed = base64.b64encode(f"{self.user}:{self.password}".encode())
        return f"Basic {packed.decode()}"

    def __repr__(self) -> str:
        """Say nothing."""
        return "Credential(...)"


def credential_files(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Give the files that may hold credentials, in the order in which they are asked.

    A file that the environment names is the only one: ``REGISTRY_AUTH_FILE`` (podman, skopeo), or
    ``config.json`` in ``DOCKER_CONFIG`` (docker, oras, crane).
    """
    if named := environ.get("REGISTRY_AUTH_FILE"):
        return (Path(named),)
    if folder := environ.get("DOCKER_CONFIG"):
        return (Path(folder, "config.json"),)
    home = Path(environ.get("HOME") or "/")
    runtime = environ.get("XDG_RUNTIME_DIR")
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    return (
        *([Path(runtime, "containers/auth.json")] if runtime else []),
        config / "containers/auth.json",
        home / ".docker/config.json",
    )


def find_credential(repository: str, environ: Mapping[str, str]) -> Credential | None:
    """Find what opens a repository; None where nothing is known of it.

    Args:
        repository: ``host/path``.
        environ: says where the files are.

    Raises:
        DistributionError: a file cannot be read or is damaged, a helper fails or takes too long.
    """
    named = bool(environ.get("REGISTRY_AUTH_FILE"))
    for file in credential_files(environ):
        document = _read(file, required=named)
        if found := _find(document, repository, file, environ):
            return found
    return None


def _read(file: Path, *, required: bool) -> dict[str, Any]:
    try:
        with file.open("rb") as opened:
            content = opened.read(_FILE_AT_MOST + 1)
        said = json.loads(content) if len(content) <= _FILE_AT_MOST else None
    except FileNotFoundError as error:
        if required:
            raise _unreadable(file, "is not there") from error
        return {}
    except OSError as error:
        raise _unreadable(file, f"cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise _unreadable(file, "is not JSON") from None  # the cause would repeat its content
    if not isinstance(said, dict):
        raise _unreadable(file, "holds no credentials")
    return said


def _unreadable(file: Path, what: str) -> DistributionError:
    return DistributionError(
        f"the file with credentials {what}",
        hint="Log in anew with docker, podman or oras.",
        location=Location(str(file)),
    )


def _find(
    document: Mapping[str, Any], repository: str, file: Path, environ: Mapping[str, str]
) -> Credential | None:
    names = tuple(_names(repository))
    helpers = _mapping(document, "credHelpers", file)
    auths = {_bare(key): said for key, said in _mapping(document, "auths", file).items()}
    for name in names:
        if helper := helpers.get(name):
            return _ask(helper, name, file, environ)
        if found := _entry(auths.get(name), file):
            return found
    if store := document.get("credsStore"):
        return _ask(store, names[-1], file, environ)
    return None


def _names(repository: str) -> Iterator[str]:
    """Give what an entry may be called, the nearest first: containers' tools have paths in it."""
    host = repository.partition("/")[0]
    while repository:
        yield repository
        repository = repository.rpartition("/")[0]
    if host in _DOCKER_HUB:
        yield from sorted(_DOCKER_HUB - {host})
        yield "index.docker.io"


def _bare(key: str) -> str:
    """Take off what old versions of docker wrote around a host."""
    return re.sub(r"^https?://|/v[12]/?$|/$", "", key)


def _mapping(document: Mapping[str, Any], key: str, file: Path) -> dict[str, Any]:
    found = document.get(key) or {}
    if not isinstance(found, dict):
        raise _unreadable(file, f"has no object at '{key}'")
    return found


def _entry(said: Any, file: Path) -> Credential | None:  # noqa: ANN401 -- any JSON
    if not isinstance(said, dict):
        return None
    user, password, identity, bearer = (said.get(key) or "" for key in _OF_ENTRY)
    if packed := said.get("auth"):
        try:
            text = base64.b64decode(packed, validate=True).decode()
        except (binascii.Error, ValueError, TypeError):
            raise _unreadable(file, "has a damaged entry") from None
        user, _, password = text.partition(":")
    if not all(map(_can_be_sent, (user, password, identity, bearer))) or not bearer.isprintable():
        raise _unreadable(file, "has a damaged entry")
    found = Credential(user, password.rstrip("\0"), identity, bearer)
    return found if found != Credential() else None


def _can_be_sent(said: object) -> bool:
    """Say whether it is a text without halves of signs, as broken escapes leave them."""
    return isinstance(said, str) and not any("\ud800" <= sign <= "\udfff" for sign in said)


def _ask(helper: Any, name: str, file: Path, environ: Mapping[str, str]) -> Credential | None:  # noqa: ANN401 -- any JSON
    """Ask a credential helper, by its protocol: the host on standard input, JSON back."""
    if not isinstance(helper, str) or not _HELPER.fullmatch(helper):
        raise _unreadable(file, "names a credential helper that cannot be")
    program = f"docker-credential-{helper}"
    path = shutil.which(program, path=environ.get("PATH"))
    if path is None:
        raise DistributionError(
            f"{program} is not on PATH, and {file} keeps credentials there",
            hint="Install it, or log in with a tool that keeps them in a file.",
        )
    server = "https://index.docker.io/v1/" if name in _DOCKER_HUB else name
    try:
        said, code = _run(path, server, environ)
    except (OSError, subprocess.TimeoutExpired):
        raise DistributionError(
            f"{program} did not answer within {_HELPER_SECONDS} s, or writes without end",
            hint=f"Try it: echo {name} | {program} get > /dev/null; echo $?",
        ) from None
    return _answered(said) if code == 0 else None


def _run(program: str, server: str, environ: Mapping[str, str]) -> tuple[bytes, int]:
    """Give what a helper says of a server, and its exit code; its errors may hold a secret.

    Raises:
        OSError: it cannot be started.
        TimeoutExpired: it takes too long, or writes without end.
    """
    deadline = time.monotonic() + _HELPER_SECONDS
    with tempfile.TemporaryFile() as asked:
        asked.write(server.encode())
        asked.seek(0)
        with started([program, "get"], environ, stdin=asked, stderr=subprocess.DEVNULL) as running:
            said, ended = read_within(running, _ANSWER_AT_MOST, deadline)
            if not ended:
                raise subprocess.TimeoutExpired(program, _HELPER_SECONDS)
            return said, running.wait(max(deadline - time.monotonic(), 0.0))


def _answered(said: bytes) -> Credential | None:
    try:
        document = json.loads(said)
        user, secret = str(document["Username"]), str(document["Secret"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not (_can_be_sent(user) and _can_be_sent(secret)):
        return None
    if user == _TOKEN:
        return Credential(identity_token=secret)
    return Credential(user, secret)
