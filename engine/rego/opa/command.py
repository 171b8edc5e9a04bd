"""Commands of the ``opa`` executable that end by themselves: version, check, parse."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import msgspec

from eidos.engine.digest import canonical
from eidos.engine.errors import EidosError, PolicyError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Module
from eidos.engine.records import dataclass
from eidos.engine.rego.builtins import FORBIDDEN
from eidos.engine.rego.limits import EngineLimits
from eidos.engine.rego.opa.faults import (
    Fault,
    file_name,
    place_of,
    plain_faults,
    policy_error,
)
from eidos.engine.rego.opa.folder import PrivateFolder
from eidos.engine.rego.opa.process import OpaProcess
from eidos.engine.rego.opa.server import write_modules

_VERSION = re.compile(r"^Version: (?P<text>(\d+)\.(\d+)\.(\d+)\S*)$", re.MULTILINE)
_INSTALL = "Install a newer OPA and name it, or put it on PATH."
_TEST_SECONDS: Final = 600.0
"""Wall time of one run of tests; OPA itself ends each of them after five seconds."""


@dataclass(frozen=True, slots=True)
class RegoTests:
    """Tests that are run together."""

    modules: tuple[Module, ...]
    """Tests, what they test, and what that needs."""
    data: Mapping[str, Json] = field(default_factory=dict)
    v0: bool = False
    pattern: str | None = None
    """Regular expression (RE2) of the tests to run; all when None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A query and all that it may see."""

    query: str
    modules: tuple[Module, ...] = ()
    data: Mapping[str, Json] = field(default_factory=dict)
    input: bytes | None = None
    """YAML or JSON; none when None."""
    v0: bool = False


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
        with self._laid_out(modules) as place:
            capabilities = place.parent / "capabilities.json"
            capabilities.write_bytes(canonical(self._capabilities))
            flags = ["--capabilities", str(capabilities), "--format", "json"]
            flags += ["--max-errors", "0", *(["--strict"] if strict else [])]
            code, stdout, stderr = self._run("check", *flags, *_dialect(v0=v0), "-b", str(place))
        return [] if code == 0 else _faults(stderr or stdout)

    def parse(self, text: str, *, v0: bool) -> Mapping[str, Any] | None:
        """Give the syntax tree of a module with the place of every node.

        Returns:
            None where it has none, or one that is too deep to be read.

        Raises:
            EidosError: what `opa parse` says is no JSON, or the command fails as `OpaProcess` says.
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
            tree = _read(stdout, "parse") if code == 0 else {}
        except RecursionError:  # thousands of brackets in one another
            return None
        return tree if "package" in tree else None

    def test(self, tests: RegoTests, *flags: str) -> tuple[int, str, str]:
        """Run tests as ``opa test`` does, with what rules may use.

        Args:
            tests: what to run.
            flags: how: ``--format json``.

        Returns:
            Exit code, standard output and standard error; modules are named by `file_name`.

        Raises:
            EidosError: they took too long, crashed or ran out of memory.
        """
        with self._laid_out(tests.modules) as folder:
            (folder / "data.json").write_bytes(canonical(tests.data))
            (folder.parent / "capabilities.json").write_bytes(canonical(self._capabilities))
            allowed = ["--capabilities", str(folder.parent / "capabilities.json")]
            chosen = ["--run", tests.pattern] if tests.pattern else []
            arguments = [*allowed, *chosen, *flags, *_dialect(v0=tests.v0), str(folder)]
            return self._run("test", *arguments, seconds=_TEST_SECONDS)

    def results(self, tests: RegoTests) -> list[Mapping[str, Any]]:
        """Run tests, and give ``package``, ``name``, ``fail``, ``error`` and ``output`` of each.

        Raises:
            EidosError: they do not compile, took too long, crashed or ran out of memory.
        """
        code, stdout, stderr = self.test(tests, "--format", "json", "--verbose")
        try:
            found: list[Mapping[str, Any]] = msgspec.json.decode(stdout, type=list)
        except msgspec.DecodeError as error:
            said = " ".join((stderr or stdout).split())[:300]
            raise EidosError(f"opa test ended with {code}: {said}") from error
        return found

    def fmt(self, modules: Sequence[Module], *, v0: bool) -> tuple[list[str], list[PolicyError]]:
        """Format modules as ``opa fmt`` does.

        Returns:
            Their texts in order, of one that does not parse as it was; and why each does not.

        Raises:
            EidosError: it took too long or crashed.
        """
        texts = [module.source for module in modules]
        refused: dict[int, PolicyError] = {}
        with self._laid_out(modules) as place:
            flags = ["--v0-compatible"] if v0 else []
            while len(refused) <= len(modules):
                code, stdout, stderr = self._run("fmt", "--write", *flags, str(place))
                if code == 0:
                    break
                number, error = _unformatted(stderr or stdout, modules)
                if number is None or number in refused:
                    raise error
                refused[number] = error  # it stops there: the others are told without it
                (place / file_name(number)).unlink()
            for number in range(len(modules)):
                if number not in refused:
                    texts[number] = (place / file_name(number)).read_bytes().decode()
        return texts, [refused[number] for number in sorted(refused)]

    def evaluate(
        self, question: Question, *flags: str, seconds: float | None = None, hint: str | None = None
    ) -> tuple[int, str, str]:
        """Evaluate a query as ``opa eval`` does, with what rules may use.

        Args:
            question: what is asked.
            flags: how: ``--format json``.
            seconds: how long it may take; the time of the limits when None.
            hint: what to do where that is too short.

        Returns:
            Exit code, standard output and standard error, with our names of the modules.

        Raises:
            EidosError: it took too long, crashed or ran out of memory.
        """
        with self._laid_out(question.modules) as place:
            (place / "data.json").write_bytes(canonical(question.data))
            (place.parent / "capabilities.json").write_bytes(canonical(self._capabilities))
            arguments = ["--capabilities", str(place.parent / "capabilities.json"), *flags]
            arguments += [*_dialect(v0=question.v0), "--data", str(place)]
            if question.input is not None:
                given = place.parent / "input.yaml"  # which JSON is, too
                given.write_bytes(question.input)
                arguments += ["--input", str(given)]
            arguments += ["--", question.query]
            code, stdout, stderr = self._run("eval", *arguments, seconds=seconds, hint=hint)
        names = [module.file for module in question.modules]
        return (
            code,
            _named(stdout, place, names, is_json="json" in flags),
            _named(stderr, place, names),
        )

    @contextmanager
    def _laid_out(self, modules: Sequence[Module]) -> Iterator[Path]:
        """Give a folder of modules in a private one, for as long as the block runs."""
        private = PrivateFolder()
        try:
            place = private.path / "policy"
            place.mkdir()
            write_modules(str(place), modules)
            yield place
        finally:
            private.remove()

    @cached_property
    def _capabilities(self) -> Mapping[str, Any]:
        """What OPA offers, less what rules must not use, and no address to fetch a schema from."""
        _, stdout, _ = self._run("capabilities", "--current")
        offered = _read(stdout, "capabilities")
        builtins = [each for each in offered["builtins"] if each["name"] not in FORBIDDEN]
        return {**offered, "builtins": builtins, "allow_net": []}

    def _run(
        self, *arguments: str, seconds: float | None = None, hint: str | None = None
    ) -> tuple[int, str, str]:
        process = OpaProcess([self.binary, *arguments], self._limits, "/")
        return process.finish(seconds or self._limits.start_seconds, hint)


