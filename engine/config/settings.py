"""Every setting there is: its name, its kind, its default."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eidos.engine.documents.limits import Limits
from eidos.engine.model.drift import IgnoreRule
from eidos.engine.model.jsonvalue import Json

SEVERITIES = ("info", "low", "medium", "high", "critical")
_DURATION = r"([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting."""

    key: str
    """Dotted: ``snapshot.cache-ttl``."""
    kind: str
    """``text``, ``duration``, ``flag``, ``number``, ``list``, ``rules`` or ``mapping``."""
    help: str
    default: Json = None
    rules: Mapping[str, Any] = field(default_factory=dict)
    """Cerberus rules beside its type."""
    path: bool = False
    """A relative path is meant from the folder of the file that says it."""
    flags: str = ""
    """Names of the option whose default it is, a space between them: ``-p --pack``."""
    metavar: str | None = None
    """How the option's value is called in help."""

    @property
    def variable(self) -> str | None:
        """Give the environment variable; a mapping has none."""
        if self.kind == "mapping":
            return None
        return "EIDOS_" + self.key.upper().replace(".", "_").replace("-", "_")


def _limit(name: str, help_: str, maximum: int | None = None) -> Setting:
    rules = {"min": 0 if name == "alias-values" else 1}
    default: int = getattr(Limits(), name.replace("-", "_"))
    return Setting(
        f"limits.{name}", "number", help_, default, rules | ({"max": maximum} if maximum else {})
    )


DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9:.]+([Zz]|[+-][0-9]{2}:[0-9]{2}))?"
_TABLE = {"valuesrules": {"type": "dict"}}
_ENFORCEMENT = {"valuesrules": {"type": "string", "allowed": ["deny", "warn", "audit", "off"]}}
_LEVELS = {"valuesrules": {"type": "string", "allowed": SEVERITIES}}
_LABELS = {"valuesrules": {"type": "string"}}

SETTINGS = (
    Setting("db", "text", "Path of the database.", path=True, flags="--db"),
    Setting(
        "packs",
        "list",
        "Policy to judge by: name, name@version or folder; default: all shipped packs.",
        path=True,
        flags="-p --pack",
        metavar="NAME[@VERSION]|DIR",
    ),
    Setting(
        "fail-on",
        "text",
        "What is less severe does not fail the gate.",
        "info",
        {"allowed": SEVERITIES},
        flags="--fail-on",
    ),
    Setting(
        "allow-incomplete",
        "flag",
        "Missing facts do not stop the gate.",
        default=False,
        flags="--allow-incomplete",
    ),
    Setting(
        "effective-time",
        "text",
        "The day that rules and waivers see.",
        rules={"regex": DATE},
        flags="--effective-time",
    ),
    Setting(
        "engine",
        "text",
        "Which Rego engine judges: OPA, the light one, or OPA where it is installed.",
        "auto",
        {"allowed": ("auto", "opa", "light")},
        flags="--engine",
    ),
    Setting(
        "opa",
        "text",
        "Judge by an OPA server instead of an engine of our own.",
        flags="--opa",
        metavar="URL",
    ),
    Setting(
        "opa-binary",
        "text",
        "The opa executable; default: the first one on PATH.",
        path=True,
        flags="--opa-binary",
    ),
    Setting(
        "output",
        "list",
        "How to report, and where to; repeatable.",
        rules={"type": ["string", "list"]},
        flags="-o --output --format",
        metavar="FORMAT[=PATH]",
    ),
    Setting(
        "waivers",
        "list",
        "Files of accepted violations.",
        path=True,
        flags="--waivers",
        metavar="FILE",
    ),
    Setting("params", "mapping", "Parameters of rules: rule id to values.", rules=_TABLE),
    Setting("enforcement", "mapping", "What a violation of a rule does.", rules=_ENFORCEMENT),
    _limit("size", "Bytes of a document."),
    _limit("depth", "Maps and lists within each other.", 200),
    _limit("values", "Values in one document."),
    _limit("alias-values", "Values that YAML aliases may add."),
    _limit("keys", "Keys of one map."),
    Setting("snapshot.cluster", "text", "Name of the cluster.", flags="--cluster"),
    Setting(
        "snapshot.filter",
        "list",
        "Collect only these types and subtypes: gpu,os.sysctl",
        flags="--filter",
        metavar="NAMES",
    ),
    Setting(
        "snapshot.exclude",
        "list",
        "Do not collect these: k8s,os.sys*",
        flags="--exclude",
        metavar="NAMES",
    ),
    Setting(
        "snapshot.timeout",
        "duration",
        "How long the whole run may take.",
        "5m",
        {"regex": _DURATION},
        flags="--timeout",
    ),
    Setting(
        "snapshot.cache-ttl",
        "duration",
        "How old a kept snapshot may be.",
        "5m",
        {"regex": _DURATION},
        flags="--cache-ttl",
    ),
    Setting("snapshot.root", "text", "File system to read.", "/", path=True, flags="--root"),
    Setting(
        "snapshot.kubeconfig",
        "text",
        "How to reach the cluster.",
        path=True,
        flags="--kubeconfig",
    ),
    Setting("snapshot.context", "text", "Which context of the kubeconfig.", flags="--context"),
    Setting(
        "snapshot.labels",
        "mapping",
        "What else to say of the cluster.",
        rules=_LABELS,
        flags="--label",
        metavar="KEY=VALUE",
    ),
    Setting("snapshot.units", "list", "More systemd units to look at."),
    Setting("snapshot.properties", "list", "More properties of systemd units to read."),
    Setting("redact", "list", "Facts whose values are never kept: paths with globs."),
    Setting("redact-text", "list", "Regular expressions of text that is never kept."),
    Setting(
        "ignore", "rules", "Facts that drift does not look at: patterns, or rules with reason."
    ),
    Setting("levels", "mapping", "How much drift matters: pattern to level.", rules=_LEVELS),
)
BY_KEY = {setting.key: setting for setting in SETTINGS}
BY_VARIABLE = {setting.variable: setting for setting in SETTINGS if setting.variable}


@dataclass(frozen=True, slots=True)
class SnapshotSettings:
    """How snapshots are taken."""

    cluster: str | None = None
    filter: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    timeout: float = 300.0
    """Seconds."""
    cache_ttl: float = 300.0
    """Seconds."""
    root: Path = Path("/")
    kubeconfig: str | None = None
    context: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    units: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """What the configuration says, defaults filled in."""

    db: Path | None = None
    packs: tuple[str, ...] = ()
    fail_on: str = "info"
    allow_incomplete: bool = False
    effective_time: str | None = None
    engine: str = "auto"
    opa: str | None = None
    opa_binary: Path | None = None
    output: tuple[str, ...] = ()
    waivers: tuple[str, ...] = ()
    params: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    enforcement: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    snapshot: SnapshotSettings = field(default_factory=SnapshotSettings)
    redact: tuple[str, ...] = ()
    redact_text: tuple[str, ...] = ()
    ignore: tuple[IgnoreRule, ...] = ()
    levels: Mapping[str, str] = field(default_factory=dict)
    """Pattern to severity; the strongest place first."""
    origins: Mapping[str, str] = field(default_factory=dict)
    """Key to ``file:line`` or the variable that said it; a key that nobody set is not here."""

    def said(self, key: str) -> object:
        """Give what somebody set a key to; None where nobody did.

        Args:
            key: dotted, as in `SETTINGS`.
        """
        start = f"{key}."
        if not any(each == key or each.startswith(start) for each in self.origins):
            return None
        group, _, name = key.replace("-", "_").rpartition(".")
        return getattr(getattr(self, group) if group else self, name)
