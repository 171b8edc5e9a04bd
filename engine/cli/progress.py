"""One line on standard error that says how far a long command is; only on a terminal.

It comes after two seconds, is drawn over itself, and is gone before anything else is said. Build
servers (``CI``), files, pipes and terminals without a cursor (``TERM=dumb``) never see it.
"""

import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, TextIO

from eidos.engine.cli import console

if TYPE_CHECKING:
    from eidos.engine.app.tally import Tally

PATIENCE: Final = 2.0
"""Seconds in which nothing is shown: most commands are over by then."""
_EVERY: Final = 0.25
"""Seconds between two drawings."""
_BAR: Final = 24
"""Columns of the bar."""
_ERASE: Final = "\r\x1b[K"
"""Go to the start of the line and erase it (ECMA-48: CR, EL)."""


@contextmanager
def shown(
    doing: str, tally: "Tally", stream: TextIO | None = None, patience: float = PATIENCE
) -> Iterator[None]:
    """Show how far something is for as long as the block runs.

    Args:
        doing: what is done: ``judging``.
        tally: how far it is; read again and again, from another thread.
        stream: a terminal; standard error when None.
        patience: seconds before the first drawing.
    """
    stream = sys.stderr if stream is None else stream
    if not is_wanted(stream, os.environ):
        yield
        return
    line = _Line(doing, tally, stream)
    with console.giving_way(line.erase):
        thread = threading.Thread(target=line.draw, args=(patience,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            line.ended.set()
            thread.join()
            line.erase()


def is_wanted(stream: TextIO | None, environ: Mapping[str, str]) -> bool:
    """Say whether somebody watches who can be shown a line that changes."""
    if environ.get("CI", "").lower() not in ("", "0", "false"):
        return False
    if environ.get("TERM", "dumb") in ("", "dumb"):
        return False
    return stream is not None and stream.isatty()


class _Line:
    """The line, and whether it is on the terminal."""

    def __init__(self, doing: str, tally: "Tally", stream: TextIO) -> None:
        self.ended = threading.Event()
        self._doing = doing
        self._tally = tally
        self._stream = stream
        self._lock = threading.Lock()
        self._is_drawn = False

    def draw(self, patience: float) -> None:
        """Draw until it is over; who cannot be told is not told."""
        began = time.monotonic()
        if self.ended.wait(patience):
            return
        with suppress(OSError, ValueError):
            while not self.ended.is_set():
                columns = shutil.get_terminal_size().columns - 1  # the last one may wrap
                text = sentence(self._doing, self._tally, time.monotonic() - began)[:columns]
                with self._lock:
                    self._write(_ERASE + text)
                    self._is_drawn = True
                self.ended.wait(_EVERY)

    def erase(self) -> None:
        """Give the terminal's line back."""
        with self._lock, suppress(OSError, ValueError):
            if self._is_drawn:
                self._write(_ERASE)
                self._is_drawn = False

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def sentence(doing: str, tally: "Tally", seconds: float) -> str:
    """Say how far it is: with a bar where it is known how much there is."""
    done, total = tally.done, tally.total
    if not done:
        return f"{doing}: {seconds:.0f} s"
    rate = f"{done / max(seconds, 0.1):,.0f} a second"
    if not total or done > total:
        return f"{doing}: {done:,} files, {rate}"
    full = _BAR * done // total
    return f"{doing}: [{'#' * full}{'.' * (_BAR - full)}] {done:,} of {total:,} files, {rate}"
