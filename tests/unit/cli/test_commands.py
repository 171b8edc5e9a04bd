"""All commands speak one language."""

from collections.abc import Iterator

import click
import pytest

from eidos.engine.cli import root

TWINS = {"-o": "--output", "-p": "--pack", "-v": "--verbose", "-d": "--data"}
"""Short options, and the long one that each has wherever it is."""


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


COMMANDS = dict(commands(root))


@pytest.mark.parametrize("name", COMMANDS)
def test_short_options_have_one_long_name(name: str) -> None:
    for each in COMMANDS[name].params:
        for short, long in TWINS.items():
            assert short not in each.opts or long in each.opts, each.opts


@pytest.mark.parametrize("name", COMMANDS)
def test_defaults_are_shown_as_they_are_typed(name: str) -> None:
    command = COMMANDS[name]
    context = click.Context(command)
    for each in command.params:
        shown = each.get_default(context)
        if isinstance(each.type, click.Choice) and isinstance(shown, str):
            assert shown == shown.lower(), each.opts
