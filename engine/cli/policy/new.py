"""``eidos policy new``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import click

from eidos.engine.app.policy_new import NewRule, new_pack, new_rule
from eidos.engine.cli import Group, console
from eidos.engine.cli.options import Option, takes
from eidos.engine.model.rule import Scope, Severity
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOptions:
    """What a new rule is like."""

    fact: Annotated[str, Option("--fact", "The fact that the rule reads.", metavar="FACT")] = (
        "gpu.smi.driver"
    )
    id: Annotated[
        str | None,
        Option("--id", "Id of the rule; default: the pack's next free one.", metavar="ID"),
    ] = None
    title: Annotated[str | None, Option("--title", "Title: what must hold.", metavar="TEXT")] = None
    severity: Annotated[Severity, Option("--severity", "Severity of a violation.")] = (
        Severity.MEDIUM
    )
    scope: Annotated[
        Literal["node", "cluster"],
        Option("--scope", "Whether it is evaluated per node or per cluster."),
    ] = "node"


def _rule(name: str, asked: RuleOptions) -> NewRule:
    return NewRule(
        name=name,
        fact=asked.fact,
        id=asked.id,
        title=asked.title,
        severity=Severity(asked.severity),
        scope=Scope(asked.scope),
    )


def _tell(files: Sequence[Path], folder: Path) -> None:
    for path in files:
        console.put(str(path))
    console.say(f"Complete {files[-3]}, then run:")
    console.say(f"  eidos policy test {folder} --coverage")


@click.group("new", cls=Group)
def command() -> None:
    """Start a pack, or a rule in a pack, with tests that pass. Files that are there stay."""


@command.command()
@click.argument("name")
@click.option(
    "-o",
    "--output",
    "parent",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    metavar="DIR",
    help="Folder to create it in; default: the working directory.",
)
@click.option(
    "--rule", "rule", default="value_allowed", show_default=True, help="Name of its first rule."
)
@takes("asked", RuleOptions)
def pack(name: str, parent: Path, rule: str, asked: RuleOptions) -> None:
    """Create the pack NAME with one rule, its test and its cases."""
    _tell(new_pack(name, parent, _rule(rule, asked)), parent / name)


@command.command("rule")
@click.argument("name")
@click.option(
    "-p",
    "--pack",
    "folder",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="DIR",
    help="The pack; default: the working directory.",
)
@takes("asked", RuleOptions)
def rule_(name: str, folder: Path, asked: RuleOptions) -> None:
    """Create the rule NAME in a pack, with its test and its cases."""
    _tell(new_rule(folder, _rule(name, asked)), folder)
