"""``eidos policy lint``: what is wrong with policy, told before it judges anybody."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from eidos.engine.app.context import Context
from eidos.engine.documents.writing import refuse_link, write_atomically
from eidos.engine.errors import Location, PolicyError, Problem, UsageError
from eidos.engine.linting.declaring import (
    astray,
    left,
    left_in_manifest,
    misplaced,
    said,
    unknown_facts,
    unread,
    unseen,
)
from eidos.engine.linting.expressions import expressions
from eidos.engine.linting.fixing import mended
from eidos.engine.linting.ignoring import excused, ignores
from eidos.engine.linting.kinds import LOAD_REFUSED, NEED_TREES
from eidos.engine.linting.naming import shadowed, unused
from eidos.engine.linting.regal import find_regal, regal_findings
from eidos.engine.linting.testing import (
    misplaced_tests,
    never_run,
    sets_of,
    unknown,
    unread_cases,
    vacuous,
)
from eidos.engine.linting.trees import readers
from eidos.engine.model.lint import Level, Linted, LintFinding
from eidos.engine.model.rule import Module
from eidos.engine.packs.checking import Names
from eidos.engine.packs.files import decode, is_archive, library, policy_folders, stem
from eidos.engine.packs.finding import MANIFEST, PolicySource, find_policies, shipped
from eidos.engine.packs.loading import Inspected, inspect
from eidos.engine.packs.misnamed import misnamed_cases
from eidos.engine.packs.rules import Known
from eidos.engine.records import dataclass
from eidos.engine.rego.opa.command import OpaCommand
from eidos.engine.rego.opa.reading import Parsed, parse_modules


@dataclass(frozen=True, slots=True, kw_only=True)
class LintRequest:
    """What is looked at, and what comes of it."""

    places: tuple[str, ...] = ()
    """Files, folders and names of shipped packs; none means the working directory."""
    fail_on: Level | None = Level.WARNING
    fix: bool = False
    """Mend what can be mended safely."""
    regal: bool = True
    """Merge what Regal finds, where it is on ``PATH``."""


def policy_lint(request: LintRequest, context: Context) -> Linted:
    """Look for what is wrong with policy.

    Raises:
        UsageError: a place does not exist, or is not there to be mended.
        EidosError: OPA or Regal does not answer, or a file cannot be written.
    """
    _refuse_foreign(request)
    looking = _Looking(context)
    looks = [looking.look(*each) for each in _asked(request.places or (".",)).items()]
    done: list[LintFinding] = []
    if request.fix:
        mendable = [look for look in looks if _is_named(look.source.path, request.places or (".",))]
        done = [each for look in mendable for each in looking.mend(look)]
        looks = [looking.look(look.source, look.only) for look in looks] if done else looks
    modules = [module for look in looks for module in look.shown]
    foreign: list[LintFinding] = []
    files = [each.file for look in looks if look.source.contents is None for each in look.shown]
    if request.regal and files and (regal := find_regal(context.environ)):
        foreign += _named(regal_findings(regal, files), modules)
    findings = [*done, *(each for look in looks for each in look.told(foreign))]
    return Linted(
        policies=tuple(str(look.source.path) for look in looks),
        files=len(modules),
        findings=tuple(sorted(findings, key=_order)),
        unmade=looking.unmade if modules else (),
        fail_on=request.fail_on,
    )


def _order(finding: LintFinding) -> tuple[str, int, int, str]:
    place = finding.location
    return place.file, place.line or 0, place.column or 0, finding.kind.id


def _named(found: Iterable[LintFinding], modules: Sequence[Module]) -> Iterator[LintFinding]:
    """Give findings with the files as we name them; Regal writes paths in its own way."""
    names = {os.path.abspath(module.file): module.file for module in modules}  # noqa: PTH100 -- links stay
    for each in found:
        name = names.get(os.path.abspath(each.location.file))  # noqa: PTH100 -- see above
        if name is not None:
            yield replace(each, location=replace(each.location, file=name))


# What is looked at ------------------------------------------------------------------------------


def _refuse_foreign(request: LintRequest) -> None:
    """Refuse to mend packs that come with eidos, unless their folder is named."""
    for place in request.places if request.fix else ():
        if place.partition("@")[0] in shipped():
            raise UsageError(
                f"'{place}' comes with eidos and is not mended",
                hint="Copy the pack, or name its folder in a checkout.",
            )
        refuse_link(place)
        if Path(place).is_file() and is_archive(Path(place)):
            raise UsageError(
                f"'{place}' is an archive and is not mended",
                hint="Mend the folder that it was made of, and make it again.",
                location=Location(place),
            )


def _asked(places: Sequence[str]) -> dict[PolicySource, frozenset[str] | None]:
    """Give what is looked at, each with the files of it that were named; None for all of them."""
    asked: dict[PolicySource, frozenset[str] | None] = {}
    for place in places:
        path = Path(place)
        pack = _pack_around(path) if path.is_file() and path.suffix == ".rego" else None
        if pack is None:
            asked |= dict.fromkeys(_sources(place))
            continue
        source = PolicySource(pack, is_pack=True)
        before = asked.get(source, frozenset())
        asked[source] = None if before is None else before | {str(path)}
    return asked


def _pack_around(file: Path) -> Path | None:
    """Give the folder of the pack that a file is in, as the path of the file leads to it."""
    for folder in file.parents:
        if (folder / MANIFEST).is_file():
            return folder
    return None


def _sources(place: str) -> Iterator[PolicySource]:
    """Give what a place holds: a pack, a file, or all packs below it and what lies beside them."""
    path = Path(place)
    if place.partition("@")[0] in shipped() or not path.is_dir():
        yield from find_policies([place])
        return
    packs, loose = _below(path)
    if packs:
        yield from (PolicySource(pack, is_pack=True) for pack in packs)
        yield from (PolicySource(folder, is_pack=False) for folder in loose)
    elif loose:
        yield PolicySource(path, is_pack=False)
    else:
        find_policies([place])  # refuses what holds no policy; of templates nothing is looked at


def _below(path: Path) -> tuple[list[Path], list[Path]]:
    """Give the packs below a folder, and the highest folders outside of them that hold modules."""
    packs: list[Path] = []
    loose: list[Path] = []
    for root, names in policy_folders(str(path)):
        folder = Path(root)
        if any(folder.is_relative_to(each) for each in packs):
            continue
        if MANIFEST in names:
            packs.append(folder)
            continue
        inside = any(folder.is_relative_to(each) for each in loose)
        if not inside and any(name.endswith(".rego") for name in names):
            loose.append(folder)
    return packs, loose


@dataclass(frozen=True, slots=True)
class _Look:
    """One pack or folder, and what was found in it."""

    source: PolicySource
    modules: tuple[Module, ...]
    """By the paths of their files."""
    tests: tuple[Module, ...]
    findings: tuple[LintFinding, ...]
    unmade: tuple[str, ...]
    """Ids that were not looked for."""
    only: frozenset[str] | None = None
    """The files that are told about; None for all."""

    @property
    def shown(self) -> tuple[Module, ...]:
        """The modules that are told about."""
        return tuple(e for e in self.modules if self.only is None or e.file in self.only)

    def told(self, foreign: Sequence[LintFinding] = ()) -> list[LintFinding]:
        """Give the findings, excused where comments say so, and those on the comments.

        Args:
            foreign: what others found, here and elsewhere.
        """
        files = {module.file for module in self.shown}
        own = [e for e in self.findings if self.only is None or e.location.file in files]
        own += [each for each in foreign if each.location.file in files]
        looked = (*self.shown, *(self.tests if self.only is None else ()))
        comments = [comment for module in looked for comment in ignores(module)]
        return list(excused(own, comments, self.unmade))


class _Looking:
    """Looks at packs and folders; the shared library is read once."""

    def __init__(self, context: Context) -> None:
        self._engine = context.engine
        self._command = _command(context)
        self._library: list[Parsed] | None = None

    @property
    def unmade(self) -> tuple[str, ...]:
        """Checks that were not made, and why."""
        if self._command is not None:
            return ()
        return (f"{', '.join(NEED_TREES)}: they need OPA; 'eidos engine install' gets it",)

    def look(self, source: PolicySource, only: frozenset[str] | None = None) -> _Look:
        """Look at a pack or folder, and tell of all its files or only of some."""
        inspected = inspect(source, self._engine)
        findings = [_refused(each, source) for each in inspected.problems]
        for rule in inspected.rules:
            findings += [*said(rule), *left(rule), *unknown_facts(rule), *misplaced(rule)]
        findings += _of_files(source, inspected)
        readable = self._command is not None and bool(inspected.facts)
        if self._command is not None and readable:
            findings += self._of_trees(self._command, source, inspected)
        modules, tests = (
            tuple(replace(e, file=_placed(e.file, source)) for e in each)
            for each in (inspected.modules, inspected.tests)
        )
        named = tuple(_at_path(each, source) for each in findings)
        unmade = () if readable else NEED_TREES
        return _Look(source, modules, tests, tuple(dict.fromkeys(named)), unmade, only)

    def _of_trees(
        self, command: OpaCommand, source: PolicySource, inspected: Inspected
    ) -> list[LintFinding]:
        v0 = inspected.facts[0].v0
        own = parse_modules(command, inspected.modules, v0=v0) or []
        findings = [
            finding
            for module in own
            for reader in readers(module)
            for finding in expressions(reader, typed=source.is_pack)
        ]
        findings += [finding for module in own for finding in shadowed(module)]
        beside = library().modules if source.is_pack else ()
        faults = command.check((*inspected.modules, *beside), v0=v0, strict=True)
        findings += unused(faults, inspected.modules)
        if source.is_pack:
            trees = {each.module.file: each for each in (*own, *self._library_trees(command))}
            for rule in inspected.rules:
                findings += unread(rule, [trees[e.file] for e in rule.modules if e.file in trees])
                own_tree = trees[rule.modules[0].file]
                findings += [*unseen(rule, own_tree), *astray(rule, own_tree)]
        return [*findings, *self._of_tests(command, source, inspected, own)]

    def _of_tests(
        self,
        command: OpaCommand,
        source: PolicySource,
        inspected: Inspected,
        own: Sequence[Parsed],
    ) -> Iterator[LintFinding]:
        """Look at tests; what does not compile is told by ``policy test``."""
        tests, v0 = inspected.tests, inspected.facts[0].v0
        beside = library().modules if source.is_pack else ()
        if not tests:
            return
        try:
            facts = self._engine.analyse([*tests, *inspected.modules, *beside], v0=v0)
        except PolicyError:
            return
        sets = sets_of([*own, *(self._library_trees(command) if beside else ())])
        for module in parse_modules(command, tests, v0=v0) or []:
            yield from vacuous(module, sets)
        known = Known([*tests, *inspected.modules, *beside], facts, {})
        by_file = {each.file: each for each in facts}
        yield from unknown(tests, by_file, Names(known.packages))
        yield from never_run(tests, by_file)

    def _library_trees(self, command: OpaCommand) -> list[Parsed]:
        if self._library is None:
            self._library = parse_modules(command, library().modules) or []
        return self._library

    def mend(self, look: _Look) -> Iterator[LintFinding]:
        """Mend what can be mended safely, until nothing is left; give what was done."""
        for _ in range(_ROUNDS):
            done = self._mend_once(look)
            yield from done
            if not done:
                return
            look = self.look(look.source, look.only)

    def _mend_once(self, look: _Look) -> list[LintFinding]:
        findings = [each for each in look.told() if each.stands]
        changed: list[tuple[Module, Module, dict[LintFinding, str]]] = []
        for module in look.modules:
            if not _is_inside(Path(module.file), look.source.path):
                continue
            mine = [each for each in findings if each.location.file == module.file]
            text, done = mended(module.source, mine)
            if done:
                changed.append((module, replace(module, source=text), done))
        kept = [each for each in changed if self._is_right(look, each[0], each[1])]
        for _, module, _ in kept:
            write_atomically(Path(module.file), module.source)
        return [replace(e, mended=what) for _, _, done in kept for e, what in done.items()]

    def _is_right(self, look: _Look, old: Module, new: Module) -> bool:
        """Tell whether policy loads with a module in another's place, and says nothing new."""
        modules = [new if each is old else each for each in look.modules]
        beside = library().modules if look.source.is_pack else ()
        try:
            self._engine.analyse([*modules, *beside])
        except PolicyError:
            return False
        return True


