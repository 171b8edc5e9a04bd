"""Results that are lists and figures: harmless whatever they hold, true to their schema."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from eidos.engine import schema
from eidos.engine.cache import Info
from eidos.engine.documents.reading import Document
from eidos.engine.errors import Location, Problem
from eidos.engine.model.effective import Configuration, Effective
from eidos.engine.model.gate import Decision
from eidos.engine.model.known_fact import KnownFact, Told
from eidos.engine.model.plugin import PluggedIn
from eidos.engine.model.report import PackRef
from eidos.engine.model.run import RunSummary
from eidos.engine.model.verification import Alteration, Seals, Verification
from eidos.engine.ports import Rendering
from eidos.engine.report.registry import (
    CACHE,
    CONFIGURATION,
    DOCUMENT,
    FACTS,
    PLUGINS,
    RUNS,
    VERIFICATION,
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
RESULTS: dict[str, tuple[Kind[Any], Any]] = {
    "runs/v1": (RUNS, [RUN]),
    "verification/v1": (VERIFICATION, ALTERED),
    "settings/v1": (CONFIGURATION, SETTINGS),
    "cache/v1": (CACHE, INFO),
    "fact-list/v1": (FACTS, [FACT]),
    "plugins/v1": (PLUGINS, [PluggedIn(BAD, "local", (BAD,)), PluggedIn(BAD, error=BAD)]),
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
    value = json.loads(rendered(*RESULTS[name], "json"))
    assert schema.problems(Document("x", 0, value), name) == []


def test_a_table_has_a_line_for_each_value() -> None:
    value = {"a": [1, "x\ty"], "b": {}, BAD: {"c": BAD}}
    lines = rendered(DOCUMENT, value, "table").splitlines()
    assert lines[:3] == ["a[0]\t1", "a[1]\tx\\ty", "b\t{}"]
    assert len(lines) == 4
    assert not HIDDEN.search("\n".join(lines))
    assert orders("\n".join(lines)) == 0


def test_runs_name_a_few_clusters_and_count_the_others() -> None:
    assert "0, " in rendered(RUNS, [RUN], "text")
    assert "and 2 more" in rendered(RUNS, [RUN], "text")
    assert rendered(RUNS, [], "text") == ""


def test_what_is_not_there_is_a_dash() -> None:
    lines = rendered(CACHE, INFO, "text").splitlines()
    assert lines[-2:] == ["oldest: 1970-01-01T00:00:00Z", "newest: -"]
    assert "local" in rendered(PLUGINS, RESULTS["plugins/v1"][1], "text")
