"""``eidos policy lock``."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import click

from eidos.engine.app.context import Context, Opening
from eidos.engine.app.policy_lock import policy_lock
from eidos.engine.cli import console
from eidos.engine.cli.options import Option, configured_settings, reader_limits, takes
from eidos.engine.errors import ExitCode
from eidos.engine.folders import user_folder
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LockOptions:
    """Which lock, and what becomes of it."""

    update: Annotated[
        bool, Option("--update", "Update the lock although packs differ from it.")
    ] = False
    user: Annotated[bool, Option("--user", "The user's own lock, not the project's.")] = False
    verification_keys: Annotated[tuple[Path, ...], Option(setting="verification-keys")]


@click.command()
@click.argument("packs", nargs=-1, metavar="[NAME|DIR|FILE]...")
@takes("asked", LockOptions)
def command(packs: tuple[str, ...], asked: LockOptions) -> ExitCode:
    """Write eidos.lock with shipped packs, those configured or pulled, and those named here.

    With --locked, only these packs are used: another version, digest, source or signer is refused.
    The lock is stored next to the project's eidos.yaml. Exit codes: 0; 1 if packs differ from the
    lock, which --update accepts.
    """
    settings = configured_settings()
    named = [*settings.packs, *packs]
    for gate in settings.gates.values():
        named += [*gate.packs, *gate.bundle_packs]
    opening = Opening(limits=reader_limits(), verification_keys=asked.verification_keys)
    with Context(replace(opening, engine=settings.engine), os.environ) as context:
        done = policy_lock(named, lock_place(user=asked.user), context, update=asked.update)
    for line in done.changes:
        console.say(line)
    told = (
        "written" if done.is_written else "not as the packs are" if done.changes else "up to date"
    )
    console.say(f"{done.file}: {done.packs} packs, {told}")
    return done.exit_code


def lock_place(*, user: bool = False) -> Path:
    """Give where the lock is, or would be: the project's, unless it is the user's own."""
    from eidos.engine.config.loading import project_file
    from eidos.engine.packs.locking import FILE, find_lock

    if user:
        return user_folder("config", os.environ) / FILE
    project = project_file(Path.cwd())
    folder = project.parent if project else Path.cwd()
    return find_lock(Path.cwd()) or folder / FILE
