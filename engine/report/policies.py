"""Packs and rules (``eidos policy list`` and ``show``): text, JSON, CSV."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from eidos.engine.model.policylist import ListedPack
from eidos.engine.model.rule import Rule
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.history.rows import csv as csv_of
from eidos.engine.report.jsontext import json_line, known, write_document
from eidos.engine.report.page import write_columns
from eidos.engine.report.wording import bounds, paragraphs, plural

if TYPE_CHECKING:
    from eidos.engine.model.jsonvalue import Json

_TITLES = (
    *("Pack", "Version", "Digest", "Origin", "Rule", "Severity", "Scope", "Title"),
    *("Requires", "Reads", "Controls", "Params"),
)


def listing(packs: Sequence[ListedPack], out: TextIO, rendering: Rendering) -> None:
    """Write each pack and a line for each of its rules; verbose adds facts and controls."""
    for each in packs:
        pack = each.pack
        about = f"{pack.name} {pack.version} ({each.origin}): {plural(len(pack.rules), 'rule')}"
        out.write(_line(f"{about}; {pack.digest}"))
        rows = [
            (f"  {one_line(rule.id)}", rule.severity, rule.scope, one_line(rule.title))
            for rule in pack.rules
        ]
        if rows and not rendering.verbose:
            write_columns(rows, out)
        for rule in pack.rules if rendering.verbose else ():
            out.writelines(f"  {line}" for line in _brief(rule))


def _brief(rule: Rule) -> Iterator[str]:
    yield _line(f"{rule.id} {rule.severity} {rule.scope} {rule.title}")
    for name, values in _facts(rule):
        if values:
            yield _line(f"  {name:<9} {', '.join(values)}")


def _facts(rule: Rule) -> list[tuple[str, list[str]]]:
    return [
        ("requires", list(map(str, rule.requires))),
        ("reads", list(map(str, rule.reads))),
        ("tables", sorted(rule.tables)),
        ("controls", [f"{each.framework} {each.id}" for each in rule.controls]),
        ("tags", list(rule.tags)),
        ("params", [f"{name} = {json_line(value)}" for name, value in sorted(rule.params.items())]),
    ]


def whole(packs: Sequence[ListedPack], out: TextIO, _rendering: Rendering) -> None:
    """Write everything that rules say of themselves."""
    for each in packs:
        for rule in each.pack.rules:
            out.writelines(map(_line, _whole(each, rule)))


def _whole(each: ListedPack, rule: Rule) -> Iterator[str]:
    yield f"{rule.id} {rule.title}"
    yield f"  pack      {each.pack.name} {each.pack.version} ({each.origin})"
    yield f"  file      {rule.modules[0].file}:{rule.line}"
    yield f"  severity  {rule.severity}"
    yield f"  scope     {rule.scope}"
    for name, values in _facts(rule):
        if name != "params" and values:
            yield f"  {name:<9} {', '.join(values)}"
    for name, spec in sorted(rule.param_specs.items()):
        kind = ", ".join([spec.type or "any", *bounds(spec)])
        yield f"  param     {name} = {json_line(rule.params.get(name))} ({kind})"
        if spec.description:
            yield f"              {spec.description}"
    for title, text in (("about", rule.description), ("remedy", rule.remediation)):
        for line, is_command in paragraphs(text):
            yield f"  {title:<9} {'    ' if is_command else ''}{line}"
    for reference in rule.references:
        yield f"  see       {reference}"


def _line(text: str) -> str:
    return disarmed(one_line(text)) + "\n"


def _rows(packs: Sequence[ListedPack]) -> Iterator[tuple[object, ...]]:
    for each in packs:
        pack = each.pack
        for rule in pack.rules:
            facts = {name: "; ".join(values) for name, values in _facts(rule)}
            yield (
                *(pack.name, pack.version, pack.digest, each.origin),
                *(rule.id, rule.severity, rule.scope, rule.title),
                *(facts[name] for name in ("requires", "reads", "controls", "params")),
            )


csv = csv_of(_TITLES, _rows)
"""Write a row for each rule."""


def json(packs: Sequence[ListedPack], out: TextIO, _rendering: Rendering) -> None:
    """Write everything but sources; ``schemas/policy-list/v1.schema.json`` describes it."""
    write_document(out, "PolicyList", packs=[_pack(each) for each in packs])


def _pack(each: ListedPack) -> "Json":
    pack = each.pack
    return {
        "name": pack.name,
        "version": pack.version,
        "digest": pack.digest,
        "origin": each.origin,
        "description": pack.description,
        "replaces": [*pack.replaces],
        "rules": [_rule(rule) for rule in pack.rules],
    }


def _rule(rule: Rule) -> "Json":
    return {
        "id": rule.id,
        "title": rule.title,
        "severity": rule.severity.value,
        "scope": rule.scope.value,
        "package": rule.package,
        "file": rule.modules[0].file,
        "line": rule.line,
        "digest": rule.digest,
        "description": rule.description,
        "remediation": rule.remediation,
        "requires": [str(path) for path in rule.requires],
        "reads": [str(path) for path in rule.reads],
        "tables": [*sorted(rule.tables)],
        "controls": [{"framework": each.framework, "id": each.id} for each in rule.controls],
        "tags": [*rule.tags],
        "references": [*rule.references],
        "params": {
            name: known(
                value=rule.params.get(name),
                type=spec.type or None,
                values=[*spec.values] or None,
                minimum=spec.minimum,
                maximum=spec.maximum,
                items=spec.items,
                format=spec.format,
                description=spec.description or None,
            )
            for name, spec in sorted(rule.param_specs.items())
        },
    }
