"""What judges: packs, chosen rules with their parameters, waivers, a day, and the gate."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from eidos.engine.errors import Location
from eidos.engine.model.gate import Gate
from eidos.engine.model.recipe import Constraint, WrittenRecipe
from eidos.engine.model.rule import Enforcement, Pack, Rule
from eidos.engine.model.waiver import Waiver
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A setting or option that makes the gate easier to pass, and who said so."""

    setting: str
    """Key of the setting, with the rule it is about: ``enforcement.GPU-001``; or the option's name
    without dashes, where it has no setting: ``rule``."""
    value: str
    """What it was set to, as text; one element of a list."""
    origin: Location
    """File and line; the variable or the option where it is no file."""

    def __str__(self) -> str:
        """Give ``fail-on: high (eidos.yaml:3)``.

        Packs say in place of what they judge: naming one's own is no fault, but the others do not.
        """
        if self.setting == "packs":
            return f"packs: {self.value} in place of the default ones ({self.origin})"
        return f"{self.setting}: {self.value} ({self.origin})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformance:
    """A recipe that clusters are held against."""

    recipe: WrittenRecipe
    constraints: tuple[Constraint, ...]
    """Those of the recipe, in its order."""
    selecting: tuple[Rule, ...]
    """What says which kind of cluster facts show."""
    places: Mapping[str, Location]
    """Path below the document (``components[0]``) to where it stands; ``""`` is the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything a verdict depends on beside the facts; resolved once and handed to every verb."""

    packs: tuple[Pack, ...]
    rules: tuple[Rule, ...]
    """The chosen ones with their parameters, sorted by id."""
    effective: datetime
    """Rule time, with zone: the clock that rules and waivers see."""
    is_pinned: bool = False
    """The rule time was given; otherwise it is when the policy was resolved."""
    enforcement: Mapping[str, Enforcement] = field(default_factory=dict)
    """By rule id, what a violation does to the gate; ``deny`` unless given."""
    waivers: tuple[Waiver, ...] = ()
    gate: Gate = field(default_factory=Gate)
    now: datetime | None = None
    """By which the age of facts is measured, where the gate asks for it: the wall clock when the
    policy was resolved, or the moment of the past that is asked about. A rule time that somebody
    gave makes nothing younger. None knows of no age."""
    relaxations: tuple[Relaxation, ...] = ()
    conformance: Conformance | None = None
    """What clusters are held against beside rules; None without a recipe."""
