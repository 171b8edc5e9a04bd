"""``eidos history``: each question is its own file."""

import click

from eidos.engine.cli import LazyGroup


@click.group(
    cls=LazyGroup,
    package="eidos.engine.cli.history",
    verbs={
        "as-of": "Judge what held at a moment, by the rules of then or of now.",
        "compliance": "How large a share of its time everything passed.",
        "drift": "What changed between two moments, and since when.",
        "facts": "Every value that a fact had, where and when.",
        "runs": "List recorded runs.",
        "show": "Report a recorded run again, in any format.",
        "sql": "Ask the database with SQL, read-only.",
        "timeline": "From when until when a rule had which status.",
        "verify": "Check that what is recorded is what was written.",
        "why": "What made a verdict change: facts, rule, parameters, waiver or day.",
    },
)
def command() -> None:
    """Read back what was recorded."""
