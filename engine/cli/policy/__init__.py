"""``eidos policy``."""

from eidos.engine.cli import LazyGroup

command = LazyGroup(
    "policy",
    package="eidos.engine.cli.policy",
    verbs={
        "backtest": "What packs would have said of all that is recorded.",
        "copy": "Copy a pack with what refers to it.",
        "list-remote": "List the packs of a registry.",
        "pack": "Make an OPA bundle of packs.",
        "pull": "Get an OPA bundle from a registry.",
        "push": "Put an OPA bundle into a registry.",
    },
    help="Policy packs.",
)
