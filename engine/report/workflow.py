"""Workflow commands of GitHub: lines that become annotations.

How they are escaped: https://github.com/actions/toolkit, ``packages/core/src/command.ts``.
"""

from eidos.engine.errors import Location
from eidos.engine.report.escaping import one_line, printable, shortened

TEXT = 4000
"""Characters of a message; GitHub cuts at 64 KiB."""


def annotation(
    level: str, message: str, location: Location | None = None, title: str | None = None
) -> str:
    """Write an annotation.

    Args:
        level: ``error``, ``warning`` or ``notice``.
        message: may have several lines.
        location: where in the repository it is shown.
        title: what stands above the message.
    """
    properties = _position(location) if location else {}
    if title:
        properties["title"] = title
    written = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{level} {written}::{_data(message)}\n"


def _position(location: Location) -> dict[str, str]:
    position = {"file": location.file.removeprefix("./")}
    if location.line:
        position["line"] = str(location.line)
        if location.column:
            position["col"] = str(location.column)
    return position


def _data(text: str) -> str:
    return shortened(printable(text), TEXT).replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    escaped = shortened(one_line(text), TEXT).replace("%", "%25")
    return escaped.replace(":", "%3A").replace(",", "%2C")
