"""Moving a program to a place of its own below OPA's ``data``.

An OPA server has one ``data`` for everybody, so two programs with one package name would mix. Every
mention of the root document ``data`` and every package name gets the same prefix: what the program
sees below ``data`` moves as a whole, so its meaning stays.
"""

import re

_TOKEN = re.compile(
    r'(?P<opaque>#[^\n]*|"(?:[^"\\\n]|\\.)*"|`[^`]*`|\.[A-Za-z_]\w*)'
    r"|(?P<data>\bdata\b)|(?P<package>\bpackage[ \t]+)|[A-Za-z_]\w*"
)
_PATH = re.compile(r'data(\.[A-Za-z_]\w*|\["[^"\\\x00-\x1f]*"\])*')


def relocate(text: str, place: str) -> str:
    """Give a module, or a path, as it is below ``data.<place>``."""
    return _TOKEN.sub(lambda token: _moved(token, place), text)


def _moved(token: re.Match[str], place: str) -> str:
    if token["data"]:
        return f"data.{place}"
    if token["package"]:
        return f"{token['package']}{place}."
    return token[0]


def is_path(query: str) -> bool:
    """Tell whether a query is nothing but a path below ``data``; others are never sent."""
    return _PATH.fullmatch(query) is not None
