"""Which subtypes are collected: ``gpu,os`` · ``os.sysctl`` · ``os.sys*``."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from fnmatch import fnmatchcase

from eidos.engine.errors import UsageError
from eidos.engine.model.facts import VOLATILE
from eidos.engine.model.nearest import nearest
from eidos.engine.model.snapshot import Collection, CollectorState
from eidos.engine.ports import Collector
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True)
class Filter:
    """What to collect and what not, by name."""

    only: tuple[str, ...] = ()
    """``--filter``: empty for everything."""
    exclude: tuple[str, ...] = ()
    volatile: bool = True
    """Collect subtypes that change by themselves, even when nobody named them."""
    skip: Mapping[str, str] = field(default_factory=dict)
    """Kinds of collectors (``local``, ``cluster``) that do not run, each with the reason."""
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Subtypes by type that only the user knows: systemd units."""


@dataclass(frozen=True, slots=True)
class Filtered:
    """What runs, and what was left out on purpose."""

    runs: tuple[tuple[Collector, frozenset[str]], ...]
    excluded: tuple[Collection, ...]


def filtered(collectors: Sequence[Collector], asked: Filter) -> Filtered:
    """Apply the user's filter to what there is.

    Raises:
        UsageError: a name fits nothing (the nearest is suggested), or nothing is left to collect.
    """
    catalogue = [(one, _subtypes(one, asked)) for one in collectors]
    _refuse_unknown((*asked.only, *asked.exclude), catalogue)
    runs: list[tuple[Collector, frozenset[str]]] = []
    excluded: list[Collection] = []
    for collector, subtypes in catalogue:
        reasons = {name: _why_not(collector, name, asked) for name in subtypes}
        kept = frozenset(name for name, reason in reasons.items() if reason is None)
        if kept:
            runs.append((collector, kept))
        excluded.extend(_records(collector.type, reasons, whole=not kept))
    if not runs:
        raise UsageError(
            "nothing is left to collect",
            hint="Leave out --filter, --exclude, --no-cluster or --no-local.",
        )
    return Filtered(tuple(runs), tuple(excluded))


def _subtypes(collector: Collector, asked: Filter) -> tuple[str, ...]:
    extra = asked.extra.get(collector.type, ())
    return tuple(dict.fromkeys((*collector.subtypes, *extra)))


def _why_not(collector: Collector, subtype: str, asked: Filter) -> str | None:
    type_ = collector.type
    if collector.reads in asked.skip:
        return asked.skip[collector.reads]
    for pattern in asked.exclude:
        if _fits(pattern, type_, subtype):
            return f"--exclude {pattern}"
    if not any(_fits(pattern, type_, subtype) for pattern in asked.only or ("*",)):
        return f"--filter {','.join(asked.only)}"
    if subtype.endswith(VOLATILE) and not asked.volatile:
        return "it changes by itself"
    return None


def _fits(pattern: str, type_: str, subtype: str) -> bool:
    wanted_type, _, wanted_subtype = pattern.partition(".")
    return fnmatchcase(type_.lower(), wanted_type.lower()) and fnmatchcase(
        subtype, wanted_subtype or "*"
    )


def _refuse_unknown(
    patterns: Iterable[str], catalogue: Iterable[tuple[Collector, tuple[str, ...]]]
) -> None:
    known = [(one.type, subtype) for one, subtypes in catalogue for subtype in subtypes]
    for pattern in patterns:
        if any(_fits(pattern, *pair) for pair in known):
            continue
        types = sorted({type_.lower() for type_, _ in known})
        names = [*types, *(f"{type_.lower()}.{subtype}" for type_, subtype in known)]
        raise UsageError(f"there is no collector {pattern!r}", hint=nearest(pattern.lower(), names))


def _records(type_: str, reasons: Mapping[str, str | None], *, whole: bool) -> list[Collection]:
    given = {name: reason for name, reason in reasons.items() if reason is not None}
    if whole and len(set(given.values())) == 1:
        return [Collection(type_, CollectorState.EXCLUDED, reason=next(iter(given.values())))]
    return [
        Collection(type_, CollectorState.EXCLUDED, name, reason=reason)
        for name, reason in given.items()
    ]