def _read(stdout: str, verb: str) -> dict[str, Any]:
    """Read the object that a command wrote.

    Raises:
        EidosError: it is none.
        RecursionError: it is nested too deep.
    """
    try:
        found: dict[str, Any] = msgspec.json.decode(stdout, type=dict)
    except msgspec.DecodeError as error:
        said = " ".join(stdout.split())[:100] or "nothing"
        raise EidosError(f"opa {verb} wrote what cannot be read: {said}", hint=_INSTALL) from error
    return found


def _dialect(*, v0: bool) -> list[str]:
    return ["--v0-compatible"] if v0 else []


def _named(text: str, place: Path, names: Sequence[str], *, is_json: bool = False) -> str:
    """Give a text with our names of modules, in tables as wide as OPA's."""

    def name(found: re.Match[str]) -> str:
        file = names[int(found["number"])]
        said = (json.dumps(file)[1:-1] if is_json else file) + found["row"]
        return said.ljust(len(found[0])) if found["cell"] is not None else said

    pattern = (
        rf"{re.escape(str(place))}/m(?P<number>\d{{5}})\.rego(?P<row>(:\d+)?)(?P<cell> *(?=│))?"
    )
    return re.sub(pattern, name, text)


def _unformatted(text: str, modules: Sequence[Module]) -> tuple[int | None, PolicyError]:
    """Say which module ``opa fmt`` cannot read, and why."""
    for fault in plain_faults(text):
        number = place_of(fault)[0]
        if 0 <= number < len(modules):
            return number, policy_error(fault, modules)
    return None, PolicyError(f"opa fmt failed: {' '.join(text.split())[:300]}")


def _faults(text: str) -> list[Fault]:
    try:
        body = msgspec.json.decode(text, type=dict)
    except msgspec.DecodeError:
        body = {}
    except RecursionError:  # OPA describes the types of what is nested too deep
        return [{"message": "an expression is too long or nested too deeply"}]
    found: list[Fault] = body.get("errors") or []
    return found or [{"message": " ".join(text.split())[:300] or "opa gave no reason"}]
