"""Snapshots as trees: what alike nodes, or one node on two days, have in common is stored once."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from eidos.engine.digest import canonical, digest, measurements_digest, snapshot_digest
from eidos.engine.model.snapshot import (
    AddressedSnapshot,
    ChangedSubtype,
    Collection,
    Measurement,
    Metadata,
    Node,
    Snapshot,
    SnapshotDigests,
    Subtype,
    subtypes,
)
from eidos.engine.store.sqlite.addresses import (
    address_in,
    address_of,
    expect,
    intern,
    reading_row,
)
from eidos.engine.store.sqlite.blobs import BlobWriter, read_blob
from eidos.engine.store.sqlite.encoding import (
    decode_collection,
    encode_collection,
    pages,
    parsed,
    text,
)


class TreeWriter:
    """Stores snapshots within one transaction."""

    def __init__(self, connection: sqlite3.Connection, blobs: BlobWriter) -> None:
        self._connection = connection
        self._blobs = blobs
        self._trees: dict[str, int] = {}
        self._before: dict[str | None, int] = {}

    def put(self, snapshot: Snapshot, digests: SnapshotDigests, at: int) -> int:
        """Give the row of a snapshot of state time `at`, storing what is new of it."""
        row = intern(self._connection, digests.snapshot)
        if self._has("SELECT 1 FROM snapshots WHERE id = ?", row):
            return row
        self._before = self._trees_before(snapshot.metadata.cluster, at)
        cluster = self._tree(
            None, snapshot.measurements, digests, _cluster_address(snapshot, digests)
        )
        trees = {
            node.name: self._tree(node.name, node.measurements, digests, digests.nodes[node.name])
            for node in snapshot.nodes
        }
        collection = self._blobs.put("collection", canonical(sorted_collection(snapshot)))
        self._connection.execute(
            "INSERT INTO snapshots (id, tree, pages, collection) VALUES (?, ?, ?, ?)",
            (row, cluster, self._pages(trees, digests), collection),
        )
        return row

    def _pages(self, trees: Mapping[str, int], digests: SnapshotDigests) -> str:
        names = pages(sorted(trees), str)
        return text([self._page({name: trees[name] for name in page}, digests) for page in names])

    def _page(self, trees: Mapping[str, int], digests: SnapshotDigests) -> int:
        at = digest({name: digests.nodes[name] for name in trees})
        row = intern(self._connection, at)
        self._connection.execute(
            "INSERT OR IGNORE INTO node_pages (id, nodes) VALUES (?, ?)", (row, text(trees))
        )
        return row

    def _tree(
        self,
        node: str | None,
        measurements: tuple[Measurement, ...],
        digests: SnapshotDigests,
        at: str,
    ) -> int:
        if at not in self._trees:
            row = intern(self._connection, at)
            if not self._has("SELECT 1 FROM trees WHERE id = ?", row):
                self._insert(row, node, measurements, digests)
            self._trees[at] = row
        return self._trees[at]

    def _insert(
        self,
        row: int,
        node: str | None,
        measurements: tuple[Measurement, ...],
        digests: SnapshotDigests,
    ) -> None:
        facts: dict[str, dict[str, int]] = {entry.type: {} for entry in measurements}
        before = self._facts(self._before.get(node))
        for type_, subtype in subtypes(measurements):
            leaf = digests.subtypes[node, type_, subtype.name]
            known = self._blobs.known(leaf)
            facts[type_][subtype.name] = known or self._blobs.put(
                f"{type_}/{subtype.name}",
                canonical(subtype.data),
                leaf,
                before.get(type_, {}).get(subtype.name),
            )
        self._connection.execute(
            "INSERT INTO trees (id, facts) VALUES (?, ?)",
            (row, _written(facts)),
        )

    def _trees_before(self, cluster: str | None, at: int) -> dict[str | None, int]:
        """Give the trees of the cluster's snapshot before, by node: what is new resembles them."""
        row = self._connection.execute(
            "SELECT s.tree, s.pages FROM captures c JOIN snapshots s ON s.id = c.snapshot "
            "WHERE c.cluster IS ? AND c.at <= ? ORDER BY c.at DESC, c.id DESC LIMIT 1",
            (cluster, at),
        ).fetchone()
        return {None: row[0], **dict(_nodes(self._connection, row[1]))} if row else {}

    def _facts(self, tree: int | None) -> dict[str, dict[str, int]]:
        return _facts(self._connection, tree) if tree else {}

    def _has(self, query: str, row: int) -> bool:
        return self._connection.execute(query, (row,)).fetchone() is not None


