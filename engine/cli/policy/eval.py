"""``eidos policy eval``."""

import sys
from typing import Annotated, Literal

import click

from eidos.engine.app.policy_eval import OPA_FORMATS, TEXT, EvalRequest, policy_eval
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import LocalEngineOptions, Option, takes
from eidos.engine.errors import ExitCode, UsageError
from eidos.engine.records import dataclass
from eidos.engine.report.escaping import tabbed
from eidos.engine.report.explanation import write_json, write_text


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalOptions:
    """What a query may see, and how its answer is shown."""

    data: Annotated[
        tuple[str, ...],
        Option("-d --data", "Policy or data: a file or a folder.", metavar="PATH"),
    ] = ()
    packs: Annotated[
        tuple[str, ...],
        Option("-p --pack", "A pack, with the library and its tables.", metavar="NAME|DIR"),
    ] = ()
    input: Annotated[
        str | None, Option("-i --input", "The input: YAML or JSON.", metavar="FILE|-")
    ] = None
    rule: Annotated[
        str | None,
        Option(
            "--rule",
            "Rule of the packs: use its parameters, and the part of a snapshot that it sees.",
            metavar="ID",
        ),
    ] = None
    node: Annotated[
        str | None,
        Option("--node", "Node to ask about, if the input is a snapshot.", metavar="NAME"),
    ] = None
    form: Annotated[
        str | None,
        Option(
            "-o --output --format",
            "Output format; default: json, or text with --explain.",
            type=click.Choice([*OPA_FORMATS, TEXT]),
        ),
    ] = None
    explain: Annotated[
        bool,
        Option(
            "--explain", "Show which bodies held, where others stopped, and which facts were read."
        ),
    ] = False
    profile: Annotated[bool, Option("--profile", "Show how long each expression took.")] = False
    fail: Annotated[
        Literal["undefined", "defined"] | None,
        Option("--fail", "Exit with 1 if the result is undefined (or defined)."),
    ] = None
    strict: Annotated[
        bool, Option("--strict-builtin-errors", "Treat an error in a built-in function as fatal.")
    ] = False
    v0: Annotated[bool, Option("--v0", "Policy and query are written in Rego v0.")] = False
    timeout: Annotated[float, Option("--timeout", "End the evaluation after this time.")] = 30.0


@click.command()
@click.argument("query", required=False)
@takes("asked", EvalOptions)
@takes("engine", LocalEngineOptions)
def command(query: str | None, asked: EvalOptions, engine: LocalEngineOptions) -> ExitCode:
    """Evaluate a Rego QUERY as 'opa eval' does, in the same formats.

    Policy runs with limits on memory and time, an empty environment, and no network requests. With
    --rule no query is needed. Exit codes: 0, 1 for --fail, 2 if there is no answer.
    """
    if asked.explain and (asked.profile or asked.form not in (None, TEXT, "json")):
        raise UsageError("--explain is written as text or json", hint="Ask for one at a time.")
    if asked.timeout <= 0:
        raise UsageError("--timeout must be longer than nothing", hint="Write --timeout 30s")
    if not asked.explain and asked.form == TEXT:
        raise UsageError("text is how --explain is written", hint="Take -o pretty.")
    request = EvalRequest(
        query=query,
        data=asked.data,
        packs=asked.packs,
        input=asked.input,
        rule=asked.rule,
        node=asked.node,
        form=asked.form or "json",
        explain=asked.explain,
        profile=asked.profile,
        strict=asked.strict,
        fail=asked.fail,
        v0=asked.v0,
        timeout=asked.timeout,
    )
    with open_context(engine=engine) as context:
        found = policy_eval(request, context)
    for line in found.said:
        console.say(line)
    if found.explanation is not None:
        write = write_json if asked.form == "json" else write_text
        with console.for_reader():
            write(found.result, found.explanation, sys.stdout)
    elif found.output:
        console.put(found.output if request.form == "json" else tabbed(found.output), nl=False)
    return ExitCode(found.code) if found.code in (0, 1) else ExitCode.NO_ANSWER
