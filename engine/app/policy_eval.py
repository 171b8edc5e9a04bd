"""``eidos policy eval``: a query as ``opa eval`` answers it, and why it does."""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, cast

import msgspec

from eidos.engine.app.context import Context
from eidos.engine.app.policies import load_packs
from eidos.engine.digest import canonical, digest
from eidos.engine.documents.finding import find_sources
from eidos.engine.documents.reading import decode, read_bytes, read_text
from eidos.engine.errors import EidosError, Location, PolicyError, UsageError
from eidos.engine.evaluating.projecting import everything, project
from eidos.engine.evaluating.subjects import SubjectFacts, cluster_facts, node_facts
from eidos.engine.model.explained import Explanation
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest
from eidos.engine.model.rule import Module, Rule, Scope
from eidos.engine.packs.files import library, read_files
from eidos.engine.packs.finding import MANIFEST, find_policy
from eidos.engine.packs.loading import tables_of
from eidos.engine.packs.plain_data import data_in, joined, read_data
from eidos.engine.ports import UNDEFINED, Ask, Job, Program
from eidos.engine.records import dataclass
from eidos.engine.rego.light import LightEngine
from eidos.engine.rego.limits import EngineLimits

OPA_FORMATS: Final = ("json", "values", "bindings", "pretty", "raw", "source")
"""Formats of ``opa eval``."""
_LATE: Final = "Give it longer (--timeout 5m), or ask for less: one rule, one element of the input."
TEXT: Final = "text"
"""Ours, of explanations."""
_PATH: Final = re.compile(r'data(\.[A-Za-z_]\w*|\["(?:[^"\\\x00-\x1f]|\\.)*"\])*')


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalRequest:
    """What is asked."""

    query: str | None = None
    """Rego; the package of the rule when None."""
    data: tuple[str, ...] = ()
    """Files and folders of policy and data."""
    packs: tuple[str, ...] = ()
    """Packs with what they use: library and tables."""
    input: str | None = None
    """A document; with `rule` or `node` a snapshot of which a subject is taken."""
    rule: str | None = None
    """A rule of the packs: its parameters hold, and the input is what it sees."""
    node: str | None = None
    """The node of the snapshot that is asked about."""
    form: str = "json"
    explain: bool = False
    profile: bool = False
    strict: bool = False
    """A built-in that fails is an error."""
    fail: str | None = None
    """``undefined`` or ``defined``: such an answer is exit code 1."""
    v0: bool = False
    timeout: float = 30.0
    """Seconds that it may take: by the clock with OPA, of processor time with the light engine."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What came of it."""

    code: int
    """As of ``opa eval``: 1 where it was asked to fail so, 2 for an error."""
    output: str
    """In the format that was asked for."""
    said: tuple[str, ...] = ()
    """What policy printed."""
    explanation: Explanation | None = None
    result: Json = None
    """Of an explanation: what ``result`` of OPA's answer says."""


@dataclass(frozen=True, slots=True)
class _Policy:
    modules: tuple[Module, ...]
    data: Mapping[str, Json]
    rules: tuple[Rule, ...] = ()


def policy_eval(request: EvalRequest, context: Context) -> Evaluated:
    """Evaluate a query.

    Raises:
        UsageError: something that was named does not exist, or does not go together.
        EidosError: policy, data or input cannot be read; it took too long; there is no OPA for it.
    """
    policy = _policy(request, context)
    rule = _rule(request, policy)
    given = _input(request, rule, context)
    data = dict(policy.data)
    if rule is not None:
        data["params"] = dict(rule.params)
    query = request.query or (f"data.{rule.package}" if rule else None)
    if query is None:
        raise UsageError("no query is given", hint="Write one, such as data.main.deny, or --rule.")
    if context.opa is None:
        return _by_the_light_engine(query, policy.modules, data, given, request, context)
    from eidos.engine.rego.opa.command import Question

    question = Question(query=query, modules=policy.modules, data=data, input=given, v0=request.v0)
    flags = ["--strict-builtin-errors"] if request.strict else []
    flags += {"undefined": ["--fail"], "defined": ["--fail-defined"]}.get(request.fail or "", [])
    flags += ["--profile"] if request.profile else []
    if request.explain:
        flags += ["--explain", "full", "--disable-indexing", "--format", "json"]
    else:
        flags += ["--format", request.form]
    answer = context.opa.evaluate(question, *flags, seconds=request.timeout, hint=_LATE)
    if request.explain:
        return _explained(answer, policy.modules, given)
    code, out, err = answer
    return Evaluated(code, out, tuple(err.splitlines()))


# What is given ----------------------------------------------------------------------------------


def _policy(request: EvalRequest, context: Context) -> _Policy:
    parts = [_pack(name, context) for name in request.packs]
    parts += [_plain(path, context) for path in request.data]
    modules = {module.file: module for part in parts for module in part.modules}
    return _Policy(
        tuple(modules.values()),
        joined(part.data for part in parts),
        tuple(rule for part in parts for rule in part.rules),
    )


def _pack(name: str, context: Context) -> _Policy:
    source = find_policy(name)
    if not source.is_pack:
        raise UsageError(f"'{name}' is no pack", hint=f"Give plain policy as data: -d {name}")
    [pack] = load_packs([name], context.engine, context.environ)
    files = source.files
    modules = (*files.modules, *library().modules)
    return _Policy(modules, {"tables": tables_of(library(), files)}, pack.rules)


