"""Bundlers of others render in a process of their own, which may crash or hang."""

from multiprocessing.connection import Connection

from eidos.engine.errors import BundleError, EidosError, Location
from eidos.engine.isolating import GoneError, apart
from eidos.engine.model.bundle import Rendered, ToRender
from eidos.engine.ports import Bundler

SECONDS = 60.0
"""In which a bundler has rendered one component; ours need a few milliseconds."""
_OURS = "eidos.bundlers."
_HINT = "Report it to whoever wrote the bundler; eidos plugin list shows where it comes from."


def is_ours(bundler: Bundler) -> bool:
    """Say whether a bundler comes with eidos, and may render in this process."""
    return type(bundler).__module__.startswith(_OURS)


def render_apart(bundler: Bundler, wanted: ToRender, seconds: float = SECONDS) -> Rendered:
    """Let a bundler render in a process that is killed when its time is over.

    Args:
        bundler: an object of an importable class, as entry points are: it may be pickled.
        wanted: what it renders.
        seconds: its time.

    Raises:
        BundleError: it refuses, fails, crashes, hangs, or gives something else.
    """
    name = wanted.component.name
    with apart(_render, bundler, wanted) as process:
        try:
            said = process.receive(seconds)
        except GoneError as error:
            raise BundleError(f"the bundler of {name} {error}", hint=_HINT) from error
    if isinstance(said, Rendered):
        return said
    if isinstance(said, tuple):
        message, hint, place = said
        location = place if isinstance(place, Location) else None
        raise BundleError(f"the bundler of {name}: {message}", hint=hint, location=location)
    raise BundleError(f"the bundler of {name} gave a {type(said).__name__} and no Rendered")


def _render(pipe: Connection, bundler: Bundler, wanted: ToRender) -> None:
    try:
        pipe.send(bundler.render(wanted))
    except EidosError as error:
        pipe.send((error.message, error.hint, error.location))
    except Exception as error:  # noqa: BLE001 -- a bundler of others may raise anything
        pipe.send((f"{type(error).__name__}: {error}", None, None))
