"""What a rule said of a subject."""

from enum import StrEnum

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Enforcement
from eidos.engine.records import dataclass


class Status(StrEnum):
    """The outcome of one rule for one subject."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    WARN = "warn"
    SKIP = "skip"
    """Not applicable to this subject."""
    UNKNOWN = "unknown"
    """A fact it needs was not collected."""
    NOT_ASKABLE = "not-askable"
    """What took the snapshot has no such fact: no collection of it could ever answer."""
    WAIVED = "waived"
    """A fail with an active waiver."""
    ERROR = "error"
    """The rule could not be evaluated; never a pass."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a rule has to say."""

    msg: str
    level: str = "deny"
    """``deny``, ``violation`` or ``warn``: the kind of Rego rule it came from."""
    path: str | None = None
    """Fact path (`eidos.engine.model.facts`), or a path in the document for plain rules."""
    actual: Json = None
    expected: Json = None
    fix: str | None = None
    """What to do in this very case; the rule's remediation speaks in general."""
    key: str | None = None
    """What keeps its identity from run to run, beside rule, subject and path: given by the rule, or
    the names of the things that its path leads through (a place in a list is no identity)."""


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that a rule could not see, and why."""

    why: str
    """``not collected (failed: 403)``; without a fact, the whole sentence."""
    fact: str = ""
    """What the sentence is about: ``k8s.node on node gpu-a``."""
    verb: str = "is"
    """What stands between the two: ``is`` or ``was``."""

    def __str__(self) -> str:
        return f"{self.fact} {self.verb} {self.why}" if self.fact else self.why

    @staticmethod
    def told(lacks: "tuple[Lack, ...]") -> str | None:
        """Write a reason made of these; None where there are none."""
        return "; ".join(map(str, lacks)) or None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule said. It names no subject, so that like subjects share it."""

    rule: str
    """Rule id."""
    status: Status
    findings: tuple[Finding, ...] = ()
    reason: str | None = None
    """Why it is unknown, not askable, skipped, waived or an error."""
    waiver: str | None = None
    """Id of the waiver that applied."""
    enforcement: Enforcement = Enforcement.DENY
    memo: str | None = None
    """Digest of everything the verdict depends on; None when nothing was evaluated."""
    lacks: tuple[Lack, ...] = ()
    """What `reason` is made of, where it says what the rule could not see."""
