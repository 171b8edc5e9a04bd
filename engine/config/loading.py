"""Reading the configuration: variables over the user's file over ``eidos.yaml`` over defaults.

Where nothing is configured this reads nothing and imports little: most commands run so.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from eidos.engine.config.rows import BY_KEY, BY_VARIABLE, ENGINES, SETTINGS, Setting, last_moment
from eidos.engine.config.rows import moment as read_moment
from eidos.engine.config.settings import Origin, Settings, SnapshotSettings
from eidos.engine.config.trusting import distrust, own_only, refusals, relaxations, row_of
from eidos.engine.documents.limits import Limits
from eidos.engine.errors import ConfigError, Location, NoDocumentError, Problem
from eidos.engine.folders import is_planted, user_folder
from eidos.engine.model.durations import days, seconds
from eidos.engine.model.gate import NamedGate
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Relaxation
from eidos.engine.model.rule import Enforcement, Severity
from eidos.engine.records import dataclass

if TYPE_CHECKING:
    from eidos.engine.model.drift import IgnoreRule

PROJECT_FILE = "eidos.yaml"
CONFIG_VARIABLE = "EIDOS_CONFIG"
"""Names the user's own file, as ``--config`` does."""
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Which files of configuration count, as the command line says."""

    read: bool = True
    """Read any at all; variables count in any case."""
    own: Path | None = None
    """The user's own file; None for what `CONFIG_VARIABLE` names, else its usual place."""
    trust_project: bool = False
    """Let a project's file relax the gate and act."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What one place says."""

    values: Mapping[str, Json]
    """By dotted key; entries of mappings are keys of their own."""
    origins: Mapping[str, Origin]
    """By the same keys; elements of lists have keys of their own: ``waivers.0``."""
    problems: tuple[Problem, ...] = ()
    file: Path | None = None
    """None for variables."""


def user_file(environ: Mapping[str, str]) -> Path:
    """Give the place of the user's own configuration."""
    return user_folder("config", environ) / "config.yaml"


def project_file(cwd: Path) -> Path | None:
    """Find ``eidos.yaml`` in a folder or the nearest above it; none that others left in /tmp."""
    files = (folder / PROJECT_FILE for folder in (cwd, *cwd.parents))
    return next((path for path in files if path.is_file() and not is_planted(path)), None)


def load_settings(cwd: Path, environ: Mapping[str, str], files: Files | None = None) -> Settings:
    """Give the settings that hold in a folder.

    Args:
        cwd: the folder, absolute.
        environ: the environment.
        files: which files count; all that are found, and a project's without trust, when None.

    Raises:
        ConfigError: a file or variable is not right, or a project's file does what it is not
            trusted to; the first problem, the number of the others.
        DocumentError: a file cannot be read.
    """
    layers = list(read_layers(cwd, environ, files))
    if not layers:
        return Settings()
    problems = [problem for layer in layers for problem in layer.problems]
    if problems:
        first, *others = problems
        more = f"{len(others)} more: `eidos config validate` lists them." if others else ""
        hint = f"{first.hint or ''} {more}".strip()
        raise ConfigError(first.message, hint=hint or None, location=first.location)
    settings = settings_of(*merged(layers))
    return replace(settings, relaxations=(*settings.relaxations, *_undone(layers)))


def _undone(layers: Sequence[Layer]) -> Iterator[Relaxation]:
    """Give what tightens the gate in one place and is taken back in a stronger one.

    Args:
        layers: the weakest first.
    """
    said = {key for layer in layers for key, value in layer.values.items() if value is True}
    for key in sorted(said):
        last = next(each for each in reversed(layers) if key in each.values)
        if row_of(key).trust == "tightens" and last.values[key] is False:
            yield Relaxation(key, "false", last.origins[key].location)


def read_layers(
    cwd: Path, environ: Mapping[str, str], files: Files | None = None
) -> Iterator[Layer]:
    """Read every place there is, the weakest first.

    What a project's file may not do is a problem of its layer, and no value of it.

    Args:
        cwd: the folder, absolute.
        environ: the environment.
        files: which files count; see `load_settings`.

    Raises:
        ConfigError: the user's own file was named, and is not there.
        DocumentError: a file cannot be read.
    """
    files = files or Files()
    if files.read:
        yield from _read_files(cwd, environ, files)
    # An empty variable is an unset one, as it is for most tools: it takes back nothing.
    variables = {name: environ[name] for name in BY_VARIABLE if environ.get(name, "").strip()}
    if variables:
        yield _read_variables(variables)


def _read_files(cwd: Path, environ: Mapping[str, str], files: Files) -> Iterator[Layer]:
    own = _own_file(cwd, environ, files)
    user = _read_file(own, "user") if own.is_file() else None
    project = project_file(cwd)
    if project is not None and not (user and project.samefile(own)):
        found = _read_file(project, "project")
        trusted = _texts(user.values.get("trusted-projects")) if user else ()
        yield found if files.trust_project else _held_back(found, project, trusted, own)
    if user is not None:
        yield user


