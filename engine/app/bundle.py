"""``eidos bundle``: gate, plan, render, gate again, publish, all or nothing."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eidos.engine.app.bundle_evidence import Rendering, evidence
from eidos.engine.app.bundle_gate import (
    GateQuestion,
    announced,
    gate_file,
    judged_after,
    judged_before,
)
from eidos.engine.app.bundle_recipe import (
    open_recipe_file,
    refuse_altered,
    refuse_other_catalog,
    refuse_other_cluster,
)
from eidos.engine.app.bundle_recording import record_bundling, record_run
from eidos.engine.app.context import Context
from eidos.engine.app.policies import (
    SELECTION,
    PolicyRequest,
    merged,
    open_packs,
    read_params,
    resolve,
)
from eidos.engine.app.reader import Item
from eidos.engine.app.recipe import open_catalog
from eidos.engine.bundling.attesting import attested
from eidos.engine.bundling.comparing import read_bundle, refuse_more_than
from eidos.engine.bundling.planning import GENERIC, outlined, refuse_unknown, rendered
from eidos.engine.bundling.trees import (
    digest_of,
    publish,
    refuse_taken,
    sealed,
    staged,
    write_tree,
)
from eidos.engine.bundling.verifying import whole
from eidos.engine.bundling.writing import as_input, bundle_files
from eidos.engine.documents.recipes import read_constraints, read_recipe
from eidos.engine.errors import BundleError, EidosError, UsageError
from eidos.engine.gating.deciding import decided, stale, uncovered
from eidos.engine.model.bundle import (
    Bundling,
    File,
    GateDecision,
    Plan,
    SharedInputs,
    Written,
)
from eidos.engine.model.gate import Decision, Gate, NamedGate
from eidos.engine.model.nearest import nearest
from eidos.engine.model.policy import Policy
from eidos.engine.model.recipe import Catalog, Constraint, WrittenRecipe
from eidos.engine.model.rule import Pack, Rule, Scope
from eidos.engine.model.transition import PublishedBundle
from eidos.engine.packs.choosing import choose
from eidos.engine.plugins import find_bundlers, find_deployers
from eidos.engine.selecting.objects import read_constraint_texts

if TYPE_CHECKING:
    from eidos.engine.bundling.definitions import Definitions
    from eidos.engine.model.jsonvalue import Json
    from eidos.engine.ports import Deployer
    from eidos.engine.signing.keys import SigningKey
    from eidos.engine.signing.signers import Signer

BUNDLE_PACKS = ("bundle-hygiene", "bundle-operators")
"""The shipped packs that judge what was rendered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleRequest:
    """What the user asked for."""

    recipe: str
    """File of a recipe."""
    snapshot: str
    """File or reference of the cluster's facts."""
    place: Path | None
    """Where the bundle goes; None to show only what would be made."""
    gate: NamedGate
    policy: PolicyRequest
    """What judges the snapshot, where the gate says nothing else."""
    deployers: tuple[str, ...] = ("helm",)
    shared: SharedInputs = field(default_factory=SharedInputs)
    only: tuple[str, ...] = ()
    """Components that may differ from `old`; none for all of them."""
    old: Path | None = None
    """The bundle that is updated."""
    data: tuple[str, ...] = ()
    crds: tuple[str, ...] = ()
    """Folders with definitions of custom resources; none to go by the table of the pack."""
    annotate: bool = False
    lenient: bool = False
    evidence: bool = False
    """Put into the bundle what the gate was decided from, so that it can be asked again."""
    key: "SigningKey | None" = None
    """What signs the bundle before anybody sees it; None for nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a request names, all of it found: nothing is judged before."""

    recipe: WrittenRecipe
    left_out: tuple[str, ...]
    """Components that the recipe had when it was resolved."""
    catalog: Catalog
    item: Item
    outline: Plan
    deployers: Mapping[str, "Deployer"]
    policy: Policy
    bundle_packs: Sequence[Pack]
    bundle_rules: tuple[Rule, ...]
    """Those of the packs that judge what was rendered."""
    constraints: Sequence[Constraint]
    old: PublishedBundle | None
    definitions: "Definitions"
    """Of custom resources; none where none were named."""

    def question(self, gate: NamedGate) -> GateQuestion:
        """Give what the gate is asked about all this."""
        return GateQuestion(
            gate=gate,
            policy=self.policy,
            item=self.item,
            recipe=self.recipe,
            constraints=self.constraints,
            bundle_packs=self.bundle_packs,
            bundle_rules=self.bundle_rules,
        )


