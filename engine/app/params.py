"""Reading parameter files: ``{RULE: {name: value}}``."""

from collections.abc import Mapping

from eidos.engine.documents.finding import find_sources
from eidos.engine.documents.reading import read_documents
from eidos.engine.errors import DocumentError, Location
from eidos.engine.model.jsonvalue import Json


def read_params(file: str) -> Mapping[str, Mapping[str, Json]]:
    """Read the parameters of rules.

    Raises:
        DocumentError: the file cannot be read or has another shape.
    """
    params: dict[str, Mapping[str, Json]] = {}
    for source in find_sources([file]):
        for document in read_documents(source):
            if not isinstance(document.value, dict):
                raise _misshapen(document.location(()))
            for rule, values in document.value.items():
                if not isinstance(values, dict):
                    raise _misshapen(document.location((rule,)))
                params[rule] = values
    return params


def merged(*layers: Mapping[str, Mapping[str, Json]]) -> Mapping[str, Mapping[str, Json]]:
    """Give the parameters of all layers; a later layer goes before an earlier one."""
    params: dict[str, Mapping[str, Json]] = {}
    for layer in layers:
        for rule, values in layer.items():
            params[rule] = {**params.get(rule, {}), **values}
    return params


def _misshapen(location: Location) -> DocumentError:
    return DocumentError(
        "parameters are a map from rule id to a map of values",
        location=location,
        hint="Write, for example:  GPU-002: {grace_days: 30}",
    )
