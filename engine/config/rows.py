"""Every setting there is, a row each: its check, default, option and documentation follow."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, TypeAlias, get_args

from eidos.engine.documents.limits import Limits
from eidos.engine.model.durations import days, seconds
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Enforcement, Severity
from eidos.engine.model.times import instant
from eidos.engine.records import dataclass

Kind: TypeAlias = Literal[
    "text", "time", "duration", "flag", "number", "list", "ignores", "mapping", "tables"
]
"""``ignores`` is a list of patterns or ignore rules; ``mapping`` is to text, ``tables`` to maps."""
Trust: TypeAlias = Literal["shows", "tightens", "relaxes", "acts"]
"""What a setting may do to the answer: tell more, fail more, fail less, or touch the world."""
Engine: TypeAlias = Literal["auto", "opa", "light"]
ENGINES: tuple[Engine, ...] = get_args(Engine)

SHOWING = frozenset(
    {
        *("text", "json", "junit", "sarif", "github"),
        *("gitlab", "tap", "markdown", "ctrf", "openreports", "table", "csv"),
    }
)
"""Formats of a report that eidos has itself: they show it, and run nobody's code."""
YEARS = range(1678, 2262)
"""Whole years that Rego's clock counts: nanoseconds from 1970 in 64 bits."""


def moment(text: str, *, end_of_day: bool = False) -> datetime:
    """Read a date or RFC 3339 with a zone, within `YEARS`; a date is its start, or end, UTC.

    Raises:
        ValueError: it is not one; the message is for the user.
    """
    try:
        found = instant(text, end_of_day=end_of_day)
    except ValueError as error:
        raise ValueError(
            f"'{text}' is neither a date nor an RFC 3339 time with a zone (2026-03-31T12:00:00Z)"
        ) from error
    if found.year not in YEARS:
        raise ValueError(f"'{text}' is not in the years {YEARS[0]} to {YEARS[-1]}")
    return found


def last_moment(text: str) -> datetime:
    """Read until when something holds; as `moment`."""
    return moment(text, end_of_day=True)


def pattern(text: str) -> re.Pattern[str]:
    """Read a regular expression.

    Raises:
        ValueError: it is none; the message is for the user.
    """
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"'{text}' is not a regular expression: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting."""

    key: str
    """Dotted: ``snapshot.cache-ttl``."""
    kind: Kind
    trust: Trust
    """What it can do at the worst."""
    why: str
    """Why that is so, and which values do less: for documentation and refusals."""
    help: str
    default: Json = None
    keys: tuple[str, ...] = ()
    """What the keys of a mapping may be; empty for anything."""
    fields: tuple["Setting", ...] = ()
    """What the maps of tables may hold; none for anything."""
    choices: tuple[str, ...] = ()
    """What it, or each value of a mapping, may be; empty for anything."""
    minimum: int | None = None
    maximum: int | None = None
    check: Callable[[str], object] | None = None
    """Raises ValueError, in the user's words, for a text of it that is wrong."""
    lone: bool = False
    """A text does for a list of one."""
    path: bool = False
    """A relative path is meant from the folder of the file that says it."""
    flags: str = ""
    """Names of the option whose default it is, a space between them: ``-p --pack``."""
    metavar: str | None = None
    """How the option's value is called in help."""
    example: Json = None
    """A value, or an element of a list, for documentation."""
    named: str | None = None
    """Its environment variable, where that is not made from the key."""
    mild: Callable[[Json], bool] | None = None
    """Says of a value, an entry of a map or an element of a list, that it only shows or tightens,
    whatever others do; the default never does more."""
    user_only: bool = False
    """Only the user's own file says it: neither a variable nor a project's file, trusted or not."""

    @property
    def variable(self) -> str | None:
        """The environment variable; a mapping has none."""
        if self.user_only or self.kind in {"mapping", "tables"}:
            return None
        return self.named or "EIDOS_" + self.key.upper().replace(".", "_").replace("-", "_")

    def needs_trust(self, value: Json) -> bool:
        """Say whether a value, an entry of a map or an element of a list, relaxes or acts."""
        if self.trust in {"shows", "tightens"} or value == self.default:
            return False
        return self.mild is None or not self.mild(value)

    def relaxes(self, value: Json) -> bool:
        """Say whether a value, an entry of a map or an element of a list, relaxes the gate."""
        return self.trust == "relaxes" and self.needs_trust(value)


