"""From one place to another, byte for byte, with what refers to it."""

from collections.abc import Iterator

from eidos.engine.distributing.checking import take_manifest, taken_blob
from eidos.engine.distributing.manifests import read_manifest
from eidos.engine.errors import DistributionError
from eidos.engine.model.artifact import Descriptor, Manifest, Stored
from eidos.engine.ports import Repository
from eidos.engine.records import dataclass

_MANIFESTS_AT_MOST = 1000
_DEPTH_AT_MOST = 16


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied."""

    digest: str
    referrers: int
    """How many manifests came with it that refer to another."""


def referrers_of(repository: Repository, digest: str) -> Iterator[Stored]:
    """Give the manifests that refer to another, each held against what it says itself.

    Raises:
        DistributionError: one that is listed does not refer to it, or cannot be got.
    """
    for each in repository.referrers(digest):
        stored = take_manifest(repository, each.digest)
        subject = read_manifest(stored.content, each.digest).subject
        if subject is None or subject.digest != digest:
            raise DistributionError(
                f"{repository.place} lists {each.digest} for {digest}, to which it does not refer",
                hint="Whoever may write there listed it; do without: --no-referrers.",
            )
        yield stored


def related(repository: Repository, digest: str) -> Iterator[tuple[str, Stored]]:
    """Give what refers to a manifest, and what refers to that, each once with its subject.

    Raises:
        DistributionError: as `referrers_of`, or they have no end.
    """
    seen = {digest}
    waiting = [digest]
    while waiting:
        subject = waiting.pop()
        for each in referrers_of(repository, subject):
            found = each.descriptor.digest
            if found not in seen:
                seen.add(found)
                waiting.append(found)
                yield subject, each
            if len(seen) > _MANIFESTS_AT_MOST:
                raise _endless(repository)


def copy_artifact(
    source: Repository,
    stored: Stored,
    target: Repository,
    tag: str | None = None,
    *,
    move: bool = False,
    referrers: bool = True,
) -> Copied:
    """Copy a manifest with all that it needs, and with all that refers to it, and to that.

    Everything is held against its digest on the way. What a manifest needs is there before it, so
    that nobody sees half; the tag comes before what refers to it, as its name must not fail late.

    Args:
        source: where it is.
        stored: its manifest.
        target: where it goes.
        tag: names it there.
        move: the tag may name something else before.
        referrers: what refers to it goes with it.

    Raises:
        DistributionError: something cannot be got or put, or has no end.
        UsageError: the tag would have to move.
    """
    copying = _Copying(source, target, referrers=referrers)
    copying.copy(stored, tag, move=move)
    return Copied(stored.descriptor.digest, copying.referrers)


class _Copying:
    """One copy, which meets every manifest once.

    Args:
        source: where from.
        target: where to.
        referrers: what refers to a manifest goes with it.
    """

    def __init__(self, source: Repository, target: Repository, *, referrers: bool) -> None:
        self._source = source
        self._target = target
        self._with_referrers = referrers
        self.seen: set[str] = set()
        self._blobs: set[tuple[str, int]] = set()
        self.referrers = 0

    def copy(self, stored: Stored, tag: str | None = None, *, move: bool = False) -> None:
        """Copy a manifest, what it is made of, and what refers to it."""
        waiting = [(stored, tag, 0)]
        self._claim(stored.descriptor.digest)
        while waiting:
            each, name, depth = waiting.pop()
            self._put(each, name, move=move, depth=depth)
            if not self._with_referrers:
                continue
            for referrer in referrers_of(self._source, each.descriptor.digest):
                if self._claim(referrer.descriptor.digest):
                    self.referrers += 1
                    waiting.append((referrer, None, depth + 1))

    def _put(self, stored: Stored, tag: str | None, *, move: bool, depth: int) -> None:
        """Put a manifest after all that it is made of."""
        if depth > _DEPTH_AT_MOST:
            raise _endless(self._source)
        said: Manifest = read_manifest(stored.content, self._source.place)
        for blob in {each.digest: each for each in said.blobs}.values():
            self._put_blob(blob)
        for child in said.children:
            if self._claim(child.digest):
                self._put(
                    take_manifest(self._source, child.digest), None, move=False, depth=depth + 1
                )
        self._target.put_manifest(stored, tag, move=move)

    def _put_blob(self, blob: Descriptor) -> None:
        if (blob.digest, blob.size) in self._blobs:  # a thousand manifests may name one large one
            return
        with taken_blob(self._source, blob) as content:
            self._target.put_blob(blob, content)
        self._blobs.add((blob.digest, blob.size))

    def _claim(self, digest: str) -> bool:
        """Say whether a manifest is met for the first time."""
        if digest in self.seen:
            return False
        if len(self.seen) >= _MANIFESTS_AT_MOST:
            raise _endless(self._source)
        self.seen.add(digest)
        return True


def _endless(repository: Repository) -> DistributionError:
    return DistributionError(
        f"{repository.place}: more than {_MANIFESTS_AT_MOST} manifests hang together",
        hint="Take one of them by its digest, with --no-referrers.",
    )
