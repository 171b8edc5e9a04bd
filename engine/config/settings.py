"""The settings that hold, typed, and where each was said."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from eidos.engine.config.rows import Engine
from eidos.engine.documents.limits import Limits
from eidos.engine.errors import Location
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Relaxation
from eidos.engine.model.rule import Enforcement, Severity
from eidos.engine.records import dataclass

if TYPE_CHECKING:
    from eidos.engine.model.drift import IgnoreRule
    from eidos.engine.model.gate import NamedGate


@dataclass(frozen=True, slots=True)
class Origin:
    """Who set a value, and where."""

    source: Literal["default", "user", "project", "variable", "option"]
    """``user`` is the user's own file, ``project`` an ``eidos.yaml`` found upward."""
    location: Location
    """File and line; the variable or the option where it is no file."""

    def __str__(self) -> str:
        """Give ``eidos.yaml:3``, ``EIDOS_FAIL_ON``, ``--fail-on`` or ``default``."""
        return str(self.location)


DEFAULT = Origin("default", Location("default"))


@dataclass(frozen=True, slots=True)
class SnapshotSettings:
    """How snapshots are taken."""

    cluster: str | None = None
    filter: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    timeout: float = 300.0
    """Seconds."""
    cache_ttl: float = 300.0
    """Seconds."""
    root: Path = Path("/")
    kubeconfig: str | None = None
    context: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    units: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """What the configuration says, defaults filled in."""

    db: Path | None = None
    packs: tuple[str, ...] = ()
    locked: bool = False
    verification_keys: tuple[str, ...] = ()
    fail_on: Severity = Severity.INFO
    allow_incomplete: bool = False
    require_askable: bool = False
    max_age: float | None = None
    """Seconds."""
    effective_time: datetime | None = None
    engine: Engine = "auto"
    opa_url: str | None = None
    opa_binary: Path | None = None
    output: tuple[str, ...] = ()
    waivers: tuple[str, ...] = ()
    waiver_terms: Mapping[Severity, int] = field(default_factory=dict)
    """Days."""
    params: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    enforcement: Mapping[str, Enforcement] = field(default_factory=dict)
    gates: "Mapping[str, NamedGate]" = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    snapshot: SnapshotSettings = field(default_factory=SnapshotSettings)
    redact: tuple[str, ...] = ()
    redact_text: tuple[str, ...] = ()
    ignore: "tuple[IgnoreRule, ...]" = ()
    levels: Mapping[str, Severity] = field(default_factory=dict)
    """Pattern to severity; the strongest place first."""
    origins: Mapping[str, Origin] = field(default_factory=dict)
    """Key to who set it, those that nobody set left out.

    Entries of mappings and elements of lists have keys of their own: ``params.GPU-001``,
    ``waivers.0``.
    """

    relaxations: tuple[Relaxation, ...] = ()
    """What of them makes the gate easier to pass."""

    def origin(self, key: str) -> Origin:
        """Say who set a key, or an entry or element of it; `DEFAULT` where nobody did."""
        if key in self.origins:
            return self.origins[key]
        return next(
            (one for each, one in self.origins.items() if each.startswith(f"{key}.")), DEFAULT
        )

    def said(self, key: str) -> object:
        """Give what somebody set a key to; None where nobody did.

        Args:
            key: dotted, of a row.
        """
        if self.origin(key) is DEFAULT:
            return None
        group, _, name = key.replace("-", "_").rpartition(".")
        return getattr(getattr(self, group) if group else self, name)
