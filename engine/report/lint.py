"""What is wrong with policy (``eidos policy lint``)."""

from collections.abc import Iterator
from typing import TextIO
from urllib.parse import quote

from eidos.engine import __version__
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.lint import Level, Linted, LintFinding, LintKind
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import (
    disarmed,
    one_line,
    printable,
    sarif_text,
    xml_attribute,
    xml_text,
)
from eidos.engine.report.github import annotation
from eidos.engine.report.jsontext import dumps, known, location_json, write_document
from eidos.engine.report.page import styled
from eidos.engine.report.placing import content_name
from eidos.engine.report.sarif import SCHEMA, physical
from eidos.engine.report.wording import plural

_STYLES = {Level.ERROR: "error", Level.WARNING: "warn", Level.NOTE: "dim"}
_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def text(linted: Linted, out: TextIO, rendering: Rendering) -> None:
    """Write each finding with its place, then the counts; notes and excuses when verbose."""
    lines = list(_lines(linted, rendering))
    out.writelines(disarmed(line) + "\n" for line in lines)


def _lines(linted: Linted, rendering: Rendering) -> Iterator[str]:
    for finding in linted.findings:
        if _is_shown(finding, verbose=rendering.verbose):
            yield f"{one_line(str(finding.location))}: {_label(rendering, finding)}"
            for below in _below(finding):
                yield f"  {one_line(below)}"
    for lost in linted.unmade:
        yield f"{styled(rendering, 'warn', 'not looked for:')} {one_line(lost)}"
    yield _counts(linted, verbose=rendering.verbose)


def _is_shown(finding: LintFinding, *, verbose: bool) -> bool:
    excused = finding.excuse is not None
    quiet = excused or (finding.kind.level is Level.NOTE and finding.stands)
    return verbose or not quiet


def _label(rendering: Rendering, finding: LintFinding) -> str:
    said = f"{one_line(finding.message)} [{one_line(finding.kind.id)}]"
    if finding.mended is not None:
        return f"{styled(rendering, 'pass', 'mended')} {said}"
    if finding.excuse is not None:
        return f"{styled(rendering, 'waived', 'excused')} {said}"
    level = finding.kind.level
    return f"{styled(rendering, _STYLES[level], level.value)} {said}"


def _below(finding: LintFinding) -> Iterator[str]:
    if finding.excuse is not None:
        yield f"reason: {finding.excuse}"
    elif finding.mended is not None:
        yield finding.mended
    elif finding.hint:
        yield f"hint: {finding.hint}"


def _counts(linted: Linted, *, verbose: bool) -> str:
    if not linted.policies:
        return "nothing to look at: no .rego file is there"
    counted = [plural(linted.counts(Level.ERROR), "error")]
    counted += [plural(linted.counts(Level.WARNING), "warning")]
    notes = linted.counts(Level.NOTE)
    if notes:
        counted.append(plural(notes, "note") + ("" if verbose else " (-v shows them)"))
    for many, word in (
        (sum(each.mended is not None for each in linted.findings), "mended"),
        (sum(each.excuse is not None for each in linted.findings), "excused"),
    ):
        counted += [f"{many} {word}"] if many else []
    return f"{', '.join(counted)} in {plural(linted.files, 'module')}"


# Machines ---------------------------------------------------------------------------------------


def json(linted: Linted, out: TextIO, _rendering: Rendering) -> None:
    """Write everything; ``schemas/lint/v1.schema.json`` describes it."""
    write_document(
        out,
        "Lint",
        exitCode=int(linted.exit_code),
        failOn=linted.fail_on.value if linted.fail_on else None,
        policies=list(linted.policies),
        files=linted.files,
        findings=[_finding(each) for each in linted.findings],
        unmade=list(linted.unmade),
    )


def _finding(finding: LintFinding) -> Json:
    return known(
        id=finding.kind.id,
        level=finding.kind.level.value,
        title=finding.kind.title,
        message=finding.message,
        hint=finding.hint,
        page=finding.kind.page or None,
        location=location_json(finding.location),
        excuse=finding.excuse,
        mended=finding.mended,
    )


