"""Rules and packs: what is asked, before it meets any fact."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Final

from eidos.engine.errors import Location
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.match import Match
from eidos.engine.records import dataclass


class Severity(StrEnum):
    """How bad a violation is; members are in ascending order."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info to 4 for critical."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Scope(StrEnum):
    """What a rule is about: the subject it is asked of."""

    NODE = "node"
    CLUSTER = "cluster"
    RECIPE = "recipe"
    BUNDLE = "bundle"
    ADMISSION = "admission"
    DOCUMENT = "document"
    """Any YAML or JSON document: plain conftest rules."""


class Enforcement(StrEnum):
    """What a violation does to the gate; bound outside the rule."""

    DENY = "deny"
    WARN = "warn"
    AUDIT = "audit"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Control:
    """An entry of a framework that a rule speaks to."""

    framework: str
    """``nist-800-53``, ``cis-kubernetes``, ``nvidia-bulletin``, ..."""
    id: str


@dataclass(frozen=True, slots=True)
class Module:
    """One Rego source file."""

    file: str
    """Name for messages: the path in its pack, or what the user gave."""
    source: str


CRITERION = "criterion"
"""Rules that say what kind of cluster facts show: ``{dimension, value, msg, path, actual}``."""
PREFER = "prefer"
"""Rules that say what is taken where nobody says: ``{dimension, value, msg}``."""
EXCLUDE = "exclude"
"""Rules that leave overlays out: ``{overlay, msg}``."""
CANNOT_TELL = "unknown"
"""Rules that say what they cannot tell, for want of a fact that only the subject names (a recipe's
tuning, say, and no METADATA): ``{msg, path}``."""
SELECTING = frozenset({CRITERION, PREFER, EXCLUDE})
"""Levels of rules that select recipes, and judge nobody."""
EXCEPTION = "exception"
"""conftest's rule of lists with the names of rules that are excepted, ``""`` for ``deny``."""


@dataclass(frozen=True, slots=True)
class Entrypoint:
    """A Rego rule that yields findings."""

    path: str
    """``data.eidos.gpu.driver_security_floor.deny``."""
    level: str
    """``deny``, ``violation`` or ``warn``; `CANNOT_TELL`; one of `SELECTING`; `EXCEPTION`."""


@dataclass(frozen=True, slots=True)
class Param:
    """What a parameter of a rule may be; see `eidos.engine.packs.parameters`."""

    default: Json
    type: str = ""
    """As JSON Schema names it: ``string``, ``integer``, ...; empty for anything."""
    values: tuple[Json, ...] = ()
    """What it, or each element of it, may be; empty for anything."""
    minimum: int | float | None = None
    maximum: int | float | None = None
    items: str | None = None
    """The type of each element of a list or map."""
    format: str | None = None
    """``version`` or ``regex``: what it, or each element of it, must be readable as."""
    description: str = ""


WEBHOOK = "validation.gatekeeper.sh"
"""Gatekeeper's name of the enforcement point that answers the API server: ``eidos admit``."""
GATOR = "gator.gatekeeper.sh"
"""Its name of the one that looks at files: ``eidos check``, and suites."""


ANY: Final = "*"
"""Any API group, or any version."""


