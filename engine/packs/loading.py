"""From a folder of policy to a `Pack` whose rules can be asked."""

from collections.abc import Mapping
from dataclasses import dataclass

from eidos.engine import __version__
from eidos.engine.digest import digest
from eidos.engine.documents.reading import read_text
from eidos.engine.errors import Location, PolicyError, UsageError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Entrypoint, Module, Pack, Rule
from eidos.engine.packs.declaring import refuse_undeclared
from eidos.engine.packs.files import PolicyFiles, decode, library, read_files
from eidos.engine.packs.finding import MANIFEST, PolicySource
from eidos.engine.packs.index import PackIndex
from eidos.engine.packs.levels import level_of
from eidos.engine.packs.metadata import RuleMetadata, parse_metadata
from eidos.engine.packs.plain import plain_rules
from eidos.engine.packs.reach import Library, sources
from eidos.engine.ports import ModuleFacts, RegoEngine

TABLES = "tables/"


def load_pack(source: PolicySource, engine: RegoEngine, index: PackIndex) -> Pack:
    """Read a pack, or a folder of plain rules.

    Raises:
        PolicyError: a file cannot be read, does not compile, or a rule does not say what it is.
        UsageError: the pack has another version than was asked for.
    """
    files = read_files(source.path, f"{source.path.name}/" if source.path.is_dir() else "")
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
    return pack


def _read(
    source: PolicySource, files: PolicyFiles, library: PolicyFiles, engine: RegoEngine
) -> Pack:
    address = digest([files.digest, library.digest])
    if not source.is_pack:
        rules = plain_rules(files, engine)
        return Pack(source.path.name, "0", address, rules, folder=str(source.path))
    manifest = _manifest(source, files)
    rules = _rules(files, library, engine)
    return Pack(
        name=str(manifest["name"]),
        version=str(manifest["version"]),
        digest=address,
        rules=rules,
        description=str(manifest.get("description") or ""),
        folder=str(source.path),
    )


def _manifest(source: PolicySource, files: PolicyFiles) -> Mapping[str, Json]:
    name = f"{source.path.name}/{MANIFEST}"
    manifest = _yaml(files.data[MANIFEST], name)
    for field in ("name", "version"):
        if not isinstance(manifest, dict) or not isinstance(manifest.get(field), str):
            raise PolicyError(
                f"the pack has no '{field}'",
                location=Location(name),
                hint=f"Run 'eidos validate {source.path / MANIFEST}' to see all that is wrong.",
            )
    assert isinstance(manifest, dict)  # noqa: S101 -- told to the type checker, checked above
    _refuse_newer(str(manifest.get("eidos") or ""), name)
    return manifest


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


def _yaml(content: bytes, name: str) -> Json:
    documents = read_text(decode(content, name), name)
    if len(documents) != 1:
        raise PolicyError(
            f"the file holds {len(documents)} documents instead of one", location=Location(name)
        )
    return documents[0].value


def _tables(*folders: PolicyFiles) -> dict[str, Json]:
    """Give every reference table: ``tables/<name>/data.yaml``, as an OPA bundle has it."""
    return {
        name.removeprefix(TABLES).split("/")[0]: _yaml(content, name)
        for files in folders
        for name, content in files.data.items()
        if name.startswith(TABLES)
    }


@dataclass(frozen=True, slots=True)
class _Author:
    """What a rule is made from."""

    library: Library
    tables: Mapping[str, Json]


def _rules(files: PolicyFiles, library: PolicyFiles, engine: RegoEngine) -> tuple[Rule, ...]:
    modules = (*files.modules, *library.modules)
    facts = engine.analyse(modules)
    author = _Author(Library(modules, facts), _tables(library, files))
    rules = []
    for module, fact in zip(files.modules, facts, strict=False):  # the library's come after those
        if _entrypoints(fact):
            rules.append(_rule(module, fact, author))
        else:
            _refuse_dumb(module, fact)
    _refuse_twins(rules)
    return tuple(sorted(rules, key=lambda rule: rule.id))


def _entrypoints(facts: ModuleFacts) -> tuple[Entrypoint, ...]:
    return tuple(
        Entrypoint(f"data.{facts.package}.{name}", level)
        for name in sorted(facts.rules)
        if (level := level_of(name)) is not None
    )


def _rule(module: Module, facts: ModuleFacts, author: _Author) -> Rule:
    metadata = _metadata(module, facts)
    refuse_undeclared(module, facts, metadata)
    reached = author.library.reach(facts)
    modules = (module, *(library for library, _ in reached))
    tables = {name: _table(name, module, metadata, author.tables) for name in metadata.tables}
    return Rule(
        id=metadata.id,
        title=metadata.title,
        severity=metadata.severity,
        scope=metadata.scope,
        package=facts.package,
        modules=modules,
        entrypoints=_entrypoints(facts),
        digest=digest([sources(modules), tables, [str(path) for path in metadata.requires]]),
        has_applicable="applicable" in facts.rules,
        reads_time=facts.reads_time or any(library.reads_time for _, library in reached),
        description=metadata.description,
        remediation=metadata.remediation,
        requires=metadata.requires,
        reads=metadata.reads,
        controls=metadata.controls,
        tags=metadata.tags,
        references=metadata.references,
        params=metadata.params,
        tables=tables,
        line=metadata.line,
    )


def _metadata(module: Module, facts: ModuleFacts) -> RuleMetadata:
    from eidos.engine.rego.annotations import read_annotations  # not for packs in the index

    for annotation in read_annotations(module):
        if "custom" in annotation.value:
            return parse_metadata(module.file, annotation.line, annotation.value)
    raise PolicyError(
        f"the rule in package {facts.package} has no METADATA with 'custom'",
        location=Location(module.file, 1),
        hint="Put a '# METADATA' comment block with title and custom.id above 'package'.",
    )


def _refuse_dumb(module: Module, facts: ModuleFacts) -> None:
    """Refuse a rule that can find nothing, which would never be asked and never be missed."""
    from eidos.engine.rego.annotations import read_annotations

    for annotation in read_annotations(module):
        custom = annotation.value.get("custom")
        if isinstance(custom, Mapping) and "id" in custom:
            raise PolicyError(
                f"the rule {custom['id']} has no deny, violation or warn in package "
                f"{facts.package}, only {', '.join(sorted(facts.rules)) or 'nothing'}",
                location=Location(module.file, annotation.line),
                hint="Name what it finds 'deny', or take custom.id away if it is a library.",
            )


def _table(name: str, module: Module, metadata: RuleMetadata, tables: Mapping[str, Json]) -> Json:
    if name not in tables:
        raise PolicyError(
            f"METADATA names the table '{name}', which does not exist",
            location=Location(module.file, metadata.line),
            hint=f"Known: {', '.join(sorted(tables))}; a pack's own is tables/{name}/data.yaml.",
        )
    return tables[name]


def _refuse_twins(rules: list[Rule]) -> None:
    seen: dict[str, Rule] = {}
    for rule in rules:
        if (twin := seen.get(rule.id)) is not None:
            raise PolicyError(
                f"two rules have the id {rule.id}; the other is in {twin.modules[0].file}",
                location=Location(rule.modules[0].file, rule.line),
                hint="Give one of them a new id; ids are never reused.",
            )
        seen[rule.id] = rule
