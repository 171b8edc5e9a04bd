"""``eidos policy``."""

from eidos.engine.cli import LazyGroup

command = LazyGroup(
    "policy",
    package="eidos.engine.cli.policy",
    verbs={
        "backtest": "What packs would have said of all that is recorded.",
        "lock": "Write down which packs may judge.",
        "pack": "Make an OPA bundle of packs.",
        "sign": "Sign a pack or a bundle.",
        "verify": "Say whether a pack or a bundle is as it was signed.",
    },
    help="Policy packs.",
)
