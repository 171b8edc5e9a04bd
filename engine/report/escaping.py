"""Strings from documents are data: making them harmless wherever they are shown."""

import re

_CONTROLS = (*range(0x20), *range(0x7F, 0xA0))
_INVISIBLE = (
    0x061C,  # Arabic letter mark
    *range(0x200B, 0x2010),  # zero-width characters and direction marks
    *range(0x2028, 0x202F),  # line and paragraph separators, direction embeddings and overrides
    *range(0x2060, 0x2070),  # invisible operators, direction isolates
    0xFEFF,  # byte order mark
    *range(0xFFF9, 0xFFFC),  # interlinear annotation
    0xFFFE,
    0xFFFF,
)
_HIDDEN = {
    **{code: f"\\x{code:02x}" for code in _CONTROLS},
    **{code: f"\\u{code:04x}" for code in _INVISIBLE},
    0x09: "\\t",
    0x0A: "\\n",
    0x0D: "\\r",
}
_HIDDEN_BUT_LINES = {code: text for code, text in _HIDDEN.items() if code != ord("\n")}
_SURROGATE = re.compile("[\ud800-\udfff]")
_WORKFLOW = re.compile(r"^(\s*)::", re.MULTILINE)
_COMMAND = re.compile(r"##(?=\w*\[)")
"""How lines give orders to build servers: ``##[error]``, ``##vso[…]``, ``##teamcity[…]``."""


def one_line(text: str) -> str:
    """Write text on one line, with everything that moves a cursor or hides text made visible."""
    return _defused(text.translate(_HIDDEN))


def printable(text: str) -> str:
    """Do as `one_line` does, but keep line ends; no line starts like a workflow command."""
    return disarmed(_defused(text.translate(_HIDDEN_BUT_LINES)))


def disarmed(text: str) -> str:
    """Keep lines from being workflow commands (``::error::``), which may be indented."""
    return _WORKFLOW.sub(r"\1\\::", text)


def _defused(text: str) -> str:
    text = _SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
    return _COMMAND.sub(r"#\\x23", text)


def shortened(text: str, limit: int) -> str:
    """Cut text to so many characters, the mark of the cut included."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
