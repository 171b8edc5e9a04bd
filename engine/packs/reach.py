"""Which library modules a rule reaches: what belongs to its meaning, and to its digest."""

from collections.abc import Mapping, Sequence

from eidos.engine.model.rule import Module
from eidos.engine.ports import ModuleFacts


class Library:
    """Modules by the package they are in."""

    def __init__(self, modules: Sequence[Module], facts: Sequence[ModuleFacts]) -> None:
        self._modules = {module.file: module for module in modules}
        self._facts = list(facts)

    def reach(self, start: ModuleFacts) -> list[tuple[Module, ModuleFacts]]:
        """Give every library module that a module uses, directly or through others, by file."""
        found: dict[str, ModuleFacts] = {}
        frontier = [start]
        while frontier:
            used = self._used_by(frontier.pop())
            fresh = {facts.file: facts for facts in used if facts.file not in found}
            fresh.pop(start.file, None)
            found.update(fresh)
            frontier.extend(fresh.values())
        return [(self._modules[file], found[file]) for file in sorted(found)]

    def _used_by(self, user: ModuleFacts) -> list[ModuleFacts]:
        return [facts for facts in self._facts if _uses(user, facts)]


def _uses(user: ModuleFacts, library: ModuleFacts) -> bool:
    """Say whether an import names the package, something inside it, or a package around it."""
    package = library.package
    return package == user.package or any(
        path == package or path.startswith(f"{package}.") or package.startswith(f"{path}.")
        for path in user.imports
    )


def sources(modules: Sequence[Module]) -> Mapping[str, str]:
    """Give sources by file, as they enter a digest."""
    return {module.file: module.source for module in modules}
