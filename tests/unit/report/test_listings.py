"""Results that are lists and figures: harmless whatever they hold, true to their schema."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from eidos.engine import schema
from eidos.engine.cache import Info
from eidos.engine.documents.reading import Document
from eidos.engine.errors import Location, Problem
from eidos.engine.model.attestation import Signatory
from eidos.engine.model.effective import Configuration, Effective
from eidos.engine.model.gate import Decision
from eidos.engine.model.history import (
    BackTest,
    Capture,
    Compliance,
    Dark,
    Example,
    FactHeld,
    FactHistory,
    FactMoved,
    Flipped,
    Ingredient,
    Interval,
    Line,
    PastDrift,
    QueryResult,
    RuleImpact,
    Share,
    Swapped,
    Timeline,
    Turn,
    Who,
    Why,
    Window,
)
from eidos.engine.model.known_fact import KnownFact, Told
from eidos.engine.model.lint import Level, Linted, LintFinding, LintKind
from eidos.engine.model.pack_diff import Change, PackDifference, PackSide, RuleDifference, Step
from eidos.engine.model.plugin import Plugged, PluggedIn, PluggedPack, PluggedPart
from eidos.engine.model.policy import Relaxation
from eidos.engine.model.quality import Doubt, Doubtful, PackQuality, RuleQuality
from eidos.engine.model.report import PackRef
from eidos.engine.model.rule import Scope
from eidos.engine.model.run import RunList, RunSummary
from eidos.engine.model.signature import SignatureCheck
from eidos.engine.model.upkeep import Checkpoint, Exported, Imported, Pruned, Vacuumed
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.model.verification import Alteration, Continuation, Head, Seals, Verification
from eidos.engine.ports import Rendering
from eidos.engine.report.registry import (
    BACKTEST,
    CACHE,
    COMPLIANCE,
    CONFIGURATION,
    DOCUMENT,
    EXPORTED,
    FACT_HISTORY,
    FACTS,
    IMPORTED,
    LINT,
    PACK_DIFFERENCE,
    PACK_QUALITY,
    PAST_DRIFT,
    PLUGIN,
    PLUGINS,
    PRUNED,
    QUERY,
    RUNS,
    SIGNATURE,
    TIMELINE,
    VACUUMED,
    VERIFICATION,
    WHY,
    Kind,
)
from fakes.reports import HIDDEN, HOSTILE, orders

BAD = "\n".join(["::error::owned", *HOSTILE])
RUN = RunSummary(
    run=BAD,
    started=BAD,
    effective_time=BAD,
    generator=BAD,
    engine=BAD,
    decision=Decision.FAILED,
    exit_code=1,
    clusters=tuple(f"{BAD}{number}" for number in range(5)),
    subjects=1,
    counts={"fail": 1},
    packs=(PackRef(BAD, BAD, BAD),),
    link=f"sha256:{'0' * 64}",
    recorded=BAD,
)
ALTERED = Verification(
    BAD,
    1,
    f"sha256:{'0' * 64}",
    Seals(has_key=True),
    pruned=3,
    continuation=Continuation(Head(1, BAD, BAD, BAD), holds=False),
    alterations=(Alteration(*[BAD] * 6),),
    more=2,
)
SETTINGS = Configuration(
    (Effective(BAD, {BAD: [BAD]}, BAD),), (Problem(BAD, BAD, Location(BAD, 1)),)
)
INFO = Info(Path(f"/x{BAD}"), 3, 10, 0.0, None)
FACT = KnownFact(
    *[BAD] * 5,
    {BAD: BAD},
    (BAD,),
    (Told(BAD, Location(BAD, 1), BAD, BAD), Told(None, Location(BAD))),
)
MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
WINDOW = Window(since=MOMENT, until=MOMENT + timedelta(days=1), clusters=(BAD,))
SIGHT = Capture(BAD, MOMENT, BAD, f"sha256:{'0' * 64}", MOMENT)
NODE = Who(Scope.NODE, BAD)
HELD = Interval(Status.FAIL, MOMENT, WINDOW.until, BAD, BAD)
TURN = Turn(
    BAD,
    NODE,
    BAD,
    *(SIGHT, SIGHT),
    Verdict(BAD, Status.PASS),
    Verdict(BAD, Status.FAIL, (Finding(BAD),)),
    ((Ingredient.STATE,),),
    {Ingredient.STATE: (Swapped(BAD, BAD, {BAD: BAD}, is_enough=True, note=BAD),)},
    *(MOMENT, MOMENT),
)
IMPACT = RuleImpact(
    rule=BAD,
    clusters=(BAD,),
    first=MOMENT,
    last=MOMENT,
    failing=1,
    newly=1,
    waived=((BAD, 1),),
    examples=(Example(BAD, NODE, MOMENT, f"sha256:{'0' * 64}", None, Status.FAIL),),
)
TRIED = BackTest(
    window=WINDOW, packs=(BAD,), against=(BAD,), rules=(IMPACT,), captures=1, verdicts=1,
    evaluated=1, most_new=0, relaxations=(Relaxation(BAD, BAD, Location(BAD)),),
)  # fmt: skip
MOVED = PastDrift(
    WINDOW,
    (FactMoved(BAD, BAD, BAD, "changed", BAD, {BAD: BAD}, MOMENT),),
    (Flipped(BAD, NODE, BAD, Status.PASS, Status.FAIL, MOMENT),),
    ((BAD, "added", BAD),),
)
HISTORY: dict[str, tuple[Kind[Any], Any]] = {
    "timeline/v1": (TIMELINE, Timeline(WINDOW, (Line(BAD, NODE, BAD, (HELD,)),))),
    "why/v1": (WHY, Why(WINDOW, BAD, BAD, (TURN,), ((NODE, Status.PASS, MOMENT),))),
    "fact-history/v1": (
        FACT_HISTORY,
        FactHistory(WINDOW, BAD, (FactHeld(*[BAD] * 3, True, BAD, MOMENT, None, MOMENT),)),
    ),
    "query/v1": (QUERY, QueryResult((BAD, "n"), ((BAD, 1), (None, 1.5)), is_cut=True)),
    "backtest/v1": (BACKTEST, TRIED),
    "compliance/v1": (
        COMPLIANCE,
        Compliance(WINDOW, (Share(kind="rule", name=BAD, passed=1.0, to_fix=1.0),)),
    ),
    "past-drift/v1": (PAST_DRIFT, MOVED),
}
LINTED = Linted(
    (BAD,),
    1,
    (
        LintFinding(LintKind(BAD, Level.ERROR, BAD, BAD), BAD, Location(BAD, 1, 2), BAD),
        LintFinding(LintKind("x", Level.NOTE, "x", ""), BAD, Location(BAD, 1), excuse=BAD),
        LintFinding(LintKind("x", Level.NOTE, "x", ""), BAD, Location(BAD, 1), mended=BAD),
    ),
    unmade=(BAD,),
)
SIDE = PackSide(BAD, BAD, "1.0.0", BAD)
DIFFERENCE = PackDifference(
    SIDE,
    SIDE,
    (Change(BAD, Step.MAJOR, BAD, BAD, [BAD]),),
    (RuleDifference(BAD, BAD, (Change(BAD, Step.PATCH, BAD),), (BAD,)),),
)
QUALITY = PackQuality(
    (BAD,),
    (RuleQuality(BAD, 1, 2, 3, 1, 1),),
    (Doubtful(Doubt.UNNOTICED, BAD, BAD, Location(BAD, 1), BAD),),
    left=(BAD,),
)
RESULTS: dict[str, tuple[Kind[Any], Any]] = {
    "runs/v1": (RUNS, RunList((RUN,), (Dark(BAD, datetime(2026, 3, 1, tzinfo=UTC)),))),
    "verification/v1": (VERIFICATION, ALTERED),
    "signature-check/v1": (
        SIGNATURE,
        SignatureCheck(BAD, Signatory("0" * 64), 1, (Problem(BAD, BAD, Location(BAD)),)),
    ),
    "pruned/v1": (
        PRUNED,
        Pruned(BAD, 1, 2, 1, (Checkpoint(1, 1, RUN.link, BAD, BAD),)),
    ),
    "vacuumed/v1": (VACUUMED, Vacuumed(BAD, 2, 1, 1)),
    "exported/v1": (EXPORTED, Exported(BAD, BAD, 1, 4096)),
    "imported/v1": (IMPORTED, Imported(BAD, BAD, 1, 1, is_copy=False)),
    "settings/v1": (CONFIGURATION, SETTINGS),
    "cache/v1": (CACHE, INFO),
    "fact-list/v1": (FACTS, [FACT]),
    "lint/v1": (LINT, LINTED),
    "pack-diff/v1": (PACK_DIFFERENCE, DIFFERENCE),
    "pack-quality/v1": (PACK_QUALITY, QUALITY),
    **HISTORY,
    "plugins/v1": (
        PLUGINS,
        Plugged(
            collectors=(PluggedIn(BAD, "local", (BAD,)), PluggedIn(BAD, error=BAD, origin=BAD)),
            packs=(PluggedPack(BAD, BAD, BAD), PluggedPack(BAD, BAD, error=BAD)),
            bundlers=(PluggedPart(BAD, BAD, (BAD,)),),
            deployers=(PluggedPart(BAD, BAD),),
            places=(PluggedPart(BAD, BAD, error=BAD),),
            reporters=(PluggedPart(BAD, BAD, error=BAD),),
        ),
    ),
}


def rendered(kind: Kind[Any], result: Any, form: str) -> str:
    out = io.StringIO()
    kind.reporter(form)(result, out, Rendering())
    return out.getvalue()


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("name", RESULTS)
def test_no_text_gives_orders(name: str, form: str) -> None:
    told = rendered(*RESULTS[name], form)
    assert not HIDDEN.search(told)
    assert orders(told) == 0


@pytest.mark.parametrize("name", RESULTS)
def test_json_is_what_its_schema_says(name: str) -> None:
    kind, result = RESULTS[name]
    value = json.loads(rendered(kind, result, "json"))
    assert value["kind"] == kind.document
    assert schema.problems(Document("x", 0, value), name) == []


def test_a_plug_in_gives_no_orders_where_it_is_shown() -> None:
    told = rendered(PLUGIN, RESULTS["plugins/v1"][1], "text")
    assert not HIDDEN.search(told)
    assert orders(told) == 0
    assert told.count("state: broken") == 4
    assert told.count("state: ok") == 4


def test_a_table_has_a_line_for_each_value() -> None:
    value = {"a": [1, "x\ty"], "b": {}, BAD: {"c": BAD}}
    lines = rendered(DOCUMENT, value, "table").splitlines()
    assert lines[:3] == ["a[0]\t1", "a[1]\tx\\ty", "b\t{}"]
    assert len(lines) == 4
    assert not HIDDEN.search("\n".join(lines))
    assert orders("\n".join(lines)) == 0


def test_runs_name_a_few_clusters_and_count_the_others() -> None:
    assert "0, " in rendered(RUNS, RunList((RUN,)), "text")
    assert "and 2 more" in rendered(RUNS, RunList((RUN,)), "text")
    assert rendered(RUNS, RunList(()), "text") == ""


def test_what_is_not_there_is_a_dash() -> None:
    lines = rendered(CACHE, INFO, "text").splitlines()
    assert lines[-2:] == ["oldest: 1970-01-01T00:00:00Z", "newest: -"]
    assert "local" in rendered(PLUGINS, RESULTS["plugins/v1"][1], "text")


@pytest.mark.parametrize("name", ["settings/v1", "plugins/v1"])
def test_a_list_has_columns_at_a_terminal_and_tabs_for_programs(name: str) -> None:
    kind, result = RESULTS[name]
    shown, piped = io.StringIO(), io.StringIO()
    kind.reporter("text")(result, shown, Rendering(terminal=True))
    kind.reporter("text")(result, piped, Rendering())
    rows = [line.split("\t") for line in piped.getvalue().splitlines()]
    assert [re.sub(" +", "", line) for line in shown.getvalue().splitlines()] == [
        re.sub(" +", "", "".join(row)) for row in rows
    ]
    assert not HIDDEN.search(shown.getvalue())
    assert orders(shown.getvalue()) == 0


@pytest.mark.parametrize("form", ["table", "csv"])
@pytest.mark.parametrize("name", HISTORY)
def test_no_cell_gives_orders(name: str, form: str) -> None:
    kind, result = HISTORY[name]
    said = rendered(kind, result, form)
    lines = said.replace("\r\n", "\n")
    assert orders(lines) == 0
    assert not HIDDEN.search(lines)
    if form == "csv":
        titles, *rows = csv.reader(io.StringIO(said, newline=""))
        assert rows
        assert {len(row) for row in rows} == {len(titles)}
