"""From a folder of policy to a `Pack` whose rules can be asked."""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from eidos.engine import __version__
from eidos.engine.digest import digest
from eidos.engine.documents.reading import Document, only, read_text
from eidos.engine.errors import EidosError, Location, PolicyError, Problem, UsageError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import UNVERSIONED, Module, Pack, Rule
from eidos.engine.packs.checking import fact_place, refuse_pack_rules
from eidos.engine.packs.choosing import Places, param_problems
from eidos.engine.packs.files import PolicyFiles, decode, library, policy_files, stem
from eidos.engine.packs.finding import MANIFEST, PolicySource, shipped
from eidos.engine.packs.index import PackIndex
from eidos.engine.packs.plain import plain_rules
from eidos.engine.packs.rules import Known, pack_rules, read_rules
from eidos.engine.packs.shipped import is_copy, refuse_taken, slip_of
from eidos.engine.ports import ModuleFacts, RegoEngine
from eidos.engine.records import dataclass
from eidos.engine.rego.faults import TO_V1, WRITTEN_AS_V0
from eidos.engine.schema import problems

TABLES = "tables/"
_OF_LIBRARY = re.compile(r"\bdata\.eidos\.lib\.(\w+)")
_OWN_PACKAGE = re.compile(r"^package eidos\.(?!lib\b)[\w.]+", re.MULTILINE)
_UNSAID: Mapping[str, Json] = {"description": "none", "rego": "v1"}
"""What a manifest should say, and judges as well where it does not."""


def load_pack(source: PolicySource, engine: RegoEngine, index: PackIndex) -> Pack:
    """Read a pack, or a folder of plain rules.

    Raises:
        PolicyError: a file cannot be read, does not compile, or a rule does not say what it is.
        UsageError: the pack has another version than was asked for.
    """
    files = source.files
    made_of = [str(source.path), files.digest, library().digest]
    key = digest([*made_of, engine.name, engine.version, __version__])
    pack = index.get(key)
    if pack is None:
        pack = _read(source, files, library(), engine)
        index.put(key, pack)
    if source.version and pack.version != source.version:
        raise UsageError(
            f"pack '{pack.name}' has version {pack.version}, not {source.version}",
            hint=f"Ask for {pack.name}@{pack.version}, or give the folder of the other version.",
        )
    if source.name not in {None, pack.name}:
        raise PolicyError(
            f"the package {source.origin} offers '{source.name}', and its pack is '{pack.name}'",
            location=Location(f"{source.path / MANIFEST}"),
            hint="The entry point must have the name of the pack.",
        )
    return replace(pack, origin=source.origin, signer=source.signer)


def load_gatekeeper(sources: Sequence[PolicySource], engine: RegoEngine, index: PackIndex) -> Pack:
    """Read the templates and constraints of all folders and files together.

    Raises:
        EidosError: one of them is not as it must be, or has no counterpart.
    """
    from eidos.engine.packs.gatekeeper.loading import gatekeeper_pack

    read = [(_shown(source), policy_files(source.read())) for source in sources]
    made_of = [[shown, files.digest] for shown, files in read]
    key = digest(["gatekeeper", made_of, engine.name, engine.version, __version__])
    pack = index.get(key)
    if pack is None:
        pack = gatekeeper_pack(read, engine)
        index.put(key, pack)
    signers = {source.signer for source in sources}
    return replace(pack, signer=signers.pop() if len(signers) == 1 else None)


def _shown(source: PolicySource) -> str:
    """Give how names of files begin in messages: as the user gave the folder."""
    return (
        f"{source.path}/" if source.path.is_dir() else f"{source.path.parent}/".removeprefix("./")
    )


def _refuse_templates(source: PolicySource, files: PolicyFiles) -> None:
    """Refuse templates beside plain rules, which nobody would ask."""
    from eidos.engine.packs.gatekeeper.loading import is_gatekeeper

    for name, content in files.data.items():
        if is_gatekeeper(content):
            raise PolicyError(
                "a template or constraint of Gatekeeper lies beside plain rules",
                location=Location(f"{source.path.name}/{name}"),
                hint="Put them into folders of their own, and give each with -p.",
            )


def read_pack(source: PolicySource, engine: RegoEngine) -> Pack:
    """Read a pack, or a folder of plain rules, to look at it: it may have names that are taken.

    Raises:
        PolicyError: see `load_pack`.
    """
    return _read(source, source.files, library(), engine, judges=False)


