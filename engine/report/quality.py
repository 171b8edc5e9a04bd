"""How good a pack's tests are (``eidos policy quality``)."""

from collections.abc import Iterator
from typing import TextIO

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.quality import Doubtful, PackQuality, RuleQuality
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.jsontext import known, location_json, write_document
from eidos.engine.report.page import styled
from eidos.engine.report.wording import plural


def text(quality: PackQuality, out: TextIO, rendering: Rendering) -> None:
    """Write each doubt with its place, then the counts; tests and numbers when verbose."""
    out.writelines(disarmed(line) + "\n" for line in _lines(quality, rendering))


def _lines(quality: PackQuality, rendering: Rendering) -> Iterator[str]:
    for doubt in quality.doubts:
        label = styled(rendering, "warn", doubt.doubt.value)
        rule = styled(rendering, "bold", one_line(doubt.rule))
        yield f"{one_line(str(doubt.location))}: {label} {rule} {one_line(doubt.message)}"
        if rendering.verbose and doubt.test:
            yield from (f"    {one_line_tabbed(line)}" for line in doubt.test.splitlines())
    if rendering.verbose:
        yield from (_numbers(rule) for rule in quality.rules)
    if quality.left:
        yield f"not looked at, for the time was over: {one_line(', '.join(quality.left))}"
    yield from _counts(quality)
    if any(doubt.test for doubt in quality.doubts) and not rendering.verbose:
        yield "The missing tests: -v, or -o rego."


def one_line_tabbed(line: str) -> str:
    """Write a line of Rego harmlessly; its tabs are two spaces each."""
    return one_line(line.replace("\t", "  "))


def _numbers(rule: RuleQuality) -> str:
    said = f"{plural(rule.evidence, 'input')} of tests, {rule.variations} made of them"
    noticed = f"{rule.noticed} of {plural(rule.mutants, 'mutant')} noticed"
    alike = f", {rule.alike} say the same" if rule.alike else ""
    return f"{one_line(rule.rule)}: {said}; {noticed}{alike}"


def _counts(quality: PackQuality) -> Iterator[str]:
    rules = quality.rules
    mutants, noticed, alike = (
        sum(getattr(rule, name) for rule in rules) for name in ("mutants", "noticed", "alike")
    )
    doubts = plural(len(quality.doubts), "doubt")
    yield f"{doubts} about {plural(len(rules), 'rule')} of {one_line(', '.join(quality.packs))}"
    if quality.score is not None:
        same = f", {alike} say the same on every input" if alike else ""
        yield f"tests notice {noticed} of {plural(mutants, 'mutant')}{same}: {quality.score:.1f} %"


def json(quality: PackQuality, out: TextIO, _rendering: Rendering) -> None:
    """Write everything; ``schemas/pack-quality/v1.schema.json`` describes it."""
    write_document(
        out,
        "PackQuality",
        exitCode=int(quality.exit_code),
        packs=list(quality.packs),
        seed=quality.seed,
        score=quality.score,
        doubts=[_doubt(each) for each in quality.doubts],
        rules=[_rule(each) for each in quality.rules],
        left=list(quality.left),
    )


def _doubt(doubt: Doubtful) -> Json:
    return known(
        doubt=doubt.doubt.value,
        rule=doubt.rule,
        message=doubt.message,
        location=location_json(doubt.location),
        test=doubt.test,
    )


def _rule(rule: RuleQuality) -> Json:
    return {
        "rule": rule.rule,
        "evidence": rule.evidence,
        "variations": rule.variations,
        "mutants": rule.mutants,
        "noticed": rule.noticed,
        "alike": rule.alike,
    }


def rego(quality: PackQuality, out: TextIO, _rendering: Rendering) -> None:
    """Write the missing tests as one module, to be run beside the pack's own."""
    tests = [doubt.test for doubt in quality.doubts if doubt.test]
    out.write(
        "# Tests that 'eidos policy quality' found missing: each passes on the rule as it is.\n"
    )
    out.write(
        "# Look at each: where it says what nobody wants, the rule is wrong, and not the test.\n"
    )
    out.write("package missing_test\n")
    out.writelines(f"\n{test}" for test in tests)
