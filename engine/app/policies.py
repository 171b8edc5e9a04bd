"""From what options, environment and configuration say to the policy that every verb judges by."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING

from eidos.engine.app.context import Context
from eidos.engine.documents.limits import Limits
from eidos.engine.errors import DocumentError, Location, Problem, UsageError
from eidos.engine.folders import user_folder
from eidos.engine.model.gate import Gate
from eidos.engine.model.policy import Conformance, Policy, Relaxation
from eidos.engine.model.rule import GATOR, Enforcement, Pack, Rule, Severity
from eidos.engine.model.waiver import TERMS, Waiver
from eidos.engine.packs.choosing import (
    Params,
    Places,
    RuleChoice,
    choose,
    param_problems,
    refuse_unknown_rules,
)
from eidos.engine.records import dataclass

if TYPE_CHECKING:
    from eidos.engine.model.jsonvalue import Json
    from eidos.engine.ports import RegoEngine
    from eidos.engine.signing.signers import Verifier


SELECTION = "selection"
"""The shipped pack that derives criteria from facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRequest:
    """What the user asked to be judged by, before any of it is read."""

    packs: tuple[str, ...] = ()
    """Names, ``NAME@VERSION`` or folders; none means all that are shipped."""
    choice: RuleChoice = field(default_factory=RuleChoice)
    params: Params = field(default_factory=dict)
    """Of the configuration; files go before it."""
    params_places: Places = field(default_factory=dict)
    """Where the configuration says them."""
    params_files: tuple[str, ...] = ()
    """A later file goes before an earlier one."""
    enforcement: Mapping[str, Enforcement] = field(default_factory=dict)
    waivers: tuple[str, ...] = ()
    """Files with waivers."""
    waiver_terms: Mapping[Severity, int] = field(default_factory=dict)
    """Days a waiver may last, where they are not those of `TERMS`."""
    gate: Gate = field(default_factory=Gate)
    effective_time: datetime | None = None
    """Rule time, with zone; the context's clock when None."""
    relaxations: tuple[Relaxation, ...] = ()
    data: tuple[str, ...] = ()
    """Files and folders of data for plain rules."""
    namespaces: tuple[str, ...] = ()
    """Packages whose plain rules are asked, as globs; none means all."""
    recipe: str | None = None
    """File with a recipe that clusters are held against."""
    enforcement_point: str = GATOR
    """Which of Gatekeeper's enforcement points this is: what scoped actions go by."""
    beside: tuple[str, ...] = ()
    """Packs that another judgement of the same command asks: their rules may be named as well."""

    @property
    def is_named(self) -> bool:
        """Whether the user named anything that may turn out not to exist."""
        return bool(
            self.packs
            or self.params
            or self.params_files
            or self.enforcement
            or self.waivers
            or self.data
            or self.namespaces
            or self.recipe
            or self.choice != RuleChoice()
        )


def resolve(request: PolicyRequest, context: Context) -> Policy:
    """Read and check everything that was asked for.

    Raises:
        PolicyError: a pack cannot be loaded, or is not signed or locked as it must be.
        UsageError: a pack, rule, tag or parameter does not exist, or a waiver lasts too long.
        DocumentError: a file with parameters or waivers cannot be read.
    """
    packs = _plain(_judging(request, context), request, context.limits)
    files = [read_params(each, context.limits) for each in request.params_files]
    params = merged(request.params, *(each.params for each in files))
    waivers = _waivers(request.waivers, context.limits)
    named = {*params, *request.enforcement, *(each.rule for each in waivers if each.rule)}
    tags = {each.tag for each in waivers if each.tag}
    known = known_packs(named, packs, context, tags, request.beside)
    refuse_unknown_rules(request.enforcement, known)
    rules = [rule for pack in known for rule in pack.rules]
    _refuse_params(rules, request, files)
    now = context.clock.now()
    effective = request.effective_time or now
    if waivers:
        from eidos.engine.app.waivers import Terms, refuse_untenable

        terms = Terms(rules, {**TERMS, **request.waiver_terms})
        refuse_untenable(waivers, terms, effective)
    for pack in packs:
        for note in pack.notes:
            context.say(f"note: {note}")
    beside = open_packs(request.beside, context) if request.beside else ()
    chosen = choose(packs, request.choice, params, beside)
    bound = _bound(chosen, request)
    return Policy(
        packs=tuple(packs),
        rules=chosen,
        effective=effective,
        now=now,
        is_pinned=request.effective_time is not None,
        enforcement={**bound, **request.enforcement},
        waivers=waivers,
        gate=request.gate,
        relaxations=(*request.relaxations, *_relaxed(chosen, bound)),
        conformance=_conformance(request.recipe, context),
    )


