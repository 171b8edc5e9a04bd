"""``eidos policy pull``."""

from pathlib import Path

import click

from eidos.engine.app.policy_pull import pull_and_note, pull_locked
from eidos.engine.app.shipping import PullRequest, pull_pack
from eidos.engine.cli.options import takes
from eidos.engine.cli.policy.lock import lock_place
from eidos.engine.cli.shipping import EXPECT, REFERRERS, DigestOptions, expected, tell, way
from eidos.engine.errors import UsageError


@click.command()
@click.argument("source", metavar="[REFERENCE]", required=False)
@click.option(
    "-o",
    "--output",
    "place",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The bundle to write: bundle.tar.gz.",
)
@click.option("--force", is_flag=True, help="Overwrite a file whose content differs.")
@click.option("--lock", "notes", is_flag=True, help="Note in eidos.lock where it came from.")
@click.option("--locked", is_flag=True, help="Pull what eidos.lock says, and nothing else.")
@EXPECT
@REFERRERS
@takes("options", DigestOptions)
def command(
    source: str | None,
    place: Path | None,
    expect: str | None,
    referrers: Path | None,
    options: DigestOptions,
    **flags: bool,
) -> None:
    """Pull an OPA bundle by tag or digest, whoever pushed it, and write it as it is.

    With --lock the project's eidos.lock says from where and by which digest; 'eidos policy lock'
    then locks what is in it. With --locked alone, all that was noted is pulled again, by digest.
    """
    if flags["locked"]:
        if source or place or expect or referrers or flags["notes"] or options.digest_file:
            raise UsageError(
                "--locked pulls what the lock says: it takes no reference, place or digest",
                hint="Write: eidos policy pull --locked",
            )
        for done in pull_locked(lock_place(), way(options), force=flags["force"]):
            tell(done, options)
        return
    if source is None or place is None:
        hint = "Write: eidos policy pull oci://HOST/REPOSITORY:TAG -o bundle.tar.gz"
        raise UsageError(f"{'-o FILE' if source else 'the reference'} is missing", hint=hint)
    request = PullRequest(
        source=source,
        place=place,
        expect=expected(expect),
        referrers=referrers,
        force=flags["force"],
    )
    if flags["notes"]:
        tell(pull_and_note(request, lock_place(), way(options)), options)
        return
    tell(pull_pack(request, way(options)), options)