_ROUNDS = 5
"""What is mended may leave something else to be mended, not more often than this."""


def _is_named(policy: Path, places: Sequence[str]) -> bool:
    """Tell whether policy is in what was named, or around it, and not behind a link in there."""
    real, named = policy.resolve(), [Path(place).resolve() for place in places]
    return any(real.is_relative_to(each) or each.is_relative_to(real) for each in named)


def _is_inside(file: Path, folder: Path) -> bool:
    """Tell whether a file is where its name says: through links nothing is written."""
    return not file.is_symlink() and file.resolve().is_relative_to(folder.resolve())


def _command(context: Context) -> OpaCommand | None:
    """Give the OPA that reads trees; None where another engine judges."""
    return context.opa if context.engine.name == "opa" else None


def _of_files(source: PolicySource, inspected: Inspected) -> Iterator[LintFinding]:
    """Look at what files are called, and at what is no Rego."""
    start = f"{stem(source.path)}/" if source.contents is not None or source.path.is_dir() else ""
    yield from unread_cases(misnamed_cases(inspected.data, start))
    if source.is_pack:
        manifest = decode(inspected.data.get(MANIFEST, b""), MANIFEST)
        yield from left_in_manifest(f"{start}{MANIFEST}", manifest)
        if inspected.facts:
            yield from misplaced_tests(inspected.modules, inspected.facts)


def _refused(problem: Problem, source: PolicySource) -> LintFinding:
    place = problem.location or Location(source.path.name, 1)
    return LintFinding(LOAD_REFUSED, problem.message, place, problem.hint)


def _at_path(finding: LintFinding, source: PolicySource) -> LintFinding:
    location = replace(finding.location, file=_placed(finding.location.file, source))
    return replace(finding, location=location)


def _placed(file: str, source: PolicySource) -> str:
    """Give the path of a file that the loader names after the folder it is in."""
    if not source.path.is_dir():
        return str(source.path)
    name = f"{source.path.name}/"
    return str(source.path / file.removeprefix(name)) if file.startswith(name) else file
