"""Bundlers of others render in a process of their own, which may crash or hang."""

import contextlib
import faulthandler
import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from eidos.engine.errors import BundleError, EidosError, Location
from eidos.engine.model.bundle import Rendered, ToRender
from eidos.engine.ports import Bundler
from eidos.engine.starting import held

SECONDS = 60.0
"""In which a bundler has rendered one component; ours need a few milliseconds."""
_OURS = "eidos.bundlers."
_HINT = "Report it to whoever wrote the bundler; eidos plugin list shows where it comes from."


def is_ours(bundler: Bundler) -> bool:
    """Say whether a bundler comes with eidos, and may render in this process."""
    return type(bundler).__module__.startswith(_OURS)


def render_apart(bundler: Bundler, wanted: ToRender, seconds: float = SECONDS) -> Rendered:
    """Let a bundler render in a process that is killed when its time is over.

    Raises:
        BundleError: it refuses, fails, crashes, hangs, or gives something else.
    """
    # A fork is much quicker, and unsafe as soon as there are threads. Otherwise the bundler is
    # pickled, so it must be an object of an importable class, as entry points are.
    alone = threading.active_count() == 1
    context = multiprocessing.get_context("fork") if alone else multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(bundler, wanted, sender), daemon=True)
    name = wanted.component.name
    try:
        with held():
            process.start()
        sender.close()
        return _received(receiver, process, name, seconds)
    finally:
        _kill(process)


def _child(bundler: Bundler, wanted: ToRender, sender: Connection) -> None:
    os.setpgid(0, 0)  # so that what it starts ends with it
    faulthandler.disable()  # a crash is told in a sentence
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        sender.send(bundler.render(wanted))
    except EidosError as error:
        sender.send((error.message, error.hint, error.location))
    except Exception as error:  # noqa: BLE001 -- a bundler of others may raise anything
        sender.send((f"{type(error).__name__}: {error}", None, None))


def _received(receiver: Connection, process: BaseProcess, name: str, seconds: float) -> Rendered:
    if not receiver.poll(seconds):
        raise BundleError(f"the bundler of {name} did not end within {seconds:g} s", hint=_HINT)
    try:
        said: object = receiver.recv()
    except Exception as error:  # the pipe's end, or half a message of a crash
        process.join(timeout=1.0)
        why = _crash(process)
        raise BundleError(f"the bundler of {name} {why}", hint=_HINT) from error
    if isinstance(said, Rendered):
        return said
    if isinstance(said, tuple):
        message, hint, place = said
        location = place if isinstance(place, Location) else None
        raise BundleError(f"the bundler of {name}: {message}", hint=hint, location=location)
    raise BundleError(f"the bundler of {name} gave a {type(said).__name__} and no Rendered")


def _crash(process: BaseProcess) -> str:
    code = process.exitcode
    if code is not None and code < 0:
        return f"crashed: {signal.Signals(-code).name}"
    return f"ended without an answer (exit code {code})"


def _kill(process: BaseProcess) -> None:
    """End a bundler and everything it started."""
    if process.pid is None:
        return
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join(timeout=1.0)