def read_with(
    source: PolicySource, files: PolicyFiles, library: PolicyFiles, engine: RegoEngine
) -> Pack:
    """Read a pack, or a folder of plain rules, with a library that may be another than ours.

    Args:
        source: says what it is, and what its folder is called.
        files: what it holds.
        library: what packs may use.
        engine: reads and compiles them.

    Raises:
        PolicyError: see `load_pack`; it has no manifest.
    """
    if source.is_pack and MANIFEST not in files.data:
        raise PolicyError(f"the pack '{source.path}' has no {MANIFEST}")
    return _read(source, files, library, engine, judges=False)


@dataclass(frozen=True, slots=True)
class Inspected:
    """What can be told of a pack, or a folder of plain rules, also where it is refused."""

    modules: tuple[Module, ...] = ()
    tests: tuple[Module, ...] = ()
    data: Mapping[str, bytes] = field(default_factory=dict)
    """Contents of what is no Rego and no file with cases, by path relative to the folder."""
    rules: tuple[Rule, ...] = ()
    """Those of a pack that are right."""
    facts: tuple[ModuleFacts, ...] = ()
    """What was read of each module; none where they do not compile."""
    problems: tuple[Problem, ...] = ()
    """Why it is refused; none where it is not."""


def inspect(source: PolicySource, engine: RegoEngine) -> Inspected:
    """Say everything that is wrong with a pack or folder; nothing is raised for it."""
    try:
        files = source.files
    except PolicyError as error:
        return Inspected(problems=(error.problem,))
    problems: tuple[Problem, ...] = ()
    try:
        _read(source, files, library(), engine)
    except EidosError as error:
        problems = (error.problem, *error.others)
    modules = (*files.modules, *(library().modules if source.is_pack else ()))
    try:
        facts = _facts(modules, engine) if source.is_pack else engine.analyse(modules)
    except PolicyError:
        return Inspected(files.modules, files.tests, files.data, problems=problems)
    rules: tuple[Rule, ...] = ()
    if source.is_pack:
        with suppress(EidosError):  # a table: told above
            known = Known(modules, facts, tables_of(library(), files))
            rules, _ = read_rules(files.modules, known)
    own = tuple(facts[: len(files.modules)])
    return Inspected(files.modules, files.tests, files.data, rules, own, problems)


def _read(
    source: PolicySource,
    files: PolicyFiles,
    library: PolicyFiles,
    engine: RegoEngine,
    *,
    judges: bool = True,
) -> Pack:
    address = digest([files.digest, library.digest])
    if not source.is_pack:
        refuse_pack_rules(source, files.modules)
        _refuse_templates(source, files)
        rules = plain_rules(files, engine)
        return Pack(stem(source.path), UNVERSIONED, address, rules, folder=str(source.path))
    manifest = _manifest(source, files)
    about: Any = manifest.value
    modules = (*files.modules, *_usable(files.modules, library))
    known = Known(modules, _facts(modules, engine), tables_of(library, files))
    pack = Pack(
        name=about["name"],
        version=about["version"],
        digest=address,
        rules=_with_defaults(pack_rules(files.modules, known), manifest),
        description=str(about.get("description") or ""),
        folder=str(source.path),
        replaces=tuple(about.get("replaces") or ()),
    )
    own = source.path in shipped().values() or is_copy(pack.name, files)
    if judges and not own:
        _refuse_foreign(pack, files, known, manifest)
    return pack


def _usable(modules: Sequence[Module], library: PolicyFiles) -> Sequence[Module]:
    """Give the modules of the library that a pack may use.

    To read all of them takes twice as long as a small pack. They are found by name; where a text
    speaks of the library in any other way than ``data.eidos.lib.NAME`` of what there is, all may
    be meant.
    """
    by_name = {Path(module.file).stem: module for module in library.modules}
    found: dict[str, Module] = {}
    frontier = [*modules]
    while frontier:
        text = frontier.pop().source
        names = set(_OF_LIBRARY.findall(text))
        rest = _OWN_PACKAGE.sub("", _OF_LIBRARY.sub("", text))
        if "eidos" in rest or "\\u" in rest or names - by_name.keys():
            return library.modules
        fresh = {name: by_name[name] for name in names - found.keys()}
        found |= fresh
        frontier.extend(fresh.values())
    return [module for module in library.modules if module in found.values()]


