"""An OPA that serves one bundle over a private socket."""

import errno
import json
import os
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from eidos.engine.digest import canonical
from eidos.engine.errors import EidosError, PolicyError
from eidos.engine.model.rule import Module
from eidos.engine.rego.limits import EngineLimits
from eidos.engine.rego.opa.bundle import Bundle
from eidos.engine.rego.opa.connection import Connection
from eidos.engine.rego.opa.faults import (
    file_name,
    module_number,
    plain_faults,
    policy_error,
)
from eidos.engine.rego.opa.folder import PrivateFolder
from eidos.engine.rego.opa.harness import harness
from eidos.engine.rego.opa.process import Death, OpaProcess

_POLL_SECONDS: Final = 0.002
"""Between two tries at the socket: OPA does not tell when it has opened it."""
_LAST_WORDS_SECONDS: Final = 10.0
"""For a process whose socket is gone to say why."""
_HEALTH_BYTES: Final = 1 << 16
_HEAD: Final = re.compile(r"\A(?:[ \t]*(?:#[^\n]*)?\n)+")
"""Empty lines and remarks before anything else: no text of several lines can be around them."""
_SEES_METADATA: Final = re.compile(r'\brego\s*[.\[]\s*"?metadata')
_NEVER = (errno.ENOENT, errno.ECONNREFUSED)


class OpaServer:
    """A child process that answers for the programs of a bundle as it was at the start.

    It starts at once and is ready when `wait` has returned. Once its connections are open its
    socket and its files are removed: nobody else can reach it, and nothing is left behind.

    Args:
        binary: absolute path of ``opa``.
        bundle: what it serves.
        limits: bounds for its memory and its start.
        connections: how many requests it works on at a time.
    """

    def __init__(self, binary: str, bundle: Bundle, limits: EngineLimits, connections: int) -> None:
        self._limits = limits
        self.prints = bundle.prints
        self.count = 1 if bundle.prints else connections
        """Of connections."""
        self._package = f"eidos_{os.urandom(6).hex()}"  # no module can name it
        self._folder = PrivateFolder()
        self.modules: Sequence[Module] = tuple(bundle.modules)
        self.kinds = len(bundle.kinds)
        """Of the bundle: it knows no later ones."""
        self.connections: list[Connection] = []
        self.fresh = True
        """It has answered nothing yet."""
        self._death: Death | None = None
        try:
            _write(bundle, str(self._folder.path), self._package)
            self.process = OpaProcess(
                _command(binary, self._folder, bundle),
                limits,
                str(self._folder.path),
                connections,
            )
        except BaseException:
            self._folder.remove()
            raise

    def wait(self) -> None:
        """Wait until it is ready.

        Raises:
            PolicyError: its programs do not compile together, or not in time.
            ConnectionError: it was killed from outside.
            EidosError: it ended.
        """
        if self.connections:
            return
        try:
            self._open(time.monotonic() + self._limits.start_seconds)
        except OSError as error:
            raise self._failure(self.mourn()) from error
        self._folder.remove()

    def _open(self, deadline: float) -> None:
        while (first := self._connect()) is None:
            if self.process.wait(_POLL_SECONDS):
                raise ConnectionError("it ended")
            if time.monotonic() > deadline:
                self.bury()
                raise PolicyError(
                    f"the policy did not compile within {self._limits.start_seconds:g} s",
                    hint="Make it simpler, or give the machine more time.",
                )
        self.connections.append(first)
        while len(self.connections) < self.count and (other := self._connect()) is not None:
            self.connections.append(other)
        for connection in self.connections:  # an unused one is closed after 32 s
            connection.request("GET", "/health")
        for connection in self.connections:
            connection.response(_HEALTH_BYTES)

    def _connect(self) -> Connection | None:
        try:
            return Connection(self._folder.socket)
        except OSError as error:
            if error.errno not in _NEVER:
                raise
            return None

    def _failure(self, death: Death) -> Exception:
        if death.killed:
            return ConnectionError(death.cause)
        faults = plain_faults(death.output)
        if faults:
            return policy_error(faults[0], self.modules)
        hint = "Try 'opa version', and whether the machine has memory and room left."
        return EidosError(f"opa {death.cause} at its start", hint=hint)

    def send(self, connection: Connection, body: bytes, *, strict: bool) -> None:
        """Put a request; raises `OSError` when the process is gone."""
        path = f"/v1/data/{self._package}/answers"
        query = "?strict-builtin-errors=true" if strict else ""
        connection.request("POST", path + query, body)

    def receive(self, connection: Connection, most: int) -> tuple[int, bytes]:
        """Give status and content of the response that has come.

        Args:
            connection: where.
            most: bytes to read; what is longer is cut and leaves the connection unusable.

        Raises:
            OSError: the process is gone, or went while it answered.
        """
        status, content = connection.response(most)
        self.fresh = False
        return status, content

    def mourn(self) -> Death:
        """Say what it died of, when its connections broke: its end may take a moment."""
        self.process.wait(_LAST_WORDS_SECONDS)
        return self.bury()

    def bury(self) -> Death:
        """End it, free everything, and say what it died of; again and again the same."""
        if self._death is None:
            for connection in self.connections:
                connection.close()
            self._death = self.process.bury()
            self._folder.remove()  # not before: it may be about to put its socket there
        return self._death


def _command(binary: str, folder: PrivateFolder, bundle: Bundle) -> list[str]:
    dialect = ["--v0-compatible"] if bundle.v0 else []
    return [
        *(binary, "run", "--server", "--addr", f"unix://{folder.socket}"),
        *("--unix-socket-perm", "600", "--skip-version-check"),
        *("--log-level", "info" if bundle.prints else "error"),
        *(*dialect, "-b", f"{folder.path}/bundle"),
    ]


def _write(bundle: Bundle, folder: str, package: str) -> None:
    place = f"{folder}/bundle"
    os.mkdir(place, 0o700)  # noqa: PTH102 -- starts fast
    write_modules(place, _without_heads(bundle.modules))
    asking, kinds = harness(bundle, package)
    _put(f"{place}/harness.rego", asking.encode())
    _put(f"{place}/data.json", canonical({**bundle.base, **kinds}))


def _without_heads(modules: Sequence[Module]) -> Sequence[Module]:
    """Leave out the remarks above each package, METADATA above all, and keep the number of lines.

    They are half of what is shipped, and a tenth of OPA's start goes into reading them as YAML.
    What is wrong in them was told when the module was loaded. A module can see them at run time
    through ``rego.metadata`` alone.
    """
    if any(_SEES_METADATA.search(module.source) for module in modules):
        return modules
    return [replace(module, source=_HEAD.sub(_blank, module.source)) for module in modules]


def _blank(head: re.Match[str]) -> str:
    return "\n" * head[0].count("\n")


def write_modules(folder: str, modules: Sequence[Module]) -> None:
    """Write modules under the names that `faults` translates back."""
    for number, module in enumerate(modules):
        text = module.source.encode(errors="surrogatepass")
        _put(f"{folder}/{file_name(number)}", text)


def _put(path: str, content: bytes) -> None:
    with open(path, "wb") as file:  # noqa: PTH123 -- a hundred small files
        file.write(content)


def print_lines(errors: str, modules: Sequence[Module]) -> tuple[str, ...]:
    """Give what rules printed as ``file:line: text``, from OPA's log."""
    printed = []
    for line in errors.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        place, colon, row = str(entry.get("line", "")).rpartition(":")
        if colon and "msg" in entry:
            number = module_number(place)
            file = place if number is None else modules[number].file
            printed.append(f"{file}:{row}: {entry['msg']}")
    return tuple(printed)
