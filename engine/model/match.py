"""Which reviews a constraint of Gatekeeper is about, as its ``spec.match`` says."""

from eidos.engine.records import dataclass

ANY = "*"
"""Stands for every kind, every API group and every scope."""
CLUSTER = "Cluster"
NAMESPACED = "Namespaced"
SOURCES = ("All", "Generated", "Original")
"""Of objects: written by somebody, or made by an expansion template, which eidos does not do."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition of a label selector; ``matchLabels`` are requirements ``In`` one value."""

    key: str
    operator: str
    """``In``, ``NotIn``, ``Exists`` or ``DoesNotExist``."""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kinds:
    """Kinds in API groups; an empty list means all, as ``*`` does."""

    groups: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """All of these must hold; what is not said holds."""

    kinds: tuple[Kinds, ...] = ()
    """One of them must."""
    scope: str = ANY
    namespaces: tuple[str, ...] = ()
    """Globs that begin or end with ``*``."""
    excluded: tuple[str, ...] = ()
    """Globs of namespaces that are left out."""
    labels: tuple[Requirement, ...] | None = None
    """Of the object; None selects everything, as no requirement does."""
    namespace_labels: tuple[Requirement, ...] | None = None
    """Of the object's namespace, or of the object itself where it is one."""
    name: str = ""
    """A glob."""
    source: str = "All"
