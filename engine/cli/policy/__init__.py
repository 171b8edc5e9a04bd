"""``eidos policy``."""

from eidos.engine.cli import LazyGroup

command = LazyGroup(
    "policy",
    package="eidos.engine.cli.policy",
    verbs={
        "backtest": "What packs would have said of all that is recorded.",
        "pack": "Make an OPA bundle of packs.",
        "test": "Run the tests of policy, and say what of it they saw.",
    },
    help="Policy packs.",
)
