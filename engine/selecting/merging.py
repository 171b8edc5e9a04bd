"""From the overlays that were chosen to one recipe, each of whose values knows its history.

Precedence is a matter of what overlays are, never of where their files lie: a descendant goes
before its ancestors, and one that speaks of more dimensions before one that speaks of fewer. What
two overlays say of one value that neither goes before the other in is a conflict, and an error.
Constraints are never replaced but add up.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from eidos.engine.errors import Problem, UsageError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recipe import (
    Catalog,
    Check,
    Choice,
    Chosen,
    Component,
    Constraint,
    Dependency,
    Leaf,
    Overlay,
    Path,
    Reason,
    Relaxed,
    Resolved,
    Tuned,
    Use,
    Value,
)
from eidos.engine.selecting.linking import tuning_lineage


class ConflictError(UsageError):
    """What was chosen does not fit together; says both places."""

    code = "conflict"


@dataclass(frozen=True, slots=True)
class Merged:
    """What overlays and profiles come to together."""

    components: tuple[Resolved, ...]
    """In the order in which they are deployed."""
    tuning: tuple[Tuned, ...]
    constraints: tuple[Constraint, ...]
    relaxed: tuple[Relaxed, ...]
    checks: tuple[Check, ...]
    history: tuple[Value, ...]


def merge(catalog: Catalog, choice: Choice, profiles: Sequence[Chosen]) -> Merged:
    """Merge what was chosen.

    Args:
        catalog: everything there is.
        choice: the overlays that apply.
        profiles: the shape that is taken of each profile that they offer.

    Raises:
        ConflictError: two of equal rank say different things of one value, a component needs one
            that is not there or must not be beside another, dependencies go in a circle, or
            somebody sets what a profile decides. Says everything that is wrong.
    """
    merging = _Merging(catalog, [each.overlay for each in choice.applied], profiles)
    merged = merging.merged()
    if merging.wrong:
        raise ConflictError.joined(merging.wrong)
    return merged


@dataclass(frozen=True, slots=True)
class _Said:
    """A statement, and by whom."""

    leaf: Leaf
    overlay: Overlay | None
    """None for the registry, which everybody goes before."""


@dataclass(slots=True)
class _Merging:
    catalog: Catalog
    overlays: Sequence[Overlay]
    """Least specific first."""
    profiles: Sequence[Chosen]
    wrong: list[Problem] = field(default_factory=list)
    history: list[Value] = field(default_factory=list)

    def merged(self) -> Merged:
        present = [self.catalog.components[name] for name in self._present()]
        dependencies = {each.name: self._dependencies(each, present) for each in present}
        self._refuse_beside(present)
        waves = self._waves(dependencies)
        resolved = [self._component(each, dependencies[each.name], waves) for each in present]
        constraints, relaxed = self._constraints(present)
        return Merged(
            components=tuple(sorted(resolved, key=lambda each: (each.wave, each.name))),
            tuning=self._tuning(),
            constraints=constraints,
            relaxed=relaxed,
            checks=tuple(check for overlay in self.overlays for check in overlay.checks),
            history=tuple(sorted(self.history, key=lambda value: value.path)),
        )

    # Components ---------------------------------------------------------------------------------

    def _uses(self, component: str) -> Iterator[tuple[Overlay, Use]]:
        for overlay in self.overlays:
            if component in overlay.uses:
                yield overlay, overlay.uses[component]

    def _present(self) -> list[str]:
        """Give the components that are part of it: where some say so and some not, rank decides."""
        names = sorted({name for overlay in self.overlays for name in overlay.uses})
        return [name for name in names if self._is_present(name)]

    def _is_present(self, component: str) -> bool:
        said = [
            _Said(Leaf(("present",), use.removed is None, use.origin, use.removed or _THERE), owner)
            for owner, use in self._uses(component)
        ]
        return self._winner(said, f"whether {component} is there").leaf.value is True

    def _winner(self, said: Sequence[_Said], what: str) -> _Said:
        """Give the statement that goes before all others; tell of those that are in its way."""
        best = said[0]
        for each in said[1:]:
            if _outranks(each, best) or (
                not _outranks(best, each) and each.leaf.value == best.leaf.value
            ):
                best = each
        for each in said:
            if each.leaf.value != best.leaf.value and not _outranks(best, each):
                self.wrong.append(_conflict(what, best.leaf, each.leaf))
        return best

    def _component(
        self, component: Component, dependencies: tuple[Dependency, ...], waves: Mapping[str, int]
    ) -> Resolved:
        name = component.name
        values = self._settings(component, "values")
        resources = self._settings(component, "resources")
        return Resolved(
            component=component,
            version=self._version(component),
            values=values,
            resources=resources,
            dependencies=dependencies,
            wave=waves.get(name, 0),
        )

    def _version(self, component: Component) -> str | None:
        chart = component.chart
        said = [
            _Said(use.version, owner) for owner, use in self._uses(component.name) if use.version
        ]
        if chart is not None:
            reason = Reason("the version of the registry", chart.source)
            said.insert(0, _Said(Leaf(("version",), chart.version, component.origin, reason), None))
        if not said:
            return None
        best = self._winner(said, f"the version of {component.name}")
        self._note(("components", component.name, "version"), best, said)
        return str(best.leaf.value)

    def _settings(self, component: Component, area: str) -> dict[str, Json]:
        said: dict[Path, list[_Said]] = {}
        for leaf in getattr(component, area):
            said.setdefault(leaf.path, []).append(_Said(leaf, None))
        for overlay, use in self._uses(component.name):
            for leaf in getattr(use, area):
                said.setdefault(leaf.path, []).append(_Said(leaf, overlay))
        where = f"{component.name} {area}"
        locked = self._locked(component.name, area)
        for path, leaf in locked.items():
            self._refuse_locked(path, leaf, said, where)
        best = {
            path: self._winner(each, f"{where} {'.'.join(path)}") for path, each in said.items()
        }
        kept = {
            path: winner
            for path, winner in self._without_shadows(best, where).items()
            if not any(_within(lock, path) for lock in locked)
        }
        kept |= {path: _Said(leaf, None) for path, leaf in locked.items()}
        for path, winner in kept.items():
            below = [one for other, each in said.items() if _within(path, other) for one in each]
            self._note(("components", component.name, area, *path), winner, below)
        return _nested({path: winner.leaf.value for path, winner in kept.items()})

    def _locked(self, component: str, area: str) -> dict[Path, Leaf]:
        """Give what profiles decide."""
        return {
            leaf.path: leaf
            for each in self.profiles
            if (use := each.choice.uses.get(component)) is not None
            for leaf in getattr(use, area)
        }

    def _refuse_locked(
        self, path: Path, leaf: Leaf, said: Mapping[Path, Sequence[_Said]], where: str
    ) -> None:
        """An overlay must not set what a profile decides; the registry's value gives way."""
        for other, each in said.items():
            if not (_within(path, other) or _within(other, path)):
                continue
            for statement in each:
                if statement.overlay is not None:
                    what = f"{where} {'.'.join(path)}, which {leaf.origin.name} decides"
                    self.wrong.append(_conflict(what, leaf, statement.leaf))

    def _without_shadows(self, best: Mapping[Path, _Said], where: str) -> dict[Path, _Said]:
        """Drop what lies below a value that takes the place of a whole map, or is one."""
        kept = dict(best)
        for path in sorted(best, key=len):
            for depth in range(1, len(path)):
                above = kept.get(path[:depth])
                if above is None or path not in kept:
                    continue
                below = kept[path]
                if above.leaf.value == {} or _outranks(below, above):
                    del kept[path[:depth]]
                elif above.leaf.value is None and _outranks(above, below):
                    del kept[path]
                else:
                    what = (
                        f"{where} {'.'.join(path[:depth])}, a map to one and a value to the other"
                    )
                    self.wrong.append(_conflict(what, above.leaf, below.leaf))
                    del kept[path]
        return kept

    def _note(self, path: Path, best: _Said, said: Sequence[_Said]) -> None:
        others = tuple(each.leaf for each in reversed(said) if each.leaf is not best.leaf)
        self.history.append(Value(path, best.leaf, others))

    # Order --------------------------------------------------------------------------------------

    def _dependencies(
        self, component: Component, present: Iterable[Component]
    ) -> tuple[Dependency, ...]:
        there = {each.name for each in present}
        stated = [*component.dependencies]
        for _, use in self._uses(component.name):
            stated += use.dependencies
        found: dict[str, Dependency] = {}
        for each in stated:
            if each.component in there:
                found.setdefault(each.component, each)
            elif not each.optional:
                self.wrong.append(
                    Problem(
                        f"{component.name} needs {each.component}, which is not part of the recipe",
                        f"Name {each.component} in an overlay, or make the dependency optional.",
                        each.origin.place,
                        ConflictError.code,
                    )
                )
        return tuple(found[name] for name in sorted(found))

    def _refuse_beside(self, present: Sequence[Component]) -> None:
        there = {each.name for each in present}
        for component in present:
            for each in component.conflicts:
                if each.component in there:
                    self.wrong.append(
                        Problem(
                            f"{component.name} and {each.component} exclude each other: "
                            f"{each.reason.because}",
                            "Remove one of them in an overlay.",
                            each.origin.place,
                            ConflictError.code,
                        )
                    )

    def _waves(self, dependencies: Mapping[str, Sequence[Dependency]]) -> dict[str, int]:
        """Give each component the first wave in which everything it needs is there."""
        waves: dict[str, int] = {}
        left = dict(dependencies)
        while left:
            ready = [
                name
                for name, needed in left.items()
                if all(each.component in waves for each in needed)
            ]
            if not ready:
                self._refuse_circle(left)
                return waves
            waves |= {
                name: max((waves[each.component] + 1 for each in left[name]), default=0)
                for name in ready
            }
            for name in ready:
                del left[name]
        return waves

    def _refuse_circle(self, left: Mapping[str, Sequence[Dependency]]) -> None:
        first = min(left)
        way = [first]
        while (
            needed := next(e for e in left[way[-1]] if e.component in left)
        ).component not in way:
            way.append(needed.component)
        circle = [*way[way.index(needed.component) :], needed.component]
        self.wrong.append(
            Problem(
                f"components depend on each other in a circle: {' → '.join(circle)}",
                "Make one of the dependencies optional, or remove it.",
                needed.origin.place,
                ConflictError.code,
            )
        )

    # Constraints and tuning ---------------------------------------------------------------------

    def _constraints(
        self, present: Sequence[Component]
    ) -> tuple[tuple[Constraint, ...], tuple[Relaxed, ...]]:
        """Give all constraints; a relaxed one takes the place of its ancestors'."""
        relaxed = [(overlay, each) for overlay in self.overlays for each in overlay.relaxed]
        found = [
            constraint
            for overlay in self.overlays
            for constraint in overlay.constraints
            if not any(
                overlay.name in owner.ancestors and each.constraint.subject == constraint.subject
                for owner, each in relaxed
            )
        ]
        found += [each.constraint for _, each in relaxed]
        found += [each.kubernetes for each in present if each.kubernetes is not None]
        found += [each for chosen in self.profiles for each in chosen.choice.observed]
        found += [
            constraint
            for name in self._tuning_profiles()
            for constraint in self.catalog.tuning[name].constraints
        ]
        return tuple(found), tuple(each for _, each in relaxed)

    def _tuning_profiles(self) -> list[str]:
        named = [name for overlay in self.overlays for name in overlay.tuning]
        ordered: dict[str, None] = {}
        for name in named:
            for each in reversed(tuning_lineage(self.catalog.tuning, name)):
                ordered.setdefault(each)
        return list(ordered)

    def _tuning(self) -> tuple[Tuned, ...]:
        """Give every setting; of two on one thing, that of the profile that builds on the other."""
        found: dict[tuple[str, str, str], Tuned] = {}
        for name in self._tuning_profiles():
            for each in self.catalog.tuning[name].settings:
                # Arguments may repeat (hugepagesz=), so they are told apart by their whole text.
                key = (each.area, each.key, str(each.said.get("set", "")) if _repeats(each) else "")
                there = found.get(key)
                if (
                    there is not None
                    and there.said != each.said
                    and not self._builds_on(each, there)
                ):
                    what = f"{each.area} {each.key} of the nodes"
                    self.wrong.append(_conflict(what, _tuned_leaf(each), _tuned_leaf(there)))
                found[key] = each
        return tuple(found.values())

    def _builds_on(self, each: Tuned, other: Tuned) -> bool:
        return other.origin.name in tuning_lineage(self.catalog.tuning, each.origin.name)


