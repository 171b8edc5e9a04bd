"""Documents that are at hand, and no files: judged as files with their JSON would be."""

from collections.abc import Iterator, Mapping

from eidos.engine.app.context import Context
from eidos.engine.app.reader import Item
from eidos.engine.app.reporting import report_on
from eidos.engine.documents.formats.naming import JSON
from eidos.engine.documents.given import read_given
from eidos.engine.documents.writing import to_json
from eidos.engine.errors import DocumentError, EidosError, Location, Problem
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Policy
from eidos.engine.model.report import Report
from eidos.engine.redacting import told


def judge(documents: Mapping[str, Json], policy: Policy, context: Context) -> Report:
    """Judge values, and record the run where the context says so; see `check`.

    Args:
        documents: what reports call each, and its value.
        policy: what judges.
        context: what is open.

    Returns:
        The report. What is no JSON, or over a limit, is a problem in it and hides nothing else.

    Raises:
        StoreError: the database cannot be opened or written.
    """
    return report_on(_items(documents, context), policy, context)


def _items(documents: Mapping[str, Json], context: Context) -> Iterator[Item | Problem]:
    for name, value in documents.items():
        try:
            [document] = read_given(_text(name, value), name, context.limits, JSON)
        except EidosError as error:
            yield told(error.problem)
            continue
        yield Item(document.title, document, is_alone=True)


def _text(name: str, value: Json) -> str:
    try:
        return to_json(value)
    except (TypeError, ValueError, RecursionError) as error:
        hint = "Maps, lists, texts, numbers, true, false and null are."
        place = Location(name)
        raise DocumentError(f"the value is not JSON: {error}", location=place, hint=hint) from None
