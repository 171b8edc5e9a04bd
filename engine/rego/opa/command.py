"""Commands of the ``opa`` executable that end by themselves: version, check, parse."""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec

from eidos.engine.digest import canonical
from eidos.engine.errors import EidosError
from eidos.engine.model.rule import Module
from eidos.engine.rego.builtins import FORBIDDEN
from eidos.engine.rego.limits import EngineLimits
from eidos.engine.rego.opa.faults import Fault, file_name
from eidos.engine.rego.opa.folder import PrivateFolder
from eidos.engine.rego.opa.process import OpaProcess
from eidos.engine.rego.opa.server import write_modules

_VERSION = re.compile(r"^Version: (?P<text>(\d+)\.(\d+)\.(\d+)\S*)$", re.MULTILINE)
_INSTALL = "Install a newer OPA and name it, or put it on PATH."


class OpaCommand:
    """The executable, and what it is asked to do once.

    Args:
        binary: absolute path of the executable.
        limits: bounds for its memory and time.
    """

    def __init__(self, binary: str, limits: EngineLimits) -> None:
        self.binary = binary
        self._limits = limits

    def version(self, floor: tuple[int, ...]) -> str:
        """Give the version.

        Raises:
            EidosError: it is no OPA, or older than `floor`.
        """
        _, stdout, _ = self._run("version")
        found = _VERSION.search(stdout)
        if found is None:
            message = f"{self.binary} is no OPA: 'opa version' gives no version"
            raise EidosError(message, hint="Name the 'opa' executable of www.openpolicyagent.org.")
        if tuple(map(int, found.groups()[1:])) < floor:
            wanted = ".".join(map(str, floor))
            message = (
                f"{self.binary} is OPA {found['text']}, and {wanted} is the oldest that is right"
            )
            raise EidosError(message, hint=_INSTALL)
        return found["text"]

    def check(self, modules: Sequence[Module], *, v0: bool, strict: bool = False) -> list[Fault]:
        """Compile modules with what rules may use, and give all that is wrong, in OPA's order.

        Args:
            modules: compiled together.
            v0: they are written in Rego v0.
            strict: what is superfluous (unused imports, locals, arguments) is wrong too.
        """
        folder = PrivateFolder()
        try:
            place = folder.path / "policy"
            place.mkdir()
            write_modules(str(place), modules)
            capabilities = folder.path / "capabilities.json"
            capabilities.write_bytes(canonical(self._capabilities))
            flags = ["--capabilities", str(capabilities), "--format", "json"]
            flags += ["--max-errors", "0", *(["--strict"] if strict else [])]
            code, stdout, stderr = self._run("check", *flags, *_dialect(v0=v0), "-b", str(place))
        finally:
            folder.remove()
        return [] if code == 0 else _faults(stderr or stdout)

    def test(self, modules: Sequence[Module], data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Run the tests in modules, with what rules may use.

        Args:
            modules: compiled together; their rules ``test_...`` are run.
            data: what they see as ``data``.

        Returns:
            A mapping for each test as ``opa test --format json`` has it: ``package``, ``name``,
            ``fail``, ``error``, ``output`` (base64).

        Raises:
            EidosError: they do not compile, or it takes too long.
        """
        folder = PrivateFolder()
        try:
            place = folder.path / "policy"
            place.mkdir()
            write_modules(str(place), modules)
            (place / "data.json").write_bytes(canonical(data))
            capabilities = folder.path / "capabilities.json"
            capabilities.write_bytes(canonical(self._capabilities))
            flags = ["--capabilities", str(capabilities), "--format", "json", "--verbose"]
            code, stdout, stderr = self._run("test", *flags, "-b", str(place))
        finally:
            folder.remove()
        try:
            found: list[Mapping[str, Any]] = msgspec.json.decode(stdout, type=list)
        except msgspec.DecodeError as error:
            said = " ".join((stderr or stdout).split())[:300]
            raise EidosError(f"opa test ended with {code}: {said}") from error
        return found

    def parse(self, text: str, *, v0: bool) -> Mapping[str, Any] | None:
        """Give the syntax tree of a module with the place of every node.

        Returns:
            None where it has none, or one that is too deep to be read.
        """
        folder = PrivateFolder()
        try:
            place = folder.path / file_name(0)
            place.write_bytes(text.encode(errors="surrogatepass"))
            flags = ["--format", "json", "--json-include", "locations,-comments"]
            code, stdout, _ = self._run("parse", *flags, *_dialect(v0=v0), str(place))
        finally:
            folder.remove()
        try:
            tree: Mapping[str, Any] = msgspec.json.decode(stdout) if code == 0 else {}
        except RecursionError:  # thousands of brackets in one another
            return None
        return tree if "package" in tree else None

    @cached_property
    def _capabilities(self) -> Mapping[str, Any]:
        """What OPA offers, less what rules must not use, and no address to fetch a schema from."""
        _, stdout, _ = self._run("capabilities", "--current")
        offered: dict[str, Any] = msgspec.json.decode(stdout)
        builtins = [each for each in offered["builtins"] if each["name"] not in FORBIDDEN]
        return {**offered, "builtins": builtins, "allow_net": []}

    def _run(self, *arguments: str) -> tuple[int, str, str]:
        process = OpaProcess([self.binary, *arguments], self._limits, "/")
        return process.finish(self._limits.start_seconds)


def _dialect(*, v0: bool) -> list[str]:
    return ["--v0-compatible"] if v0 else []


def _faults(text: str) -> list[Fault]:
    try:
        body = msgspec.json.decode(text, type=dict)
    except msgspec.DecodeError:
        body = {}
    except RecursionError:  # OPA describes the types of what is nested too deep
        return [{"message": "an expression is too long or nested too deep"}]
    found: list[Fault] = body.get("errors") or []
    return found or [{"message": " ".join(text.split())[:300] or "opa gave no reason"}]