def _absolute(text: str) -> None:
    """Refuse a folder that would be another one in every place.

    Raises:
        ValueError: it is not absolute; the message is for the user.
    """
    if not text.startswith(("/", "~/")):
        raise ValueError(f"'{text}' is not the absolute path of a folder")


def _limit(name: str, help_: str, maximum: int | None = None) -> Setting:
    default: int = getattr(Limits(), name.replace("-", "_"))
    return Setting(
        key=f"limits.{name}",
        kind="number",
        trust="relaxes",
        why="a higher one lets a document use up memory and time; a lower one tightens",
        help=help_,
        default=default,
        mild=lambda value: isinstance(value, int) and value <= default,
        minimum=0 if name == "alias-values" else 1,
        maximum=maximum,
    )


_RUN = 300.0
"""Seconds that a run may take, and that a snapshot is kept, unless said otherwise: 5m."""


def _of_gate(name: str, kind: Kind, help_: str, **more: Any) -> Setting:  # noqa: ANN401 -- fields of it
    return Setting(
        **{"key": name, "kind": kind, "trust": "relaxes", "why": "see gates", "help": help_, **more}
    )


GATE = (
    _of_gate("packs", "list", "Packs that judge the snapshot; default: all shipped.", path=True),
    _of_gate("bundle-packs", "list", "Packs that judge what was rendered.", path=True),
    _of_gate(
        "fail-on",
        "text",
        "Lowest severity that closes it.",
        choices=tuple(Severity),
        mild=lambda value: value == Severity.INFO,
    ),
    _of_gate(
        "allow-incomplete",
        "flag",
        "Missing facts do not close it.",
        mild=lambda value: value is False,
    ),
    _of_gate(
        "require-askable",
        "flag",
        "Rules that the snapshot cannot answer close it.",
        trust="tightens",
    ),
    _of_gate(
        "enforcement",
        "mapping",
        "As the setting of that name.",
        choices=tuple(Enforcement),
        mild=lambda value: value == Enforcement.DENY,
    ),
    _of_gate(
        "waivers", "list", "Waiver files: violations that are accepted for a time.", path=True
    ),
    _of_gate(
        "max-age", "duration", "How old the snapshot may be.", check=seconds, trust="tightens"
    ),
    _of_gate(
        "requires",
        "list",
        "Facts that must have been collected: gpu.smi",
        check=FactAddress.parse,
        trust="tightens",
    ),
)
"""What a named gate may say."""

