"""``eidos plugin``."""

from eidos.engine.cli import LazyGroup

command = LazyGroup(
    "plugin",
    package="eidos.engine.cli.plugin",
    verbs={
        "list": "List what is plugged in, and what is broken.",
        "show": "Show everything about plug-ins.",
    },
    help="What is plugged in.",
)
