"""All commands speak one language."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from eidos.engine.cli import console, main, root

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


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("chekc", "No such command 'chekc'. Did you mean 'check'?"),
        ("policy tst", "No such command 'tst'. Did you mean 'test'?"),
        ("--no-config history verfy", "No such command 'verfy'. Did you mean 'verify'?"),
        ("zzzz", "No such command 'zzzz'. Known: admit, bundle, "),
        ("backtest", "No such command 'backtest'. Did you mean 'eidos policy backtest'?"),
        ("history check", "No such command 'check'. Did you mean 'eidos check'?"),
        (
            "lint",
            "No such command 'lint'. Did you mean 'eidos policy lint' or 'eidos recipe lint'?",
        ),
        ("version", "No such command 'version'. Did you mean 'eidos --version'?"),
        ("history version", "No such command 'version'. Did you mean 'eidos --version'?"),
        ("history help", "No such command 'help'. Did you mean 'eidos history --help'?"),
        ("scan", "No such command 'scan'. Did you mean 'eidos check'?"),
        ("policy new acme", "No such command 'acme'. Known: pack, rule."),
    ],
)
def test_the_nearest_command_is_named(
    words: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert console.run(root, words.split()) == 2
    assert f"Error: {told}" in capsys.readouterr().err


def test_every_command_is_named_where_none_is_near(capsys: pytest.CaptureFixture[str]) -> None:
    console.run(root, ["zzzz"])
    assert (
        f"Known: {', '.join(root.list_commands(click.Context(root)))}." in capsys.readouterr().err
    )


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_get_a_script_whatever_the_configuration_says(
    shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is asked for when each shell starts, in any folder."""
    (tmp_path / "eidos.yaml").write_text("fial-on: [")
    monkeypatch.chdir(tmp_path)
    assert console.run(root, ["completion", shell]) == 0
    assert f"_EIDOS_COMPLETE={shell}_complete" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "said"), [(["eidos"], 0, "plain,lint"), (["eidos", "zzzz"], 2, "")]
)
def test_a_shell_is_answered_and_the_variable_alone_answers_for_no_command(
    words: list[str],
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", words)
    monkeypatch.setenv("_EIDOS_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "eidos policy li")
    monkeypatch.setenv("COMP_CWORD", "2")
    assert main() == code
    assert said in capsys.readouterr().out


def test_a_misspelt_variable_is_told_and_its_value_is_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EIDOS_FAIL_0N", "s3cr3t")
    assert console.run(root, ["config", "show"]) == 0
    said = capsys.readouterr()
    told = "note: EIDOS_FAIL_0N is no variable that eidos reads. Did you mean 'EIDOS_FAIL_ON'?\n"
    assert said.err == told
    assert "s3cr3t" not in said.out


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
