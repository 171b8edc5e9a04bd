"""What a document asks of the API server: AdmissionReviews as they are, manifests made into them.

A manifest is a request to create what it describes, or to do what the caller says with it. Lists
are taken apart, whatever is in them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import Final

from eidos.engine.digest import digest
from eidos.engine.documents.walking import Path, Step
from eidos.engine.errors import DocumentError
from eidos.engine.model.admission import is_namespaced
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest
from eidos.engine.records import dataclass

GROUP: Final = "admission.k8s.io"
KIND: Final = "AdmissionReview"
OPERATIONS: Final = ("CREATE", "UPDATE", "DELETE", "CONNECT")
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "CREATE": ("object",),
    "UPDATE": ("object", "oldObject"),
    "DELETE": ("oldObject",),
    "CONNECT": (),
}
"""What a request of each operation must hold."""
_FIELDS: Final = frozenset(
    [
        *("uid", "kind", "resource", "subResource", "requestKind", "requestResource"),
        *("requestSubResource", "name", "namespace", "operation", "userInfo", "object"),
        *("oldObject", "dryRun", "options"),
    ]
)
"""https://kubernetes.io/docs/reference/config-api/apiserver-admission.v1/"""
_NO_OBJECT: Final = "It is a Kubernetes manifest, an AdmissionReview, or a list of them."


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """How manifests become requests."""

    operation: str = "CREATE"
    namespace: str = ""
    """Of objects that name none and lie in one; empty leaves them as they are."""
    user: str = ""
    groups: tuple[str, ...] = ()
    whole_reviews: bool = True
    """AdmissionReviews are as the API server sends them; else they are made by hand for a test,
    of whatever version, and an object is all that they need."""
    old: Callable[[str, str, str, str], Json] = field(default=lambda *_: None)
    """Gives what there is by API version, kind, namespace and name; None where nobody knows."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and where in its document it stands."""

    request: Mapping[str, Json]
    base: Path
    """Of the object, or of the request of an AdmissionReview."""
    object: Mapping[str, Json] | None
    """What there will be, or of a deletion what there was; None where it holds neither."""


def read_requests(step: Step, making: Making) -> Iterator[Asked]:
    """Give every request of a document.

    Raises:
        DocumentError: it, or something in it, is no object of Kubernetes, or no whole review.
    """
    for each in objects_in(step):
        if is_review(each.value):
            yield _of_review(each, whole=making.whole_reviews)
        else:
            yield _of_object(each, making)


def is_review(value: Json) -> bool:
    """Say whether a document is an AdmissionReview of whatever version."""
    if not isinstance(value, dict) or value.get("kind") != KIND:
        return False
    return str(value.get("apiVersion")).partition("/")[0] == GROUP


def objects_in(step: Step) -> Iterator[Step]:
    """Give the objects of a document: itself, or what is in a list, with kind and version.

    Raises:
        DocumentError: one of them is none.
    """
    value = step.value
    if isinstance(value, list):
        for each in step.items():
            yield from objects_in(each)
        return
    if not isinstance(value, dict):
        raise step.fail("this is no object of Kubernetes", _NO_OBJECT)
    kind = value.get("kind")
    if isinstance(kind, str) and kind.endswith("List") and isinstance(value.get("items"), list):
        for each in step.get("items").items():
            yield from objects_in(_typed(each, value, kind))
        return
    if not isinstance(kind, str) or not kind or not isinstance(value.get("apiVersion"), str):
        missing = "kind" if not isinstance(kind, str) or not kind else "apiVersion"
        raise step.fail(f"this is no object of Kubernetes: it has no {missing}", _NO_OBJECT)
    yield step


def _typed(step: Step, parent: Mapping[str, Json], kind: str) -> Step:
    """Give an entry of a list of one kind what the API server leaves out there."""
    if kind == "List" or not isinstance(step.value, dict) or "kind" in step.value:
        return step
    head = {"apiVersion": parent.get("apiVersion"), "kind": kind.removesuffix("List")}
    return Step(step.document, {**head, **step.value}, step.path)


# Manifests --------------------------------------------------------------------------------------


def _of_object(step: Step, making: Making) -> Asked:
    object_ = step.map()
    metadata = step.get("metadata").map() if object_.get("metadata") is not None else {}
    name, namespace = (_text(step, metadata, key) for key in ("name", "namespace"))
    if not name and not _text(step, metadata, "generateName"):
        raise step.fail("the object has no metadata.name", "Give it a name, or a generateName.")
    version, kind = str(object_["apiVersion"]), str(object_["kind"])
    object_ = placed(object_, making.namespace)
    namespace = namespace or str(_metadata(object_).get("namespace") or "")
    group, _, number = version.rpartition("/")
    request: dict[str, Json] = {
        "uid": "",
        "kind": {"group": group, "version": number, "kind": kind},
        "resource": {"group": group, "version": number, "resource": ""},
        "operation": making.operation,
        "userInfo": _user(making),
        "object": None if making.operation == "DELETE" else object_,
        "oldObject": _old(object_, making, (version, kind, namespace, name)),
        "options": None,
    }
    request |= {"name": name} if name else {}
    request |= {"namespace": namespace} if namespace else {}
    request["uid"] = _uid(request)
    return Asked(request, step.path, object_)


