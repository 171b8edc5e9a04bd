"""The command line: options, one call into ``eidos.engine.app``, a reporter, an exit code.

No module here decides anything about the domain. Each verb is a file and is imported only when it
is used, because start-up is a feature.
"""

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from eidos.engine import __version__
from eidos.engine.cli import console
from eidos.engine.config import Files, load_settings, unknown_variables
from eidos.engine.errors import EidosError, ExitCode, UsageError

COMMANDS = {
    "admit": "Judge what is about to be deployed: manifests, AdmissionReviews.",
    "bundle": "Render a recipe, if policy lets it through; verify what was rendered.",
    "cache": "Show and clear the snapshots kept for a while.",
    "check": "Judge snapshots by policy packs, record, report.",
    "completion": "Complete commands, options and facts in a shell.",
    "config": "Settings: start a file, show what holds, check it.",
    "diff": "Show what changed between snapshots, and which changes matter.",
    "engine": "Which Rego engine judges; get OPA.",
    "facts": "What facts there are, which rules read them, and their values.",
    "history": "Read back what was recorded.",
    "plugin": "What is plugged in.",
    "policy": "Policy packs: start, test, show, format, bundle them.",
    "recipe": "What should run on a cluster: select, resolve, explain.",
    "snapshot": "Collect, convert and merge snapshots.",
    "validate": "Check that documents are well-formed.",
    "waiver": "Accepted violations: grant, list, revoke, and what comes when they end.",
}
"""Verb to its one-line help; the module ``eidos.engine.cli.<verb>`` offers ``command``."""


COMPLETE_VARIABLE = "_EIDOS_COMPLETE"
"""What a shell asks by how a word goes on; see ``eidos completion``."""
_ELSEWHERE = {"apply": "check", "init": "policy new", "scan": "check", "version": "--version"}
"""What other tools call it."""
_MOST = 4
"""Commands of other groups that are named."""


class Group(click.Group):
    """A group that says of a word which names none of its commands where there is one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb; for one that there is not, name the nearest."""
        name, known = args[0], self.list_commands(ctx)
        if name not in known and not name.startswith("-") and not ctx.resilient_parsing:
            ctx.fail(f"No such command {name!r}. {_meant(name, known, ctx)}")
        return super().resolve_command(ctx, args)


def _meant(name: str, known: list[str], ctx: click.Context) -> str:
    """Name what may be meant: a command of that name elsewhere, an option, or the nearest here."""
    from eidos.engine.model.nearest import nearest

    if f"--{name}" in {flag for each in ctx.command.get_params(ctx) for flag in each.opts}:
        return f"Did you mean '{ctx.command_path} --{name}'?"
    others = [*_named(name, root, ctx.find_root())]
    if not others and name in _ELSEWHERE:
        others = [_ELSEWHERE[name]]
    if not others:
        return nearest(name, known, most=len(known))
    told = " or ".join(f"'eidos {each}'" for each in others[:_MOST])
    return f"Did you mean {told}?"


def _named(name: str, group: click.Group, ctx: click.Context, path: str = "") -> Iterator[str]:
    """Give every command of that name, with the groups that lead to it."""
    if name in group.list_commands(ctx):
        yield f"{path}{name}"
    for each in group.list_commands(ctx):
        inner = group.get_command(ctx, each)
        if isinstance(inner, click.Group):
            yield from _named(name, inner, ctx, f"{path}{each} ")


class LazyGroup(Group):
    """A group whose commands are imported when they are used.

    Args:
        package: where the modules of its commands are.
        verbs: name of each command to what it does.
        subject: the option that a word that names no command is the value of; None refuses it.
    """

    def __init__(
        self,
        *args: Any,  # noqa: ANN401
        package: str,
        verbs: dict[str, str],
        subject: str | None = None,
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kwargs)
        self.package = package
        self.verbs = verbs
        self.subject = subject

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take what comes first and names no command for the subject, which is given once."""
        told = list(args)
        while self.subject and not ctx.resilient_parsing:
            options, words, _ = self.make_parser(ctx).parse_args(list(told))
            if not words or words[0] in self.verbs:
                break
            name = self.subject.lstrip("-")
            if options.get(name) is not None:
                from eidos.engine.model.nearest import nearest

                hint = nearest(str(options[name]), self.verbs) or nearest(words[0], self.verbs)
                raise UsageError(f"more than one {name} is given: {words[0]!r}", hint=hint)
            told = [*told[: len(told) - len(words)], f"{self.subject}={words[0]}", *words[1:]]
        return super().parse_args(ctx, told)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every verb."""
        return sorted({*self.verbs, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb's module."""
        if cmd_name not in self.verbs:
            return super().get_command(ctx, cmd_name)
        module = importlib.import_module(f"{self.package}.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, self.verbs.get(name, "")) for name in self.list_commands(ctx)]
            )


@click.group(
    cls=LazyGroup,
    package="eidos.engine.cli",
    verbs=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="eidos")
@click.option("--debug", is_flag=True, help="Show tracebacks.")
@click.option(
    "--no-config", is_flag=True, help="Ignore configuration files; use environment variables only."
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The user's own configuration; default: EIDOS_CONFIG, or its place below XDG.",
)
@click.option(
    "--trust-project",
    is_flag=True,
    help="Trust the project's eidos.yaml: it may relax the gate and run programs.",
)
@click.pass_context
def root(
    ctx: click.Context, *, debug: bool, no_config: bool, config: Path | None, trust_project: bool
) -> None:
    """Policy-as-code for GPU Kubernetes clusters, with a memory."""
    if no_config and (config or trust_project):
        other = "--config" if config else "--trust-project"
        raise UsageError(f"--no-config and {other} contradict each other", hint="Give one.")
    files = Files(read=not no_config, own=config, trust_project=trust_project)
    ctx.ensure_object(dict).update(debug=debug, files=files)
    for name, hint in unknown_variables(os.environ):
        console.say(f"note: {name} is no variable that eidos reads. {hint}")
    if ctx.invoked_subcommand in {None, "completion", "config", "validate"}:
        return  # a configuration that is wrong must not hide what says so
    ctx.obj["settings"] = load_settings(Path.cwd(), os.environ, files)


def main() -> int:
    """Run the command line with the process' arguments and give the exit code of the table."""
    console.replace_closed_streams()
    asked = os.environ.get(COMPLETE_VARIABLE)
    if asked and len(sys.argv) == 1:  # a shell gives no words; no variable may answer for a gate
        from click.shell_completion import shell_complete

        return shell_complete(root, {}, "eidos", COMPLETE_VARIABLE, asked)
    return console.run(root, sys.argv[1:])


__all__ = [
    "COMMANDS",
    "COMPLETE_VARIABLE",
    "EidosError",
    "ExitCode",
    "Group",
    "LazyGroup",
    "main",
    "root",
]
