"""Programs that a worker keeps compiled, and what they answer."""

from collections.abc import Iterable

import msgspec
import regorus

from eidos.engine.rego.extensions import install
from eidos.engine.rego.faults import read_fault
from eidos.engine.rego.frames import Bundle, Evaluate, Fault, Reply, Source
from eidos.engine.rego.limits import EngineLimits


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


def add_module(engine: regorus.Engine, module: Source, limits: EngineLimits, *, v0: bool) -> None:
    """Give an engine a module, in words that it understands rightly."""
    text = module.text
    if "walk(" in text:
        from eidos.engine.rego.mending import mend  # few modules need it

        text = mend(lambda: new_engine(limits, v0=v0), module.file, text)
    engine.add_policy(module.file, text)


class Runtime:
    """Compiled programs by key."""

    def __init__(self, limits: EngineLimits) -> None:
        self._limits = limits
        self._bundles: dict[str, Bundle] = {}
        self._engines: dict[str, regorus.Engine] = {}
        self._now_ns = 0

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
            for module in bundle.modules:
                add_module(engine, module, self._limits, v0=bundle.v0)
            engine.add_data_json(bundle.data)
            self._engines[key] = engine
        return engine

    def _values(self, engine: regorus.Engine, task: Evaluate) -> list[bytes | None]:
        values: list[bytes | None] = []
        current = -1
        for question in task.questions:
            if question.input != current:
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
