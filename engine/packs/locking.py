"""``eidos.lock``: which packs may judge, each by version, digest, source and signer.

A lock only refuses: whatever it holds, no pack judges that would not without it.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eidos.engine.documents.finding import Source
from eidos.engine.documents.reading import read_one
from eidos.engine.documents.writing import to_yaml
from eidos.engine.errors import DocumentError, Location, PolicyError, Problem
from eidos.engine.folders import is_planted
from eidos.engine.model.rule import Pack
from eidos.engine.packs.files import is_archive
from eidos.engine.records import dataclass
from eidos.engine.schema import problems

if TYPE_CHECKING:
    from eidos.engine.model.jsonvalue import Json

FILE = "eidos.lock"
_SCHEMA = "lock/v1"
_ELSEWHERE = re.compile(r"(?:oci|s3|gs|az)://[!-?A-~]{1,400}")
"""A place that means the same for whoever reads a lock; no ``@``, no space, nothing but ASCII."""
_HEAD = "# Which packs may judge. 'eidos policy lock --update' writes it; look at what changes.\n"


@dataclass(frozen=True, slots=True)
class Locked:
    """One pack, as it must be."""

    name: str
    version: str
    digest: str
    source: str
    """``shipped``, ``package NAME VERSION``, or a path from the lock's folder."""
    signer: str | None
    """The id of the key that must have signed it; None where nobody need have."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """Where an archive was pulled from, so that it can be pulled again; nothing does so unasked."""

    place: str
    """Of the archive, from the lock's folder."""
    reference: str
    """``oci://HOST/REPOSITORY:TAG``, or of an object store; the tag says where to look for more."""
    digest: str
    """Of the manifest there: what is pulled again."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that was read."""

    file: Path
    packs: tuple[Locked, ...]
    pulled: tuple[Pulled, ...] = ()


def find_lock(cwd: Path) -> Path | None:
    """Find ``eidos.lock`` in a folder or the nearest above it; none that others left in /tmp."""
    files = (folder / FILE for folder in (cwd, *cwd.parents))
    return next((path for path in files if path.is_file() and not is_planted(path)), None)


def read_lock(file: Path) -> Lock:
    """Read a lock.

    Raises:
        DocumentError: it cannot be read, or is no lock; says all that is wrong.
    """
    document = read_one(Source(str(file), file))
    if wrong := problems(document, _SCHEMA):
        raise DocumentError.joined(wrong)
    said: Any = document.value
    pulled = tuple(Pulled(**each) for each in said.get("pulled", ()))
    for number, each in enumerate(pulled):
        fault = fault_of_pulled(each)
        if fault is None and any(other.place == each.place for other in pulled[:number]):
            fault = f"the place {each.place!a} is there twice"
        if fault is not None:
            raise DocumentError(fault, location=document.location(("pulled", number)))
    return Lock(file, tuple(Locked(**each) for each in said["packs"]), pulled)


def fault_of_pulled(pulled: Pulled) -> str | None:
    """Say what no lock may say of a pulled archive; None where nothing is wrong."""
    from eidos.engine.packs.archives import fault_of  # where something was pulled

    fault = fault_of(pulled.place)
    if fault is not None:
        return f"the place {pulled.place!a} {fault}"
    if not is_archive(Path(pulled.place)):
        return f"the place {pulled.place!a} is not called as an archive: .tar.gz, .tgz"
    if not _ELSEWHERE.fullmatch(pulled.reference):
        return (
            f"{pulled.reference!a} is no registry (oci://) and no object store (s3://, gs://, "
            "az://) that anybody can ask, written without digest and credentials"
        )
    return None


def locked(pack: Pack, folder: Path) -> Locked:
    """Say of a pack what a lock in a folder says of it."""
    return Locked(pack.name, pack.version, pack.digest, _source(pack, folder), pack.signer)


def write_lock(packs: Sequence[Locked], pulled: Sequence[Pulled] = ()) -> str:
    """Give the text of a lock."""
    entries: list[Json] = [
        {
            "name": each.name,
            "version": each.version,
            "digest": each.digest,
            "source": each.source,
            "signer": each.signer,
        }
        for each in sorted(packs, key=lambda each: (each.name, each.source))
    ]
    document: dict[str, Json] = {"apiVersion": "eidos.dev/v1", "kind": "Lock", "packs": entries}
    if pulled:
        document["pulled"] = [
            {"place": each.place, "reference": each.reference, "digest": each.digest}
            for each in sorted(pulled, key=lambda each: each.place)
        ]
    return _HEAD + to_yaml(document)


def refuse_unlocked(packs: Sequence[Pack], locks: Sequence[Lock]) -> None:
    """Refuse packs that are not what every lock says.

    Raises:
        PolicyError: names all that differs, and in which lock.
    """
    wrong = [each for lock in locks for pack in packs for each in _differences(pack, lock)]
    if wrong:
        raise PolicyError.joined(wrong)


def _differences(pack: Pack, lock: Lock) -> Iterator[Problem]:
    found = locked(pack, lock.file.parent)
    place = Location(str(lock.file))
    named = [each for each in lock.packs if each.name == pack.name]
    if not named:
        message = f"the pack '{pack.name}' ({found.source}) is not in the lock"
        yield Problem(message, _HINT, place, PolicyError.code)
        return
    entry = next((each for each in named if each.source == found.source), named[0])
    for field, is_, must in differing(entry, found):
        message = f"the pack '{pack.name}' has the {field} {is_}, and {must} is locked"
        hint = _NAME_KEYS if field == "signer" and pack.signer is None else _HINT
        yield Problem(message, hint, place, PolicyError.code)


_NAME_KEYS = "Name the key that signed it: --verification-key FILE"
_HINT = "If that is meant to be: eidos policy lock --update, and look at what changes."


def differing(entry: Locked, found: Locked) -> Iterator[tuple[str, str, str]]:
    """Give each field in which what is found is not what is locked, with both."""
    pairs: Mapping[str, tuple[str | None, str | None]] = {
        "version": (found.version, entry.version),
        "digest": (found.digest, entry.digest),
        "source": (found.source, entry.source),
        "signer": (found.signer, entry.signer),
    }
    for field, (is_, must) in pairs.items():
        if is_ != must:
            yield field, is_ or "(nobody)", must or "(nobody)"


def _source(pack: Pack, folder: Path) -> str:
    if pack.origin == "shipped":
        return pack.origin
    if pack.origin:
        return f"package {pack.origin}"
    return Path(os.path.relpath(Path(pack.folder).resolve(), folder.resolve())).as_posix()
