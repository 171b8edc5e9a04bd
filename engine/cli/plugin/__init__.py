"""``eidos plugin``."""

from eidos.engine.cli import LazyGroup

command = LazyGroup(
    "plugin",
    package="eidos.engine.cli.plugin",
    verbs={"list": "List the collectors and what each can collect."},
    help="What is plugged in.",
)
