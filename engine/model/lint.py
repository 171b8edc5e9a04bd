"""What a linter says of policy: what was found, what is excused, what was mended."""

from enum import StrEnum

from eidos.engine.errors import ExitCode, Location
from eidos.engine.model.gate import Gate
from eidos.engine.records import dataclass


class Level(StrEnum):
    """How bad a finding is; members are in ascending order, and are SARIF's words."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """0 for a note to 2 for an error."""
        return tuple(Level).index(self)


@dataclass(frozen=True, slots=True)
class LintKind:
    """One thing that is looked for; each has a section of its name in ``docs/policy-lint.md``."""

    id: str
    """Words with hyphens, as Regal's; ``regal/style/line-length`` for one of Regal's own."""
    level: Level
    title: str
    """One sentence: what is wrong wherever it is found."""
    page: str
    """Where it is explained: a file of the project with an anchor, or a URL."""
    excusable: bool = True
    """An ignore comment can excuse it; not so where the loader refuses the policy."""


@dataclass(frozen=True, slots=True)
class LintFinding:
    """Something that was found."""

    kind: LintKind
    message: str
    """One sentence, without the place."""
    location: Location
    hint: str | None = None
    """The next step."""
    excuse: str | None = None
    """The reason that an ignore comment gives; such a finding closes no gate."""
    name: str | None = None
    """The name that it is about, where it is about one: that is not used, or is no finding."""
    mended: str | None = None
    """What was done about it; such a finding closes no gate."""

    @property
    def stands(self) -> bool:
        """Say whether it is still so, and not excused."""
        return self.excuse is None and self.mended is None


@dataclass(frozen=True, slots=True)
class Linted:
    """What became of everything that was named."""

    policies: tuple[str, ...] = ()
    """Each pack or folder, as it was found."""
    files: int = 0
    """Modules that were looked at; tests are not."""
    findings: tuple[LintFinding, ...] = ()
    """By file and line."""
    unmade: tuple[str, ...] = ()
    """Checks that were not made, and why."""
    fail_on: Level | None = Level.WARNING
    """The level from which a finding closes the gate; None where none does."""

    def counts(self, level: Level) -> int:
        """Give how many findings of a level stand."""
        return sum(each.stands and each.kind.level is level for each in self.findings)

    @property
    def exit_code(self) -> ExitCode:
        """What the process says: 3 nothing or not everything looked at, 1 found, 0 clean."""
        least = self.fail_on
        return (
            Gate()
            .outcome(
                error=False,
                incomplete=not self.policies or bool(self.unmade),
                failed=least is not None
                and any(e.stands and e.kind.level.rank >= least.rank for e in self.findings),
            )
            .exit_code
        )
