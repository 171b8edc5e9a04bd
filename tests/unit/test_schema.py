import http.server
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from eidos.engine import schema
from eidos.engine.config.settings import SETTINGS
from eidos.engine.documents.reading import Document, read_text
from eidos.engine.errors import UsageError
from eidos.schemas import FOLDER

FILES = sorted(FOLDER.glob("*/*.schema.json"))


def parts(node: Any, path: str = "$") -> Iterator[tuple[str, Any]]:
    """Give every subschema of a schema."""
    if isinstance(node, dict):
        yield path, node
        for key in ("items", "additionalProperties", "propertyNames"):
            yield from parts(node.get(key), f"{path}.{key}")
        for key in ("properties", "$defs"):
            for name, inner in node.get(key, {}).items():
                yield from parts(inner, f"{path}.{key}.{name}")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_every_schema_is_a_schema(path: Path) -> None:
    found = json.loads(path.read_text())
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(found)


OWN = (
    "config",
    "drift",
    "drift-matrix",
    "engine",
    "pack",
    "snapshot",
    "upstream-snapshot",
    "validation",
    "waivers",
)


@pytest.mark.parametrize("kind", OWN)
def test_every_property_says_what_it_is(kind: str) -> None:
    found = json.loads((FOLDER / kind / "v1.schema.json").read_text())
    assert found["$id"] == f"https://eidos.dev/schemas/{kind}/v1"
    for path, part in parts(found):
        for name, inner in part.get("properties", {}).items():
            assert inner.get("description"), f"{kind}: {path}.{name}"


def test_the_schema_of_the_configuration_has_every_setting() -> None:
    found = json.loads((FOLDER / "config/v1.schema.json").read_text())["properties"]
    keys = {
        f"{name}.{inner}" if "properties" in part else name
        for name, part in found.items()
        for inner in part.get("properties", [""])
    }
    assert keys == {setting.key for setting in SETTINGS}


def test_identities_are_unique() -> None:
    identities = [json.loads(path.read_text())["$id"] for path in FILES]
    assert len(set(identities)) == len(identities)


def test_every_published_schema_is_known() -> None:
    assert {f"{kind}/v1" for kind in OWN} <= set(schema.known_schemas())


