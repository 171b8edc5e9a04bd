"""``eidos policy lock``: write down which packs may judge, or say what became different."""

from collections.abc import Sequence
from pathlib import Path

from eidos.engine.app.context import Context
from eidos.engine.app.policies import load_packs
from eidos.engine.app.policy_pull import pulled_places
from eidos.engine.documents.writing import write_atomically
from eidos.engine.errors import ExitCode
from eidos.engine.packs.finding import shipped
from eidos.engine.packs.locking import Lock, Locked, differing, locked, read_lock, write_lock
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True)
class Locking:
    """What became of a lock."""

    file: Path
    packs: int
    """How many packs it has, or would have."""
    changes: tuple[str, ...] = ()
    """What is, or was, not as it is locked: a line each."""
    is_written: bool = False

    @property
    def exit_code(self) -> ExitCode:
        """0 the lock is as the packs are; 1 it is not."""
        return ExitCode.FAILED if self.changes and not self.is_written else ExitCode.OK


def policy_lock(
    references: Sequence[str], file: Path, context: Context, *, update: bool = False
) -> Locking:
    """Lock every shipped pack, those that are named, and those that were pulled, as they are now.

    Where they were pulled from stays in the lock. One that says of no pack yet is written.

    Args:
        references: names, folders and archives.
        file: the lock. One that is there is only compared with.
        context: what is open; with keys, packs that do not come with eidos must be signed.
        update: write it in any case.

    Raises:
        EidosError: a pack cannot be loaded, or was pulled and is not here, the lock that is there
            cannot be read, or none can be written.
    """
    before = read_lock(file) if file.exists() else Lock(file, ())
    named = [each for each in references if each.partition("@")[0] not in shipped()]
    named += pulled_places(before)
    packs = load_packs(
        [*shipped(), *dict.fromkeys(named)], context.engine, context.environ, context.verifiers
    )
    found = list(dict.fromkeys(locked(pack, file.parent) for pack in packs))
    text = write_lock(found, before.pulled)
    changes = tuple(_changes(before, found)) if before.packs else ()
    if not before.packs or (update and changes):
        # The user's own may be the first file there.
        write_atomically(file, text, with_folder=True)
        return Locking(file, len(found), changes, is_written=True)
    return Locking(file, len(found), changes)


def _changes(before: Lock, found: Sequence[Locked]) -> list[str]:
    old = {(each.name, each.source): each for each in before.packs}
    new = {(each.name, each.source): each for each in found}
    lines: list[str] = []
    for name, source in sorted(old.keys() | new.keys()):
        known, now = old.get((name, source)), new.get((name, source))
        if known is None or now is None:
            lines.append(f"{name} ({source}): {'added' if now else 'removed'}")
            continue
        lines += [
            f"{name} ({source}): {field} {must} -> {is_}"
            for field, is_, must in differing(known, now)
        ]
    return lines
