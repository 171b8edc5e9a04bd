"""What a policy would have said of the past; ``schemas/backtest/v1.schema.json`` is of the JSON."""

from collections.abc import Iterator
from typing import TextIO

from eidos.engine.model.history import BackTest, Example, RuleImpact
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.times import written
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.history import rows
from eidos.engine.report.history.timeline import window_json
from eidos.engine.report.jsontext import known, relaxations_json, write_document
from eidos.engine.report.page import styled
from eidos.engine.report.wording import named, plural

_CLUSTERS = 3
"""Clusters that are named of a rule."""


def text(found: BackTest, out: TextIO, rendering: Rendering) -> None:
    """Write what each rule would have found; those that find nothing are counted."""
    out.writelines(disarmed(line) + "\n" for line in _lines(found, rendering))


def _lines(found: BackTest, rendering: Rendering) -> Iterator[str]:
    window = found.window
    against = ", ".join(found.against) or "what was recorded"
    yield one_line(
        f"{', '.join(found.packs)} against {against}, {written(window.since)} to "
        f"{written(window.until)}"
    )
    silent = [each for each in found.rules if not each.failing and not each.examples]
    for rule in found.rules:
        if rule not in silent or rendering.verbose:
            yield from _rule(rule, rendering)
    if silent and not rendering.verbose:
        yield f"{plural(len(silent), 'rule')} would have found nothing, then as now"
    yield (
        f"{plural(found.captures, 'snapshot')}, {plural(found.verdicts, 'verdict')}, "
        f"{found.evaluated} evaluated"
    )
    for each in found.relaxations:
        yield f"{styled(rendering, 'warn', 'relaxed:')} {one_line(str(each))}"
    limit = "" if found.most_new is None else f" (at most {found.most_new} may)"
    yield f"{found.newly} would newly have failed{limit}"


def _rule(each: RuleImpact, rendering: Rendering) -> Iterator[str]:
    change = "added" if each.is_added else "removed" if each.is_removed else each.impact.value
    yield f"{styled(rendering, 'bold', one_line(each.rule))}: {change}"
    if each.first and each.last:
        where = named([one_line(c) for c in each.clusters[:_CLUSTERS]], len(each.clusters))
        yield (
            f"  would have failed on {plural(each.subjects, 'subject')} of {where}, on "
            f"{plural(each.days, 'day')}, first {written(each.first)}, last {written(each.last)}"
        )
    if each.newly or each.no_longer:
        yield f"  newly failing: {each.newly}, no longer failing: {each.no_longer}"
    for waiver, count in each.waived:
        yield f"  waiver {one_line(waiver)} would have covered {plural(count, 'verdict')}"
    for example in each.examples:
        yield f"  for example {_example(example)}"


def _example(each: Example) -> str:
    before, after = (status or "not asked" for status in (each.before, each.after))
    where = one_line(f"{each.cluster}/{each.who.node}" if each.who.node else each.cluster)
    return f"{where} at {written(each.at)}: {before} -> {after} (snapshot:{each.snapshot[7:19]})"


_TITLES = (
    *("RULE", "IMPACT", "CLUSTERS", "SUBJECTS", "DAYS", "FIRST", "LAST", "FAILING"),
    *("NEWLY", "NO LONGER", "WAIVED"),
)


def _rows(found: BackTest) -> Iterator[tuple[object, ...]]:
    for each in found.rules:
        yield (
            *(each.rule, each.impact.value, len(each.clusters), each.subjects, each.days),
            *(each.first, each.last, each.failing, each.newly, each.no_longer),
            sum(count for _, count in each.waived),
        )


table = rows.table(_TITLES, _rows)
csv = rows.csv(_TITLES, _rows)


def json(found: BackTest, out: TextIO, _rendering: Rendering) -> None:
    """Write everything."""
    write_document(
        out,
        "BackTest",
        window=window_json(found.window),
        exitCode=int(found.exit_code),
        packs=list(found.packs),
        against=list(found.against),
        snapshots=found.captures,
        verdicts=found.verdicts,
        evaluated=found.evaluated,
        newly=found.newly,
        rules=list(map(_rule_json, found.rules)),
        **({} if found.most_new is None else {"mostNew": found.most_new}),
        **relaxations_json(found.relaxations),
    )


def _rule_json(each: RuleImpact) -> Json:
    return known(
        rule=each.rule,
        impact=each.impact.value,
        isAdded=each.is_added,
        isRemoved=each.is_removed,
        clusters=list(each.clusters),
        subjects=each.subjects,
        days=each.days,
        first=written(each.first) if each.first else None,
        last=written(each.last) if each.last else None,
        failing=each.failing,
        newly=each.newly,
        noLonger=each.no_longer,
        waived=[{"waiver": waiver, "verdicts": count} for waiver, count in each.waived],
        examples=[
            {
                "cluster": one.cluster,
                "scope": one.who.scope.value,
                "name": one.who.name,
                "at": written(one.at),
                "snapshot": one.snapshot,
                "before": one.before.value if one.before else None,
                "after": one.after.value if one.after else None,
            }
            for one in each.examples
        ],
    )
