"""Whoever watches a terminal sees how far a long command is; nobody else sees anything."""

import io
import threading

import pytest

from eidos.engine.app.tally import Tally
from eidos.engine.cli import console, progress

LONG_ENOUGH = 3600.0


class Terminal(io.StringIO):
    """A terminal that says when something is drawn on it."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn = threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        written = super().write(text)
        if text.strip("\r\x1b[K"):
            self.drawn.set()
        return written


@pytest.fixture(autouse=True)
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True),  # it has no colour
        ({"TERM": "xterm", "CI": "false"}, True),
        ({"TERM": "xterm", "CI": "true"}, False),
        ({"TERM": "dumb"}, False),
        ({}, False),
    ],
)
def test_only_where_a_line_can_change(environ: dict[str, str], wanted: bool) -> None:
    assert progress.is_wanted(Terminal(), environ) is wanted
    assert not progress.is_wanted(io.StringIO(), environ)
    assert not progress.is_wanted(None, environ)


def test_what_is_short_shows_nothing() -> None:
    terminal = Terminal()
    with progress.shown("judging", Tally(), terminal, patience=LONG_ENOUGH):
        pass
    assert terminal.getvalue() == ""


def test_what_is_long_shows_how_far_it_is_and_cleans_up() -> None:
    terminal = Terminal()
    with progress.shown("judging", Tally(500, 1000), terminal, patience=0):
        assert terminal.drawn.wait(60)
    assert "judging: [############............] 500 of 1,000 files" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_a_pipe_gets_nothing() -> None:
    pipe = io.StringIO()
    with progress.shown("judging", Tally(500, 1000), pipe, patience=0):
        pass
    assert pipe.getvalue() == ""


def test_a_line_that_is_said_stands_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    before: list[str] = []
    monkeypatch.setattr(progress, "_EVERY", LONG_ENOUGH)  # drawn once
    monkeypatch.setattr(console.click, "echo", lambda *_, **__: before.append(terminal.getvalue()))
    with progress.shown("judging", Tally(1), terminal, patience=0):
        assert terminal.drawn.wait(60)
        console.say("note: x")
    assert "\r\x1b[K" in before[0][before[0].rindex("judging") :]


@pytest.mark.parametrize(
    ("tally", "sentence"),
    [
        (Tally(), "judging: 4 s"),
        (Tally(0, 10), "judging: 4 s"),
        (Tally(1200), "judging: 1,200 files, 300 a second"),
        (Tally(10, 10), f"judging: [{'#' * 24}] 10 of 10 files, 2 a second"),
        (Tally(11, 10), "judging: 11 files, 3 a second"),
    ],
)
def test_says_what_is_known(tally: Tally, sentence: str) -> None:
    assert progress.sentence("judging", tally, 4.0) == sentence
