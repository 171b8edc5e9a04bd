"""What modules say about themselves, read from their syntax trees without running them."""

from eidos.engine.rego.checking import Dialect, check
from eidos.engine.rego.extensions import install
from eidos.engine.rego.faults import V1_KEYWORDS, WRITTEN_AS_V0, mixed, read_fault
from eidos.engine.rego.frames import Analyse, Facts, Fault, Reply, Source
from eidos.engine.rego.guarding import guard
from eidos.engine.rego.limits import EngineLimits
from eidos.engine.rego.runtime import TranslationError, Translations, new_engine
from eidos.engine.rego.syntax import ModuleTree, read_tree


def analyse(number: int, task: Analyse, limits: EngineLimits) -> Reply:
    """Read modules that are compiled together; the first thing that is wrong is the fault."""
    for source in task.modules:
        if fault := guard(source, limits):
            return Reply(number, fault=fault)
    try:
        return _read(number, task, limits)
    except MemoryError:  # the parent asks again, with a worker that has all its memory
        raise
    except RecursionError:
        hint = "Give parts of it names of their own, as rules or variables."
        fault = Fault("an expression is too long or nested too deeply", hint=hint)
        return Reply(number, fault=fault)
    except TranslationError as error:
        return Reply(number, fault=error.fault)
    except BaseException as error:  # noqa: BLE001 -- the engine's panics are no Exception
        return Reply(number, fault=read_fault(error))


def _read(number: int, task: Analyse, limits: EngineLimits) -> Reply:
    translations = Translations(limits)
    v0, trees = _trees(translations, task.modules, wanted=task.v0)
    packages = frozenset(f"data.{tree.package}" for tree in trees)
    if fault := check(trees, Dialect(v0, task.every_function, packages)):
        return Reply(number, fault=fault)
    if task.every_function:
        _compile(task.modules, limits, v0=v0)
    else:
        _compile(translations.translate(task.modules, v0=v0), limits, v0=v0)
    return Reply(number, facts=[_facts(tree, v0=v0) for tree in trees])


def _trees(
    translations: Translations, modules: list[Source], *, wanted: bool | None
) -> tuple[bool, list[ModuleTree]]:
    """Read as v1; what is no v1 but reads as v0 is v0, where nobody says which it is."""
    if wanted is not None:
        return wanted, _parse(translations, modules, v0=wanted)
    try:
        return False, _parse(translations, modules, v0=False)
    except RuntimeError as error:
        try:
            trees = _parse(translations, modules, v0=True)
        except RuntimeError as error_as_v0:
            if WRITTEN_AS_V0 not in str(error):
                raise error from None
            fault, other = read_fault(error), read_fault(error_as_v0)
            if fault.file == other.file:
                raise error_as_v0 from None
            message, hint = mixed(other.file)
            place = (fault.file, fault.line, fault.column)
            raise TranslationError(Fault(message, *place, hint)) from None
        if any(rule.name in V1_KEYWORDS for tree in trees for rule in tree.rules):
            raise error from None
        return True, trees


def _parse(translations: Translations, modules: list[Source], *, v0: bool) -> list[ModuleTree]:
    trees = []
    for module in modules:
        try:
            trees.append(read_tree(translations.tree(module, v0=v0)))
        except RuntimeError as error:
            fault = read_fault(error)
            if fault.file:
                raise
            message = f"the engine cannot read the module: {fault.message}"
            raise TranslationError(Fault(message, module.file)) from error
    return trees


def _compile(modules: list[Source], limits: EngineLimits, *, v0: bool) -> None:
    """Compile modules, which finds what the engine itself refuses."""
    engine = new_engine(limits, v0=v0)
    install(engine, lambda: 0)
    for module in modules:
        engine.add_policy(module.file, module.text)
    engine.eval_query_as_json("true")


def _facts(tree: ModuleTree, *, v0: bool) -> Facts:
    rules: dict[str, int] = {}
    for rule in tree.rules:
        rules.setdefault(rule.name, rule.place.line)
    mentions = [mention for rule in tree.rules for mention in rule.mentions]
    mentions += tree.imports.values()
    paths = {mention.path for mention in mentions}
    inputs = {
        m.path: m.place.line
        for m in sorted(mentions, key=lambda each: -each.place.line)  # the first line stays
        if m.path.startswith("input.")
    }
    return Facts(
        file=tree.file,
        package=tree.package,
        rules=rules,
        imports=sorted(path.removeprefix("data.") for path in paths if path.startswith("data.")),
        reads_time="time.now_ns" in paths,
        v0=v0,
        inputs=inputs,
    )
