"""Where results go: ``-o FORMAT[=PATH]``, any number of files and at most one standard output."""

import errno
import io
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from eidos.engine.documents.writing import destination, is_special, replacing
from eidos.engine.errors import EidosError, PluginError, UsageError
from eidos.engine.records import dataclass
from eidos.engine.report.registry import DOCUMENT, Kind

if TYPE_CHECKING:
    from eidos.engine.ports import Rendering, Reporter

_WIDTH = 100
"""Columns of a file."""

_ENDINGS = {".json": "json", ".txt": "table", ".table": "table"}
"""Ending of a file to the format of a document in it."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Output:
    """One rendering of the result."""

    format: str
    path: Path | None = None
    """None for standard output."""


def parse_outputs(
    options: Sequence[str], kind: Kind[Any], inputs: Sequence[str] = ()
) -> list[Output]:
    """Read ``-o FORMAT[=PATH]`` options; none means the kind's default on standard output.

    Every path is tried before anything is done: a run that cannot say its result is wasted.

    Args:
        options: as they were given.
        kind: of the result.
        inputs: what the result is about, which no output may replace: it is the evidence.

    Raises:
        UsageError: there is no such format, two outputs go to one place or one to an input, or a
            file cannot be written there.
    """
    outputs = [_parse(option, kind) for option in options] or [Output(kind.default)]
    _refuse_shared_places(outputs)
    _refuse_inputs(outputs, inputs)
    for output in outputs:
        if output.path is not None:
            _try(output.path)
    return outputs


def document_output(place: str, form: str | None) -> Output:
    """Read ``-o PLACE`` and ``--format``, where the output is the document itself.

    Args:
        place: a file, or ``-`` for standard output.
        form: a format of `DOCUMENT`; None to go by the file's ending, else YAML.

    Raises:
        UsageError: there is no such format, the place is called as one, or a file cannot be written
            there.
    """
    if form is None and place in DOCUMENT.formats:  # elsewhere -o takes a format
        hint = f"Write --format {place}, or -o ./{place} for a file of that name."
        raise UsageError(f"-o {place} would write a file called {place!r}", hint=hint)
    form = DOCUMENT.known(form or _ENDINGS.get(Path(place).suffix, DOCUMENT.default))
    if place == "-":
        return Output(form)
    _try(Path(place))
    return Output(form, Path(place))


def _parse(option: str, kind: Kind[Any]) -> Output:
    name, equals, path = option.partition("=")
    _refuse_file(option, kind)
    kind.known(name)
    if equals and not path:
        raise UsageError(f"-o {option} names no file", hint=f"Write -o {name}=FILE or -o {name}.")
    return Output(name, Path(path) if path and path != "-" else None)


_FORMATS = {".md": "markdown", ".xml": "junit", ".txt": "text", ".yml": "yaml"}
"""Ending of a file to the format that is mostly in it, where that is not the ending itself."""


def _refuse_file(option: str, kind: Kind[Any]) -> None:
    """Refuse a file in the place of a format: ``-o report.json``."""
    ending = Path(option).suffix
    form = _FORMATS.get(ending, ending[1:])
    if "=" not in option and form in kind.formats and option not in kind.packaged():
        hint = f"Write -o {form}={option}"
        raise UsageError(f"-o {option} names a file and no format", hint=hint)


def _refuse_shared_places(outputs: Sequence[Output]) -> None:
    places: set[str] = set()
    for output in outputs:
        place = os.path.realpath(output.path) if output.path else "standard output"
        if place in places:
            raise UsageError(
                f"two outputs cannot both go to {place}",
                hint=f"Give one a file of its own: -o {output.format}=FILE.",
            )
        places.add(place)


def _refuse_inputs(outputs: Sequence[Output], inputs: Sequence[str]) -> None:
    read = {os.path.realpath(each) for each in inputs if "\0" not in each}
    for output in outputs:
        place = output.path
        if place is not None and not is_special(place) and os.path.realpath(place) in read:
            raise UsageError(
                f"-o {output.format}={place} would replace what is looked at",
                hint="Give the output a file of its own.",
            )


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


_HINTS = {
    errno.ENOSPC: "Free some space there, or choose a folder of another disk.",
    errno.EDQUOT: "You have used up your share of the disk: free some, or choose another disk.",
    errno.EROFS: "Nothing there can be written: choose a folder of another file system.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
}
"""What to do, where it is not the folder or its permissions."""


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(
        f"cannot write {path}: {error.strerror or error}",
        hint=_HINTS.get(error.errno or 0, "Choose a folder that exists and that you may write to."),
    )


def write(
    kind: Kind[T], result: T, outputs: Sequence[Output], rendering: "Rendering", stdout: TextIO
) -> None:
    """Write a result to every output; files first, and whole or not at all.

    Args:
        kind: what kind of result it is.
        result: what was found.
        outputs: where and how, from `parse_outputs` or `document_output`.
        rendering: how standard output is to look; files are never coloured.
        stdout: standard output.

    Raises:
        UsageError: a file could not be written; the other outputs have been.
        PluginError: a package could not write its format; the other outputs have been.
        BrokenPipeError: the reader of standard output left.
    """
    failures: list[EidosError] = []
    plain = replace(rendering, color=False, width=_WIDTH, terminal=False, log=False)
    for output in sorted(outputs, key=lambda each: each.path is None):
        report = kind.reporter(output.format)
        try:
            if output.path is None:
                _take_any_character(stdout)
                report(result, stdout, rendering)
            else:
                _write_file(report, result, output.path, plain)
        except (UsageError, PluginError) as error:
            failures.append(error)
    if failures:
        raise failures[0]


def _write_file(report: "Reporter[T]", result: T, path: Path, rendering: "Rendering") -> None:
    try:
        with replacing(path) as out:
            report(result, out, rendering)
    except OSError as error:
        raise _unwritable(path, error) from error


def _take_any_character(stdout: TextIO) -> None:
    """Let a terminal that is not UTF-8 show escapes for what it cannot say."""
    if isinstance(stdout, io.TextIOWrapper):
        stdout.reconfigure(errors="backslashreplace")
