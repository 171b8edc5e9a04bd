"""What every command shares: how it ends, and how it speaks on standard error."""

import errno
import os
import select
import shutil
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO, TypeVar

import click

from eidos.engine.errors import EidosError, ExitCode, Problem
from eidos.engine.model.secrets import masked
from eidos.engine.report.escaping import shortened, tabbed

if TYPE_CHECKING:
    from eidos.engine.model.history import Dark
    from eidos.engine.ports import Rendering
    from eidos.engine.report.outputs import Output
    from eidos.engine.report.registry import Kind

T = TypeVar("T")
_LONGEST = 4000
"""Characters of a message: what it repeats of an argument or a document may have no end."""
_before_speech: list[Callable[[], None]] = []
"""What stands on the terminal's last line and has to go before a line is said there."""


@contextmanager
def giving_way(erase: Callable[[], None]) -> Iterator[None]:
    """Call something before each line that is said while the block runs."""
    _before_speech.append(erase)
    try:
        yield
    finally:
        _before_speech.remove(erase)


def say(text: str) -> None:
    """Write a line to standard error: no secrets, harmless to a terminal and to a build server.

    A reader who left is told nothing more, and changes nothing about how the run ends.
    """
    with suppress(BrokenPipeError):
        for erase in _before_speech:
            erase()
        click.echo(tabbed(masked(text, prose=True)), err=True)


def put(text: str | bytes, *, nl: bool = True) -> None:
    """Write to standard output; a reader who left changes nothing about how the run ends.

    Args:
        text: what to write, harmless to a terminal.
        nl: whether a line ends after it.
    """
    with for_reader():
        click.echo(text, nl=nl)


@contextmanager
def for_reader() -> Iterator[None]:
    """Let the reader of standard output leave (``... | head``) while the block writes to it."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        abandon(sys.stdout)


def is_one_place() -> bool:
    """Say whether standard output and standard error go to the same terminal, pipe or file."""
    try:
        return os.path.sameopenfile(sys.stdout.fileno(), sys.stderr.fileno())
    except (OSError, ValueError):  # one of them is closed, or is no file at all
        return False


def complain(problem: EidosError | Problem) -> None:
    """Say on standard error what is wrong and what to do next.

    Where nobody can be told, the exit code still tells.
    """
    with suppress(OSError):
        for each in (problem, *getattr(problem, "others", ())):
            say(f"error: {shortened(str(each), _LONGEST)}")
            if each.hint:
                say(f"  hint: {shortened(each.hint, _LONGEST)}")


def replace_closed_streams() -> None:
    """Take the places of closed standard streams, before a file that is opened gets one of them.

    Writing to standard output then fails, as reading from standard input does, and is told so;
    what would go to standard error is lost.
    """
    for number, flags in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # gets the lowest number that is free
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)


def run(command: click.Command, arguments: Sequence[str]) -> int:
    """Run a command; every way to end becomes an exit code of the table.

    Args:
        command: what to run.
        arguments: the words after the program's name.

    Raises:
        KeyboardInterrupt: a signal came; what stood ready for standard output is thrown away,
            so that nobody waits for a reader who may have got the same signal.
    """
    try:
        with command.make_context("eidos", list(arguments)) as context:
            result = command.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        with suppress(OSError):
            error.show()
            _say_where(error, command)
        return ExitCode.NO_ANSWER
    except click.Abort:
        return ExitCode.INTERRUPTED
    except KeyboardInterrupt:
        abandon(sys.stdout)
        raise
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is told without secrets
        return _explain(error, debug="--debug" in arguments)
    return int(result) if isinstance(result, int) else ExitCode.OK


def _say_where(error: click.ClickException, command: click.Command) -> None:
    """Say where an option belongs that is the root's and was given to a command."""
    known = {name for each in command.params for name in each.opts}
    if isinstance(error, click.NoSuchOption) and error.option_name in known:
        say(f"  hint: It goes before the command: eidos {error.option_name} ...")


def _explain(error: Exception, *, debug: bool) -> int:
    """Say in a sentence why there is no answer; also when it is a bug of ours."""
    if isinstance(error, BrokenPipeError) and _has_no_reader(sys.stdout):
        abandon(sys.stdout)  # of --help, or of a watch: what decides anything is written for_reader
        return ExitCode.OK
    if debug:
        say("".join(traceback.format_exception(error)).rstrip())
        return ExitCode.NO_ANSWER
    if isinstance(error, EidosError):
        complain(error)
        return error.exit_code
    if isinstance(error, OSError):
        abandon(sys.stdout)
        complain(_of_system(error))
        return ExitCode.NO_ANSWER
    message = f"internal error: {type(error).__name__}: {error}"
    complain(EidosError(message, hint="Run again with --debug and report the traceback."))
    return ExitCode.NO_ANSWER


def _has_no_reader(stream: TextIO) -> bool:
    """Say whether a stream is a pipe whose reader left; only then is a broken pipe no error."""
    try:
        poll = select.poll()
        poll.register(stream.fileno(), select.POLLOUT)
        return any(event & select.POLLERR for _, event in poll.poll(0))
    except (OSError, ValueError):  # it is closed, or no file at all
        return False


def _of_system(error: OSError) -> EidosError:
    if error.errno == errno.EBADF:
        hint = "Leave it open; '> FILE' or '> /dev/null' keep the terminal free as well."
        return EidosError("standard output is closed", hint=hint)
    what = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return EidosError(f"reading or writing failed: {what}", hint="Check disk and paths.")


def abandon(stream: TextIO) -> None:
    """Let go of a standard stream, so that nothing more is said there at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def rendering(color: str, *, verbose: bool = False, summary: bool = False) -> "Rendering":
    """Give how standard output is to look: colour on a terminal, unless NO_COLOR is set."""
    from eidos.engine.ports import Rendering

    terminal = sys.stdout.isatty()
    able = os.environ.get("TERM", "dumb") not in ("", "dumb")
    wanted = terminal and able and "NO_COLOR" not in os.environ
    return Rendering(
        color=color == "always" or (color == "auto" and wanted),
        width=min(shutil.get_terminal_size().columns, 120) if terminal else 100,
        verbose=verbose,
        summary=summary,
        terminal=terminal,
    )


def tell_dark(dark: "Sequence[Dark]", outputs: "Sequence[Output]") -> None:
    """Name clusters that nobody looks at any more where an output has no place for them.

    Args:
        dark: as a question about the past gives them.
        outputs: where its answer is written.
    """
    if dark and not {"text", "json"}.issuperset(each.format for each in outputs):
        from eidos.engine.report.wording import dark_lines

        for line in dark_lines(dark):
            say(line)


def show(
    kind: "Kind[T]", result: T, outputs: "Sequence[Output]", look: "Rendering | None" = None
) -> None:
    """Write a result to its outputs; a reader that left changes nothing about how the run ends.

    Args:
        kind: what kind of result it is.
        result: what was found.
        outputs: where and how it is written.
        look: how standard output is to look; None for plain text.

    Raises:
        UsageError: a file could not be written; the other outputs have been.
        PluginError: a package could not write its format; the other outputs have been.
    """
    from eidos.engine.report.outputs import write

    for output in outputs:
        if origin := kind.origin(output.format):
            say(f"{output.format}: a format of {origin}")
    with for_reader():
        write(kind, result, outputs, look or rendering("never"), sys.stdout)
