"""``eidos recipe diff``: from one recipe to another, or from a cluster to its recipe."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from eidos.engine.app.conformance import called, open_recipe
from eidos.engine.app.context import Context
from eidos.engine.app.policies import PolicyRequest, resolve
from eidos.engine.app.reader import Item, Reader
from eidos.engine.app.reporting import report_on
from eidos.engine.documents.recipes import KIND, read_recipe
from eidos.engine.documents.upstreamkinds import UPSTREAM_RECIPES, upstream_kind
from eidos.engine.errors import DocumentError, Problem, UsageError
from eidos.engine.model.facts import join_path
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Policy
from eidos.engine.model.recipe import Difference, RecipeDifferences, WrittenRecipe
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.packs.finding import CONFORMANCE

_COMPARED = frozenset({"REC-001", "REC-002", "REC-004", "REC-009", "REC-010", "REC-011", "REC-012"})
"""Rules that hold what a cluster is against what the recipe says; the others look at either."""


def diff(before: str, after: str, context: Context, *, lenient: bool = False) -> RecipeDifferences:
    """Say what would change.

    Args:
        before: a recipe, or a snapshot of the cluster that the other recipe would be deployed to.
        after: a recipe; or a snapshot, and the other one is the recipe.
        context: what is open.
        lenient: take measurements without a header for a snapshot.

    Raises:
        UsageError: neither is a recipe.
        DocumentError: one of them cannot be read.
    """
    reader = context.reader(lenient=lenient)
    first, second = _cluster(before, reader), _cluster(after, reader)
    if first is None and second is None:
        said = _of_recipes(_read(before, context), _read(after, context))
        return RecipeDifferences(before, after, tuple(said))
    if first is not None and second is not None:
        raise UsageError(
            "neither of the two is a recipe",
            hint="Compare snapshots with: eidos diff A B; a recipe is what 'eidos recipe' writes.",
        )
    if first is not None:
        return _of_cluster(before, first, after, context)
    assert second is not None  # noqa: S101 -- of two, one is a recipe and the other is not
    return _of_cluster(after, second, before, context)


def _cluster(reference: str, reader: Reader) -> Item | None:
    """Give what is named where it is a snapshot, and None where it is a recipe."""
    found = list(reader.read([reference]))
    if len(found) != 1:
        raise UsageError(f"'{reference}' is {len(found)} documents, and one is compared")
    if isinstance(found[0], Problem):
        raise DocumentError.joined([found[0]])
    item = found[0]
    value = item.document.value if item.document else None
    is_ours = isinstance(value, Mapping) and value.get("kind") == KIND
    if is_ours or upstream_kind(value) in UPSTREAM_RECIPES:
        return None
    _ = item.snapshot  # where it is neither, this says so
    return item


def _read(reference: str, context: Context) -> WrittenRecipe:
    return read_recipe(open_recipe(reference, context))


# Two recipes ------------------------------------------------------------------------------------


def _of_recipes(before: WrittenRecipe, after: WrittenRecipe) -> list[Difference]:
    one, other = dict(_flat(before)), dict(_flat(after))
    return [
        Difference(path, one.get(path), other.get(path))
        for path in sorted({*one, *other})
        if one.get(path) != other.get(path) or (path in one) != (path in other)
    ]


def _flat(recipe: WrittenRecipe) -> Iterator[tuple[str, Json]]:
    """Give everything that a cluster gets of a recipe, by a path that names and never counts."""
    for name, value in recipe.criteria.items():
        yield f"criteria.{name}", value
    for name, choice in recipe.profiles.items():
        yield f"profiles.{name}", choice
    for each in recipe.components:
        start = f"components.{each.name}"
        for key in ("namespace", "repository", "chart", "version", "wave"):
            if getattr(each, key) is not None:
                yield f"{start}.{key}", getattr(each, key)
        yield from _leaves(("components", each.name, "values"), dict(each.values))
        yield from _leaves(("components", each.name, "resources"), dict(each.resources))
    for said in (*recipe.constraints, *recipe.checks):
        what: Any = said
        name = what.get("fact") or what["name"]
        entry = f"[{what['entry']}]" if "entry" in what else ""
        area = "constraints" if "fact" in what else "checks"
        yield f"{area}.{name}{entry} of {what.get('of', 'cluster')} {what['is']}", what["is"]
    yield from _tuning(recipe.tuning)


def _tuning(tuning: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
    for area, settings in tuning.items():
        for said in settings:
            yield f"tuning.{area}.{called(area, said)}", called(area, said)


def _leaves(path: tuple[str, ...], value: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(value, Mapping) and value:
        for key, child in value.items():
            yield from _leaves((*path, key), child)
    elif value != {} or len(path) > 3:  # noqa: PLR2004 -- a component without values says nothing
        yield join_path(path), value


# A recipe and a cluster -------------------------------------------------------------------------


def _of_cluster(name: str, item: Item, recipe: str, context: Context) -> RecipeDifferences:
    request = PolicyRequest(packs=(CONFORMANCE,), recipe=recipe)
    report = report_on([item], _comparing(resolve(request, context)), context)
    if report.problems:
        raise DocumentError.joined(report.problems)
    verdicts = [each for subject in report.subjects for each in subject.verdicts]
    found = [
        _difference(finding)
        for verdict in verdicts
        for finding in verdict.findings
        if verdict.status in (Status.FAIL, Status.WARN)
    ]
    unknown = dict.fromkeys(each.reason for each in verdicts if each.reason and _is_dark(each))
    return RecipeDifferences(name, recipe, tuple(found), tuple(unknown))


def _comparing(policy: Policy) -> Policy:
    return replace(policy, rules=tuple(each for each in policy.rules if each.id in _COMPARED))


def _is_dark(verdict: Verdict) -> bool:
    return verdict.status not in (Status.SKIP, Status.WAIVED)


def _difference(finding: Finding) -> Difference:
    return Difference(finding.path or "", finding.actual, finding.expected, finding.msg)
