"""Variables of the environment: all that eidos reads are known, and a misspelt one is told."""

import re
from pathlib import Path

import pytest

from eidos.engine.bundling.attesting import PASSED
from eidos.engine.config.rows import BY_VARIABLE
from eidos.engine.config.variables import OTHER_VARIABLES, unknown_variables

ROOT = Path(__file__).parents[3]


def test_every_variable_that_the_source_names_is_known() -> None:
    files = [each for part in ("engine", "collectors", "bundlers") for each in _sources(part)]
    named = {
        name for file in files for name in re.findall(r"(?<!_)EIDOS_[A-Z0-9_]+", file.read_text())
    }
    named -= {PASSED}  # a property of a statement, and no variable
    assert named >= {"EIDOS_DB", "EIDOS_SIGNING_KEY"}
    assert list(unknown_variables(dict.fromkeys(named, "x"))) == []


def test_every_variable_that_is_known_is_read() -> None:
    here = ROOT / "engine/config/variables.py"
    said = "".join(file.read_text() for file in _sources("engine") if file != here)
    assert [name for name in OTHER_VARIABLES if name not in said] == []
    assert not {*OTHER_VARIABLES} & {*BY_VARIABLE}


def _sources(part: str) -> list[Path]:
    return [*(ROOT / part).rglob("*.py")]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("EIDOS_FAIL_0N", "EIDOS_FAIL_ON"),
        ("eidos_fail_on", "EIDOS_FAIL_ON"),
        ("EIDOS_SIGNINGKEY", "EIDOS_SIGNING_KEY"),
        ("EIDOS_OPA_TOKENS", "EIDOS_OPA_TOKEN"),
    ],
)
def test_the_nearest_name_of_a_misspelt_variable_is_told(name: str, meant: str) -> None:
    ((told, hint),) = unknown_variables({"HOME": "/", name: "s3cr3t", meant: "x"})
    assert (told, hint) == (name, f"Did you mean {meant!r}?")


@pytest.mark.parametrize(
    "name",
    ["EIDOS_TEST_OPA", "EIDOS_UPDATE_GOLDEN", "EIDOS_CHANGE_TO", "EIDOS_SERVICE_HOST", "EIDOSX"],
)
def test_variables_of_others_are_let_through(name: str) -> None:
    assert list(unknown_variables({name: "x"})) == []
