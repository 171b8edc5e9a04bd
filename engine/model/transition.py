"""From one bundle to another: what changes, what that means, and whether it may be done."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from eidos.engine.errors import ExitCode
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recipe import Outcome, Upgrade, WrittenRecipe
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True)
class PublishedBundle:
    """A bundle as it lies on disk, whole."""

    place: str
    digest: str
    """Content address of its manifest."""
    recipe: WrittenRecipe
    files: Mapping[str, bytes]
    """By path."""
    values: Mapping[str, Mapping[str, Json]]
    """Component to the values of its chart."""
    resources: Mapping[str, Mapping[str, Json]]
    """Component to its objects by path: ``before/quota.yaml``."""


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value of a chart, or of a resource, that is no longer the same."""

    path: str
    before: Json
    """None, as is `after`, where there is none."""
    after: Json


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """One object beside a chart that is no longer the same."""

    path: str
    """Of its file, below the component's folder."""
    kind: str
    change: str
    """``added``, ``removed`` or ``changed``."""
    values: tuple[ValueChange, ...] = ()


@dataclass(frozen=True, slots=True)
class ComponentChange:
    """What changes of one component."""

    name: str
    change: str
    """``added``, ``removed``, ``moved`` (another version) or ``changed``."""
    before: str | None
    """Version, as is `after`; None where there is no chart."""
    after: str | None
    wave: int
    """In the new bundle; in the old one of what is removed."""
    values: tuple[ValueChange, ...] = ()
    resources: tuple[ResourceChange, ...] = ()


class Consequence(StrEnum):
    """What happens to a cluster when a change is rolled out."""

    RESTART = "restart"
    REBOOT = "reboot"


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that stops and starts again."""

    consequence: Consequence
    what: str
    """A sentence: what, where, how many at a time."""


class Means(StrEnum):
    """Whether a change may be rolled out; the worst one counts for a bundle."""

    SAFE = "safe"
    """It goes by itself."""
    MANUAL = "manual"
    """Somebody has to do something before or after."""
    UNKNOWN = "unknown"
    """Nobody has said, or a fact that decides is missing."""
    BLOCKED = "blocked"
    """It must not be done on this cluster."""


@dataclass(frozen=True, slots=True)
class Step:
    """A change of one component with what it means."""

    change: ComponentChange
    means: Means
    because: str
    upgrade: Upgrade | None = None
    """The row of the upgrade table that says so; None where none does."""
    preconditions: tuple[Outcome, ...] = ()
    """Of that row, held against the snapshot."""
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Transition:
    """From an old bundle to a new one."""

    old: PublishedBundle
    new: PublishedBundle
    steps: tuple[Step, ...] = ()
    """In the order in which they are rolled out: wave by wave, what is removed last."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Path of every file that is ``added``, ``removed`` or ``changed``."""

    @property
    def means(self) -> Means:
        """The worst of all steps."""
        order = list(Means)
        return max((each.means for each in self.steps), key=order.index, default=Means.SAFE)

    @property
    def exit_code(self) -> ExitCode:
        """0 it goes by itself; 1 blocked, or somebody has to act; 3 nobody knows of some step.

        As everywhere, what is not known goes before what is wrong.
        """
        if any(each.means is Means.UNKNOWN for each in self.steps):
            return ExitCode.INCOMPLETE
        return self.known_exit_code

    @property
    def known_exit_code(self) -> ExitCode:
        """The same without the steps that nobody knows of."""
        found = {each.means for each in self.steps} - {Means.SAFE, Means.UNKNOWN}
        return ExitCode.FAILED if found else ExitCode.OK
