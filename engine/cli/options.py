"""Options: groups of them as typed dataclasses, and kinds of their values.

A group is a frozen dataclass; each field says how it is given on the command line, and a command
takes the whole group as one argument::

    @dataclass(frozen=True, slots=True, kw_only=True)
    class RunsOptions:
        cluster: Annotated[str | None, Option("--cluster", "Only runs of this cluster.")] = None
        since: Annotated[datetime | None, Option("--since", "Only later runs.")] = None
        db: Database

    @click.command()
    @takes("asked", RunsOptions)
    def command(asked: RunsOptions) -> None: ...

The annotated type decides how the text is read: ``bool`` is a flag, ``tuple[str, ...]`` may be
repeated, an enumeration or ``Literal`` is a choice, and ``Path``, ``datetime`` and ``int`` are read
as such; ``type=`` says otherwise. A field's Python default is the option's default. Where an option
stands for a setting (``setting="fail-on"``), flags, help and default are those of the setting's row
in `eidos.engine.config.rows`, and what the configuration says goes before the default; a field
of that kind has no Python default.

Groups compose: `takes` may stand any number of times. Click knows a field by its argument and name:
``context.get_parameter_source("policy_packs")`` says who set it.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import KW_ONLY, MISSING, Field, fields
from datetime import datetime, timedelta
from enum import Enum
from functools import wraps
from pathlib import Path
from types import NoneType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    TypeAlias,
    TypeVar,
    get_args,
    get_origin,
)

import click
from click.core import ParameterSource

from eidos.engine.config import Files, Settings
from eidos.engine.config.rows import BY_KEY, moment
from eidos.engine.documents.limits import Limits
from eidos.engine.errors import ConfigError
from eidos.engine.model.durations import seconds, span
from eidos.engine.model.rule import Severity
from eidos.engine.records import dataclass
from eidos.engine.report.registry import DOCUMENT, Kind

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_Command = TypeVar("_Command", bound="Callable[..., Any] | click.Command")
_Result = TypeVar("_Result")

COLOR = click.Choice(["auto", "always", "never"])


class Instant(click.ParamType[datetime]):
    """RFC 3339 with a zone, or a bare date (its start, UTC)."""

    name = "time"

    def convert(
        self,
        value: Any,  # noqa: ANN401 -- click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> datetime:
        """Read the option's text."""
        if isinstance(value, datetime):
            return value
        try:
            return moment(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Moment(click.ParamType[datetime | timedelta]):
    """A moment of the past: RFC 3339 with a zone, a date (UTC), or a span before now (``90d``).

    Args:
        end_of_day: a bare date means the end of that day, and not its start.
    """

    name = "time"

    def __init__(self, *, end_of_day: bool = False) -> None:
        self._end_of_day = end_of_day

    def convert(
        self,
        value: Any,  # noqa: ANN401 -- click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> datetime | timedelta:
        """Read the option's text."""
        if isinstance(value, datetime | timedelta):
            return value
        with suppress(ValueError):
            if not str(value).strip().isdecimal():  # a bare number may be a year
                length = seconds(str(value))
                return timedelta(seconds=_bounded(length, str(value), self, param, ctx))
        try:
            return moment(str(value), end_of_day=self._end_of_day)
        except ValueError as error:
            self.fail(f"{error}, and no span before now (90d)", param, ctx)


class Duration(click.ParamType[float]):
    """A span of time, in seconds: ``30s``, ``5m``."""

    name = "duration"

    def convert(
        self,
        value: Any,  # noqa: ANN401 -- click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        """Read the option's text."""
        if isinstance(value, int | float):
            return float(value)
        try:
            length = seconds(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return _bounded(length, str(value), self, param, ctx)


LONGEST = timedelta(days=36_525)
"""A hundred years: more is a slip of the hand, and no date may be so far away."""


def _bounded(
    length: float,
    text: str,
    kind: click.ParamType[Any],
    param: click.Parameter | None,
    ctx: click.Context | None,
) -> float:
    if length > LONGEST.total_seconds():
        kind.fail(f"{text} is longer than {LONGEST.days} days", param, ctx)
    return length


class _Member(click.Choice[Enum]):
    """A member of an enumeration, said by its value."""

    def normalize_choice(self, choice: object, ctx: click.Context | None) -> str:
        """Give the value of a member, in which the user says it."""
        return super().normalize_choice(choice.value if isinstance(choice, Enum) else choice, ctx)


@dataclass(frozen=True, slots=True)
class Option:
    """How a field of a group is given on the command line."""

    flags: str = ""
    """A space between them: ``-p --pack``; empty for those of the setting."""
    help: str = ""
    """Empty for that of the setting."""
    _: KW_ONLY
    metavar: str | None = None
    type: click.ParamType[Any] | None = None
    """How its text is read; None to go by the annotated type."""
    setting: str | None = None
    """Key of the setting whose value is its default."""
    required: bool = False
    """The command does nothing without it."""
    relaxes: bool = False
    """Given, it makes the gate easier to pass; where there is a setting, that says so."""


class RelaxingOption(click.Option):
    """An option without a setting that makes the gate easier to pass."""


class SettingOption(click.Option):
    """An option whose default stands in the configuration.

    Args:
        setting: key of the setting.
        options: as for every option.
    """

    def __init__(self, *declarations: Any, setting: str, **options: Any) -> None:  # noqa: ANN401 -- click's own types
        super().__init__(*declarations, **options)
        self.setting = setting

    def consume_value(
        self, ctx: click.Context, opts: Mapping[str, Any]
    ) -> tuple[Any, ParameterSource]:
        """Take the configured value where the command line gives none.

        Raises:
            ConfigError: the command refuses what the configuration says; it has file and line.
        """
        value, source = super().consume_value(ctx, opts)
        settings = configured_settings(ctx)
        said = settings.said(self.setting)
        if said is None or source is not ParameterSource.DEFAULT:
            return value, source
        if isinstance(said, Mapping):
            said = tuple(f"{key}={item}" for key, item in said.items())
        self._refuse(ctx, said, settings)
        return said, ParameterSource.DEFAULT_MAP

    def _refuse(self, ctx: click.Context, said: object, settings: Settings) -> None:
        """Refuse what the configuration says before the command does, which knows no place."""
        from eidos.engine.app.config import refuse

        try:
            self.type_cast_value(ctx, said)
        except click.BadParameter as error:
            place = settings.origin(self.setting).location
            raise ConfigError(f"'{self.setting}': {error.message}", location=place) from error
        refuse(self.setting, settings)


def given(context: click.Context) -> dict[str, click.Parameter]:
    """Give the parameters that the command line says, by their names.

    Args:
        context: the command's, after its options were read.
    """
    named = {ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT}
    return {
        each.name: each
        for each in context.command.params
        if each.name and context.get_parameter_source(each.name) in named
    }


def takes(
    name: str, group: "type[DataclassInstance]", flags: Mapping[str, str] | None = None
) -> Callable[[Callable[..., _Result]], Callable[..., _Result]]:
    """Make a command take a group of options as one argument.

    Args:
        name: of the argument.
        group: a dataclass whose fields are annotated with `Option`.
        flags: other flags for some fields, a space between them.
    """
    own = {f"{name}_{each.name}": each for each in fields(group)}
    options = [_option(each, field, (flags or {}).get(field.name)) for each, field in own.items()]

    def decorate(callback: Callable[..., _Result]) -> Callable[..., _Result]:
        @wraps(callback)
        def command(*arguments: object, **values: object) -> _Result:
            taken = {field.name: values.pop(each) for each, field in own.items()}
            return callback(*arguments, **{name: group(**taken)}, **values)

        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _option(name: str, field: "Field[Any]", flags: str | None) -> Callable[[_Command], _Command]:
    """Give click's option for a field of a group."""
    kind, option = get_args(field.type)
    row = BY_KEY[option.setting] if option.setting else None
    attributes = _reading(kind, option.type)
    if option.required:
        attributes |= {"required": True}
    if row is not None:
        attributes |= {"cls": SettingOption, "setting": row.key}
    elif option.relaxes:
        attributes |= {"cls": RelaxingOption}
    default = row.default if field.default is MISSING and row else field.default
    if default not in (MISSING, None, False, ()):
        attributes |= {"default": _as_typed(default), "show_default": True}
    return click.option(
        name,
        *(flags or option.flags or (row.flags if row else "")).split(),
        help=option.help or (row.help if row else None),
        metavar=option.metavar or (row.metavar if row else None),
        **attributes,
    )


def _as_typed(default: object) -> object:
    """Give a default as it is typed, which is how help shows it: ``info``, ``15m``."""
    if isinstance(default, Enum):
        return default.value
    if isinstance(default, float) and seconds(span(default)) == default:
        return span(default)
    return default


def _reading(kind: object, type_: click.ParamType[Any] | None) -> dict[str, Any]:
    """Say how click reads text as a type."""
    if kind is bool:
        return {"is_flag": True}
    if get_origin(kind) is tuple:
        return {"multiple": True, "type": type_ or _param_type(get_args(kind)[0])}
    return {"type": type_ or _param_type(kind)}


def _param_type(kind: object) -> click.ParamType[Any]:
    inner = [each for each in get_args(kind) if each is not NoneType]
    if get_origin(kind) is Literal:
        return click.Choice(inner)
    if inner:
        return _param_type(inner[0])
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _Member(kind)
    return _TYPES[kind]


_TYPES: Mapping[object, click.ParamType[Any]] = {
    str: click.STRING,
    int: click.INT,
    float: Duration(),
    Path: click.Path(path_type=Path),
    datetime: Instant(),
}
"""Type of a field to how its text is read; spans of time are all the fractions there are."""

Database: TypeAlias = Annotated[Path | None, Option(setting="db")]
Color: TypeAlias = Annotated[
    Literal["auto", "always", "never"], Option("--color", "Colour text on standard output.")
]
MaxAge: TypeAlias = Annotated[float | None, Option(setting="max-age")]
Gone: TypeAlias = Annotated[
    tuple[str, ...],
    Option(
        "--gone",
        "Decommissioned clusters: their time ends when they were last seen.",
        metavar="GLOB",
    ),
]
SightAge: TypeAlias = Annotated[
    float, Option("--max-age", "How long a recorded state of a subject stays valid; default: 24h.")
]
Verbose: TypeAlias = Annotated[bool, Option("-v --verbose", "Also show what passed.")]
SINCE = Moment()
UNTIL = Moment(end_of_day=True)
Clusters: TypeAlias = Annotated[
    tuple[str, ...], Option("--cluster", "Only these clusters.", metavar="GLOB")
]
Nodes: TypeAlias = Annotated[tuple[str, ...], Option("--node", "Only these nodes.", metavar="GLOB")]
Since: TypeAlias = Annotated[
    datetime | timedelta | None,
    Option("--since", "From this time on: a time, a date, or a span before now (30d).", type=SINCE),
]
Until: TypeAlias = Annotated[
    datetime | timedelta | None, Option("--until", "Up to this time; default: now.", type=UNTIL)
]
Rows: TypeAlias = Annotated[
    int,
    Option("--limit", "Maximum number of rows; 0 for all.", type=click.IntRange(0, 2**31 - 1)),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowOptions:
    """What of the past is asked about: of every question of ``eidos history``."""

    clusters: Clusters = ()
    nodes: Nodes = ()
    rules: Annotated[tuple[str, ...], Option("--rule", "Only these rules.", metavar="GLOB")] = ()
    since: Since = None
    until: Until = None


Lenient: TypeAlias = Annotated[
    bool, Option("--lenient", "Accept snapshots without apiVersion and kind.")
]
_OWN_OVERLAYS = "Folder with your own overlays."
OwnOverlays: TypeAlias = Annotated[tuple[str, ...], Option("--data", _OWN_OVERLAYS, metavar="DIR")]
DATA = click.option("--data", multiple=True, metavar="DIR", help=_OWN_OVERLAYS)
"""The same for a command that takes no group with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenEngineOptions:
    """Which engine judges."""

    engine: Annotated[Literal["auto", "opa", "light"], Option(setting="engine")]
    opa_binary: Annotated[Path | None, Option(setting="opa-binary")]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalEngineOptions(ChosenEngineOptions):
    """Which Rego engine of this machine is used, and what packs must be to be judged by."""

    locked: Annotated[bool, Option(setting="locked")]
    verification_keys: Annotated[tuple[Path, ...], Option(setting="verification-keys")]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions(LocalEngineOptions):
    """Which Rego engine judges."""

    opa_url: Annotated[str | None, Option(setting="opa-url")]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingOptions(EngineOptions):
    """What judges and what decides, but for the day; see `PolicyOptions`.

    A command in which ``--exclude`` means nothing else takes it as well::

        @takes("policy", PolicyOptions, {"exclude": "--exclude --exclude-rule"})
    """

    packs: Annotated[tuple[str, ...], Option(setting="packs")]
    rules: Annotated[
        tuple[str, ...], Option("--rule", "Only these rules.", metavar="GLOB", relaxes=True)
    ] = ()
    tags: Annotated[
        tuple[str, ...], Option("--tag", "Only rules with this tag or framework.", relaxes=True)
    ] = ()
    severity: Annotated[
        Severity, Option("--severity", "Only rules of this severity or higher.", relaxes=True)
    ] = Severity.INFO
    exclude: Annotated[
        tuple[str, ...],
        Option("--exclude-rule", "Rules to leave out.", metavar="ID|TAG", relaxes=True),
    ] = ()
    params: Annotated[
        tuple[str, ...],
        Option(
            "--params",
            "File with rule parameters: {RULE: {name: value}}.",
            metavar="FILE",
            relaxes=True,
        ),
    ] = ()
    waivers: Annotated[tuple[str, ...], Option(setting="waivers")]
    fail_on: Annotated[Severity, Option(setting="fail-on")]
    allow_incomplete: Annotated[bool, Option(setting="allow-incomplete")]
    require_askable: Annotated[bool, Option(setting="require-askable")]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyOptions(JudgingOptions):
    """What judges and what decides: of every command that gives verdicts."""

    effective_time: Annotated[datetime | None, Option(setting="effective-time")]


def configured_settings(context: click.Context | None = None) -> Settings:
    """Give the configuration of a command, by default of the one that runs."""
    context = context or click.get_current_context()
    settings: Settings | None = (context.obj or {}).get("settings")
    return settings or Settings()


def configuration_files() -> Files:
    """Say which files of configuration count for the running command."""
    files: Files | None = (click.get_current_context().obj or {}).get("files")
    return files or Files()


def reader_limits() -> Limits:
    """Give the bounds of document readers as the running command's configuration has them."""
    return configured_settings().limits


def writes(kind: Kind[Any], **setting: Any) -> Callable[[_Command], _Command]:  # noqa: ANN401 -- click's own types
    """Give the option ``-o FORMAT[=PATH]`` of a command that gives a result of this kind.

    Args:
        kind: names the formats.
        setting: ``setting=`` and its key, where one is its default.
    """
    return click.option(
        "-o",
        "--output",
        "--format",
        "outputs",
        cls=_SettingFormatOption if setting else _FormatOption,
        kind=kind,
        multiple=True,
        metavar="FORMAT[=PATH]",
        help=_formats_help(kind.formats),
        **setting,
    )


class _FormatOption(click.Option):
    """``-o``: help names what packages bring as well, and nobody looks for that before."""

    def __init__(self, *declarations: Any, kind: Kind[Any], **options: Any) -> None:  # noqa: ANN401 -- click's own types
        super().__init__(*declarations, **options)
        self.kind = kind

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Write flags and help."""
        more = [name for name, each in self.kind.packaged().items() if not each.error]
        ours = self.help
        self.help = _formats_help([*self.kind.formats, *more])
        try:
            return super().get_help_record(ctx)
        finally:
            self.help = ours  # packages may be others when it is asked again


class _SettingFormatOption(_FormatOption, SettingOption):
    """The same, with a default in the configuration."""


def _formats_help(formats: Iterable[str]) -> str:
    *names, last = formats
    return f"{', '.join(names)} or {last}; repeatable."


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentOptions:
    """Where the output is the document itself: where to write it, and how."""

    output: Annotated[
        str, Option("-o --output", "File to write; - for standard output.", metavar="FILE|-")
    ] = "-"
    form: Annotated[
        str | None,
        Option(
            "--format",
            "Output format; default: by the file's extension, else yaml.",
            type=click.Choice(list(DOCUMENT.formats)),
        ),
    ] = None
