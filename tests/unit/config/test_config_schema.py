"""schemas/config is made of the rows; EIDOS_UPDATE_GOLDEN=1 writes it anew."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from eidos.engine.config.loading import Files, load_settings, merged, settings_of
from eidos.engine.config.rows import SETTINGS, Setting
from eidos.engine.config.settings import Settings

SCHEMA = Path(__file__).parents[3] / "schemas/config/v1.schema.json"
TEXT = {"type": "string", "minLength": 1}
TIME = (
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}"
    "([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]+)?)?([Zz]|[+-][0-9]{2}:[0-9]{2}))?$"
)
DURATION = "^([0-9]+(\\.[0-9]+)?|([0-9]+(\\.[0-9]+)?(ms|s|m|h|d))+)$"
GROUPS = {
    "limits": "Bounds of every reader of documents.",
    "snapshot": "How snapshots are taken.",
}
IGNORE = {
    "description": "A pattern, or a rule.",
    "type": ["string", "object"],
    "minLength": 1,
    "properties": {
        "pattern": {
            "description": "type.subtype.key, a glob each; "
            "what is below a key that matches is hidden as well.",
            **TEXT,
            "examples": ["systemd.*.MainPID"],
        },
        "reason": {"description": "Why it is not worth a mention.", **TEXT},
        "node": {
            "description": "Glob of the names of the nodes it is about; all when absent.",
            **TEXT,
            "default": "*",
        },
        "value": {
            "description": "Glob that both values must match; any when absent.",
            "type": "string",
        },
        "until": {
            "description": "Last day, or last moment, on which it holds.",
            **TEXT,
            "pattern": TIME,
            "examples": ["2026-12-31"],
        },
    },
    "required": ["pattern", "reason"],
    "additionalProperties": False,
}


def part(setting: Setting) -> dict[str, Any]:
    """Give the schema of a setting."""
    found = {"description": setting.help, **shape(setting)}
    if setting.default is not None:
        found["default"] = setting.default
    if setting.example is not None:
        place = found.get("items", found)
        place["examples"] = [setting.example]
    return found


def shape(setting: Setting) -> dict[str, Any]:
    """Give its type and bounds."""
    allowed: dict[str, Any] = {"enum": list(setting.choices)} if setting.choices else {}
    several = {"description": "One of them.", **(allowed or TEXT)}
    mapped = {"description": "One of them.", **(allowed or {"type": "string"})}
    keys = {"propertyNames": {"enum": list(setting.keys)}} if setting.keys else {}
    tables: dict[str, Any] = {"description": "Parameter to value.", "type": "object"}
    if setting.fields:
        inner = {each.key: part(each) for each in setting.fields}
        tables = {"description": "One of them.", "type": "object", "properties": inner}
        tables["additionalProperties"] = False
    bounds = {"minimum": setting.minimum, "maximum": setting.maximum}
    lone = {"type": ["string", "array"], "minLength": 1} if setting.lone else {"type": "array"}
    shapes: dict[str, dict[str, Any]] = {
        "text": allowed or TEXT,
        "time": {**TEXT, "pattern": TIME},
        "duration": {**TEXT, "pattern": DURATION},
        "flag": {"type": "boolean"},
        "number": {"type": "integer", **{k: v for k, v in bounds.items() if v is not None}},
        "list": {**lone, "items": several},
        "ignores": {"type": "array", "items": dict(IGNORE)},
        "mapping": {"type": "object", "additionalProperties": mapped, **keys},
        "tables": {"type": "object", "additionalProperties": tables},
    }
    return shapes[setting.kind]


def rendered() -> dict[str, Any]:
    """Give the whole schema."""
    properties: dict[str, Any] = {}
    for setting in SETTINGS:
        group, _, name = setting.key.rpartition(".")
        if group:
            empty = {"description": GROUPS[group], "type": "object", "properties": {}}
            whole = properties.setdefault(group, {**empty, "additionalProperties": False})
            whole["properties"][name] = part(setting)
        else:
            properties[name] = part(setting)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://eidos.dev/schemas/config/v1",
        "title": "Configuration",
        "description": "Settings of eidos: eidos.yaml, found upward from the working directory, "
        "or the user's own. Options of the command line and EIDOS_* variables go before it.",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def test_the_published_schema_is_what_the_rows_say() -> None:
    if os.environ.get("EIDOS_UPDATE_GOLDEN"):
        SCHEMA.write_text(json.dumps(rendered(), indent=2) + "\n")
    found = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(found)
    assert found == rendered(), "run again with EIDOS_UPDATE_GOLDEN=1"


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_defaults_and_examples_are_right_for_schema_and_engine(
    setting: Setting, tmp_path: Path
) -> None:
    value = setting.example if setting.default is None else setting.default
    if value is None:
        value = {} if setting.kind == "mapping" else "x"
    elif setting.kind in {"list", "ignores"}:
        value = [value]
    group, _, name = setting.key.rpartition(".")
    document = {group: {name: value}} if group else {name: value}
    Draft202012Validator(rendered()).validate(document)
    own = tmp_path / "config.yaml"
    own.write_text(json.dumps(document))
    assert load_settings(tmp_path, {"HOME": str(tmp_path)}, Files(own=own))


def test_the_rows_have_the_defaults_that_the_types_have() -> None:
    assert settings_of(*merged([])) == Settings()