def _facts(modules: Sequence[Module], engine: RegoEngine) -> list[ModuleFacts]:
    """Read the modules of a pack, which are written in Rego v1."""
    try:
        return engine.analyse(modules, v0=False)
    except PolicyError as error:
        if WRITTEN_AS_V0 not in error.message or error.location is None:
            raise
        message = f"{error.message}; this is Rego v0, and packs are written in v1"
        hint = f"Write 'deny contains x if {{ ... }}'; {TO_V1}"
        raise PolicyError(message, location=error.location, hint=hint) from error


def _refuse_foreign(pack: Pack, files: PolicyFiles, known: Known, manifest: Document) -> None:
    """Refuse in a pack of others what takes shipped names, and slips in its manifest and facts."""
    said: Any = manifest.value
    whole = replace(manifest, value={**_UNSAID, **said})
    if wrong := problems(whole, "pack/v1"):  # a misspelt 'params' would set nothing
        raise PolicyError.joined(wrong)
    packages = {
        facts.package: module
        for module, facts in zip(files.modules, known.facts, strict=False)  # its own come first
    }
    refuse_taken(pack, packages, manifest.location(()))
    slips = [
        slip
        for rule in pack.rules
        for fact in (*rule.requires, *rule.reads)
        if (slip := slip_of(fact, fact_place(rule.modules[0], rule.line, fact)))
    ]
    if slips:
        raise PolicyError.joined(slips)


def _manifest(source: PolicySource, files: PolicyFiles) -> Document:
    name = f"{stem(source.path)}/{MANIFEST}"
    document = _document(files.data[MANIFEST], name)
    manifest = document.value
    hint = f"Run 'eidos validate {source.path / MANIFEST}' to see all that is wrong."
    if not isinstance(manifest, dict):
        raise PolicyError("the file is not a map", location=document.location(()), hint=hint)
    for key, example in (("name", "acme-gpu"), ("version", '"1.0.0"')):
        said = manifest.get(key)
        if said is None:
            raise PolicyError(f"the pack has no '{key}'", location=Location(name), hint=hint)
        if not isinstance(said, str):
            place = document.location((key,))
            message = f"'{key}' is {json.dumps(said)}, and must be text"
            raise PolicyError(message, location=place, hint=f"Write {key}: {example}")
    if manifest.get("rego", "v1") != "v1":
        place = document.location(("rego",))
        message = f"the pack says rego: {json.dumps(manifest['rego'])}, and packs are written in v1"
        raise PolicyError(message, location=place, hint="Write rego: v1; " + TO_V1)
    replaces = manifest.get("replaces") or []
    if not isinstance(replaces, list) or not all(isinstance(each, str) for each in replaces):
        place = document.location(("replaces",))
        raise PolicyError("'replaces' is not a list of names", location=place, hint=hint)
    _refuse_newer(str(manifest.get("eidos") or ""), name)
    return document


def _with_defaults(rules: tuple[Rule, ...], manifest: Document) -> tuple[Rule, ...]:
    """Give the rules with the parameters that the manifest sets for the whole pack.

    Raises:
        PolicyError: it sets what there is not, or what may not be; says all of it.
    """
    about: Any = manifest.value
    params = about.get("params") or {}
    if not isinstance(params, dict) or not all(isinstance(each, dict) for each in params.values()):
        raise PolicyError(
            "'params' is not a map from rule id to a map of values",
            location=manifest.location(("params",)),
            hint="Write, for example:  params: {ACME-001: {grace_days: 30}}",
        )
    places: Places = {
        place: manifest.location(("params", *place))
        for rule, values in params.items()
        for place in ((rule,), *((rule, name) for name in values))
    }
    if problems := param_problems(rules, params, places):
        raise PolicyError.joined(problems)
    return tuple(replace(rule, params={**rule.params, **params.get(rule.id, {})}) for rule in rules)


def _refuse_newer(needed: str, name: str) -> None:
    """Refuse a pack that asks for a later engine: ``eidos: ">=0.2"``."""
    if needed and _numbers(__version__) < _numbers(needed.removeprefix(">=")):
        raise PolicyError(
            f"the pack needs eidos {needed}, and this is {__version__}",
            location=Location(name),
            hint="Install a newer eidos.",
        )


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.strip().split(".") if part.isdecimal()]


def _document(content: bytes, name: str) -> Document:
    return only(read_text(decode(content, name), name))


def tables_of(*folders: PolicyFiles) -> dict[str, Json]:
    """Give every reference table: ``tables/<name>/data.yaml``, as an OPA bundle has it."""
    return {
        name.removeprefix(TABLES).split("/")[0]: _document(content, name).value
        for files in folders
        for name, content in files.data.items()
        if name.startswith(TABLES)
    }
