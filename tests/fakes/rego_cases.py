"""OPA's compliance cases, each asked with its full query."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eidos.engine.digest import canonical, digest
from eidos.engine.errors import PolicyError
from eidos.engine.model.rule import Module
from eidos.engine.ports import UNDEFINED, Answer, Ask, Job, Program, RegoEngine
from fakes.real_opa import RealOpa

ANSWERS, REFUSES, DIFFERS = "answers", "refuses", "differs"

_ASKED = "data.eidos_case.answers"


@dataclass(frozen=True)
class Case:
    """One case; `id` is stable."""

    id: str
    modules: tuple[Module, ...]
    data: dict[str, Any]
    input: Any
    want: list[dict[str, Any]] | None
    """Bindings that the query may have; None when it must fail."""
    unordered: bool
    strict: bool
    """Errors of built-in functions are errors, which OPA makes undefined unless asked."""

    @property
    def category(self) -> str:
        """Folder of the case in OPA's suite."""
        return self.id.partition("/")[0]


def read_cases(file: Path) -> Iterator[Case]:
    """Read all cases of a file of JSON lines."""
    seen: Counter[str] = Counter()
    for line in file.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        seen[case["file"]] += 1
        texts = [*case.get("modules", []), _question(case)]
        failing = "want_error_code" in case or "want_error" in case
        yield Case(
            id=f"{case['file'].removesuffix('.json')}.{seen[case['file']]} {case['note']}",
            modules=tuple(Module(f"m{n}.rego", text) for n, text in enumerate(texts)),
            data=case.get("data") or {},
            input=_input(case),
            want=None if failing else case.get("want_result") or [],
            unordered=case.get("sort_bindings", False),
            strict=case.get("strict_error", False),
        )


def _question(case: dict[str, Any]) -> str:
    """Give a module that asks the query of a case and gives its bindings as objects."""
    rows = case.get("want_result") or [{}]
    names = sorted(rows[0])
    bindings = ", ".join(f'"{name}": {name}' for name in names)
    query = case["query"].strip()
    if "input_term" in case and not _is_json(case["input_term"]):
        query += f" with input as {case['input_term']}"
    return f"package eidos_case\n\nanswers := [{{{bindings}}} | {query}]\n"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _input(case: dict[str, Any]) -> Any:
    if "input_term" in case and _is_json(case["input_term"]):
        return json.loads(case["input_term"])
    asked = any("input" in text for text in (case["query"], *case.get("modules", [])))
    return case.get("input", UNDEFINED if asked else {})


def outcomes(engine: RegoEngine, cases: list[Case], now_ns: int) -> dict[str, tuple[str, str]]:
    """Ask an engine all cases: what it does with each, by id, and in which words."""
    found: dict[str, tuple[str, str]] = {}
    jobs: list[Job] = []
    asked: list[Case] = []
    for case in cases:
        if case.input is UNDEFINED and not isinstance(engine, RealOpa):
            found[case.id] = REFUSES, "a job always has an input"
            continue
        try:
            engine.analyse(case.modules)
        except PolicyError as error:
            found[case.id] = _failed(case, error.message)
            continue
        asked.append(case)
        key = digest([[module.source for module in case.modules], case.data])
        jobs.append(Job(Program(key, case.modules, case.data), (Ask(_ASKED, case.input),), now_ns))
    for case, answer in zip(asked, engine.evaluate(jobs), strict=True):
        found[case.id] = _outcome(case, answer)
    return found


def _failed(case: Case, message: str) -> tuple[str, str]:
    wanted = case.want is None and "does not serve" not in message
    return (ANSWERS if wanted else REFUSES), message


def _outcome(case: Case, answer: Answer) -> tuple[str, str]:
    if answer.error is not None:
        return _failed(case, answer.error)
    got: Any = answer.values[0]
    if case.want is None:
        return DIFFERS, f"accepted: {got!r}"[:400]
    if _rows(got, case) == _rows(case.want, case):
        return ANSWERS, ""
    return DIFFERS, f"{got!r} for {case.want!r}"[:400]


def _rows(rows: list[Any], case: Case) -> list[bytes]:
    return sorted({canonical(_normal(row, unordered=case.unordered)) for row in rows})


def _normal(value: Any, *, unordered: bool) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _normal(part, unordered=unordered) for key, part in value.items()}
    if isinstance(value, list):
        parts = [_normal(part, unordered=unordered) for part in value]
        return sorted(parts, key=canonical) if unordered else parts
    return value
