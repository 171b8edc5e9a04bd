"""YAML that every reader, of version 1.1 or 1.2, reads back as it was."""

import re

import yaml

from eidos.engine.documents.invisible import INVISIBLE_CLASS, escaped
from eidos.engine.documents.scalars import plain
from eidos.engine.model.jsonvalue import Json

_WIDE = 1 << 20
"""Long text stays on one line, so that a fact has one line."""
_ODD = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\xa0{INVISIBLE_CLASS}]")
_UNSEEN = re.compile(f"[{INVISIBLE_CLASS}]")


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _text(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if _ODD.search(text) else None
    if style is None and _is_block(text):
        style = "|"
    elif style is None and _ambiguous(text):
        style = '"' if "'" in text else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _is_block(text: str) -> bool:
    """Say whether text of several lines can stand as it is, so that a diff shows its lines.

    What would need an indicator of indentation, or of more than one line end, stays in quotes; the
    emitter itself quotes what has tabs or a space before a line end.
    """
    return "\n" in text and not text.startswith((" ", "\n")) and not text.endswith("\n\n")


def _ambiguous(text: str) -> bool:
    """PyYAML quotes what YAML 1.1 would misread; this finds what 1.2 would."""
    try:
        return plain(text) is not text
    except ValueError:
        return True


_Dumper.add_representer(str, _text)


def dump(value: Json) -> str:
    """Write one document."""
    text: str = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDE, indent=2
    )
    # What is invisible stands in double quotes, where its escape means the same.
    if text.endswith("\n...\n"):  # of the document; a text's own line is indented
        text = text.removesuffix("...\n")
    return _UNSEEN.sub(escaped, text)
