"""What a project's file may do, and what of all that is said relaxes the gate.

Of an ``eidos.yaml`` that came with a checkout only what shows or tightens holds: a pull request can
bring one. What relaxes the gate or acts on the world is refused, unless the user trusts the file.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from eidos.engine.config.rows import BY_KEY, Setting
from eidos.engine.config.settings import Origin
from eidos.engine.errors import ConfigError, Location, Problem
from eidos.engine.folders import open_to_others
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Relaxation

_DOES = {"relaxes": "relaxes the gate", "acts": "acts on the world"}
_SHOWN = 80
"""Characters shown of a value."""


def distrust(file: Path, trusted: tuple[str, ...], listed_in: Path) -> str | None:
    """Give why a project's file is not trusted, as the next step; None where it is.

    A link has to lie in a trusted folder and lead to one: what it says is written there, and what
    it names is meant from here.

    Args:
        file: the project's file.
        trusted: folders that the user trusts, absolute.
        listed_in: the user's own configuration, for the message.
    """
    folders = {file.parent.resolve(), file.resolve().parent}
    if missing := folders - {Path(folder).resolve() for folder in trusted}:
        named = " and ".join(map(str, sorted(missing)))
        return (
            "If you have read the file and trust it, say 'eidos --trust-project COMMAND', or list "
            f"{named} below 'trusted-projects' in {listed_in}; 'eidos --no-config COMMAND' leaves "
            "it aside."
        )
    return next(map(_not_safe, filter(None, map(open_to_others, _steps(file)))), None)


def _steps(file: Path) -> tuple[Path, ...]:
    return (file.parent.resolve() / file.name, file.resolve())


def _not_safe(writable: Path) -> str:
    return f"The folder is trusted, but everybody may write {writable}: run 'chmod o-w {writable}'."


def refusals(
    values: Mapping[str, Json], origins: Mapping[str, Origin], hint: str
) -> Iterator[tuple[str, Problem]]:
    """Give what in a project's file is not allowed to it, with the key that does not hold.

    Args:
        values: what the file says, by dotted key.
        origins: where it says so.
        hint: the way to allow it.
    """
    for key, place, value in _told(values, origins, Setting.needs_trust):
        row = row_of(key)
        message = (
            f"'{key}: {shown(value)}' {_DOES[row.trust]} ({row.why.replace('`', '')}), which a "
            "project's file may not do unless it is trusted"
        )
        yield key, Problem(message, hint, place, ConfigError.code)


def own_only(values: Mapping[str, Json], origins: Mapping[str, Origin]) -> Iterator[Problem]:
    """Refuse what only the user's own file may say, however much the project is trusted."""
    for key in values:
        if row_of(key).user_only:
            message = f"'{key}' counts only in the user's own configuration: {row_of(key).why}"
            hint = "Take it out of the project's file."
            yield Problem(message, hint, origins[key].location, ConfigError.code)


def relaxations(
    values: Mapping[str, Json], origins: Mapping[str, Origin]
) -> tuple[Relaxation, ...]:
    """Give what of all that holds relaxes the gate, element by element.

    Args:
        values: what holds, by dotted key.
        origins: who said so; what nobody said relaxes nothing.
    """
    said = {key: value for key, value in values.items() if key in origins}
    return tuple(
        Relaxation(key, text, place)
        for key, place, value in _told(said, origins, Setting.relaxes)
        for text in _relaxing(row_of(key), value)
    )


def _relaxing(row: Setting, value: Json) -> Iterator[str]:
    """Write what relaxes; of a map with fields of its own each that does, and nothing else."""
    if not (row.fields and isinstance(value, dict)):
        yield _shown(row, value)
        return
    for field in row.fields:
        for name, each in _entries(field, value.get(field.key)):
            if field.relaxes(each):
                yield f"{name}: {_shown(field, each)}"


def _entries(field: Setting, value: Json) -> Iterator[tuple[str, Json]]:
    """Give a field's value, or each of its own; nothing where nobody said any."""
    if isinstance(value, dict):
        yield from ((f"{field.key}.{name}", each) for name, each in value.items())
    elif isinstance(value, list):
        yield from ((field.key, each) for each in value)
    elif value:
        yield field.key, value


def _shown(row: Setting, value: Json) -> str:
    """Write a value; a path is not cut, for its end is what it is called."""
    return value if row.path and isinstance(value, str) else shown(value)


def row_of(key: str) -> Setting:
    """Give the row of a dotted key; an entry of a map has the row of the map."""
    if key in BY_KEY:
        return BY_KEY[key]
    return next(row for name, row in BY_KEY.items() if key.startswith(f"{name}."))


def shown(value: object) -> str:
    """Write a value for a message, as YAML has it on a line; a long one is cut."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, Mapping):
        text = "{" + ", ".join(f"{key}: {shown(item)}" for key, item in value.items()) + "}"
    elif isinstance(value, list | tuple):
        text = f"[{', '.join(map(shown, value))}]"
    else:
        text = str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _told(
    values: Mapping[str, Json], origins: Mapping[str, Origin], does: Callable[[Setting, Json], bool]
) -> Iterator[tuple[str, Location, Json]]:
    """Give key, place and value of what does something; each element of a list for itself."""
    for key, value in values.items():
        row = row_of(key)
        elements = value if isinstance(value, list) and row.kind in {"list", "ignores"} else None
        if elements is None and does(row, value):
            yield key, origins[key].location, value
        for index, element in enumerate(elements or ()):
            if does(row, element):
                yield key, origins.get(f"{key}.{index}", origins[key]).location, element
