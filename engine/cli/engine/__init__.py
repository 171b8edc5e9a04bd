"""``eidos engine``."""

from eidos.engine.cli import LazyGroup

command = LazyGroup(
    "engine",
    package="eidos.engine.cli.engine",
    verbs={
        "info": "Show which Rego engine judges, and why.",
        "install": "Build OPA into your data folder.",
    },
    help="The Rego engine: OPA where it is found, else the light one that comes with eidos.",
)