def bundle(request: BundleRequest, context: Context) -> Bundling:
    """Bundle a recipe if the gate lets it through, before and after it is rendered.

    Nothing is rendered before the snapshot has passed. What was decided is recorded where the
    context says so, ahead of publishing: a bundle that nobody knows of is never there.

    Raises:
        BundleError: the recipe does not fit the catalog, cannot be rendered, or the place is taken.
        DocumentError: recipe or snapshot cannot be read.
        StoreError: the decision cannot be recorded; then nothing is published.
        UsageError: a gate, deployer or component does not exist.
    """
    signer = _signer(request, context)
    asked = _found(request, context)
    bundling, document = _decided(asked, request, context)
    if request.place is None or bundling.decision.decision is not Decision.PASSED:
        _record(bundling, document, asked, context)
        return bundling
    with ExitStack() as stack:
        try:
            staging = stack.enter_context(staged(request.place))
            write_tree(staging, bundling.files)
            made = whole(staging)  # once more, before anybody sees it
            if signer is not None:
                write_tree(staging, attested(made, signer))
        except BundleError:
            _record(bundling, document, asked, context)  # decided, and nowhere
            raise
        bundling = replace(bundling, place=str(request.place))
        _record(bundling, document, asked, context)
        publish(staging, request.place)
    return bundling


def _signer(request: BundleRequest, context: Context) -> "Signer | None":
    """Open the key before anything is judged in vain.

    Raises:
        ConfigError: it cannot be used.
    """
    if request.key is None:
        return None
    from eidos.engine.signing.keys import load_signer

    return load_signer(request.key, context.environ)


def _decided(asked: _Asked, request: BundleRequest, context: Context) -> tuple[Bundling, File]:
    """Ask the gate before and after rendering; give what it says, and ``gate.json``."""
    question = asked.question(request.gate)
    before, outcomes = judged_before(question, context)
    reasons = tuple(_reasons(request.gate, asked.item, context))
    plan, after = asked.outline, None
    notes = tuple(_notes(asked))
    files: tuple[File, ...] = ()
    seen: dict[str, Json] = {}
    decision = decided([before], reasons, outcomes)
    if decision is Decision.PASSED:
        try:
            plan = _rendered(asked)
            files = bundle_files(plan, asked.recipe, asked.deployers, annotate=request.annotate)
            if asked.old is not None:
                refuse_more_than(request.only, asked.old, asked.recipe, files)
            seen = _seen(asked, plan, files)
            place = str(request.place or asked.recipe.name)
            after = judged_after(question, seen, place, context)
        except EidosError:
            if context.records:  # nothing was decided, and the snapshot was judged
                record_run(before, asked.item, context)
            raise
        notes += _unasked(seen)
        decision = decided([before, after], reasons, outcomes)
    said = GateDecision(request.gate, before, after, reasons, decision, outcomes)
    document = gate_file(said, question)
    if request.evidence and decision is Decision.PASSED:
        written = _written(plan, asked, annotate=request.annotate)
        rendering = Rendering(seen, written, asked.definitions)
        files += evidence(question, rendering, _references(request), context)
    tree = tuple(sealed([*files, document])) if files else ()
    digest = digest_of(tree) if tree else None
    return Bundling(plan, said, request.deployers, tree, digest, notes=notes), document


