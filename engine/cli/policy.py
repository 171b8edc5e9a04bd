"""The options of every command that judges, and the policy and context they ask for."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from eidos.engine.app.context import Context, Opening
from eidos.engine.app.policies import PolicyRequest
from eidos.engine.cli.options import SEVERITY, Instant, configured_settings, reader_limits
from eidos.engine.model.gate import Gate
from eidos.engine.model.policy import Enforcement, Severity
from eidos.engine.packs.choosing import RuleChoice

if TYPE_CHECKING:
    from eidos.engine.config.settings import Settings
    from eidos.engine.ports import Clock

_Command = TypeVar("_Command", bound="Callable[..., Any] | click.Command")

_OPTIONS = (
    click.option(
        "-p",
        "--pack",
        "packs",
        multiple=True,
        metavar="NAME[@VERSION]|DIR",
        help="Policy to judge by; default: all shipped packs.",
    ),
    click.option("--rule", "rules", multiple=True, metavar="ID", help="Ask only these rules."),
    click.option("--tag", "tags", multiple=True, help="Ask only rules with a tag or framework."),
    click.option(
        "--severity", type=SEVERITY, default="info", help="Ask only rules this bad or worse."
    ),
    click.option(
        "--params",
        multiple=True,
        type=click.Path(),
        metavar="FILE",
        help="Parameters: {RULE: {name: value}}.",
    ),
    click.option("--waivers", multiple=True, metavar="FILE", help="Accepted violations."),
    click.option("--effective-time", type=Instant(), help="The day that rules and waivers see."),
    click.option(
        "--opa", metavar="URL", help="Judge by an OPA server instead of an engine of ours."
    ),
)


def judges(*, exclude: tuple[str, ...]) -> Callable[[_Command], _Command]:
    """Give the options of commands that judge.

    Args:
        exclude: how the option that leaves rules out is written.
    """

    def decorate(command: _Command) -> _Command:
        named = click.option(
            *exclude, "exclude_rules", multiple=True, metavar="ID|TAG", help="Rules not to ask."
        )
        for option in reversed((*_OPTIONS[:4], named, *_OPTIONS[4:])):
            command = option(command)
        return command

    return decorate


def policy_request(options: Mapping[str, Any], gate: Gate) -> PolicyRequest:
    """Join options and configuration: the one way from what was said to what judges."""
    settings = configured_settings()
    return PolicyRequest(
        packs=options["packs"],
        choice=RuleChoice(
            rules=options["rules"],
            tags=options["tags"],
            severity=Severity(options["severity"]),
            exclude=options["exclude_rules"],
        ),
        params=settings.params if settings else {},
        params_files=options["params"],
        enforcement=_enforcement(settings),
        waivers=options["waivers"],
        gate=gate,
        effective_time=options["effective_time"],
        relaxations=(),
    )


def _enforcement(settings: "Settings | None") -> dict[str, Enforcement]:
    bound = settings.enforcement if settings else {}
    return {rule: Enforcement(each) for rule, each in bound.items()}


def open_context(
    db: Path | None = None,
    *,
    record: bool = False,
    opa: str | None = None,
    clock: "Clock | None" = None,
) -> Context:
    """Open what a command needs, with the limits that hold for it."""
    opening = Opening(db=db, record=record, opa=opa, limits=reader_limits())
    return Context(opening, os.environ, clock)
