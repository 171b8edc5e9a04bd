"""Taking secrets out before anything is printed, written or kept; what was taken is told by key.

The one door: collected facts, snapshots that somebody else wrote, and what rules and readers say of
documents all come through here. What a secret looks like says `eidos.engine.model.secrets`.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import lru_cache

from eidos.engine.digest import addressed, canonical
from eidos.engine.errors import Problem
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.secrets import (
    MASK,
    Suspicion,
    is_secret,
    is_secret_content,
    masked,
    suspicion,
)
from eidos.engine.model.snapshot import (
    AddressedSnapshot,
    Collection,
    CollectorState,
    Measurement,
    Metadata,
    Node,
    Snapshot,
    Subtype,
)
from eidos.engine.ports import Fact

_VARIABLE = re.compile(
    r"((?:^|[\s\[])[\"']?[A-Za-z_]\w*=)(\"[^\"]*\"|'[^']*'|[^\s\]]+(?:\s[^\s=\]]+(?=[\s\]]|$))*)"
)
"""A variable of a unit's environment, and all that belongs to its value."""
_BOOT = FactAddress("os", "grub")
"""Kernel arguments."""
_IMAGES = FactAddress("k8s", "image")
"""In older dialects a map by the names of images, which promise nothing."""
_LABELS = frozenset({"labels", "matchLabels", "nodeSelector"})
"""Maps by names that everybody who may list nodes or pods reads."""
_NAME_KEYS = ("name", "key")
"""What says whose ``value`` an entry of a list is."""
_PROGRAM = 100
"""Characters of a command by which its options are understood."""
_Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Redactor:
    """What is secret: the built-in rules, and the user's patterns."""

    keys: tuple[str, ...] = ()
    """Globs over ``type.subtype.key`` (type in lower case, list positions left out)."""
    values: tuple[re.Pattern[str], ...] = ()
    """Text that is masked wherever it stands."""

    def redact(self, fact: Fact) -> tuple[Fact, Collection | None]:
        """Give the fact without secrets, and the record of what was taken out."""
        subtype, record = self.subtype(fact.type, fact.subtype, fact.node)
        return (replace(fact, subtype=subtype) if record else fact), record

    def subtype(
        self, type_: str, subtype: Subtype, node: str | None
    ) -> tuple[Subtype, Collection | None]:
        """Give a subtype without secrets, and the record of what was taken out.

        Args:
            type_: measurement type, as documents write it.
            subtype: the facts; given back as it is when it holds no secret.
            node: whose facts they are; None for the cluster.
        """
        address = FactAddress.of_subtype(type_, subtype.name)
        found = _suspicion([subtype.data, dict(subtype.context)], boot=address == _BOOT)
        if not (found or self.keys or self.values or _sets_variables(address, subtype.data)):
            return subtype, None
        work = _Work(self, address)
        data = work.mapping(subtype.data, ())
        context = work.mapping(dict(subtype.context), ("context",))
        if not work.taken:
            return subtype, None
        keys = tuple(sorted({_written(path) for path in work.taken}))
        texts = {key: str(value) for key, value in context.items()}
        record = Collection(type_, CollectorState.REDACTED, subtype.name, node, "secret", keys)
        return Subtype(subtype.name, data, texts), record

    def text(self, text: str) -> str:
        """Mask every secret within a value."""
        return self.own(masked(text))

    def entry(self, entry: Collection) -> Collection:
        """Mask secrets in what a collector says about itself."""
        reason = entry.reason and self.own(masked(entry.reason, prose=True))
        keys = tuple(map(self.text, entry.keys))
        if (reason, keys) == (entry.reason, entry.keys):
            return entry
        return replace(entry, reason=reason, keys=keys)

    def own(self, text: str) -> str:
        """Mask what the user called a secret."""
        for pattern in self.values:
            text = pattern.sub(MASK, text)
        return text


