"""``eidos policy pull``: get a pack from elsewhere, note in a lock where from, and get it again."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from eidos.engine.app.shipping import PullRequest, Shipped, Way, pull_pack
from eidos.engine.distributing.references import read_reference
from eidos.engine.documents.writing import write_atomically
from eidos.engine.errors import Location, PolicyError, UsageError
from eidos.engine.packs.locking import Lock, Pulled, fault_of_pulled, read_lock, write_lock


def pull_and_note(request: PullRequest, file: Path, way: Way) -> Shipped:
    """Pull an OPA bundle, and note in a lock from where, by its digest there.

    What the lock says of packs stays: whoever locks the new one sees what changes.

    Args:
        request: what is pulled, and where to: an archive below the folder of the lock.
        file: the lock; it is made where there is none, and then says of no pack yet.
        way: how other machines are spoken to.

    Raises:
        DistributionError: see `pull_pack`.
        DocumentError: the lock that is there cannot be read, or cannot be written.
        UsageError: others could not get it by what the lock would say.
    """
    lock = read_lock(file) if file.exists() else Lock(file, ())
    place = _below(request.place, file.parent)
    reference = str(replace(read_reference(request.source), digest=None))
    if fault := fault_of_pulled(Pulled(place, reference, "")):
        message = f"this cannot stand in a lock: {fault}"
        raise UsageError(message, hint="Leave --lock out, or pull from a registry to another name.")
    done = pull_pack(request, way)
    noted = Pulled(place, reference, done.digest)
    others = [each for each in lock.pulled if each.place != place]
    write_atomically(file, write_lock(lock.packs, [*others, noted]))
    return replace(done, said=f"{done.said}; noted in {file}")


def _below(place: Path, folder: Path) -> str:
    """Say where an archive lies from the folder of a lock.

    Raises:
        UsageError: it does not lie there.
    """
    inside, base = place.parent.resolve() / place.name, folder.resolve()
    if not inside.is_relative_to(base):
        hint = "Name an archive (.tar.gz, .tgz) below the folder of the lock."
        raise UsageError(f"'{place}' does not lie below '{base}'", hint=hint)
    return inside.relative_to(base).as_posix()


def pull_locked(file: Path, way: Way, *, force: bool = False) -> Iterator[Shipped]:
    """Pull again what a lock says was pulled, by digest: whatever tags name by now.

    Args:
        file: the lock.
        way: how other machines are spoken to.
        force: a file with another content is replaced.

    Yields:
        What was pulled, one after the other, each whole or not at all.

    Raises:
        DistributionError: it cannot be got, or is not what the lock says.
        DocumentError: the lock cannot be read.
        PolicyError: a folder on the way to a place leads out of the lock's.
        UsageError: nothing was pulled, or something else lies at a place.
    """
    lock = read_lock(file)
    if not lock.pulled:
        hint = "Note what is pulled: eidos policy pull REFERENCE -o FILE --lock"
        raise UsageError(f"{file} says of no pack where it was pulled from", hint=hint)
    requests = [_again(each, lock, force=force) for each in lock.pulled]
    for request in requests:
        yield pull_pack(request, way)


def _again(each: Pulled, lock: Lock, *, force: bool) -> PullRequest:
    folder = lock.file.parent
    place = folder / each.place
    if not place.resolve().is_relative_to(folder.resolve()):
        raise PolicyError(
            f"'{each.place}' leads out of the folder of the lock",
            location=Location(str(lock.file)),
            hint="There is a link on the way; whoever made this checkout put it there.",
        )
    source = read_reference(each.reference).at(each.digest)
    return PullRequest(source=source, place=place, force=force)


def pulled_places(lock: Lock) -> Sequence[str]:
    """Give where pulled archives lie, to be locked.

    Raises:
        PolicyError: one is not there.
    """
    places = [lock.file.parent / each.place for each in lock.pulled]
    for place in places:
        if not place.is_file():
            raise PolicyError(
                f"'{place}' was pulled, and is not here",
                location=Location(str(lock.file)),
                hint="eidos policy pull --locked brings it again; to do without, take it out of "
                "'pulled'.",
            )
    return [str(place) for place in places]
