"""What ``eidos policy new`` says for who writes the rule; ``policy lint`` finds it again."""

from collections.abc import Iterator
from typing import Final

ABOUT: Final = "Say in a line what these rules are about."
"""Description of a pack."""
DESCRIPTION: Final = "Say why it matters, to the one who is woken by it."
REFERENCE: Final = "https://example.com/where-it-is-said"
REMEDIATION: Final = "Say what to do, in the order in which to do it."


def title(fact: str) -> str:
    """Give the title of a rule about a fact."""
    return f"{fact} has a value that is allowed"


def left(text: str, scaffold: str) -> bool:
    """Say whether a text still has what was put there, however its lines are broken."""
    return " ".join(scaffold.split()) in " ".join(text.split())


def lines_with(text: str, scaffold: str) -> Iterator[int]:
    """Give the numbers of the lines of a file that have it."""
    return (number for number, line in enumerate(text.splitlines(), 1) if scaffold in line)
