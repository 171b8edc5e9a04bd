"""``eidos config``: what holds and why, what is wrong, and a file to start from."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from eidos.engine.config.checking import Fault
from eidos.engine.config.loading import read_layers
from eidos.engine.config.places import PROJECT_FILE, project_file, user_file
from eidos.engine.config.settings import SETTINGS, Setting
from eidos.engine.documents.writing import write_atomically
from eidos.engine.errors import ConfigError, Problem, UsageError
from eidos.engine.model.effective import Configuration, Effective
from eidos.engine.model.validation import Validated, Validation

if TYPE_CHECKING:
    from eidos.engine.model.jsonvalue import Json

_ENVIRONMENT = "<environment>"
"""How the variables of the environment are called among the files."""


def effective_settings(cwd: Path, environ: Mapping[str, str]) -> Configuration:
    """Give every setting with its value and where that was said, and what is wrong.

    Raises:
        DocumentError: a file cannot be read.
    """
    values: dict[str, Json] = {setting.key: setting.default for setting in SETTINGS}
    origins: dict[str, str] = {}
    problems: list[Problem] = []
    for layer in read_layers(cwd, environ):
        values.update(layer.values)
        origins.update(layer.origins)
        problems.extend(map(_problem, layer.faults))
    found = (Effective(key, value, origins.get(key, "default")) for key, value in values.items())
    return Configuration(tuple(found), tuple(problems))


def validate_config(cwd: Path, environ: Mapping[str, str]) -> Validation:
    """Check every file that counts in a folder, and the variables of the environment.

    Raises:
        DocumentError: a file cannot be read.
    """
    problems = [_problem(fault) for layer in read_layers(cwd, environ) for fault in layer.faults]
    own, project = user_file(environ), project_file(cwd)
    files = [str(path) for path in (own, project) if path is not None and path.is_file()]
    documents = [_validated(file, [p for p in problems if _file(p) == file]) for file in files]
    rest = [problem for problem in problems if _file(problem) not in files]
    return Validation((*documents, _validated(_ENVIRONMENT, rest)))


def _problem(fault: Fault) -> Problem:
    return Problem(fault.message, fault.hint, fault.location, ConfigError.code)


def _file(problem: Problem) -> str:
    return problem.location.file if problem.location else ""


def _validated(file: str, problems: Sequence[Problem]) -> Validated:
    return Validated(file, 0, "config/v1", tuple(problems))


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
