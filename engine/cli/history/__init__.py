"""``eidos history``: each question is its own file."""

import click

from eidos.engine.cli import LazyGroup


@click.group(
    cls=LazyGroup,
    package="eidos.engine.cli.history",
    verbs={
        "as-of": "Judge what held at a moment, by the rules of then or of now.",
        "bundle": "Show what a gate decided about a bundle, and gate.json again.",
        "bundles": "List what gates decided about bundles.",
        "checkpoint": "Where the chain of runs ends, to be kept elsewhere.",
        "compliance": "How large a share of its time everything passed.",
        "drift": "What changed between two moments, and since when.",
        "export": "Write the whole history into a new file.",
        "facts": "Every value that a fact had, where and when.",
        "import": "Take the history in a file that export wrote.",
        "prune": "Let old runs go; what is kept answers as before.",
        "recipe": "Write a recorded recipe again.",
        "runs": "List recorded runs.",
        "show": "Report a recorded run again, in any format.",
        "sql": "Ask the database with SQL, read-only.",
        "timeline": "From when until when a rule had which status.",
        "vacuum": "Shrink the database file to the size of its content.",
        "verify": "Check that what is recorded is what was written.",
        "why": "What made a verdict change: facts, rule, parameters, waiver or day.",
    },
)
def command() -> None:
    """Read back what was recorded, and look after it."""
