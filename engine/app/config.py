"""``eidos config``: what holds and why, what is wrong, and a file to start from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from eidos.engine.app.context import SystemClock
from eidos.engine.config.checking import problem
from eidos.engine.config.loading import (
    PROJECT_FILE,
    Files,
    merged,
    read_layers,
    settings_of,
    user_file,
)
from eidos.engine.config.rows import SETTINGS, Setting
from eidos.engine.config.settings import DEFAULT, Settings
from eidos.engine.documents.writing import write_atomically
from eidos.engine.errors import ConfigError, EidosError, Problem, UsageError
from eidos.engine.model.drift import IgnoreRule
from eidos.engine.model.effective import Configuration, Effective
from eidos.engine.model.rule import Pack, Severity
from eidos.engine.model.validation import Validated, Validation
from eidos.engine.model.waiver import TERMS

_ENVIRONMENT = "<environment>"
"""How the variables of the environment are called among the files."""


def effective_settings(cwd: Path, environ: Mapping[str, str], files: Files) -> Configuration:
    """Give every setting with its value and where that was said, and what is wrong.

    Args:
        cwd: the folder, absolute.
        environ: the environment.
        files: which files count.

    Raises:
        ConfigError: the user's own file was named, and is not there.
        DocumentError: a file cannot be read.
    """
    layers = list(read_layers(cwd, environ, files))
    values, origins = merged(layers)
    found = (Effective(key, value, str(origins.get(key, DEFAULT))) for key, value in values.items())
    problems = (problem for layer in layers for problem in layer.problems)
    return Configuration(tuple(found), tuple(problems))


def validate_config(cwd: Path, environ: Mapping[str, str], files: Files) -> Validation:
    """Check every file and variable that counts in a folder: all that a command would refuse.

    Args:
        cwd: the folder, absolute.
        environ: the environment.
        files: which files count.

    Raises:
        ConfigError: the user's own file was named, and is not there.
        DocumentError: a file cannot be read.
    """
    layers = list(read_layers(cwd, environ, files))
    terms = {**TERMS, **settings_of(*merged(layers)).waiver_terms}
    documents = [
        # What is not even well-formed has no values that could be asked what they name.
        _validated(
            str(layer.file or _ENVIRONMENT),
            [*layer.problems, *_refused(settings_of(*merged([layer])), terms)],
        )
        for layer in layers
    ]
    if not any(document.file == _ENVIRONMENT for document in documents):
        documents.append(_validated(_ENVIRONMENT, []))
    return Validation(tuple(documents))


def _validated(file: str, problems: Sequence[Problem]) -> Validated:
    return Validated(file, 0, "config/v1", tuple(problems))


def refuse(key: str, settings: Settings) -> None:
    """Refuse what a setting names and what is not there.

    Raises:
        ConfigError: one of its texts is refused; it says who set it.
    """
    for wrong in _refusals(key, settings):
        raise ConfigError(wrong.message, hint=wrong.hint, location=wrong.location)


def _refused(settings: Settings, terms: Mapping[Severity, int]) -> Iterator[Problem]:
    for key in _CHECKS:
        yield from _refusals(key, settings)
    yield from _refused_rules(settings)
    yield from _refused_waivers("waivers", settings.waivers, settings, terms)
    for name, gate in settings.gates.items():
        yield from _refused_waivers(f"gates.{name}", gate.waivers, settings, terms)


def _refusals(key: str, settings: Settings) -> Iterator[Problem]:
    """Say what of a setting a command would refuse: each text of it that names nothing."""
    check = _CHECKS.get(key)
    for place, text in _texts(key, settings.said(key)) if check else ():
        try:
            _CHECKS[key](text, settings)
        except EidosError as error:
            origin = settings.origins.get(place) or settings.origin(key)
            yield problem(f"'{place}': {error}", origin.location, error.hint)


def _texts(key: str, said: object) -> Iterator[tuple[str, str]]:
    """Give each text of a setting, with its key among the origins."""
    if isinstance(said, Mapping):
        yield from ((f"{key}.{text}", str(text)) for text in said)
    elif isinstance(said, tuple):
        for index, each in enumerate(said):
            yield f"{key}.{index}", each.pattern if isinstance(each, IgnoreRule) else str(each)
    elif said is not None:
        yield key, str(said)


def _check_pack(reference: str, _settings: Settings) -> None:
    from eidos.engine.packs.finding import find_policies

    find_policies([reference])


def _check_key(file: str, _settings: Settings) -> None:
    from eidos.engine.signing.keys import load_verifiers

    load_verifiers([Path(file)], {})


def _check_waivers(file: str, settings: Settings) -> None:
    from eidos.engine.app.waivers import read_waivers

    read_waivers([file], settings.limits)


def _check_output(output: str, _settings: Settings) -> None:
    from eidos.engine.report.outputs import parse_outputs
    from eidos.engine.report.registry import REPORT

    parse_outputs([output], REPORT)


def _check_pattern(pattern: str, _settings: Settings) -> None:
    from eidos.engine.comparing.patterns import check_pattern

    check_pattern(pattern, "a glob for each part")


def _check_root(folder: str, _settings: Settings) -> None:
    if not Path(folder).is_dir():
        raise UsageError(f"{folder} is not a folder")


def _check_collectors(names: str, settings: Settings) -> None:
    from eidos.engine.collecting.filtering import Filter, filtered
    from eidos.engine.plugins import find_collectors

    only = tuple(name.strip() for name in names.split(",") if name.strip())
    filtered(find_collectors()[0], Filter(only, extra={"SystemD": settings.snapshot.units}))


_CHECKS: Mapping[str, Callable[[str, Settings], None]] = {
    "packs": _check_pack,
    "verification-keys": _check_key,
    "output": _check_output,
    "waivers": _check_waivers,
    "ignore": _check_pattern,
    "levels": _check_pattern,
    "snapshot.root": _check_root,
    "snapshot.filter": _check_collectors,
    "snapshot.exclude": _check_collectors,
}
"""Key to what refuses a text that only the parts which use it can judge."""


def _refused_rules(settings: Settings) -> Iterator[Problem]:
    """Say which rules and parameters there are not."""
    if not settings.params and not settings.enforcement:
        return
    from eidos.engine.packs.choosing import RuleChoice, choose, refuse_unknown_rules

    try:
        packs = _packs(settings)
    except EidosError:
        return  # it is told where packs are named
    for key, rules in (("params", settings.params), ("enforcement", settings.enforcement)):
        for rule in rules:
            try:
                refuse_unknown_rules([rule], packs)
                choose(packs, RuleChoice(), {rule: settings.params.get(rule, {})})
            except EidosError as error:
                place = f"{key}.{rule}"
                origin = settings.origin(place).location
                for each in (error.problem, *error.others):
                    yield problem(f"'{place}': {each}", origin, each.hint)


def _refused_waivers(
    key: str, files: Sequence[str], settings: Settings, terms: Mapping[Severity, int]
) -> Iterator[Problem]:
    """Say which waivers nobody may give, or not for so long; of gates, which cannot be read, too.

    Args:
        key: where the files are named.
        files: files and folders with waivers.
        settings: those of one file or of the environment.
        terms: the days that a waiver may last; of all settings together.
    """
    if not files:
        return
    from eidos.engine.app.waivers import Terms, read_waivers, refuse_untenable

    at = settings.effective_time or SystemClock().now()
    try:
        waivers = read_waivers(files, settings.limits)
    except EidosError as error:
        if key != "waivers":  # else it is told file by file
            yield problem(f"'{key}': {error}", settings.origin(key).location, error.hint)
        return
    try:
        rules = tuple(rule for pack in _packs(settings) for rule in pack.rules)
        refuse_untenable(waivers, Terms(rules, terms), at)
    except EidosError as error:
        origin = settings.origin(key).location
        for each in (error.problem, *error.others):
            yield problem(f"'{key}': {each}", origin, each.hint)


def _packs(settings: Settings) -> list[Pack]:
    """Load the packs that are named, and the shipped ones: a setting may be for any of them."""
    from contextlib import closing

    from eidos.engine.app.policies import load_packs
    from eidos.engine.rego.light import LightEngine

    with closing(LightEngine()) as engine:
        named = load_packs(settings.packs, engine) if settings.packs else []
        there = {rule.id for pack in named for rule in pack.rules}
        shipped = load_packs((), engine)
    return [*named, *(pack for pack in shipped if there.isdisjoint(r.id for r in pack.rules))]


def init_config(path: Path) -> Path:
    """Write a file that names every setting, each as a remark with its default.

    Raises:
        UsageError: the file is there already.
    """
    if path.exists():
        raise UsageError(f"{path} already exists", hint="Edit it, or remove it first.")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, "\n".join(_template()) + "\n")
    return path


def config_path(cwd: Path, environ: Mapping[str, str], *, user: bool) -> Path:
    """Give where a new configuration goes: the user's own place, or the folder."""
    return user_file(environ) if user else cwd / PROJECT_FILE


def _template() -> Iterator[str]:
    yield "# eidos: every setting, with its default. Take away the '#' of what you change."
    yield "# Options of a command go before EIDOS_* variables, and those before this file."
    yield "# A project's file may relax the gate or act only where it is trusted: --trust-project."
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
    return _EMPTY.get(setting.kind, "...")


_EMPTY = {"list": "[]", "ignores": "[]", "mapping": "{}", "tables": "{}"}