def _cluster_address(snapshot: Snapshot, digests: SnapshotDigests) -> str:
    types: dict[str, dict[str, str]] = {entry.type: {} for entry in snapshot.measurements}
    for type_, subtype in subtypes(snapshot.measurements):
        types[type_][subtype.name] = digests.subtypes[None, type_, subtype.name]
    return measurements_digest(types)


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
) -> AddressedSnapshot:
    """Give a stored snapshot back, with what its capture adds.

    The addresses of its parts are those under which they are stored. The snapshot's own is worked
    out from them again, so that no part can have taken the place of another.

    Raises:
        StoreError: its content is not what its address says.
    """
    tree, trees, entries = snapshot_parts(connection, row)
    contexts = {
        (node, type_, name): said for node, type_, name, said in remarks.get("contexts", ())
    }
    reader = TreeReader(connection, contexts)
    durations = remarks.get("durations") or [None] * len(entries)
    with reading_row("snapshots", row):
        collection = tuple(map(decode_collection, entries, durations))
    snapshot = Snapshot(
        metadata,
        reader.measurements(None, tree),
        tuple(Node(name, reader.measurements(name, each)) for name, each in trees),
        collection,
    )
    nodes = {name: reader.address(each) for name, each in trees}
    root = snapshot_digest(reader.address(tree), nodes, snapshot.collection)
    expect("snapshots", row, address_of(connection, row), root)
    leaves = {
        (name, type_, subtype): address
        for name, each in ((None, tree), *trees)
        for type_, children in reader.leaves(each).items()
        for subtype, address in children.items()
    }
    return AddressedSnapshot(snapshot, SnapshotDigests(root, nodes, leaves))


def changed_subtypes(
    connection: sqlite3.Connection, before: int, after: int
) -> Iterator[ChangedSubtype]:
    """Give the subtypes in which two snapshots differ, the cluster's own first, then by node.

    What they share is found equal by its row, so that only what differs is opened, and no facts are
    unpacked.

    Raises:
        AlteredError: one of them is not what its address says.
    """
    reader = TreeReader(connection, {})
    old, new = (_trees(connection, row) for row in (before, after))
    for node in [None, *sorted(name for name in {**old, **new} if name is not None)]:
        if old.get(node) != new.get(node):
            leaves = [_checked_leaves(connection, reader, each.get(node)) for each in (old, new)]
            for type_, name in sorted({*leaves[0], *leaves[1]}):
                was, is_ = (each.get((type_, name)) for each in leaves)
                if was != is_:
                    yield ChangedSubtype(node, type_, name, was, is_)


def _trees(connection: sqlite3.Connection, row: int) -> dict[str | None, int]:
    """Give the trees of a snapshot, once it is held against its address."""
    check_snapshot(connection, row)
    tree, nodes, _ = snapshot_parts(connection, row)
    return {None: tree, **dict(nodes)}


def _checked_leaves(
    connection: sqlite3.Connection, reader: "TreeReader", tree: int | None
) -> dict[tuple[str, str], str]:
    if tree is None:
        return {}
    expect("trees", tree, address_of(connection, tree), reader.address(tree))
    return {
        (type_, name): at
        for type_, children in reader.leaves(tree).items()
        for name, at in children.items()
    }


def check_tree(connection: sqlite3.Connection, row: int) -> None:
    """Hold the facts of a node against their address.

    Raises:
        AlteredError: they differ. So it is with the next two.
    """
    found = TreeReader(connection, {}).address(row)
    expect("trees", row, address_of(connection, row), found)


def check_node_page(connection: sqlite3.Connection, row: int) -> None:
    """Hold a page of nodes against its address."""
    nodes = {name: address_in(connection, "trees", tree) for name, tree in _page(connection, row)}
    expect("node_pages", row, address_of(connection, row), digest(nodes))


