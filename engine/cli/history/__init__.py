"""``eidos history``: each question is its own file."""

import click

from eidos.engine.cli import LazyGroup


@click.group(
    cls=LazyGroup,
    package="eidos.engine.cli.history",
    verbs={
        "recipe": "Write a recorded recipe again.",
        "export": "Write the whole history into a new file.",
        "import": "Take the history in a file that export wrote.",
        "prune": "Let old runs go; what is kept answers as before.",
        "runs": "List recorded runs.",
        "show": "Report a recorded run again, in any format.",
        "vacuum": "Make the database file as small as what is in it.",
        "verify": "Check that what is recorded is what was written.",
    },
)
def command() -> None:
    """Read back what was recorded, and look after it."""
