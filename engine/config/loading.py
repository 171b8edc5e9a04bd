"""Reading the configuration: variables over ``eidos.yaml`` over the user's file over defaults."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from eidos.engine.config.checking import Fault, check
from eidos.engine.config.places import project_file, user_file
from eidos.engine.config.settings import (
    BY_KEY,
    BY_VARIABLE,
    SETTINGS,
    Setting,
    Settings,
    SnapshotSettings,
)
from eidos.engine.documents.finding import Source
from eidos.engine.documents.reading import read_documents
from eidos.engine.errors import ConfigError, Location, NoDocumentError
from eidos.engine.model.drift import IgnoreRule
from eidos.engine.model.durations import seconds
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.times import instant

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})


@dataclass(frozen=True, slots=True)
class Layer:
    """What one place says."""

    values: Mapping[str, Json]
    """By dotted key; entries of mappings are keys of their own."""
    origins: Mapping[str, str]
    faults: tuple[Fault, ...] = ()


def load_settings(cwd: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Give the settings that hold in a folder.

    Args:
        cwd: the folder; the working directory when None.
        environ: the environment; that of the process when None.

    Raises:
        ConfigError: a file or variable is not right; the first fault, the number of the others.
        DocumentError: a file cannot be read.
    """
    layers = list(read_layers(cwd or Path.cwd(), os.environ if environ is None else environ))
    faults = [fault for layer in layers for fault in layer.faults]
    if faults:
        more = f" {len(faults) - 1} more: `eidos config validate` lists them." if faults[1:] else ""
        hint = f"{faults[0].hint or ''}{more}".strip()
        raise ConfigError(faults[0].message, hint=hint or None, location=faults[0].location)
    return _settings(layers)


def read_layers(cwd: Path, environ: Mapping[str, str]) -> Iterator[Layer]:
    """Read every place there is, the weakest first."""
    own = user_file(environ)
    if own.is_file():
        yield _read_file(own)
    project = project_file(cwd)
    if project is not None:
        yield _read_file(project)
    variables = [name for name in BY_VARIABLE if name in environ]
    if variables:
        yield _read_variables({name: environ[name] for name in variables})


def _read_file(path: Path) -> Layer:
    try:
        document, *more = read_documents(Source(str(path), path))
    except NoDocumentError:
        return Layer({}, {})
    if more:
        fault = Fault("a configuration is one document, and this is another", more[0].location(()))
        return Layer({}, {}, (fault,))
    value = {} if document.value is None else document.value
    if not isinstance(value, dict):
        return Layer(
            {}, {}, (Fault("a configuration is a map of settings", document.location(())),)
        )
    faults = tuple(check(value, document.location))
    if faults:
        return Layer({}, {}, faults)
    values: dict[str, Json] = {}
    origins: dict[str, str] = {}
    for setting, place, found in _flat(value):
        key = ".".join(str(part) for part in place)
        values[key] = _from_folder(setting, found, path.parent)
        location = document.location(place)
        origins[key] = f"{location.file}:{location.line}" if location.line else location.file
    return Layer(values, origins)


def _flat(value: Mapping[str, Json]) -> Iterator[tuple[Setting, tuple[str, ...], Json]]:
    for setting in SETTINGS:
        place = tuple(setting.key.split("."))
        found: Json = dict(value)
        for part in place:
            found = found.get(part) if isinstance(found, dict) else None
        if found is None:
            continue
        if setting.kind == "mapping" and isinstance(found, dict):
            yield from ((setting, (*place, name), item) for name, item in found.items())
        else:
            yield setting, place, found


def _from_folder(setting: Setting, found: Json, folder: Path) -> Json:
    """Make relative paths relative to the folder of the file that says them."""
    if not setting.path:
        return found
    if isinstance(found, list):
        return [_placed(str(item), folder, named=setting.key == "packs") for item in found]
    return _placed(str(found), folder, named=False)


def _placed(text: str, folder: Path, *, named: bool) -> str:
    """Place a path; a pack without a slash or dot in front is a name."""
    if named and not text.startswith((".", "/", "~")):
        return text
    return str(folder / Path(text).expanduser())