def check_snapshot(connection: sqlite3.Connection, row: int) -> None:
    """Hold a snapshot against its address, by the addresses of its nodes."""
    tree, trees, entries = snapshot_parts(connection, row)
    nodes = {name: address_in(connection, "trees", each) for name, each in trees}
    with reading_row("snapshots", row):
        collection = [decode_collection(entry, None) for entry in entries]
        found = snapshot_digest(address_in(connection, "trees", tree), nodes, collection)
    expect("snapshots", row, address_of(connection, row), found)


def snapshot_parts(
    connection: sqlite3.Connection, row: int
) -> tuple[int, list[tuple[str, int]], list[Any]]:
    """Give the tree of a snapshot, those of its nodes by name, and the collectors' endings."""
    with reading_row("snapshots", row):
        tree, node_pages, collection = connection.execute(
            "SELECT tree, pages, collection FROM snapshots WHERE id = ?", (row,)
        ).fetchone()
        nodes = list(_nodes(connection, node_pages))
        names = [name for name, _ in nodes]
        if names != sorted(set(names)):
            raise ValueError("nodes have changed places")
        return tree, nodes, json.loads(read_blob(connection, collection))


def _nodes(connection: sqlite3.Connection, node_pages: str) -> Iterator[tuple[str, int]]:
    for page in parsed(node_pages):
        yield from _page(connection, page)


def _page(connection: sqlite3.Connection, page: int) -> Iterable[tuple[str, int]]:
    with reading_row("node_pages", page):
        (nodes,) = connection.execute(
            "SELECT nodes FROM node_pages WHERE id = ?", (page,)
        ).fetchone()
        found: dict[str, int] = parsed(nodes)
        return found.items()


def _facts(connection: sqlite3.Connection, tree: int) -> dict[str, dict[str, int]]:
    """Give the blob of each subtype, by type and name, in the order of who first wrote them."""
    with reading_row("trees", tree):
        (written,) = connection.execute("SELECT facts FROM trees WHERE id = ?", (tree,)).fetchone()
        facts: dict[str, dict[str, int]] = json.loads(written)
        if _written(facts) != written:
            raise ValueError("another form")
        return facts


def _written(facts: Mapping[str, Mapping[str, int]]) -> str:
    return json.dumps(facts, separators=(",", ":"), ensure_ascii=False)


class TreeReader:
    """Reads trees; alike nodes share their data, and the work for it, in memory too."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        contexts: Mapping[tuple[str | None, str, str], Mapping[str, str]],
    ) -> None:
        self._connection = connection
        self._contexts = contexts
        self._facts: dict[int, dict[str, dict[str, int]]] = {}
        self._data: dict[int, dict[str, Any]] = {}
        self._leaves: dict[int, dict[str, dict[str, str]]] = {}
        self._addresses: dict[int, str] = {}
        self._blobs: dict[int, str] = {}

    def measurements(self, node: str | None, tree: int) -> tuple[Measurement, ...]:
        """Give the facts of a node, or of the cluster (None), unpacked."""
        return tuple(
            Measurement(type_, tuple(self._subtype(node, type_, *leaf) for leaf in leaves.items()))
            for type_, leaves in self._tree(tree).items()
        )

    def leaves(self, tree: int) -> Mapping[str, Mapping[str, str]]:
        """Give the address of each subtype, by type and name."""
        if tree not in self._leaves:
            self._leaves[tree] = {
                type_: {name: self._blob(blob) for name, blob in blobs.items()}
                for type_, blobs in self._tree(tree).items()
            }
        return self._leaves[tree]

    def _blob(self, row: int) -> str:
        if row not in self._blobs:
            self._blobs[row] = address_in(self._connection, "blobs", row)
        return self._blobs[row]

    def address(self, tree: int) -> str:
        """Give the address of the whole, from those of its subtypes."""
        if tree not in self._addresses:
            self._addresses[tree] = measurements_digest(self.leaves(tree))
        return self._addresses[tree]

    def _subtype(self, node: str | None, type_: str, name: str, blob: int) -> Subtype:
        if blob not in self._data:
            self._data[blob] = json.loads(read_blob(self._connection, blob))
        return Subtype(name, self._data[blob], self._contexts.get((node, type_, name), {}))

    def _tree(self, tree: int) -> dict[str, dict[str, int]]:
        if tree not in self._facts:
            self._facts[tree] = _facts(self._connection, tree)
        return self._facts[tree]
