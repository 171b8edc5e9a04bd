"""The registry of output formats by kind of result.

A format is a `eidos.engine.ports.Reporter`: it is named here as ``module:function`` below this
package and imported when it is used. A name that is none of these is looked for among what packages
bring (`eidos.engine.report.packages`).
"""

import importlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from eidos.engine.errors import UsageError
from eidos.engine.records import dataclass

if TYPE_CHECKING:
    from eidos.engine.cache import Info
    from eidos.engine.model.admission import Admission
    from eidos.engine.model.artifact import Listing
    from eidos.engine.model.bundle import Bundling
    from eidos.engine.model.bundle_check import BundleCheck
    from eidos.engine.model.drift import Comparison, Explanation, Matrix
    from eidos.engine.model.effective import Configuration
    from eidos.engine.model.engine import EngineInfo
    from eidos.engine.model.history import (
        BackTest,
        Compliance,
        FactHistory,
        PastDrift,
        QueryResult,
        Timeline,
        Why,
    )
    from eidos.engine.model.jsonvalue import Json
    from eidos.engine.model.known_fact import KnownFact
    from eidos.engine.model.lint import Linted
    from eidos.engine.model.pack_diff import PackDifference
    from eidos.engine.model.plugin import Plugged
    from eidos.engine.model.policylist import ListedPack
    from eidos.engine.model.policytest import PolicyTestRun
    from eidos.engine.model.quality import PackQuality
    from eidos.engine.model.recipe import Coverage, RecipeDifferences, Resolution, Shown
    from eidos.engine.model.recorded_bundling import RecordedBundling, ShownBundling
    from eidos.engine.model.report import Report
    from eidos.engine.model.run import RunList
    from eidos.engine.model.signature import SignatureCheck
    from eidos.engine.model.transition import Transition
    from eidos.engine.model.upkeep import Exported, Imported, Pruned, Vacuumed
    from eidos.engine.model.validation import Validation
    from eidos.engine.model.verification import Verification
    from eidos.engine.model.waiver import WaiverReport
    from eidos.engine.plugins import Packaged
    from eidos.engine.ports import Reporter

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """A kind of result."""

    name: str
    """What messages call it: ``a report``."""
    formats: Mapping[str, str]
    """Format to ``module:function``; the first is the default."""
    document: str = ""
    """``kind`` of the document that ``json`` writes, for which packages have formats; empty where
    it may be of any."""

    @property
    def default(self) -> str:
        """The format of who asks for none."""
        return next(iter(self.formats))

    def known(self, name: str) -> str:
        """Give the name back if it is a format of this kind.

        Raises:
            UsageError: it is not, and the hint names the nearest; or a package offers it, and it
                cannot be used as far as its name tells.
        """
        if name not in self.formats:
            self._packaged(name)
        return name

    def reporter(self, name: str) -> "Reporter[T]":
        """Give the writer of a format.

        Raises:
            UsageError: this kind has no such format.
        """
        if name not in self.formats:
            from eidos.engine.report.packages import packaged_reporter

            return packaged_reporter(self._packaged(name), self.reporter("json"))
        module, _, function = self.formats[name].partition(":")
        found = getattr(importlib.import_module(f"eidos.engine.report.{module}"), function)
        return cast("Reporter[T]", found)

    def origin(self, name: str) -> str | None:
        """Name the package that brings a format, with its version; None where it is eidos' own."""
        return None if name in self.formats else self._packaged(name).origin

    def packaged(self) -> "dict[str, Packaged]":
        """Give what packages offer for this kind, by the name of the format."""
        if not self.document:
            return {}
        start = f"{self.document}."
        return {
            each.name.removeprefix(start): each
            for each in packaged_formats()
            if each.name.startswith(start) and each.name.removeprefix(start) not in self.formats
        }

    def _packaged(self, name: str) -> "Packaged":
        offered = self.packaged()
        if name not in offered:
            from eidos.engine.model.nearest import nearest

            hint = nearest(name, [*self.formats, *offered])
            raise UsageError(f"there is no output format {name!r} for {self.name}", hint=hint)
        found = offered[name]
        if found.error:
            raise UsageError(
                f"the output format {name!r} cannot be used: {found.error} ({found.origin})",
                hint="Uninstall what you do not want; eidos plugin list shows what is installed.",
            )
        return found


