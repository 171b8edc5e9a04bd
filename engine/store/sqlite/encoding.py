"""Times, rules, verdicts and remarks as the database keeps them, for years to come, and back."""

import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from eidos.engine.digest import address, canonical
from eidos.engine.errors import Location, Problem
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.gate import Gate
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Relaxation
from eidos.engine.model.report import Report, Subject, WaiverNote
from eidos.engine.model.rule import Control, Entrypoint, Module, Param, Rule, Scope, Severity
from eidos.engine.model.snapshot import Collection, CollectorState
from eidos.engine.model.verdict import Finding, Lack, Status, Verdict
from eidos.engine.model.waiver import Revocation, Subjects, Waiver

Item = TypeVar("Item")

_DECODER = msgspec.json.Decoder()
_MILLISECONDS = 1000
_MEAN_PAGE = 64
"""Average page: big enough to be few, small enough to rewrite for one changed node."""


def encoded(value: object) -> bytes:
    """Give the canonical form; file names that are not Unicode are kept as JSON escapes."""
    try:
        return canonical(value)
    except UnicodeEncodeError:
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def text(value: object) -> str:
    """Give the canonical form as text."""
    return encoded(value).decode()


def parsed(written: str) -> Any:  # noqa: ANN401 - JSON of a shape that the caller knows
    """Give the value of a canonical form.

    Raises:
        ValueError: it is JSON of another form, or none.
    """
    try:
        value = _DECODER.decode(written)
    except msgspec.MsgspecError:
        value = json.loads(written)  # takes what is rare, such as numbers of any length
    if text(value) != written:
        raise ValueError("not the canonical form")
    return value


def addressed(value: object) -> str:
    """Give the content address of the canonical form."""
    return address(encoded(value))


def storable(name: str) -> str:
    """Give a text that SQLite takes: what is not Unicode (odd file names) as an escape."""
    return name if name.isascii() else name.encode(errors="backslashreplace").decode()


def pages(items: Sequence[Item], name: Callable[[Item], str]) -> Iterator[Sequence[Item]]:
    """Cut a long list at places that depend on names alone: a change leaves other pages alone."""
    start = 0
    for end, item in enumerate(items, start=1):
        if zlib.crc32(name(item).encode()) % _MEAN_PAGE == 0 or end == len(items):
            yield items[start:end]
            start = end


def milliseconds(moment: datetime) -> int:
    """Give a moment as the database keeps it; one without zone is UTC."""
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(zoned.timestamp() * _MILLISECONDS)


def moment(stored: int) -> datetime:
    """Give a stored moment back."""
    return datetime.fromtimestamp(stored / _MILLISECONDS, UTC)


