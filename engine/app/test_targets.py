"""What ``eidos policy test`` tests: packs, and folders of plain policy, with their tests."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from eidos.engine.app.context import Context
from eidos.engine.app.policies import load_packs
from eidos.engine.errors import EidosError, Location, Problem, UsageError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policytest import LineCoverage, PolicyTest
from eidos.engine.model.rule import Module, Pack, Rule
from eidos.engine.model.verdict import Status
from eidos.engine.packs.checking import refuse_pack_rules
from eidos.engine.packs.files import (
    PolicyFiles,
    holds_rego,
    library,
    policy_files,
    policy_folders,
    read_files,
)
from eidos.engine.packs.finding import MANIFEST, PolicySource, find_policy
from eidos.engine.packs.loading import tables_of
from eidos.engine.packs.misnamed import misnamed_cases
from eidos.engine.packs.plain import plain_rules
from eidos.engine.packs.plain_data import data_beside, joined, read_data
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRequest:
    """What is to be tested, and how."""

    paths: tuple[str, ...] = ()
    """Packs by name or folder, folders with packs in them, plain folders; none means here."""
    pattern: str | None = None
    """Regular expression: only tests whose name has it."""
    coverage: bool = False
    threshold: float | None = None
    """Percent that coverage must reach; implies `coverage`."""
    data: tuple[str, ...] = ()
    """Files and folders of data for plain policy."""
    effective: datetime | None = None
    """Rule time of cases that say none; the context's clock when None."""

    __test__ = False  # it is no test of ours

    @property
    def covers(self) -> bool:
        """Whether coverage is asked for."""
        return self.coverage or self.threshold is not None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Target:
    """A pack, or plain policy that belongs together, with everything its tests may use."""

    name: str
    """As the user named it."""
    own: tuple[Module, ...]
    """The modules that are tested, and in plain policy tests that are among them."""
    tests: tuple[Module, ...]
    """Modules named ``*_test.rego``."""
    data: Mapping[str, Json]
    rules: tuple[Rule, ...]
    cases: Mapping[str, bytes]
    """Files with cases, by path from the working directory."""
    misnamed: tuple[Problem, ...] = ()
    """Files that hold cases, and whose name says that they do not."""
    library: tuple[Module, ...] = ()
    """What a pack may use of eidos' own."""
    v0: bool = False
    alias: tuple[str, str] = ("", "")
    """How names of the rules' modules begin, and what messages write instead."""

    @property
    def modules(self) -> tuple[Module, ...]:
        """Everything that is compiled."""
        return (*self.own, *self.tests, *self.library)

    def place(self, rule: Rule) -> Location:
        """Give where a rule stands."""
        file = rule.modules[0].file
        if file.startswith(self.alias[0]):
            file = self.alias[1] + file.removeprefix(self.alias[0])
        return Location(file, rule.line)


@dataclass(frozen=True, slots=True)
class Tested:
    """What one suite of tests gave."""

    tests: tuple[PolicyTest, ...]
    outcomes: Mapping[str, frozenset[Status]] = field(default_factory=dict)
    """By rule id, the outcomes that were seen; empty where coverage is not asked for."""
    lines: tuple[LineCoverage, ...] | None = None
    """None where nobody counted them."""


def find_targets(
    request: TestRequest, context: Context, suited: Collection[str] = ()
) -> Iterator[Target | Problem]:
    """Give what is to be tested; what cannot be loaded is a Problem in its place.

    Plain folders and files are one target, as ``opa test A B`` has it.

    Args:
        request: what was asked for.
        context: what is open.
        suited: paths that hold suites of another kind, and so need hold no Rego.

    Raises:
        EidosError: a path names nothing, or ``--data`` cannot be read.
    """
    data = read_data(request.data, context.limits)
    plain: list[Path] = []
    packs: dict[Path, str] = {}
    for path in request.paths or (".",):
        if path in suited and not holds_rego(Path(path)):
            continue
        below = _packs_below(Path(path))
        packs.update({each.resolve(): str(each) for each in below})
        if not below and (source := find_policy(path)).is_pack:
            packs.setdefault(source.path.resolve(), path)
        else:
            _refuse_part_of_a_pack(Path(path))
            plain.append(Path(path))
    yield from (_caught(partial(_pack, name, context)) for name in packs.values())
    if plain:
        target = _caught(lambda: _plain([_outside_of_packs(path) for path in plain], data, context))
        if isinstance(target, Problem) or target.modules or target.cases or target.misnamed:
            yield target


