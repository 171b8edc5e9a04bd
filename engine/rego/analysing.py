"""What modules say about themselves, read from their syntax trees without running them."""

import msgspec
import regorus

from eidos.engine.rego.checking import Dialect, check
from eidos.engine.rego.extensions import install
from eidos.engine.rego.faults import read_fault
from eidos.engine.rego.frames import Analyse, Facts, Fault, Reply, Source
from eidos.engine.rego.guarding import guard
from eidos.engine.rego.limits import EngineLimits
from eidos.engine.rego.runtime import add_module, new_engine
from eidos.engine.rego.syntax import ModuleTree, read_tree

_KEYWORDS = frozenset(["contains", "every", "if", "in"])
"""In v0 these are names, so that broken v1 reads as v0 with strange rules."""


def analyse(number: int, task: Analyse, limits: EngineLimits) -> Reply:
    """Read modules that are compiled together; the first thing that is wrong is the fault."""
    for source in task.modules:
        if fault := guard(source, limits):
            return Reply(number, fault=fault)
    try:
        trees, v0 = _trees(task.modules, limits)
    except MemoryError:  # the parent asks again, with a worker that has all its memory
        raise
    except RecursionError:
        hint = "Give parts of it names of their own, as rules or variables."
        fault = Fault("an expression is too long or nested too deep", hint=hint)
        return Reply(number, fault=fault)
    except _UnplacedError as error:
        return Reply(number, fault=error.fault)
    except BaseException as error:  # noqa: BLE001 -- the engine's panics are no Exception
        return Reply(number, fault=read_fault(error))
    if fault := check(trees, Dialect(v0, task.every_function)):
        return Reply(number, fault=fault)
    return Reply(number, facts=[_facts(tree, v0=v0) for tree in trees])


def _trees(modules: list[Source], limits: EngineLimits) -> tuple[list[ModuleTree], bool]:
    """Read as v1; what is no v1 but reads as v0 is v0."""
    try:
        return _parse(modules, limits, v0=False), False
    except RuntimeError as error:
        try:
            trees = _parse(modules, limits, v0=True)
        except RuntimeError:
            raise error from None
        if any(rule.name in _KEYWORDS for tree in trees for rule in tree.rules):
            raise error from None
        return trees, True


def _parse(modules: list[Source], limits: EngineLimits, *, v0: bool) -> list[ModuleTree]:
    engine = new_engine(limits, v0=v0)
    install(engine, lambda: 0)
    for module in modules:
        _add(engine, module, limits, v0=v0)
    engine.eval_query_as_json("true")  # compiles, which finds unsafe variables
    return [read_tree(tree) for tree in msgspec.json.decode(engine.get_ast_as_json())]


class _UnplacedError(RuntimeError):
    """The engine said neither file nor line."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def _add(engine: regorus.Engine, module: Source, limits: EngineLimits, *, v0: bool) -> None:
    try:
        add_module(engine, module, limits, v0=v0)
    except RuntimeError as error:
        fault = read_fault(error)
        if fault.file:
            raise
        message = f"the engine cannot read the module: {fault.message}"
        raise _UnplacedError(Fault(message, module.file)) from error


def _facts(tree: ModuleTree, *, v0: bool) -> Facts:
    rules: dict[str, int] = {}
    for rule in tree.rules:
        rules.setdefault(rule.name, rule.place.line)
    mentions = [mention for rule in tree.rules for mention in rule.mentions]
    mentions += tree.imports.values()
    paths = {mention.path for mention in mentions}
    inputs = {m.path: m.place.line for m in reversed(mentions) if m.path.startswith("input.")}
    return Facts(
        file=tree.file,
        package=tree.package,
        rules=rules,
        imports=sorted(path.removeprefix("data.") for path in paths if path.startswith("data.")),
        reads_time="time.now_ns" in paths,
        v0=v0,
        inputs=inputs,
    )
