"""A reader who leaves (``eidos ... | head``) changes no answer, on neither of the streams."""

import os
import sys
from collections.abc import Callable, Iterator

import click
import pytest

from eidos.engine.cli import console


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Give what makes a standard stream a pipe that nobody reads any more."""
    streams = []

    def leave(name: str) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        streams.append(os.fdopen(writer, "w"))
        monkeypatch.setattr(sys, name, streams[-1])

    yield leave
    for stream in streams:
        console.abandon(stream)
        stream.close()


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_the_exit_code_stays_the_answer(stream: str, left: Callable[[str], None]) -> None:
    @click.command()
    def command() -> int:
        console.say("note: something else")
        console.put("an answer " * 10_000)
        console.put("and more")
        return 3

    left(stream)
    assert console.run(command, []) == 3


def test_help_that_nobody_reads_is_no_error(left: Callable[[str], None]) -> None:
    left("stdout")
    assert console.run(click.Command("eidos", params=[]), ["--help"]) == 0


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_another_broken_pipe_is_no_answer(stream: str, left: Callable[[str], None]) -> None:
    @click.command()
    def command() -> None:
        raise BrokenPipeError("a program that helps has died")

    if stream == "stderr":
        left(stream)
    assert console.run(command, []) == 2
