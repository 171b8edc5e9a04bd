"""``eidos cache``."""

from eidos.engine.cli import LazyGroup

command = LazyGroup(
    "cache",
    package="eidos.engine.cli.cache",
    verbs={
        "clear": "Delete every cached snapshot.",
        "info": "Show how many snapshots are kept, and where.",
    },
    help="Snapshots kept for a while, so that the next command need not collect again.",
)
