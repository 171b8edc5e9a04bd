"""Templates of bundlers: strings are data, quoted by the format that they go into."""

import json
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_FOLDER = Path(__file__).parent / "templates"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~-])")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,  # what a template misses is an error, never an empty text
        autoescape=False,  # noqa: S701 -- nothing here is HTML; each format has its filter
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(sh=_sh, json=_json, md=_md)
    return environment


def render(template: str, **values: Any) -> bytes:  # noqa: ANN401 -- whatever the template takes
    """Fill a template.

    Args:
        template: its file below ``templates/``; its filters are ``sh`` (one word of a shell),
            ``json`` (a JSON, and so YAML, value) and ``md`` (text of Markdown).
        values: what it may name; a name that is not there is an error.
    """
    return _environment().get_template(template).render(**values).encode()


def _sh(value: object) -> str:
    """Quote one word for a POSIX shell; a line break stays inside of the word."""
    return shlex.quote(str(value))


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True)


def _md(value: object) -> str:
    """Write text that Markdown shows as it is, on one line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(str(value).split()))
