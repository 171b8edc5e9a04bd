"""``eidos config``: what holds and why, what is wrong, and a file to start from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from eidos.engine.config.checking import Fault
from eidos.engine.config.loading import read_layers
from eidos.engine.config.places import PROJECT_FILE, project_file, user_file
from eidos.engine.config.settings import SETTINGS, Setting
from eidos.engine.documents.writing import write_atomically
from eidos.engine.errors import UsageError
from eidos.engine.model.jsonvalue import Json


@dataclass(frozen=True, slots=True)
class Effective:
    """A setting that holds."""

    key: str
    value: Json
    origin: str
    """``file:line``, the name of a variable, or ``default``."""


@dataclass(frozen=True, slots=True)
class Validity:
    """What was looked at and what is wrong with it."""

    files: tuple[Path, ...]
    faults: tuple[Fault, ...]


def effective_settings(
    cwd: Path, environ: Mapping[str, str]
) -> tuple[list[Effective], list[Fault]]:
    """Give every setting with its value and where that was said, and what is wrong."""
    values: dict[str, Json] = {setting.key: setting.default for setting in SETTINGS}
    origins: dict[str, str] = {}
    faults: list[Fault] = []
    for layer in read_layers(cwd, environ):
        values.update(layer.values)
        origins.update(layer.origins)
        faults.extend(layer.faults)
    found = [Effective(key, value, origins.get(key, "default")) for key, value in values.items()]
    return found, faults


def validate_config(cwd: Path, environ: Mapping[str, str]) -> Validity:
    """Check every file and variable that counts in a folder."""
    faults = [fault for layer in read_layers(cwd, environ) for fault in layer.faults]
    own, project = user_file(environ), project_file(cwd)
    files = [path for path in (own, project) if path is not None and path.is_file()]
    return Validity(tuple(files), tuple(faults))


def init_config(path: Path) -> Path:
    """Write a file that names every setting, each as a remark with its default.

    Raises:
        UsageError: the file is there already.
    """
    if path.exists():
        raise UsageError(f"{path} is there already", hint="Edit it, or remove it first.")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, "\n".join(_template()) + "\n")
    return path


def config_path(cwd: Path, environ: Mapping[str, str], *, user: bool) -> Path:
    """Give where a new configuration goes: the user's own place, or the folder."""
    return user_file(environ) if user else cwd / PROJECT_FILE


def _template() -> Iterator[str]:
    yield "# eidos: every setting, with its default. Take away the '#' of what you change."
    yield "# Options of a command go before EIDOS_* variables, and those before this file."
    group = ""
    for setting in SETTINGS:
        parent, _, name = setting.key.rpartition(".")
        if parent != group and parent:
            yield f"# {parent}:"
        group = parent
        indent = "  " if parent else ""
        sign = "" if setting.default is not None and not parent else "# "
        yield f"{sign}{indent}{name}: {_example(setting)}  # {setting.help}"


def _example(setting: Setting) -> str:
    if setting.default is not None:
        return str(setting.default).lower() if setting.kind == "flag" else str(setting.default)
    return {"list": "[]", "rules": "[]", "mapping": "{}"}.get(setting.kind, "...")
