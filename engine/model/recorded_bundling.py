"""What is remembered of a recipe that was to be bundled: who decided what, and what came of it."""

from eidos.engine.model.gate import Decision
from eidos.engine.model.report import RecipeRef
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True)
class ReportRef:
    """One of the two reports that a gate decides by."""

    run: str
    """Run that it is recorded as."""
    decision: Decision
    digest: str
    """Content address of what ``gate.json`` says of it."""


@dataclass(frozen=True, slots=True)
class BundledComponent:
    """A component of a bundle."""

    name: str
    version: str | None
    """Of its chart; None where it has none."""
    wave: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedBundling:
    """A decision of a gate, and the bundle that it let through, if it did.

    It is named by the run that judged the snapshot, ``before.run``.
    """

    gate: str
    decision: Decision
    cluster: str | None
    snapshot: str
    """Content address of the facts."""
    snapshot_time: str | None
    """State time: when the facts were seen, as the snapshot says it."""
    started: str
    """When the snapshot was judged, RFC 3339 UTC: wall clock."""
    effective_time: str
    """Rule time, as ``gate.json`` has it."""
    recipe: RecipeRef
    before: ReportRef
    """Of the snapshot."""
    after: ReportRef | None
    """Of what was rendered; None where the gate was closed before."""
    reasons: tuple[str, ...]
    """What keeps the gate closed beside verdicts: constraints of the recipe, age, coverage."""
    waivers: tuple[str, ...]
    """Ids of those that were given."""
    relaxations: tuple[str, ...]
    """What makes the gate easier to pass, a text each."""
    deployers: tuple[str, ...]
    components: tuple[BundledComponent, ...]
    """In the order in which they are deployed."""
    bundle: str | None
    """Content address of the bundle, that of its manifest; None where the gate is closed."""
    place: str | None
    """Where it goes; None where nothing was to be made."""
    document: str
    """Content address of ``gate.json``, which also the manifest of the bundle has."""

    @property
    def name(self) -> str:
        """The run that judged the snapshot."""
        return self.before.run


@dataclass(frozen=True, slots=True)
class ShownBundling:
    """One of these, as it is shown alone."""

    said: RecordedBundling
    document: str
    """``gate.json``, byte for byte."""
