"""``eidos snapshot merge``: snapshots of nodes and of their cluster become one."""

from collections.abc import Sequence

from eidos.engine.app.context import Context
from eidos.engine.merging import Merged, Part, merge


def merge_items(references: Sequence[str], cluster: str | None, context: Context) -> Merged:
    """Merge the snapshots that references name.

    Args:
        references: files, folders, globs, stored snapshots.
        cluster: the cluster's name, which then is no conflict; None to take theirs.
        context: what is open.

    Raises:
        EidosError: one cannot be read or is no snapshot.
    """
    items = context.reader().every(references)
    return merge([Part(item.file, item.snapshot.snapshot) for item in items], cluster)
