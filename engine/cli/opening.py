"""From options and configuration to the policy that judges and the context it judges in."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from eidos.engine.app.context import Context, Opening
from eidos.engine.app.policies import PolicyRequest
from eidos.engine.cli import console
from eidos.engine.cli.options import (
    ChosenEngineOptions,
    EngineOptions,
    LocalEngineOptions,
    PolicyOptions,
    RelaxingOption,
    SettingOption,
    WindowOptions,
    configured_settings,
    given,
    reader_limits,
)
from eidos.engine.config.rows import BY_KEY
from eidos.engine.config.trusting import row_of, shown
from eidos.engine.errors import ConfigError, Location
from eidos.engine.model.gate import Gate
from eidos.engine.model.history import Window
from eidos.engine.model.policy import Relaxation
from eidos.engine.model.times import written
from eidos.engine.packs.choosing import RuleChoice
from eidos.engine.report.outputs import Output

if TYPE_CHECKING:
    from eidos.engine.ports import Clock


_EVERY_VERB = frozenset(
    {"params", "enforcement", *(key for key in BY_KEY if key.startswith("limits."))}
)
"""Settings without an option that bear on whatever judges."""


def policy_request(options: PolicyOptions, relaxations: tuple[Relaxation, ...]) -> PolicyRequest:
    """Join what options and configuration say: the one way to what judges, for every verb.

    Args:
        options: of the command line.
        relaxations: as `tell_relaxations` gave them.
    """
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
        gate=Gate(options.fail_on, options.allow_incomplete, options.require_askable),
        effective_time=options.effective_time,
        relaxations=relaxations,
    )


def tell_relaxations(
    also: Iterable[str] = (), without: Iterable[str] = (), outputs: Sequence[Output] = ()
) -> tuple[Relaxation, ...]:
    """Say on standard error what makes the gate easier to pass than it is by default, and give it.

    A report in text tells it as well: where both streams go to one place, it is told there only.

    Args:
        also: settings, or entries of them, without an option that bear on the running command.
        without: settings of which it does not take what is configured.
        outputs: of a report whose text tells what relaxed it; none where no report does.
    """
    context = click.get_current_context()
    options = given(context)
    used = {each for each in context.command.params if isinstance(each, SettingOption)}
    bearing = {*_EVERY_VERB, *also, *(each.setting for each in used)}
    bearing -= {*without, *(each.setting for each in used if each.name in options)}
    configured = configured_settings(context).relaxations
    found = (
        *(each for option in options.values() for each in _of_option(option, context)),
        *(each for each in configured if bearing & {each.setting, row_of(each.setting).key}),
    )
    told_in_text = Output("text") in outputs and console.is_one_place()
    with suppress(OSError):  # where nobody can be told, the report still tells
        for each in () if told_in_text else found:
            console.say(f"relaxed: {each}")
    return found


def _of_option(option: click.Parameter, context: click.Context) -> Iterator[Relaxation]:
    """Give what an option of the command line relaxes, each of its values for itself."""
    value: Any = context.params[str(option.name)]
    flag = max(option.opts, key=len)
    for each in value if isinstance(value, tuple) else (value,):
        text = written(each) if isinstance(each, datetime) else shown(each)
        if isinstance(option, SettingOption):
            if BY_KEY[option.setting].relaxes(each):
                yield Relaxation(option.setting, text, Location(flag))
        elif isinstance(option, RelaxingOption) and each != option.default:
            yield Relaxation(flag.lstrip("-"), text, Location(flag))


def asked_window(options: WindowOptions, now: datetime) -> Window:
    """Give what of the past is asked about; the last thirty days unless said otherwise."""
    from eidos.engine.app.past import SPAN, at

    until = at(options.until, now, now)
    if until.date() == now.date() and until.time() == datetime.max.time():
        until = now  # the end of today is not yet
    return Window(
        since=at(options.since, now, until - SPAN),
        until=until,
        clusters=options.clusters,
        nodes=options.nodes,
        rules=options.rules,
    )


def any_window(options: WindowOptions, now: datetime) -> Window | None:
    """Give what of the past is asked about, all of it where nothing bounds it; None for no bound.

    The far end is open: a clock that went back leaves runs that started after now.
    """
    from eidos.engine.app.past import at

    if options == WindowOptions():
        return None
    return Window(
        since=at(options.since, now, datetime.min.replace(tzinfo=UTC)),
        until=at(options.until, now, datetime.max.replace(tzinfo=UTC)),
        clusters=options.clusters,
        nodes=options.nodes,
        rules=options.rules,
    )


def open_context(
    db: "Path | None" = None,
    engine: ChosenEngineOptions | None = None,
    *,
    record: bool = False,
    remembers: bool = True,
    clock: "Clock | None" = None,
) -> Context:
    """Open what a command needs, with the limits that hold for it.

    Args:
        db: the database; None for the default one.
        engine: says which one judges; None where nothing is judged.
        record: the run is written down.
        remembers: nothing is asked twice.
        clock: tells the time; None for the machine's.
    """
    opening = Opening(db=db, record=record, remembers=remembers, limits=reader_limits())
    if engine is not None:
        typed = given(click.get_current_context())
        is_option = any(
            isinstance(each, SettingOption) and each.setting == "opa-binary"
            for each in typed.values()
        )
        source = configured_settings().origin("opa-binary").source
        is_configured = not is_option and source in ("user", "project")
        opening = replace(
            opening,
            engine=engine.engine,
            opa_binary=engine.opa_binary if is_option else None,
            configured_opa=engine.opa_binary if is_configured else None,
            opa_url=engine.opa_url if isinstance(engine, EngineOptions) else None,
        )
    if isinstance(engine, LocalEngineOptions):
        opening = replace(
            opening,
            verification_keys=tuple(map(Path, engine.verification_keys)),
            locks=_locks() if engine.locked else (),
        )
    return Context(opening, os.environ, clock, console.say)


def _locks() -> "tuple[Path, ...]":
    """Give the locks that hold here: the project's, and the user's own beside.

    Raises:
        ConfigError: there is none.
    """
    from eidos.engine.folders import user_folder
    from eidos.engine.packs.locking import FILE, find_lock

    own = user_folder("config", os.environ) / FILE
    found = [file for file in (find_lock(Path.cwd()), own) if file and file.is_file()]
    if not found:
        problem = f"only what is locked may judge, and there is no {FILE} here, above, or at {own}"
        raise ConfigError(problem, hint="Make one with: eidos policy lock")
    return tuple(dict.fromkeys(found))
