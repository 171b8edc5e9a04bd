"""How good a pack's tests are, and which of its rules do nothing."""

from enum import StrEnum

from eidos.engine.errors import ExitCode, Location
from eidos.engine.model.gate import Gate
from eidos.engine.records import dataclass


class Doubt(StrEnum):
    """What may be wrong with a rule."""

    UNTESTED = "untested"
    """No test asks it anything."""
    NEVER_APPLIES = "never-applies"
    """On no evidence is it about the subject."""
    NEVER_FAILS = "never-fails"
    """On no evidence does it find anything."""
    ALWAYS_FAILS = "always-fails"
    """On all evidence it finds something."""
    IMPLIED = "implied"
    """Another rule of the pack finds something wherever it does."""
    NO_EFFECT = "no-effect"
    """No change of a fact that it declares changes what it says."""
    NO_COLLECTOR = "no-collector"
    """It declares a fact that no collector of eidos gives."""
    UNNOTICED = "unnoticed"
    """It was changed, and no test failed."""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A doubt about a rule."""

    doubt: Doubt
    rule: str
    message: str
    location: Location
    test: str | None = None
    """The missing test, in Rego, ready to be put beside the others."""


@dataclass(frozen=True, slots=True)
class RuleQuality:
    """What became of one rule."""

    rule: str
    evidence: int
    """Different inputs on which tests asked it."""
    variations: int
    """Inputs that were made from those by changing one fact."""
    mutants: int
    """Changes of it that compile and that something was tried on."""
    noticed: int
    """Of those, how many made a test fail."""
    alike: int
    """Of the others, how many say the same on all evidence and variations."""


@dataclass(frozen=True, slots=True)
class PackQuality:
    """What became of all packs that were named."""

    packs: tuple[str, ...]
    rules: tuple[RuleQuality, ...]
    doubts: tuple[Doubtful, ...] = ()
    seed: int = 1
    left: tuple[str, ...] = ()
    """Rules that were not looked at, for the time was over."""

    @property
    def score(self) -> float | None:
        """Percent of mutants that tests notice, those that say the same left out."""
        told = sum(rule.mutants - rule.alike for rule in self.rules)
        return 100.0 * sum(rule.noticed for rule in self.rules) / told if told else None

    @property
    def exit_code(self) -> ExitCode:
        """What the process says: 3 where not all was looked at, 1 doubts, 0 none."""
        outcome = Gate().outcome(
            error=False, incomplete=bool(self.left) or not self.rules, failed=bool(self.doubts)
        )
        return outcome.exit_code