def _plain(path: str, context: Context) -> _Policy:
    """Read what ``opa eval -d`` would; a pack as one."""
    place = Path(path)
    if (place / MANIFEST).is_file():
        return _pack(path, context)
    if place.is_dir():
        files = read_files(place, f"{path.rstrip('/')}/")
        return _Policy((*files.modules, *files.tests), data_in(files))
    if place.suffix == ".rego" and place.exists():
        files = read_files(place, f"{place.parent}/" if place.parent != Path() else "")
        return _Policy((*files.modules, *files.tests), {})
    return _Policy((), read_data([path], context.limits))


def _rule(request: EvalRequest, policy: _Policy) -> Rule | None:
    if request.rule is None:
        return None
    for rule in policy.rules:
        if rule.id == request.rule:
            return rule
    known = sorted(rule.id for rule in policy.rules)
    hint = nearest(request.rule, known) if known else "Name its pack: -p NAME|DIR"
    raise UsageError(f"there is no rule '{request.rule}' in what was given", hint=hint)


def _input(request: EvalRequest, rule: Rule | None, context: Context) -> bytes | None:
    if request.input is None:
        return None
    about_facts = rule is not None and rule.scope in (Scope.NODE, Scope.CLUSTER)
    if not about_facts and request.node is None:
        sources = list(find_sources([request.input]))
        if len(sources) != 1:
            raise UsageError(f"'{request.input}' is {len(sources)} files, and the input is one")
        return read_bytes(sources[0], context.limits)
    item = context.reader(lenient=True).one(request.input)
    if rule is not None and rule.scope is Scope.CLUSTER:
        return canonical(project(rule, cluster_facts(item.snapshot, item.name)).seen.full)
    subject = _node(request, node_facts(item.snapshot, item.name))
    if rule is not None:
        return canonical(project(rule, subject).seen.full)
    return canonical(everything(subject))


def _node(request: EvalRequest, nodes: Sequence[SubjectFacts]) -> SubjectFacts:
    names = [node.name for node in nodes]
    if request.node is None and len(nodes) == 1:
        return nodes[0]
    for node in nodes:
        if node.name == request.node:
            return node
    if request.node is None:
        message = f"the snapshot has {len(nodes)} nodes, and a rule sees one"
        raise UsageError(message, hint=f"Say which one: --node {names[0] if names else 'NAME'}")
    message = f"the snapshot has no node '{request.node}'"
    raise UsageError(message, hint=nearest(request.node, names))


# Why --------------------------------------------------------------------------------------------


def _explained(
    answer: tuple[int, str, str], modules: Sequence[Module], given: bytes | None
) -> Evaluated:
    from eidos.engine.rego.opa.explaining import explained

    code, out, err = answer
    try:
        said: dict[str, Any] = msgspec.json.decode(out)
    except msgspec.DecodeError as error:
        raise PolicyError(
            "the evaluation has too many steps to be explained",
            hint="Ask for less: one rule, one element of the input.",
        ) from error
    if "errors" in said:
        raise PolicyError.joined([_fault(each).problem for each in said["errors"]])
    value = read_text(decode(given, "input"), "input")[0].value if given else None
    found = explained(said.get("explanation") or (), modules, value)
    return Evaluated(code, "", tuple(err.splitlines()), found, said.get("result"))


def _fault(said: Mapping[str, Any]) -> PolicyError:
    place = said.get("location") or {}
    where = Location(place.get("file") or "query", place.get("row"), place.get("col") or None)
    return PolicyError(str(said.get("message")), location=where)


# The light engine -------------------------------------------------------------------------------


def _by_the_light_engine(
    query: str,
    modules: tuple[Module, ...],
    data: Mapping[str, Json],
    given: bytes | None,
    request: EvalRequest,
    context: Context,
) -> Evaluated:
    """Answer a path below data, in OPA's JSON; anything else needs OPA.

    Raises:
        EidosError: something else is asked.
    """
    if request.explain or request.profile or request.form != "json":
        context.need_opa("explaining, profiling and writing other formats than JSON")
    if _PATH.fullmatch(query) is None:
        context.need_opa("evaluating any other query than a path, such as data.main.deny,")
    facts = context.engine.analyse(modules)
    v0 = any(each.v0 for each in facts)
    key = digest([[[each.file, each.source] for each in modules], data, request.strict])
    program = Program(key, modules, data, v0, request.strict)
    value = read_text(decode(given, "input"), "input")[0].value if given else None
    now = int(context.clock.now().timestamp()) * 10**9
    job = Job(program, (Ask(query, value),), now)
    limits = EngineLimits()
    wall = max(request.timeout, limits.wall_seconds)
    limits = msgspec.structs.replace(limits, seconds=request.timeout, wall_seconds=wall)
    with closing(LightEngine(1, limits)) as engine:
        [answer] = engine.evaluate([job])
    if answer.error is not None:
        raise EidosError(answer.error, hint=_LATE if "timed out" in answer.error else None)
    [found] = answer.values
    document: Json = {}
    if found is not UNDEFINED:
        place: Json = {"row": 1, "col": 1}
        expression: Json = {"value": cast("Json", found), "text": query, "location": place}
        document = {"result": [{"expressions": [expression]}]}
    failed = request.fail == ("defined" if document else "undefined")
    return Evaluated(int(failed), json.dumps(document, indent=2) + "\n", answer.prints)