def last_millisecond(moment: datetime) -> int:
    """Give the last moment that the database can keep by this one: the end of a day is no more."""
    whole = moment.replace(microsecond=moment.microsecond // _MILLISECONDS * _MILLISECONDS)
    return milliseconds(whole)


def readable(stored: int) -> str:
    """Give a stored moment as RFC 3339."""
    return f"{moment(stored):%Y-%m-%dT%H:%M:%SZ}"


def exact(stored: int) -> str:
    """Give a stored moment as RFC 3339, to the millisecond that it is kept to."""
    return moment(stored).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def state_time(timestamp: str | None, started: str) -> int:
    """Give when facts were seen: their timestamp if it is one, else when the run started."""
    try:
        return milliseconds(datetime.fromisoformat(timestamp or started))
    except (OverflowError, ValueError):
        return milliseconds(datetime.fromisoformat(started))


def parts_of_rule(rule: Rule) -> dict[str, tuple[str, bytes]]:
    """Give what a rule shares with others, by address: its modules and tables, with a kind."""
    parts = {
        address(content): (f"rego:{module.file}", content)
        for module in rule.modules
        for content in (module.source.encode(),)
    }
    for name, table in rule.tables.items():
        content = encoded(table)
        parts[address(content)] = (f"table:{name}", content)
    return parts


def encode_rule(rule: Rule) -> dict[str, Json]:
    """Give a rule with its modules and tables by address."""
    # Rules that say nothing of waivers keep the address they always had.
    limited = {} if rule.waivable_days is None else {"waivable_days": rule.waivable_days}
    return {
        **limited,
        "id": rule.id,
        "title": rule.title,
        "severity": rule.severity,
        "scope": rule.scope,
        "package": rule.package,
        "modules": [[module.file, address(module.source.encode())] for module in rule.modules],
        "entrypoints": [[entrypoint.path, entrypoint.level] for entrypoint in rule.entrypoints],
        "digest": rule.digest,
        "has_applicable": rule.has_applicable,
        "reads_time": rule.reads_time,
        "description": rule.description,
        "remediation": rule.remediation,
        "requires": [_encode_fact(fact) for fact in rule.requires],
        "reads": [_encode_fact(fact) for fact in rule.reads],
        "controls": [[control.framework, control.id] for control in rule.controls],
        "tags": list(rule.tags),
        "references": list(rule.references),
        "params": dict(rule.params),
        "param_specs": {name: _encode_param(each) for name, each in rule.param_specs.items()},
        "tables": {name: addressed(table) for name, table in rule.tables.items()},
        "line": rule.line,
        "v0": rule.v0,
    }


def _encode_param(param: Param) -> dict[str, Json]:
    return {
        "default": param.default,
        "type": param.type,
        "values": list(param.values),
        "minimum": param.minimum,
        "maximum": param.maximum,
        "items": param.items,
        "format": param.format,
        "description": param.description,
    }


def decode_rule(document: dict[str, Any], parts: Mapping[str, bytes]) -> Rule:
    """Give the rule back; `parts` is the content of its modules and tables by address."""
    built = {
        "severity": Severity(document["severity"]),
        "scope": Scope(document["scope"]),
        "modules": tuple(Module(file, parts[at].decode()) for file, at in document["modules"]),
        "entrypoints": tuple(Entrypoint(*entry) for entry in document["entrypoints"]),
        "requires": tuple(FactAddress(*fact) for fact in document["requires"]),
        "reads": tuple(FactAddress(*fact) for fact in document["reads"]),
        "controls": tuple(Control(*control) for control in document["controls"]),
        "tags": tuple(document["tags"]),
        "references": tuple(document["references"]),
        "param_specs": {
            name: Param(**{**param, "values": tuple(param["values"])})
            for name, param in document.get("param_specs", {}).items()
        },
        "tables": {name: json.loads(parts[at]) for name, at in document["tables"].items()},
    }
    return Rule(**{**document, **built})


def _encode_fact(fact: FactAddress) -> Json:
    return [fact.type, fact.subtype, fact.key, fact.every_node]


def encode_findings(findings: Sequence[Finding]) -> Json:
    """Give findings; what is empty is left out."""
    return [
        {name: value for name in Finding.__slots__ if (value := getattr(finding, name)) is not None}
        for finding in findings
    ]


def decode_judgement(document: Mapping[str, Any]) -> Verdict:
    """Give what a rule said back, under no memo key."""
    findings = tuple(Finding(**finding) for finding in document["findings"])
    status = Status(document["status"])
    lacks = tuple(Lack(*each) for each in document.get("lacks", ()))
    return Verdict(document["rule"], status, findings, document["reason"], lacks=lacks)


def encode_judgement(verdict: Verdict) -> dict[str, Json]:
    """Give what a rule said, before waivers and enforcement."""
    # What lacks nothing keeps the address it always had.
    lacks: Json = [[storable(each.why), storable(each.fact), each.verb] for each in verdict.lacks]
    return {
        **({"lacks": lacks} if lacks else {}),
        "rule": verdict.rule,
        "status": verdict.status.value,
        "findings": encode_findings(verdict.findings),
        "reason": None if verdict.reason is None else storable(verdict.reason),
    }


def encode_locations(subject: Subject) -> Json:
    """Give where a subject's findings stand; the subject's own file is left out.

    Where the subject itself stands, what it calls itself comes after the place.
    """
    return {
        path: [
            place.file if place.file != subject.file else None,
            place.line,
            place.column,
            place.path,
            *([subject.object] if subject.object and not path else ()),
        ]
        for path, place in subject.locations.items()
    }


def decode_locations(written: dict[str, Any], file: str) -> dict[str, Location]:
    """Give the places back, for a subject of `file`."""
    return {
        path: Location(own or file, line, column, within)
        for path, (own, line, column, within, *_) in written.items()
    }


def decode_object(written: dict[str, Any]) -> str | None:
    """Give what a subject calls itself, of the same."""
    _, _, _, _, *called = written.get("", (None,) * 4)
    return called[0] if called else None


NO_DETAILS: Mapping[str, Json] = {"problems": [], "waiver_notes": [], "prints": []}
"""What a run has to say that has nothing to say. It is not stored, but its address is part of the
link of such runs: what is added to the details is left out where there is none of it."""


def encode_details(report: Report, waivers: Sequence[Json] = ()) -> dict[str, Json]:
    """Give what a report says beyond its subjects.

    Args:
        report: the report.
        waivers: ``[address, place]`` of each waiver that was given.
    """
    details: dict[str, Json] = {
        **NO_DETAILS,
        "problems": [encode_problem(problem) for problem in report.problems],
        "waiver_notes": [encode_note(note) for note in report.waiver_notes],
        "prints": list(report.prints),
    }
    if waivers:  # runs without any keep the address they always had
        details["waivers"] = list(waivers)
    if report.relaxations:
        details["relaxations"] = [encode_relaxation(each) for each in report.relaxations]
    if report.gate.require_askable:
        details["require_askable"] = True
    if report.gate.max_age is not None:
        details["max_age"] = report.gate.max_age
    if report.recipe is not None:
        details["recipe"] = [report.recipe.name, report.recipe.digest]
    if report.replacements:
        details["replaces"] = [list(pack.replaces) for pack in report.packs]
    if any(pack.origin or pack.signer for pack in report.packs):
        details["brought"] = [[pack.origin, pack.signer] for pack in report.packs]
    return details


def decode_gate(fail_on: str, allow_incomplete: int, said: Mapping[str, Any]) -> Gate:
    """Give a run's gate back.

    Args:
        fail_on: severity.
        allow_incomplete: 1 or 0.
        said: the run's details.
    """
    required, max_age = bool(said.get("require_askable")), said.get("max_age")
    return Gate(Severity(fail_on), bool(allow_incomplete), required, max_age)


def encode_problem(problem: Problem) -> Json:
    """Give a problem with its place."""
    return [problem.message, problem.hint, encode_place(problem.location), problem.code]


def decode_problem(written: Sequence[Any]) -> Problem:
    """Give the problem back; the first databases did not keep its code."""
    message, hint, where, *code = written
    return Problem(message, hint, Location(*where) if where else None, *code)


def encode_note(note: WaiverNote) -> Json:
    """Give what was said about a waiver."""
    return [note.waiver, note.rule, note.state, note.message]


def encode_waiver(waiver: Waiver) -> dict[str, Json]:
    """Give a waiver, whole but for its place: the same in another file is the same."""
    later: dict[str, Json] = {
        "tag": waiver.tag,
        "values": list(waiver.values),
        "least": waiver.least,
        "most": waiver.most,
        "revoked": _encode_revocation(waiver.revoked),
    }
    return {
        # What is not said is left out: waivers keep the address that the first databases gave.
        **{name: value for name, value in later.items() if value not in (None, [])},
        "id": waiver.id,
        "rule": waiver.rule,
        "owner": waiver.owner,
        "approver": waiver.approver,
        "reason": waiver.reason,
        "until": waiver.until.isoformat(),
        "since": waiver.since.isoformat() if waiver.since else None,
        "ticket": waiver.ticket,
        "subjects": waiver.subjects.said,
        "value": waiver.value,
        "has_value": waiver.has_value,
    }


def _encode_revocation(revoked: Revocation | None) -> Json:
    return [revoked.at.isoformat(), revoked.by, revoked.reason] if revoked else None


def decode_waiver(written: Mapping[str, Any], place: Sequence[Any] | None = None) -> Waiver:
    """Give the waiver back; the first databases kept its place with it."""
    since, place = written["since"], written.get("location", place)
    revoked = written.get("revoked")
    built = {
        "until": datetime.fromisoformat(written["until"]),
        "since": datetime.fromisoformat(since) if since else None,
        "subjects": Subjects.read(written["subjects"]),
        "values": tuple(written.get("values", ())),
        "revoked": Revocation(datetime.fromisoformat(revoked[0]), *revoked[1:])
        if revoked
        else None,
        "location": Location(*place) if place else None,
    }
    return Waiver(**{**written, **built})


def encode_place(place: Location | None) -> Json:
    """Give a place in a document."""
    return [place.file, place.line, place.column, place.path] if place else None


def encode_relaxation(relaxation: Relaxation) -> Json:
    """Give what relaxed the gate, with its place."""
    place = relaxation.origin
    return [relaxation.setting, relaxation.value, place.file, place.line]


def decode_relaxation(written: Sequence[Any]) -> Relaxation:
    """Give the relaxation back."""
    setting, value, file, line = written
    return Relaxation(setting, value, Location(file, line))


def encode_collection(entry: Collection) -> list[Json]:
    """Give how a collector ended, without how long it took."""
    return [
        entry.type,
        entry.status,
        entry.subtype,
        entry.node,
        entry.reason,
        list(entry.keys),
    ]


def decode_collection(written: Sequence[Any], duration_ms: float | None) -> Collection:
    """Give the entry back."""
    type_, status, subtype, node, reason, keys = written
    return Collection(
        type_, CollectorState(status), subtype, node, reason, tuple(keys), duration_ms
    )
