"""How a policy pack differs from another, and what that means for its version."""

import re
from enum import IntEnum

from eidos.engine.errors import ExitCode
from eidos.engine.model.jsonvalue import Json
from eidos.engine.records import dataclass

_VERSION = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})")


class Step(IntEnum):
    """Which part of a semantic version a change raises; members are in ascending order."""

    NONE = 0
    PATCH = 1
    """No verdict changes: words about a rule."""
    MINOR = 2
    """Verdicts may change: a rule is added, its text or bounds are others."""
    MAJOR = 3
    """What users wrote stops working: a rule or parameter that they name is gone."""

    @property
    def word(self) -> str:
        """``patch``."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was."""

    what: str
    """``severity``, ``parameter max_skew``."""
    step: Step
    why: str
    """What it means for who uses the pack, one sentence without its full stop."""
    old: Json = None
    new: Json = None


@dataclass(frozen=True, slots=True)
class RuleDifference:
    """A rule that is added, removed or changed."""

    id: str
    title: str
    changes: tuple[Change, ...]
    """One for a rule that is added or removed."""
    text: tuple[str, ...] = ()
    """Lines of a unified diff of its module."""

    @property
    def step(self) -> Step:
        """What the rule alone asks for."""
        return max((each.step for each in self.changes), default=Step.NONE)


@dataclass(frozen=True, slots=True)
class PackSide:
    """One of the two packs."""

    reference: str
    """As the user named it."""
    name: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class PackDifference:
    """How two packs differ."""

    old: PackSide
    new: PackSide
    changes: tuple[Change, ...] = ()
    """Of the pack as a whole."""
    rules: tuple[RuleDifference, ...] = ()
    """By id."""

    @property
    def differs(self) -> bool:
        """Say whether anything is not as it was, the version apart."""
        return bool(self.changes or self.rules)

    @property
    def step(self) -> Step:
        """What the version of the new pack must be raised by."""
        steps = [each.step for each in self.changes] + [each.step for each in self.rules]
        return max(steps, default=Step.NONE)

    @property
    def proposed(self) -> str | None:
        """The least version of the new pack; None where the old one is no semantic version.

        Below 1.0.0 nothing is promised yet, so that what breaks raises the second number.
        """
        found = _VERSION.fullmatch(self.old.version)
        if found is None:
            return None
        major, minor, patch = map(int, found.groups())
        if self.step is Step.MAJOR and major:
            return f"{major + 1}.0.0"
        if self.step >= Step.MINOR:
            return f"{major}.{minor + 1}.0"
        return f"{major}.{minor}.{patch + self.step}"

    @property
    def is_too_low(self) -> bool:
        """Say whether the new pack's version is lower than proposed."""
        least, has = _numbers(self.proposed), _numbers(self.new.version)
        return least is not None and has is not None and has < least

    @property
    def exit_code(self) -> ExitCode:
        """What the process says."""
        return ExitCode.FAILED if self.differs or self.is_too_low else ExitCode.OK


def _numbers(version: str | None) -> tuple[int, ...] | None:
    found = _VERSION.match(version or "")
    return tuple(map(int, found.groups())) if found else None
