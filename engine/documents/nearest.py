"""Suggestions for names that do not exist."""

from collections.abc import Sequence


def nearest(name: str, known: Sequence[str]) -> str:
    """Give a hint: the known name that is most like an unknown one, or all of them."""
    import difflib

    close = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Known are {', '.join(known)}."
