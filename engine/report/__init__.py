"""Reports: one file for each output format, all of them renderings of one `Report`."""

import importlib
from collections.abc import Collection
from typing import TYPE_CHECKING, cast

from eidos.engine.errors import UsageError

if TYPE_CHECKING:
    from eidos.engine.ports import Reporter

REPORTERS = {
    "text": "eidos.engine.report.text",
    "json": "eidos.engine.report.json_",
    "junit": "eidos.engine.report.junit",
    "sarif": "eidos.engine.report.sarif",
    "github": "eidos.engine.report.github",
    "gitlab": "eidos.engine.report.gitlab",
    "tap": "eidos.engine.report.tap",
    "markdown": "eidos.engine.report.markdown",
    "ctrf": "eidos.engine.report.ctrf",
    "openreports": "eidos.engine.report.openreports",
}
"""Format to the module that offers ``report``; imported when it is used."""


def known_format(name: str, formats: Collection[str] = REPORTERS.keys()) -> str:
    """Give the name back if it is a format.

    Raises:
        UsageError: there is no such format.
    """
    if name in formats:
        return name
    import difflib

    nearest = difflib.get_close_matches(name, formats, n=1)
    hint = f"Did you mean {nearest[0]}?" if nearest else f"Formats: {', '.join(formats)}."
    raise UsageError(f"there is no output format {name!r}", hint=hint)


def reporter(name: str) -> "Reporter":
    """Give the writer of a format.

    Raises:
        UsageError: there is no such format.
    """
    module = importlib.import_module(REPORTERS[known_format(name)])
    return cast("Reporter", module.report)
