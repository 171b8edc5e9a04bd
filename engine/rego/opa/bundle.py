"""Programs that one OPA serves together because none can see the others.

OPA has one ``data`` for all modules, so two programs share it only where every package that the one
adds is out of the other's reach. Modules that both have (a library) are there once.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from eidos.engine.digest import canonical
from eidos.engine.errors import Location, PolicyError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Module
from eidos.engine.ports import Job, Program
from eidos.engine.rego.builtins import FORBIDDEN
from eidos.engine.rego.opa.faults import forbidden

Path = tuple[str, ...]
KindKey = tuple[str, tuple[str, ...], bool]
"""Key of the program, queries, guarded."""

_NAME = r"[A-Za-z_]\w*"
_PATH = rf'(?:\s*\.\s*{_NAME}|\["[^"\\\n]*"\])*'
_TOKEN = re.compile(
    rf'(?P<opaque>#[^\n]*|"(?:[^"\\\n]|\\.)*"|`[^`]*`|\.\s*{_NAME})'
    rf"|\bpackage\s+(?P<package>{_NAME}{_PATH})"
    rf"|\b(?P<root>data|http|net|opa|rand|uuid|io|json)\b(?P<path>{_PATH})"
    rf"|(?P<print>\bprint\()|(?P<template>[$][\"`])|{_NAME}"
)
_STEP = re.compile(r'[A-Za-z_]\w*|"[^"]*"')
_QUERY = re.compile(r'data(\.[A-Za-z_]\w*|\["(?:[^"\\\x00-\x1f]|\\.)*"\])+')
_SCHEMAS = ("json.match_schema", "json.verify_schema")
_GIVEN = ("params", "tables")
"""Roots of ``data`` that each program has for itself; set when it is asked."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One way of asking one program: what the harness has a rule for."""

    program: Program
    queries: tuple[str, ...]
    guarded: bool


@dataclass(frozen=True, slots=True)
class _Reach:
    """What a module defines and what it can see, from its text; rather too much than too little."""

    package: Path
    mentions: frozenset[Path]
    prints: bool
    forbidden: str | None
    """A built-in that no rule may use, named outside of texts and remarks."""
    schemas: bool
    """It calls what would fetch a document that a schema refers to."""


class Bundle:
    """Modules, data and kinds of one OPA; it only grows.

    Args:
        program: the first program; all others have its dialect and base data.
    """

    def __init__(self, program: Program) -> None:
        self.v0 = program.v0
        self.prints = prints(program)
        """Whether a module prints: such jobs are asked one by one, to tell whose print it is."""
        self.given = is_given(program)
        self.base = base_data(program)
        self.schemas = False
        """Whether a module reads schemas."""
        self.modules: list[Module] = []
        self.kinds: dict[KindKey, Kind] = {}
        """In the order of their numbers."""
        self._known: set[Module] = set()
        self.programs: set[str] = set()
        """Their keys."""
        self._packages: set[Path] = set()
        self._mentions: set[Path] = set()
        self._prefixes: set[Path] = set()

    def takes(self, program: Program, queries: Iterable[str]) -> bool:
        """Tell whether a program, asked such queries, means the same in here as alone."""
        if program.key in self.programs or not self.modules:
            return True
        alike = (self.v0, self.prints, self.given)
        if alike != (program.v0, prints(program), is_given(program)) or canonical(
            self.base
        ) != canonical(base_data(program)):
            return False
        fresh = [module for module in program.modules if module not in self._known]
        if any(self._sees(_reach(module).package) for module in fresh):
            return False
        other = Bundle(program)
        other._add(program)
        other._mention(map(_path, queries))
        return not any(other._sees(package) for package in self._foreign(program))

    def _foreign(self, program: Program) -> Iterator[Path]:
        own = set(program.modules)
        return (_reach(module).package for module in self.modules if module not in own)

    def _sees(self, package: Path) -> bool:
        """Tell whether a package is one of ours, or lies in or around what is named."""
        return (
            package in self._packages
            or package in self._prefixes
            or any(package[:length] in self._mentions for length in range(len(package) + 1))
        )

    def number(self, key: KindKey, program: Program) -> int:
        """Give the number of a kind, adding it and its modules where it is new."""
        if key not in self.kinds:
            if program.key not in self.programs:
                self._add(program)
            self.kinds[key] = Kind(program, key[1], key[2])
            self._mention(map(_path, key[1]))
        return list(self.kinds).index(key)

    def _add(self, program: Program) -> None:
        self.programs.add(program.key)
        for module in program.modules:
            if module in self._known:
                continue
            self._known.add(module)
            self.modules.append(module)
            reach = _reach(module)
            self.schemas = self.schemas or reach.schemas
            self._packages.add(reach.package)
            self._mention(reach.mentions)

    def _mention(self, paths: Iterable[Path]) -> None:
        for path in paths:
            self._mentions.add(path)
            self._prefixes.update(path[:length] for length in range(len(path) + 1))


def kind_key(job: Job) -> KindKey:
    """Give what tells the kinds of jobs apart."""
    return job.program.key, tuple(ask.query for ask in job.asks), job.guarded


def prints(program: Program) -> bool:
    """Tell whether a module of a program calls ``print``."""
    return any(_reach(module).prints for module in program.modules)


def refuse(job: Job) -> None:
    """Refuse what an OPA server would take: it knows no capabilities, and a query is any text.

    `analyse` has refused forbidden built-ins before, if it was asked.

    Raises:
        PolicyError: a module names a forbidden built-in, or a query is no path below ``data``.
    """
    for ask in job.asks:
        if _QUERY.fullmatch(ask.query) is None:
            raise PolicyError(f"{ask.query!r} is no path below data")
    for module in job.program.modules:
        name = _reach(module).forbidden
        if name is not None:
            message, hint = forbidden(name)
            raise PolicyError(message, hint=hint, location=Location(module.file))


def is_given(program: Program) -> bool:
    """Tell whether parameters and tables of a program are set when it is asked.

    They are where it has both, as a rule has, and no module of it stands in their place.
    """
    packages = [_reach(module).package for module in program.modules]
    return all(
        isinstance(program.data.get(root), Mapping)
        and not any(package[:1] == (root,) for package in packages)
        for root in _GIVEN
    )


def base_data(program: Program) -> Mapping[str, Json]:
    """Give the data that lies in OPA itself."""
    if not is_given(program):
        return program.data
    return {root: value for root, value in program.data.items() if root not in _GIVEN}


@lru_cache(maxsize=1024)
def _reach(module: Module) -> _Reach:
    package: Path = ()
    mentions: set[Path] = set()
    named: set[str] = set()
    printing = False
    for token in _TOKEN.finditer(module.source):
        printing = printing or bool(token["print"])
        if token["template"]:
            mentions.add(())  # a text that holds expressions, which may name anything
        if token["package"]:
            package = package or tuple(_steps(token["package"]))
        elif token["root"] == "data":
            mentions.add(tuple(_steps(token["path"])))
        elif token["root"]:
            named.add(".".join([token["root"], *_steps(token["path"])]))
    schemas = not named.isdisjoint(_SCHEMAS)
    return _Reach(package, frozenset(mentions), printing, _forbidden(named), schemas)


def _forbidden(named: Iterable[str]) -> str | None:
    return next(
        (name for path in named for name in FORBIDDEN if f"{path}.".startswith(f"{name}.")), None
    )


def _steps(text: str) -> Iterator[str]:
    return (step.strip('"') for step in _STEP.findall(text))


def _path(query: str) -> Path:
    return tuple(_steps(query))[1:]
