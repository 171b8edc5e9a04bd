"""``eidos policy fmt``."""

import click

from eidos.engine.app.policy_fmt import policy_fmt
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import LocalEngineOptions, takes
from eidos.engine.errors import ExitCode
from eidos.engine.report.escaping import one_line, tabbed


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--check", is_flag=True, help="Change nothing; exit with 1 if something would change."
)
@click.option("--diff", is_flag=True, help="Change nothing; show the changes as a diff.")
@click.option("--v0", is_flag=True, help="The files are written in Rego v0.")
@takes("engine", LocalEngineOptions)
def command(
    paths: tuple[str, ...], engine: LocalEngineOptions, *, check: bool, diff: bool, v0: bool
) -> ExitCode:
    """Format Rego files and those in folders, here by default, exactly as 'opa fmt' does.

    Prints the names of changed files. Files are replaced atomically; one that does not parse stays
    as it is, and links are not followed. Exit codes: 0, 1 if --check finds something, 2 if a file
    does not parse or a folder holds no policy, 3 if there is nothing to format.
    """
    with open_context(engine=engine) as context:
        found = policy_fmt(paths, context, write=not (check or diff), v0=v0)
    for each in found.changed:
        console.put(tabbed(each.diff).rstrip("\n") if diff else one_line(each.file))
    for link in found.links:
        console.say(f"note: {link} is a link and was skipped")
    for problem in found.problems:
        console.complain(problem)
    if found.problems:
        return ExitCode.NO_ANSWER
    if not found.files:
        console.say("no .rego file was found")
        return ExitCode.INCOMPLETE
    return ExitCode.FAILED if check and found.changed else ExitCode.OK
