"""What a module says about itself, read from its syntax tree without running it."""

from collections.abc import Iterator

import msgspec
import regorus

from eidos.engine.rego.faults import read_fault
from eidos.engine.rego.frames import Analyse, Facts, Reply, Source
from eidos.engine.rego.limits import EngineLimits


def analyse(number: int, task: Analyse, limits: EngineLimits) -> Reply:
    """Read modules; the first that is refused is the fault."""
    try:
        trees, v0 = _trees(task.modules, limits)
    except MemoryError:
        raise
    except BaseException as error:  # noqa: BLE001 -- the engine's panics are no Exception
        return Reply(number, fault=read_fault(error))
    return Reply(number, facts=[_facts(tree, v0=v0) for tree in trees])


def _trees(modules: list[Source], limits: EngineLimits) -> tuple[list[dict], bool]:
    try:
        return _parse(modules, limits, v0=False), False
    except RuntimeError:
        try:
            return _parse(modules, limits, v0=True), True
        except RuntimeError:
            pass
        raise


def _parse(modules: list[Source], limits: EngineLimits, *, v0: bool) -> list[dict]:
    engine = regorus.Engine()
    engine.set_rego_v0(v0)
    engine.set_policy_length_config(
        max_col=limits.line_chars, max_file_bytes=limits.module_bytes, max_lines=limits.module_bytes
    )
    for module in modules:
        engine.add_policy(module.file, module.text)
    return msgspec.json.decode(engine.get_ast_as_json())


def _dotted(node: dict) -> str | None:
    if "Var" in node:
        return node["Var"]["value"]
    if "RefDot" in node:
        base = _dotted(node["RefDot"]["refr"])
        return base and f"{base}.{node['RefDot']['field'][1]}"
    if "RefBrack" in node and "String" in node["RefBrack"]["index"]:
        base = _dotted(node["RefBrack"]["refr"])
        return base and f"{base}.{node['RefBrack']['index']['String']['value']}"
    return None


def _references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if (path := _dotted(node)) is not None:
            yield path
            return
        for child in node.values():
            yield from _references(child)
    elif isinstance(node, list):
        for child in node:
            yield from _references(child)


def _facts(tree: dict, *, v0: bool) -> Facts:
    module = tree["ast"]
    rules: dict[str, int] = {}
    for rule in module["rules"]:
        ((_, body),) = rule.items()
        name = _name(body)
        if name:
            rules.setdefault(name, body["span"]["line"])
    references = set(_references(module))
    data = {path.removeprefix("data.") for path in references if path.startswith("data.")}
    return Facts(
        file=tree["source"]["file"],
        package=_dotted(module["package"]["refr"]) or "",
        rules=rules,
        imports=sorted(data),
        reads_time="time.now_ns" in references,
        v0=v0,
    )


def _name(body: dict) -> str | None:
    if "refr" in body:
        refr = body["refr"]
    else:
        ((_, head),) = body["head"].items()
        refr = head["refr"]
    path = _dotted(refr)
    while path is None and "RefBrack" in refr:
        refr = refr["RefBrack"]["refr"]
        path = _dotted(refr)
    return path
