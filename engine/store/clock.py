"""Times as the database compares them: milliseconds since 1970, UTC."""

from datetime import UTC, datetime

_MILLISECONDS = 1000


def milliseconds(moment: datetime) -> int:
    """Give a moment as the database keeps it; one without zone is UTC."""
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(zoned.timestamp() * _MILLISECONDS)


def readable(stored: int) -> str:
    """Give a stored moment as RFC 3339."""
    return f"{datetime.fromtimestamp(stored / _MILLISECONDS, UTC):%Y-%m-%dT%H:%M:%SZ}"


def state_time(timestamp: str | None, started: str) -> int:
    """Give when facts were seen: their timestamp if it is one, else when the run started."""
    try:
        return milliseconds(datetime.fromisoformat(timestamp or started))
    except (OverflowError, ValueError):
        return milliseconds(datetime.fromisoformat(started))