def _judging(request: PolicyRequest, context: Context) -> list[Pack]:
    """Open the packs that were asked for, and the one that holds clusters against a recipe."""
    from eidos.engine.packs.finding import CONFORMANCE

    found = open_packs(request.packs, context)
    if request.recipe is not None and CONFORMANCE not in {pack.name for pack in found}:
        found += open_packs((CONFORMANCE,), context)
    return found


def _refuse_params(
    rules: Sequence[Rule], request: PolicyRequest, files: Sequence["ParamsFile"]
) -> None:
    """Refuse parameters that no rule has, or of the wrong type; says all that are wrong.

    Raises:
        UsageError: with the place of each.
    """
    problems = param_problems(rules, request.params, request.params_places)
    for each in files:
        problems += param_problems(rules, each.params, each.places)
    if problems:
        raise UsageError.joined(problems)


def _bound(rules: Sequence[Rule], request: PolicyRequest) -> dict[str, Enforcement]:
    """Give what constraints say that violations do here, where it is not to deny."""
    found = {
        rule.id: rule.constraint.enforcement(request.enforcement_point)
        for rule in rules
        if rule.constraint is not None and rule.id not in request.enforcement
    }
    return {rule: action for rule, action in found.items() if action is not Enforcement.DENY}


def _relaxed(rules: Sequence[Rule], bound: Mapping[str, Enforcement]) -> list[Relaxation]:
    return [
        Relaxation(f"enforcement.{rule.id}", str(bound[rule.id]), rule.constraint.place)
        for rule in rules
        if rule.constraint is not None and rule.id in bound
    ]


def start_engine(policy: Policy, context: Context) -> None:
    """Start the engine on a policy's rules; it compiles while documents are read.

    Where verdicts may be remembered nothing is started: there may be nothing to ask.

    Raises:
        EidosError: the engine cannot be started.
    """
    if context.records and context.has_store:
        return
    from eidos.engine.evaluating.judging import Judge
    from eidos.engine.evaluating.memo import NoMemo

    Judge(policy.rules, context.engine, NoMemo(), policy.effective).prepare()


def _conformance(recipe: str | None, context: Context) -> Conformance | None:
    if recipe is None:
        return None
    from eidos.engine.app.conformance import read_conformance

    return read_conformance(recipe, open_packs((SELECTION,), context), context)


def _plain(packs: Sequence[Pack], request: PolicyRequest, limits: Limits) -> list[Pack]:
    """Give folders of plain rules the data and the namespaces that were named."""
    from eidos.engine.packs.plain import plain_pack, refuse_unknown_namespaces
    from eidos.engine.packs.plain_data import read_data

    refuse_unknown_namespaces(packs, request.namespaces)
    data = read_data(request.data, limits)
    return [plain_pack(pack, data, request.namespaces) for pack in packs]


def open_packs(references: Sequence[str], context: Context) -> list[Pack]:
    """Load packs, as `load_packs`, that the context's keys and locks let through.

    Raises:
        EidosError: one of them does not exist, cannot be loaded, is not signed by one of the keys,
            or is not what a lock says.
    """
    found = load_packs(references, context.engine, context.environ, context.verifiers)
    if context.locks:
        from eidos.engine.packs.locking import refuse_unlocked

        refuse_unlocked(found, context.locks)
    return found


