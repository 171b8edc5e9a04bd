"""conftest's exceptions: what a plain rule finds does not count where ``exception`` names it."""

from collections.abc import Iterable, Sequence

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import EXCEPTION, Rule
from eidos.engine.ports import Undefined


def exception_of(rule: Rule, values: Sequence[Json | Undefined]) -> str | None:
    """Say which exception a document makes from a rule; None where it makes none.

    Args:
        rule: what was asked.
        values: the answers, one for each of its entrypoints.
    """
    for entry, value in zip(rule.entrypoints, values, strict=True):
        if entry.level == EXCEPTION and any(
            _name(rule) in _entries(each) for each in _entries(value)
        ):
            return f"{entry.path} names {_name(rule)!r}"
    return None


def _name(rule: Rule) -> str:
    """Give the name that exceptions know a rule by: what follows ``deny_``; ``deny`` has none."""
    return rule.entrypoints[0].path.rpartition(".")[2].partition("_")[2]


def _entries(value: Json | Undefined) -> Iterable[Json]:
    """Give what ``value[_]`` gives in Rego."""
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
