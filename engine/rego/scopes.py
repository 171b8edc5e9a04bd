"""Names of a rule, body by body."""

from dataclasses import field

from eidos.engine.records import dataclass
from eidos.engine.rego.syntax import Place


@dataclass(slots=True)
class Local:
    """A name of a rule: how it is written, and what is known of it so far."""

    written: bytes
    bound: bool
    declared: Place | None = None
    """Where ``some`` or ``every`` declared it; OPA wants those to be used."""
    used: bool = False
    implicit: bool = False
    """Bound by a bracket or ``=``, declared nowhere."""


@dataclass(slots=True)
class Scope:
    """Names of one body; comprehensions and ``every`` open inner ones."""

    parent: "Scope | None" = None
    names: dict[str, Local] = field(default_factory=dict)
    unpacked: list[bytes] = field(default_factory=list)
    """Statements to be put before the one at work."""
    arguments: bool = False
    """These are the arguments of a function."""
    outer: set[str] = field(default_factory=set)
    """Names of outer bodies that were used here."""
    walks: bool = False
    """walk binds names here."""

    def after_walk(self) -> bool:
        """Tell whether walk binds names here or outside."""
        return self.walks or (self.parent is not None and self.parent.after_walk())

    def find(self, name: str) -> Local | None:
        """Give what is known of a name here or outside; None for a name of no body."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return None

    def use(self, name: str) -> None:
        """Remember that a name of an outer body is used, here and in the bodies between."""
        scope: Scope | None = self
        while scope is not None and name not in scope.names:
            scope.outer.add(name)
            scope = scope.parent
