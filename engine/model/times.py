"""How times are written: RFC 3339 with a zone; a bare date means a day, UTC."""

from datetime import UTC, datetime, time

_DATE_LENGTH = len("2026-12-31")


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