def sarif(linted: Linted, out: TextIO, _rendering: Rendering) -> None:
    """Write SARIF 2.1.0: what stands or is excused; what was mended is no result."""
    shown = [each for each in linted.findings if each.mended is None]
    kinds = list(dict.fromkeys(each.kind for each in shown))
    index = {kind.id: number for number, kind in enumerate(kinds)}
    driver: Json = {
        "name": "eidos policy lint",
        "version": __version__,
        "rules": [_sarif_rule(kind) for kind in kinds],
    }
    run: Json = {
        "tool": {"driver": driver},
        "invocations": [_invocation(linted)],
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, index) for each in shown],
    }
    document: Json = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    out.write(dumps(document, indent=2) + "\n")


def _sarif_rule(kind: LintKind) -> Json:
    rule: dict[str, Json] = {
        "id": one_line(kind.id),
        "shortDescription": {"text": one_line(kind.title)},
        "defaultConfiguration": {"level": kind.level.value},
    }
    if kind.page.startswith("https://"):
        rule["helpUri"] = quote(kind.page, safe="/:?#[]@!$&'()*+,;=%~")
    elif kind.page:
        rule["help"] = {"text": f"See {kind.page}"}
    return rule


def _invocation(linted: Linted) -> Json:
    lost: list[Json] = [
        {"level": "warning", "message": {"text": sarif_text(f"not looked for: {each}")}}
        for each in linted.unmade
    ]
    return {
        "executionSuccessful": True,
        "exitCode": int(linted.exit_code),
        "toolExecutionNotifications": lost,
    }


def _result(finding: LintFinding, index: dict[str, int]) -> Json:
    excuse = finding.excuse
    suppression: Json = {
        "kind": "inSource",
        "status": "accepted",
        "justification": printable(excuse or ""),
    }
    place = finding.location
    return {
        "ruleId": one_line(finding.kind.id),
        "ruleIndex": index[finding.kind.id],
        "kind": "fail",
        "level": finding.kind.level.value,
        "message": {"text": sarif_text(_sentence(finding))},
        "locations": [{"physicalLocation": physical(place)}],
        "suppressions": [suppression] if excuse is not None else [],
        "partialFingerprints": {
            "eidos/v1": content_name(finding.kind.id, place.file, finding.message)
        },
    }


def _sentence(finding: LintFinding) -> str:
    return f"{finding.message}. {finding.hint}" if finding.hint else finding.message


def github(linted: Linted, out: TextIO, _rendering: Rendering) -> None:
    """Write an annotation for each finding that stands, at its line; notes are not."""
    for finding in linted.findings:
        if finding.stands and finding.kind.level is not Level.NOTE:
            command, said = _COMMANDS[finding.kind.level], one_line(_sentence(finding))
            out.write(annotation(command, said, finding.location, one_line(finding.kind.id)))
    out.writelines(
        annotation("warning", one_line(f"not looked for: {lost}")) for lost in linted.unmade
    )
    out.write(disarmed(_counts(linted, verbose=True)) + "\n")


def junit(linted: Linted, out: TextIO, _rendering: Rendering) -> None:
    """Write JUnit XML: a case for each finding, and one that fails where the gate closes."""
    cases = [_case(each, linted) for each in linted.findings if each.mended is None]
    closes = linted.exit_code != 0
    failures = sum("<failure" in each for each in cases)
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    counted = f'tests="{len(cases) + 1}" failures="{failures}" errors="{int(closes)}"'
    out.write(f'<testsuites name="eidos policy lint" {counted}>\n')
    out.write(f'  <testsuite name="eidos policy lint" {counted} skipped="0">\n')
    said = _counts(linted, verbose=True)
    inner = f"<error message={xml_attribute(said)}>{xml_text(said)}</error>" if closes else ""
    out.write(f'    <testcase classname="eidos" name="gate" time="0">{inner}</testcase>\n')
    out.writelines(cases)
    out.write("  </testsuite>\n</testsuites>\n")


def _case(finding: LintFinding, linted: Linted) -> str:
    name = f"{finding.location}: {finding.kind.id}"
    file = xml_attribute(finding.location.file)
    least = linted.fail_on
    fails = finding.stands and least is not None and finding.kind.level.rank >= least.rank
    element = "failure" if fails else "system-out"
    said = xml_attribute(finding.message)
    message = f" message={said}" if fails else ""
    body = f"<{element}{message}>{xml_text(_sentence(finding))}</{element}>"
    head = f"<testcase classname={xml_attribute(finding.kind.id)} name={xml_attribute(name)}"
    return f'    {head} file={file} time="0">{body}</testcase>\n'
