"""``eidos config``."""

from eidos.engine.cli import LazyGroup

command = LazyGroup(
    "config",
    package="eidos.engine.cli.config",
    verbs={
        "init": "Write a configuration to start from.",
        "show": "Show every setting and where it was said.",
        "validate": "Check the configuration.",
    },
    help="Settings: eidos.yaml, found upward, and the user's own file.",
)
