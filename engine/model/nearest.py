"""What to say about a name that does not exist."""

from collections.abc import Iterable

_MOST = 12
"""Names that are listed before it becomes a wall of text."""


def nearest(name: str, known: Iterable[str], most: int = _MOST) -> str:
    """Give a hint: the known name that is most like an unknown one, or what is known.

    Args:
        name: that nobody knows; of a long one the first 100 characters are compared.
        known: in the order in which they are listed.
        most: how many are listed.

    Returns:
        A sentence: ``Did you mean 'gpu'?``, ``Known: gpu, os.``, ``None is known.``
    """
    import difflib  # only a mistake pays for the import

    names = list(known)
    close = [each for each in names if each.casefold() == name.casefold()]
    close = close or difflib.get_close_matches(name[:100], names, n=1)
    if close:
        return f"Did you mean {close[0]!r}?"
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"Known: {', '.join(names[:most])}{more}." if names else "None is known."
