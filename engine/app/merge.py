"""``eidos snapshot merge``: the snapshots in files become one."""

from collections.abc import Sequence

from eidos.engine.documents.finding import find_sources
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.reading import read_documents
from eidos.engine.documents.snapshots import read_snapshot
from eidos.engine.merging import Merged, Part, merge


def merge_files(arguments: Sequence[str], cluster: str | None, limits: Limits) -> Merged:
    """Merge the snapshots in files, folders and globs.

    Args:
        arguments: what the user named.
        cluster: the cluster's name, which then is no conflict; None to take theirs.
        limits: bounds of the reader.

    Raises:
        EidosError: a file cannot be read or is no snapshot.
    """
    parts = [
        Part(source.name, read_snapshot(document).snapshot)
        for source in find_sources(arguments)
        for document in read_documents(source, limits)
    ]
    return merge(parts, cluster)
