"""What a secret is called: the one list, for collectors, which do not read them, and for redaction.

A name is taken apart into words (``apiKey``, ``HF_TOKEN``, ``db-password``); the last one counts.
"""

import re

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SHORT = frozenset({"pw", "pwd"})
"""Too short to be looked for at the end of a longer word."""
_LONG = re.compile(
    r"((?<!by)(?<!com)pass|passwd|password|passphrase|secret|token|credentials?"
    r"|(api|auth|access|private|secret)key)$"
)
"""How a secret's word ends: ``dbpass`` does, ``spec_store_bypass`` and ``compass`` do not."""
_KEY_OF = frozenset(
    {"api", "auth", "access", "private", "secret", "encryption", "signing", "psk", "fastopen"}
)
"""Words that make a secret of the word ``key`` after them; a key alone may be any map's."""


def is_secret_name(name: str, *, boot: bool = False) -> bool:
    """Say whether a name promises a secret.

    Args:
        name: name of a key or a variable, or a path that ends in one.
        boot: it is a kernel argument: every word counts, and any key (``rd.luks.key``).
    """
    words = [word.lower() for word in _WORDS.findall(name)]
    if boot:
        return any(word == "key" or _is_secret(word) for word in words)
    if not words:
        return False
    if words[-1] == "key":
        return len(words) > 1 and words[-2] in _KEY_OF
    return _is_secret(words[-1])


def _is_secret(word: str) -> bool:
    return word in _SHORT or _LONG.search(word) is not None