def _own_file(cwd: Path, environ: Mapping[str, str], files: Files) -> Path:
    """Give the user's own file: the one that was named, else where it usually is.

    Raises:
        ConfigError: it was named and is not there.
    """
    named = files.own or environ.get(CONFIG_VARIABLE)
    if not named:
        return user_file(environ)
    path = cwd / Path(named).expanduser()
    if not path.is_file():
        said = "--config" if files.own else CONFIG_VARIABLE
        hint = "Name a file, or say --no-config to read none."
        raise ConfigError(f"{said} names no file: {named}", hint=hint)
    return path


def _held_back(found: Layer, project: Path, trusted: tuple[str, ...], own: Path) -> Layer:
    """Take away what a project's file may not do, unless the user trusts its folder."""
    hint = distrust(project, trusted, own)
    refused = list(refusals(found.values, found.origins, hint)) if hint else []
    gone = {key for key, _ in refused}
    return replace(
        found,
        values={key: value for key, value in found.values.items() if key not in gone},
        problems=(*found.problems, *(problem for _, problem in refused)),
    )


def _read_file(path: Path, source: Literal["user", "project"]) -> Layer:
    from eidos.engine.config.checking import check, problem
    from eidos.engine.documents.finding import Source
    from eidos.engine.documents.reading import read_documents

    try:
        document, *more = read_documents(Source(str(path), path))
    except NoDocumentError:
        return Layer({}, {}, file=path)
    value = {} if document.value is None else document.value
    if more:
        message, place = "a configuration is one document, and this is another", more[0].location
        return Layer({}, {}, (problem(message, place(())),), path)
    if not isinstance(value, dict):
        message = "a configuration is a map of settings"
        return Layer({}, {}, (problem(message, document.location(())),), path)
    if problems := check(value, document.location):
        return Layer({}, {}, tuple(problems), path)
    values: dict[str, Json] = {}
    origins: dict[str, Origin] = {}
    for setting, place_in_file, found in _flat(value):
        key = ".".join(place_in_file)
        values[key] = _from_folder(setting, found, path.parent)
        for inner in ((), *((index,) for index in range(_length(found)))):
            location = document.location((*place_in_file, *inner))
            element = ".".join((key, *map(str, inner)))
            origins[element] = Origin(source, Location(location.file, location.line))
    misplaced = own_only(values, origins) if source == "project" else ()
    return Layer(values, origins, tuple(misplaced), path)


def _length(found: Json) -> int:
    return len(found) if isinstance(found, list) else 0


def _flat(value: Mapping[str, Json]) -> Iterator[tuple[Setting, tuple[str, ...], Json]]:
    """Give each setting that is there, with its place; each entry of a mapping for itself."""
    for setting in SETTINGS:
        place = tuple(setting.key.split("."))
        found: Json = dict(value)
        for part in place:
            found = found.get(part) if isinstance(found, dict) else None
        if found is None:
            continue
        if setting.kind in {"mapping", "tables"} and isinstance(found, dict):
            yield from ((setting, (*place, name), item) for name, item in found.items())
        else:
            yield setting, place, found


def _from_folder(setting: Setting, found: Json, folder: Path) -> Json:
    """Make relative paths relative to the folder of the file that says them."""
    if setting.fields and isinstance(found, dict):
        inner = {each.key: each for each in setting.fields}
        return {
            name: _from_folder(inner[name], each, folder) if name in inner else each
            for name, each in found.items()
        }
    if not setting.path:
        return found
    if isinstance(found, list):
        return [_placed(str(item), folder, named=setting.key.endswith("packs")) for item in found]
    return _placed(str(found), folder, named=False)


def _placed(text: str, folder: Path, *, named: bool) -> str:
    """Place a path; a pack without a slash or dot in front is a name."""
    if named and not text.startswith((".", "/", "~")):
        return text
    return str(folder / Path(text).expanduser())


def _read_variables(found: Mapping[str, str]) -> Layer:
    from eidos.engine.config.checking import check

    nested: dict[str, Json] = {}
    values: dict[str, Json] = {}
    for name, text in found.items():
        setting = BY_VARIABLE[name]
        values[setting.key] = _from_text(setting, text)
        group, _, key = setting.key.rpartition(".")
        place = nested.setdefault(group, {}) if group else nested
        if isinstance(place, dict):
            place[key] = values[setting.key]
    if problems := check(nested, _variable_location):
        return Layer({}, {}, tuple(problems))
    origins = {BY_VARIABLE[name].key: Origin("variable", Location(name)) for name in found}
    return Layer(values, origins)


def _variable_location(path: Sequence[str | int]) -> Location:
    for end in range(len(path), 0, -1):
        setting = BY_KEY.get(".".join(str(part) for part in path[:end]))
        if setting is not None and setting.variable:
            return Location(setting.variable)
    return Location("environment")


def _from_text(setting: Setting, text: str) -> Json:
    if setting.kind in {"list", "ignores"}:
        return [part.strip() for part in text.split(",") if part.strip()]
    if setting.kind == "number" and re.fullmatch(r"-?\d+", text):
        return int(text)
    if setting.kind == "flag" and text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    return text


