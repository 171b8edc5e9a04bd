"""Giving each template's Rego packages of its own, so that all of them can lie side by side.

Gatekeeper compiles each template alone. Its entry point's package is whatever it is, and its
libraries are below ``data.lib``: two templates may have different ones of the same name.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from eidos.engine.errors import Location, PolicyError
from eidos.engine.model.rule import Module
from eidos.engine.ports import ModuleFacts

ROOT: Final = "eidos_gatekeeper"
"""The package that holds all templates; no policy of ours or of conftest's has that name."""
INVENTORY: Final = "inventory"
_EXTERNAL: Final = "external_data"
_NAME = r"[A-Za-z_]\w*"
_PATH = rf'(?:\s*\.\s*{_NAME}|\[\s*"[^"\\\n]*"\s*\])*'
_TOKEN = re.compile(
    r'(?P<template>[$](?:"(?:[^"\\\n]|\\.)*"|`[^`]*`))'
    r'|(?P<opaque>#[^\n]*|"(?:[^"\\\n]|\\.)*"|`[^`]*`)'
    rf"|\bpackage\s+(?P<package>{_NAME}{_PATH})"
    rf"|(?<![\w.])data\b(?P<data>{_PATH})"
    rf"|(?<![\w.]){_EXTERNAL}\b(?P<external>)"
    rf"|{_NAME}"
)
_STEP = re.compile(r'[A-Za-z_]\w*|"[^"]*"')


def package_of(kind: str) -> str:
    """Give the package of a kind's template."""
    return f"{ROOT}.t_{kind.replace('-', '_')}"


def entry_module(file: str, source: str, kind: str) -> Module:
    """Give a template's main module in the package of its kind.

    Raises:
        PolicyError: it has no package, or names what a template cannot have.
    """
    return _rewritten(file, source, kind, lambda _: package_of(kind))


def library_module(file: str, source: str, kind: str) -> Module:
    """Give a library of a template in a package below its kind's.

    Raises:
        PolicyError: its package is not below ``lib``, or it names what a template cannot have.
    """

    def place(steps: Sequence[str]) -> str:
        if len(steps) < 2 or steps[0] != "lib":  # noqa: PLR2004 -- lib and a name
            raise PolicyError(
                f"the library is in package {'.'.join(steps)}, and must be in one below lib",
                location=Location(file),
                hint="Write 'package lib.NAME'.",
            )
        return f"{package_of(kind)}.libs{_brackets(steps)}"

    return _rewritten(file, source, kind, place)


def _rewritten(file: str, source: str, kind: str, place: Callable[[Sequence[str]], str]) -> Module:
    packages: list[str] = []

    def other(found: re.Match[str]) -> str:
        if found["package"] and not packages:
            packages.append(found["package"])
            return f"package {place(_steps(found['package']))}"
        if found["data"] is not None:
            return _reference(found, kind, file)
        if found["external"] is not None:
            raise _refused("external_data asks a provider, and rules never fetch", found, file)
        if found["template"] and re.search(r"\bdata\b", found["template"]):
            raise _refused("a text with expressions in it names data", found, file)
        return found[0]

    text = _TOKEN.sub(other, source)
    if not packages:
        raise PolicyError(
            "the Rego has no package", location=Location(file), hint="Begin it with 'package NAME'."
        )
    return Module(file, text)


def _reference(found: re.Match[str], kind: str, file: str) -> str:
    steps = _steps(found["data"])
    if steps[:1] == [INVENTORY]:
        return found[0]
    if steps[:1] == ["lib"]:
        return f"data.{package_of(kind)}.libs{_brackets(steps)}"
    named = ".".join(["data", *steps])
    raise _refused(f"{named} is nothing that a template can see", found, file)


def _refused(message: str, found: re.Match[str], file: str) -> PolicyError:
    line = found.string.count("\n", 0, found.start()) + 1
    return PolicyError(
        message,
        location=Location(file, line),
        hint="A template sees input.review, input.parameters, data.inventory and its libs.",
    )


def _steps(path: str) -> list[str]:
    return [step.strip('"') for step in _STEP.findall(path)]


def _brackets(steps: Sequence[str]) -> str:
    plain = all(re.fullmatch(_NAME, step) for step in steps)
    return "".join(f".{step}" if plain else f'["{step}"]' for step in steps)


def refuse_foreign(module: Module, facts: ModuleFacts, kind: str) -> None:
    """Refuse what names data of others all the same, by what OPA read and not by its text.

    Raises:
        PolicyError: says what.
    """
    own = package_of(kind)
    for path in facts.imports:
        if not f"{path}.".startswith((f"{INVENTORY}.", f"{own}.")):
            raise PolicyError(
                f"data.{path} is nothing that a template can see",
                location=Location(module.file),
                hint="A template sees input.review, input.parameters, data.inventory and its libs.",
            )
