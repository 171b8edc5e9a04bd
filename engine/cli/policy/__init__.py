"""``eidos policy``."""

from eidos.engine.cli import LazyGroup

command = LazyGroup(
    "policy",
    package="eidos.engine.cli.policy",
    verbs={"pack": "Make an OPA bundle of packs."},
    help="Policy packs.",
)
