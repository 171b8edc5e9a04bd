"""Signed packs: ``.signatures.json`` as OPA defines it, and held as a closed world.

https://www.openpolicyagent.org/docs/latest/management-bundles/#signature-format

It is one JSON web token over the names and hashes of all files. Every file that is there must be
in it and unchanged, and every file in it must be there. What readers of OPA have let pass at one
time or other is refused: a second file of that name, or one in a folder below, several signatures,
and patches of data (``patch.json``), which no signature covers (GHSA-g2pf-6v5v-qcc8).
"""

import json
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from eidos.engine.digest import canonical
from eidos.engine.errors import EidosError, Location, PolicyError, Problem
from eidos.engine.model.signature import SignOptions
from eidos.engine.packs.archives import (
    MOST_BYTES,
    MOST_MEMBERS,
    fault_of,
    read_archive,
)
from eidos.engine.packs.bundle_hashes import exact_json, hashed
from eidos.engine.packs.files import is_archive
from eidos.engine.records import dataclass
from eidos.engine.signing.signers import ALGORITHMS, Jws, Signer, Verifier, read_jws

FILE = ".signatures.json"
_PATCH = "patch.json"
_PLUGIN = "_default"
"""What ``opa build`` calls its own way of signing."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of holding files against their signature."""

    signer: str | None
    """The id of the key that signed; None where nobody known did."""
    files: int
    """How many are in the signature."""
    problems: tuple[Problem, ...] = ()
    """Why it does not hold; none means that it does."""


def read_contents(place: Path) -> dict[str, bytes]:
    """Give every file of an archive or a folder by its name, hidden ones too, as OPA reads them.

    Raises:
        EidosError: something cannot be read.
        PolicyError: something is no file, or there is too much; see `read_archive`.
    """
    if place.is_dir():
        return dict(_below(place))
    return read_archive(place)


def sign_contents(contents: Mapping[str, bytes], signer: Signer, options: SignOptions) -> bytes:
    """Give the ``.signatures.json`` of files; one among them is passed over.

    Raises:
        PolicyError: a structured file is none, or there is what no signature is held against.
        UsageError: the key cannot sign with the algorithm.
    """
    place = Location(FILE)
    if wrong := list(_unsignable(contents, place)):
        raise PolicyError.joined(wrong)
    files = [
        {
            "name": f"{options.prefix}{name}",
            "hash": hashed(name, content),
            "algorithm": "SHA-256",
        }
        for name, content in sorted(contents.items())
        if name != FILE
    ]
    claims: dict[str, Any] = {"files": files}
    if options.scope:
        claims["scope"] = options.scope
    token = signer.sign_jws(canonical(claims), options.algorithm, options.key)
    return f"{json.dumps({'signatures': [token]}, indent=1)}\n".encode()


def verify_contents(
    contents: Mapping[str, bytes], verifiers: Sequence[Verifier], scope: str, place: Path
) -> Verified:
    """Say whether files are exactly those that one of the keys signed.

    Args:
        contents: every file there is, the signature among them.
        verifiers: whose signatures are believed.
        scope: what the signature must be for.
        place: where the files are, for messages; a folder's signature may name them as OPA does,
            by the last parts of this path.
    """
    where = Location(f"{place}/{FILE}" if not is_archive(place) else str(place))
    token = _token(contents, where)
    if isinstance(token, Problem):
        return Verified(None, 0, (token,))
    jws = read_jws(token)
    if jws is None:
        return Verified(None, 0, (_problem("the signature is no JSON web token", where),))
    signer = next((each for each in verifiers if each.verifies_jws(token)), None)
    if signer is None:
        return Verified(None, 0, (_unknown(jws, verifiers, where),))
    signed = _signed_files(jws, where)
    if isinstance(signed, Problem):
        return Verified(signer.keyid, 0, (signed,))
    problems = [*_unsignable(contents, where), *_of_scope(jws, scope, where)]
    named = _without_prefix(signed, contents, place)
    problems += _differences(named, contents, where)
    return Verified(signer.keyid, len(signed), tuple(problems))


def signed_contents(place: Path, verifiers: Sequence[Verifier]) -> tuple[dict[str, bytes], str]:
    """Give what a place holds, as it was read and verified at once, and the id of its signer.

    Raises:
        PolicyError: it cannot be read, or is not what one of the keys signed; says all of it.
    """
    if not place.is_dir() and not is_archive(place):
        hint = "Put it into a folder, and sign that: eidos policy sign DIR --key FILE"
        raise PolicyError(f"'{place}' is a single file, which carries no signature", hint=hint)
    contents = read_contents(place)
    found = verify_contents(contents, verifiers, "", place)
    if found.problems:
        raise PolicyError.joined(found.problems)
    assert found.signer is not None  # noqa: S101 -- told to the type checker, or there is a problem
    return contents, found.signer


def _below(folder: Path) -> Iterator[tuple[str, bytes]]:
    size = count = 0
    for root, folders, names in os.walk(folder, onerror=_unreadable):
        folders.sort()
        for name in [*(each for each in folders if Path(root, each).is_symlink()), *sorted(names)]:
            path = Path(root, name)
            place = Location(str(path))
            inside = path.relative_to(folder).as_posix()
            if fault := fault_of(inside):
                raise PolicyError(f"the file {fault}", location=place)
            if not stat.S_ISREG(path.lstat().st_mode):
                hint = "A signature covers files alone; take it away, or put a file there."
                raise PolicyError("this is a link or no file", location=place, hint=hint)
            content = _bytes(path)
            size, count = size + len(content), count + 1
            if size > MOST_BYTES or count > MOST_MEMBERS:
                limits = f"{MOST_MEMBERS} files or {MOST_BYTES >> 20} MiB"
                hint = "Name the folder of a pack, and keep other things out of it."
                place = Location(str(folder))
                raise PolicyError(f"it holds more than {limits}", location=place, hint=hint)
            yield inside, content


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        _unreadable(error)
        raise


