"""``eidos history drift``: what is not what it was, and since when."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property

from eidos.engine.app.context import Context
from eidos.engine.app.past import MAX_AGE, captures_of, clusters, latest, window
from eidos.engine.comparing.ignoring import Sieve, default_ignores
from eidos.engine.comparing.snapshots import compare
from eidos.engine.digest import canonical, digest
from eidos.engine.errors import UsageError
from eidos.engine.evaluating.likeness import looked_at
from eidos.engine.model.drift import Change
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.history import (
    Capture,
    Contents,
    FactMoved,
    Flipped,
    Outline,
    PastDrift,
    Who,
    Window,
)
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Scope
from eidos.engine.model.snapshot import (
    AddressedSnapshot,
    Measurement,
    Metadata,
    Node,
    Snapshot,
    SnapshotDigests,
    Subtype,
)
from eidos.engine.model.times import written
from eidos.engine.model.verdict import Verdict
from eidos.engine.ports import Store


def past_drift(asked: Window, context: Context) -> PastDrift:
    """Compare what had been seen by the beginning of a time with what was seen by its end.

    Raises:
        StoreError: there is no database, or it cannot be read.
        UsageError: nothing is recorded about what is asked about by then, or the times are none.
    """
    asked = window(asked, context)
    found = [_Between(cluster, asked, context) for cluster in clusters(asked, context)]
    there = [each for each in found if each.sights]
    if not there:
        raise UsageError(
            f"nothing was seen in the day before {written(asked.since)}",
            hint="Give a --since by which a snapshot had been taken.",
        )
    return PastDrift(
        asked,
        tuple(each for one in there for each in one.moved()),
        tuple(each for one in there for each in one.flipped()),
        tuple(each for one in there for each in one.nodes()),
        sum(one.ignored for one in there),
    )


def _seen(
    before: Capture, after: Capture, store: Store
) -> tuple[AddressedSnapshot, AddressedSnapshot]:
    """Give two snapshots with the facts that differ between them, and no others.

    What has the same address on both sides is not unpacked: `compare` goes by addresses first.
    """
    changed = list(store.changed_subtypes(before.snapshot, after.snapshot))
    wanted = {at for each in changed for at in (each.before, each.after) if at is not None}
    data = store.contents(wanted)
    first, last = store.outlines([before.snapshot, after.snapshot])
    return _filled(before, first, data), _filled(after, last, data)


def _filled(
    capture: Capture, outline: Outline, data: Mapping[str, Mapping[str, Json]]
) -> AddressedSnapshot:
    """Give a snapshot in which only these contents are; of the others their addresses."""

    def measured(contents: Contents) -> tuple[Measurement, ...]:
        return tuple(
            Measurement(each.type, (Subtype(each.subtype, data.get(at, {})),))
            for each, at in contents.items()
        )

    own: dict[str | None, Contents] = {None: outline.cluster}
    own.update(outline.nodes)
    known = {id(contents): measured(contents) for contents in own.values()}
    leaves = {
        (name, each.type, each.subtype): at
        for name, contents in own.items()
        for each, at in contents.items()
    }
    addresses = {
        id(each): digest(sorted([str(fact), at] for fact, at in each.items()))
        for each in outline.nodes.values()
    }
    nodes = {name: addresses[id(each)] for name, each in outline.nodes.items()}
    snapshot = Snapshot(
        Metadata(capture.cluster, written(capture.at), capture.generator),
        known[id(outline.cluster)],
        tuple(Node(name, known[id(each)]) for name, each in outline.nodes.items()),
        outline.collection,
    )
    return AddressedSnapshot(snapshot, SnapshotDigests(outline.snapshot, nodes, leaves))


class _Between:
    """One cluster at two moments; without a sight by the first there is nothing to compare."""

    def __init__(self, cluster: str, asked: Window, context: Context) -> None:
        self._cluster = cluster
        self._asked = asked
        self._store = context.store
        captures = captures_of(cluster, context, asked.since - MAX_AGE, asked.until)
        every = [each[-1] for each in latest(captures)]
        start = sum(each.at <= asked.since for each in every)
        self.sights: list[Capture] = every[start - 1 :] if start else []
        """The last sight by the first moment, and all later ones."""
        if not self.sights:
            return
        self._found = compare(*_seen(self.sights[0], self.sights[-1], self._store))
        sieve = Sieve(default_ignores(), asked.until)
        self._kept = sieve.sift(self._found.changes, self._found.not_comparable).kept
        self.ignored = len(self._found.changes) - len(self._kept)

    def moved(self) -> Iterator[FactMoved]:
        """Give the facts that changed, each with the first sight of what it is now."""
        outlines = self._outlines()
        for change in self._kept:
            if self._is_asked(change.node) and self._matters(change):
                yield FactMoved(
                    self._cluster,
                    change.node,
                    change.fact,
                    change.kind.value,
                    change.before,
                    change.after,
                    self._first_seen(change, outlines),
                )

    def _matters(self, change: Change) -> bool:
        """Say whether a rule that is asked about looks at the fact; where none is, any does."""
        if not self._asked.rules:
            return True
        whole = FactAddress.of_subtype(change.address.type, change.address.subtype)
        key = str(change.path[0]) if change.path else None
        return any(path.whole == whole and path.key in (None, key) for path in self._looked_at)

    @cached_property
    def _looked_at(self) -> frozenset[FactAddress]:
        """What the rules that are asked about looked at last."""
        rules = self._store.policy_of_run(self.sights[-1].run).rules
        chosen = (rule for rule in rules if self._asked.has_rule(rule.id))
        return frozenset(
            path._replace(every_node=False) for rule in chosen for path in looked_at(rule)
        )

    def _is_asked(self, node: str | None) -> bool:
        who = Who(Scope.CLUSTER if node is None else Scope.NODE, node or "")
        return self._asked.has_subject(who)

    def _outlines(self) -> dict[str, Outline]:
        addresses = list(dict.fromkeys(each.snapshot for each in self.sights))
        return dict(zip(addresses, self._store.outlines(addresses), strict=True))

    def _first_seen(self, change: Change, outlines: dict[str, Outline]) -> datetime:
        """Go back from the end while the fact is what it is there; only addresses tell first."""
        key = str(change.path[0]) if change.path else None
        values: dict[str | None, bytes] = {}
        since = self.sights[-1]
        wanted = self._value(outlines[since.snapshot], change, key, values)
        for sight in reversed(self.sights):
            if self._value(outlines[sight.snapshot], change, key, values) != wanted:
                break
            since = sight
        return since.at

    def _value(
        self,
        outline: Outline,
        change: Change,
        key: str | None,
        values: dict[str | None, bytes],
    ) -> bytes:
        """Give the value of a key in canonical form; each content is read once."""
        whole = FactAddress.of_subtype(change.address.type, change.address.subtype)
        contents = outline.cluster if change.node is None else outline.nodes.get(change.node, {})
        at = contents.get(whole)
        if at not in values:
            data = self._store.contents([at])[at] if at is not None else {}
            there = data if key is None else {key: data[key]} if key in data else None
            values[at] = canonical(there)
        return values[at]

    def nodes(self) -> Iterator[tuple[str, str, str]]:
        """Give the nodes that came, went or were replaced."""
        for each in self._found.pairing.changes:
            name = " -> ".join(one for one in (each.before, each.after) if one)
            if self._is_asked(each.after or each.before):
                yield self._cluster, each.fate.value, name

    def flipped(self) -> Iterator[Flipped]:
        """Give the recorded verdicts that differ, each with the first sight of what it is now."""
        said = [_by_rule(each, self._asked) for each in self.sights]
        for key, new in said[-1].items():
            old = said[0].get(key)
            if old is None or old.status is new.status:
                continue
            since = self._since(said, key)
            yield Flipped(self._cluster, *key, old.status, new.status, since)

    def _since(
        self, said: Sequence[dict[tuple[Who, str], Verdict]], key: tuple[Who, str]
    ) -> datetime:
        status, since = said[-1][key].status, self.sights[-1]
        for sight, verdicts in zip(reversed(self.sights), reversed(said), strict=True):
            if key not in verdicts:  # not there, or not asked: that says nothing
                continue
            if verdicts[key].status is not status:
                break
            since = sight
        return since.at


def _by_rule(capture: Capture, asked: Window) -> dict[tuple[Who, str], Verdict]:
    return {
        (who, verdict.rule): verdict
        for who, verdicts in capture.said.items()
        if asked.has_subject(who)
        for verdict in verdicts
        if asked.has_rule(verdict.rule)
    }
