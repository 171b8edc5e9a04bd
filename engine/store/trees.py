"""Snapshots as trees: what alike nodes, or one node on two days, have in common is stored once."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from eidos.engine.digest import SnapshotDigests, canonical, digest
from eidos.engine.model.snapshot import (
    Collection,
    Measurement,
    Metadata,
    Node,
    Snapshot,
    Subtype,
    subtypes,
)
from eidos.engine.store.addresses import packed
from eidos.engine.store.blobs import BlobWriter, read_blob
from eidos.engine.store.encoding import decode_collection, encode_collection, text
from eidos.engine.store.pages import pages


class TreeWriter:
    """Stores snapshots within one transaction."""

    def __init__(self, connection: sqlite3.Connection, blobs: BlobWriter) -> None:
        self._connection = connection
        self._blobs = blobs
        self._trees: dict[str, int] = {}

    def put(self, snapshot: Snapshot, digests: SnapshotDigests) -> int:
        """Give the row of a snapshot, storing what is new of it."""
        row = self._known("SELECT id FROM snapshots WHERE address = ?", digests.snapshot)
        if row is not None:
            return row
        cluster = self._tree(
            None, snapshot.measurements, digests, _cluster_address(snapshot, digests)
        )
        trees = {
            node.name: self._tree(node.name, node.measurements, digests, digests.nodes[node.name])
            for node in snapshot.nodes
        }
        collection = self._blobs.put("collection", canonical(sorted_collection(snapshot)))
        return self._insert(
            "INSERT INTO snapshots (address, tree, pages, collection) VALUES (?, ?, ?, ?) "
            "RETURNING id",
            (packed(digests.snapshot), cluster, self._pages(trees, digests), collection),
        )

    def _pages(self, trees: Mapping[str, int], digests: SnapshotDigests) -> str:
        names = pages(sorted(trees), str)
        return text([self._page({name: trees[name] for name in page}, digests) for page in names])

    def _page(self, trees: Mapping[str, int], digests: SnapshotDigests) -> int:
        at = digest({name: digests.nodes[name] for name in trees})
        row = self._known("SELECT id FROM node_pages WHERE address = ?", at)
        return row or self._insert(
            "INSERT INTO node_pages (address, nodes) VALUES (?, ?) RETURNING id",
            (packed(at), text(trees)),
        )

    def _tree(
        self,
        node: str | None,
        measurements: tuple[Measurement, ...],
        digests: SnapshotDigests,
        at: str,
    ) -> int:
        if at not in self._trees:
            row = self._known("SELECT id FROM trees WHERE address = ?", at)
            self._trees[at] = row or self._new_tree(node, measurements, digests, at)
        return self._trees[at]

    def _new_tree(
        self,
        node: str | None,
        measurements: tuple[Measurement, ...],
        digests: SnapshotDigests,
        at: str,
    ) -> int:
        facts: dict[str, dict[str, int]] = {entry.type: {} for entry in measurements}
        for type_, subtype in subtypes(measurements):
            leaf = digests.subtypes[node, type_, subtype.name]
            row = self._blobs.known(leaf)
            facts[type_][subtype.name] = row or self._blobs.put(
                f"{type_}/{subtype.name}", canonical(subtype.data), leaf
            )
        return self._insert(
            "INSERT INTO trees (address, facts) VALUES (?, ?) RETURNING id",
            (packed(at), json.dumps(facts, separators=(",", ":"), ensure_ascii=False)),
        )

    def _known(self, query: str, at: str) -> int | None:
        row = self._connection.execute(query, (packed(at),)).fetchone()
        return int(row[0]) if row else None

    def _insert(self, statement: str, values: tuple[bytes | str | int, ...]) -> int:
        return int(self._connection.execute(statement, values).fetchone()[0])


def _cluster_address(snapshot: Snapshot, digests: SnapshotDigests) -> str:
    types: dict[str, dict[str, str]] = {entry.type: {} for entry in snapshot.measurements}
    for type_, subtype in subtypes(snapshot.measurements):
        types[type_][subtype.name] = digests.subtypes[None, type_, subtype.name]
    return digest({name: digest(children) for name, children in types.items()})


def sorted_collection(snapshot: Snapshot) -> list[object]:
    """Give the collectors' endings in an order that is the same for the same endings."""
    return [encode_collection(entry) for entry in in_order(snapshot)]


def in_order(snapshot: Snapshot) -> list[Collection]:
    """Give the collectors' endings in the stored order."""
    return sorted(snapshot.collection, key=lambda entry: canonical(encode_collection(entry)))


def encode_remarks(snapshot: Snapshot) -> dict[str, object]:
    """Give what a capture adds to the content: remarks of older dialects, collectors' durations."""
    contexts = [
        [name, type_, subtype.name, dict(subtype.context)]
        for name, measurements in (
            (None, snapshot.measurements),
            *((node.name, node.measurements) for node in snapshot.nodes),
        )
        for type_, subtype in subtypes(measurements)
        if subtype.context
    ]
    durations = [entry.duration_ms for entry in in_order(snapshot)]
    remarks = {"contexts": contexts, "durations": durations if set(durations) - {None} else []}
    return {name: value for name, value in remarks.items() if value}


def read_snapshot(
    connection: sqlite3.Connection, row: int, metadata: Metadata, remarks: Mapping[str, Any]
) -> Snapshot:
    """Give a stored snapshot back, with what its capture adds."""
    tree, node_pages, collection = connection.execute(
        "SELECT tree, pages, collection FROM snapshots WHERE id = ?", (row,)
    ).fetchone()
    contexts = {
        (node, type_, name): said for node, type_, name, said in remarks.get("contexts", ())
    }
    reader = _TreeReader(connection, contexts)
    entries = json.loads(read_blob(connection, collection))
    durations = remarks.get("durations") or [None] * len(entries)
    return Snapshot(
        metadata,
        reader.measurements(None, tree),
        tuple(
            Node(name, reader.measurements(name, row))
            for name, row in _nodes(connection, node_pages)
        ),
        tuple(map(decode_collection, entries, durations)),
    )


def _nodes(connection: sqlite3.Connection, node_pages: str) -> Iterator[tuple[str, int]]:
    for page in json.loads(node_pages):
        (nodes,) = connection.execute(
            "SELECT nodes FROM node_pages WHERE id = ?", (page,)
        ).fetchone()
        yield from json.loads(nodes).items()


class _TreeReader:
    """Reads trees; alike nodes share their data in memory too."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        contexts: Mapping[tuple[str | None, str, str], Mapping[str, str]],
    ) -> None:
        self._connection = connection
        self._contexts = contexts
        self._facts: dict[int, dict[str, dict[str, int]]] = {}
        self._data: dict[int, dict[str, Any]] = {}

    def measurements(self, node: str | None, tree: int) -> tuple[Measurement, ...]:
        return tuple(
            Measurement(type_, tuple(self._subtype(node, type_, *leaf) for leaf in leaves.items()))
            for type_, leaves in self._tree(tree).items()
        )

    def _subtype(self, node: str | None, type_: str, name: str, blob: int) -> Subtype:
        if blob not in self._data:
            self._data[blob] = json.loads(read_blob(self._connection, blob))
        return Subtype(name, self._data[blob], self._contexts.get((node, type_, name), {}))

    def _tree(self, tree: int) -> dict[str, dict[str, int]]:
        if tree not in self._facts:
            (facts,) = self._connection.execute(
                "SELECT facts FROM trees WHERE id = ?", (tree,)
            ).fetchone()
            self._facts[tree] = json.loads(facts)
        return self._facts[tree]
