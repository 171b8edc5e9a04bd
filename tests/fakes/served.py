"""Rules as a bundle on a real OPA server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eidos.engine.digest import digest
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Entrypoint, Module, Pack, Rule, Scope, Severity
from eidos.engine.packs.opa_bundle import opa_bundle
from eidos.engine.ports import Ask, Job, Program
from eidos.engine.rego.reading import ReadingEngine
from fakes.opa_server import opa_server


def rule(name: str, text: str, **tables: Json) -> Rule:
    """Give a rule whose ``deny`` is `text`, a module without its package."""
    return Rule(
        id=name,
        title=name,
        severity=Severity.HIGH,
        scope=Scope.NODE,
        package=f"t.{name}",
        modules=(Module(f"t/{name}.rego", f"package t.{name}\n\n{text}\n"),),
        entrypoints=(Entrypoint(f"data.t.{name}.deny", "deny"),),
        digest=digest(text),
        has_applicable="applicable" in text,
        tables=tables,
    )


def pack_of(*rules: Rule) -> Pack:
    return Pack("t", "1.0.0", digest([each.digest for each in rules]), rules)


def job_of(asked: Rule, document: Json, **params: Json) -> Job:
    """Ask a rule as the judge does."""
    data: dict[str, Json] = {"params": params, "tables": dict(asked.tables)}
    program = Program(digest([asked.id, data]), asked.modules, data)
    asks = [Ask(entry.path, document) for entry in asked.entrypoints]
    if asked.has_applicable:
        asks.insert(0, Ask(f"data.{asked.package}.applicable", document))
    return Job(program, tuple(asks), 42, guarded=asked.has_applicable)


def write_bundle(path: Path, *rules: Rule) -> Path:
    """Write the bundle of a pack with these rules."""
    engine = ReadingEngine(workers=1)
    path.write_bytes(opa_bundle([pack_of(*rules)], engine, {}))
    engine.close()
    return path


@contextmanager
def served(folder: Path, *rules: Rule, flags: tuple[str, ...] = ()) -> Iterator[str]:
    """Serve a pack with these rules and give the server's URL."""
    bundle = write_bundle(folder / "bundle.tar.gz", *rules)
    with opa_server(folder, *flags, "-b", bundle.name) as url:
        yield url
