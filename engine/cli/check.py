"""``eidos check``."""

import sys
from dataclasses import replace
from typing import Annotated

import click

from eidos.engine.app.policies import resolve, start_engine
from eidos.engine.cli import console, progress
from eidos.engine.cli.opening import open_context, policy_request, tell_relaxations
from eidos.engine.cli.options import (
    Color,
    Database,
    Lenient,
    MaxAge,
    Option,
    PolicyOptions,
    Verbose,
    takes,
    writes,
)
from eidos.engine.documents.formats.naming import FORMATS
from eidos.engine.errors import UsageError
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import REPORT

_PARSER = click.Choice(FORMATS)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """What is read and written, and how."""

    recipe: Annotated[
        str | None,
        Option("--recipe", "Also compare clusters with this recipe.", metavar="FILE"),
    ] = None
    max_age: MaxAge
    db: Database
    no_record: Annotated[bool, Option("--no-record", "Record nothing.")] = False
    no_memo: Annotated[
        bool,
        Option("--no-memo", "Do not reuse earlier verdicts: same report, but slow."),
    ] = False
    lenient: Lenient = False
    verbose: Verbose = False
    color: Color = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainOptions:
    """What only plain (conftest) rules take, under conftest's names."""

    data: Annotated[
        tuple[str, ...],
        Option("-d --data", "Data for plain rules: YAML, JSON, or folders.", metavar="PATH"),
    ] = ()
    namespaces: Annotated[
        tuple[str, ...],
        Option("-n --namespace", "Only plain rules of these packages; globs.", metavar="NAME"),
    ] = ()
    all_namespaces: Annotated[
        bool, Option("--all-namespaces", "Evaluate plain rules of every package; the default.")
    ] = False
    combine: Annotated[
        bool, Option("--combine", "Pass all documents to plain rules as one list.")
    ] = False
    parser: Annotated[
        str | None,
        Option("--parser", "Format of the files, whatever their names.", type=_PARSER),
    ] = None

    @property
    def asked_namespaces(self) -> tuple[str, ...]:
        """The globs of packages; none means all."""
        return () if self.all_namespaces else self.namespaces


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE|DIR|GLOB|REFERENCE|-]...")
@takes("policy", PolicyOptions, {"exclude": "--exclude --exclude-rule"})
@takes("plain", PlainOptions)
@writes(REPORT, setting="output")
@takes("asked", CheckOptions)
def command(
    files: tuple[str, ...],
    policy: PolicyOptions,
    plain: PlainOptions,
    outputs: tuple[str, ...],
    asked: CheckOptions,
) -> int:
    """Check snapshots against policy; exit with the decision.

    Snapshots are files, or recorded ones: run:ID, snapshot:DIGEST, CLUSTER@TIME. Plain conftest
    policies check any YAML or JSON. Exit codes: 0 passed, 1 failed, 2 no answer, 3 incomplete (a
    required fact is unknown, or nothing was judged).
    """
    chosen = parse_outputs(outputs, REPORT, files)
    if not files and sys.stdin is not None and sys.stdin.isatty():
        hint = "Take one, then name it: eidos snapshot -o snapshot.yaml, eidos check snapshot.yaml"
        raise UsageError("no document is named", hint=hint)
    request = policy_request(policy, tell_relaxations(outputs=chosen))
    with (
        open_context(
            asked.db, policy, record=not asked.no_record, remembers=not asked.no_memo
        ) as context,
        progress.shown("judging", context.tally),
    ):
        resolved = resolve(
            replace(
                request,
                data=plain.data,
                namespaces=plain.asked_namespaces,
                recipe=asked.recipe,
                gate=replace(request.gate, max_age=asked.max_age),
            ),
            context,
        )
        start_engine(resolved, context)
        from eidos.engine.app.check import check  # its readers are imported beside the start

        report = check(
            files or ("-",),
            resolved,
            context,
            lenient=asked.lenient,
            parser=plain.parser,
            combine=plain.combine,
        )
    look = console.rendering(asked.color, verbose=asked.verbose)
    console.show(REPORT, report, chosen, look)
    return report.exit_code
