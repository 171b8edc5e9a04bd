"""``eidos check --recipe``: a recipe that was written, and a cluster held against it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from eidos.engine.app.asking import Asking, gpu_nodes
from eidos.engine.app.context import Context
from eidos.engine.documents.reading import Document
from eidos.engine.documents.recipes import KIND, read_constraints, read_recipe
from eidos.engine.documents.upstreamkinds import UPSTREAM_RECIPES, upstream_kind
from eidos.engine.documents.upstreamrecipes import result
from eidos.engine.documents.walking import described
from eidos.engine.errors import DocumentError, Location, Problem, UsageError
from eidos.engine.evaluating.subjects import SubjectFacts, cluster_facts, recipe_facts
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Conformance
from eidos.engine.model.recipe import Outcome
from eidos.engine.model.report import Subject
from eidos.engine.model.rule import Pack
from eidos.engine.model.snapshot import AddressedSnapshot
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.model.waiver import Waiver
from eidos.engine.ports import Memo, RegoEngine
from eidos.engine.schema import problems
from eidos.engine.selecting.criteria import observed
from eidos.engine.selecting.objects import read_constraint_texts

SCHEMA = "recipe/v1"


def read_conformance(reference: str, selecting: Sequence[Pack], context: Context) -> Conformance:
    """Read a recipe that clusters are held against.

    Args:
        reference: names the recipe's document.
        selecting: the packs that say which kind of cluster facts show.
        context: what is open.

    Raises:
        DocumentError: it cannot be read, or is no recipe.
        UsageError: nothing, or more than one document, is named.
    """
    document = open_recipe(reference, context)
    constraints = read_constraints(document)
    read_constraint_texts(constraints)
    return Conformance(
        recipe=read_recipe(document),
        constraints=constraints,
        selecting=tuple(rule for pack in selecting for rule in pack.rules),
        places=dict(_places(document)),
    )


def open_recipe(reference: str, context: Context) -> Document:
    """Read a recipe's document and hold it against its schema.

    Raises:
        DocumentError: it cannot be read, or is no recipe.
        UsageError: nothing, or more than one document, is named.
    """
    found = list(context.reader().read([reference]))
    if len(found) != 1:
        raise UsageError(
            f"'{reference}' is {len(found)} documents, but a recipe is one",
            hint="Write one with: eidos recipe --snapshot FILE -o yaml=recipe.yaml",
        )
    item = found[0]
    if isinstance(item, Problem):
        raise DocumentError.joined([item])
    document = item.document
    if document is None:
        raise UsageError(f"'{reference}' is a snapshot, not a recipe")
    if upstream_kind(document.value) in UPSTREAM_RECIPES:
        document = result(document).document
    value = document.value
    kind = value.get("kind") if isinstance(value, Mapping) else described(value)
    if kind != KIND:
        raise DocumentError(
            f"this is not a recipe but {str(kind)[:80]}",
            location=document.location(()),
            hint="Write one with: eidos recipe --snapshot FILE -o yaml=recipe.yaml",
        )
    if wrong := problems(document, SCHEMA):
        raise DocumentError.joined(wrong)
    return document


def _places(document: Document) -> Iterator[tuple[str, Location]]:
    """Say where the parts of a recipe stand that findings speak of."""
    said: Any = document.value
    yield "", document.location(())
    for area in ("components", "constraints", "checks"):
        for index, _ in enumerate(said.get(area, ())):
            yield f"recipe.{area}[{index}]", document.location((area, index))
    for name in said.get("criteria", ()):
        yield f"recipe.criteria.{name}", document.location(("criteria", name))
    for area, entries in said.get("tuning", {}).items():
        for index, _ in enumerate(entries):
            yield f"recipe.tuning.{area}[{index}]", document.location(("tuning", area, index))


class Holding:
    """Holds snapshots against a recipe.

    Args:
        conformance: the recipe.
        waivers: all that were given.
        engine: evaluates Rego.
        memo: verdicts of earlier runs.
        effective: rule time, with zone.
    """

    def __init__(
        self,
        conformance: Conformance,
        waivers: Sequence[Waiver],
        engine: RegoEngine,
        memo: Memo,
        effective: datetime,
    ) -> None:
        self.conformance = conformance
        self._asking = Asking(engine, memo, effective)
        self._waivers = {each.id: each for each in waivers}
        self._tuned = _tuned(conformance)

    def subject(self, seen: AddressedSnapshot, name: str) -> SubjectFacts:
        """Give the recipe, held against a snapshot, as a subject.

        Args:
            seen: the snapshot.
            name: where it was found.
        """
        conformance = self.conformance
        outcomes = self._asking.outcomes(conformance.constraints, seen, name)
        criteria = observed(self._asking.verdicts(conformance.selecting, seen, name))
        answers: dict[str, Json] = {
            "constraints": [_outcome(each) for each in outcomes],
            "criteria": {
                dimension: [{"value": each.value, "because": each.because} for each in values]
                for dimension, values in sorted(criteria.items())
            },
            "gpu_nodes": list(gpu_nodes(seen)),
        }
        recipe = dict(conformance.recipe.document)
        beside: dict[str, Json] = {"recipe": recipe, "answers": answers}
        return recipe_facts(cluster_facts(seen, name), conformance.recipe.name, beside)

    def with_tuning(self, subject: Subject) -> Subject:
        """Say of violations that the recipe's tuning brings about who wants and who accepts them.

        Args:
            subject: judged, with its waivers applied.
        """
        verdicts = tuple(
            replace(each, reason=self._reason(each))
            if each.rule in self._tuned and each.status in _VIOLATED
            else each
            for each in subject.verdicts
        )
        return replace(subject, verdicts=verdicts)

    def _reason(self, verdict: Verdict) -> str:
        waiver = self._waivers.get(verdict.waiver or "")
        if waiver is None:
            by = "accepted by nobody: a waiver says who does"
        else:
            by = f"accepted by {waiver.approver} until {waiver.ends}: {waiver.reason}"
        settings = ", ".join(self._tuned[verdict.rule])
        return f"tuned by recipe {self.conformance.recipe.name} ({settings}), {by}"


def _outcome(outcome: Outcome) -> Json:
    constraint = outcome.constraint
    return {
        "named": constraint.named,
        "fact": str(constraint.fact),
        "wanted": constraint.wanted,
        "status": outcome.status.value,
        "said": outcome.said,
        "nodes": list(outcome.subjects),
        "remediation": constraint.remediation or "",
    }


_VIOLATED = frozenset({Status.FAIL, Status.WARN, Status.WAIVED})


def _tuned(conformance: Conformance) -> dict[str, list[str]]:
    """Give what a recipe tunes against the will of a rule, by the rule's id."""
    found: dict[str, list[str]] = {}
    areas: Mapping[str, Any] = conformance.recipe.tuning
    for area, settings in areas.items():
        for each in settings:
            for rule in each.get("conflicts", ()):
                found.setdefault(rule, []).append(called(area, each))
    return found


def called(area: str, setting: Mapping[str, Any]) -> str:
    """Name a setting as people write it: ``vm.max_map_count=262144``."""
    names = {
        "arguments": ("set",),
        "sysctls": ("key", "value"),
        "modules": ("name", "state"),
        "units": ("unit", "property", "value"),
        "packages": ("name", "version"),
    }[area]
    between = "=" if area == "sysctls" else " "
    return between.join(str(setting[name]) for name in names if name in setting)
