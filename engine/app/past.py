"""What questions about the past share: what is asked about, what was seen, and judging it again."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from eidos.engine.app.context import Context
from eidos.engine.app.judging import unasked
from eidos.engine.errors import UsageError
from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.likeness import looked_at
from eidos.engine.evaluating.projecting import NODE_NAME
from eidos.engine.evaluating.subjects import SubjectFacts
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.history import Capture, Contents, Outline, Said, Who, Window
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest
from eidos.engine.model.policy import Policy
from eidos.engine.model.rule import Rule, Scope
from eidos.engine.model.snapshot import Collection, Facts
from eidos.engine.model.times import written
from eidos.engine.model.verdict import Verdict
from eidos.engine.records import dataclass
from eidos.engine.selecting.rules import is_answer_to_a_query

SPAN = timedelta(days=30)
"""How far back a question reaches that does not say."""
MAX_AGE = timedelta(hours=24)
"""How long a sight of a subject speaks for it; after that, nobody knows."""
_CHUNK = 256
"""Snapshots that are looked into together."""
_KNOWN = 20_000
"""Snapshots whose verdicts are kept in memory, some hundred bytes each."""

_SHOW = "See what is: eidos history show latest -o table"

Moment = datetime | timedelta | None
"""A time, a span before now, or none said."""


def refuse_future(moment: datetime, now: datetime, what: str) -> None:
    """Refuse to tell the future.

    Raises:
        UsageError: the moment is after now.
    """
    if moment > now:
        raise UsageError(
            f"{what} {written(moment)} is in the future: it is {written(now)}",
            hint="Give a time in the past.",
        )


def window(asked: Window, context: Context) -> Window:
    """Check what is asked about against what there is.

    Raises:
        StoreError: there is no database, or it cannot be read.
        UsageError: nothing is recorded, a name means nothing that is recorded, or the times are
            none.
    """
    now = context.clock.now()
    refuse_future(asked.until, now, "--until")
    refuse_future(asked.since, now, "--since")
    if asked.since >= asked.until:
        raise UsageError(
            f"--since {written(asked.since)} is not before --until {written(asked.until)}",
            hint="Give the earlier time with --since.",
        )
    clusters(asked, context)
    refuse_unrecorded(asked, context)
    return asked


def refuse_unrecorded(asked: Window, context: Context) -> None:
    """Refuse names of nodes and rules of which nothing was ever recorded: a slip is no silence.

    Raises:
        UsageError: names the first of them.
    """
    always = replace(Window.of(), clusters=asked.clusters)
    for glob in asked.nodes:
        named = replace(always, nodes=(glob,))
        if not context.store.runs(1, named) and not _is_in_a_snapshot(named, context):
            raise UsageError(f"nothing is recorded about a node {glob!r}", hint=_SHOW)
    for glob in asked.rules:
        if not context.store.runs(1, replace(always, rules=(glob,))):
            raise UsageError(f"nothing is recorded about a rule {glob!r}", hint=_SHOW)


def _is_in_a_snapshot(named: Window, context: Context) -> bool:
    """Say whether a node was seen, though nothing was said of it: rules were about clusters."""
    store = context.store
    known = (name for name in store.clusters() if named.has_cluster(name))
    captures = [each for name in known for each in store.captures(name)]
    outlines = store.outlines(dict.fromkeys(each.snapshot for each in captures))
    return any(named.has_node(name) for each in outlines for name in each.names)


def clusters(asked: Window, context: Context) -> list[str]:
    """Name the recorded clusters that are asked about, in order.

    Raises:
        UsageError: there is none.
    """
    known = context.store.clusters()
    if not known:
        raise UsageError(
            f"no snapshot of a named cluster is recorded in {context.store_place}",
            hint="Run eidos check on a snapshot first; metadata.cluster names its cluster.",
        )
    for glob in asked.clusters:
        if not any(replace(asked, clusters=(glob,)).has_cluster(name) for name in known):
            hint = nearest(glob, known)
            raise UsageError(f"nothing is recorded about a cluster {glob!r}", hint=hint)
    return [name for name in known if asked.has_cluster(name)]


def at(moment: Moment, now: datetime, default: datetime) -> datetime:
    """Give the moment that is meant."""
    if moment is None:
        return default
    return now - moment if isinstance(moment, timedelta) else moment


def latest(captures: Iterable[Capture]) -> Iterator[list[Capture]]:
    """Give the captures of each state time together, those recorded later last."""
    alike: list[Capture] = []
    for each in captures:
        if alike and alike[0].at != each.at:
            yield alike
            alike = []
        alike.append(each)
    if alike:
        yield alike


def captures_of(
    cluster: str,
    context: Context,
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    last: bool = False,
) -> list[Capture]:
    """Give what was seen of a cluster, see `eidos.engine.ports.Store.captures`; tell of rivals."""
    found = context.store.captures(cluster, since, until, last=last)
    tell_rivals(cluster, found, context)
    return found


def tell_rivals(cluster: str, found: Sequence[Capture], context: Context) -> None:
    """Say where facts of a cluster differ that bear the same time: the last recorded stand for it.

    Two clusters of one name may have been recorded as one.
    """
    rivals = [alike for alike in latest(found) if len({each.snapshot for each in alike}) > 1]
    if rivals:
        alike = {each.snapshot: each.run for each in rivals[-1]}
        more = f", and at {len(rivals) - 1} other times" if len(rivals) > 1 else ""
        at_once = written(rivals[-1][0].at)
        context.say(
            f"note: {len(alike)} different snapshots of {cluster} are of {at_once} "
            f"(runs {', '.join(dict.fromkeys(alike.values()))}){more}; the last recorded counts. "
            "Are there two clusters of this name, or are these parts of one (eidos snapshot merge)?"
        )


# Judging again ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asked:
    """A subject of a snapshot, by what rules can see of it, and where that is found."""

    who: Who
    own: Contents
    shared: Contents
    outline: Outline
    generator: str | None
    gaps: tuple[Collection, ...]


_Key = tuple[str, str, str | None, str]
"""Snapshot, cluster, what took it, and the day that rules see."""


class Rejudging:
    """Judges recorded snapshots by any rules; what rules see alike is asked once.

    No snapshot is unpacked: the addresses of the subtypes that rules declare tell which are alike,
    and only what was not yet asked about is read.

    Args:
        rules: what to ask; those about nodes and clusters are.
        context: what is open.
        effective: rule time; None for the day of each capture.
    """

    def __init__(
        self, rules: Sequence[Rule], context: Context, effective: datetime | None = None
    ) -> None:
        self._rules = sorted(rules, key=lambda rule: rule.id)
        self._context = context
        self._effective = effective
        self._timed = [rule for rule in self._rules if rule.reads_time]
        self._timeless = [rule for rule in self._rules if not rule.reads_time]
        self._judges: dict[str, Judge] = {}
        self._wholes = {scope: _Wholes(self._rules, scope) for scope in (Scope.NODE, Scope.CLUSTER)}
        self._verdicts: dict[tuple[Hashable, str], tuple[Verdict, ...]] = {}
        self._said: dict[_Key, Said] = {}
        self._silent = {has: list(unasked(self._rules, has_nodes=has)) for has in (True, False)}
        self.asked = 0
        """Verdicts that were given."""

    @property
    def evaluated(self) -> int:
        """How many questions the engine was asked."""
        return sum(judge.evaluated for judge in self._judges.values())

    def said(self, captures: Sequence[Capture]) -> Iterator[Said]:
        """Give what the rules say of each capture, before waivers and enforcement, in order."""
        for start in range(0, len(captures), _CHUNK):
            chunk = captures[start : start + _CHUNK]
            if len(self._said) > _KNOWN:
                self._said.clear()
                self._verdicts.clear()
            self._learn(chunk)
            for each in chunk:
                found = self._said[self._key(each)]
                self.asked += sum(map(len, found.values()))
                yield found

    def _day(self, capture: Capture) -> str:
        """Give the day that rules see: a fixed one, or that of the capture if any asks."""
        moment = self._effective or capture.at
        return moment.astimezone(UTC).date().isoformat() if self._timed else ""

    def _key(self, capture: Capture) -> _Key:
        return capture.snapshot, capture.cluster, capture.generator, self._day(capture)

    def _learn(self, captures: Sequence[Capture]) -> None:
        new = {self._key(each): each for each in captures}
        new = {key: each for key, each in new.items() if key not in self._said}
        if not new:
            return
        addresses = list(dict.fromkeys(key[0] for key in new))
        outlines = dict(zip(addresses, self._context.store.outlines(addresses), strict=True))
        rows = {
            key: [(self._row(asked), asked) for asked in self._subjects(outlines[key[0]], each)]
            for key, each in new.items()
        }
        self._judge(rows)
        for key, pairs in rows.items():
            self._said[key] = {
                each.who: self._finished(each, self._verdicts[row, key[3]]) for row, each in pairs
            }

    def _subjects(self, outline: Outline, capture: Capture) -> Iterator[_Asked]:
        gaps, generator = outline.gaps, capture.generator
        if self._wholes[Scope.CLUSTER].rules or self._silent[bool(outline.names)]:
            who = Who(Scope.CLUSTER, capture.cluster)
            yield _Asked(who, outline.cluster, {}, outline, generator, gaps)
        if not self._wholes[Scope.NODE].rules:
            return
        for name in outline.names:
            own = outline.nodes.get(name, {})
            about = tuple(gap for gap in gaps if gap.node in (None, name)) if gaps else gaps
            yield _Asked(Who(Scope.NODE, name), own, outline.cluster, outline, generator, about)

    def _row(self, asked: _Asked) -> Hashable:
        """Give what is equal for subjects that rules see alike."""
        return asked.who.scope, self._wholes[asked.who.scope].seen(asked)

    def _finished(self, asked: _Asked, verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
        silent = self._silent[bool(asked.outline.names)]
        if asked.who.scope is not Scope.CLUSTER or not silent:
            return verdicts
        return tuple(sorted((*verdicts, *silent), key=lambda verdict: verdict.rule))

    def _judge(self, rows: Mapping[_Key, Sequence[tuple[Hashable, _Asked]]]) -> None:
        """Ask about what is new, each day for itself."""
        by_day: dict[str, dict[Hashable, _Asked]] = {}
        for (*_, day), pairs in rows.items():
            fresh = {row: each for row, each in pairs if (row, day) not in self._verdicts}
            by_day.setdefault(day, {}).update(fresh)
        contents = self._contents([each for fresh in by_day.values() for each in fresh.values()])
        for day, fresh in by_day.items():
            subjects = [self._facts(each, contents) for each in fresh.values()]
            every = [self._judge_of("").judge(subjects)]
            if self._timed:
                every.append(self._judge_of(day).judge(subjects))
            for row, *said in zip(fresh, *every, strict=True):
                joined = [verdict for verdicts in said for verdict in verdicts]
                self._verdicts[row, day] = tuple(sorted(joined, key=lambda one: one.rule))

    def _judge_of(self, day: str) -> Judge:
        """Give the judge of rules that look at a day; none is those that look at none."""
        if day not in self._judges:
            rules = self._timed if day else self._timeless
            moment = datetime.fromisoformat(day or "2000-01-01").replace(tzinfo=UTC)
            context = self._context
            self._judges[day] = Judge(rules, context.engine, context.recollection, moment)
        return self._judges[day]

    def _contents(self, asked: Sequence[_Asked]) -> Mapping[str, Mapping[str, Json]]:
        wanted = {at for each in asked for at in self._wholes[each.who.scope].addresses(each)}
        return self._context.store.contents(wanted) if wanted else {}

    def _facts(self, asked: _Asked, contents: Mapping[str, Mapping[str, Json]]) -> SubjectFacts:
        wholes = self._wholes[asked.who.scope]
        return SubjectFacts(
            name=asked.who.name,
            scope=asked.who.scope,
            file="",
            digest="",
            generator=asked.generator,
            facts=_data(wholes.of_subject, {**asked.shared, **asked.own}, contents),
            nodes={
                name: _data(wholes.of_nodes, asked.outline.nodes.get(name, {}), contents)
                for name in asked.outline.names
            }
            if asked.who.scope is Scope.CLUSTER
            else {},
            collection=asked.gaps,
        )


class _Wholes:
    """The subtypes that rules of one scope look at."""

    def __init__(self, rules: Sequence[Rule], scope: Scope) -> None:
        self.rules = [rule for rule in rules if rule.scope is scope]
        paths = {path for rule in self.rules for path in looked_at(rule)}
        self._reads_name = NODE_NAME in paths
        named = {path for path in paths if path != NODE_NAME}
        self.of_subject = sorted({path.whole for path in named if not path.every_node}, key=str)
        self.of_nodes = sorted({path.whole for path in named if path.every_node}, key=str)

    def seen(self, asked: _Asked) -> Hashable:
        """Give all that the rules can tell a subject by, its name only where they see it."""
        name = asked.who.name if self._reads_name else None
        own, shared = asked.own, asked.shared
        mine = tuple([own.get(each) or shared.get(each) for each in self.of_subject])
        return name, asked.generator, asked.gaps, mine, self._every_node(asked)

    def _every_node(self, asked: _Asked) -> Hashable:
        if asked.who.scope is not Scope.CLUSTER:
            return ()
        nodes = asked.outline.nodes
        return tuple(
            (name, tuple([nodes.get(name, {}).get(each) for each in self.of_nodes]))
            for name in asked.outline.names
        )

    def addresses(self, asked: _Asked) -> Iterator[str]:
        """Give where the facts are that the rules see."""
        seen = [(self.of_subject, asked.own), (self.of_subject, asked.shared)]
        if asked.who.scope is Scope.CLUSTER:
            seen += [(self.of_nodes, each) for each in asked.outline.nodes.values()]
        for wholes, contents in seen:
            yield from (contents[each] for each in wholes if each in contents)


def _data(
    wholes: Sequence[FactAddress], where: Contents, contents: Mapping[str, Mapping[str, Json]]
) -> Facts:
    return {each: contents[where[each]] for each in wholes if each in where}


# The rules of then ------------------------------------------------------------------------------


def policy_of(captures: Sequence[Capture], context: Context) -> Policy:
    """Give what judged a cluster at one state time: of each rule the last version that was asked.

    Runs of ``eidos recipe`` judged a choice, and not the cluster: they count where no other is.

    Args:
        captures: those of one state time, those recorded later last.
        context: what is open.
    """
    every = [context.store.policy_of_run(each.run) for each in captures]
    policies = [each for each in every if not all(map(is_answer_to_a_query, each.rules))] or every
    last = policies[-1]
    rules = {rule.id: rule for policy in policies for rule in policy.rules}
    waivers = {waiver.id: waiver for policy in policies for waiver in policy.waivers}
    return replace(
        last,
        packs=tuple({pack.digest: pack for policy in policies for pack in policy.packs}.values()),
        rules=tuple(rules[each] for each in sorted(rules)),
        enforcement={
            rule: said for policy in policies for rule, said in policy.enforcement.items()
        },
        waivers=tuple(waivers.values()),
    )
