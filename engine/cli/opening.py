"""From options and configuration to the policy that judges and the context it judges in."""

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from eidos.engine.app.context import Context, Opening
from eidos.engine.app.policies import PolicyRequest
from eidos.engine.cli import console
from eidos.engine.cli.options import (
    PolicyOptions,
    configured_settings,
    origins,
    reader_limits,
)
from eidos.engine.config.rows import SETTINGS
from eidos.engine.model.gate import Gate
from eidos.engine.model.policy import Relaxation
from eidos.engine.packs.choosing import RuleChoice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from eidos.engine.ports import Clock


def policy_request(options: PolicyOptions) -> PolicyRequest:
    """Join what options and configuration say: the one way to what judges, for every verb."""
    settings = configured_settings()
    return PolicyRequest(
        packs=options.packs,
        choice=RuleChoice(
            rules=options.rules,
            tags=options.tags,
            severity=options.severity,
            exclude=options.exclude,
        ),
        params=settings.params,
        params_places={
            (rule,): settings.origin(f"params.{rule}").location for rule in settings.params
        },
        params_files=options.params,
        enforcement=settings.enforcement,
        waivers=options.waivers,
        waiver_terms=settings.waiver_terms,
        gate=Gate(options.fail_on, options.allow_incomplete),
        effective_time=options.effective_time,
        relaxations=tuple(_relaxations()),
    )


def _relaxations() -> "Iterator[Relaxation]":
    """Give what somebody set that makes the gate easier to pass, and where it was said."""
    context = click.get_current_context()
    relaxing = {setting.key for setting in SETTINGS if setting.trust == "relaxes"}
    for key, origin in origins(context).items():
        if origin.source != "default" and any(
            key == k or key.startswith(f"{k}.") for k in relaxing
        ):
            yield Relaxation(key, str(origin))


def open_context(
    db: "Path | None" = None,
    policy: PolicyOptions | None = None,
    *,
    record: bool = False,
    clock: "Clock | None" = None,
) -> Context:
    """Open what a command needs, with the limits that hold for it.

    Args:
        db: the database; None for the default one.
        policy: says which engine judges; None where nothing is judged.
        record: the run is written down.
        clock: tells the time; None for the machine's.
    """
    opening = Opening(db=db, record=record, limits=reader_limits())
    if policy is not None:
        source = origins(click.get_current_context())["opa-binary"].source
        opening = replace(
            opening,
            engine=policy.engine,
            opa_binary=policy.opa_binary if source == "option" else None,
            configured_opa=policy.opa_binary if source in ("user", "project") else None,
            opa_url=policy.opa_url,
        )
    return Context(opening, os.environ, clock, console.say)
