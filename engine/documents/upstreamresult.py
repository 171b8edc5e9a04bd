"""Writing a recipe as the system our users already have does: its ``RecipeResult``."""

from collections.abc import Sequence

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recipe import Constraint, Outcome, Recipe, Resolved
from eidos.engine.model.verdict import Status

UPSTREAM_VERSION = "aicr.run/v1"
"""What releases of upstream since v0.21 read; those before read ``aicr.nvidia.com/v1alpha1``."""


def recipe_result(recipe: Recipe, outcomes: Sequence[Outcome], generator: str) -> dict[str, Json]:
    """Write a recipe as upstream's ``RecipeResult``.

    Args:
        recipe: what was resolved. Tuning, resources and provenance have no counterpart.
        outcomes: of its constraints; those that are only warned of are written as such.
        generator: our name and version.
    """
    warned = [each for each in outcomes if each.status is Status.WARN]
    return {
        "kind": "RecipeResult",
        "apiVersion": UPSTREAM_VERSION,
        "metadata": {
            "version": generator,
            "appliedOverlays": [each.overlay.name for each in recipe.choice.applied],
            "excludedOverlays": [each.overlay for each in recipe.choice.excluded],
            "constraintWarnings": [_warning(each) for each in warned],
        },
        "criteria": {each.dimension: each.value for each in recipe.criteria},
        "constraints": [_constraint_of(each) for each in recipe.constraints],
        "componentRefs": [_reference(each) for each in recipe.components],
        "deploymentOrder": [each.name for each in recipe.components],
    }


def _warning(outcome: Outcome) -> Json:
    constraint = outcome.constraint
    return {
        "overlay": constraint.origin.name,
        "constraint": _dotted_name(constraint),
        "expected": constraint.wanted,
        "reason": outcome.said,
    }


def _constraint_of(constraint: Constraint) -> Json:
    """Write a constraint; what upstream's language lacks stands there as it is, and it skips it."""
    return {
        "name": _dotted_name(constraint),
        "value": constraint.wanted,
        "severity": "warning" if constraint.is_warning else "error",
        **({"remediation": constraint.remediation} if constraint.remediation else {}),
    }


_TYPES = {"k8s": "K8s", "gpu": "GPU", "os": "OS", "systemd": "SystemD", "network": "Network"}


def _dotted_name(constraint: Constraint) -> str:
    fact = constraint.fact
    type_ = _TYPES.get(fact.type, "NodeTopology")
    parts = (type_, fact.subtype, fact.key, constraint.entry)
    return ".".join(part for part in parts if part)


def _reference(resolved: Resolved) -> Json:
    chart = resolved.component.chart
    found: dict[str, Json] = {
        "name": resolved.name,
        "namespace": resolved.component.namespace,
        "chart": chart.name if chart else None,
        "type": "Helm",
        "source": chart.repository if chart else None,
        "version": resolved.version,
        "overrides": dict(resolved.values),
        "dependencyRefs": [each.component for each in resolved.dependencies],
    }
    return {key: value for key, value in found.items() if value not in (None, [], {})}