def _unreadable(error: OSError) -> None:
    problem = f"it cannot be read: {error.strerror}"
    raise EidosError(problem, location=Location(str(error.filename))) from None


def _unsignable(contents: Mapping[str, bytes], where: Location) -> Iterator[Problem]:
    """Name what OPA would not hold against a signature, or could take for one."""
    for name in sorted(contents):
        base = PurePosixPath(name).name.casefold()
        if base == _PATCH:
            why = "is a patch of data, which no signature covers"
            yield _problem(f"{name} {why}", where)
        elif base.endswith(FILE) and name != FILE:
            yield _problem(f"{name} could be taken for the signature", where)


def _token(contents: Mapping[str, bytes], where: Location) -> str | Problem:
    if FILE not in contents:
        hint = "Sign it: eidos policy sign PLACE --key FILE"
        return _problem(f"it is not signed: there is no {FILE}", where, hint)
    try:
        found = exact_json(contents[FILE].decode())
    except (ValueError, RecursionError):
        return _problem(f"{FILE} is no JSON", where)
    tokens = found.get("signatures") if isinstance(found, dict) else None
    if not isinstance(tokens, list) or not all(isinstance(each, str) for each in tokens):
        return _problem(f"{FILE} has no list 'signatures' of texts", where)
    if isinstance(found, dict) and found.get("plugin", _PLUGIN) not in {"", _PLUGIN}:
        return _problem(f"{FILE} asks for a plug-in of OPA, which is not known here", where)
    if len(tokens) != 1:
        return _problem(f"{FILE} holds {len(tokens)} signatures, and OPA takes one", where)
    return str(tokens[0])


def _unknown(jws: Jws, verifiers: Sequence[Verifier], where: Location) -> Problem:
    """Say why no key verifies a signature, as far as what it says of itself tells."""
    if jws.algorithm not in ALGORITHMS:
        what = f"the signature's algorithm is {jws.algorithm[:40]!r}, which proves nothing here"
        return _problem(what, where, f"Signatures by {', '.join(ALGORITHMS)} are taken.")
    known = ", ".join(f"{each.keyid[:16]}… ({each.place})" for each in verifiers)
    hint = f"Keys that are believed: {known}."
    if any(each.keyid == jws.key for each in verifiers):
        return _problem("the signature is not one of the key that it names", where, hint)
    named = f": it names the key {jws.key[:80]!r}" if jws.key else ""
    return _problem(f"the signature is by none of the keys that are believed{named}", where, hint)


def _signed_files(jws: Jws, where: Location) -> dict[str, str] | Problem:
    """Give name to hash."""
    try:
        claims = exact_json(jws.payload.decode())
    except (ValueError, RecursionError):
        claims = None
    files = claims.get("files") if isinstance(claims, dict) else None
    if not isinstance(files, list):
        return _problem("the signature has no list of files", where)
    found: dict[str, str] = {}
    for each in files:
        name, hash_ = (each.get("name"), each.get("hash")) if isinstance(each, dict) else (0, 0)
        if not isinstance(name, str) or not isinstance(hash_, str) or not isinstance(each, dict):
            return _problem("the signature has a file without name or hash", where)
        if each.get("algorithm") not in {"SHA-256", None}:
            what = f"the signature hashes {name!r} with {each.get('algorithm')!r}"
            return _problem(what, where, "SHA-256 is taken.")
        name = name.removeprefix("/")
        if fault := fault_of(name):
            return _problem(f"the signature's file {name[:80]!a} {fault}", where)
        if name in found:
            return _problem(f"the signature has {name!r} twice", where)
        found[name] = hash_.lower()
    return found


def _of_scope(jws: Jws, scope: str, where: Location) -> Iterator[Problem]:
    claims: Any = exact_json(jws.payload.decode())
    said = claims.get("scope", "")
    if said != scope:
        what = f"the signature is for the scope {said!r}, and {scope!r} is asked for"
        yield _problem(what, where, "Say --scope, if that is what it should be for.")


def _without_prefix(
    signed: Mapping[str, str], contents: Mapping[str, bytes], place: Path
) -> Mapping[str, str]:
    """Take away the folder's own path, with which ``opa sign -b FOLDER`` begins each name."""
    if is_archive(place) or signed.keys() & contents.keys():
        return signed
    parts = place.resolve().parts[1:]
    for start in range(len(parts) - 1, -1, -1):
        prefix = "/".join(parts[start:]) + "/"
        if signed and all(name.startswith(prefix) for name in signed):
            return {name.removeprefix(prefix): each for name, each in signed.items()}
    return signed


def _differences(
    signed: Mapping[str, str], contents: Mapping[str, bytes], where: Location
) -> Iterator[Problem]:
    there = {name: content for name, content in contents.items() if name != FILE}
    for name in sorted(signed.keys() | there.keys()):
        if name not in there:
            alike = [each for each in there if each.casefold() == name.casefold()]
            also = f"; {alike[0]} is there, which is another name" if alike else ""
            yield _problem(f"{name} is in the signature, and is not there{also}", where)
        elif name not in signed:
            yield _problem(f"{name} is not in the signature", where)
        else:
            try:
                is_same = hashed(name, there[name]) == signed[name]
            except PolicyError as error:
                yield error.problem
                continue
            if not is_same:
                yield _problem(f"{name} is not as it was signed", where)


def _problem(message: str, where: Location, hint: str | None = None) -> Problem:
    return Problem(message, hint, where, "signature")
