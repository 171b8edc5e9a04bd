"""How times are written: RFC 3339 with a zone; a bare date means a day, UTC."""

from datetime import UTC, datetime, time, timedelta
from typing import Final

from eidos.engine.model.durations import span

_DATE_LENGTH = len("2026-12-31")
_SKEW: Final = timedelta(minutes=5)
"""How far the clocks of two machines may be apart; what Kerberos takes by default."""


def instant(text: str, *, end_of_day: bool = False) -> datetime:
    """Read RFC 3339; a bare date is the start, or the end, of that day, UTC.

    Raises:
        ValueError: it is neither, or has no zone.
    """
    if len(text) == _DATE_LENGTH:
        day = datetime.fromisoformat(text).date()
        return datetime.combine(day, time.max if end_of_day else time.min, UTC)
    moment = datetime.fromisoformat(text.upper())  # RFC 3339 has t and z as well
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text} is before the first or after the last year") from None


def written(moment: datetime) -> str:
    """Write a moment as RFC 3339, UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_future(text: str | None, now: datetime) -> bool:
    """Say whether a written moment is later than clocks that differ a little can explain."""
    try:
        return text is not None and instant(text) - now > _SKEW
    except ValueError:
        return False


def age_of(taken: str | None, now: datetime) -> float | None:
    """Give the seconds that facts are old.

    Args:
        taken: when they were, RFC 3339; None where nobody said.
        now: by which clock.

    Returns:
        None where nobody knows: there is no time, or it is still to come.
    """
    try:
        age = (now - instant(taken or "")).total_seconds()
    except ValueError:
        return None
    return None if is_future(taken, now) else max(age, 0.0)


def staleness(taken: str | None, now: datetime, most: float) -> str | None:
    """Say what is wrong with the age of facts, to go behind what they are: ``is 14h old``.

    Args:
        taken: when they were, RFC 3339; None where nobody said.
        now: by the clock of this machine. A rule time that somebody gave makes nothing younger.
        most: seconds that they may be old.

    Returns:
        None where they are young enough.
    """
    age = age_of(taken, now)
    if age is not None:
        return f"is {span(age)} old" if age > most else None
    if is_future(taken, now):
        return f"is from the future: {taken}"
    return "is of an age that nobody knows: it has no timestamp"