@dataclass(slots=True)
class Sweep:
    """Takes secrets out of snapshots that somebody wrote, one after the other.

    Of many nodes, most subtypes are the same: what was found clean is not looked at again.
    """

    _redactor: Redactor = field(default_factory=Redactor)
    _clean: set[tuple[str, str, str]] = field(default_factory=set)
    """Type, subtype and digest."""

    def swept(self, seen: AddressedSnapshot) -> tuple[AddressedSnapshot, tuple[str, ...]]:
        """Give a snapshot without secrets, and the facts they were taken from.

        Returns:
            The snapshot, its `collection` telling what was taken out; the very same when nothing
            was. The keys are written ``os.grub.rd.token``.
        """
        records: list[Collection] = []
        before = seen.snapshot
        cluster = self._measurements(None, before.measurements, seen, records)
        nodes = tuple(
            Node(node.name, self._measurements(node.name, node.measurements, seen, records))
            for node in before.nodes
        )
        metadata = _metadata(before.metadata)
        collection = tuple(map(self._redactor.entry, before.collection))
        told = [
            f"{FactAddress(each.type, each.subtype or '')}.{key}"
            for each in records
            for key in each.keys
        ]
        told += ["metadata"] if metadata != before.metadata else []
        told += ["collection"] if collection != before.collection else []
        if not told:
            return seen, ()
        joined = (*collection, *(each for each in records if not _is_told(each, collection)))
        return addressed(Snapshot(metadata, cluster, nodes, joined)), tuple(told)

    def _measurements(
        self,
        node: str | None,
        measurements: tuple[Measurement, ...],
        seen: AddressedSnapshot,
        records: list[Collection],
    ) -> tuple[Measurement, ...]:
        return tuple(
            Measurement(
                each.type,
                tuple(self._subtype(node, each.type, one, seen, records) for one in each.subtypes),
            )
            for each in measurements
        )

    def _subtype(
        self,
        node: str | None,
        type_: str,
        subtype: Subtype,
        seen: AddressedSnapshot,
        records: list[Collection],
    ) -> Subtype:
        # A subtype's context is no part of its digest.
        key = (type_, subtype.name, seen.digests.subtypes[node, type_, subtype.name])
        if key in self._clean and not subtype.context:
            return subtype
        clean, record = self._redactor.subtype(type_, subtype, node)
        if record is None:
            self._clean.add(key)
        else:
            records.append(record)
        return clean


@dataclass(slots=True)
class _Work:
    redactor: Redactor
    address: FactAddress | None
    """The subtype that is cleaned; None for what is no fact."""
    taken: list[_Path] = field(default_factory=list)

    def mapping(self, values: Mapping[str, Json], path: _Path) -> dict[str, Json]:
        """Clean a mapping; what is secret by its name is left out."""
        named = next((values[key] for key in _NAME_KEYS if isinstance(values.get(key), str)), None)
        clean: dict[str, Json] = {}
        for key, value in values.items():
            name = named if key == "value" and isinstance(named, str) else key
            if self._is_secret(path, key, name, value) or is_secret_content(values, key):
                self.taken.append((*path, self._string(key)))
            else:
                shown = self._string(key)
                clean[shown] = self.value(value, (*path, shown))
        return clean

    def _is_secret(self, path: _Path, key: str, name: str, value: Json) -> bool:
        if self.redactor.keys and self._is_named_by_user((*path, key)):
            return True
        if isinstance(value, dict | bool) or (self.address == _IMAGES and not path):
            return False
        if path and path[-1] in _LABELS:
            return False
        return is_secret(name, value, boot=self.address == _BOOT)

    def _is_named_by_user(self, path: _Path) -> bool:
        parts = (part for part in path if isinstance(part, str))
        name = ".".join((*(self.address.segments if self.address else ()), *parts))
        return any(fnmatchcase(name, _with_lower_type(key)) for key in self.redactor.keys)

    def value(self, value: Json, path: _Path) -> Json:
        """Clean a value of any kind."""
        if isinstance(value, str):
            return self._text(value, path)
        if isinstance(value, Mapping):
            return self.mapping(value, path)
        if isinstance(value, Sequence):
            return self._list(value, path)
        return value

    def _list(self, values: Sequence[Json], path: _Path) -> list[Json]:
        clean: list[Json] = []
        program = ""
        for index, value in enumerate(values):
            here = (*path, index)
            before = values[index - 1] if index else None
            if _is_argument_secret(program, before, value):
                self.taken.append(here)
                clean.append(MASK)
                continue
            clean.append(self.value(value, here))
            if isinstance(value, str) and len(program) < _PROGRAM:
                program += f"{value[:_PROGRAM]} "
        return clean

    def _text(self, text: str, path: _Path) -> str:
        if text[:1] in {"[", "{"}:
            cleaned = self._json(text, path)
            if cleaned is not None:
                return cleaned
        clean = self._string(text)
        if self._is_environment(path):
            clean = _VARIABLE.sub(rf"\1{MASK}", clean)
        if clean != text:
            self.taken.append(path)
        return clean

    def _is_environment(self, path: _Path) -> bool:
        """Say whether a text sets variables, whose values are nobody's business."""
        if self.address == _BOOT:
            return str(path[0]).endswith("setenv")
        is_unit = self.address is not None and self.address.type == "systemd"
        return is_unit and "Environment" in path

    def _string(self, text: str) -> str:
        return self.redactor.own(_masked(text))

    def _json(self, text: str, path: _Path) -> str | None:
        """Clean JSON that is kept as text, as flattened specs are; None when it is no JSON."""
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return None
        before = len(self.taken)
        clean = self.value(value, path)
        return text if len(self.taken) == before else json.dumps(clean, ensure_ascii=False)


