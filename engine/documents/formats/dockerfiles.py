"""Dockerfiles, as buildkit's parser in conftest has them: a list of one list of commands."""

import re

import dockerfile

from eidos.engine.documents.formats.faults import FormatError
from eidos.engine.model.jsonvalue import Json

_PAIRS = frozenset({"env", "label"})
_KNOWN = frozenset(
    {"add", "arg", "cmd", "copy", "entrypoint", "env", "expose", "from", "healthcheck", "label"}
    | {"maintainer", "onbuild", "run", "shell", "stopsignal", "user", "volume", "workdir"}
)
_DIRECTIVE = re.compile(r"#\s*[a-zA-Z][a-zA-Z0-9]*\s*=")


def read(text: str) -> Json:
    """Read a Dockerfile: each command with Cmd, SubCmd, JSON, Flags, Value and Stage.

    Raises:
        FormatError: it is none, or has an instruction that no builder knows.
    """
    try:
        parsed = dockerfile.parse_string(text)
    except dockerfile.GoParseError as error:
        raise FormatError(f"it is none: {error}") from error
    lines = text.splitlines()
    commands: list[Json] = []
    stage = end = 0
    stages = 0
    for each in parsed:
        if each.cmd.lower() not in _KNOWN:
            raise FormatError(f"there is no instruction {each.cmd[:40]!r}", each.start_line)
        stages += each.cmd.lower() == "from"
        stage = max(0, stages - 1)
        commands.extend(
            _command("comment", [remark], stage, flags=None)
            for remark in _remarks(lines[end : each.start_line - 1], is_start=end == 0)
        )
        commands.append(_instruction(each, stage))
        end = each.end_line
    return [commands]


def _instruction(each: "dockerfile.Command", stage: int) -> Json:
    name = each.cmd.lower()
    values: list[Json] = list(each.value)
    if (each.sub_cmd or name).lower() in _PAIRS:
        values = _pairs(each)
    command = _command(name, values, stage, flags=list(each.flags))
    return {**command, "SubCmd": each.sub_cmd or "", "JSON": each.json}


def _pairs(each: "dockerfile.Command") -> list[Json]:
    """Put the sign between name and value that newer parsers keep: none in ``ENV name value``."""
    words = each.original.split()
    first = words[2 if each.sub_cmd else 1]
    sign = "=" if "=" in first else ""
    return [
        part for at in range(0, len(each.value), 2) for part in (*each.value[at : at + 2], sign)
    ]


def _command(
    name: str, values: list[Json], stage: int, flags: list[Json] | None
) -> dict[str, Json]:
    return {
        "Cmd": name,
        "SubCmd": "",
        "JSON": False,
        "Flags": flags,
        "Value": values,
        "Stage": stage,
    }


def _remarks(lines: list[str], *, is_start: bool) -> list[Json]:
    """Give the comments between two commands; directives may stand before every other line."""
    remarks: list[Json] = []
    may_direct = is_start
    for line in lines:
        text = line.strip()
        may_direct = may_direct and bool(_DIRECTIVE.match(text))
        if text.startswith("#") and not may_direct:
            remarks.append(text[1:].strip())
    return remarks
