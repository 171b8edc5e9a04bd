import io
import json

import pytest

from eidos.engine import schema
from eidos.engine.documents.reading import Document
from eidos.engine.errors import ExitCode, Location, Problem
from eidos.engine.model.validation import Validated, Validation
from eidos.engine.ports import Rendering
from eidos.engine.report.registry import VALIDATION

BAD = Problem("'name' is empty", "Write it.", Location("a,b:c.yaml", 3, 5, "$.nodes[0].name"))
HOSTILE = Problem("'x' is \x1b[31m\n::error::%0A\u202e", None, Location("e\x1b.yaml"))
VALID = Validated("ok.yaml", 1, "snapshot/v1", ())
EVERYTHING = Validation(
    (VALID, Validated("a,b:c.yaml", 0, None, (BAD, HOSTILE))),
    (Problem("the document is empty", None, Location("empty.yaml")),),
    (Problem("no file matches x*"),),
)


def written(form: str, validation: Validation = EVERYTHING) -> str:
    out = io.StringIO()
    VALIDATION.reporter(form)(validation, out, Rendering())
    return out.getvalue()


def test_text_has_one_line_for_each_thing() -> None:
    lines = written("text").splitlines()
    assert lines[:3] == [
        "ok.yaml (document 2): valid snapshot/v1",
        "a,b:c.yaml:3:5 $.nodes[0].name: 'name' is empty",
        "  hint: Write it.",
    ]
    assert lines[-3:] == [
        "empty.yaml: the document is empty",
        "no file matches x*",
        "1 valid, 1 invalid, 1 not readable, 1 without a document",
    ]


def test_github_annotates_the_line() -> None:
    first, second, *_ = written("github").splitlines()
    assert first == (
        "::error file=a%2Cb%3Ac.yaml,line=3,col=5::$.nodes[0].name: 'name' is empty. Write it."
    )
    assert second.startswith("::error file=e")
    assert "%250A" in second


@pytest.mark.parametrize("form", VALIDATION.formats)
def test_nothing_from_a_document_reaches_the_terminal_raw(form: str) -> None:
    text = written(form)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert not [line for line in text.splitlines() if line.startswith("::error::")]


def test_a_file_whose_name_is_a_workflow_command_gives_no_orders() -> None:
    named = Problem("it is empty", None, Location("::error::x.yaml"))
    valid = Validated("::error::y.yaml", 0, "snapshot/v1", ())
    lines = written("text", Validation((valid,), (named,))).splitlines()
    assert not [line for line in lines if line.startswith("::")]


def test_json_is_what_its_schema_says() -> None:
    value = json.loads(written("json"))
    assert schema.problems(Document("x", 0, value), "validation/v1") == []
    assert value["exitCode"] == 2
    assert value["documents"][1]["problems"][0] == {
        "message": "'name' is empty",
        "hint": "Write it.",
        "code": "invalid",
        "location": {"file": "a,b:c.yaml", "line": 3, "column": 5, "path": "$.nodes[0].name"},
    }


@pytest.mark.parametrize(
    ("validation", "code"),
    [
        (Validation((VALID,)), ExitCode.OK),
        (Validation((VALID, Validated("b", 0, None, (BAD,)))), ExitCode.FAILED),
        (Validation(), ExitCode.INCOMPLETE),
        (Validation((VALID,), (), (BAD,)), ExitCode.INCOMPLETE),
        (Validation((VALID,), (BAD,), (BAD,)), ExitCode.NO_ANSWER),
    ],
)
def test_the_exit_code_follows_the_worst(validation: Validation, code: ExitCode) -> None:
    assert validation.exit_code is code
    assert json.loads(written("json", validation))["exitCode"] == code
