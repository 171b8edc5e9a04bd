"""From what options, environment and configuration say to the policy that every verb judges by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from eidos.engine.app.context import Context
from eidos.engine.documents.finding import find_sources
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.reading import read_documents
from eidos.engine.errors import DocumentError, Location
from eidos.engine.model.gate import Gate
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Policy, Relaxation
from eidos.engine.model.rule import Enforcement, Pack, Severity
from eidos.engine.model.waiver import TERMS, Waiver
from eidos.engine.packs.choosing import RuleChoice, choose, refuse_unknown_rules
from eidos.engine.packs.finding import find_policies
from eidos.engine.packs.index import PackIndex
from eidos.engine.packs.loading import load_pack
from eidos.engine.ports import RegoEngine

Params = Mapping[str, Mapping[str, Json]]
"""Rule id to the parameters that replace its defaults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRequest:
    """What the user asked to be judged by, before any of it is read."""

    packs: tuple[str, ...] = ()
    """Names, ``NAME@VERSION`` or folders; none means all that are shipped."""
    choice: RuleChoice = field(default_factory=RuleChoice)
    params: Params = field(default_factory=dict)
    """Of the configuration; files go before it."""
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

    @property
    def is_named(self) -> bool:
        """Whether the user named anything that may turn out not to exist."""
        return bool(
            self.packs
            or self.params
            or self.params_files
            or self.enforcement
            or self.waivers
            or self.choice != RuleChoice()
        )


def resolve(request: PolicyRequest, context: Context) -> Policy:
    """Read and check everything that was asked for.

    Raises:
        PolicyError: a pack cannot be loaded.
        UsageError: a pack, rule, tag or parameter does not exist, or a waiver lasts too long.
        DocumentError: a file with parameters or waivers cannot be read.
    """
    packs = load_packs(request.packs, context.engine)
    params = merged(
        request.params, *(read_params(each, context.limits) for each in request.params_files)
    )
    waivers = _waivers(request.waivers, context.limits)
    named = {*params, *request.enforcement}
    known = _known_packs(named | {each.rule for each in waivers}, packs, context.engine)
    refuse_unknown_rules(named, known)
    effective = request.effective_time or context.clock.now()
    if waivers:
        from eidos.engine.app.waivers import refuse_untenable

        rules = [rule for pack in known for rule in pack.rules]
        refuse_untenable(waivers, rules, effective, {**TERMS, **request.waiver_terms})
    return Policy(
        packs=tuple(packs),
        rules=choose(packs, request.choice, params),
        effective=effective,
        is_pinned=request.effective_time is not None,
        enforcement=request.enforcement,
        waivers=waivers,
        gate=request.gate,
        relaxations=request.relaxations,
    )


def load_packs(references: Sequence[str], engine: RegoEngine) -> list[Pack]:
    """Load every named pack or folder; all shipped packs when none is named.

    Raises:
        EidosError: one of them does not exist or cannot be loaded.
    """
    index = PackIndex()
    return [load_pack(source, engine, index) for source in find_policies(references)]


def _known_packs(named: set[str], packs: Sequence[Pack], engine: RegoEngine) -> list[Pack]:
    """Give the packs whose rules may be named: the chosen, then the shipped if any is not there.

    What is said for rules that are not asked this time is no mistake.
    """
    chosen = {rule.id for pack in packs for rule in pack.rules}
    if named <= chosen:
        return list(packs)
    return [*load_packs((), engine), *packs]


def _waivers(files: Sequence[str], limits: Limits) -> tuple[Waiver, ...]:
    if not files:
        return ()
    from eidos.engine.app.waivers import read_waivers

    return read_waivers(files, limits)


def read_params(file: str, limits: Limits) -> Params:
    """Read the parameters of rules: ``{RULE: {name: value}}``.

    Raises:
        DocumentError: the file cannot be read or has another shape.
    """
    params: dict[str, Mapping[str, Json]] = {}
    for source in find_sources([file]):
        for document in read_documents(source, limits):
            if not isinstance(document.value, dict):
                raise _misshapen(document.location(()))
            for rule, values in document.value.items():
                if not isinstance(values, dict):
                    raise _misshapen(document.location((rule,)))
                params[rule] = values
    return params


def merged(*layers: Params) -> Params:
    """Give the parameters of all layers; a later layer goes before an earlier one."""
    params: dict[str, Mapping[str, Json]] = {}
    for layer in layers:
        for rule, values in layer.items():
            params[rule] = {**params.get(rule, {}), **values}
    return params


def _misshapen(location: Location) -> DocumentError:
    return DocumentError(
        "parameters are a map from rule id to a map of values",
        location=location,
        hint="Write, for example:  GPU-002: {grace_days: 30}",
    )
