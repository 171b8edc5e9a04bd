"""What kind of cluster it is: by facts, by a file, by options, in the catalog's own words."""

from collections.abc import Iterable, Mapping, Sequence

from eidos.engine.errors import Problem, UsageError
from eidos.engine.model.nearest import nearest
from eidos.engine.model.recipe import ANYTHING, Criterion, Dimension, Evidence
from eidos.engine.model.rule import CRITERION, EXCLUDE
from eidos.engine.model.verdict import Finding, Verdict

OPTIONS = ("service", "accelerator", "os", "intent", "platform")
"""Dimensions with an option of their own; a site's catalog may have any others."""


def option(name: str, *values: str) -> str:
    """Write how a criterion is given on the command line: ``--os ubuntu|ol``."""
    choice = "|".join(values)
    return f"--{name} {choice}" if name in OPTIONS else f"--criterion {name}={choice}"


def read_value(dimension: Dimension, text: str) -> str | None:
    """Give the value that a word means; None for one that leaves it open (``any``).

    Raises:
        UsageError: it means nothing in this dimension.
    """
    said = text.strip().lower()
    if said in ANYTHING or (dimension.is_count and said == "0"):
        return None
    if dimension.is_count:
        if not said.isdecimal():
            raise UsageError(f"{dimension.name} is {text!r}, and must be a whole number")
        return str(int(said))
    value = dimension.aliases.get(said, said)
    if value not in dimension.values:
        raise UsageError(
            f"there is no {dimension.name} {text!r}",
            hint=nearest(said, sorted({*dimension.values, *dimension.aliases})),
        )
    return value


def stated(
    dimensions: Mapping[str, Dimension], said: Mapping[str, str], origin: str
) -> dict[str, Criterion]:
    """Give criteria that somebody states.

    Raises:
        UsageError: a dimension or value does not exist; says all that is wrong.
    """
    found: dict[str, Criterion] = {}
    wrong: list[Problem] = []
    for name, text in said.items():
        if name not in dimensions:
            hint = nearest(name, dimensions)
            wrong.append(Problem(f"there is no criterion {name!r}", hint, None, UsageError.code))
            continue
        try:
            value = read_value(dimensions[name], text)
        except UsageError as error:
            wrong.append(error.problem)
            continue
        if value is not None:
            found[name] = Criterion(name, value, origin)
    if wrong:
        raise UsageError.joined(wrong)
    return found


def observed(verdicts: Iterable[Verdict], level: str = CRITERION) -> dict[str, list[Criterion]]:
    """Give what rules read out of facts, by dimension; of two values each is there.

    Args:
        verdicts: of rules that select.
        level: `CRITERION`, or ``prefer`` for what is taken where nobody says.
    """
    found: dict[str, dict[str, list[Finding]]] = {}
    for finding in _findings(verdicts, level):
        values = found.setdefault(str(finding.key), {})
        values.setdefault(str(finding.expected), []).append(finding)
    origin = "fact" if level == CRITERION else "default"
    return {
        name: [
            Criterion(name, value, origin, said[0].msg, _evidence(said))
            for value, said in values.items()
        ]
        for name, values in found.items()
    }


def excluded(verdicts: Iterable[Verdict]) -> dict[str, tuple[str, str]]:
    """Give the overlays that rules leave out: why, and which rule says so."""
    return {
        str(finding.key): (finding.msg, verdict.rule)
        for verdict in verdicts
        for finding in verdict.findings
        if finding.level == EXCLUDE
    }


def _findings(verdicts: Iterable[Verdict], level: str) -> Iterable[Finding]:
    return (each for verdict in verdicts for each in verdict.findings if each.level == level)


def _evidence(said: Sequence[Finding]) -> tuple[Evidence, ...]:
    return tuple(Evidence(each.path, each.actual) for each in said if each.path)


def combined(
    said: Mapping[str, Criterion],
    facts: Mapping[str, Sequence[Criterion]],
    preferred: Mapping[str, Sequence[Criterion]],
    *,
    forced: bool = False,
) -> tuple[Criterion, ...]:
    """Join what is stated and what facts show, in the order of their names.

    Args:
        said: by options or a file.
        facts: as `observed` gives them.
        preferred: what holds where neither says anything.
        forced: what is stated goes before facts that contradict it, and the recipe says so.

    Raises:
        UsageError: facts contradict what is stated, or each other; says all of it.
    """
    found: dict[str, Criterion] = {}
    wrong: list[Problem] = []
    for name in sorted({*said, *facts, *preferred}):
        shown = facts.get(name, ())
        if name in said:
            found[name] = _against(said[name], shown, wrong, forced=forced)
        elif shown or preferred.get(name):
            values = shown or preferred[name]
            found[name] = values[0]
            if len(values) > 1:
                wrong.append(_split(name, values))
    if wrong:
        raise UsageError.joined(wrong)
    return tuple(found.values())


def _against(
    said: Criterion, shown: Sequence[Criterion], wrong: list[Problem], *, forced: bool
) -> Criterion:
    """Hold what is stated against facts; one of several values that they show will do."""
    others = tuple(each.value for each in shown if each.value != said.value)
    agreeing = [each for each in shown if each.value == said.value]
    if others and not agreeing and not forced:
        wrong.append(
            Problem(
                f"{said.dimension} {said.value} is asked for, and facts say "
                f"{', '.join(others)}: {shown[0].because}",
                f"Leave {option(said.dimension, said.value)} out, or add --force; the recipe will "
                "say so.",
                None,
                UsageError.code,
            )
        )
    evidence = agreeing[0].evidence if agreeing else ()
    because = agreeing[0].because if agreeing else ""
    return Criterion(said.dimension, said.value, said.origin, because, evidence, others)


def _split(name: str, values: Sequence[Criterion]) -> Problem:
    said = "; ".join(f"{each.value} ({each.because})" for each in values)
    return Problem(
        f"facts show more than one {name}: {said}",
        f"Say which one the recipe is for: {option(name, values[0].value)}",
        None,
        UsageError.code,
    )
