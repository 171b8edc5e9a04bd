"""The part that all dialects share: measurements, their subtypes, their data."""

from collections.abc import Iterable, Iterator
from dataclasses import field

from eidos.engine.documents.walking import Path, Step
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import Measurement, Subtype
from eidos.engine.records import dataclass

Entry = tuple[str, Subtype]
"""Measurement type and a subtype of it."""


@dataclass(slots=True)
class Places:
    """Where the document says what; filled while reading."""

    facts: dict[tuple[str | None, str, str], Path] = field(default_factory=dict)
    """(node or None for the cluster, lower-case type, subtype) to the path of its data."""
    nodes: dict[str, Path] = field(default_factory=dict)

    def note(self, node: str | None, kind: str, subtype: Step, name: str) -> None:
        """Remember where a subtype's data stands.

        Raises:
            DocumentError: it is there already, so that no one could say which one holds.
        """
        key = (node, kind.lower(), name)
        if key in self.facts:
            first = subtype.document.location(self.facts[key]).line
            raise subtype.fail(
                f"the subtype {kind}.{name} is there twice, first on line {first}",
                "Keep one of them.",
            )
        self.facts[key] = (*subtype.path, *(["data"] if "data" in subtype.map() else []))


def entries(measurements: Step, *, is_closed: bool = False) -> Iterator[tuple[str, str, Step]]:
    """Give type, subtype name and place of every subtype in a list of measurements.

    Args:
        measurements: the list.
        is_closed: refuse what else is said beside them; other tools' dialects may grow.

    Raises:
        DocumentError: it has the wrong shape.
    """
    for measurement in measurements.items():
        if is_closed:
            measurement.only("type", "subtypes")
        kind = measurement.get("type").text()
        for subtype in measurement.get("subtypes").items():
            if is_closed:
                subtype.only("subtype", "data", "context")
            yield kind, subtype.get("subtype").text(), subtype


def data(subtype: Step) -> dict[str, Json]:
    """Give the facts of a subtype; ``data:`` with nothing is collected and found empty.

    Raises:
        DocumentError: there is no ``data``, or it is no map.
    """
    found = subtype.get("data")
    if found.value is None and "data" in subtype.map():
        return {}
    return found.map()


def grouped(found: Iterable[Entry]) -> tuple[Measurement, ...]:
    """Join subtypes of one type, in order of first appearance.

    Args:
        found: type and subtype, as a document has them: a type may come again later.
    """
    types: dict[str, list[Subtype]] = {}
    for kind, subtype in found:
        types.setdefault(kind, []).append(subtype)
    return tuple(Measurement(kind, tuple(subtypes)) for kind, subtypes in types.items())


def written(measurements: Iterable[Measurement]) -> list[Json]:
    """Write measurements as every dialect does; keys of data are sorted, as upstream."""
    return [
        {
            "type": measurement.type,
            "subtypes": [written_subtype(part) for part in measurement.subtypes],
        }
        for measurement in measurements
    ]


def written_subtype(part: Subtype) -> dict[str, Json]:
    """Write one subtype."""
    document: dict[str, Json] = {"subtype": part.name, "data": dict(sorted(part.data.items()))}
    if part.context:
        document["context"] = dict(sorted(part.context.items()))
    return document
