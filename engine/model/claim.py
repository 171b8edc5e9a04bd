"""What is signed of a bundle."""

from enum import StrEnum


class Claim(StrEnum):
    """What is signed of a bundle."""

    PROVENANCE = "provenance"
    """From which recipe, facts and packs it was made."""
    GATE = "gate"
    """Which gate let it through."""
    SBOM = "sbom"
    """Which charts and images it installs."""
    MANIFEST = "manifest"
    """Nothing but that it is this one: the manifest itself is signed, and no statement."""
