"""``eidos policy``."""

from eidos.engine.cli import LazyGroup

command = LazyGroup(
    "policy",
    package="eidos.engine.cli.policy",
    verbs={
        "backtest": "What packs would have said of all that is recorded.",
        "diff": "What a new version of a pack changes.",
        "lint": "Look for mistakes in policy.",
        "quality": "Which rules do nothing, and which mistakes no test notices.",
        "pack": "Make an OPA bundle of packs.",
    },
    help="Policy packs.",
)
