"""``eidos history sql``: questions that nobody foresaw."""

from datetime import timedelta

from eidos.engine.app.context import Context
from eidos.engine.model.history import QueryResult


def query(text: str, context: Context, seconds: float, most: int) -> QueryResult:
    """Ask the database with SQL; nothing is changed.

    Args:
        text: one ``select`` over the views ``v1_…`` or the tables.
        context: what is open.
        seconds: after which the query is ended.
        most: rows that are given at most.

    Raises:
        StoreError: there is no database, or it cannot be read.
        UsageError: the query is none, does more than read, or did not end in time.
    """
    from eidos.engine.store.opening import select

    end = context.clock.now() + timedelta(seconds=seconds)
    return select(context.store_place, text, lambda: context.clock.now() > end, most)