def _record(bundling: Bundling, document: File, asked: _Asked, context: Context) -> None:
    if context.records:
        record_bundling(bundling, document, asked.recipe, asked.item, context)


def _found(request: BundleRequest, context: Context) -> _Asked:
    """Find and read everything that a request names.

    Raises:
        EidosError: as `bundle` says; all that can be known before anything is judged.
    """
    if request.place is not None:
        refuse_taken(request.place)
    deployers = {name: _deployer(name) for name in request.deployers}
    document = open_recipe_file(request.recipe, context)
    recipe, constraints = read_recipe(document), read_constraints(document)
    read_constraint_texts(constraints)
    refuse_unknown(request.only, recipe)
    policy = resolve(_policy_request(request), context)
    named = request.gate.bundle_packs or BUNDLE_PACKS
    bundle_packs = open_packs(named, context)
    _refuse_silent(bundle_packs)
    bundle_rules = _rules(bundle_packs, policy, request, context)
    _refuse_unjudged(policy, bundle_rules)
    definitions = _definitions(request, bundle_rules, context)
    selecting = open_packs((SELECTION,), context)
    asked_beside = [rule for pack in selecting for rule in pack.rules]
    judge = announced(policy, constraints, bundle_rules, context, asked_beside)
    if not (context.records and context.has_store):  # else there may be nothing to ask
        judge.prepare()
    catalog = open_catalog(request.data, context)
    refuse_other_catalog(recipe, catalog, request.recipe)
    left_out = refuse_altered(recipe, catalog, request.recipe)
    outline = outlined(recipe, catalog, request.shared, request.deployers[0])
    old = read_bundle(request.old) if request.old is not None else None
    item = context.reader(lenient=request.lenient).one(request.snapshot)
    refuse_other_cluster(recipe, item, catalog, selecting, context)
    return _Asked(
        recipe=recipe,
        left_out=left_out,
        catalog=catalog,
        item=item,
        outline=outline,
        deployers=deployers,
        policy=policy,
        bundle_packs=bundle_packs,
        bundle_rules=bundle_rules,
        constraints=constraints,
        old=old,
        definitions=definitions,
    )


def _notes(asked: _Asked) -> Iterator[str]:
    if asked.recipe.lock.get("snapshot") not in (None, asked.item.snapshot.digest):
        yield "the recipe was resolved with another snapshot than the one it is bundled with"
    if asked.left_out:
        yield f"the recipe was resolved with more components: without {', '.join(asked.left_out)}"


# Gate -------------------------------------------------------------------------------------------


def _policy_request(request: BundleRequest) -> PolicyRequest:
    gate, asked = request.gate, request.policy
    return replace(
        asked,
        packs=gate.packs or asked.packs,
        enforcement={**asked.enforcement, **gate.enforcement},
        waivers=(*asked.waivers, *gate.waivers),
        beside=gate.bundle_packs or BUNDLE_PACKS,
        gate=Gate(
            max(gate.fail_on, asked.gate.fail_on, key=lambda severity: severity.rank),
            gate.allow_incomplete or asked.gate.allow_incomplete,
            gate.require_askable or asked.gate.require_askable,
        ),
    )


