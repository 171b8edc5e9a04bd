"""``eidos history``: each question is its own file."""

import click

from eidos.engine.cli import LazyGroup


@click.group(
    cls=LazyGroup,
    package="eidos.engine.cli.history",
    verbs={
        "recipe": "Write a recorded recipe again.",
        "runs": "List recorded runs.",
        "show": "Report a recorded run again, in any format.",
        "verify": "Check that what is recorded is what was written.",
    },
)
def command() -> None:
    """Read back what was recorded."""
