"""Programs that are told of a change."""

import signal
import sys
from pathlib import Path
from types import FrameType

import pytest

from eidos.engine.errors import UsageError
from eidos.engine.watching.hooking import OUTPUT_LIMIT, Hook, parse_hook, run_hook


def python(code: str, timeout: float = 200.0) -> Hook:
    return Hook((sys.executable, "-c", code), timeout)


def test_the_patch_comes_on_standard_input_and_facts_in_the_environment() -> None:
    code = "import os,sys; print(sys.stdin.read(), os.environ['EIDOS_X'])"

    result = run_hook(python(code), b"[1]", {"EIDOS_X": "$(id) ;"})

    assert (result.output, result.error) == ("[1] $(id) ;\n", None)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("raise SystemExit(3)", "ended with 3"),
        ("import time; time.sleep(600)", "in time"),
        ("import os,time; os.close(1); os.close(2); time.sleep(600)", "in time"),
        ("while True: print('x' * 1000)", "wrote more than"),
    ],
)
def test_a_hook_that_fails_hangs_or_floods_is_ended(code: str, error: str) -> None:
    patience = 1.0 if "time" in error else 200.0

    result = run_hook(python(code, patience), b"", {})

    assert error in str(result.error)
    assert len(result.output) <= OUTPUT_LIMIT


def test_a_signal_that_ends_the_watch_ends_the_hook(tmp_path: Path) -> None:
    done = tmp_path / "done"

    def end(_signal: int, _frame: FrameType | None) -> None:
        raise SystemExit(143)

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(SystemExit):
            run_hook(Hook(("sh", "-c", f"sleep 3; touch {done}"), 200.0), b"", {})
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not done.exists()


@pytest.mark.parametrize("command", ["", "   ", "echo 'open", "no-such-program-at-all x"])
def test_a_hook_that_cannot_run_is_refused_at_once(command: str) -> None:
    with pytest.raises(UsageError):
        parse_hook(command, 1.0)


def test_a_command_line_is_words_and_no_shell() -> None:
    hook = parse_hook("echo 'a b' $HOME; rm", 1.0)

    assert hook.arguments == ("echo", "a b", "$HOME;", "rm")
    assert run_hook(Hook(hook.arguments, 200.0), b"", {}).output == "a b $HOME; rm\n"
