"""Which documents are well-formed (``eidos validate``, ``eidos config validate``)."""

from collections.abc import Iterator
from typing import TextIO

from eidos.engine.errors import Problem
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.validation import Validated, Validation
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.github import annotation
from eidos.engine.report.jsontext import problem_json, write_document


def text(validation: Validation, out: TextIO, _rendering: Rendering) -> None:
    """Write one line for each problem and each valid document, then the counts."""
    for document in validation.documents:
        if document.valid:
            number = f" (document {document.index + 1})" if document.index else ""
            out.write(_line(f"{document.file}{number}: valid {document.schema}"))
        out.writelines(_lines((*document.problems, *document.notes)))
    out.writelines(_lines((*validation.unread, *validation.unmatched)))
    out.write(_counts(validation) + "\n")


def _lines(problems: tuple[Problem, ...]) -> Iterator[str]:
    for problem in problems:
        yield _line(str(problem))
        if problem.hint:
            yield _line(f"  hint: {problem.hint}")


def _line(text: str) -> str:
    return disarmed(one_line(text)) + "\n"


def _counts(validation: Validation) -> str:
    valid = sum(document.valid for document in validation.documents)
    counts = [f"{valid} valid", f"{len(validation.documents) - valid} invalid"]
    notes = sum(len(document.notes) for document in validation.documents)
    if notes:
        counts.append(f"{notes} facts unreadable" if notes > 1 else "1 fact unreadable")
    if validation.unread:
        counts.append(f"{len(validation.unread)} not readable")
    if validation.unmatched:
        counts.append(f"{len(validation.unmatched)} without a document")
    return ", ".join(counts)


def json(validation: Validation, out: TextIO, _rendering: Rendering) -> None:
    """Write everything; ``schemas/validation/v1.schema.json`` describes it."""
    write_document(
        out,
        "Validation",
        valid=validation.exit_code == 0,
        exitCode=int(validation.exit_code),
        documents=[_document(document) for document in validation.documents],
        unread=[problem_json(problem) for problem in validation.unread],
        unmatched=[problem_json(problem) for problem in validation.unmatched],
    )


def _document(document: Validated) -> Json:
    return {
        "file": document.file,
        "index": document.index,
        "schema": document.schema,
        "valid": document.valid,
        "problems": [problem_json(problem) for problem in document.problems],
        "notes": [problem_json(note) for note in document.notes],
    }


def github(validation: Validation, out: TextIO, _rendering: Rendering) -> None:
    """Write one error annotation for each problem and one warning for each note, at its line."""
    problems = [problem for document in validation.documents for problem in document.problems]
    notes = [note for document in validation.documents for note in document.notes]
    problems += [*validation.unread, *validation.unmatched]
    out.writelines(_annotation("error", problem) for problem in problems)
    out.writelines(_annotation("warning", note) for note in notes)
    out.write(f"{_counts(validation)}\n")


def _annotation(level: str, problem: Problem) -> str:
    shown = problem.location.shown_path if problem.location else ""
    path = f"{shown}: " if shown else ""
    hint = f" {problem.hint}" if problem.hint else ""
    message = one_line(f"{path}{problem.message}.{hint}")
    return annotation(level, message, problem.location)
