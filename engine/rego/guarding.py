"""What is refused before the parser sees it, because the parser would hang or crash."""

import re

from eidos.engine.rego.frames import Fault, Source
from eidos.engine.rego.limits import GET_OPA, EngineLimits

_TEMPLATE = ('$"', "$`")
_TOKEN = re.compile(r'\$["`]|#[^\n]*|"(?:[^"\\\n]|\\.)*"|`[^`]*`|[\[{(\])}]')
_OPENING = "[{("
_CLOSING = ")]}"


def guard(source: Source, limits: EngineLimits) -> Fault | None:
    """Say why a module must not be parsed, or None."""
    size = len(source.text.encode(errors="surrogatepass"))
    if size > limits.module_bytes:
        message = f"the module has {size} bytes, over the limit of {limits.module_bytes}"
        return Fault(message, source.file, hint="Split it.")
    return _long_line(source, limits) or _unreadable(source, limits)


def _long_line(source: Source, limits: EngineLimits) -> Fault | None:
    for number, line in enumerate(source.text.split("\n"), 1):
        if len(line) > limits.line_chars:
            message = f"the line has {len(line)} characters, over the limit of {limits.line_chars}"
            return Fault(message, source.file, number, limits.line_chars + 1, "Break it up.")
    return None


def _unreadable(source: Source, limits: EngineLimits) -> Fault | None:
    depth = 0
    for token in _TOKEN.finditer(source.text):
        if token[0] in _TEMPLATE:
            message = "the light engine does not serve template strings"
            return _fault(source, token.start(), message, f"Use sprintf. {GET_OPA}")
        if token[0] in _OPENING:
            depth += 1
        elif token[0] in _CLOSING:
            depth = max(0, depth - 1)
        if depth > limits.depth:
            message = f"brackets are nested more than {limits.depth} deep"
            hint = "Give inner parts names of their own, as rules or variables."
            return _fault(source, token.start(), message, hint)
    return None


def _fault(source: Source, position: int, message: str, hint: str) -> Fault:
    line = source.text.count("\n", 0, position) + 1
    column = position - source.text.rfind("\n", 0, position)
    return Fault(message, source.file, line, column, hint)
