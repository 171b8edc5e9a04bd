"""The Rego module that puts many questions in one request, and what it is sent and gives back.

Every question is one entry of ``asks``: it is answered with its own input, parameters, tables and
clock by one ``with``, so that a rule's helpers are evaluated once for all its levels. Answers carry
the number of their question.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field

import msgspec

from eidos.engine.digest import canonical
from eidos.engine.model.jsonvalue import Json
from eidos.engine.ports import UNDEFINED, Ask, Job, Undefined, View
from eidos.engine.records import dataclass
from eidos.engine.rego.opa.bundle import Bundle, Kind

_WHOLE = -1
"""Instead of the number of a projection: the document as it is."""
_FEW = 3
"""Questions about one document for which it is not worth while to send it whole."""

_ASKING = """\
answers := array.concat(plain, guarded)

plain := [[number, answer] |
	some [number, kind, document, paths] in input.asks
	own := data.{kinds}[kind]
	answer := said(own) with input as view(document, paths){given}
]

guarded := [[number, answer] |
	some [number, kind, document, paths, seen, required] in input.asks
	own := data.{kinds}[kind]
	first := values(own.guard) with input as view(seen, required){given}
	answer := array.concat(first, later(own, document, paths, first))
]

later(own, document, paths, first) := answer if {{
	open(first)
	answer := values(own.rest) with input as view(document, paths){given}
}}

later(_, _, _, first) := [] if not open(first)

said(own) := array.concat(values(own.guard), values(own.rest)) if open(values(own.guard))

said(own) := values(own.guard) if not open(values(own.guard))

values(queries) := [found | some query in queries; found := [value | value := at(query)]]

open([])

open([[value]]) if value != false

view(document, paths) := input.documents[document] if paths < 0

view(document, paths) := json.filter(input.documents[document], input.paths[paths]) if paths >= 0
"""
_CLOCK = " with time.now_ns as input.now"
_GIVEN = " with data.params as own.params with data.tables as own.tables"
_NEAR = " with json.match_schema as match_schema with json.verify_schema as verify_schema"
_SCHEMAS = """\
match_schema(document, schema) := json.match_schema(document, near(schema))

verify_schema(schema) := json.verify_schema(near(schema))

near(schema) := schema if not far(schema)

near(schema) := to_number("a $ref to another document would fetch it") if far(schema)

far(schema) if far_below(schema)

far(schema) if {
	is_string(schema)
	json.is_valid(schema)
	far_below(json.unmarshal(schema))
}

near_by(reference) if {
	is_string(reference)
	startswith(reference, "#")
}

far_below(schema) if {
	walk(schema, [path, value])
	path[count(path) - 1] == "$ref"
	not near_by(value)
}
"""
"""What stands in for the built-ins that fetch; a replacement may call what it replaces. OPA's
server takes no capabilities, and a schema may come from data that no check has seen."""


def harness(bundle: Bundle, package: str) -> tuple[str, dict[str, Json]]:
    """Give the module that asks the kinds of a bundle, and the data that it asks them by.

    What differs from kind to kind is data, which OPA reads faster than it compiles: rules for it
    took a quarter of OPA's start with all shipped rules.

    Args:
        bundle: what is asked.
        package: the module's; no other module may name it, nor ``{package}_kinds`` with the data.
    """
    kinds = list(bundle.kinds.values())
    numbers: dict[str, int] = {}
    for kind in kinds:
        for query in kind.queries:
            numbers.setdefault(query, len(numbers))
    given = (_GIVEN if bundle.given else "") + (_NEAR if bundle.schemas else "") + _CLOCK
    lines = [f"package {package}\n\nimport rego.v1\n"]
    lines.append(_ASKING.format(given=given, kinds=f"{package}_kinds"))
    lines += [f"at({number}) := {query}\n" for query, number in numbers.items()]
    if bundle.schemas:
        lines.append(_SCHEMAS)
    data: list[Json] = [_kind_data(kind, numbers, given=bundle.given) for kind in kinds]
    return "\n".join(lines), {f"{package}_kinds": data}


def _kind_data(kind: Kind, numbers: Mapping[str, int], *, given: bool) -> dict[str, Json]:
    asked: list[Json] = [numbers[query] for query in kind.queries]
    guards = 1 if kind.guarded else 0
    data: dict[str, Json] = {"guard": asked[:guards], "rest": asked[guards:]}
    if given:
        data |= {root: kind.program.data[root] for root in ("params", "tables")}
    return data


@dataclass(slots=True)
class Task:
    """A job on its way."""

    number: int
    """Its place among all jobs."""
    job: Job
    kind: int
    """As its bundle counts."""
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Body:
    """What a request says; documents and projections are there once."""

    shared: set[int]
    """Identities of the documents that are worth being sent whole."""
    documents: list[object] = field(default_factory=list)
    paths: list[tuple[tuple[str, ...], ...]] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    known: dict[tuple[tuple[str, ...], ...], int] = field(default_factory=dict)

    def seen(self, ask: Ask) -> tuple[int, int]:
        """Give the numbers of the document and the projection that are an ask's input."""
        if ask.view is None or id(ask.view.document) not in self.shared:
            return self._document(ask.input), _WHOLE
        return self._document(ask.view.document), self._projection(ask.view)

    def _document(self, value: object) -> int:
        if id(value) not in self.places:
            self.places[id(value)] = len(self.documents)
            self.documents.append(value)
        return self.places[id(value)]

    def _projection(self, view: View) -> int:
        if view.paths not in self.known:
            self.known[view.paths] = len(self.paths)
            self.paths.append(view.paths)
        return self.known[view.paths]


def request_body(tasks: Sequence[Task]) -> bytes:
    """Give what is sent to ask tasks, all of one bundle and at one time, in one request."""
    shared: dict[int, int] = {}
    for task in tasks:
        if (view := task.job.asks[-1].view) is not None:
            shared[id(view.document)] = shared.get(id(view.document), 0) + 1
    body = _Body({key for key, count in shared.items() if count > _FEW})
    asks = [_entry(number, task, body) for number, task in enumerate(tasks)]
    now = tasks[0].job.now_ns
    content = {"asks": asks, "documents": body.documents, "paths": body.paths, "now": now}
    return canonical({"input": content})


def _entry(number: int, task: Task, body: _Body) -> list[int]:
    first, last = task.job.asks[0], task.job.asks[-1]
    entry = [number, task.kind, *body.seen(last)]
    return entry if first.input is last.input else [*entry, *body.seen(first)]


class _Reply(msgspec.Struct):
    result: list[tuple[int, msgspec.Raw]] = []


_REPLY = msgspec.json.Decoder(_Reply)
_ANSWER = msgspec.json.Decoder(list[list[Json]])


def read_reply(content: bytes) -> dict[int, bytes]:
    """Give the text of each answer by the number of its question."""
    return {number: bytes(raw) for number, raw in _REPLY.decode(content).result}


def read_values(answer: bytes) -> tuple[Json | Undefined, ...]:
    """Give the values in the text of one answer; integers of any size are exact."""
    return tuple(found[0] if found else UNDEFINED for found in _ANSWER.decode(answer))
