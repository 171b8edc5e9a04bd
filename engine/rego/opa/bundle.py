"""Programs that one OPA serves together because none can see the others.

OPA has one ``data`` for all modules, so two programs share it only where every package that the one
adds is out of the other's reach. Modules that both have (a library) are there once.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from eidos.engine.digest import canonical
from eidos.engine.errors import Location, PolicyError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Module
from eidos.engine.ports import Job, Program
from eidos.engine.records import dataclass
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


@dataclass(frozen=True, slots=True, eq=False)
class _Reach:
    """What a module defines and what it can see, from its text; rather too much than too little.

    There is one for each module, told from others by being itself: sets of them are compared for
    every rule, and comparing modules took longer than reading them.
    """

    package: Path
    around: frozenset[Path]
    """The package and every package around it."""
    mentions: frozenset[Path]
    """Paths below ``data`` that it names."""
    prefixes: frozenset[Path]
    """Those paths and everything above them."""
    prints: bool
    forbidden: str | None
    """A built-in that no rule may use, named outside of texts and remarks."""
    schemas: bool
    """It calls what would fetch a document that a schema refers to."""


class _Horizon:
    """What a set of modules and queries defines and can see."""

    def __init__(self) -> None:
        self._packages: set[Path] = set()
        self._mentions: set[Path] = set()
        self._prefixes: set[Path] = set()

    def add(self, reaches: Iterable[_Reach], queries: Iterable[str]) -> None:
        """Take modules and queries in."""
        for reach in reaches:
            self._packages.add(reach.package)
            self._mentions |= reach.mentions
            self._prefixes |= reach.prefixes
        for query in queries:
            path = tuple(_steps(query))[1:]
            self._mentions.add(path)
            self._prefixes |= _above(path)

    def sees(self, others: Iterable[_Reach]) -> bool:
        """Tell whether a package of other modules is ours, or lies in or around what is named."""
        packages: set[Path] = set()
        around: set[Path] = set()
        for reach in others:
            packages.add(reach.package)
            around |= reach.around
        return not (
            packages.isdisjoint(self._packages)
            and packages.isdisjoint(self._prefixes)
            and around.isdisjoint(self._mentions)
        )


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
        self._known: set[_Reach] = set()
        self._horizon = _Horizon()

    def takes(self, program: Program, queries: Iterable[str]) -> bool:
        """Tell whether a program, asked such queries, means the same in here as alone."""
        if (self.v0, self.prints, self.given) != (program.v0, prints(program), is_given(program)):
            return False
        if canonical(self.base) != canonical(base_data(program)):
            return False
        own = {_reach(module) for module in program.modules}
        other = _Horizon()
        other.add(own, queries)
        return not (self._horizon.sees(own - self._known) or other.sees(self._known - own))

    def number(self, key: KindKey, program: Program) -> int:
        """Give the number of a kind, adding it and its modules where it is new."""
        if key not in self.kinds:
            self.kinds[key] = Kind(program, key[1], key[2])
            fresh = {_reach(module): module for module in program.modules}
            fresh = {reach: module for reach, module in fresh.items() if reach not in self._known}
            self.modules += fresh.values()
            self._known.update(fresh)
            self._horizon.add(fresh, key[1])
            self.schemas = self.schemas or any(reach.schemas for reach in fresh)
        return list(self.kinds).index(key)

    @property
    def programs(self) -> int:
        """How many programs are in here."""
        return len({key for key, _, _ in self.kinds})


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


@lru_cache(maxsize=8192)
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
    return _Reach(
        package=package,
        around=_above(package),
        mentions=frozenset(mentions),
        prefixes=frozenset(prefix for path in mentions for prefix in _above(path)),
        prints=printing,
        forbidden=_forbidden(named),
        schemas=schemas,
    )


def _above(path: Path) -> frozenset[Path]:
    return frozenset(path[:length] for length in range(len(path) + 1))


def _forbidden(named: Iterable[str]) -> str | None:
    return next(
        (name for path in named for name in FORBIDDEN if f"{path}.".startswith(f"{name}.")), None
    )


def _steps(text: str) -> Iterator[str]:
    return (step.strip('"') for step in _STEP.findall(text))
