"""A document that is its own output: a snapshot as it was taken, converted or merged."""

from collections.abc import Iterator, Mapping
from typing import TextIO

from eidos.engine.documents.writing import to_json, to_yaml
from eidos.engine.model.jsonvalue import Json
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line


def yaml(value: Json, out: TextIO, _rendering: Rendering) -> None:
    """Write YAML that reads back as the same value."""
    out.write(to_yaml(value))


def json(value: Json, out: TextIO, _rendering: Rendering) -> None:
    """Write JSON, indented by two."""
    out.write(to_json(value))


def table(value: Json, out: TextIO, _rendering: Rendering) -> None:
    """Write a line for each value: its path, a tab, the value; text without quotes."""
    out.writelines(f"{disarmed(path)}\t{text}\n" for path, text in _rows(value, ""))


def _rows(value: Json, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _rows(item, f"{path}.{one_line(str(key))}" if path else one_line(str(key)))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _rows(item, f"{path}[{index}]")
    else:
        yield path, one_line(value if isinstance(value, str) else to_json(value).strip())
