"""Times as the database compares them: UTC, one width, so that order of text is order of time."""

from datetime import UTC, datetime


def comparable(written: str) -> str:
    """Give an RFC 3339 time as ``2026-11-23T10:00:00.000000Z``; one without zone is UTC.

    Raises:
        ValueError: it is not a time.
    """
    parsed = datetime.fromisoformat(written)
    zoned = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return zoned.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def state_time(timestamp: str | None, started: str) -> str:
    """Give when facts were seen: their timestamp if it is one, else when the run started."""
    for candidate in (timestamp, started):
        try:
            return comparable(candidate or "")
        except ValueError:
            continue
    return started