def _references(request: BundleRequest) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Name the packs that judge before and after, as they were asked for."""
    return _policy_request(request).packs, request.gate.bundle_packs or BUNDLE_PACKS


def _reasons(gate: NamedGate, item: Item, context: Context) -> list[str]:
    snapshot = item.snapshot.snapshot
    old = stale(gate, snapshot, context.clock.now())
    return [*([old] if old else []), *uncovered(gate, snapshot)]


def _seen(asked: _Asked, planned: Plan, files: Sequence[File]) -> dict[str, "Json"]:
    """Give what rules see as ``input.bundle``."""
    seen = as_input(planned, asked.recipe, files)
    if asked.definitions:
        from eidos.engine.bundling.definitions import held

        seen["definitions"] = held(asked.definitions, seen)
    return seen


def _unasked(seen: Mapping[str, Any]) -> tuple[str, ...]:
    """Say of how many objects the definitions ask more than anybody here can answer."""
    rules = seen.get("definitions", {}).get("rules", ())
    if not rules:
        return ()
    objects = "1 object has" if len(rules) == 1 else f"{len(rules)} objects have"
    return (f"{objects} rules in CEL in their definitions, which only an API server asks",)


def _rules(
    packs: Sequence[Pack], policy: Policy, request: BundleRequest, context: Context
) -> tuple[Rule, ...]:
    """Give the rules that judge what was rendered; what was chosen may be of the policy's packs."""
    asked = request.policy
    files = (read_params(each, context.limits).params for each in asked.params_files)
    chosen = choose(packs, asked.choice, merged(asked.params, *files), policy.packs)
    return tuple(rule for rule in chosen if rule.scope is Scope.BUNDLE)


def _refuse_silent(packs: Sequence[Pack]) -> None:
    """Refuse what is named to judge what is rendered and has no rule about that.

    Raises:
        UsageError: says which; it would be told as having judged, and be asked nothing.
    """
    for pack in packs:
        if not any(rule.scope is Scope.BUNDLE for rule in pack.rules):
            raise UsageError(
                f"'{pack.name}' is to judge what is rendered (bundle-packs), and none of its rules "
                "is about bundles",
                hint="Name it below 'packs', which judge the snapshot, or give a pack with rules "
                "of scope bundle.",
            )


def _refuse_unjudged(policy: Policy, bundle_rules: Sequence[Rule]) -> None:
    """Refuse a choice of rules that leaves a side of the gate none: it could never open.

    Raises:
        UsageError: says which side.
    """
    for what, rules, example in (
        ("the snapshot", policy.rules, "'GPU-*'"),
        ("what is rendered", bundle_rules, "'BOP-*'"),
    ):
        if not rules:
            raise UsageError(
                f"no rule that judges {what} is left, so that the gate could not open",
                hint=f"Choose rules of both sides, as --rule {example}, or leave "
                "--rule, --tag, --severity and --exclude-rule out.",
            )


_DEFINED = "BOP-016"
"""The rule that tells what definitions of custom resources say."""


def _definitions(request: BundleRequest, rules: Sequence[Rule], context: Context) -> "Definitions":
    """Read the definitions that were named, if any; somebody must tell what they say."""
    if not request.crds:
        return {}
    from eidos.engine.bundling.definitions import read_definitions

    if _DEFINED not in {rule.id for rule in rules}:
        raise UsageError(
            f"--crds gives definitions, but the gate does not ask the rule {_DEFINED}, which "
            "reports what they find",
            hint="Leave out --crds, or add the pack bundle-operators to the gate.",
        )
    return read_definitions(request.crds, context.limits)


# Rendering --------------------------------------------------------------------------------------


def _rendered(asked: _Asked) -> Plan:
    bundlers, broken = find_bundlers()
    if GENERIC not in bundlers:
        raise BundleError(f"the bundler {GENERIC} is not here", hint=broken.get(GENERIC))
    return rendered(asked.outline, asked.recipe, asked.catalog, bundlers)


def _deployer(name: str) -> "Deployer":
    deployers, broken = find_deployers()
    if name in broken:
        raise BundleError(f"the deployer {name} cannot be loaded: {broken[name]}")
    if name not in deployers:
        raise UsageError(f"there is no deployer {name!r}", hint=nearest(name, deployers))
    return deployers[name]


def _written(planned: Plan, asked: _Asked, *, annotate: bool) -> Written:
    """Say how the files of a plan are written, for who makes them again."""
    said = {each.name: each.rendered.provenance for each in planned.releases}
    return Written(tuple(asked.deployers), planned.shared.source, said if annotate else None)
