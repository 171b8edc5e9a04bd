"""Names that hide others, and names that nothing uses."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from eidos.engine.linting.kinds import (
    ARGUMENT_UNUSED,
    IMPORT_SHADOWED,
    IMPORT_UNUSED,
    LOCAL_UNUSED,
    STRICT,
    found,
)
from eidos.engine.linting.trees import Reader, aliases, declared_names, readers
from eidos.engine.model.lint import LintFinding
from eidos.engine.model.rule import Module
from eidos.engine.rego.opa.faults import Fault, message_of, module_of
from eidos.engine.rego.opa.reading import Node, Parsed

_UNUSED: Final = (
    (re.compile(r"(?:assigned|declared) var (?P<name>\S+) unused"), LOCAL_UNUSED),
    (re.compile(r"unused argument (?P<name>\w+)\."), ARGUMENT_UNUSED),
    (re.compile(r"import (?P<name>\S+(?: as \S+)?) unused"), IMPORT_UNUSED),
)
"""What OPA says in its strict mode."""


def shadowed(module: Parsed) -> Iterator[LintFinding]:
    """Give names of a module that hide an import."""
    imports = aliases(module)
    for reader in readers(module):
        hidden = dict.fromkeys(
            (name, reader.place(node)[1:]) for name, node in _declared(reader) if name in imports
        )
        for name, (row, column) in hidden:
            line = imports[name]["location"]["row"] - module.shift
            place = (module.module.file, row, column)
            message = f"'{name}' hides the import of line {line}"
            yield found(IMPORT_SHADOWED, message, place, "Give one of them another name.")


def _declared(reader: Reader) -> Iterator[tuple[str, Node]]:
    yield reader.name, reader.rule["head"]
    for name, _, node in declared_names(reader.rule):
        yield name, node


def unused(faults: Sequence[Fault], modules: Sequence[Module]) -> Iterator[LintFinding]:
    """Give what OPA says of modules in its strict mode, at the name that it is about."""
    for fault in faults:
        module = module_of(fault, modules)
        if module is None:
            continue
        place = fault["location"]
        row, column = int(place.get("row") or 1), int(place.get("col") or 1)
        text = str(fault.get("message") or "")
        for pattern, kind in _UNUSED:
            said = pattern.search(text)
            if said is not None:
                name = said["name"]
                where = (module.file, *_name_at(module, row, column, name))
                yield found(kind, f"'{name}' is not used", where, _HINTS[kind.id], name)
                break
        else:
            yield found(STRICT, message_of(fault, modules), (module.file, row, column))


_HINTS: Final = {
    LOCAL_UNUSED.id: "Take it away, or write _ where a value must be there.",
    ARGUMENT_UNUSED.id: "Write _ for it.",
    IMPORT_UNUSED.id: "Take the line away.",
}


def _name_at(module: Module, row: int, column: int, name: str) -> tuple[int, int]:
    """Give the place of a name at or after the place that OPA names, on its line."""
    if " " in name or "." in name:  # an import: the line is about it as a whole
        return row, column
    lines = module.source.split("\n")
    line = lines[row - 1] if row <= len(lines) else ""
    spot = re.compile(rf"(?<![\w.\"]){re.escape(name)}(?![\w\"])").search(line, column - 1)
    return row, (spot.start() + 1 if spot else column)