def _read_variables(found: Mapping[str, str]) -> Layer:
    nested: dict[str, Json] = {}
    values: dict[str, Json] = {}
    for name, text in found.items():
        setting = BY_VARIABLE[name]
        values[setting.key] = _from_text(setting, text)
        group, _, key = setting.key.rpartition(".")
        place = nested.setdefault(group, {}) if group else nested
        if isinstance(place, dict):
            place[key] = values[setting.key]
    faults = tuple(check(nested, _variable_location))
    return Layer(values, {BY_VARIABLE[name].key: name for name in found}, faults)


def _variable_location(path: Sequence[str | int]) -> Location:
    for end in range(len(path), 0, -1):
        setting = BY_KEY.get(".".join(str(part) for part in path[:end]))
        if setting is not None and setting.variable:
            return Location(setting.variable)
    return Location("environment")


def _from_text(setting: Setting, text: str) -> Json:
    if setting.kind in {"list", "rules"}:
        return [part.strip() for part in text.split(",") if part.strip()]
    if setting.kind == "number" and re.fullmatch(r"-?\d+", text):
        return int(text)
    if setting.kind == "flag" and text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    return text


def _settings(layers: Sequence[Layer]) -> Settings:
    values: dict[str, Json] = {}
    origins: dict[str, str] = {}
    for layer in layers:
        values.update(layer.values)
        origins.update(layer.origins)
    top = {key: value for key, value in values.items() if "." not in key}
    ignore = top.pop("ignore", None)
    return Settings(
        **_fields(top),
        ignore=tuple(_ignore_rules(ignore, origins.get("ignore", "ignore"))),
        params={
            rule: value
            for rule, value in _below(values, "params").items()
            if isinstance(value, dict)
        },
        levels={name: str(value) for name, value in _strongest_first(layers, "levels").items()},
        enforcement={rule: str(value) for rule, value in _below(values, "enforcement").items()},
        limits={
            name.replace("-", "_"): value
            for name, value in _below(values, "limits").items()
            if isinstance(value, int)
        },
        snapshot=_snapshot(_below(values, "snapshot")),
        origins=origins,
    )


def _strongest_first(layers: Sequence[Layer], prefix: str) -> dict[str, Json]:
    """Give what every place says of a table whose first matching row counts."""
    found: dict[str, Json] = {}
    for layer in reversed(layers):
        found = {
            **found,
            **{k: v for k, v in _below(layer.values, prefix).items() if k not in found},
        }
    return found


def _below(values: Mapping[str, Json], prefix: str) -> dict[str, Json]:
    start = f"{prefix}."
    return {
        key.removeprefix(start): value for key, value in values.items() if key.startswith(start)
    }


def _ignore_rules(found: Json, origin: str) -> Iterator[IgnoreRule]:
    for entry in found if isinstance(found, list) else []:
        rule = {"pattern": entry} if isinstance(entry, str) else entry
        if isinstance(rule, dict):
            texts = {key: str(value) for key, value in rule.items() if key != "until"}
            until = _until(str(rule["until"]), origin) if "until" in rule else None
            yield IgnoreRule(**texts, until=until, origin=origin)


def _until(text: str, origin: str) -> datetime:
    try:
        return instant(text, end_of_day=True)
    except ValueError as error:
        raise ConfigError(
            f"'{text}' is no date and no RFC 3339 time with a zone",
            hint="Write until: 2026-12-31, the last day on which the ignore rule holds.",
            location=Location(origin),
        ) from error


def _snapshot(values: Mapping[str, Json]) -> SnapshotSettings:
    labels = {key: str(value) for key, value in _below(values, "labels").items()}
    plain = {key: value for key, value in values.items() if not key.startswith("labels.")}
    return SnapshotSettings(**_fields(plain, "snapshot."), labels=labels)


def _fields(values: Mapping[str, Json], prefix: str = "") -> dict[str, Any]:
    return {
        key.replace("-", "_"): _field(BY_KEY[prefix + key], value) for key, value in values.items()
    }


def _field(setting: Setting, value: Json) -> Any:  # noqa: ANN401  # as the dataclasses have it
    if setting.kind == "list":
        return tuple(str(item) for item in (value if isinstance(value, list) else [value]))
    if setting.kind == "duration":
        return seconds(str(value))
    return Path(str(value)) if setting.key in {"db", "opa-binary", "snapshot.root"} else value