def merged(layers: Sequence[Layer]) -> tuple[dict[str, Json], dict[str, Origin]]:
    """Give what holds of what every place says, and who said it; the strongest place comes first.

    Args:
        layers: the weakest first.
    """
    values: dict[str, Json] = {}
    origins: dict[str, Origin] = {}
    for layer in reversed(layers):
        new = {key: value for key, value in layer.values.items() if key not in values}
        told = {
            key: origin
            for key, origin in layer.origins.items()
            if key in new or key.rpartition(".")[0] in new
        }
        values |= new
        origins = {**told, **origins}
    return {**{setting.key: setting.default for setting in SETTINGS}, **values}, origins


def settings_of(values: Mapping[str, Json], origins: Mapping[str, Origin]) -> Settings:
    """Give settings their types.

    Args:
        values: what holds, by dotted key, defaults included; checked.
        origins: who set what.
    """
    told = values.get
    return Settings(
        db=_path(told("db")),
        packs=_texts(told("packs")),
        locked=told("locked") is True,
        verification_keys=_texts(told("verification-keys")),
        fail_on=Severity(str(told("fail-on"))),
        allow_incomplete=told("allow-incomplete") is True,
        require_askable=told("require-askable") is True,
        max_age=_seconds(told("max-age")),
        effective_time=read_moment(text) if (text := _text(told("effective-time"))) else None,
        engine=next(engine for engine in ENGINES if engine == told("engine")),
        opa_url=_text(told("opa-url")),
        opa_binary=_path(told("opa-binary")),
        output=_texts(told("output")),
        waivers=_texts(told("waivers")),
        waiver_terms={Severity(k): days(str(v)) for k, v in _below(values, "waiver-terms").items()},
        params={k: dict(v) for k, v in _below(values, "params").items() if isinstance(v, dict)},
        enforcement={k: Enforcement(str(v)) for k, v in _below(values, "enforcement").items()},
        gates={k: _gate(k, v) for k, v in _below(values, "gates").items() if isinstance(v, dict)},
        limits=_limits(_below(values, "limits")),
        snapshot=_snapshot(_below(values, "snapshot")),
        redact=_texts(told("redact")),
        redact_text=_texts(told("redact-text")),
        ignore=tuple(_ignore_rules(told("ignore"), origins)),
        levels={k: Severity(str(v)) for k, v in _below(values, "levels").items()},
        origins=origins,
        relaxations=relaxations(values, origins),
    )


def _seconds(said: Json) -> float | None:
    return None if said is None else seconds(str(said))


def _snapshot(values: Mapping[str, Json]) -> SnapshotSettings:
    told = values.get
    return SnapshotSettings(
        cluster=_text(told("cluster")),
        filter=_texts(told("filter")),
        exclude=_texts(told("exclude")),
        timeout=seconds(str(told("timeout"))),
        cache_ttl=seconds(str(told("cache-ttl"))),
        root=Path(str(told("root"))),
        kubeconfig=_text(told("kubeconfig")),
        context=_text(told("context")),
        labels={key: str(value) for key, value in _below(values, "labels").items()},
        units=_texts(told("units")),
        properties=_texts(told("properties")),
    )


def _limits(values: Mapping[str, Json]) -> Limits:
    numbers = {key: value for key, value in values.items() if isinstance(value, int)}
    return Limits(**{key.replace("-", "_"): number for key, number in numbers.items()})


def _ignore_rules(found: Json, origins: Mapping[str, Origin]) -> "Iterator[IgnoreRule]":
    from eidos.engine.model.drift import IgnoreRule

    for index, entry in enumerate(found if isinstance(found, list) else []):
        origin = str(origins.get(f"ignore.{index}") or origins["ignore"])
        rule = {"pattern": entry} if isinstance(entry, str) else entry
        if isinstance(rule, dict):
            texts = {key: str(value) for key, value in rule.items() if key != "until"}
            until = last_moment(str(rule["until"])) if "until" in rule else None
            yield IgnoreRule(**texts, until=until, origin=origin)


def _gate(name: str, said: Mapping[str, Json]) -> NamedGate:
    enforcement = said.get("enforcement")
    bound = enforcement if isinstance(enforcement, dict) else {}
    return NamedGate(
        name=name,
        packs=_texts(said.get("packs")),
        bundle_packs=_texts(said.get("bundle-packs")),
        fail_on=Severity(str(said.get("fail-on", Severity.INFO))),
        allow_incomplete=said.get("allow-incomplete") is True,
        require_askable=said.get("require-askable") is True,
        enforcement={rule: Enforcement(str(each)) for rule, each in bound.items()},
        waivers=_texts(said.get("waivers")),
        max_age=_seconds(said.get("max-age")),
        requires=_texts(said.get("requires")),
    )


def _below(values: Mapping[str, Json], prefix: str) -> dict[str, Json]:
    start = f"{prefix}."
    return {
        key.removeprefix(start): value for key, value in values.items() if key.startswith(start)
    }


def _text(value: Json) -> str | None:
    return None if value is None else str(value)


def _texts(value: Json) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(item) for item in (value if isinstance(value, list) else [value]))


def _path(value: Json) -> Path | None:
    return None if value is None else Path(str(value))
