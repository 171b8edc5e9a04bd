"""Letting old runs go, so that no answer about the time since changes.

A run that is older than what is to be kept stays where what it found holds on: where it was the
last, before the kept time, to see a cluster, or to judge a subject by a rule. In the place of the
others stand checkpoints with the link of the last of each row of them.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterator

from eidos.engine.model.upkeep import Checkpoint, Keep
from eidos.engine.store.sqlite.addresses import packed, unpacked
from eidos.engine.store.sqlite.chain import check_runs
from eidos.engine.store.sqlite.encoding import milliseconds, parsed, state_time
from eidos.engine.store.sqlite.rebuilding import rebuild
from eidos.engine.store.sqlite.sweeping import sweep

_LAST_SEEN = """SELECT run FROM (
    SELECT run, row_number() OVER (PARTITION BY cluster ORDER BY at DESC, id DESC) AS place
    FROM captures WHERE run < :first AND at <= :begin
) WHERE place = 1"""
_SPARED_MS = 24 * 3600 * 1000
"""How long a run may take whose snapshots are stored ahead of it; our own choice."""


_OF_RUNS = (("bundlings", "run"), ("run_parts", "run"), ("captures", "run"), ("runs", "number"))
"""Tables whose rows go with a run, and what in them names it."""


def prune(
    connection: sqlite3.Connection,
    keep: Keep,
    now: int,
    make: Callable[[int, int, str], Checkpoint],
) -> tuple[int, int, int]:
    """Let runs go, with what only they name; within a transaction that nothing guards.

    Args:
        connection: the database.
        keep: which runs stay.
        now: milliseconds since 1970; what was stored ahead of a run a day before is of no run.
        make: gives the checkpoint for the runs from a number to another, with the link of that.

    Returns:
        How many runs went, how many stay, and how many of these are older than was asked for.

    Raises:
        AlteredError: what would go is not as it was written: it is evidence.
    """
    gone, counts = chosen(connection, keep)
    connection.execute("DELETE FROM pending WHERE since < ?", (now - _SPARED_MS,))
    if gone:
        _leave_checkpoints(connection, gone, make)
        for table, column in _OF_RUNS:
            connection.executemany(
                f"DELETE FROM {table} WHERE {column} = ?",  # noqa: S608 - ours
                [(number,) for number in gone],
            )
        rebuild(connection)
    sweep(connection)
    return counts


def chosen(connection: sqlite3.Connection, keep: Keep) -> tuple[list[int], tuple[int, int, int]]:
    """Give the runs that go, by number, and what `prune` gives; nothing is changed.

    Raises:
        AlteredError: what would go is not as it was written: it is evidence.
    """
    numbers = [
        number for (number,) in connection.execute("SELECT number FROM runs ORDER BY number")
    ]
    first, begin = _window(connection, keep)
    older = set(_holding(connection, first, begin))
    older |= set(_rendered_for(connection, first, older))
    gone = [number for number in numbers if number < first and number not in older]
    check_runs(connection, gone)
    return gone, (len(gone), len(numbers) - len(gone), len(older))


def read_checkpoints(connection: sqlite3.Connection) -> list[Checkpoint]:
    """Give every checkpoint, in the order of the chain."""
    # As bytes: what was altered need be no text.
    rows = connection.execute(
        "SELECT first, last, link, CAST(pruned AS BLOB), CAST(sealer AS BLOB), seal "
        "FROM checkpoints ORDER BY last"
    )
    return [
        Checkpoint(first, last, unpacked(link), _text(pruned), _text(sealer), seal)
        for first, last, link, pruned, sealer, seal in rows
    ]


def _text(written: bytes) -> str:
    return written.decode(errors="replace")


def _window(connection: sqlite3.Connection, keep: Keep) -> tuple[int, int]:
    """Give the number of the first run of those that stay by what was asked, and when they begin.

    A clock that went back may have put an early time on a late run: the order of recording decides.
    """
    runs = connection.execute(
        "SELECT number, recorded, started FROM runs ORDER BY number"
    ).fetchall()
    known = [(number, recorded or state_time(None, started)) for number, recorded, started in runs]
    since = None if keep.since is None else milliseconds(keep.since)
    wanted = known[-max(keep.runs or 1, 1) :]
    if since is not None:
        late = next((index for index, (_, at) in enumerate(known) if at >= since), len(known))
        wanted = max(wanted, known[late:], key=len)
    times = [at for _, at in wanted] + ([since] if since is not None else [])
    return (wanted[0][0] if wanted else 0), min(times, default=0)


def _holding(connection: sqlite3.Connection, first: int, begin: int) -> Iterator[int]:
    """Give the runs before `first` that answers about the time since `begin` need."""
    bounds = {"first": first, "begin": begin}
    for query in (
        "SELECT run FROM run_parts WHERE run < :first AND at > :begin",
        "SELECT run FROM captures WHERE run < :first AND at > :begin",
        _LAST_SEEN,
    ):
        yield from (run for (run,) in connection.execute(query, bounds))
    yield from _last_judging(connection, first, begin)


def _rendered_for(
    connection: sqlite3.Connection, first: int, older: Collection[int]
) -> Iterator[int]:
    """Give the runs before `first` that judged what was rendered for a bundle that stays."""
    for run, after in connection.execute(
        "SELECT run, after FROM bundlings WHERE after < ?", (first,)
    ):
        if run >= first or run in older:
            yield after


def _last_judging(connection: sqlite3.Connection, first: int, begin: int) -> Iterator[int]:
    """Give the runs that were the last to judge any subject by any rule."""
    parts = connection.execute(
        "SELECT run, pages FROM run_parts WHERE run < ? AND at <= ? ORDER BY at DESC, run DESC",
        (first, begin),
    )
    rules = _Rules(connection)
    judged: dict[int, frozenset[str]] = {}
    pages: set[int] = set()
    for run, written in parts.fetchall():
        new = [page for page in parsed(written) if page not in pages]
        pages.update(new)
        for subject, verdicts in _members(connection, new):
            asked, before = rules.of(verdicts), judged.get(subject, frozenset())
            if not asked <= before or subject not in judged:
                judged[subject] = before | asked
                yield run


def _members(connection: sqlite3.Connection, pages: list[int]) -> Iterator[tuple[int, int]]:
    for page in pages:
        (subjects,) = connection.execute(
            "SELECT subjects FROM subject_pages WHERE id = ?", (page,)
        ).fetchone()
        yield from ((subject, verdicts) for subject, _, verdicts in parsed(subjects))


class _Rules:
    """Which rules the verdicts of a list are of."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: dict[int, frozenset[str]] = {}

    def of(self, verdicts: int) -> frozenset[str]:
        if verdicts not in self._known:
            found = self._connection.execute(
                "SELECT DISTINCT j.rule FROM verdict_lists l JOIN json_each(l.verdicts) e "
                "JOIN verdicts v ON v.id = e.value JOIN judgements j ON j.id = v.judgement "
                "WHERE l.id = ?",
                (verdicts,),
            )
            self._known[verdicts] = frozenset(rule for (rule,) in found)
        return self._known[verdicts]