def load_packs(
    references: Sequence[str],
    engine: "RegoEngine",
    environ: Mapping[str, str] = os.environ,
    verifiers: "Sequence[Verifier]" = (),
) -> list[Pack]:
    """Load every named pack or folder; all shipped packs when none is named.

    Args:
        references: names, ``NAME@VERSION``, folders or archives.
        engine: reads and compiles them.
        environ: says where the user's cache is.
        verifiers: whose signatures are believed; where there are any, packs that do not come with
            eidos must be signed by one of them.

    Raises:
        EidosError: one of them does not exist or cannot be loaded.
    """
    # Here, for `eidos diff` says what judges and mostly judges nothing.
    from eidos.engine.packs.finding import find_policies
    from eidos.engine.packs.index import PackIndex
    from eidos.engine.packs.loading import load_gatekeeper, load_pack

    index = PackIndex(user_folder("cache", environ) / "packs")
    sources = find_policies(references, verifiers)
    packs = [load_pack(each, engine, index) for each in sources if not each.is_gatekeeper]
    if templates := [each for each in sources if each.is_gatekeeper]:
        packs.append(load_gatekeeper(templates, engine, index))
    return packs


def known_packs(
    named: set[str],
    packs: Sequence[Pack],
    context: Context,
    tags: Collection[str] = (),
    beside: Sequence[str] = (),
) -> list[Pack]:
    """Give the packs whose rules may be named: the chosen, then the shipped if any is not there.

    What is said for rules that are not asked this time is no mistake.

    Args:
        named: ids of rules.
        packs: the chosen ones.
        context: what is open.
        tags: tags of rules, and frameworks.
        beside: packs that another judgement of the same command asks.
    """
    found = list(packs)
    for others in (*([beside] if beside else []), ()):
        rules = [rule for pack in found for rule in pack.rules]
        labels = {label for rule in rules for label in rule.labels} if tags else set()
        if named <= {rule.id for rule in rules} and labels.issuperset(tags):
            return found
        found = [*open_packs(others, context), *found]
    return found


def _waivers(files: Sequence[str], limits: Limits) -> tuple[Waiver, ...]:
    if not files:
        return ()
    from eidos.engine.app.waivers import read_waivers

    return read_waivers(files, limits)


@dataclass(frozen=True, slots=True)
class ParamsFile:
    """What a file with parameters says, and where."""

    params: Params
    places: Places


def read_params(file: str, limits: Limits) -> ParamsFile:
    """Read the parameters of rules: ``{RULE: {name: value}}``.

    Raises:
        DocumentError: the file cannot be read or has another shape.
    """
    from eidos.engine.documents.finding import find_sources
    from eidos.engine.documents.reading import read_documents

    params: dict[str, Mapping[str, Json]] = {}
    places: dict[tuple[str, ...], Location] = {}
    problems: list[Problem] = []
    for source in find_sources([file]):
        for document in read_documents(source, limits):
            if not isinstance(document.value, dict):
                raise DocumentError.joined([_misshapen(document.location(()))])
            for rule, values in document.value.items():
                places[rule,] = document.location((rule,))
                if not isinstance(values, dict):
                    problems.append(_misshapen(places[rule,]))
                    continue
                places |= {(rule, name): document.location((rule, name)) for name in values}
                params[rule] = {**params.get(rule, {}), **values}
    if problems:
        raise DocumentError.joined(problems)
    return ParamsFile(params, places)


def merged(*layers: Params) -> Params:
    """Give the parameters of all layers; a later layer goes before an earlier one."""
    params: dict[str, Mapping[str, Json]] = {}
    for layer in layers:
        for rule, values in layer.items():
            params[rule] = {**params.get(rule, {}), **values}
    return params


def _misshapen(location: Location) -> Problem:
    return Problem(
        "parameters are a map from rule id to a map of values",
        "Write, for example:  GPU-002: {warn_days: 30}",
        location,
        DocumentError.code,
    )
