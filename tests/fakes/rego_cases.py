"""OPA's compliance cases as questions to a Rego engine."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eidos.engine.digest import canonical, digest
from eidos.engine.errors import PolicyError
from eidos.engine.model.rule import Module
from eidos.engine.ports import UNDEFINED, Answer, Ask, Job, Program, RegoEngine

_QUERY = re.compile(r"(data[\w.]*) = (?!input\b)([a-z]\w*)")


@dataclass(frozen=True)
class Case:
    """One case; `id` is stable."""

    id: str
    query: str
    modules: tuple[Module, ...]
    data: dict[str, Any]
    input: Any
    want: list[Any] | None
    """Values that the query may have, empty for undefined; None when it must fail."""
    unordered: bool


def read_cases(file: Path) -> Iterator[Case]:
    """Read the cases whose question is one path."""
    seen: Counter[str] = Counter()
    for line in file.read_text().splitlines():
        case = json.loads(line)
        query = _QUERY.fullmatch(case["query"])
        seen[case["file"]] += 1
        if query is None or not _expressible(case):
            continue
        texts = case.get("modules", [])
        modules = tuple(Module(f"m{n}.rego", text) for n, text in enumerate(texts))
        want = None
        if "want_error_code" not in case:
            want = [bindings[query[2]] for bindings in case["want_result"] or []]
        yield Case(
            id=f"{Path(case['file']).stem}.{seen[case['file']]} {case['note']}",
            query=query[1],
            modules=modules,
            data=case.get("data") or {},
            input=_input(case),
            want=want,
            unordered=case.get("sort_bindings", False),
        )


def _expressible(case: dict[str, Any]) -> bool:
    """Tell whether a job can say it: one that has an answer and a JSON input."""
    if "want_result" not in case and "want_error_code" not in case:
        return False
    if "input_term" in case:
        return _is_json(case["input_term"])
    return "input" in case or not any("input" in text for text in case.get("modules", []))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _input(case: dict[str, Any]) -> Any:
    return json.loads(case["input_term"]) if "input_term" in case else case.get("input", {})


def deviations(engine: RegoEngine, cases: list[Case]) -> dict[str, str]:
    """Give what an engine does otherwise, by case."""
    found: dict[str, str] = {}
    jobs: list[Job] = []
    asked: list[Case] = []
    for case in cases:
        try:
            engine.analyse(case.modules)
        except PolicyError as error:
            if case.want is not None:
                found[case.id] = f"refused: {error.message}"
            continue
        asked.append(case)
        key = digest([[module.source for module in case.modules], case.data])
        program = Program(key, case.modules, case.data)
        jobs.append(Job(program, (Ask(case.query, case.input),), now_ns=1))
    for case, answer in zip(asked, engine.evaluate(jobs), strict=True):
        if trouble := _trouble(case, answer):
            found[case.id] = trouble
    return found


def _trouble(case: Case, answer: Answer) -> str | None:
    if answer.error is not None:
        return None if case.want is None else f"error: {answer.error}"
    if case.want is None:
        return f"accepted: {answer.values[0]!r}"
    got = [] if answer.values[0] is UNDEFINED else [answer.values[0]]
    if _plain(got, unordered=case.unordered) == _plain(case.want, unordered=case.unordered):
        return None
    return f"value: {got!r} for {case.want!r}"[:400]


def _plain(value: Any, *, unordered: bool) -> bytes:
    return canonical(_normal(value, unordered=unordered))


def _normal(value: Any, *, unordered: bool) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _normal(part, unordered=unordered) for key, part in value.items()}
    if isinstance(value, list):
        parts = [_normal(part, unordered=unordered) for part in value]
        return sorted(parts, key=canonical) if unordered else parts
    return value
