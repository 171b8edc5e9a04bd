"""What comes with eidos and is nobody else's: names of packs, rules and packages."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from eidos.engine.digest import digest
from eidos.engine.documents.reading import read_text
from eidos.engine.errors import Location, PolicyError, Problem
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.nearest import nearest
from eidos.engine.model.rule import Module, Pack
from eidos.engine.packs.files import PolicyFiles, library, read_files
from eidos.engine.packs.finding import MANIFEST, shipped
from eidos.engine.records import dataclass
from eidos.engine.vocabulary import vocabulary

_PACKAGE = re.compile(r"^package\s+(\S+)", re.MULTILINE)
_LIBRARY = "lib"
_ALIKE = 0.85
"""How alike two names are (`SequenceMatcher.ratio`) of which one is taken for a slip of the other:
``drivr`` and ``driver`` are at 0.91, ``cuda-version`` and ``driver-version`` at 0.77."""
OPEN = frozenset(
    {"os.sysctl", "os.kmod", "os.grub", "k8s.image", "k8s.policy", "nodetopology.label"}
)
"""Subtypes whose keys nobody can list; of ``systemd`` every subtype is one."""


@dataclass(frozen=True, slots=True)
class Names:
    """Names that are taken, each with the pack that has it."""

    digests: Mapping[str, str]
    """Pack to the digest of its files."""
    ids: Mapping[str, str]
    """Ids of rules in small letters: one that differs in capitals alone is taken for another's."""
    packages: Mapping[str, str]


@cache
def names() -> Names:
    """Read the names of everything that is shipped; it does not change while we run."""
    files = {name: read_files(folder) for name, folder in shipped().items()}
    ids: dict[str, str] = {}
    for name, each in files.items():
        for module in each.modules:
            ids[str(_custom(module).get("id")).casefold()] = name
    packages = {
        package: name
        for name, each in {**files, _LIBRARY: library()}.items()
        for module in each.modules
        for package in _PACKAGE.findall(module.source)
    }
    digests = {name: each.digest for name, each in files.items()}
    return Names(digests, ids, packages)


@cache
def shipped_as(name: str) -> tuple[str, str] | None:
    """Give version and digest of the pack of a name that comes with eidos; None where none does."""
    folder = shipped().get(name)
    if folder is None:
        return None
    files = read_files(folder)
    [manifest] = read_text(files.data[MANIFEST].decode(), f"{name}/{MANIFEST}")
    about: Any = manifest.value
    return about["version"], digest([files.digest, library().digest])


def _custom(module: Module) -> Mapping[str, object]:
    from eidos.engine.rego.annotations import read_annotations  # not for packs in the index

    for annotation in read_annotations(module):
        custom = annotation.value.get("custom")
        if isinstance(custom, dict):
            return custom
    return {}


def refuse_taken(pack: Pack, packages: Mapping[str, Module], place: Location) -> None:
    """Refuse a pack that has the name, an id or a package of a shipped one, not replaced by it.

    Args:
        pack: one that is not shipped.
        packages: each of its packages with a module that is in it.
        place: its manifest.

    Raises:
        PolicyError: it takes what is not its own, or replaces what there is not.
    """
    known, replaces = names(), pack.replaces
    for each in replaces:
        if each not in known.digests:
            raise PolicyError(
                f"the pack replaces '{each}', which is not a shipped pack",
                location=place,
                hint=nearest(each, known.digests),
            )
    if pack.name in known.digests and pack.name not in replaces:
        raise _taken(f"the name '{pack.name}'", pack.name, place)
    for rule in pack.rules:
        owner = known.ids.get(rule.id.casefold())
        if owner and owner not in replaces:
            raise _taken(f"the id {rule.id}", owner, Location(rule.modules[0].file, rule.line))
    for package, module in packages.items():
        owner = known.packages.get(package)
        if owner and owner not in replaces:
            raise _taken(f"the package {package}", owner, Location(module.file))


def _taken(what: str, owner: str, place: Location) -> PolicyError:
    if owner == _LIBRARY:
        hint = "Give the package another name; nothing replaces the shared library."
        return PolicyError(f"{what} is of the shared library", location=place, hint=hint)
    return PolicyError(
        f"{what} is of the shipped pack '{owner}'",
        location=place,
        hint=f"Choose another, or say 'replaces: [{owner}]' in pack.yaml, which reports show.",
    )


def is_copy(name: str, files: PolicyFiles) -> bool:
    """Say whether files are those of the shipped pack of this name, byte for byte."""
    return names().digests.get(name) == files.digest


def slip_of(fact: FactAddress, place: Location) -> Problem | None:
    """Tell of a fact that is most likely a slip of a known one: a rule about it is always unknown.

    A fact that is like no known one may come from a collector of the site, and stands.

    Args:
        fact: as a rule declares it.
        place: of the rule.
    """
    meant = _meant(fact)
    if meant is None:
        return None
    message = f"METADATA names the fact {fact}, which no collector gives"
    return Problem(message, f"Did you mean '{meant}'?", place, PolicyError.code)


def _meant(fact: FactAddress) -> FactAddress | None:
    known = [FactAddress.parse(each) for each in vocabulary().known_facts()]
    subtypes = {(each.type, each.subtype) for each in known}
    if fact.type == "systemd" or f"{fact.type}.{fact.subtype}" in OPEN:
        return None
    if (fact.type, fact.subtype) not in subtypes:
        close = near(f"{fact.type}.{fact.subtype}", {".".join(pair) for pair in subtypes} | OPEN)
        return (
            FactAddress.parse(close)._replace(key=fact.key, every_node=fact.every_node)
            if close
            else None
        )
    keys = {e.key for e in known if (e.type, e.subtype) == (fact.type, fact.subtype) and e.key}
    if fact.key is None or fact.key in keys:
        return None
    close = near(fact.key, keys)
    return fact._replace(key=close) if close else None


def near(name: str, known: Iterable[str]) -> str | None:
    """Give the known name of which another is most likely a slip; None where there is none."""
    from difflib import SequenceMatcher  # only packs of others are looked at

    ratios = {each: SequenceMatcher(None, name, each).ratio() for each in sorted(known)}
    best = max(ratios, key=lambda each: ratios[each], default=None)
    return best if best is not None and ratios[best] >= _ALIKE else None
