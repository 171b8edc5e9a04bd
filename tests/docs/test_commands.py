"""docs/commands.md is what the command line itself says; EIDOS_UPDATE_GOLDEN=1 writes it anew."""

import os
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import click

from eidos.engine.cli import root

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
OPENING = """\
# Commands and options

Every command, as `--help` tells it. `eidos --debug COMMAND` shows a traceback where something
inside eidos broke; `eidos --version` says which eidos it is. Exit codes are the same for all
commands: `0` passed, identical, valid; `1` failed, drift, invalid; `2` no answer; `3` incomplete;
`130` and `143` when interrupted.

Defaults of options can stand in `eidos.yaml` or in variables `EIDOS_*`: see
[configuration](configuration.md). Which files count is said before the command, as in
`eidos --no-config check`:

"""


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """Give every command that does something, by its full name."""
    if not isinstance(command, click.Group):
        yield path, command
        return
    if command.invoke_without_command:
        yield path, command
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from commands(found, f"{path} {name}")


def section(path: str, command: click.Command) -> str:
    """Write what a command takes and does."""
    context = click.Context(command)
    arguments = [p.make_metavar(context) for p in command.params if isinstance(p, click.Argument)]
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    lines = [f"## `{' '.join([path, *arguments])}`", "", _paragraphs(command.help or ""), ""]
    items = [_item(option, context) for option in options]
    return "\n".join([*lines, *items, *([""] if items else [])])


def _paragraphs(text: str) -> str:
    return "\n\n".join(
        textwrap.fill(" ".join(paragraph.split()), 100) for paragraph in re.split(r"\n\s*\n", text)
    )


def _item(option: click.Option, context: click.Context) -> str:
    names = ", ".join([*option.opts, *option.secondary_opts])
    value = "" if option.is_flag else f" {option.make_metavar(context)}"
    return f"- `{names}{value}`" + (f": {option.help}" if option.help else "")


def rendered() -> str:
    """Write the whole page."""
    sections = [section(path, command) for path, command in commands(root, "eidos")]
    context = click.Context(root)
    files = [
        _item(each, context)
        for each in root.params
        if "config" in each.name or "trust" in each.name
    ]
    return "\n".join([OPENING + "\n".join(files) + "\n", *sections]).rstrip() + "\n"


def test_the_page_says_what_the_command_line_says() -> None:
    if os.environ.get("EIDOS_UPDATE_GOLDEN"):
        PAGE.write_text(rendered())
    assert PAGE.read_text() == rendered(), "run again with EIDOS_UPDATE_GOLDEN=1"
