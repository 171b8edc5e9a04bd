"""Where reports go: ``-o FORMAT[=PATH]``, any number of files and at most one standard output."""

import io
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from eidos.engine.documents.writing import destination, is_special, replacing
from eidos.engine.errors import EidosError, UsageError
from eidos.engine.model.report import Report
from eidos.engine.ports import Rendering
from eidos.engine.report import REPORTERS, known_format, reporter

_WIDTH = 100
"""Columns of a file."""

Writer = Callable[[str, TextIO, Rendering], None]
"""Writes one format: name, where, how it is to look."""


@dataclass(frozen=True, slots=True)
class Output:
    """One rendering of the report."""

    format: str
    path: Path | None = None
    """None for standard output."""


def parse_outputs(
    options: Sequence[str], formats: Collection[str] = REPORTERS.keys()
) -> list[Output]:
    """Read ``-o`` options; no option at all means text on standard output.

    Every path is tried before anything is judged: a run that cannot say its result is wasted.

    Raises:
        UsageError: there is no such format, two outputs go to one place, or a file cannot be
            written there.
    """
    outputs = [_parse(option, formats) for option in options] or [Output("text")]
    _refuse_shared_places(outputs)
    for output in outputs:
        if output.path is not None:
            _try(output.path)
    return outputs


def _parse(option: str, formats: Collection[str]) -> Output:
    name, equals, path = option.partition("=")
    known_format(name, formats)
    if equals and not path:
        raise UsageError(f"-o {option} names no file", hint=f"Write -o {name}=FILE or -o {name}.")
    return Output(name, Path(path) if path and path != "-" else None)


def _refuse_shared_places(outputs: Sequence[Output]) -> None:
    places: set[str] = set()
    for output in outputs:
        place = os.path.realpath(output.path) if output.path else "standard output"
        if place in places:
            raise UsageError(
                f"two reports cannot both go to {place}",
                hint=f"Give one a file of its own: -o {output.format}=FILE.",
            )
        places.add(place)


def _try(path: Path) -> None:
    if path.is_dir():
        raise UsageError(f"cannot write {path}: it is a directory", hint="Name a file in it.")
    if is_special(path):
        return
    import tempfile

    try:
        with tempfile.TemporaryFile(dir=destination(path).parent):
            pass
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(
        f"cannot write {path}: {error.strerror or error}",
        hint="Choose a folder that exists and that you may write to.",
    )


def render_all(
    report: Report, outputs: Sequence[Output], rendering: Rendering, stdout: TextIO
) -> None:
    """Write a report to every output; as `write_all`."""

    def write(name: str, out: TextIO, rendering: Rendering) -> None:
        reporter(name)(report, out, rendering)

    write_all(write, outputs, rendering, stdout)


def write_all(
    write: Writer, outputs: Sequence[Output], rendering: Rendering, stdout: TextIO
) -> None:
    """Write every output; files first, and whole or not at all.

    Args:
        write: writes a format.
        outputs: where and how, from `parse_outputs`.
        rendering: how standard output is to look; files are never coloured.
        stdout: standard output.

    Raises:
        EidosError: a file could not be written; the other outputs have been.
    """
    failures: list[EidosError] = []
    for output in sorted(outputs, key=lambda each: each.path is None):
        if output.path is None:
            _take_any_character(stdout)
            write(output.format, stdout, rendering)
            continue
        try:
            with replacing(output.path) as out:
                write(output.format, out, replace(rendering, color=False, width=_WIDTH))
        except OSError as error:
            failures.append(_unwritable(output.path, error))
    if failures:
        raise failures[0]


def _take_any_character(stdout: TextIO) -> None:
    """Let a terminal that is not UTF-8 show escapes for what it cannot say."""
    if isinstance(stdout, io.TextIOWrapper):
        stdout.reconfigure(errors="backslashreplace")
