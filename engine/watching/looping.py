"""The loop: look again and again, give each new state; back off when looking fails."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from eidos.engine.digest import addressed
from eidos.engine.errors import EidosError
from eidos.engine.model.snapshot import INCOMPLETE, AddressedSnapshot, Collection, Snapshot
from eidos.engine.ports import Clock
from eidos.engine.records import dataclass

PATIENCE = 3
"""Looks in a row that may fail before what they lack is taken for the new state."""
_BACK_OFF_LIMIT = 16
"""How many intervals it may take until the next look after failures."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A look that failed."""

    message: str
    wait: float
    """Seconds until the next look."""


def watch(
    look: Callable[[datetime], Snapshot], clock: Clock, interval: float
) -> Iterator[AddressedSnapshot | Trouble]:
    """Look every ``interval`` seconds until the clock says that it is time to end.

    A look that sees less than the state before is not believed until it comes `PATIENCE` times in a
    row. The wait doubles with each failure in a row.

    Yields:
        The first state, and then each whose address differs from the one before; what of that
        matters is not decided here. Or why a look failed.
    """
    state: AddressedSnapshot | None = None
    failures = 0
    while True:
        found = _look(look, clock)
        trouble = found if isinstance(found, str) else _lost(state, found)
        if trouble is None or (not isinstance(found, str) and failures >= PATIENCE - 1):
            failures = 0
            if not isinstance(found, str) and (state is None or state.digest != found.digest):
                yield found
                state = found
            pause = interval
        else:
            failures += 1
            pause = interval * min(2**failures, _BACK_OFF_LIMIT)
            yield Trouble(trouble, pause)
        if clock.wait(pause):
            return


def _look(look: Callable[[datetime], Snapshot], clock: Clock) -> AddressedSnapshot | str:
    try:
        return addressed(_timeless(look(clock.now())))
    except EidosError as error:
        return str(error)


def _timeless(snapshot: Snapshot) -> Snapshot:
    """Leave out how long collecting took, which is different every time and would be a patch."""
    entries = tuple(replace(entry, duration_ms=None) for entry in snapshot.collection)
    return replace(snapshot, collection=entries)


def _lost(state: AddressedSnapshot | None, found: AddressedSnapshot) -> str | None:
    """Say what the state before had and this one could not see."""
    if state is None:
        return None
    lost = _incomplete(found.snapshot) - _incomplete(state.snapshot)
    if not lost:
        return None
    return f"not everything could be seen: {', '.join(sorted(lost))}"


def _incomplete(snapshot: Snapshot) -> set[str]:
    return {_named(entry) for entry in snapshot.collection if entry.status in INCOMPLETE}


def _named(entry: Collection) -> str:
    parts = (entry.node, entry.type.lower(), entry.subtype)
    return ".".join(part for part in parts if part)
