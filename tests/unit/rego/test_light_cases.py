"""Policies after public bug reports: right answers, or refusals by name."""

from pathlib import Path
from typing import Any

import pytest

from eidos.engine.documents.finding import Source
from eidos.engine.documents.reading import read_documents
from eidos.engine.errors import PolicyError
from eidos.engine.model.rule import Module
from eidos.engine.ports import Ask, Job, Program
from eidos.engine.rego.light import LightEngine

REFUSED = "does not serve"


def denials(engine: LightEngine, case: str, shared: Path, policy: str = "policy") -> list[Any]:
    """Give what a case's policy denies of each of its documents, or why it cannot say."""
    (folder,) = (shared / "data" / "cases").glob(f"{case}-*")
    modules = tuple(
        Module(file.name, file.read_text()) for file in sorted((folder / policy).glob("*.rego"))
    )
    try:
        v0 = any(facts.v0 for facts in engine.analyse(modules))
    except PolicyError as error:
        return [f"{error.message} {error.hint}"]
    file = next(path for path in folder.iterdir() if path.name.startswith("doc"))
    program = Program(case + policy, modules, v0=v0)
    jobs = [
        Job(program, (Ask("data.main.deny", document.value),), 0)
        for document in read_documents(Source(file.name, file))
    ]
    return [a.error or a.values[0] for a in engine.evaluate(jobs)]


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("01", [["the image could not be shown to be trusted"]]),
        ("02", "several bodies of one head"),
        ("03", [["a service of type NodePort"], ["a:latest is not fixed"]]),
        ("14", "a line that begins with ("),
        ("15", "a name declared again"),
        ("16", "sprintf with %"),
        ("22", "to_number of 'http'"),
        ("26", "the unsafe name kind_we_refuse"),
        ("27", "arithmetic with 0.1"),
        ("28", "a rule without a body"),
    ],
)
def test_the_answer_is_right_or_a_refusal(
    case: str, expected: Any, light: LightEngine, shared: Path
) -> None:
    found = denials(light, case, shared)
    if isinstance(expected, list):
        assert found == expected
    else:
        (said,) = found
        assert f"{REFUSED} {expected}" in said
        assert "eidos engine install" in said


def test_chained_sets_are_refused(light: LightEngine, shared: Path) -> None:
    (said,) = denials(light, "02", shared, "policy-set")
    assert f"{REFUSED} several bodies of one head" in said
