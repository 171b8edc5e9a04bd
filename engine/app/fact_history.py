"""``eidos history facts``: every value that a fact had, where and when."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from eidos.engine.app.context import Context
from eidos.engine.app.past import captures_of, clusters, latest, window
from eidos.engine.digest import addressed
from eidos.engine.errors import UsageError
from eidos.engine.model.facts import FactAddress, split_path
from eidos.engine.model.history import (
    Capture,
    Contents,
    FactHeld,
    FactHistory,
    Outline,
    Who,
    Window,
)
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Scope
from eidos.engine.model.snapshot import Measurement, Metadata, Snapshot, Subtype
from eidos.engine.records import dataclass
from eidos.engine.redacting import Sweep

_CHUNK = 256
"""Snapshots that are looked into together."""
_ABSENT = object()


def _judged(capture: Capture, asked: Window) -> bool:
    """Say whether a rule that is asked about was asked then."""
    return any(asked.has_rule(each.rule) for said in capture.said.values() for each in said)


def fact_history(path: str, asked: Window, context: Context) -> FactHistory:
    """Give the values of a fact on every node, and of the cluster where it is one of its own.

    Args:
        path: as rules write it: ``gpu.smi.driver``; what comes after the subtype may lead into a
            value: ``k8s.node.taints[0].effect``.
        asked: what is asked about.
        context: what is open.

    Raises:
        StoreError: there is no database, or it cannot be read.
        UsageError: it is no path of a fact, nothing is recorded, or no sight of it is.
    """
    try:
        address = FactAddress.parse(path)
    except ValueError as error:
        hint = "Facts are listed by: eidos facts"
        raise UsageError(f"{path!r} is not a fact: {error}", hint=hint) from error
    asked = window(asked, context)
    held = [
        each
        for cluster in clusters(asked, context)
        for each in _Following(path, address, cluster, context).values(asked)
    ]
    if not any(each.is_there for each in held):
        raise UsageError(
            f"no snapshot of that period has {path}", hint="Search what there is: eidos facts TEXT"
        )
    return FactHistory(asked, path, tuple(held))


@dataclass(slots=True)
class _Held:
    """A value on its way."""

    value: object
    since: datetime
    last: datetime


class _Following:
    """One fact of one cluster through time."""

    def __init__(self, path: str, address: FactAddress, cluster: str, context: Context) -> None:
        self._path = path
        self._address = address
        self._cluster = cluster
        self._context = context
        self._store = context.store
        self._values: dict[str, object] = {}

    def values(self, asked: Window) -> list[FactHeld]:
        """Give what it was, by node and time."""
        captures = captures_of(self._cluster, self._context, asked.since, asked.until)
        captures = [each for each in captures if not asked.rules or _judged(each, asked)]
        open_: dict[str | None, _Held] = {}
        found: list[FactHeld] = []
        for capture, outline in self._outlined([each[-1] for each in latest(captures)]):
            for node, value in self._seen(outline, asked, open_).items():
                before = open_.get(node)
                if before is not None and _same(before.value, value):
                    before.last = capture.at
                    continue
                if before is not None:
                    found.append(self._held(node, before, capture.at))
                open_[node] = _Held(value, capture.at, capture.at)
        found += [self._held(node, each, None) for node, each in open_.items()]
        return sorted(found, key=lambda each: (each.node or "", each.since))

    def _outlined(self, captures: Sequence[Capture]) -> Iterator[tuple[Capture, Outline]]:
        for start in range(0, len(captures), _CHUNK):
            chunk = captures[start : start + _CHUNK]
            addresses = list(dict.fromkeys(each.snapshot for each in chunk))
            outlines = dict(zip(addresses, self._store.outlines(addresses), strict=True))
            self._learn(outlines.values())
            yield from ((each, outlines[each.snapshot]) for each in chunk)

    def _learn(self, outlines: Iterable[Outline]) -> None:
        whole = self._address.whole
        every = [each for one in outlines for each in (one.cluster, *one.nodes.values())]
        wanted = {each[whole] for each in every if whole in each} - self._values.keys()
        for at, data in self._store.contents(wanted).items():
            self._values[at] = self._value(_clean(whole, data))

    def _seen(
        self, outline: Outline, asked: Window, known: Mapping[str | None, _Held]
    ) -> dict[str | None, object]:
        """Give the value on each node that is there; of who has none, only after it had one."""
        whole = self._address.whole
        places: list[tuple[str | None, Contents]] = [
            (None, outline.cluster),
            *outline.nodes.items(),
        ]
        found: dict[str | None, object] = {}
        for node, contents in places:
            if node is None and asked.nodes:
                continue
            if node is not None and not asked.has_subject(Who(Scope.NODE, node)):
                continue
            value = self._values[contents[whole]] if whole in contents else _ABSENT
            if value is not _ABSENT or node in known:
                found[node] = value
        return found

    def _value(self, data: Mapping[str, Json]) -> object:
        key = self._address.key
        if key is None:
            return dict(data)
        if key in data:
            return data[key]
        value: object = data
        segments = split_path(self._path)[3 if self._address.every_node else 2 :]
        for segment in segments:
            if isinstance(value, Mapping):
                value = value.get(segment, _ABSENT)
            elif isinstance(value, list) and isinstance(segment, int) and segment < len(value):
                value = value[segment]
            else:
                return _ABSENT
        return value

    def _held(self, node: str | None, held: _Held, until: datetime | None) -> FactHeld:
        is_there = held.value is not _ABSENT
        value: Json = held.value if is_there else None  # type: ignore[assignment]
        return FactHeld(
            self._cluster, node, self._path, is_there, value, held.since, until, held.last
        )


def _clean(whole: FactAddress, data: Mapping[str, Json]) -> Mapping[str, Json]:
    """Take out what an older version may have recorded of secrets."""
    subtype = Subtype(whole.subtype, data)
    seen = addressed(Snapshot(Metadata(), (Measurement(whole.type, (subtype,)),)))
    clean, _ = Sweep().swept(seen)
    return clean.snapshot.measurements[0].subtypes[0].data


def _same(one: object, other: object) -> bool:
    """Compare as JSON does, where true is not 1."""
    return one is other or (one == other and repr(one) == repr(other))
