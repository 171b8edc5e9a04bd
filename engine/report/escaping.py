"""Strings from documents are data: how each format keeps them from meaning more than themselves.

Every format first makes visible what moves a cursor, hides text or gives orders to a build server
(`one_line`, `printable`); then it escapes what its own readers would take for more than text.
"""

import re

from eidos.engine.documents.invisible import INVISIBLE

_CONTROLS = (*range(0x20), *range(0x7F, 0xA0))
_HIDDEN = {
    **{code: f"\\x{code:02x}" for code in _CONTROLS},
    **{code: f"\\u{code:04x}" for code in INVISIBLE},
    0x09: "\\t",
    0x0A: "\\n",
    0x0D: "\\r",
}
_HIDDEN_BUT_LINES = {code: text for code, text in _HIDDEN.items() if code != ord("\n")}
_HIDDEN_BUT_SPACE = {
    code: text for code, text in _HIDDEN.items() if code not in {ord("\n"), ord("\t")}
}
SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a character of UTF-16: text that holds one cannot be written as UTF-8."""
_WORKFLOW = re.compile(r"^(\s*)::", re.MULTILINE)
COMMAND = re.compile(r"##(?=\w*\[)")
"""How lines give orders to build servers: ``##[error]``, ``##vso[…]``, ``##teamcity[…]``."""


def one_line(text: str) -> str:
    """Write text on one line, with everything that moves a cursor or hides text made visible."""
    return _defused(text.translate(_HIDDEN))


def printable(text: str) -> str:
    """Do as `one_line` does, but keep line ends; no line starts like a workflow command."""
    return disarmed(_defused(text.translate(_HIDDEN_BUT_LINES)))


def tabbed(text: str) -> str:
    """Do as `printable` does, but keep tabs, which stand between columns."""
    return "\t".join(map(printable, text.split("\t")))


def written_by_others(text: str, *, log: bool) -> str:
    """Make visible what moves a cursor or hides text; tabs and ends of lines stay, CRLF included.

    Args:
        text: that other people's code made.
        log: it goes where a build server may read orders, which it must not give.
    """
    shown = "\r\n".join(part.translate(_HIDDEN_BUT_SPACE) for part in text.split("\r\n"))
    shown = SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", shown)
    return disarmed(_defused(shown)) if log else shown


def disarmed(text: str) -> str:
    """Keep lines from being workflow commands (``::error::``), which may be indented."""
    return _WORKFLOW.sub(r"\1\\::", text)


def _defused(text: str) -> str:
    text = SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
    return COMMAND.sub(r"#\\x23", text)


def shortened(text: str, limit: int) -> str:
    """Cut text to so many characters, the mark of the cut included."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


# Formats ----------------------------------------------------------------------------------------

_WORKFLOW_TEXT = 4000
"""Characters of a message of a workflow command; GitHub cuts at 64 KiB."""
_MARKDOWN_TEXT = 1000
"""Characters shown of one text in Markdown."""
_MARKUP = re.compile(r"[^\w ,./;:=%'()+-]|_|(?<=www)\.|:(?=//)", re.ASCII)
"""What Markdown, HTML or GitHub's autolinks would read as more than text."""


def workflow_text(text: str) -> str:
    """Write the message of a GitHub workflow command, which may have several lines.

    As ``escapeData`` in https://github.com/actions/toolkit, ``packages/core/src/command.ts``.
    """
    return _percent(shortened(printable(text), _WORKFLOW_TEXT)).replace("\n", "%0A")


def workflow_property(text: str) -> str:
    """Write a property (``file``, ``title``) of a workflow command, as ``escapeProperty`` does."""
    escaped = _percent(shortened(one_line(text), _WORKFLOW_TEXT))
    return escaped.replace(":", "%3A").replace(",", "%2C")


def workflow_line(text: str) -> str:
    """Write a line of the log that is no command and as long as a message may be."""
    return shortened(one_line(text), _WORKFLOW_TEXT)


def _percent(text: str) -> str:
    return text.replace("%", "%25")


def markdown_text(value: str) -> str:
    """Write text that means nothing but itself: HTML entities stand for all that would mean more.

    An invisible joiner keeps GitHub from linking people (``@``) and issues (``#``).
    """
    return _MARKUP.sub(_joined_entity, shortened(one_line(value), _MARKDOWN_TEXT))


def markdown_code(value: str) -> str:
    """Write text as code, which GitHub does not search for people and issues."""
    return f"<code>{_MARKUP.sub(_entity, shortened(one_line(value), _MARKDOWN_TEXT))}</code>"


def _joined_entity(match: re.Match[str]) -> str:
    return _entity(match) + ("&#8288;" if match.group() in "@#" else "")


def _entity(match: re.Match[str]) -> str:
    character = match.group()
    return character if ord(character) > ord("~") else f"&#{ord(character)};"


def tap_text(text: str) -> str:
    """Keep text from starting a directive: TAP 14 escapes backslash and number sign."""
    return one_line(text).replace("\\", "\\\\").replace("#", "\\#").strip()


def sarif_text(text: str) -> str:
    """Keep text from making links: SARIF messages know ``[text](target)``."""
    return printable(text).replace("](", "] (")


def xml_text(text: str) -> str:
    """Write the content of an element; line ends stay."""
    from xml.sax.saxutils import escape

    return escape(printable(text))


def xml_attribute(value: object) -> str:
    """Write the value of an attribute with its quotes."""
    from xml.sax.saxutils import quoteattr

    return quoteattr(one_line(str(value)))
