"""Structural schemas of Kubernetes: what an API server makes of a custom resource.

A definition (CustomResourceDefinition, apiextensions.k8s.io/v1) describes its kind in a dialect of
OpenAPI 3.0: a field that it does not name is dropped without a word, ``nullable`` and
``x-kubernetes-int-or-string`` widen a type, defaults are set before anything is asked for. It is
turned into JSON Schema, with objects closed where fields would be dropped. Rules in CEL, formats
and the keys of list maps are not looked at.
https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from eidos.engine.model.jsonvalue import Json
from eidos.engine.schema.wording import Said, worded

MOST = 50
"""Problems of one object that are told; what follows from a wrong level helps nobody."""
_PATTERN_BYTES = 1 << 20
"""Of a compiled pattern, as Go's regexp bounds repetition: both end in linear time."""
_KEPT = (
    *("enum", "pattern", "minimum", "maximum", "multipleOf", "minLength", "maxLength"),
    *("minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "required"),
)
_OPEN = "x-kubernetes-preserve-unknown-fields"
_INT_OR_STRING = "x-kubernetes-int-or-string"
_EMBEDDED = "x-kubernetes-embedded-resource"
_NONE = {"\0": True}
"""Fields of an object that has none: the validator names what is too many only where there are."""
_SERVERS = ("apiVersion", "kind", "metadata")
"""What every object has, whatever its schema says; the API server knows it itself."""


class Structural:
    """A schema of one version of a kind, ready to be asked.

    Args:
        schema: what stands in ``schema.openAPIV3Schema``.

    Raises:
        ValueError: it is no structural schema, with a sentence that says where and why.
    """

    def __init__(self, schema: Json) -> None:
        from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError

        self._nulls = schema
        self._schema = _root(schema)
        try:
            self._validator = Draft202012Validator(
                self._schema,
                validate_formats=False,
                mask="it",
                pattern_options=RegexOptions(size_limit=_PATTERN_BYTES),
            )
        except ValidationError as error:
            where = ".".join(map(str, error.instance_path)) or "the schema"
            raise ValueError(f"{where}: {error.message}") from error

    def problems(self, value: Mapping[str, Json]) -> Iterator[Said]:
        """Give what an API server would refuse or drop of an object, `MOST` things at most."""
        asked = _without_nulls(dict(value), self._nulls)
        yield from islice(self._problems(asked), MOST)

    def _problems(self, value: Json) -> Iterator[Said]:
        for error in self._validator.iter_errors(value):
            if error.kind.name == "additionalProperties":
                path = tuple(error.instance_path)
                for key in error.kind.as_dict()["unexpected"]:
                    said = "is no field of the definition; it would be dropped"
                    yield Said((*path, key), f"'{key}' {said}")
            else:
                yield from worded(error, self._schema)


def _root(schema: Json) -> dict[str, Any]:
    made = _converted(schema, (), is_closed=True)
    properties = made.setdefault("properties", {})
    for name in _SERVERS:
        properties[name] = properties.get(name, {}) if name == "metadata" else {}
    properties["metadata"].pop("additionalProperties", None)
    return made


def _converted(schema: object, path: tuple[str, ...], *, is_closed: bool) -> dict[str, Any]:
    """Give JSON Schema for a part of a structural schema.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(schema, Mapping):
        raise _unusable(path, "is no schema")
    if "$ref" in schema:
        raise _unusable(path, "refers to another schema, which Kubernetes does not take")
    made: dict[str, Any] = {key: schema[key] for key in _KEPT if key in schema}
    _take_type(schema, made)
    _take_bounds(schema, made)
    for key in ("allOf", "anyOf", "oneOf"):
        if key in schema:
            parts = _list(schema[key], (*path, key))
            made[key] = [_converted(each, (*path, key), is_closed=False) for each in parts]
    if "not" in schema:
        made["not"] = _converted(schema["not"], (*path, "not"), is_closed=False)
    if "items" in schema:
        made["items"] = _converted(schema["items"], (*path, "items"), is_closed=is_closed)
    _take_fields(schema, made, path, is_closed=is_closed)
    return made


def _take_type(schema: Mapping[str, Any], made: dict[str, Any]) -> None:
    types = ["integer", "string"] if schema.get(_INT_OR_STRING) else schema.get("type")
    if types is not None:
        types = types if isinstance(types, list) else [types]
        made["type"] = [*types, "null"] if schema.get("nullable") else types
    if schema.get("nullable") and "enum" in made:
        made["enum"] = [*_list(made["enum"], ("enum",)), None]
    if schema.get("x-kubernetes-list-type") == "set":
        made["uniqueItems"] = True


def _take_bounds(schema: Mapping[str, Any], made: dict[str, Any]) -> None:
    """In OpenAPI 3.0 a bound is exclusive by a flag beside it."""
    for bound, flag in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if schema.get(flag) is True and bound in made:
            made[flag] = made.pop(bound)


def _take_fields(
    schema: Mapping[str, Any], made: dict[str, Any], path: tuple[str, ...], *, is_closed: bool
) -> None:
    said = schema.get("properties", {})
    if not isinstance(said, Mapping):
        raise _unusable(path, "has properties that are no map")
    if said:
        made["properties"] = {
            str(name): _converted(part, (*path, str(name)), is_closed=is_closed)
            for name, part in said.items()
        }
    if "required" in made:
        # A default is set before anybody asks whether the field is there.
        names = [str(name) for name in _list(made["required"], (*path, "required"))]
        made["required"] = [name for name in names if "default" not in (said.get(name) or {})]
    others = schema.get("additionalProperties")
    if isinstance(others, Mapping):
        made["additionalProperties"] = _converted(others, (*path, "*"), is_closed=is_closed)
    elif is_closed and others is not True and _prunes(schema):
        made["additionalProperties"] = False
        made.setdefault("properties", dict(_NONE))
        if schema.get(_EMBEDDED):
            made["properties"] |= {name: {} for name in _SERVERS}


def _prunes(schema: Mapping[str, Any]) -> bool:
    is_object = schema.get("type") == "object" or "properties" in schema
    return is_object and not schema.get(_OPEN)


def _list(value: object, path: tuple[str, ...]) -> Sequence[Any]:
    if not isinstance(value, list):
        raise _unusable(path, "is no list")
    return value


def _unusable(path: tuple[str, ...], what: str) -> ValueError:
    return ValueError(f"{'.'.join(path) or 'the schema'} {what}")


def _without_nulls(value: Json, schema: Any) -> Json:  # noqa: ANN401 -- schemas are free-form
    """Drop fields that are null and may not be, as an API server does before it sets defaults."""
    if not isinstance(schema, Mapping):
        return value
    if isinstance(value, list):
        return [_without_nulls(each, schema.get("items")) for each in value]
    if not isinstance(value, Mapping):
        return value
    parts, others = schema.get("properties") or {}, schema.get("additionalProperties")
    return {
        key: _without_nulls(each, parts.get(key, others))
        for key, each in value.items()
        if each is not None or _may_be_null(key, parts)
    }


def _may_be_null(key: str, parts: Mapping[str, Any]) -> bool:
    part = parts.get(key)
    return not isinstance(part, Mapping) or bool(part.get("nullable"))
