"""``eidos facts``: options, one call, a rendering, the exit code."""

from typing import Annotated

import click
from click.shell_completion import CompletionItem

from eidos.engine.app.facts import facts, told
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import Lenient, Option, takes, writes
from eidos.engine.errors import UsageError
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import FACTS


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsOptions:
    """Whose rules, and of which node."""

    node: Annotated[
        str | None, Option("--node", "Only what the snapshot says of this node.", metavar="NAME")
    ] = None
    packs: Annotated[
        tuple[str, ...],
        Option(
            "-p --pack",
            "Take rule names from these packs; default: all shipped packs.",
            metavar="NAME|DIR",
        ),
    ] = ()
    lenient: Lenient = False


def _complete(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from eidos.engine.vocabulary import vocabulary

    known = vocabulary().known_facts()
    return [CompletionItem(name) for name in known if name.startswith(incomplete.lower())]


@click.command("facts")
@click.argument(
    "path", required=False, metavar="[FACT|SUBTYPE|GLOB|WORD]", shell_complete=_complete
)
@click.argument("snapshot", required=False, metavar="[SNAPSHOT]")
@takes("asked", FactsOptions)
@writes(FACTS)
def command(
    path: str | None, snapshot: str | None, asked: FactsOptions, outputs: tuple[str, ...]
) -> None:
    """List and search the facts that rules can use; show their values in a snapshot.

    A single fact is described in full: what it is, what it means, what collects it and since when,
    and which rules read it. With a snapshot (a file, '-', 'run:ID', 'CLUSTER@TIME'), its values are
    shown with file and line.
    """
    chosen = parse_outputs(outputs, FACTS)
    if asked.node is not None and snapshot is None:
        hint = "Name it after the fact: eidos facts gpu.smi snapshot.yaml --node NAME"
        raise UsageError("--node is about a snapshot, and none is named", hint=hint)
    with open_context() as context:
        found = facts(path, asked.packs, context)
        if snapshot is not None:
            item = context.reader(lenient=asked.lenient).one(snapshot)
            found = told(found, item, asked.node)
    console.show(FACTS, found, chosen)
    if snapshot is not None and not found:
        console.say(f"{snapshot} has none of these facts")
