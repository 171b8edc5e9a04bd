"""A program that is started never outlives whoever started it."""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from eidos.engine.starting import held, read_within, started


class StoppedError(Exception):
    """What the handler of this test raises."""


@pytest.fixture
def stopping() -> Iterator[None]:
    def stop(_number: int, _frame: object) -> None:
        raise StoppedError

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("stopping")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_for_the_end_of_the_block(number: int) -> None:
    done = []
    with pytest.raises(StoppedError), held():  # noqa: PT012 -- the block is what is tested
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        done.append("all of it")
    assert done == ["all of it"]
    with pytest.raises(StoppedError):  # and acts at once afterwards
        os.kill(os.getpid(), number)


def test_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with held():
            os.kill(os.getpid(), signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


def test_another_thread_holds_nothing() -> None:
    entered = []

    def enter() -> None:
        with held():
            entered.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert entered == [signal.getsignal(signal.SIGTERM)]


class Signalled(subprocess.Popen[bytes]):
    """A program that is there while whoever starts it gets a signal, and not yet told of."""

    pids: ClassVar[list[int]] = []
    number: ClassVar[int]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.pids.append(self.pid)
        os.kill(os.getpid(), self.number)


@pytest.mark.usefixtures("stopping")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_of_the_first_moment_leaves_no_program(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "Popen", Signalled)
    monkeypatch.setattr(Signalled, "number", number, raising=False)
    entered = False
    with pytest.raises(StoppedError), started(["sleep", "1000"], os.environ):
        entered = True
    assert not entered
    with pytest.raises(ProcessLookupError):
        os.kill(Signalled.pids.pop(), 0)


def test_all_it_started_ends_with_it() -> None:
    script = "sleep 1000 & echo $!; exec sleep 1000"
    with started(["/bin/sh", "-c", script], os.environ) as running:
        assert running.stdout is not None
        child = int(running.stdout.readline())
    state = Path(f"/proc/{child}/stat")
    for _ in range(6000):
        if not state.exists() or state.read_text().split()[2] == "Z":
            return
        threading.Event().wait(0.05)
    pytest.fail("it goes on")


def test_a_program_takes_no_held_signal_with_it() -> None:
    code = "import signal; print(sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])))"
    with started([sys.executable, "-c", code], os.environ) as running:
        assert running.stdout is not None
        assert running.stdout.read() == b"[]\n"


def test_what_cannot_be_started_is_told() -> None:
    with pytest.raises(FileNotFoundError), started(["/no/such"], {}, stderr=subprocess.DEVNULL):
        pytest.fail("it was started")


@pytest.mark.parametrize(
    ("script", "at_most", "seconds", "told"),
    [
        ("printf abc", 100, 100, (b"abc", True)),
        ("exec >&- 2>&-; sleep 1000", 100, 100, (b"", True)),
        ("printf abc; sleep 1000", 100, 0.2, (b"abc", False)),
        ("yes", 5, 100, (b"y\ny\ny", False)),
        ("printf abc", 100, 0, (b"", False)),
    ],
)
def test_no_program_is_read_without_end(
    script: str, at_most: int, seconds: float, told: tuple[bytes, bool]
) -> None:
    with started(["/bin/sh", "-c", script], os.environ) as running:
        if seconds == 0.2:  # the time is over whatever it says; let it say it
            assert running.stdout is not None
            while not select.select([running.stdout], [], [], 60)[0]:
                pass
        assert read_within(running, at_most, time.monotonic() + seconds) == told
