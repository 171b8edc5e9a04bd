"""Where the process starts, and how a signal ends it: with 130 or 143, whenever it comes."""

import gc
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

_Handler = Callable[[int, FrameType | None], None] | signal.Handlers

_ENDING = (signal.SIGINT, signal.SIGTERM)
_AGAIN_SECONDS = 0.01
"""Until an interrupt that Python dropped is raised again, outside of what dropped it."""
_GARBAGE = 50_000
"""New objects after which Python looks for cycles among them: a short command makes as many in all,
nearly none of them garbage, and looking took 5 % of it. They are some 10 MB."""
_came: list[int] = []
"""The signals so far. They are kept because the exception that one raises may be lost on its way
up: Python drops it where nobody could catch it (a destructor, a hook around a fork), and a library
may make an error of its own of it."""


def main() -> None:
    """Run the command line and end the process with its exit code, or 128 and the first signal."""
    gc.set_threshold(_GARBAGE)
    code = 0
    try:
        try:
            _handle_by(_interrupt)
            sys.unraisablehook = _raise_again
            from eidos.engine.cli import main as run

            code = run()
        finally:
            # The answer is out; whoever cannot wait for the interpreter to close may kill it.
            _handle_by(signal.SIG_DFL)
    except KeyboardInterrupt:
        pass
    if _came:
        # All is unwound. After `sys.exit`, CPython would kill itself by SIGINT, whatever the signal
        # was, if its exception passed through `exec` of a text, as where a dataclass is made.
        os._exit(128 + _came[0])
    gc.freeze()  # what is left needs no search for cycles: the process ends
    sys.exit(code)


def _handle_by(handler: _Handler) -> None:
    for number in _ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:  # set by nohup, and by a shell's '&'
            signal.signal(number, handler)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    if number in _ENDING:
        _came.append(number)
    raise KeyboardInterrupt


def _raise_again(lost: "sys.UnraisableHookArgs") -> None:
    """Interrupt once more, a moment later, when one was dropped; other losses are told as usual."""
    if lost.exc_type is KeyboardInterrupt:
        signal.signal(signal.SIGALRM, _interrupt)
        signal.setitimer(signal.ITIMER_REAL, _AGAIN_SECONDS)
    else:
        sys.__unraisablehook__(lost)


if __name__ == "__main__":
    main()
