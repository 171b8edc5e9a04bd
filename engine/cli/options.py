"""Kinds of option values that several commands share."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from eidos.engine.documents.limits import Limits
from eidos.engine.model.durations import seconds
from eidos.engine.model.policy import Severity
from eidos.engine.model.times import instant

if TYPE_CHECKING:
    from eidos.engine.config.settings import Settings

SEVERITY = click.Choice([severity.value for severity in Severity])
COLOR = click.Choice(["auto", "always", "never"])
YEARS = range(1678, 2262)
"""Whole years that Rego's clock counts: nanoseconds from 1970 in 64 bits."""


def configured_settings() -> "Settings | None":
    """Give the running command's configuration; None when nothing is configured."""
    settings: Settings | None = (click.get_current_context().obj or {}).get("settings")
    return settings


def reader_limits() -> Limits:
    """Give the bounds of document readers as the running command's configuration has them."""
    settings = configured_settings()
    return Limits(**settings.limits) if settings else Limits()


class Instant(click.ParamType[datetime]):
    """RFC 3339 with a zone, or a bare date (its start, UTC)."""

    name = "time"

    def convert(
        self,
        value: Any,  # noqa: ANN401 -- click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> datetime:
        """Read the option's text."""
        if isinstance(value, datetime):
            return value
        try:
            found = instant(str(value))
        except ValueError:
            self.fail(f"'{value}' is no date and no RFC 3339 time with a zone", param, ctx)
        if found.year not in YEARS:
            self.fail(f"'{value}' is not in the years {YEARS[0]} to {YEARS[-1]}", param, ctx)
        return found


class Duration(click.ParamType[float]):
    """A span of time, in seconds: ``30s``, ``5m``."""

    name = "duration"

    def convert(
        self,
        value: Any,  # noqa: ANN401 -- click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        """Read the option's text."""
        if isinstance(value, int | float):
            return float(value)
        try:
            return seconds(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
