"""The real OPA as a Rego engine for tests: one server on a socket, one program at a time.

It is what the engines under test are compared with, so it does as little as it can: modules are put
as they are, built-in errors are errors, and nothing is kept from one program to the next.
"""

import http.client
import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from eidos.engine.digest import canonical, digest
from eidos.engine.errors import Location, PolicyError
from eidos.engine.model.rule import Module
from eidos.engine.ports import UNDEFINED, Answer, Ask, Job, ModuleFacts, Program
from fakes.opa_server import opa_binary


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("opa")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


class OpaError(PolicyError):
    """OPA refused modules; `code` is its own word for why, `lines` where."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        self.code = str(errors[0].get("code"))
        self.places = [
            (str(e["location"]["file"]), int(e["location"]["row"]), str(e["message"]))
            for e in errors
            if e.get("location")
        ]
        file, line, _ = self.places[0] if self.places else ("", 1, "")
        super().__init__(str(errors[0].get("message")), location=Location(file, line))


class RealOpa:
    """A `RegoEngine` by OPA itself; skips the test where there is no OPA."""

    name = "opa"
    version = "real"

    def __init__(self, *flags: str) -> None:
        binary = opa_binary()
        self._folder = tempfile.TemporaryDirectory(prefix="eidos-opa-")
        path = f"{self._folder.name}/s"
        self._log = Path(self._folder.name, "log").open("wb")  # noqa: SIM115 -- closed with it
        command = [binary, "run", "--server", "--addr", f"unix://{path}", "--skip-version-check"]
        command += ["--log-level", "error", *flags]
        self._server = subprocess.Popen(
            command, env={"HOME": self._folder.name}, stdout=self._log, stderr=self._log
        )
        self._http = _Connection(path)
        self._connect()
        self.strict = True
        """Errors of built-in functions are errors."""
        self._clocks: dict[str, str] = {}
        self._together: Path | None = None
        self._put: list[str] = []
        self._program: str | None = None

    def _connect(self) -> None:
        while self._server.poll() is None:
            try:
                self._http.connect()
            except OSError:
                self._http.close()
                time.sleep(0.02)
            else:
                return
        raise RuntimeError(Path(self._folder.name, "log").read_text())

    def call(self, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
        """Give the status and the decoded body of an answer."""
        self._http.request(method, path, body)
        answer = self._http.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text.strip() else {}

    def analyse(self, modules: Sequence[Module]) -> list[ModuleFacts]:
        """Compile modules.

        Raises:
            OpaError: OPA refuses them.
        """
        key = digest([[module.file, module.source] for module in modules])
        self._load(Program(f"analysed {key}", tuple(modules)))
        return []

    def evaluate(self, jobs: Iterable[Job]) -> Iterator[Answer]:
        """Answer each job, in order."""
        for job in jobs:
            try:
                yield Answer(tuple(self._values(job)))
            except PolicyError as error:
                yield Answer(error=error.message)

    def lenient(self, job: Job) -> Any:
        """Answer the first ask with built-in errors undefined, as OPA does by itself."""
        strict, self.strict = self.strict, False
        try:
            return next(self._values(job))
        finally:
            self.strict = strict

    def _values(self, job: Job) -> Iterator[Any]:
        self._load(job.program)
        for ask in job.asks:
            value = self._at(ask, job.now_ns) if job.now_ns else self._ask(ask.query, ask.input)
            yield value
            if job.guarded and ask is job.asks[0] and value in (UNDEFINED, False):
                return

    def _at(self, ask: Ask, now_ns: int) -> Any:
        """Ask with a clock, by a rule for each query."""
        name = self._clocks.setdefault(ask.query, f"q{len(self._clocks)}")
        if name not in self._put:
            text = (
                f"package eidos_clock.{name}\n\nanswers := [answer | now := input.now\n"
                f"document := input.input\nanswer := {ask.query} with time.now_ns as now "
                f"with input as document]\n"
            )
            status, body = self.call("PUT", f"/v1/policies/{name}", text.encode())
            if status != 200:
                raise OpaError(body.get("errors") or [body])
            self._put.append(name)
        answers = self._ask(f"data.eidos_clock.{name}.answers", {"now": now_ns, "input": ask.input})
        return answers[0] if answers else UNDEFINED

    def _load(self, program: Program) -> None:
        if self._program == program.key:
            return
        self._unload()
        if program.data:
            self.call("PUT", "/v1/data", canonical(program.data))
        waiting = {f"m{n}": module.source for n, module in enumerate(program.modules)}
        while waiting:  # modules that call others have to come after them
            refused = {}
            for name, source in waiting.items():
                status, body = self.call("PUT", f"/v1/policies/{name}", source.encode())
                if status == 200:
                    self._put.append(name)
                else:
                    refused[name] = body.get("errors") or [{"message": body.get("message")}]
            if len(refused) == len(waiting):
                self._together = self._write(program) if len(waiting) > 1 else None
                if self._together is None:
                    raise OpaError(next(iter(refused.values())))
                break
            waiting = {name: waiting[name] for name in refused}
        self._program = program.key

    def _write(self, program: Program) -> Path | None:
        """Give a folder of modules that call each other in a circle; None when they are wrong."""
        folder = Path(self._folder.name, "together")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for number, module in enumerate(program.modules):
            (folder / f"m{number}.rego").write_text(module.source)
        (folder / "data.json").write_bytes(canonical(program.data))
        check = subprocess.run([opa_binary(), "check", folder], capture_output=True, check=False)
        return None if check.returncode else folder

    def _eval(self, folder: Path, query: str, document: Any) -> Any:
        strict = ["--strict-builtin-errors"] if self.strict else []
        given = [] if document is UNDEFINED else ["--stdin-input"]
        command = [opa_binary(), "eval", "-d", str(folder), *strict, *given, query]
        text = b"" if document is UNDEFINED else canonical(document)
        done = subprocess.run(command, input=text, capture_output=True, check=False)
        answer = json.loads(done.stdout)
        if "errors" in answer:
            raise PolicyError(str(answer["errors"][0]["message"]))
        rows = answer.get("result")
        return rows[0]["expressions"][0]["value"] if rows else UNDEFINED

    def _unload(self) -> None:
        self._program = None
        self._together = None
        for name in reversed(self._put):
            self.call("DELETE", f"/v1/policies/{name}")
        self._put.clear()
        self.call("PUT", "/v1/data", b"{}")

    def _ask(self, query: str, document: Any) -> Any:
        if self._together:
            return self._eval(self._together, query, document)
        path = query.removeprefix("data.").replace(".", "/")
        options = "?strict-builtin-errors=true" if self.strict else ""
        body = canonical({} if document is UNDEFINED else {"input": document})
        status, answer = self.call("POST", f"/v1/data/{path}{options}", body)
        if status != 200:
            errors = answer.get("errors") or [answer]
            raise PolicyError(str(errors[0].get("message")))
        return answer.get("result", UNDEFINED)

    def close(self) -> None:
        """End the server."""
        self._http.close()
        self._server.kill()
        self._server.wait()
        self._log.close()
        self._folder.cleanup()
