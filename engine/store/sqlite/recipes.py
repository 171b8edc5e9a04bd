"""Recipes, kept by their content addresses."""

import json
import sqlite3
from collections.abc import Mapping

from eidos.engine.digest import canonical, digest
from eidos.engine.model.artifact import DIGEST
from eidos.engine.model.jsonvalue import Json
from eidos.engine.store.naming import no_recipe
from eidos.engine.store.sqlite.addresses import expect, find
from eidos.engine.store.sqlite.blobs import BlobWriter, read_blob


def put_recipe(connection: sqlite3.Connection, document: Mapping[str, Json]) -> str:
    """Keep a recipe, unless it is kept; give its address."""
    content = canonical(dict(document))
    address = digest(dict(document))
    row = BlobWriter(connection).put("recipe", content, address)
    connection.execute(
        "INSERT INTO recipes (id, name) SELECT :row, :name "
        "WHERE NOT EXISTS (SELECT 1 FROM recipes WHERE id = :row)",
        {"row": row, "name": _name(document)},
    )
    return address


def read_recipe(connection: sqlite3.Connection, address: str) -> Mapping[str, Json]:
    """Give a recipe by its address.

    Raises:
        AlteredError: it is not what was written.
        UsageError: there is none.
    """
    row = _row(connection, address)
    if row is None:
        raise no_recipe(address)
    return check_recipe(connection, row)


def has_recipe(connection: sqlite3.Connection, address: str) -> bool:
    """Say whether there is a recipe of this address."""
    return _row(connection, address) is not None


def _row(connection: sqlite3.Connection, address: str) -> int | None:
    row = find(connection, address) if DIGEST.fullmatch(address) else None
    kept = connection.execute("SELECT id FROM recipes WHERE id = ?", (row,)).fetchone()
    return int(kept[0]) if kept else None


def check_recipe(connection: sqlite3.Connection, row: int) -> Mapping[str, Json]:
    """Hold a recipe against its address, and its name against what it says; give it.

    Raises:
        AlteredError: they differ.
    """
    document: dict[str, Json] = json.loads(read_blob(connection, row))
    (name,) = connection.execute("SELECT name FROM recipes WHERE id = ?", (row,)).fetchone()
    expect("recipes", row, _name(document), name)
    return document


def _name(document: Mapping[str, Json]) -> str:
    metadata = document.get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, Mapping) else ""