_THERE = Reason("it is named", "")
_REPEATING = frozenset({"hugepagesz", "hugepages", "console", "pci", "module_blacklist"})
"""Kernel arguments of which each counts; of any other the last one does.
https://docs.kernel.org/admin-guide/kernel-parameters.html"""


def _repeats(tuned: Tuned) -> bool:
    return tuned.area == "arguments" and tuned.key in _REPEATING


def _tuned_leaf(tuned: Tuned) -> Leaf:
    return Leaf((tuned.area, tuned.key), dict(tuned.said), tuned.origin, tuned.reason)


def _outranks(one: _Said, other: _Said) -> bool:
    if one.overlay is None or other.overlay is None:
        return one.overlay is not None
    return one.overlay.outranks(other.overlay)


def _within(path: Path, other: Path) -> bool:
    """Say whether the other path is this one or lies below it."""
    return other[: len(path)] == path


def _conflict(what: str, one: Leaf, other: Leaf) -> Problem:
    return Problem(
        f"two say different things of {what}: {one.origin} and {other.origin}",
        "Let one of them have the other as its base, or say it in an overlay for both.",
        one.origin.place,
        ConflictError.code,
    )


def _nested(flat: Mapping[Path, Json]) -> dict[str, Json]:
    """Give nested maps, keys in order, so that the same values are always the same bytes."""
    root: dict[str, Json] = {}
    for path in sorted(flat):
        at = root
        for key in path[:-1]:
            child = at.setdefault(key, {})
            assert isinstance(child, dict)  # noqa: S101 -- what shadows it is a conflict, told before
            at = child
        at[path[-1]] = flat[path]
    return root
