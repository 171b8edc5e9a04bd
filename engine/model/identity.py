"""Identities: who signed without a key of their own, and who of them is believed.

An issuer (of OpenID Connect) vouches for a name, and a certificate says both. A name means nothing
without its issuer: another may give the same name to anybody.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from eidos.engine.errors import UsageError
from eidos.engine.model.claim import Claim
from eidos.engine.records import dataclass

LONGEST = 2000
"""Characters of a name or an issuer; a workflow of GitHub has 150."""
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^/*]+/[^/*]+/")
"""What of a pattern must be literal where it is a URL: whose it is, down to the owner."""
_MAIL = re.compile(r"[^@]+@[^@*/]+")
"""Or a mail address: the part behind the ``@``."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a certificate names."""

    name: str
    """Its subject: the address of a workflow, of a person, of a service."""
    issuer: str
    """Who vouches for that name."""

    def __str__(self) -> str:
        """Give both: ``https://github.com/… (https://token.actions.…)``."""
        return f"{self.name} ({self.issuer})"


@dataclass(frozen=True, slots=True)
class ExpectedIdentity:
    """Whom a user believes: a name, or names that begin alike, of one issuer."""

    pattern: str
    """All of a name; ``*`` stands for anything but ``/`` and ``@``, ``**`` for anything."""
    issuer: str
    label: str = ""
    """What requirements call it; may be empty."""
    signs: frozenset[Claim] = frozenset()
    """What its signature counts for; empty for everything."""

    @property
    def id(self) -> str:
        """What it is counted by; no id of a key looks so."""
        return f"{self.pattern} ({self.issuer})"

    def is_called(self, name: str) -> bool:
        """Say whether a requirement means it by a name."""
        return bool(name) and name in {self.label, self.pattern}

    def matches(self, found: Identity) -> bool:
        """Say whether a certificate names it: all of the name, and the very issuer."""
        if found.issuer != self.issuer or len(found.name) > LONGEST:
            return False
        if "*" not in self.pattern:
            return found.name == self.pattern
        return re.fullmatch(_expression(self.pattern), found.name) is not None


def _expression(pattern: str) -> str:
    """Give the regular expression of a pattern; nothing but its stars means anything in it.

    A star takes as little as it can and does not come back to it, but for the last: a name that
    somebody else wrote must not keep us for long.
    """
    first, *rest = re.split(r"(\*+)", pattern)
    found = re.escape(first)
    for star, literal in zip(rest[:-2:2], rest[1:-2:2], strict=True):
        found += f"(?>{_STARS.get(star, '.')}*?{re.escape(literal)})"
    return found + f"{_STARS.get(rest[-2], '.')}*{re.escape(rest[-1])}"


_STARS = {"*": "[^/@]"}


def expected_identity(
    pattern: str, issuer: str, label: str = "", signs: Iterable[Claim] = ()
) -> ExpectedIdentity:
    """Give whom a user believes.

    Raises:
        UsageError: it would be nobody, or anybody.
    """
    for what, text in (("identity", pattern), ("issuer", issuer)):
        if not text.strip() or len(text) > LONGEST or not text.isprintable():
            raise UsageError(
                f"the {what} that is to be believed is {'no text' if text.strip() else 'empty'}",
                hint="Write --identity WHO --issuer URL; a variable may be unset.",
            )
    if "*" in issuer:
        raise UsageError(
            f"the issuer {issuer!r} is a pattern",
            hint="Write it whole: whoever is believed to name people is named.",
        )
    if "*" in pattern and not _is_bound(pattern):
        raise UsageError(
            f"the identity {pattern!r} would believe anybody of that issuer",
            hint="Patterns name an owner, as https://github.com/OWNER/** or *@example.com do.",
        )
    if label and not _LABEL.fullmatch(label):
        raise UsageError(
            f"no identity can be called {label!r}", hint="Take letters, digits, '.', '_' and '-'."
        )
    return ExpectedIdentity(pattern, issuer, label, frozenset(signs))


def _is_bound(pattern: str) -> bool:
    return bool(_URL.match(pattern) if "://" in pattern else _MAIL.fullmatch(pattern))


def paired(names: Sequence[str], issuers: Sequence[str]) -> tuple[ExpectedIdentity, ...]:
    """Give whom the options of a command say: one issuer for all names, or one for each.

    Raises:
        UsageError: one is missing, or would be anybody.
    """
    if bool(names) is not bool(issuers):
        given, missing = ("--identity", "--issuer") if names else ("--issuer", "--identity")
        raise UsageError(
            f"{given} needs {missing}", hint="A name means nothing without who vouches for it."
        )
    if len(issuers) not in {0, 1, len(names)}:
        raise UsageError(
            f"there are {len(names)} identities and {len(issuers)} issuers",
            hint="Give one --issuer for all, or one for each --identity, in their order.",
        )
    every = issuers if len(issuers) == len(names) else [*issuers] * len(names)
    return tuple(expected_identity(*pair) for pair in zip(names, every, strict=True))


def distinct(expected: Iterable[ExpectedIdentity]) -> tuple[ExpectedIdentity, ...]:
    """Give each once, the first that is written, with all that any of them may sign.

    Raises:
        UsageError: two that differ have one label.
    """
    found: dict[str, ExpectedIdentity] = {}
    labels: dict[str, str] = {}
    for each in expected:
        known = found.setdefault(each.id, each)
        found[each.id] = replace(known, signs=together(known.signs, each.signs))
        if each.label and labels.setdefault(each.label, each.id) != each.id:
            raise UsageError(f"two identities are called {each.label!r}")
    return tuple(found.values())


def together(one: frozenset[Claim], other: frozenset[Claim]) -> frozenset[Claim]:
    """Give what may be signed by who is believed for both; nothing stands for everything."""
    return one | other if one and other else frozenset()
