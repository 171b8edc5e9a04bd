"""How runs and snapshots are named, and what to say of names that mean none, or several.

The same for every engine, so that a user gets the same answer whoever keeps the store.
"""

from collections.abc import Iterable, Sequence

from eidos.engine.errors import UsageError
from eidos.engine.model.nearest import nearest

LATEST = "latest"
"""The run recorded last."""
HEX_DIGITS = 64
"""Of a SHA-256."""
_PREFIX = "sha256:"
_SHOWN = 5
"""How many candidates an error names."""
_LIST = "List runs with: eidos history runs"


def address_digits(name: str) -> str:
    """Give the hexadecimal digits that an address of a snapshot begins with.

    Args:
        name: 1 to 64 digits in either case, ``sha256:`` before them or not.

    Raises:
        UsageError: it is something else.
    """
    digits = name.removeprefix(_PREFIX).lower()
    if not digits or len(digits) > HEX_DIGITS or set(digits) - set("0123456789abcdef"):
        raise UsageError(
            f"{name!r} is not the address of a snapshot",
            hint="Give the beginning of its SHA-256, as in sha256:1f2e3d.",
        )
    return digits


def not_one_snapshot(name: str, found: Iterable[str]) -> UsageError:
    """Say that no snapshot has an address that begins so, or several have."""
    if shown := ", ".join(found):
        return UsageError(f"{name!r} begins several snapshots", hint=f"Among them {shown}.")
    return UsageError(f"there is no snapshot {name!r}", hint=_LIST)


def no_recipe(name: str) -> UsageError:
    """Say that no recipe has an address."""
    return UsageError(f"there is no recipe {name!r}", hint=_LIST)


def never_seen(cluster: str, at: str, first: str | None, known: Iterable[str]) -> UsageError:
    """Say that nothing is recorded about a cluster by a time.

    Args:
        cluster: the name that was given.
        at: the time, RFC 3339.
        first: when it was first seen, RFC 3339; None for never.
        known: the clusters of which something is recorded.
    """
    if first is not None:
        return UsageError(
            f"nothing is recorded about cluster {cluster!r} by {at}",
            hint=f"It was first seen at {first}.",
        )
    return UsageError(
        f"nothing is recorded about a cluster {cluster!r}", hint=nearest(cluster, sorted(known))
    )


def no_run_yet() -> UsageError:
    """Say that there is no latest run."""
    return UsageError("no run is recorded yet", hint="Run eidos check first.")


def no_bundling_yet() -> UsageError:
    """Say that nothing was bundled."""
    return UsageError(
        "no bundle is recorded yet", hint="Run eidos bundle first; with --no-record it is not kept."
    )


def not_one_bundling(name: str, found: Sequence[str], known: Iterable[str]) -> UsageError:
    """Say that a name means none of what was bundled, or several.

    Args:
        name: the name that was given.
        found: runs and digests of bundles that begin so.
        known: the runs that bundled, last recorded first.
    """
    hint = "List them with: eidos history bundles"
    if found:
        shown = ", ".join(found[:_SHOWN]) + (", ..." if len(found) > _SHOWN else "")
        return UsageError(f"{name!r} begins {len(found)} of them", hint=f"It may be {shown}.")
    message = f"there is no bundle {name!r}, nor a run that was to make one"
    return UsageError(message, hint=f"{nearest(name, known)} {hint}".strip())


def not_one_run(name: str, found: Sequence[str], known: Iterable[str]) -> UsageError:
    """Say that no run has an id that begins so, or several have.

    Args:
        name: the name that was given.
        found: the ids that begin so, last recorded first.
        known: the ids of runs, last recorded first.
    """
    if found:
        shown = ", ".join(found[:_SHOWN]) + (", ..." if len(found) > _SHOWN else "")
        return UsageError(f"{name!r} begins {len(found)} runs", hint=f"It may be one of {shown}.")
    return UsageError(f"there is no run {name!r}", hint=f"{nearest(name, known)} {_LIST}")
