"""``eidos policy fmt``: Rego as ``opa fmt`` writes it."""

import difflib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from eidos.engine.app.context import Context
from eidos.engine.documents.writing import refuse_link, write_atomically
from eidos.engine.errors import EidosError, Location, Problem, UsageError
from eidos.engine.model.elsewhere import pack_elsewhere
from eidos.engine.model.rule import Module
from eidos.engine.packs.files import holds_rego, is_archive, policy_folders, read_module
from eidos.engine.packs.finding import find_policies
from eidos.engine.records import dataclass

REGO: Final = ".rego"


@dataclass(frozen=True, slots=True)
class Formatted:
    """A file that is not as OPA writes it, or was not."""

    file: str
    diff: str
    """Unified, with line ends."""


@dataclass(frozen=True, slots=True)
class Formatting:
    """What became of formatting."""

    files: int
    """How many were looked at."""
    changed: tuple[Formatted, ...]
    problems: tuple[Problem, ...]
    links: tuple[str, ...]
    """Links that were passed over."""


def policy_fmt(
    paths: Sequence[str], context: Context, *, write: bool = True, v0: bool = False
) -> Formatting:
    """Format files, and those in folders.

    Args:
        paths: files and folders; none means here. Links in folders are not followed.
        context: what is open.
        write: replace files; else only tell.
        v0: they are written in Rego v0.

    Raises:
        UsageError: a path names nothing, or a link.
        PolicyError: a folder holds no policy.
        EidosError: there is no OPA, or it failed.
    """
    opa = context.need_opa("formatting")
    links: list[str] = []
    problems: list[Problem] = []
    modules = list(_modules(paths or (".",), links, problems))
    texts, refused = opa.fmt(modules, v0=v0)
    problems += [each.problem for each in refused]
    changed = [
        Formatted(module.file, _diff(module, text))
        for module, text in zip(modules, texts, strict=True)
        if text != module.source
    ]
    if write:
        after = dict(zip((module.file for module in modules), texts, strict=True))
        for each in changed:
            write_atomically(Path(each.file), after[each.file])
    return Formatting(len(modules), tuple(changed), tuple(problems), tuple(links))


def _diff(module: Module, text: str) -> str:
    lines = difflib.unified_diff(
        module.source.splitlines(keepends=True),
        text.splitlines(keepends=True),
        module.file,
        module.file,
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def _modules(paths: Sequence[str], links: list[str], problems: list[Problem]) -> Iterator[Module]:
    """Read every file once; what cannot be read is a problem."""
    seen: set[str] = set()
    for path in paths:
        for file in _files(path, links):
            if os.path.realpath(file) not in seen:
                seen.add(os.path.realpath(file))
                try:
                    yield Module(file, read_module(Path(file)))
                except EidosError as error:
                    problems.append(error.problem)


def _files(path: str, links: list[str]) -> Iterator[str]:
    place = Path(path)
    _refuse(path)
    if not place.is_dir():
        yield path
        return
    if not holds_rego(place):
        find_policies([path])  # refuses what holds no policy; templates are not formatted
    inside = place.resolve()
    for root, names in policy_folders(str(place)):
        real = Path(root).resolve()
        for name in (each for each in names if each.endswith(REGO)):
            file = os.path.normpath(f"{root}/{name}")
            if Path(file).is_symlink() or not real.is_relative_to(inside):
                links.append(file)
            else:  # a link to a folder may lead back in here
                yield os.path.normpath(place / real.relative_to(inside) / name)


def _refuse(path: str) -> None:
    """Refuse what is no place to write formatted text to."""
    place = Path(path)
    if not os.path.lexists(path):
        hint = "Check the spelling; packs that come with eidos are formatted in a checkout of it."
        how = pack_elsewhere(path) or hint
        raise UsageError(f"there is no file or folder '{path}'", hint=how)
    refuse_link(path)
    if place.is_file() and is_archive(place):
        raise UsageError(
            f"'{path}' is an archive, and formatting is for files and folders",
            hint="Format the folder that it was made of, and make it again.",
            location=Location(path),
        )
