"""Reviews as the API server wants its answers: AdmissionReview v1."""

from collections.abc import Iterator
from typing import Final, TextIO

from eidos.engine.documents.writing import to_json
from eidos.engine.model.admission import Admission
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.report import Subject
from eidos.engine.model.rule import Enforcement
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import one_line, shortened

_FORBIDDEN: Final = 403
_BROKEN: Final = 500
_LONGEST: Final = 256
"""Characters of a warning, which the API server cuts at some more."""


def review(found: Admission, out: TextIO, _rendering: Rendering) -> None:
    """Write the answer to each review; several are a list."""
    answers: list[Json] = [
        {
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "response": response(found, subject, uid),
        }
        for subject, uid in zip(found.subjects, found.uids, strict=True)
    ]
    only = len(answers) == 1 and not found.problems
    listed: Json = {"apiVersion": "v1", "kind": "List", "items": answers}
    out.write(to_json(answers[0] if only else listed))


def response(found: Admission, subject: Subject, uid: str) -> dict[str, Json]:
    """Give the answer to one review: refused where anything closes the gate, unknown included."""
    closing = [verdict for verdict in subject.verdicts if found.closes(verdict)]
    answer: dict[str, Json] = {"uid": uid, "allowed": not closing}
    if closing:
        broken = all(verdict.status is Status.ERROR for verdict in closing)
        answer["status"] = {
            "code": _BROKEN if broken else _FORBIDDEN,
            "reason": "InternalError" if broken else "Forbidden",
            "message": "\n".join(line for verdict in closing for line in _lines(verdict)),
        }
    warnings: list[Json] = [
        shortened(line, _LONGEST)
        for verdict in subject.verdicts
        if verdict not in closing and _warns(verdict)
        for line in _lines(verdict)
    ]
    return {**answer, "warnings": warnings} if warnings else answer


def _warns(verdict: Verdict) -> bool:
    """Say whether a verdict that admits is told all the same."""
    if verdict.enforcement in (Enforcement.AUDIT, Enforcement.OFF):
        return False
    return verdict.status in (Status.FAIL, Status.WARN, Status.UNKNOWN)


def _lines(verdict: Verdict) -> Iterator[str]:
    said = [finding.msg for finding in verdict.findings]
    if verdict.status not in (Status.FAIL, Status.WARN) or not said:
        said = [f"{verdict.status}: {verdict.reason or 'no reason'}"]
    for text in said:
        yield one_line(f"[{verdict.rule}] {text}")
