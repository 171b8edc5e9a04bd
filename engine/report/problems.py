"""What ``eidos validate`` says: for people, for programs, for GitHub."""

from collections.abc import Callable, Iterator
from typing import TextIO

from eidos.engine.errors import Problem
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.validation import Validated, Validation
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.jsontext import dumps
from eidos.engine.report.workflow import annotation

Writer = Callable[[Validation, TextIO], None]


def text(validation: Validation, out: TextIO) -> None:
    """Write one line for each problem and each valid document, then the counts."""
    for document in validation.documents:
        if document.valid:
            number = f" (document {document.index + 1})" if document.index else ""
            out.write(_line(f"{document.file}{number}: valid {document.schema}"))
        out.writelines(_lines(document.problems))
    out.writelines(_lines((*validation.unread, *validation.unmatched)))
    out.write(_counts(validation) + "\n")


def _lines(problems: tuple[Problem, ...]) -> Iterator[str]:
    for problem in problems:
        place = f"{problem.location}: " if problem.location else ""
        yield _line(f"{place}{problem.message}")
        if problem.hint:
            yield _line(f"  hint: {problem.hint}")


def _line(text: str) -> str:
    return disarmed(one_line(text)) + "\n"


def _counts(validation: Validation) -> str:
    valid = sum(document.valid for document in validation.documents)
    counts = [f"{valid} valid", f"{len(validation.documents) - valid} invalid"]
    if validation.unread:
        counts.append(f"{len(validation.unread)} not readable")
    if validation.unmatched:
        counts.append(f"{len(validation.unmatched)} without a document")
    return ", ".join(counts)


def json(validation: Validation, out: TextIO) -> None:
    """Write everything; ``schemas/validation/v1.schema.json`` describes it."""
    value: Json = {
        "apiVersion": "eidos.dev/v1",
        "kind": "Validation",
        "valid": validation.exit_code == 0,
        "exitCode": int(validation.exit_code),
        "documents": [_document(document) for document in validation.documents],
        "unread": [_problem(problem) for problem in validation.unread],
        "unmatched": [_problem(problem) for problem in validation.unmatched],
    }
    out.write(dumps(value, indent=2) + "\n")


def _document(document: Validated) -> Json:
    return {
        "file": document.file,
        "index": document.index,
        "schema": document.schema,
        "valid": document.valid,
        "problems": [_problem(problem) for problem in document.problems],
    }


def _problem(problem: Problem) -> Json:
    place = problem.location
    found: dict[str, Json] = {"message": problem.message, "hint": problem.hint}
    if place:
        found |= {"file": place.file, "line": place.line, "column": place.column}
        found["path"] = place.path
    return {key: value for key, value in found.items() if value is not None}


def github(validation: Validation, out: TextIO) -> None:
    """Write one error annotation for each problem, at its line."""
    problems = [problem for document in validation.documents for problem in document.problems]
    problems += [*validation.unread, *validation.unmatched]
    out.writelines(map(_annotation, problems))
    out.write(f"{_counts(validation)}\n")


def _annotation(problem: Problem) -> str:
    path = f"{problem.location.path}: " if problem.location and problem.location.path else ""
    hint = f" {problem.hint}" if problem.hint else ""
    message = one_line(f"{path}{problem.message}.{hint}")
    return annotation("error", message, problem.location)


WRITERS: dict[str, Writer] = {"text": text, "json": json, "github": github}