def _leave_checkpoints(
    connection: sqlite3.Connection, gone: list[int], make: Callable[[int, int, str], Checkpoint]
) -> None:
    """Put one checkpoint in the place of each row of runs that go, or went before."""
    before = {each.last: each for each in read_checkpoints(connection)}
    spans = sorted(
        [*((each.first, each.last) for each in before.values()), *((n, n) for n in gone)]
    )
    for first, last in _joined(spans):
        if last in before and before[last].first == first:
            continue
        link = before[last].link if last in before else _link(connection, last)
        new = make(first, last, link)
        connection.execute("DELETE FROM checkpoints WHERE last BETWEEN ? AND ?", (first, last))
        connection.execute(
            "INSERT INTO checkpoints (first, last, link, pruned, sealer, seal) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (first, last, packed(new.link), new.pruned, new.sealer, new.seal),
        )


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join spans of numbers that follow each other."""
    joined: list[tuple[int, int]] = []
    for first, last in spans:
        if joined and joined[-1][1] + 1 == first:
            joined[-1] = joined[-1][0], last
        else:
            joined.append((first, last))
    return joined


def _link(connection: sqlite3.Connection, number: int) -> str:
    (link,) = connection.execute("SELECT link FROM runs WHERE number = ?", (number,)).fetchone()
    return unpacked(link)