def _asked(module: str) -> Mapping[str, str]:
    """Give the formats of an answer of ``eidos history``."""
    return {name: f"history.{module}:{name}" for name in ("text", "table", "json", "csv")}


BUNDLING: "Kind[Bundling]" = Kind(
    "what became of a bundle",
    {"text": "bundle.text:text", "json": "bundle.text:json"},
    document="Bundling",
)
"""``eidos bundle``."""
TRANSITION: "Kind[Transition]" = Kind(
    "what a move between bundles means",
    {"text": "bundle.transition:text", "json": "bundle.transition:json"},
    document="BundleDiff",
)
"""``eidos bundle diff``."""
BUNDLE_CHECK: "Kind[BundleCheck]" = Kind(
    "what a bundle is worth",
    {"text": "bundle.check:text", "json": "bundle.check:json"},
    document="BundleCheck",
)
"""``eidos bundle verify``."""
LISTING: "Kind[Listing]" = Kind(
    "a list of artifacts", {"text": "listing:text", "json": "listing:json"}, document="ArtifactList"
)
"""``eidos bundle list``, ``eidos policy list-remote``."""
RECIPE: "Kind[Resolution]" = Kind(
    "a recipe",
    {
        "yaml": "recipe.document:yaml",
        "json": "recipe.document:json",
        "table": "recipe.table:table",
        "upstream": "recipe.document:upstream",
    },
    document="Recipe",
)
"""``eidos recipe``."""
RESOLUTION: "Kind[Resolution]" = Kind(
    "an explanation of a recipe",
    {"text": "recipe.text:explanation", "json": "recipe.explained:json"},
    document="Resolution",
)
"""``eidos recipe explain``."""
COVERAGE: "Kind[Coverage]" = Kind(
    "what has a recipe",
    {"table": "recipe.coverage:table", "json": "recipe.coverage:json"},
    document="Recipes",
)
"""``eidos recipe list``."""
SHOWN: "Kind[Shown]" = Kind(
    "a part of the catalog",
    {"text": "recipe.shown:text", "json": "recipe.shown:json"},
    document="RecipePart",
)
"""``eidos recipe show``."""
DIFFERENCES: "Kind[RecipeDifferences]" = Kind(
    "differences of recipes",
    {"text": "recipe.differences:text", "json": "recipe.differences:json"},
    document="RecipeDiff",
)
"""``eidos recipe diff``."""
REPORT: "Kind[Report]" = Kind(
    "a report",
    {
        "text": "text:report",
        "json": "json_:report",
        "junit": "junit:report",
        "sarif": "sarif:report",
        "github": "github:report",
        "gitlab": "gitlab:report",
        "tap": "tap:report",
        "markdown": "markdown:report",
        "ctrf": "ctrf:report",
        "openreports": "openreports:report",
        "table": "verdicts:table",
        "csv": "verdicts:csv",
    },
    document="Report",
)
"""``eidos check``."""
ADMISSION: "Kind[Admission]" = Kind(
    "a review", {**REPORT.formats, "admissionreview": "admission:review"}, document="Report"
)
"""``eidos admit``."""
DRIFT: "Kind[Comparison]" = Kind(
    "drift",
    {
        "text": "drift.text:report",
        "table": "drift.table:report",
        "json": "drift.json_:report",
        "json-patch": "drift.json_:patch",
        "markdown": "drift.markdown:report",
        "github": "drift.github:report",
        "sarif": "drift.sarif:report",
    },
    document="Drift",
)
"""``eidos diff``."""
DRIFTS: "Kind[Iterable[Comparison]]" = Kind(
    "drift of many",
    {
        "text": "drift.many:text",
        "table": "drift.many:table",
        "json": "drift.many:json",
        "json-patch": "drift.many:json_patch",
        "markdown": "drift.many:markdown",
        "github": "drift.many:github",
        "sarif": "drift.sarif:report_all",
    },
    document="Drift",
)
"""``eidos diff --baseline``; written as it is found."""
MATRIX: "Kind[Matrix]" = Kind(
    "a matrix", {"text": "drift.matrix:text", "json": "drift.matrix:json"}, document="DriftMatrix"
)
"""``eidos diff --matrix``."""
EXPLANATION: "Kind[Explanation]" = Kind(
    "an explanation",
    {"text": "drift.explanation:report", "json": "drift.json_:explanation"},
    document="DriftExplanation",
)
"""``eidos diff --explain``."""
VALIDATION: "Kind[Validation]" = Kind(
    "a validation",
    {"text": "validation:text", "json": "validation:json", "github": "validation:github"},
    document="Validation",
)
"""``eidos validate``, ``eidos config validate``."""
RUNS: "Kind[RunList]" = Kind(
    "a list of runs",
    {"text": "runs:text", "table": "runs:table", "json": "runs:json", "csv": "runs:csv"},
    document="RunList",
)
"""``eidos history runs``."""
BUNDLES: "Kind[Sequence[RecordedBundling]]" = Kind(
    "a list of bundles", _asked("bundles"), document="BundleList"
)
"""``eidos history bundles``."""
BUNDLE: "Kind[ShownBundling]" = Kind(
    "a recorded bundle",
    {
        "text": "history.bundles:one",
        "json": "history.bundles:one_json",
        "gate": "history.bundles:gate",
    },
    document="BundleList",
)
"""``eidos history bundle``; ``gate`` is gate.json itself."""
VERIFICATION: "Kind[Verification]" = Kind(
    "a verification",
    {"text": "verification:text", "json": "verification:json"},
    document="Verification",
)
"""``eidos history verify``."""
SIGNATURE: "Kind[SignatureCheck]" = Kind(
    "a signature", {"text": "signature:text", "json": "signature:json"}, document="SignatureCheck"
)
"""``eidos policy verify``."""
PRUNED: "Kind[Pruned]" = Kind(
    "what pruning did", {"text": "upkeep:pruned", "json": "upkeep:pruned_json"}, document="Pruned"
)
"""``eidos history prune``."""
VACUUMED: "Kind[Vacuumed]" = Kind(
    "what vacuuming did",
    {"text": "upkeep:vacuumed", "json": "upkeep:vacuumed_json"},
    document="Vacuumed",
)
"""``eidos history vacuum``."""
EXPORTED: "Kind[Exported]" = Kind(
    "what was exported",
    {"text": "upkeep:exported", "json": "upkeep:exported_json"},
    document="Exported",
)
"""``eidos history export``."""
IMPORTED: "Kind[Imported]" = Kind(
    "what was imported",
    {"text": "upkeep:imported", "json": "upkeep:imported_json"},
    document="Imported",
)
"""``eidos history import``."""
AS_OF: "Kind[Report]" = Kind("a report of then", REPORT.formats, document="Report")
"""``eidos history as-of``, ``eidos history show``."""
TIMELINE: "Kind[Timeline]" = Kind("a timeline", _asked("timeline"), document="Timeline")
"""``eidos history timeline``."""
WHY: "Kind[Why]" = Kind("causes", _asked("why"), document="Why")
"""``eidos history why``."""
FACT_HISTORY: "Kind[FactHistory]" = Kind(
    "values of a fact", _asked("facts"), document="FactHistory"
)
"""``eidos history facts``."""
QUERY: "Kind[QueryResult]" = Kind("rows of a query", _asked("query"), document="QueryResult")
"""``eidos history sql``."""
BACKTEST: "Kind[BackTest]" = Kind("a back-test", _asked("backtest"), document="BackTest")
"""``eidos policy backtest``."""
POLICIES: "Kind[Sequence[ListedPack]]" = Kind(
    "a list of policies",
    {"text": "policies:listing", "json": "policies:json", "csv": "policies:csv"},
    document="PolicyList",
)
"""``eidos policy list``."""
POLICY: "Kind[Sequence[ListedPack]]" = Kind(
    "a policy", {"text": "policies:whole", "json": "policies:json"}, document="PolicyList"
)
"""``eidos policy show``."""
POLICY_TEST: "Kind[PolicyTestRun]" = Kind(
    "tests of policy",
    {name: f"policy_test:{name}" for name in ("text", "json", "junit", "tap", "github")},
    document="PolicyTestRun",
)
"""``eidos policy test``."""
LINT: "Kind[Linted]" = Kind(
    "what is wrong with policy",
    {
        "text": "lint:text",
        "json": "lint:json",
        "sarif": "lint:sarif",
        "github": "lint:github",
        "junit": "lint:junit",
    },
    document="Lint",
)
"""``eidos policy lint``."""
PACK_DIFFERENCE: "Kind[PackDifference]" = Kind(
    "how packs differ",
    {"text": "pack_diff:text", "json": "pack_diff:json", "markdown": "pack_diff:markdown"},
    document="PackDiff",
)
"""``eidos policy diff``."""
PACK_QUALITY: "Kind[PackQuality]" = Kind(
    "the quality of packs",
    {"text": "quality:text", "json": "quality:json", "rego": "quality:rego"},
    document="PackQuality",
)
"""``eidos policy quality``."""
COMPLIANCE: "Kind[Compliance]" = Kind("compliance", _asked("compliance"), document="Compliance")
"""``eidos history compliance``."""
PAST_DRIFT: "Kind[PastDrift]" = Kind("drift of the past", _asked("drift"), document="PastDrift")
"""``eidos history drift``."""
CONFIGURATION: "Kind[Configuration]" = Kind(
    "a configuration",
    {"text": "configuration:text", "json": "configuration:json"},
    document="Settings",
)
"""``eidos config show``."""
CACHE: "Kind[Info]" = Kind(
    "the cache", {"text": "cache:text", "json": "cache:json"}, document="CacheInfo"
)
"""``eidos cache info``."""
PLUGINS: "Kind[Plugged]" = Kind(
    "a list of plug-ins", {"text": "plugins:text", "json": "plugins:json"}, document="PluginList"
)
"""``eidos plugin list``."""
PLUGIN: "Kind[Plugged]" = Kind(
    "a plug-in", {"text": "plugins:whole", "json": "plugins:json"}, document="PluginList"
)
"""``eidos plugin show``."""
FACTS: "Kind[Sequence[KnownFact]]" = Kind(
    "a list of facts", {"text": "facts:text", "json": "facts:json"}, document="FactList"
)
"""``eidos facts``."""
WAIVERS: "Kind[WaiverReport]" = Kind(
    "a list of waivers",
    {name: f"waivers:{name}" for name in ("text", "table", "json", "csv", "markdown")},
    document="WaiverReport",
)
"""``eidos waiver list``."""
WAIVER_REPORT: "Kind[WaiverReport]" = Kind(
    "a report on waivers", {**WAIVERS.formats, "text": "waivers:report"}, document="WaiverReport"
)
"""``eidos waiver report``."""
ENGINE: "Kind[EngineInfo]" = Kind(
    "an engine", {"text": "engine:text", "json": "engine:json"}, document="EngineInfo"
)
"""``eidos engine info``."""
DOCUMENT: "Kind[Json]" = Kind(
    "a document", {"yaml": "document:yaml", "json": "document:json", "table": "document:table"}
)
"""What is its own output: ``eidos snapshot``, ``convert``, ``merge``."""