SETTINGS = (
    Setting(
        key="trusted-projects",
        kind="list",
        trust="acts",
        why="it trusts files; only the user's own file may say it",
        help="Folders whose eidos.yaml may relax the gate and act.",
        path=True,
        check=_absolute,
        example="/home/ada/clusters",
        user_only=True,
    ),
    Setting(
        key="db",
        kind="text",
        trust="acts",
        why="it is written to, and verdicts are remembered from it",
        help="Path of the database.",
        path=True,
        flags="--db",
    ),
    Setting(
        key="packs",
        kind="list",
        trust="relaxes",
        why="what is not named is not judged by",
        help="Policy to check against: name, folder or .tar.gz; default: all shipped packs.",
        path=True,
        flags="-p --pack",
        metavar="NAME[@VERSION]|DIR|FILE",
        example="gpu@1.2.0",
    ),
    Setting(
        key="locked",
        kind="flag",
        trust="tightens",
        why="a pack that is not what eidos.lock says does not judge",
        help="Refuse packs that do not match eidos.lock.",
        default=False,
        flags="--locked",
    ),
    Setting(
        key="verification-keys",
        kind="list",
        trust="acts",
        why="it says whose signature is believed",
        help="Public keys (PEM); one must have signed each pack that does not come with eidos.",
        path=True,
        flags="--verification-key",
        metavar="FILE",
        example="keys/compliance.pub",
    ),
    Setting(
        key="fail-on",
        kind="text",
        trust="relaxes",
        why="what is less severe passes; `info`, the default, is the strictest",
        help="Lowest severity that fails the gate.",
        default="info",
        choices=tuple(Severity),
        flags="--fail-on",
    ),
    Setting(
        key="allow-incomplete",
        kind="flag",
        trust="relaxes",
        why="what is unknown passes; `false` tightens",
        help="Let the gate pass although facts are missing.",
        default=False,
        flags="--allow-incomplete",
    ),
    Setting(
        key="require-askable",
        kind="flag",
        trust="tightens",
        why="what nobody can answer closes the gate as what is unknown does",
        help="Fail the gate on rules that the snapshot's format can never answer.",
        default=False,
        flags="--require-askable",
    ),
    Setting(
        key="max-age",
        kind="duration",
        trust="tightens",
        why="older facts, and those of no known age, are unknown",
        help="How old a snapshot may be; beyond, or at no known age, what it says is unknown.",
        check=seconds,
        flags="--max-age",
        example="24h",
    ),
    Setting(
        key="effective-time",
        kind="time",
        trust="relaxes",
        why="on another day another waiver holds and another release has support",
        help="Date or time that rules and waivers see; default: now.",
        check=moment,
        flags="--effective-time",
        example="2026-11-01",
    ),
    Setting(
        key="engine",
        kind="text",
        trust="acts",
        why="it says which program judges",
        help="Rego engine: OPA, the built-in light engine, or (auto) OPA if it is installed.",
        default="auto",
        choices=ENGINES,
        flags="--engine",
    ),
    Setting(
        key="opa-url",
        kind="text",
        trust="acts",
        why="a server gets the facts and gives the verdicts",
        help="Evaluate on this OPA server instead of a local engine.",
        flags="--opa",
        metavar="URL",
    ),
    Setting(
        key="opa-binary",
        kind="text",
        trust="acts",
        why="it is run",
        help="The opa executable; default: the first on PATH, else the one eidos installed.",
        path=True,
        flags="--opa-binary",
        named="EIDOS_OPA",
    ),
    Setting(
        key="output",
        kind="list",
        trust="acts",
        why="`FORMAT=PATH` writes a file, and a package's format runs it; others only show",
        mild=lambda value: value in SHOWING,
        help="How to report, and where to; repeatable.",
        lone=True,
        flags="-o --output --format",
        metavar="FORMAT[=PATH]",
        example="sarif=report.sarif",
    ),
    Setting(
        key="waivers",
        kind="list",
        trust="relaxes",
        why="a waived violation passes",
        help="Waiver files: violations that are accepted for a time.",
        path=True,
        flags="--waivers",
        metavar="FILE",
        example="waivers.yaml",
    ),
    Setting(
        key="waiver-terms",
        kind="mapping",
        trust="relaxes",
        why="a waiver may hold longer",
        help="How long a waiver may last, by severity of its rule; "
        "default: critical 30d, high 90d, medium 180d, low and info 365d.",
        keys=tuple(Severity),
        check=days,
        example={"critical": "14d"},
    ),
    Setting(
        key="params",
        kind="tables",
        trust="relaxes",
        why="a parameter may say that anything is right",
        help="Parameters of rules: rule id to values.",
        example={"GPU-002": {"grace_days": 30}},
    ),
    Setting(
        key="enforcement",
        kind="mapping",
        trust="relaxes",
        why="what does not deny passes; `deny` tightens",
        mild=lambda value: value == Enforcement.DENY,
        help="What a violation of a rule does: "
        "deny fails the gate; warn, audit and off are evaluated and shown, and fail nothing.",
        choices=tuple(Enforcement),
        example={"GPU-009": "warn"},
    ),
    Setting(
        key="gates",
        kind="tables",
        trust="relaxes",
        why="a gate of that name may let anything through",
        help="Named gates: what must hold before something is bundled.",
        fields=GATE,
        example={"prod": {"packs": ["gpu"], "max-age": "1h", "requires": ["gpu.smi"]}},
    ),
    _limit("size", "Bytes of a document."),
    _limit("depth", "Maps and lists within each other.", 200),
    _limit("values", "Values in one document."),
    _limit("alias-values", "Values that YAML aliases may add."),
    _limit("keys", "Keys of one map."),
    Setting(
        key="snapshot.cluster",
        kind="text",
        trust="relaxes",
        why="waivers are for clusters of a name",
        help="Name of the cluster.",
        flags="--cluster",
    ),
    Setting(
        key="snapshot.filter",
        kind="list",
        trust="relaxes",
        why="a fact that is not collected is a violation that is not found",
        help="Collect only these types and subtypes: gpu,os.sysctl",
        flags="--filter",
        metavar="NAMES",
        example="gpu.smi",
    ),
    Setting(
        key="snapshot.exclude",
        kind="list",
        trust="relaxes",
        why="a fact that is not collected is a violation that is not found",
        help="Types and subtypes not to collect: k8s,os.sys*",
        flags="--exclude",
        metavar="NAMES",
        example="k8s",
    ),
    Setting(
        key="snapshot.timeout",
        kind="duration",
        trust="relaxes",
        why="a shorter one leaves facts out; a longer one tightens",
        mild=lambda value: seconds(str(value)) >= _RUN,
        help="How long the whole run may take.",
        default="5m",
        check=seconds,
        flags="--timeout",
    ),
    Setting(
        key="snapshot.cache-ttl",
        kind="duration",
        trust="relaxes",
        why="a longer one keeps facts that are no longer so; a shorter one tightens",
        mild=lambda value: seconds(str(value)) <= _RUN,
        help="Maximum age of a cached snapshot.",
        default="5m",
        check=seconds,
        flags="--cache-ttl",
    ),
    Setting(
        key="snapshot.root",
        kind="text",
        trust="acts",
        why="facts of another machine are read",
        help="Root of the file system to read.",
        default="/",
        path=True,
        flags="--root",
    ),
    Setting(
        key="snapshot.kubeconfig",
        kind="text",
        trust="acts",
        why="it connects, and may name a program that is run",
        help="Path of the kubeconfig.",
        path=True,
        flags="--kubeconfig",
    ),
    Setting(
        key="snapshot.context",
        kind="text",
        trust="acts",
        why="it says which cluster is asked, as whom",
        help="Which context of the kubeconfig.",
        flags="--context",
    ),
    Setting(
        key="snapshot.labels",
        kind="mapping",
        trust="relaxes",
        why="waivers are for clusters of a label",
        help="Label to add to the snapshot.",
        flags="--label",
        metavar="KEY=VALUE",
    ),
    Setting(
        key="snapshot.units",
        kind="list",
        trust="shows",
        why="more is collected",
        help="More systemd units to look at.",
        example="kubelet.service",
    ),
    Setting(
        key="snapshot.properties",
        kind="list",
        trust="shows",
        why="more is collected",
        help="More properties of systemd units to read.",
        example="LimitCORE",
    ),
    Setting(
        key="redact",
        kind="list",
        trust="relaxes",
        why="a violation is not found in a value that is not kept",
        help="Facts whose values are never kept: paths with globs.",
        example="systemd.*.Environment",
    ),
    Setting(
        key="redact-text",
        kind="list",
        trust="relaxes",
        why="a violation is not found in a value that is not kept",
        help="Regular expressions of text that is never kept.",
        check=pattern,
        example="acme-[0-9a-f]{32}",
    ),
    Setting(
        key="ignore",
        kind="ignores",
        trust="relaxes",
        why="drift that is ignored passes",
        help="Facts that drift does not look at: patterns, or rules with reason.",
        example="systemd.*.MainPID",
    ),
    Setting(
        key="levels",
        kind="mapping",
        trust="relaxes",
        why="drift of a lower level passes; `critical` tightens",
        mild=lambda value: value == Severity.CRITICAL,
        help="How much drift matters: pattern to level, asked before the shipped table.",
        choices=tuple(Severity),
        example={"os.sysctl./proc/sys/vm/*": "high"},
    ),
)
BY_KEY = {setting.key: setting for setting in SETTINGS}
BY_VARIABLE = {setting.variable: setting for setting in SETTINGS if setting.variable}
