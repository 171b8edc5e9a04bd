"""Asking two engines the same, many small cases at a time: where do they differ in silence?

Three things an engine may do with a case are honest: answer as OPA, refuse it at load, or say that
it could not evaluate it. Anything else is a difference. ("unnoticed": a built-in function failed
beside something undefined; the engine looked at that first, and answers as OPA does without strict
errors.)
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from eidos.engine.digest import digest
from eidos.engine.errors import PolicyError
from eidos.engine.model.rule import Module
from eidos.engine.ports import UNDEFINED, Answer, Ask, Job, Program, RegoEngine
from fakes.real_opa import OpaError, RealOpa


@dataclass(frozen=True)
class Question:
    """A case: rules below a common header, of which one is asked."""

    id: str
    rules: tuple[str, ...]
    query: str


@dataclass
class Outcome:
    """What came of a comparison."""

    counts: Counter[str] = field(default_factory=Counter)
    differences: dict[str, str] = field(default_factory=dict)


def compare(
    engine: RegoEngine,
    opa: RealOpa,
    header: str,
    cases: Sequence[Question],
    inputs: Sequence[Any],
    *,
    v0: bool = False,
) -> Outcome:
    """Ask an engine and OPA each case with each input; `v0` says how all of it is written."""
    outcome = Outcome()
    served, refused = _accepted(engine, header, cases)
    outcome.counts["refused"] += len(refused)
    valid, invalid = _accepted(opa, header, served)
    for case in served:
        error = invalid.get(case.id)
        if error is None:
            continue
        if getattr(error, "code", "") == "rego_type_error":
            outcome.counts["typed"] += 1  # OPA's type checker finds at load what others find at run
        else:
            outcome.differences[case.id] = f"OPA refuses: {error.message}\n" + "\n".join(case.rules)
    program = _program(header, valid, v0=v0)
    jobs = [Job(program, (Ask(c.query, i),), 0) for i in inputs for c in valid]
    theirs = list(engine.evaluate(jobs))
    rights = list(opa.evaluate(jobs))
    for number, (answer, right) in enumerate(zip(theirs, rights, strict=True)):
        case = valid[number % len(valid)]
        kind = _kind(answer, right)
        if kind == "unnoticed":
            lenient = opa.lenient(jobs[number])
            kind = "unnoticed" if same(answer.values[0], lenient) else "different"
        outcome.counts[kind] += 1
        if kind == "different":
            rules = "\n".join(case.rules)
            said = f"{_shown(answer)} for OPA's {_shown(right)}"
            outcome.differences[case.id] = f"{said} (input {number // len(valid)})\n{rules}"
    return outcome


def _accepted(
    engine: RegoEngine, header: str, cases: Sequence[Question]
) -> tuple[list[Question], dict[str, PolicyError]]:
    """Give the cases that an engine takes together, and its errors for the others."""
    rest = list(cases)
    refused: dict[str, PolicyError] = {}
    while rest:
        text, owners = _text(header, rest)
        try:
            engine.analyse([Module("gen.rego", text)])
        except PolicyError as error:
            lines = [line for _, line, _ in error.places] if isinstance(error, OpaError) else []
            if error.location and error.location.line:
                lines.append(error.location.line)
            guilty = {owners[line] for line in lines if line in owners}
            if not guilty:  # the engine said no line
                guilty = {case.id for case in rest if not _stands(engine, header, case)}
            for identity in guilty:
                refused[identity] = error
            rest = [case for case in rest if case.id not in guilty]
        else:
            break
    return rest, refused


def _stands(engine: RegoEngine, header: str, case: Question) -> bool:
    try:
        engine.analyse([Module("gen.rego", _text(header, [case])[0])])
    except PolicyError:
        return False
    return True


def _text(header: str, cases: Sequence[Question]) -> tuple[str, dict[int, str]]:
    lines = header.split("\n")
    owners: dict[int, str] = {}
    for case in cases:
        for rule in case.rules:
            for line in rule.split("\n"):
                lines.append(line)
                owners[len(lines)] = case.id
            lines.append("")
    return "\n".join(lines), owners


def _program(header: str, cases: Sequence[Question], *, v0: bool) -> Program:
    text, _ = _text(header, cases)
    return Program(digest(text), (Module("gen.rego", text),), v0=v0)


def _kind(answer: Answer, right: Answer) -> str:
    if answer.error is not None:
        return "both fail" if right.error is not None else "failed"
    if right.error is not None:
        return "unnoticed"
    return "same" if same(answer.values[0], right.values[0]) else "different"


def _shown(answer: Answer) -> str:
    return f"error {answer.error!r}"[:300] if answer.error else repr(answer.values[0])[:300]


def same(one: Any, other: Any) -> bool:
    """Tell whether two answers are the same; 1 and 1.0 are."""
    if one is UNDEFINED or other is UNDEFINED:
        return one is other
    return _plain(one) == _plain(other)


def _plain(value: Any) -> str:
    return json.dumps(_normal(value), sort_keys=True)


def _normal(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _normal(part) for key, part in value.items()}
    return list(map(_normal, value)) if isinstance(value, list) else value
