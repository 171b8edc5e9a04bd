"""``eidos facts``: what facts there are, who reads them, and what a snapshot says of them."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from fnmatch import fnmatchcase

from eidos.engine.app.context import Context
from eidos.engine.app.policies import open_packs
from eidos.engine.app.reader import Item
from eidos.engine.errors import UsageError
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.known_fact import KnownFact, Told
from eidos.engine.model.nearest import nearest
from eidos.engine.model.snapshot import Facts, facts_of
from eidos.engine.plugins import find_collectors
from eidos.engine.vocabulary import Subtype, is_pattern, vocabulary

_ALIKE = 0.85
"""How alike an unknown name must be to a known one beside it to be a slip of it."""
_PLACES = {"local": "on the node", "cluster": "from the API server"}
_Readers = Mapping[FactAddress, set[str]]


def facts(wanted: str | None, packs: Sequence[str], context: Context) -> list[KnownFact]:
    """Give the rows of the vocabulary that a word finds.

    Args:
        wanted: an address (``gpu.smi.driver``, also ``GPU.smi.driver``) or a subtype (``gpu.smi``);
            a pattern of addresses where it holds ``*`` or ``?``; else a part of an address or of
            what a fact says, in any case. None is all.
        packs: whose rules are named; all that are shipped where none is given.
        context: what is open.

    Raises:
        UsageError: nothing is found; the hint names the fact that is most like it.
        EidosError: a pack cannot be loaded.
    """
    readers = _readers(packs, context)
    rows = list(_rows(readers))
    if wanted is None:
        return rows
    found = next(filter(None, ([row for row in rows if fits(row)] for fits in _ways(wanted))), None)
    return found or [_single(wanted, readers)]


def told(known: Sequence[KnownFact], item: Item, node: str | None) -> list[KnownFact]:
    """Add what a snapshot says of facts; those of which it says nothing are left out of many.

    Args:
        known: what is asked for; patterns become the facts that are there and fit.
        item: the snapshot.
        node: only of this node; None for the cluster and every node.

    Raises:
        UsageError: the snapshot has no such node.
    """
    owners = _owners(item, node)
    if len(known) == 1 and not is_pattern(known[0].name):
        address = FactAddress.parse(known[0].name)
        return [replace(known[0], told=tuple(_told(address, item, owners)))]
    filled = (_filled(one, item, owners) for one in known)
    return [fact for facts in filled for fact in facts]


def _readers(packs: Sequence[str], context: Context) -> _Readers:
    found: dict[FactAddress, set[str]] = defaultdict(set)
    for pack in open_packs(packs, context):
        for rule in pack.rules:
            for path in (*rule.requires, *rule.reads):
                found[path._replace(every_node=False)].add(rule.id)
    return found


def _rows(readers: _Readers) -> Iterator[KnownFact]:
    sources = _sources()
    for type_, subtypes in sorted(vocabulary().types.items()):
        for name, subtype in subtypes.items():
            whole = FactAddress(type_, name)
            yield from (_row(whole.at(key), subtype, readers, sources) for key in subtype.facts)


def _row(
    address: FactAddress, subtype: Subtype, readers: _Readers, sources: Mapping[str, str]
) -> KnownFact:
    kind = subtype.type_of(str(address.key))
    ids = readers.get(address, set()) | readers.get(address.whole, set())
    if is_pattern(str(address.key)):
        ids = ids.union(*(readers[each] for each in readers if _falls_under(each, address)))
    return KnownFact(
        name=_written(address),
        type=kind.words if kind else "any value",
        about=kind.about if kind else "",
        subtype=subtype.about,
        source=sources.get(address.type, address.type),
        since=vocabulary().since(address),
        rules=tuple(sorted(ids)),
    )


def _falls_under(declared: FactAddress, pattern: FactAddress) -> bool:
    """Say whether a fact that a rule declares has no row of its own, but that of the pattern."""
    subtype = vocabulary().subtype(declared)
    return (
        declared.whole == pattern.whole
        and declared.key is not None
        and subtype is not None
        and subtype.type_of(declared.key) is subtype.facts[str(pattern.key)]
    )


def _written(address: FactAddress) -> str:
    """Write patterns plainly, without the brackets of a quoted key."""
    if is_pattern(address.subtype) or is_pattern(str(address.key)):
        return f"{address.type}.{address.subtype}.{address.key}"
    return str(address)


def _sources() -> dict[str, str]:
    collectors, _ = find_collectors()
    return {
        one.type.lower(): f"{one.type.lower()}, {_PLACES.get(one.reads, one.reads)}"
        for one in collectors
    }


_Fits = Callable[[KnownFact], bool]


def _ways(wanted: str) -> Iterator[_Fits]:
    """Give the ways to take a word, from the strictest on; the first that finds anything holds."""
    lower = wanted.lower()
    plain = lower.replace('["', ".").replace('"]', "")

    def name(fact: KnownFact) -> str:
        return fact.name.lower().replace('["', ".").replace('"]', "")

    if is_pattern(wanted):
        yield lambda fact: fnmatchcase(name(fact), plain)
        return
    yield lambda fact: name(fact) == plain
    yield lambda fact: name(fact).startswith(f"{plain}.") and "." in plain
    yield lambda fact: plain in name(fact)
    yield lambda fact: lower in f"{fact.about} {fact.subtype}".lower()


def _single(wanted: str, readers: _Readers) -> KnownFact:
    """Give a fact that only a pattern describes: ``os.sysctl["/proc/sys/vm/swappiness"]``.

    Raises:
        UsageError: it is of no subtype that we know.
    """
    known = vocabulary().known_facts()
    address = _address(wanted)
    subtype = vocabulary().subtype(address) if address else None
    if address is not None and subtype is not None:
        beside = [name for name in known if name.startswith(f"{address.whole}.")]
        is_slip = get_close_matches(str(address), beside, n=1, cutoff=_ALIKE)
        if subtype.type_of(str(address.key)) and not is_slip:
            return _row(address, subtype, readers, _sources())
    hint = nearest(wanted.lower(), known)
    raise UsageError(f"no fact is called {wanted!r}, and none mentions it", hint=hint)


def _address(wanted: str) -> FactAddress | None:
    """Read the address of one fact; None for what is none."""
    try:
        address = FactAddress.parse(wanted)
    except ValueError:
        return None
    return address if address.key is not None and not is_pattern(wanted) else None


def _owners(item: Item, node: str | None) -> dict[str | None, Facts]:
    snapshot = item.snapshot.snapshot
    every = {one.name: facts_of(one.measurements) for one in (*snapshot.nodes, *snapshot.unseen)}
    if node is not None:
        if node not in every:
            hint = nearest(node, every)
            raise UsageError(f"the snapshot has no node {node!r}", hint=hint)
        return {node: every[node]}
    owners: dict[str | None, Facts] = {None: facts_of(snapshot.measurements)}
    return owners | every


def _told(address: FactAddress, item: Item, owners: Mapping[str | None, Facts]) -> Iterator[Told]:
    """Give what each owner says; of those that say nothing only who might have said it."""
    has_cluster = address.whole in owners.get(None, {})
    for node, facts in owners.items():
        data = facts.get(address.whole, {})
        place = item.locate(node, address.segments)
        if address.key in data:
            why = vocabulary().unreadable(address, data)
            yield Told(node, place, data[str(address.key)], why)
        elif (node is None) is has_cluster:
            yield Told(node, place, trouble=_missing(address, item, node))
    if owners.keys() == {None} and not has_cluster:
        yield Told(None, item.location(), trouble=_missing(address, item, None))


def _missing(address: FactAddress, item: Item, node: str | None) -> str:
    snapshot = item.snapshot.snapshot
    word = snapshot.word_on(address.on(node))
    if word is not None:
        return f"not collected ({word.word})"
    return vocabulary().unsayable(address, snapshot.metadata.generator) or "not in the snapshot"


def _filled(
    known: KnownFact, item: Item, owners: Mapping[str | None, Facts]
) -> Iterator[KnownFact]:
    """Give the facts of a row that are there, each on its own."""
    type_, subtype, key = known.name.split(".", 2)
    if not is_pattern(known.name):
        address = FactAddress.parse(known.name)
        type_, subtype, key = address.type, address.subtype, str(address.key)
    names = {
        address.at(each)
        for facts in owners.values()
        for address, data in facts.items()
        if address.type == type_ and fnmatchcase(address.subtype, subtype)
        for each in data
        if each == key or (is_pattern(key) and _is_of_row(address, each, key))
    }
    for address in sorted(names):
        found = tuple(each for each in _told(address, item, owners) if each.value is not None)
        yield replace(known, name=str(address), told=found)


def _is_of_row(address: FactAddress, key: str, pattern: str) -> bool:
    row = vocabulary().subtype(address)
    return row is not None and row.type_of(key) is row.facts.get(pattern)
