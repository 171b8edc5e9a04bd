"""Requests of documents: manifests as the API server would ask, AdmissionReviews as they are."""

import copy
import json
from typing import Any

import pytest

from eidos.engine.documents.given import read_given
from eidos.engine.documents.reviews import Asked, Making, read_requests
from eidos.engine.documents.walking import Step
from eidos.engine.errors import DocumentError

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n"
REVIEW: dict[str, Any] = {
    "apiVersion": "admission.k8s.io/v1",
    "kind": "AdmissionReview",
    "request": {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "operation": "CREATE",
        "object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}},
    },
}


def requests(text: str, making: Making = Making()) -> list[Asked]:  # noqa: B008 -- frozen
    return [
        asked
        for document in read_given(text, "m.yaml")
        for asked in read_requests(Step(document, document.value), making)
    ]


def one(text: str, **making: Any) -> dict[str, Any]:
    [asked] = requests(text, Making(**making))
    return dict(asked.request)


def refused(text: str, **making: Any) -> str:
    with pytest.raises(DocumentError) as caught:
        requests(text, Making(**making))
    return f"{caught.value} {caught.value.hint or ''}"


def test_a_manifest_is_to_be_created() -> None:
    request = one(POD)
    assert request["operation"] == "CREATE"
    assert request["kind"] == {"group": "", "version": "v1", "kind": "Pod"}
    assert (request["name"], "namespace" in request) == ("web", False)
    assert request["object"]["kind"] == "Pod"
    assert request["oldObject"] is None


def test_the_same_manifest_has_the_same_uid() -> None:
    uids = {one(POD)["uid"], one(f"# a remark\n{POD}")["uid"]}
    assert len(uids) == 1
    assert one(POD, user="eve")["uid"] not in uids


def test_what_lies_in_a_namespace_gets_one() -> None:
    request = one(POD, namespace="default")
    assert request["namespace"] == "default"
    assert request["object"]["metadata"]["namespace"] == "default"
    named = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\n"
    assert one(named, namespace="default")["namespace"] == "shop"


@pytest.mark.parametrize(
    "head",
    ["v1\nkind: Namespace", "nvidia.com/v1\nkind: ClusterPolicy", "my.org/v1\nkind: Pod"],
)
def test_what_may_lie_in_none_gets_none(head: str) -> None:
    text = f"apiVersion: {head}\nmetadata: {{name: x}}\n"
    assert "namespace" not in one(text, namespace="default")


def test_updates_and_deletions() -> None:
    deleted = one(POD, operation="DELETE")
    assert (deleted["object"], deleted["oldObject"]["kind"]) == (None, "Pod")
    before = {"kind": "Pod", "spec": 1}
    updated = one(POD, operation="UPDATE", old=lambda *_: before)
    assert (updated["object"]["kind"], updated["oldObject"]) == ("Pod", before)


def test_who_asks() -> None:
    request = one(POD, user="ci", groups=("a", "b"))
    assert request["userInfo"] == {"username": "ci", "groups": ["a", "b"]}
    assert one(POD)["userInfo"] == {}


def test_lists_are_taken_apart() -> None:
    pods = {"apiVersion": "v1", "kind": "PodList", "items": [{"metadata": {"name": "a"}}]}
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [REVIEW, [pods]]})
    found = requests(text)
    assert [asked.base for asked in found] == [("items", 0, "request"), ("items", 1, 0, "items", 0)]
    assert found[1].request["kind"]["kind"] == "Pod"


def test_many_documents() -> None:
    assert len(requests(f"{POD}---\n{POD}---\n")) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("just text", "this is no object of Kubernetes"),
        ("a: 1", "it has no kind"),
        ("kind: Pod\nmetadata: {name: a}", "it has no apiVersion"),
        ("kind: 7\napiVersion: v1", "it has no kind"),
        ("kind: Pod\napiVersion: v1", "the object has no metadata.name"),
        ("kind: Pod\napiVersion: v1\nmetadata: web", "'metadata' is text, and must be a map"),
        ("kind: Pod\napiVersion: v1\nmetadata: {name: 7}", "metadata.name is no text"),
        (
            "kind: Pod\napiVersion: v1\nmetadata: {name: a, namespace: [b]}",
            "metadata.namespace is no text",
        ),
        ("kind: List\napiVersion: v1\nitems: [7]", "m.yaml:3:9 $.items[0]"),
    ],
)
def test_what_is_no_manifest(text: str, words: str) -> None:
    assert words in refused(text)


# AdmissionReviews -------------------------------------------------------------------------------


def changed(**fields: Any) -> str:
    review = copy.deepcopy(REVIEW)
    for name, value in fields.items():
        if value is None:
            del review["request"][name]
        else:
            review["request"][name] = value
    return json.dumps(review)


def test_a_review_is_taken_as_it_is() -> None:
    [asked] = requests(json.dumps(REVIEW), Making(operation="DELETE", namespace="x", user="eve"))
    assert asked.request == REVIEW["request"]
    assert asked.base == ("request",)


def test_what_is_connected_to_need_be_no_object() -> None:
    text = changed(operation="CONNECT", subResource="exec", object=None)
    assert requests(text)[0].object is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            json.dumps({**REVIEW, "apiVersion": "admission.k8s.io/v1beta1"}),
            "eidos reads AdmissionReview v1",
        ),
        (json.dumps({**REVIEW, "request": None}), "the review holds no request"),
        (
            json.dumps({**REVIEW, "request": None, "response": {"uid": "a"}}),
            "the review holds a response",
        ),
        (json.dumps({**REVIEW, "request": [1]}), "'request' is a list, and must be a map"),
        (changed(uid=None), "'uid'"),
        (changed(uid=["x"]), "'uid'"),
        (changed(kind=None), "'kind' is missing or empty"),
        (changed(kind={"kind": "Pod"}), "the request's kind has no group"),
        (changed(operation="PATCH"), "there is no operation 'PATCH'"),
        (changed(operation=None), "'operation'"),
        (changed(object=None), "a request to create needs its object"),
        (changed(object="pod"), "'object' is text, and must be a map"),
        (changed(object={"a": 1}), "the object has no kind"),
        (changed(operation="UPDATE"), "a request to update needs its oldObject"),
        (changed(operation="DELETE"), "a request to delete needs its oldObject"),
        (changed(userInfo="eve"), "'userInfo' is of another kind"),
        (changed(dryRun="yes"), "'dryRun' is of another kind"),
        (changed(namespace=["a"]), "'namespace'"),
        (changed(objekt={}), "a request has no field 'objekt'"),
    ],
)
def test_a_malformed_review_is_refused(text: str, words: str) -> None:
    assert words in refused(text)


def test_reviews_made_for_tests_need_an_object_only() -> None:
    head = "kind: AdmissionReview\napiVersion: admission.k8s.io/v1beta1\n"
    assert one(f"{head}request: {{object: {{kind: Pod}}}}", whole_reviews=False)["operation"] == ""
    empty = f"{head}request: {{operation: CREATE}}"
    assert "neither an object nor an oldObject" in refused(empty, whole_reviews=False)
