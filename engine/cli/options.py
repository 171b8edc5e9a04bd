"""Options, and kinds of their values, that several commands share."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from eidos.engine.documents.limits import Limits
from eidos.engine.model.durations import seconds
from eidos.engine.model.policy import Severity
from eidos.engine.model.times import instant
from eidos.engine.report.registry import DOCUMENT, Kind

if TYPE_CHECKING:
    from eidos.engine.config.settings import Settings

_Command = TypeVar("_Command", bound="Callable[..., Any] | click.Command")

SEVERITY = click.Choice([severity.value for severity in Severity])
COLOR = click.Choice(["auto", "always", "never"])
WITH_COLOR = click.option(
    "--color", type=COLOR, default="auto", help="Colour text on standard output."
)
VERBOSE = click.option("-v", "--verbose", is_flag=True, help="Show what passed as well.")
YEARS = range(1678, 2262)
"""Whole years that Rego's clock counts: nanoseconds from 1970 in 64 bits."""


def configured_settings() -> "Settings | None":
    """Give the running command's configuration; None when nothing is configured."""
    settings: Settings | None = (click.get_current_context().obj or {}).get("settings")
    return settings


def reader_limits() -> Limits:
    """Give the bounds of document readers as the running command's configuration has them."""
    return limits_of(configured_settings())


def limits_of(settings: "Settings | None") -> Limits:
    """Give the bounds of document readers as a configuration has them."""
    return Limits(**settings.limits) if settings else Limits()


def writes(kind: Kind[Any]) -> Callable[[_Command], _Command]:
    """Give the option ``-o FORMAT[=PATH]`` of a command that gives a result of this kind."""
    *names, last = kind.formats
    return click.option(
        "-o",
        "--output",
        "--format",
        "outputs",
        multiple=True,
        metavar="FORMAT[=PATH]",
        help=f"{', '.join(names)} or {last}; repeatable.",
    )


def writes_document(command: _Command) -> _Command:
    """Give the options ``-o PLACE`` and ``--format`` of a command whose output is a document."""
    place = click.option("-o", "--output", default="-", metavar="FILE|-", help="Where to write.")
    form = click.option(
        "--format",
        "form",
        type=click.Choice(list(DOCUMENT.formats)),
        help="How to write; default: by the file's ending, else yaml.",
    )
    return place(form(command))


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
