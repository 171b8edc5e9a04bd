"""A signal ends every command with 130 or 143, wherever in the program it comes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
POINTS = int(os.environ.get("EIDOS_TEST_INTERRUPTS", "3"))
"""At how many places each command is interrupted; set it higher to search for a race."""

PATIENCE = 250
"""Seconds for a process that may have to share two cores with many."""

SCRIPT = """
import signal, sys
from eidos.engine.__main__ import main

number, at = int(sys.argv.pop(1)), int(sys.argv.pop(1))
calls, register = 0, signal.signal

def count(*_):
    global calls
    calls += 1
    if calls == at:
        sys.setprofile(None)
        signal.raise_signal(number)

def counting(number, handler):
    # From when signals are handled until they need not be any more.
    before = register(number, handler)
    if number == signal.SIGTERM:  # the last of the two
        sys.setprofile(None if handler is signal.SIG_DFL else count)
    return before

signal.signal = counting
try:
    main()
finally:
    print("calls", calls)
"""

COMMANDS = {
    "help": ["--help"],
    "check": ["check", "ci-examples/cluster.yaml", "-o", "json=report.json"],
    "diff": ["diff", "--no-policy", "ci-examples/cluster.yaml", "ci-examples/cluster.yaml"],
    "snapshot": ["snapshot", "--no-cache", "--filter", "os.grub"],
}


def interrupted(folder: Path, name: str, number: int, at: int) -> subprocess.CompletedProcess[str]:
    words = [str(ROOT / word) if word.startswith("ci-") else word for word in COMMANDS[name]]
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, str(number), str(at), *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_signal_ends_with_its_code_wherever_it_comes(
    name: str, number: int, code: int, tmp_path: Path
) -> None:
    interrupted(tmp_path, name, number, 0)  # what is cached now shortens the runs to come
    whole = interrupted(tmp_path, name, number, 0)
    calls = int(whole.stdout.split()[-1])
    assert calls > 1000

    for at in (1, *(calls * part // (POINTS + 1) for part in range(1, POINTS + 1))):
        ended = interrupted(tmp_path, name, number, at)

        told = [line for line in ended.stderr.splitlines() if not line.startswith("relaxed: ")]
        assert (ended.returncode, told) == (code, []), f"{name} at call {at} of {calls}"
    assert not list(tmp_path.glob(".report.json*"))


def test_an_interrupt_that_nobody_can_catch_is_raised_again() -> None:
    code = (
        "import signal, sys, time\n"
        "import eidos.engine.cli as cli\n"
        "from eidos.engine.__main__ import main\n"
        "class Deaf:\n"
        "    def __del__(self): signal.raise_signal(signal.SIGTERM)\n"
        "def run():\n"
        "    Deaf()\n"
        "    while True: time.sleep(0.01)\n"
        "cli.main = run\n"
        "main()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert (ended.returncode, ended.stderr) == (143, "")


def test_an_interrupt_that_became_another_error_still_has_its_code() -> None:
    code = (
        "import signal\n"
        "import eidos.engine.cli as cli\n"
        "from eidos.engine.__main__ import main\n"
        "def run():\n"
        "    try: signal.raise_signal(signal.SIGINT)\n"
        "    except KeyboardInterrupt: return 2\n"
        "cli.main = run\n"
        "main()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert (ended.returncode, ended.stderr) == (130, "")


def test_a_signal_that_was_ignored_from_the_start_stays_so() -> None:
    code = (
        "import signal, sys\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "import eidos.engine.cli as cli\n"
        "from eidos.engine.__main__ import main\n"
        "cli.main = lambda: signal.raise_signal(signal.SIGINT) or 3\n"
        "main()\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], check=False, timeout=PATIENCE)
    assert ended.returncode == 3
