"""What a template's parameters may be: Kubernetes' structural schemas, as JSON Schema."""

from collections.abc import Iterator, Mapping
from typing import Any

from eidos.engine.documents.walking import Step
from eidos.engine.errors import PolicyError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.schema import schema_fault

_KEEPS = "x-kubernetes-preserve-unknown-fields"
_EITHER = "x-kubernetes-int-or-string"
_TYPES = frozenset({"array", "boolean", "integer", "number", "object", "string"})
_KEPT = (
    *("description", "enum", "maxItems", "maxLength", "maxProperties", "minItems", "minLength"),
    *("minProperties", "multipleOf", "pattern", "required", "uniqueItems"),
)
"""Keywords that mean the same in JSON Schema."""
_VALUES = ("allOf", "anyOf", "oneOf")
_REFUSED = {
    "$ref": "schemas refer to nothing outside of them",
    "x-kubernetes-validations": "it is CEL, which eidos does not read",
}


class ParameterSchema:
    """The schema of the parameters of a template.

    Args:
        step: ``spec.crd.spec.validation.openAPIV3Schema``, or an empty value.
        legacy: nothing need have a type, and fields that it does not name may be given.

    Raises:
        PolicyError: it is no schema.
    """

    def __init__(self, step: Step, *, legacy: bool) -> None:
        self._openapi: Any = step.value
        self.json_schema: Mapping[str, Json] | None = None
        """None where no parameter can be given."""
        if step.value is None:
            self.json_schema = {} if legacy else None
            return
        self.json_schema = _converted(step, legacy=legacy, structural=True)
        if (fault := schema_fault(self.json_schema)) is not None:
            raise _wrong(step, f"the schema of the parameters cannot be used: {fault}")

    def with_defaults(self, value: Json) -> Json:
        """Give parameters with what the schema says for those that are not given."""
        return _with_defaults(self._openapi, value)


def _converted(step: Step, *, legacy: bool, structural: bool) -> dict[str, Json]:
    schema = step.map()
    for name, reason in _REFUSED.items():
        if name in schema:
            raise _wrong(step.get(name), f"{name} cannot stand here: {reason}")
    found: dict[str, Json] = {name: schema[name] for name in _KEPT if name in schema}
    found |= _type(step, legacy=legacy, structural=structural) | _range(schema)
    found |= _children(step, legacy=legacy, structural=structural)
    for name in _VALUES:
        if name in schema:
            found[name] = [
                _converted(each, legacy=True, structural=False) for each in step.get(name).items()
            ]
    if "not" in schema:
        found["not"] = _converted(step.get("not"), legacy=True, structural=False)
    return found


def _type(step: Step, *, legacy: bool, structural: bool) -> dict[str, Json]:
    schema = step.map()
    if schema.get(_EITHER) is True:
        types = ["integer", "string"]
    elif schema.get("type") is None:
        if structural and not legacy and schema.get(_KEEPS) is not True:
            raise _wrong(step, "the schema has no type", "Add 'type: object', 'string' …")
        return {}
    elif schema["type"] in _TYPES:
        types = [str(schema["type"])]
    else:
        raise _wrong(step.get("type"), f"there is no type {str(schema['type'])[:80]!r}")
    return {"type": [*types, "null"] if schema.get("nullable") is True else [*types]}


def _range(schema: Mapping[str, Any]) -> dict[str, Json]:
    """Give the bounds; that they are exclusive is said by a flag beside them."""
    found: dict[str, Json] = {}
    for bound in ("minimum", "maximum"):
        if bound in schema:
            flag = f"exclusive{bound.capitalize()}"
            found[flag if schema.get(flag) is True else bound] = schema[bound]
    return found


def _children(step: Step, *, legacy: bool, structural: bool) -> dict[str, Json]:
    schema = step.map()
    found: dict[str, Json] = {}
    if "properties" in schema:
        properties = step.get("properties")
        found["properties"] = {
            name: _converted(properties.get(name), legacy=legacy, structural=structural)
            for name in properties.map()
        }
    if schema.get("items") is not None:
        found["items"] = _converted(step.get("items"), legacy=legacy, structural=structural)
    others = schema.get("additionalProperties")
    if isinstance(others, dict):
        others_at = step.get("additionalProperties")
        found["additionalProperties"] = _converted(others_at, legacy=legacy, structural=structural)
    elif structural and _is_closed(schema, legacy=legacy):
        found["additionalProperties"] = False
    return found


def _is_closed(schema: Mapping[str, Any], *, legacy: bool) -> bool:
    """Say whether Kubernetes would drop a field that the schema does not name."""
    keeps = legacy or schema.get(_KEEPS) is True or schema.get("additionalProperties") is True
    return schema.get("type") == "object" and not keeps


def _wrong(step: Step, message: str, hint: str | None = None) -> PolicyError:
    return PolicyError(message, hint=hint, location=step.document.location(step.path))


def _with_defaults(schema: Any, value: Json) -> Json:  # noqa: ANN401 -- a schema, which was checked
    if not isinstance(schema, dict):
        return value
    if isinstance(value, list):
        return [_with_defaults(schema.get("items"), each) for each in value]
    if not isinstance(value, dict):
        return value
    return dict(_fields(schema, value))


def _fields(schema: Mapping[str, Any], value: dict[str, Json]) -> Iterator[tuple[str, Json]]:
    properties = schema.get("properties") or {}
    others = schema.get("additionalProperties")
    for name, inner in value.items():
        yield name, _with_defaults(properties.get(name, others), inner)
    for name, inner in properties.items():
        if name not in value and "default" in inner:
            yield name, _with_defaults(inner, inner["default"])
