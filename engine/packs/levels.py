"""Which Rego rules yield findings, by their name."""

LEVELS = ("deny", "violation", "warn")


def level_of(name: str) -> str | None:
    """Give what a Rego rule of that name says: ``deny`` and ``deny_x`` are ``deny``; else None."""
    for level in LEVELS:
        if name == level or name.startswith(f"{level}_"):
            return level
    return None