def test_an_unknown_schema_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="snapshots/v1") as caught:
        schema.load_schema("snapshots/v1")
    assert "snapshot/v1" in (caught.value.hint or "")


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of schemas that a test may fill."""
    caches = (schema.load_schema, schema.kinds, schema._validator)
    monkeypatch.setattr(schema, "FOLDER", tmp_path)
    for cached in caches:
        cached.cache_clear()
    yield tmp_path
    for cached in caches:
        cached.cache_clear()


def said(made: Path, body: dict[str, Any], text: str) -> list[tuple[str, str, str | None]]:
    """Give path, sentence and hint of each problem of a document with a schema."""
    (made / "x").mkdir(exist_ok=True)
    (made / "x/v1.schema.json").write_text(json.dumps(body))
    (document,) = read_text(text, "x.yaml")
    found = schema.problems(document, "x/v1")
    return [
        (problem.location.path or "", problem.message, problem.hint)
        for problem in found
        if problem.location
    ]


@pytest.mark.parametrize(
    ("part", "text", "sentence"),
    [
        ({"type": "string"}, "1", "'a' must be text, and is a whole number (1)"),
        ({"type": "string"}, "1.5", "'a' must be text, and is a number (1.5)"),
        ({"type": "integer"}, "[]", "'a' must be a whole number, and is a list"),
        ({"type": ["array", "null"]}, "{}", "'a' must be empty or a list, and is a map"),
        ({"type": "object"}, "", "'a' must be a map, and is empty"),
        ({"type": "object"}, "true", "'a' must be a map, and is true or false (true)"),
        ({"required": ["b"]}, "{}", "'a' lacks 'b'"),
        ({"enum": ["x", "y"]}, "z", "'a' is \"z\", and must be one of: x, y"),
        ({"const": 1}, "2", "'a' is 2, and must be 1"),
        ({"pattern": "^x", "description": "Starts with x."}, "y", "does not fit: Starts with x"),
        ({"format": "date-time", "description": "When"}, "y", "does not fit: When"),
        ({"minLength": 1}, "''", "'a' is empty"),
        ({"minLength": 3}, "ab", "'a' is shorter than 3 characters"),
        ({"minimum": 3}, "2", "'a' must be at least 3, and is 2"),
        ({"maximum": 3}, "4", "'a' must be at most 3, and is 4"),
        ({"minItems": 1}, "[]", "'a' must have at least 1 entry, and has 0"),
        ({"maxItems": 1}, "[1, 2]", "'a' must have at most 1 entry, and has 2"),
        ({"minProperties": 2}, "{x: 1}", "'a' must have at least 2 entries, and has 1"),
        ({"uniqueItems": True}, "[1, 1]", "'a' has an entry more than once"),
        ({"propertyNames": {"minLength": 1}}, "{'': 1}", "'a' has an empty key"),
        ({"anyOf": [{"type": "string"}, {"type": "array"}]}, "1", "none of the forms"),
        ({"multipleOf": 2}, "3", "3 is not a multiple of 2"),
        (
            {"items": {"type": "string"}},
            "[x, 1]",
            "entry 2 must be text, and is a whole number (1)",
        ),
    ],
)
def test_problems_are_said_in_the_users_words(
    made: Path, part: dict[str, Any], text: str, sentence: str
) -> None:
    ((_, found, _),) = said(made, {"properties": {"a": part}}, f"a: {text}")
    assert sentence in found


def test_no_form_is_allowed_where_the_schema_says_no(made: Path) -> None:
    assert said(made, {"properties": {"a": False}}, "a: 1")[0][1] == "'a' must not be here"


def test_each_unknown_key_is_told_at_its_place_with_the_nearest(made: Path) -> None:
    body = {"properties": {"name": {}, "version": {}}, "additionalProperties": False}
    assert said(made, body, "nmae: 1\nzzz: 2") == [
        ("$.nmae", "'nmae' is not known here", "Did you mean 'name'?"),
        ("$.zzz", "'zzz' is not known here", "Known: name, version."),
    ]


def test_all_problems_are_told_in_the_order_of_the_document(made: Path) -> None:
    body = {
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "required": ["c"],
    }
    found = said(made, body, "# first\nb: 1\na: 2\n")
    assert [path for path, _, _ in found] == ["$", "$.b", "$.a"]


def test_sentences_come_from_the_definition_a_schema_refers_to(made: Path) -> None:
    body = {
        "properties": {"a": {"$ref": "#/$defs/v"}},
        "$defs": {"v": {"pattern": "^v", "description": "A version.", "examples": ["v1"]}},
    }
    (problem,) = said(made, body, "a: 1.2.3")
    assert problem == (
        "$.a",
        "'a' is \"1.2.3\", which does not fit: A version",
        "Write it like v1.",
    )


def test_long_values_are_cut(made: Path) -> None:
    ((_, sentence, _),) = said(made, {"properties": {"a": {"const": 1}}}, f"a: {'x' * 500}")
    assert len(sentence) < 120


def test_a_flood_of_problems_is_cut(made: Path) -> None:
    text = "\n".join("- 1" for _ in range(5000))
    assert len(said(made, {"items": {"type": "string"}}, text)) == schema.MOST_PROBLEMS


def test_the_first_error_or_none_is_given(made: Path) -> None:
    (made / "x").mkdir()
    (made / "x/v1.schema.json").write_text('{"type": "object"}')
    found = schema.first_error(Document("x", 0, []), "x/v1")
    assert found is not None
    assert "must be a map" in found.message
    assert schema.first_error(Document("x", 0, {}), "x/v1") is None


def test_schemas_of_others_are_never_fetched(made: Path) -> None:
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            remote = f"http://127.0.0.1:{server.server_port}/s.json"
            with pytest.raises(Exception, match=re.escape("schemas are not fetched")):
                said(made, {"$ref": remote}, "a: 1")
        finally:
            server.shutdown()
            thread.join()
    assert asked == []
