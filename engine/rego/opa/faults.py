"""What OPA says is wrong, with our names of the modules."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from eidos.engine.errors import Location, PolicyError
from eidos.engine.model.rule import Module
from eidos.engine.rego.builtins import FORBIDDEN

_PLAIN = re.compile(
    r"(?P<file>[^\s:]*?m\d+\.rego):(?P<row>\d+): (?P<code>rego_\w+): (?P<message>.*)"
)
_NAMED = re.compile(r"[^\s'\"]*\bm\d{5}\.rego\b")
_NUMBER = re.compile(r"\bm(\d{5})\.rego$")
_UNDEFINED = "undefined function "
_RECURSIVE = re.compile(r"rule \S+ is recursive: (?P<chain>.*)")

Fault = Mapping[str, Any]
"""``{code, message, location: {file, row, col}}`` as OPA writes it."""


_HINTS = {
    "rego_unsafe_var_error": "Give the variable a value, declare it with 'some', or check its "
    "spelling.",
    "rego_parse_error": "Correct the text at this place; 'opa fmt' shows it as OPA reads it.",
}
"""What to do, by OPA's code of a fault."""
METADATA_IS_YAML = (
    "The comment lines under # METADATA are YAML: put quotes around what holds brackets or "
    """a colon, as in requires: ['os.sysctl["/proc/sys/vm/swappiness"]']."""
)


def file_name(number: int) -> str:
    """Give the name under which OPA has the module with this number; it reads them in order."""
    return f"m{number:05}.rego"


def module_number(file: str) -> int | None:
    """Give the number of the module that OPA has under a name."""
    number = _NUMBER.search(file)
    return int(number[1]) if number else None


def place_of(fault: Fault) -> tuple[int, int]:
    """Give the number of a fault's module and its row; -1 and 0 where OPA names none."""
    place = fault.get("location") or {}
    number = module_number(str(place.get("file") or ""))
    return -1 if number is None else number, int(place.get("row") or 0)


def module_of(fault: Fault, modules: Sequence[Module]) -> Module | None:
    """Give the module that a fault is in, None when it is in none of them."""
    number, _ = place_of(fault)
    return modules[number] if 0 <= number < len(modules) else None


def sentence(fault: Fault, modules: Sequence[Module]) -> str:
    """Give one line: ``file:line:column: message``."""
    module = module_of(fault, modules)
    text = message_of(fault, modules)
    if module is None:
        return text
    place = fault["location"]
    return f"{module.file}:{place.get('row')}:{place.get('col')}: {text}"


def policy_error(fault: Fault, modules: Sequence[Module]) -> PolicyError:
    """Give the error that refuses modules for a fault."""
    place = fault.get("location") or {}
    module = module_of(fault, modules) or modules[0]
    location = Location(module.file, place.get("row") or 1, place.get("col") or None)
    message, hint = _worded(fault, modules)
    return PolicyError(message, hint=hint, location=location)


def plain_faults(text: str) -> list[Fault]:
    """Read the lines that ``opa run`` writes when a bundle does not compile."""
    return [
        {
            "code": found["code"],
            "message": found["message"],
            "location": {"file": found["file"], "row": int(found["row"]), "col": 1},
        }
        for found in _PLAIN.finditer(text)
    ]


def forbidden(name: str) -> tuple[str, str]:
    """Give the message and the hint for a built-in that rules must not use."""
    hint = "Collect what it would fetch as a fact, or give it as a parameter."
    return f"{name} is forbidden: it {FORBIDDEN[name]}", hint


def metadata_is_no_yaml(text: str) -> tuple[str, str]:
    """Word what a YAML reader says of METADATA; its own count of lines is left out."""
    said = re.sub(r"^(yaml: )?(unmarshal errors: )?(line \d+: )?| at line \d+$", "", text)
    hint = next((hint for word, hint in _YAML_HINTS.items() if word in said), METADATA_IS_YAML)
    return f"METADATA is not YAML: {said}", hint


_YAML_HINTS = {
    "tab character": "YAML takes no tabs at the beginning of a line: write spaces.",
    "already defined": "A key stands there once; take the other one away.",
    "there twice": "A key stands there once; take the other one away.",
}
"""What to do, by a word of what the reader says."""


def message_of(fault: Fault, modules: Sequence[Module]) -> str:
    """Give what OPA says, on one line and without the place."""
    text = " ".join(str(fault.get("message") or "opa gave no reason").split())
    return renamed(text, modules)


def renamed(text: str, modules: Sequence[Module]) -> str:
    """Give a text with our names of the modules in place of OPA's."""
    return _NAMED.sub(lambda found: _file(found[0], modules), text)


def _file(name: str, modules: Sequence[Module]) -> str:
    number = module_number(name)
    return modules[number].file if number is not None and number < len(modules) else name


def _worded(fault: Fault, modules: Sequence[Module]) -> tuple[str, str]:
    text = message_of(fault, modules)
    code = fault.get("code")
    if text.startswith(_UNDEFINED):
        name = text.removeprefix(_UNDEFINED)
        if name in FORBIDDEN:
            return forbidden(name)
        hint = "Check its name and its import, and that its module is part of the pack."
        return f"there is no function {name}", hint
    if found := _RECURSIVE.search(text):
        chain = " -> ".join(part.rpartition(".")[2] for part in found["chain"].split(" -> "))
        hint = "Rego has no recursion; use walk, graph.reachable or numbers.range."
        return f"a rule reaches itself: {chain}", hint
    if text.startswith("yaml: "):
        return metadata_is_no_yaml(text)
    if "package annotation redeclared" in text:
        hint = "Give each rule a package of its own: one file, one rule, one package."
        return f"two rules are in one package: {text.rpartition('redeclared: ')[2]}", hint
    return text, _HINTS.get(str(code), "Correct the rule at this place.")
