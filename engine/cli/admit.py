"""``eidos admit``."""

import sys
from dataclasses import replace
from typing import Annotated, Literal

import click

from eidos.engine.app.policies import resolve, start_engine
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context, policy_request, tell_relaxations
from eidos.engine.cli.options import (
    Color,
    Database,
    MaxAge,
    Option,
    PolicyOptions,
    Verbose,
    takes,
    writes,
)
from eidos.engine.errors import UsageError
from eidos.engine.model.rule import WEBHOOK
from eidos.engine.packs.finding import ADMISSION as PACK
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import ADMISSION

ANSWERS = "admissionreview"
"""The format of answers to the API server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOptions:
    """What manifests ask for, and what is known beside them."""

    operation: Annotated[
        Literal["create", "update", "delete"],
        Option("--operation", "Operation that manifests stand for."),
    ] = "create"
    namespace: Annotated[
        str,
        Option(
            "-n --namespace", "Namespace of objects that name none, as for kubectl.", metavar="NAME"
        ),
    ] = "default"
    user: Annotated[
        str, Option("--as", "User or service account that deploys the manifests.", metavar="USER")
    ] = ""
    groups: Annotated[
        tuple[str, ...], Option("--as-group", "Group of that user; repeatable.", metavar="GROUP")
    ] = ()
    inventory: Annotated[
        tuple[str, ...],
        Option("--inventory", "Files or folders with all objects of the cluster.", metavar="PATH"),
    ] = ()
    snapshot: Annotated[
        str | None,
        Option("--snapshot", "Facts of the cluster.", metavar="FILE|CLUSTER@now"),
    ] = None
    max_age: MaxAge
    db: Database
    no_record: Annotated[bool, Option("--no-record", "Record nothing.")] = False
    verbose: Verbose = False
    color: Color = "auto"


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE|DIR|GLOB|-]...")
@takes("policy", PolicyOptions)
@writes(ADMISSION)
@takes("asked", ReviewOptions)
def command(
    files: tuple[str, ...],
    policy: PolicyOptions,
    outputs: tuple[str, ...],
    asked: ReviewOptions,
) -> int:
    """Check what is about to be deployed; exit with the decision.

    Manifests and AdmissionReviews are evaluated as the API server would, by the pack 'admission',
    or by the packs and Gatekeeper templates and constraints that you name. Exit codes: 0 admitted,
    1 refused, 2 no answer, 3 incomplete (something is unknown, or no rule applied).
    """
    chosen = parse_outputs(outputs, ADMISSION, files)
    if not files and sys.stdin is not None and sys.stdin.isatty():
        raise UsageError("no manifest is named", hint="Name one: eidos admit deployment.yaml")
    request = policy_request(policy, tell_relaxations(outputs=chosen))
    with open_context(asked.db, policy, record=not asked.no_record) as context:
        packs = request.packs or (PACK,)
        resolved = resolve(replace(request, packs=packs, enforcement_point=WEBHOOK), context)
        start_engine(resolved, context)
        from eidos.engine.app.admit import AdmitRequest, admit  # beside the engine's start
        from eidos.engine.documents.reviews import Making

        making = Making(
            operation=asked.operation.upper(),
            namespace=asked.namespace,
            user=asked.user,
            groups=asked.groups,
        )
        known = AdmitRequest(
            making=making,
            inventory=asked.inventory,
            snapshot=asked.snapshot,
            max_age=asked.max_age,
        )
        found = admit(files or ("-",), resolved, context, known)
    if any(each.format == ANSWERS for each in chosen):  # which say nothing of what is no review
        for problem in found.problems:
            console.say(f"problem: {problem}")
    look = console.rendering(asked.color, verbose=asked.verbose)
    console.show(ADMISSION, found, chosen, look)
    return found.exit_code
