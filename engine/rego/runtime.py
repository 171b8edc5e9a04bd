"""Programs that a worker keeps compiled, and what they answer."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import msgspec
import regorus

from eidos.engine.rego.extensions import install, refuse_inexact
from eidos.engine.rego.faults import read_fault
from eidos.engine.rego.frames import Bundle, Evaluate, Fault, Reply, Source
from eidos.engine.rego.limits import EngineLimits
from eidos.engine.rego.syntax import Node, widen
from eidos.engine.rego.translating import rule_names, translate
from eidos.engine.rego.trees import RefusedError


class _Expression(msgspec.Struct):
    value: msgspec.Raw


class _Row(msgspec.Struct):
    expressions: list[_Expression]


class _Rows(msgspec.Struct):
    result: list[_Row] = []


_ROWS = msgspec.json.Decoder(_Rows)


def new_engine(limits: EngineLimits, *, v0: bool) -> regorus.Engine:
    """Give an engine without policy that keeps its prints to itself."""
    engine = regorus.Engine()
    engine.set_rego_v0(v0)
    engine.set_gather_prints(True)
    engine.set_policy_length_config(
        max_col=limits.line_chars, max_file_bytes=limits.module_bytes, max_lines=limits.module_bytes
    )
    return engine


class TranslationError(RuntimeError):
    """A module cannot be put into the words of the engine; the fault says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def read_module(module: Source, limits: EngineLimits, *, v0: bool) -> Node:
    """Give the engine's syntax tree of a module.

    Raises:
        RuntimeError: it does not parse.
    """
    engine = new_engine(limits, v0=v0)
    engine.add_policy(module.file, module.text)
    tree: Node = msgspec.json.decode(engine.get_ast_as_json())[0]
    widen(tree["ast"]["rules"], module.text.encode())
    return tree


class Translations:
    """Modules in the words of the engine; each is translated once."""

    def __init__(self, limits: EngineLimits) -> None:
        self._limits = limits
        self._trees: dict[tuple[Source, bool], Node] = {}
        self._packages: dict[tuple[Source, bool], tuple[str, frozenset[str]]] = {}
        self._texts: dict[tuple[Source, bool, frozenset[str]], str] = {}

    def translate(self, modules: list[Source], *, v0: bool) -> list[Source]:
        """Give modules that are compiled together as the engine is to read them.

        Raises:
            RuntimeError: one does not parse.
            TranslationError: one uses what the light engine does not serve.
        """
        packages: dict[str, frozenset[str]] = {}
        owners: list[str] = []
        for module in modules:
            package, names = self._package(module, v0=v0)
            packages[package] = packages.get(package, frozenset()) | names
            owners.append(package)
        return [
            Source(module.file, self._text(module, packages[package], v0=v0))
            for module, package in zip(modules, owners, strict=True)
        ]

    def tree(self, module: Source, *, v0: bool) -> Node:
        """Give the syntax tree of a module, as long as it is not translated."""
        key = (module, v0)
        if key not in self._trees:
            self._trees[key] = read_module(module, self._limits, v0=v0)
        return self._trees[key]

    def _package(self, module: Source, *, v0: bool) -> tuple[str, frozenset[str]]:
        key = (module, v0)
        if key not in self._packages:
            with _in_file(module):
                self._packages[key] = rule_names(self.tree(module, v0=v0))
        return self._packages[key]

    def _text(self, module: Source, names: frozenset[str], *, v0: bool) -> str:
        key = (module, v0, names)
        if key not in self._texts:
            with _in_file(module):
                self._texts[key] = translate(self.tree(module, v0=v0), names, v0=v0)
            self._trees.pop((module, v0))
        return self._texts[key]


@contextmanager
def _in_file(module: Source) -> Iterator[None]:
    try:
        yield
    except RefusedError as error:
        raise TranslationError(error.fault(module.file)) from error


class Runtime:
    """Compiled programs by key."""

    def __init__(self, limits: EngineLimits) -> None:
        self._limits = limits
        self._bundles: dict[str, Bundle] = {}
        self._engines: dict[str, regorus.Engine] = {}
        self._now_ns = 0
        self._translations = Translations(limits)

    def forget(self, keys: Iterable[str]) -> None:
        """Let go of programs."""
        for key in keys:
            del self._bundles[key]
            self._engines.pop(key, None)

    def learn(self, bundles: Iterable[Bundle]) -> None:
        """Keep programs; they are compiled when they are first asked."""
        for bundle in bundles:
            self._bundles[bundle.key] = bundle

    def evaluate(self, number: int, task: Evaluate) -> Reply:
        """Answer all questions of a task, or say why not."""
        self._now_ns = task.now_ns
        engine = None
        try:
            engine = self._engine(task.key)
            values = self._values(engine, task)
        except MemoryError:  # the parent asks again, with a worker that has all its memory
            raise
        except TranslationError as error:
            return Reply(number, fault=error.fault)
        except BaseException as error:  # noqa: BLE001 -- the engine's panics are no Exception
            self._engines.pop(task.key, None)  # what an error leaves behind is unknown
            panic = not isinstance(error, RuntimeError)
            prints = [] if engine is None or panic else engine.take_prints()
            return Reply(number, prints=self._printable(prints), fault=read_fault(error))
        return self._reply(number, values, engine.take_prints())

    def _engine(self, key: str) -> regorus.Engine:
        engine = self._engines.get(key)
        if engine is None:
            bundle = self._bundles[key]
            engine = new_engine(self._limits, v0=bundle.v0)
            install(engine, lambda: self._now_ns)
            for module in self._translations.translate(bundle.modules, v0=bundle.v0):
                engine.add_policy(module.file, module.text)
            refuse_inexact(bundle.data)
            engine.add_data_json(bundle.data)
            self._engines[key] = engine
        return engine

    def _values(self, engine: regorus.Engine, task: Evaluate) -> list[bytes | None]:
        values: list[bytes | None] = []
        current = -1
        for question in task.questions:
            if question.input != current:
                refuse_inexact(task.inputs[question.input])
                engine.set_input_json(task.inputs[question.input])
                current = question.input
            rows = _ROWS.decode(engine.eval_query_as_json(question.query)).result
            values.append(bytes(rows[0].expressions[0].value) if rows else None)
            if task.guarded and values[0] in (None, b"false"):
                break
        return values

    def _reply(self, number: int, values: list[bytes | None], prints: list[str]) -> Reply:
        size = sum(len(value or b"") for value in values) + sum(map(len, prints))
        if size > self._limits.output_bytes:
            message = f"gave {size} bytes of output, over the limit of {self._limits.output_bytes}"
            return Reply(number, fault=Fault(message))
        return Reply(number, values=values, prints=prints)

    def _printable(self, prints: list[str]) -> list[str]:
        kept: list[str] = []
        room = self._limits.output_bytes
        for text in prints:
            room -= len(text)
            if room < 0:
                break
            kept.append(text)
        return kept
