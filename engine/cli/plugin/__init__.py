"""``eidos plugin``."""

from eidos.engine.cli import LazyGroup

command = LazyGroup(
    "plugin",
    package="eidos.engine.cli.plugin",
    verbs={"list": "List collectors, and policy packs of Python packages."},
    help="What is plugged in.",
)
