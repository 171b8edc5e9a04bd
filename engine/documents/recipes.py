"""A recipe as a document: the same bytes for the same input, on every machine."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eidos.engine.digest import digest
from eidos.engine.documents.reading import Document
from eidos.engine.errors import DocumentError, Location
from eidos.engine.model.facts import FactAddress, join_path
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recipe import (
    Check,
    Chosen,
    Constraint,
    Criterion,
    Leaf,
    Of,
    Origin,
    Outcome,
    Reason,
    Recipe,
    Resolved,
    Tuned,
    Value,
    WrittenComponent,
    WrittenRecipe,
)

API_VERSION = "eidos.dev/v1"
KIND = "Recipe"


def recipe_document(recipe: Recipe, outcomes: Sequence[Outcome] = ()) -> dict[str, Json]:
    """Write a recipe.

    Args:
        recipe: what was resolved; it holds no time, host or path outside of the catalog.
        outcomes: of its constraints, where they were held against a snapshot.
    """
    by_constraint = {id(each.constraint): each for each in outcomes}
    return _without_empty(
        {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "metadata": {"name": recipe.name},
            "criteria": {each.dimension: _criterion(each) for each in recipe.criteria},
            "overlays": {
                "applied": [
                    _without_empty(
                        {
                            "name": each.overlay.name,
                            "place": _place(each.overlay.origin.place),
                            "answers": each.answers or None,
                        }
                    )
                    for each in recipe.choice.applied
                ],
                "excluded": [
                    {"name": each.overlay, "because": each.because, "by": each.by}
                    for each in recipe.choice.excluded
                ],
            },
            "profiles": {each.profile.dimension: _chosen(each) for each in recipe.profiles},
            "constraints": [
                _constraint(each, by_constraint.get(id(each))) for each in recipe.constraints
            ],
            "relaxed": [
                _without_empty(
                    {**_constraint(each.constraint, None), "owner": each.owner, "until": each.until}
                )
                for each in recipe.relaxed
            ],
            "components": [_component(each) for each in recipe.components],
            "tuning": _tuning(recipe.tuning),
            "checks": [_check(each) for each in recipe.checks],
            "provenance": {join_path(each.path): _value(each) for each in recipe.history},
            "lock": dict(recipe.lock),
        }
    )


def _criterion(criterion: Criterion) -> Json:
    return _without_empty(
        {
            "value": criterion.value,
            "from": criterion.origin,
            "because": criterion.because,
            "evidence": [{"fact": each.fact, "value": each.value} for each in criterion.evidence],
            "overruled": list(criterion.overruled),
        }
    )


def _chosen(chosen: Chosen) -> Json:
    return _without_empty(
        {
            "choice": chosen.choice.name,
            "profile": chosen.profile.name,
            "from": chosen.origin,
            **_reason(chosen.choice.reason),
            "given": chosen.choice.given,
            "vouched": chosen.vouched,
        }
    )


def _constraint(constraint: Constraint, outcome: Outcome | None) -> dict[str, Json]:
    return _without_empty(
        {
            "fact": str(constraint.fact),
            "entry": constraint.entry,
            "is": constraint.wanted,
            "of": constraint.of.value,
            "severity": "warning" if constraint.is_warning else None,
            **_reason(constraint.reason),
            "remediation": constraint.remediation,
            "by": f"{constraint.origin.kind} {constraint.origin.name}",
            "place": _place(constraint.origin.place),
            "status": outcome.status.value if outcome else None,
            "said": outcome.said if outcome else None,
            "nodes": list(outcome.subjects) if outcome else [],
        }
    )


def _component(resolved: Resolved) -> Json:
    chart = resolved.component.chart
    return _without_empty(
        {
            "name": resolved.name,
            "namespace": resolved.component.namespace,
            "chart": chart and {"repository": chart.repository, "name": chart.name},
            "version": resolved.version,
            "wave": resolved.wave,
            "dependsOn": [each.component for each in resolved.dependencies],
            "values": dict(resolved.values),
            "resources": dict(resolved.resources),
        },
        kept=("values",),
    )


def _tuning(settings: Iterable[Tuned]) -> Json:
    areas: dict[str, Json] = {}
    for each in settings:
        entries: Any = areas.setdefault(each.area, [])
        entries.append(
            _without_empty(
                {
                    **each.said,
                    **_reason(each.reason),
                    "conflicts": list(each.conflicts),
                    "by": f"{each.origin.kind} {each.origin.name}",
                    "place": _place(each.origin.place),
                }
            )
        )
    return areas


def _check(check: Check) -> Json:
    return {"name": check.name, "is": check.wanted, **_reason(check.reason)}


def _value(value: Value) -> Json:
    return _without_empty(
        {
            **_leaf(value.leaf),
            "overrode": [{"value": each.value, **_leaf(each)} for each in value.overrode],
        }
    )


def _leaf(leaf: Leaf) -> dict[str, Json]:
    by = f"{leaf.origin.kind} {leaf.origin.name}"
    return {"by": by, "place": _place(leaf.origin.place), **_reason(leaf.reason)}


def _reason(reason: Reason) -> dict[str, Json]:
    return _without_empty(
        {"because": reason.because, "source": reason.source, "tradeoff": reason.tradeoff}
    )


def _place(place: Location) -> str:
    """Write file and line; the file as the lock calls it."""
    return f"{place.file}:{place.line}"


def _without_empty(value: Mapping[str, Any], kept: Sequence[str] = ()) -> dict[str, Json]:
    """Leave out what says nothing, which ``false`` and 0 do not."""
    return {
        key: each for key, each in value.items() if key in kept or each not in (None, "", [], {})
    }


# Reading ----------------------------------------------------------------------------------------


def read_recipe(document: Document) -> WrittenRecipe:
    """Read a recipe that was written.

    Args:
        document: one whose schema, ``recipe/v1``, holds.
    """
    said: Any = document.value
    return WrittenRecipe(
        name=said["metadata"]["name"],
        digest=digest(said),
        criteria={name: each["value"] for name, each in said.get("criteria", {}).items()},
        components=tuple(_written(each) for each in said["components"]),
        constraints=tuple(said.get("constraints", ())),
        tuning=said.get("tuning", {}),
        checks=tuple(said.get("checks", ())),
        profiles={name: each["choice"] for name, each in said.get("profiles", {}).items()},
        provenance=said.get("provenance", {}),
        lock=said["lock"],
        document=said,
    )


def _written(said: Mapping[str, Any]) -> WrittenComponent:
    chart = said.get("chart", {})
    return WrittenComponent(
        name=said["name"],
        namespace=said["namespace"],
        repository=chart.get("repository"),
        chart=chart.get("name"),
        version=said.get("version"),
        wave=said["wave"],
        depends_on=tuple(said.get("dependsOn", ())),
        values=said["values"],
        resources=said.get("resources", {}),
    )


def read_constraints(document: Document) -> tuple[Constraint, ...]:
    """Read the constraints of a recipe that was written, in its order.

    Args:
        document: one whose schema, ``recipe/v1``, holds.

    Raises:
        DocumentError: the address of a fact is none.
    """
    said: Any = document.value
    return tuple(
        _stated(each, document.location(("constraints", index)))
        for index, each in enumerate(said.get("constraints", ()))
    )


def _stated(said: Mapping[str, Any], place: Location) -> Constraint:
    try:
        fact = FactAddress.parse(said["fact"])
    except ValueError as error:
        hint = "Write TYPE.SUBTYPE.KEY, as 'eidos recipe' does."
        raise DocumentError(str(error), location=place, hint=hint) from error
    kind, _, name = said.get("by", "").partition(" ")
    return Constraint(
        fact=fact,
        wanted=said["is"],
        reason=Reason(said.get("because", ""), said.get("source", "")),
        origin=Origin(kind or "recipe", name, place),
        of=Of(said.get("of", "cluster")),
        entry=said.get("entry"),
        is_warning=said.get("severity") == "warning",
        remediation=said.get("remediation"),
    )