def _refuse_part_of_a_pack(path: Path) -> None:
    """Refuse what is inside a pack: without the rest of it, its tests say nothing."""
    for folder in path.absolute().parents:
        if (folder / MANIFEST).is_file():
            pack = _start(folder).rstrip("/") or "."
            raise UsageError(
                f"'{path}' is a part of a pack",
                hint=f"Test the pack: eidos policy test {pack} --run {path.name.split('.')[0]}",
            )


def _caught(load: Callable[[], Target]) -> Target | Problem:
    try:
        return load()
    except EidosError as error:
        return error.problem


def _packs_below(path: Path) -> tuple[Path, ...]:
    """Give the packs in a folder that is none itself."""
    if not path.is_dir() or (path / MANIFEST).is_file():
        return ()
    folders = policy_folders(str(path))
    return tuple(sorted(Path(root) for root, names in folders if MANIFEST in names))


def _pack(reference: str, context: Context) -> Target:
    """Load a pack with its tests.

    Raises:
        PolicyError: it cannot be loaded.
    """
    [pack] = load_packs([reference], context.engine, context.environ)
    return replace(pack_target(find_policy(reference), pack), name=reference)


def pack_target(source: PolicySource, pack: Pack) -> Target:
    """Give a pack that is loaded with its tests.

    Raises:
        PolicyError: a file of it cannot be read.
    """
    start = _start(source.path)
    files = policy_files(source.read(), start)
    return Target(
        name=str(source.path),
        own=files.modules,
        tests=files.tests,
        data={"tables": tables_of(library(), files)},
        rules=pack.rules,
        cases={f"{start}{inner}": content for inner, content in files.cases.items()},
        misnamed=tuple(misnamed_cases(files.data, start)),
        library=library().modules,
        alias=(f"{source.path.name}/", start),
    )


def _start(folder: Path) -> str:
    """Give how paths of files in a folder begin: from the working directory where they can."""
    with suppress(ValueError):
        folder = folder.absolute().relative_to(Path.cwd())
    return "" if folder == Path() else f"{folder}/"


@dataclass(frozen=True, slots=True)
class _Part:
    """Plain policy of one path."""

    files: PolicyFiles
    """Modules have their paths from the working directory; data have theirs below the path."""
    start: str
    data: Mapping[str, Json]


def _outside_of_packs(path: Path) -> _Part:
    """Read what lies at a path and in none of the packs below it."""
    start = _start(path.parent if path.is_file() else path)
    read = read_files(path, start)
    inside = tuple(f"{each.relative_to(path)}/" for each in _packs_below(path))
    files = PolicyFiles(
        tuple(each for each in read.modules if not each.file[len(start) :].startswith(inside)),
        {name: content for name, content in read.data.items() if not name.startswith(inside)},
        read.digest,
        tuple(each for each in read.tests if not each.file[len(start) :].startswith(inside)),
        {name: content for name, content in read.cases.items() if not name.startswith(inside)},
    )
    named = [replace(each, file=f"{path.name}/{each.file[len(start) :]}") for each in files.modules]
    refuse_pack_rules(PolicySource(path, is_pack=False), named)
    return _Part(files, start, data_beside(files))


def _plain(parts: Sequence[_Part], data: Mapping[str, Json], context: Context) -> Target:
    """Join plain policy.

    Raises:
        PolicyError: it cannot be loaded, or two files say different things of one value.
    """
    own = _once(module for part in parts for module in part.files.modules)
    tests = _once(module for part in parts for module in part.files.tests)
    whole = joined([*(part.data for part in parts), data])
    rules = plain_rules(PolicyFiles(own, {}, "", tests), context.engine, whole)
    facts = context.engine.analyse(own or tests)
    return Target(
        name=", ".join(dict.fromkeys(part.start.rstrip("/") or "." for part in parts)),
        own=own,
        tests=tests,
        data=whole,
        rules=rules,
        cases={f"{p.start}{name}": text for p in parts for name, text in p.files.cases.items()},
        misnamed=tuple(each for p in parts for each in misnamed_cases(p.files.data, p.start)),
        v0=any(each.v0 for each in facts),
    )


def _once(modules: Iterable[Module]) -> tuple[Module, ...]:
    return tuple({module.file: module for module in modules}.values())
