"""What tests ask a rule: its module, made to tell, and what it told; an engine that listens."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from eidos.engine.digest import canonical
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Module, Rule
from eidos.engine.ports import Answer, Job, ModuleFacts, RegoEngine
from eidos.engine.records import dataclass
from eidos.engine.rego.opa.reading import Parsed

_MARK: Final = "eidos-evidence"
_OWN: Final = "__asked"
"""How the names of a rule end that was put behind one that tells."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a rule was asked by a test."""

    input: Json
    params: Json
    tables: Json
    now_ns: int

    @property
    def key(self) -> bytes:
        """The same for the same question; the time counts only where a test sets it."""
        return canonical([self.input, self.params, self.tables])


def telling(rule: Rule, module: Parsed) -> str:
    """Give a module whose rules print what they are asked."""
    names = {entry.path.rpartition(".")[2] for entry in rule.entrypoints}
    names |= {"applicable"} if rule.has_applicable else set()
    source = _renamed(module, names)
    tables = json.dumps(sorted(rule.tables))
    told = (
        f'print("{_MARK}", json.marshal([x | x := input]), json.marshal([x | x := data.params]), '
        f"json.marshal([{{k: v | some k in {tables}; v := data.tables[k]}}]), time.now_ns())"
    )
    for name in sorted(names):
        if name == "applicable":
            source += f"\n\n{name} := v if {{\n\t{told}\n\tv := {name}{_OWN}\n}}\n"
        else:
            source += f"\n\n{name} contains f if {{\n\t{told}\n\tsome f in {name}{_OWN}\n}}\n"
    return source


def _renamed(module: Parsed, names: Iterable[str]) -> str:
    """Put other names in the heads of rules, from behind, so that no place moves."""
    lines = module.module.source.split("\n")
    heads = [_head(rule) for rule in module.rules if str(_head(rule)["value"]) in set(names)]
    places = {
        (e["location"]["row"] - module.shift, e["location"]["col"]): e["value"] for e in heads
    }
    for (row, column), name in sorted(places.items(), reverse=True):
        line, start = lines[row - 1], column - 1
        if line.startswith(name, start):
            lines[row - 1] = f"{line[:start]}{name}{_OWN}{line[start + len(name) :]}"
    return "\n".join(lines)


def _head(rule: Any) -> Any:  # noqa: ANN401 -- a node
    return rule["head"]["ref"][0]


def told(prints: str) -> Iterator[Evidence]:
    """Read what telling rules printed."""
    decoder = json.JSONDecoder()
    for line in prints.splitlines():
        _, mark, rest = line.partition(f"{_MARK} ")
        values: list[Any] = []
        while mark and rest:
            try:
                value, end = decoder.raw_decode(rest)
            except ValueError:
                break
            values.append(value)
            rest = rest[end:].lstrip()
        if len(values) == 4:  # noqa: PLR2004 -- as `telling` prints
            (given, params, tables), now = values[:3], values[3]
            yield Evidence(_first(given), _first(params) or {}, _first(tables) or {}, now)


def _first(values: Sequence[Json]) -> Json:
    return values[0] if values else None


class ListeningEngine:
    """An engine that notes what it is asked.

    Args:
        engine: answers.
    """

    def __init__(self, engine: RegoEngine) -> None:
        self._engine = engine
        self._jobs: list[Job] = []

    def heard(self, rule: Rule) -> list[Evidence]:
        """Give what a rule of a pack was asked so far."""
        asked = (each for each in self._jobs if each.asks[-1].query == rule.entrypoints[-1].path)
        return [
            Evidence(
                each.asks[-1].input,
                each.program.data.get("params", {}),
                each.program.data.get("tables", {}),
                each.now_ns,
            )
            for each in asked
        ]

    @property
    def name(self) -> str:
        """That of the engine."""
        return self._engine.name

    @property
    def version(self) -> str:
        """That of the engine."""
        return self._engine.version

    def analyse(self, modules: Sequence[Module], *, v0: bool | None = None) -> list[ModuleFacts]:
        """Read modules as the engine does."""
        return self._engine.analyse(modules, v0=v0)

    def prepare(self, jobs: Iterable[Job]) -> None:
        """Pass it on."""
        self._engine.prepare(jobs)

    def expect(self, jobs: Iterable[Job]) -> None:
        """Pass it on."""
        self._engine.expect(jobs)

    def evaluate(self, jobs: Iterable[Job]) -> Iterator[Answer]:
        """Note the jobs, and have them answered."""
        asked = list(jobs)
        self._jobs += asked
        return self._engine.evaluate(asked)

    def close(self) -> None:
        """Leave the engine open: whoever opened it closes it."""