@dataclass(frozen=True, slots=True)
class SyncedKind:
    """Objects that a template looks for in ``data.inventory``."""

    groups: tuple[str, ...]
    versions: tuple[str, ...]
    kinds: tuple[str, ...]

    def holds(self, version: str, kind: str) -> bool:
        """Say whether it means a kind of an ``apiVersion``."""
        group, _, number = version.rpartition("/")
        return (
            kind in self.kinds
            and not {group, ANY}.isdisjoint(self.groups)
            and not {number, ANY}.isdisjoint(self.versions)
        )


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a constraint of Gatekeeper adds to its template, whose rule it is then."""

    match: Match
    actions: Mapping[str, Enforcement]
    """By enforcement point, ``*`` for each that is not named."""
    reads_inventory: bool = False
    """The template reads ``data.inventory``."""
    synced: tuple[tuple[SyncedKind, ...], ...] = ()
    """What it needs there, by its annotation and its Rego: one of each entry; empty where neither
    says."""
    reads_metadata: bool = False
    """The template names metadata that no snapshot keeps."""
    reads_namespace: bool = False
    """The template reads ``input.review.namespaceObject``."""
    place: Location = Location("")
    """Where the constraint stands."""

    def enforcement(self, point: str) -> Enforcement:
        """Give what a violation does at an enforcement point; nothing where it is not named."""
        return self.actions.get(point) or self.actions.get("*") or Enforcement.OFF


@dataclass(frozen=True, slots=True)
class Rule:
    """One question with everything needed to ask it."""

    id: str
    """Stable and never reused: ``GPU-001``; ``main.deny`` for a plain conftest rule."""
    title: str
    severity: Severity
    scope: Scope
    package: str
    """Rego package: ``eidos.gpu.driver_security_floor``."""
    modules: tuple[Module, ...]
    """Its own module first, then every library module it reaches."""
    entrypoints: tuple[Entrypoint, ...]
    digest: str
    """Content address over the modules, the metadata that matters and the tables it reads."""
    has_applicable: bool = False
    """It defines ``applicable``, which sees only what `requires` names."""
    reads_time: bool = False
    """It, or a library it reaches, asks for the current time."""
    description: str = ""
    remediation: str = ""
    requires: tuple[FactAddress, ...] = ()
    """Facts it cannot do without: missing means `unknown`."""
    reads: tuple[FactAddress, ...] = ()
    """Facts it may look at: a key may be absent, but an uncollected subtype forbids `pass`."""
    controls: tuple[Control, ...] = ()
    tags: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    """URLs of bulletins and manuals."""
    params: Mapping[str, Json] = field(default_factory=dict)
    """Parameters with their values (defaults, or as overridden)."""
    param_specs: Mapping[str, Param] = field(default_factory=dict)
    """What each parameter may be."""
    tables: Mapping[str, Json] = field(default_factory=dict)
    """The reference tables it declares, by name: what it sees as ``data.tables``."""
    line: int = 1
    """Line of its METADATA in its module."""
    v0: bool = False
    """Written in Rego v0 syntax (plain conftest rules only)."""
    strict: bool = True
    """A built-in that fails is an error; in plain conftest rules it is undefined, and noted."""
    data: Mapping[str, Json] = field(default_factory=dict)
    """What a plain rule sees as ``data`` beside its modules."""
    data_paths: tuple[str, ...] = ()
    """The ``data.`` paths that a plain rule names and that no module defines."""
    waivable_days: int | None = None
    """Days that a waiver of it may last at most, 0 where nobody may waive it; None for those of its
    severity."""
    constraint: Constraint | None = None
    """What it is asked about, where it is a constraint of Gatekeeper; its parameters are `params`,
    and it sees ``input.review`` and ``input.parameters``."""

    @property
    def labels(self) -> frozenset[str]:
        """Its tags and the frameworks of its controls, by which rules are chosen and waived."""
        return frozenset({*self.tags, *(control.framework for control in self.controls)})

    @property
    def selects(self) -> bool:
        """Whether it selects recipes, and judges nobody."""
        return any(entry.level in SELECTING for entry in self.entrypoints)


UNVERSIONED = "0"
"""The version of plain rules and of Gatekeeper's templates, which have none."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A versioned set of rules."""

    name: str
    version: str
    """Semantic version; `UNVERSIONED` of what is no pack."""
    digest: str
    """Content address over all its files and the shared library."""
    rules: tuple[Rule, ...]
    description: str = ""
    folder: str = ""
    """Where it was read from."""
    replaces: tuple[str, ...] = ()
    """Shipped packs whose names it takes."""
    origin: str = ""
    """``shipped``, the Python package that brings it, with its version, or empty for a path."""
    signer: str | None = None
    """The id of the key that signed it; None where no signature was asked for."""
    notes: tuple[str, ...] = ()
    """What was read and asks nothing, a sentence each."""