def _metadata(object_: Mapping[str, Json]) -> Mapping[str, Json]:
    found = object_.get("metadata")
    return found if isinstance(found, dict) else {}


def placed(object_: dict[str, Json], namespace: str) -> dict[str, Json]:
    """Give an object that names no namespace, and lies in one, the namespace that it gets."""
    metadata = object_.get("metadata")
    if not namespace or not isinstance(metadata, dict) or metadata.get("namespace"):
        return object_
    group = str(object_["apiVersion"]).rpartition("/")[0]
    if not is_namespaced(group, str(object_["kind"])):
        return object_
    return {**object_, "metadata": {**metadata, "namespace": namespace}}


def _text(step: Step, metadata: Mapping[str, Json], key: str) -> str:
    found = metadata.get(key)
    if found is not None and not isinstance(found, str):
        raise step.get("metadata").get(key).fail(f"metadata.{key} is no text", "Put it in quotes.")
    return found or ""


def _old(object_: Mapping[str, Json], making: Making, called: tuple[str, str, str, str]) -> Json:
    if making.operation == "DELETE":
        return dict(object_)
    return making.old(*called) if making.operation == "UPDATE" else None


def _user(making: Making) -> dict[str, Json]:
    found: dict[str, Json] = {"username": making.user} if making.user else {}
    return {**found, "groups": [*making.groups]} if making.groups else found


def _uid(request: Mapping[str, Json]) -> str:
    """Name a request that the API server never saw by what it asks, in the form of a UUID."""
    hexes = digest(request).removeprefix("sha256:")
    return "-".join((hexes[:8], hexes[8:12], hexes[12:16], hexes[16:20], hexes[20:32]))


# AdmissionReviews -------------------------------------------------------------------------------


def _of_review(step: Step, *, whole: bool) -> Asked:
    version = step.get("apiVersion").text().rpartition("/")[2]
    if whole and version != "v1":
        hint = "Version 1 is served by every Kubernetes since 1.16."
        raise step.get("apiVersion").fail(f"eidos reads {KIND} v1, and this is {version}", hint)
    request = step.get("request")
    if request.value is None:
        what = "a response" if step.map().get("response") else "no request"
        raise step.fail(f"the review holds {what}, and what is judged is its request")
    fields = request.map()
    for name in fields:
        if name not in _FIELDS:
            hint = nearest(name, _FIELDS)
            raise request.get(name).fail(f"a request has no field {name[:80]!r}", hint)
    if whole:
        _checked(request)
    else:
        fields = _filled(request)
    object_ = fields.get("oldObject" if fields["operation"] == "DELETE" else "object")
    return Asked(fields, request.path, object_ if isinstance(object_, dict) else None)


def _filled(request: Step) -> dict[str, Json]:
    """Give a request for a test with what Go has for what is not said.

    Raises:
        DocumentError: there is nothing to review in it.
    """
    fields = request.map()
    if not fields.get("object") and not fields.get("oldObject"):
        raise request.fail("the request holds neither an object nor an oldObject")
    for name in ("object", "oldObject"):
        _check_object(request, name, needed=False)
    nothing = {"group": "", "version": "", "kind": ""}
    kind = request.get("kind").map() if fields.get("kind") is not None else {}
    return {"uid": "", "operation": "", **fields, "kind": {**nothing, **kind}}


def _checked(request: Step) -> None:
    """Refuse what the API server would never send.

    Raises:
        DocumentError: names what is missing, or of another kind.
    """
    request.get("uid").text()
    kind = request.get("kind")
    kind.get("kind").text()
    for part in ("group", "version"):
        if not isinstance(kind.map().get(part), str):
            raise kind.fail(f"the request's kind has no {part}")
    operation = request.get("operation")
    if operation.text() not in OPERATIONS:
        hint = f"It is one of {', '.join(OPERATIONS)}."
        raise operation.fail(f"there is no operation {operation.text()[:80]!r}", hint)
    for name in ("object", "oldObject"):
        _check_object(request, name, needed=name in _NEEDS[operation.text()])
    for name, wanted in (("userInfo", dict), ("options", dict), ("dryRun", bool)):
        value = request.map().get(name)
        if value is not None and not isinstance(value, wanted):
            raise request.get(name).fail(f"'{name}' is of another kind than it must be")
    for name in ("name", "namespace", "subResource"):
        request.get(name).optional()


def _check_object(request: Step, name: str, *, needed: bool) -> None:
    found = request.map().get(name)
    if found is None and needed:
        operation = request.map()["operation"]
        raise request.fail(f"a request to {str(operation).lower()} needs its {name}")
    if found is None:
        return
    value = request.get(name).map()
    if value and not isinstance(value.get("kind"), str):
        raise DocumentError(
            f"the {name} has no kind",
            hint=_NO_OBJECT,
            location=request.document.location((*request.path, name)),
        )