def _is_argument_secret(program: str, option: Json, value: Json) -> bool:
    """Say whether an argument is a secret because of the option in front of it."""
    if not (isinstance(value, str) and isinstance(option, str) and option[:1] == "-"):
        return False
    words = f"{option} {value}"
    return not masked(f"{program}{words}").endswith(words)


def without_secrets(value: Json) -> Json:
    """Give a value without secrets, for what is said of a document that itself is left as it is."""
    return _Work(Redactor(), None).value(value, ()) if _suspicion(value) else value


def told(problem: Problem) -> Problem:
    """Give a problem that repeats no secret of what it is about."""
    hint = problem.hint and masked(problem.hint, prose=True)
    return replace(problem, message=masked(problem.message, prose=True), hint=hint)


_masked = lru_cache(maxsize=8192)(masked)
"""Of the texts of a cluster, most are there many times."""


_Named = tuple[str, str | None, tuple[str, ...]]


def secret_names(snapshot: Snapshot) -> list[_Named]:
    """Find names in which a secret is: of nodes, of measurement types and of their subtypes.

    Names are what rules, waivers and history go by. A mask in place of a secret would make two
    nodes one, or one node two: nothing can take it out but who wrote the document.

    Returns:
        Of each what it is the name of, and where that is: the node, if any, and the path below it.
    """
    named = list(dict.fromkeys(_names(snapshot)))
    text = "\n".join(name for name, _ in named)
    if masked(text) == text:
        return []
    return [where for name, where in named if masked(name) != name]


def _names(snapshot: Snapshot) -> Iterator[tuple[str, _Named]]:
    for node in snapshot.nodes:
        yield node.name, ("node", node.name, ())
    for entry in snapshot.collection:
        if entry.node is not None:
            yield entry.node, ("node", entry.node, ())
    places = [(None, snapshot.measurements), *((n.name, n.measurements) for n in snapshot.nodes)]
    seen: set[tuple[str, str]] = set()
    for place, measurements in places:
        for each in measurements:
            for one in each.subtypes:
                if (each.type, one.name) not in seen:
                    seen.add((each.type, one.name))
                    yield each.type, ("measurement type", place, (each.type,))
                    yield one.name, ("subtype", place, (each.type, one.name))


def _suspicion(value: object, *, boot: bool = False) -> Suspicion:
    try:
        return suspicion(canonical(value).decode(), boot=boot)
    except ValueError:  # half a character of UTF-16, which has no canonical form
        return Suspicion(form=True)


def _sets_variables(address: FactAddress, data: Mapping[str, Json]) -> bool:
    if address == _BOOT:
        return any(key.endswith("setenv") for key in data)
    return address.type == "systemd" and "Environment" in data


def _metadata(metadata: Metadata) -> Metadata:
    labels = {
        key: value if is_secret(key, value) is False else MASK
        for key, value in metadata.labels.items()
    }
    return replace(
        metadata,
        cluster=metadata.cluster and masked(metadata.cluster),
        timestamp=metadata.timestamp and masked(metadata.timestamp),
        generator=metadata.generator and masked(metadata.generator),
        labels={masked(key): masked(value) for key, value in labels.items()},
    )


def _is_told(record: Collection, collection: Iterable[Collection]) -> bool:
    return any(
        each.status is record.status
        and (each.type, each.subtype, each.node) == (record.type, record.subtype, record.node)
        and set(record.keys) <= set(each.keys)
        for each in collection
    )


def _with_lower_type(pattern: str) -> str:
    type_, dot, rest = pattern.partition(".")
    return type_.lower() + dot + rest


def _written(path: _Path) -> str:
    first, *rest = path
    return str(first) + "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in rest
    )