KINDS: tuple[Kind[Any], ...] = (
    RECIPE,
    EXPLANATION,
    COVERAGE,
    SHOWN,
    DIFFERENCES,
    REPORT,
    ADMISSION,
    BUNDLING,
    TRANSITION,
    BUNDLE_CHECK,
    LISTING,
    RESOLUTION,
    DRIFT,
    DRIFTS,
    MATRIX,
    VALIDATION,
    RUNS,
    BUNDLES,
    BUNDLE,
    VERIFICATION,
    SIGNATURE,
    PRUNED,
    VACUUMED,
    EXPORTED,
    IMPORTED,
    AS_OF,
    TIMELINE,
    WHY,
    FACT_HISTORY,
    QUERY,
    BACKTEST,
    POLICIES,
    POLICY,
    POLICY_TEST,
    LINT,
    PACK_DIFFERENCE,
    PACK_QUALITY,
    COMPLIANCE,
    PAST_DRIFT,
    CONFIGURATION,
    CACHE,
    PLUGINS,
    PLUGIN,
    FACTS,
    WAIVERS,
    WAIVER_REPORT,
    ENGINE,
    DOCUMENT,
)
"""Every kind of result there is."""


def packaged_formats() -> "list[Packaged]":
    """Give every format that packages offer, for any kind; nothing of them is imported."""
    from eidos.engine.report.packages import find_formats

    taken: dict[str, set[str]] = {}
    for kind in KINDS:
        if kind.document:
            taken.setdefault(kind.document, set()).update(kind.formats)
    return find_formats(taken)
