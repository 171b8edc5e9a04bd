"""Guards: what the light engine asks of a value before a built-in function or an operator sees it.

Each gives its value back, or raises `ValueError` where the engine's answer is known to differ from
OPA's, or not known to be the same. Values of wrong types pass: the function itself refuses them.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

import regorus

from eidos.engine.rego.builtins import FORBIDDEN, INTEGERS

_GREATEST: Final = 1 << 62
"""Integers up to here keep their value in a sum of two; greater ones become doubles."""
_EXACT: Final = 1 << 53
"""Integers up to here are exact as doubles (IEEE 754)."""
_LONG_NUMBER = re.compile(r"[0-9][0-9.]{16}|[0-9][eE][-+0-9]")
_NUMERAL = re.compile(r"-?(?:0|[1-9][0-9]{0,19})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,7})\.[0-9]{0,5}[1-9]")
_RFC3339 = re.compile(
    r"(?:1[7-9]|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:Z|[+-][01][0-9]:[0-5][0-9])"
)
_ESCAPED = r"\\[.+*?()|\[\]{}^$\\/-]|\\[dws]"
_ATOM = (
    rf"(?:[A-Za-z0-9 _@#%&=:;,<>!~'\"/`-]|{_ESCAPED}|\.|\^|\$"
    rf"|\[\^?(?=[^\]])(?!--)-?(?:[A-Z]-[A-Z]|[a-z]-[a-z]|[0-9]-[0-9]|{_ESCAPED}"
    r"|[A-Za-z0-9 _@#%=:;,<>!'\"/`.+*?()|{}$]|&(?!&)|~(?!~))*-?\])"
)
_QUANTIFIER = r"(?:(?:[*+?]|\{[0-9]{1,2}(?:,(?:[0-9]{1,2})?)?\})\??)?"
_FLAT = re.compile(rf"(?:{_ATOM}{_QUANTIFIER}|\|)*")
_GROUP = re.compile(rf"\((?:\?:)?(?:{_ATOM}{_QUANTIFIER}|\|)*\)")
_FLAGS = re.compile(r"\(\?[im]{1,2}\)")
_LETTERS = re.compile(r"\\w|^\(\?m?i")
_TEMPLATE = re.compile(r"(?:[^$]|\$[0-9](?![A-Za-z0-9_]))*")


def install(engine: regorus.Engine, now_ns: Callable[[], int]) -> None:
    """Give an engine the guards and the clock of the job; take away what is forbidden."""
    engine.add_extension("time.now_ns", 0, now_ns)
    for name, (arity, function) in _GUARDS.items():
        engine.add_extension(f"__light_{name}", arity, function)
    for name, arity in _TAKEN_AWAY.items():
        engine.add_extension(name, arity, _refusal(name))


def _refusal(name: str) -> Callable[..., object]:
    def refuse(*_: object) -> object:
        raise ValueError(f"{name} is forbidden: it {FORBIDDEN[name]}")

    return refuse


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) < 60 else f"{text[:57]}..."  # noqa: PLR2004 -- fits a line


def _not_served(what: str) -> ValueError:
    return ValueError(
        f"the light engine does not serve {what}: OPA may answer otherwise "
        "('eidos engine install' gets it)"
    )


def _whole(value: object) -> object:
    if isinstance(value, float) or (isinstance(value, int) and abs(value) > _GREATEST):
        raise _not_served(f"arithmetic with {_shown(value)}")
    return value


def refuse_inexact(document: str) -> None:
    """Refuse JSON with a number that the engine would change.

    Raises:
        ValueError: names the number.
    """
    if _LONG_NUMBER.search(document):
        import json

        json.loads(document, parse_int=_exact, parse_float=_exact)


def _exact(number: str) -> None:
    from decimal import Decimal

    whole = number.lstrip("-").isdigit()
    if int(number) not in INTEGERS if whole else Decimal(repr(float(number))) != Decimal(number):
        raise _not_served(f"the number {number[:40]}")


def _rounded(value: object) -> object:
    if isinstance(value, float) and not 0 <= value < _EXACT:
        raise _not_served(f"rounding {_shown(value)}")
    return value


def _total(value: object) -> object:
    if isinstance(value, list | set | frozenset):
        whole = [_whole(item) for item in value if isinstance(item, int | float)]
        if sum(abs(item) for item in whole if isinstance(item, int)) > _GREATEST:
            raise _not_served("a sum as great as that")
    return value


def _holds(value: object, kinds: tuple[type, ...]) -> bool:
    if isinstance(value, kinds):
        return True
    if isinstance(value, dict):
        return any(_holds(part, kinds) for pair in value.items() for part in pair)
    return isinstance(value, list | set | frozenset) and any(_holds(i, kinds) for i in value)


def _ordered(value: object) -> object:
    """Sets come before objects in the engine, after them in OPA."""
    if _holds(value, (set, frozenset, dict)):
        raise _not_served("the order of sets and objects")
    return value


def _sorted(value: object) -> object:
    if isinstance(value, list) and _holds(list(value), (set, frozenset)):
        raise _not_served("the order of sets")
    return value


def _member(value: object) -> object:
    if _holds(value, (set, frozenset)):
        raise _not_served("a set in a set")
    return value


def _filled(value: object) -> object:
    if value == "":
        raise _not_served("a search for empty text")
    return value


def _ascii(value: object) -> object:
    if isinstance(value, str) and not value.isascii():
        raise _not_served(f"letters beyond ASCII in {_shown(value)}")
    return value


def _numeral(value: object) -> object:
    if isinstance(value, str) and not (
        _DECIMAL.fullmatch(value) or (_NUMERAL.fullmatch(value) and int(value) in INTEGERS)
    ):
        raise _not_served(f"to_number of {_shown(value)}")
    return value


def _rfc3339(value: object) -> object:
    if isinstance(value, str) and not _RFC3339.fullmatch(value):
        raise _not_served(f"the time {_shown(value)}")
    return value


def _formatted(verbs: object, values: object) -> object:
    wanted = str(verbs).removesuffix("-")
    if isinstance(values, list):
        if len(values) != len(wanted):
            raise _not_served(f"sprintf with {len(values)} values for {len(wanted)} verbs")
        for verb, value in zip(wanted, values, strict=True):
            if not _FORMATS[verb](value):
                raise _not_served(f"sprintf of {_shown(value)} by %{verb}")
    return values


def _is_written_alike(value: object) -> bool:
    if isinstance(value, str):
        return value.isprintable()
    if isinstance(value, list):
        return all(map(_is_written_alike, value))
    if isinstance(value, dict):
        return all(isinstance(k, str) and _is_written_alike(k) for k in value) and all(
            map(_is_written_alike, value.values())
        )
    if isinstance(value, set | frozenset):
        return bool(value) and all(map(_is_written_alike, value))
    if isinstance(value, float):
        return _DECIMAL.fullmatch(repr(value)) is not None
    return value is None or (isinstance(value, int) and value in INTEGERS)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_quoted_alike(value: object) -> bool:
    return isinstance(value, str) and value.isprintable()


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value in INTEGERS


_FORMATS: Final[Mapping[str, Callable[[object], bool]]] = {
    "d": _is_count,
    "q": _is_quoted_alike,
    "s": _is_text,
    "v": lambda value: isinstance(value, str) or _is_written_alike(value),
}


def _marshalled(value: object) -> object:
    if not _is_written_alike(value) or any(mark in repr(value) for mark in "<>&"):
        raise _not_served(f"json.marshal of {_shown(value)}")
    return value


def _json(value: object) -> object:
    if isinstance(value, str) and re.search(r"\\u|[0-9]{17}|[0-9][.eE]|[^\x20-\x7e\n\t\r]", value):
        raise _not_served(f"JSON with such numbers or characters: {_shown(value)}")
    return value


@lru_cache(maxsize=1024)
def _is_proven(pattern: str) -> bool:
    """Tell whether Go and Rust read a regular expression alike."""
    flags = _FLAGS.match(pattern)
    pattern = pattern[flags.end() :] if flags else pattern
    for _ in range(pattern.count("(")):
        pattern = _GROUP.sub("a", pattern, count=1)
    return _FLAT.fullmatch(pattern) is not None


def _pattern(value: object) -> object:
    if isinstance(value, str) and not _is_proven(value):
        raise _not_served(f"the regular expression {_shown(value)}")
    return value


def _repeated(value: object) -> object:
    """A pattern that is searched for more than once must not match empty text."""
    _pattern(value)
    if isinstance(value, str) and re.compile(value, re.ASCII).search("") is not None:
        raise _not_served(f"a regular expression that matches empty text, {_shown(value)}")
    return value


def _replacement(value: object) -> object:
    if isinstance(value, str) and not _TEMPLATE.fullmatch(value):
        raise _not_served(f"the replacement {_shown(value)}")
    return value


def _subject(pattern: object, value: object) -> object:
    """Digits, space and letters are those of ASCII in Go, of Unicode in the engine."""
    if isinstance(pattern, str) and isinstance(value, str) and not value.isascii():
        beyond = [mark for mark in value if not mark.isascii()]
        if _LETTERS.search(pattern) or any(m.isdecimal() or m.isspace() for m in beyond):
            _ascii(value)
    if isinstance(value, str) and "\v" in value:
        raise _not_served("a vertical tab in text that a regular expression reads")
    return value


_GUARDS: Final[Mapping[str, tuple[int, Callable[..., object]]]] = {
    "ascii": (1, _ascii),
    "filled": (1, _filled),
    "formatted": (2, _formatted),
    "json": (1, _json),
    "marshalled": (1, _marshalled),
    "member": (1, _member),
    "numeral": (1, _numeral),
    "ordered": (1, _ordered),
    "pattern": (1, _pattern),
    "repeated": (1, _repeated),
    "replacement": (1, _replacement),
    "rfc3339": (1, _rfc3339),
    "rounded": (1, _rounded),
    "sorted": (1, _sorted),
    "subject": (2, _subject),
    "sum": (1, _total),
    "whole": (1, _whole),
}

_TAKEN_AWAY = {"http.send": 1, "opa.runtime": 0, "rand.intn": 2, "uuid.rfc4122": 1}
"""What is forbidden and the engine has, with the number of arguments."""
