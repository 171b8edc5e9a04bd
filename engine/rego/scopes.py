"""Names of a rule, body by body: declared, bound, used, hidden."""

from collections.abc import Iterator

import msgspec

from eidos.engine.rego import trees
from eidos.engine.rego.syntax import Node, Place
from eidos.engine.rego.trees import RefusedError


class Local(msgspec.Struct):
    """A name of a rule: how it is written, and what is known of it so far."""

    written: bytes
    bound: bool
    declared: Place | None = None
    """Where ``some`` or ``every`` declared it; OPA wants those to be used."""
    used: bool = False
    implicit: bool = False
    """Bound by a bracket or ``=``, declared nowhere."""


class Scope(msgspec.Struct):
    """Names of one body; comprehensions and ``every`` open inner ones."""

    parent: "Scope | None" = None
    names: dict[str, Local] = msgspec.field(default_factory=dict)
    unpacked: list[bytes] = msgspec.field(default_factory=list)
    """Statements to be put before the one at work."""
    arguments: bool = False
    """These are the arguments of a function."""
    outer: set[str] = msgspec.field(default_factory=set)
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


class Names:
    """Which names a rule has bound, and how they are written.

    Args:
        globals_: ``input``, ``data``, what is imported, and the rules of the package.
    """

    def __init__(self, globals_: frozenset[str]) -> None:
        self._globals = globals_
        self._count = 0
        self._closed: set[str] = set()
        """Names that inner bodies bound without declaring them."""

    def is_global(self, name: str) -> bool:
        """Tell whether a name is of no body."""
        return name in self._globals

    def fresh(self) -> bytes:
        """Make a name that the module cannot have."""
        self._count += 1
        return b"__light_%d" % self._count

    def declare(
        self, name: str, span: Node, scope: Scope, *, bound: bool, wanted: bool = False
    ) -> bytes:
        """Make a name of this body, under another name where it would hide one.

        Args:
            name: as written; ``_`` is none.
            span: where it stands.
            scope: the body.
            bound: it has a value from here on.
            wanted: OPA refuses the body unless the name is used.

        Returns:
            How the name is written for the engine.

        Raises:
            RefusedError: the name is there already.
        """
        if name == "_":
            return b"_"
        arguments = scope.parent.names if scope.parent and scope.parent.arguments else {}
        again = name in scope.names or name in scope.outer or name in arguments
        if name in ("input", "data") or again:
            raise RefusedError(f"a name declared again ({name})", trees.place(span))
        if name in self._closed:
            raise RefusedError(
                f"a name bound in a comprehension before ({name})", trees.place(span)
            )
        written = name.encode()
        if name in self._globals or scope.find(name):
            written = self.fresh() + b"_" + written
        scope.names[name] = Local(written, bound, trees.place(span) if wanted else None)
        return written

    def bind(self, name: str, place: Place, scope: Scope) -> None:
        """Note that a bracket or ``=`` binds a name here, unless it is bound.

        Raises:
            RefusedError: a comprehension before it bound the name for itself.
        """
        if name == "_":
            return
        local = scope.find(name)
        if local is not None:
            local.bound = True
            return
        if name in self._closed:
            raise RefusedError(f"a name bound again outside of a comprehension ({name})", place)
        scope.names[name] = Local(name.encode(), bound=True, implicit=True)

    def iterated(self, node: Node, scope: Scope) -> Iterator[str]:
        """Find the unbound names that stand in brackets of references."""
        for kind, content in node.items():
            if kind.endswith("Compr"):
                continue
            if kind == "RefBrack" and "Var" in content["index"]:
                yield from self.unbound(content["index"], scope)
            for child in trees.children(content):
                yield from self.iterated(child, scope)

    def unbound(self, node: Node, scope: Scope) -> Iterator[str]:
        """Find the names in an expression that no statement before it has bound."""
        for kind, content in node.items():
            if kind == "Var":
                name = content["value"]
                local = scope.find(name)
                if (local is None and name not in self._globals) or (local and not local.bound):
                    yield name
            elif not kind.endswith("Compr"):
                for child in trees.children(content):
                    yield from self.unbound(child, scope)

    def close(self, scope: Scope) -> None:
        """Leave a body.

        Raises:
            RefusedError: it declares a name that it does not use, which OPA refuses.
        """
        for name, local in scope.names.items():
            if local.declared is not None and not local.used:
                raise RefusedError(f"a declared name that is not used ({name})", local.declared)
            if local.implicit:
                self._closed.add(name)
