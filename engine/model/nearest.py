"""What to say about a name that does not exist."""

from collections.abc import Iterable

_MOST = 12
"""Names that are listed before it becomes a wall of text."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Give a hint: the known name that is most like an unknown one, or what is known."""
    import difflib

    names = list(known)
    close = difflib.get_close_matches(name[:100], names, n=1)
    if close:
        return f"Did you mean {close[0]!r}?"
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"Known: {', '.join(names[:_MOST])}{more}." if names else "None is known."
