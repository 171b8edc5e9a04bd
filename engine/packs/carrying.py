"""Policies by their content, from where they judge to where it is asked again what they said."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from eidos.engine.digest import digest
from eidos.engine.errors import Location, PolicyError
from eidos.engine.model.rule import Pack
from eidos.engine.packs.archives import fault_of
from eidos.engine.packs.files import (
    PolicyFiles,
    library,
    policy_contents,
    policy_files,
    stem,
)
from eidos.engine.packs.finding import PolicySource
from eidos.engine.packs.loading import read_with
from eidos.engine.ports import RegoEngine
from eidos.engine.records import dataclass


class Kind(StrEnum):
    """What a policy is read as."""

    PACK = "pack"
    PLAIN = "plain"
    GATEKEEPER = "gatekeeper"


@dataclass(frozen=True, slots=True)
class Carried:
    """A policy by its content, so that it can be read as it was, elsewhere and later."""

    kind: Kind
    name: str
    """Of the folder or file that it was in: names of its files begin with it."""
    is_file: bool
    """It was one file, whose name stands alone."""
    contents: Mapping[str, bytes]
    """What judges, by name: no tests, and nothing that is never read."""

    @property
    def files(self) -> PolicyFiles:
        """Take apart what it holds.

        Raises:
            PolicyError: a file is too large or is not text.
        """
        return policy_files(self.contents, "" if self.is_file else f"{self.name}/")


def carry(source: PolicySource) -> Carried:
    """Read a policy in order to carry it.

    Raises:
        PolicyError: a file cannot be read or is too large, or has a name that leads elsewhere.
    """
    kind = Kind.PACK if source.is_pack else Kind.PLAIN
    is_file = source.contents is None and source.path.is_file()
    contents = policy_contents(source.read())
    for name in contents:
        if fault := fault_of(name):
            message = f"the file {name!a} cannot be carried: it {fault}"
            place = Location(str(source.path))
            raise PolicyError(message, location=place, hint="Give it another name.")
    return Carried(
        Kind.GATEKEEPER if source.is_gatekeeper else kind, stem(source.path), is_file, contents
    )


def carried_digests(carried: Sequence[Carried]) -> list[str]:
    """Give the digests of the packs that `read_carried` gives with the library that is here.

    Raises:
        PolicyError: a file is not text.
    """
    single = [each.files.digest for each in carried if each.kind is not Kind.GATEKEEPER]
    joined = [each.files.digest for each in carried if each.kind is Kind.GATEKEEPER]
    own = library().digest
    return [*(digest([each, own]) for each in single), *([digest(joined)] if joined else [])]


def read_carried(
    carried: Sequence[Carried], shared: Mapping[str, bytes], engine: RegoEngine
) -> list[Pack]:
    """Read policies as they were read elsewhere, with the library that they were read with there.

    Args:
        carried: in the order in which they were named.
        shared: what the library held.
        engine: reads and compiles them.

    Returns:
        Each pack and folder of plain rules, then one pack of all templates of Gatekeeper.

    Raises:
        PolicyError: see `load_pack`.
    """
    lib = policy_files(shared, "lib/")
    packs = [_as_carried(each, lib, engine) for each in carried if each.kind is not Kind.GATEKEEPER]
    templates = [each for each in carried if each.kind is Kind.GATEKEEPER]
    if templates:
        from eidos.engine.packs.gatekeeper.loading import gatekeeper_pack

        read = [(f"{each.name}/", policy_files(each.contents)) for each in templates]
        packs.append(gatekeeper_pack(read, engine))
    return packs


def _as_carried(each: Carried, lib: PolicyFiles, engine: RegoEngine) -> Pack:
    source = PolicySource(Path(each.name), each.kind is Kind.PACK, contents=each.contents)
    return read_with(source, each.files, lib, engine)
