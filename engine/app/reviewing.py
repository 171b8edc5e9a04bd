"""From manifests and AdmissionReviews to reviews, with what is known beside them.

Beside a review stand namespaces, the inventory that templates look into, resource claims, and the
facts of a snapshot. What is given is known; what is not is said, never guessed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from eidos.engine.app.reader import Item
from eidos.engine.digest import digest
from eidos.engine.documents.reading import Document
from eidos.engine.documents.reviews import (
    Asked,
    Making,
    is_review,
    objects_in,
    placed,
    read_requests,
)
from eidos.engine.documents.walking import Path, Step
from eidos.engine.errors import DocumentError
from eidos.engine.evaluating.subjects import SubjectFacts, cluster_facts, review_facts
from eidos.engine.model.admission import Namespace, Review, is_namespaced
from eidos.engine.model.durations import span
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Rule
from eidos.engine.model.snapshot import word_on
from eidos.engine.model.times import staleness
from eidos.engine.records import dataclass

Kinds = frozenset[tuple[str, str]]
_POD_SECURITY: Final = "pod-security.kubernetes.io/"
_CLAIMS: Final = ("ResourceClaim", "ResourceClaimTemplate")
_DRA: Final = "resource.k8s.io/"
_DEFAULT_CLASS: Final = "storageclass.kubernetes.io/is-default-class"
_SLICES: Final = "resourceslices.resource.k8s.io"
"""Of them a snapshot has the number of their devices only."""
CUSTOM_RESOURCES: Final = FactAddress("k8s", "custom-resources")
STORAGE_CLASSES: Final = FactAddress("k8s", "storage-classes")
NO_SNAPSHOT: Final = "no snapshot is given (eidos admit --snapshot)"


@dataclass(frozen=True, slots=True)
class Requested:
    """A review as a subject, and where it stands in its item."""

    facts: SubjectFacts
    base: Path
    skipped: int
    """Segments that a finding's path has before what stands in the document: ``request.object`` of
    a manifest, ``request`` of an AdmissionReview."""


class Inventory:
    """Objects by where they lie and what they are, as Gatekeeper's ``data.inventory`` has them.

    Args:
        given: those of the cluster; of one that is there twice, the first counts.
        seen: what a snapshot has of it.
        own: those that are judged, and are not there before.
    """

    def __init__(
        self,
        given: Iterable[Mapping[str, Any]],
        seen: "Seen | None" = None,
        own: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        self.data: dict[str, Any] = {"cluster": {}, "namespace": {}}
        self.kinds: Counter[tuple[str, str]] = Counter()
        self.seen_kinds: Counter[tuple[str, str]] = Counter()
        self.namespaces: dict[str, Namespace] = {}
        for each in given:
            self._add(each, self.kinds)
        for each in seen.objects(whole=True) if seen else ():
            self._add(each, self.seen_kinds)
        for each in seen.objects(whole=False) if seen else ():
            self._add(each, Counter())
        for each in own:
            self._add(each, self.kinds)

    def _add(self, object_: Mapping[str, Any], kinds: Counter[tuple[str, str]]) -> None:
        metadata = object_.get("metadata")
        metadata = metadata if isinstance(metadata, Mapping) else {}
        version, kind = str(object_["apiVersion"]), str(object_["kind"])
        name, space = str(metadata.get("name") or ""), str(metadata.get("namespace") or "")
        place = self._place(space).setdefault(version, {}).setdefault(kind, {})
        if name in place:
            return
        place[name] = dict(object_)
        if space or not is_namespaced(version.rpartition("/")[0], kind):
            kinds[version, kind] += 1  # of others nobody knows where they lie
        if (version, kind) == ("v1", "Namespace"):
            labels = metadata.get("labels")
            texts = {k: str(v) for k, v in labels.items()} if isinstance(labels, Mapping) else {}
            self.namespaces[name] = Namespace(name, texts, None, dict(object_))

    def _place(self, namespace: str) -> dict[str, Any]:
        place: dict[str, Any] = (
            self.data["namespace"].setdefault(namespace, {}) if namespace else self.data["cluster"]
        )
        return place

    def get(self, version: str, kind: str, namespace: str, name: str) -> Json:
        """Give an object; None where it is not known."""
        place = self.data["namespace"].get(namespace, {}) if namespace else self.data["cluster"]
        found: Json = place.get(version, {}).get(kind, {}).get(name)
        return found

    def others(self, object_: Mapping[str, Any] | None, *, seen: bool = False) -> Kinds:
        """Give the kinds of which an object other than this one is given, or is seen."""
        counts = Counter(self.seen_kinds if seen else self.kinds)
        if object_ is not None:
            metadata = object_.get("metadata")
            metadata = metadata if isinstance(metadata, Mapping) else {}
            version, kind = str(object_.get("apiVersion")), str(object_.get("kind"))
            called = str(metadata.get("namespace") or ""), str(metadata.get("name") or "")
            if self.get(version, kind, *called) is not None and counts[version, kind]:
                counts[version, kind] -= 1
        return frozenset(kind for kind, count in counts.items() if count > 0)

    def claims(self, namespace: str) -> dict[str, Json]:
        """Give what the resource claims of a namespace, and their templates, ask for, by name."""
        found: dict[str, Json] = {}
        for version, kinds in self.data["namespace"].get(namespace, {}).items():
            if version.startswith(_DRA):
                for kind in _CLAIMS:
                    specs = {name: _claim(each, kind) for name, each in kinds.get(kind, {}).items()}
                    known = found.setdefault(kind, {})
                    assert isinstance(known, dict)  # noqa: S101 -- made here
                    known.update(specs)
        return found


def _claim(object_: Mapping[str, Any], kind: str) -> Json:
    spec: Any = object_.get("spec")
    if kind == "ResourceClaimTemplate":
        spec = spec.get("spec") if isinstance(spec, Mapping) else None
    return dict(spec) if isinstance(spec, Mapping) else {}


class Seen:
    """The snapshot that is context, as far as it counts.

    Args:
        item: the snapshot.
        now: by the clock of this machine, whatever day rules see.
        max_age: seconds that it may be old; None for any age.

    Raises:
        DocumentError: it is no snapshot.
    """

    def __init__(self, item: Item, now: datetime, max_age: float | None = None) -> None:
        facts = cluster_facts(item.snapshot, item.name)
        self.too_old = _too_old(item.name, facts.timestamp, now, max_age)
        self.facts = facts
        if self.too_old is not None:
            self.facts = replace(facts, facts={}, nodes={}, collection=())

    def objects(self, *, whole: bool) -> Iterator[Mapping[str, Any]]:
        """Give its custom resources and storage classes: those that it has whole, or the others.

        Whole is what its collectors say nothing of: no part of it was left out.
        """
        for address in (CUSTOM_RESOURCES, STORAGE_CLASSES):
            for key, about in self.facts.facts.get(address, {}).items():
                is_whole = key != _SLICES and not word_on(
                    self.facts.collection, address._replace(key=key)
                )
                if is_whole is whole:
                    custom = address == CUSTOM_RESOURCES
                    yield from _custom(about) if custom else [_storage_class(key, about)]

    def namespace(self, name: str) -> Namespace | None:
        """Give a namespace with its labels of Pod Security, which are all that is known of it."""
        levels = self.facts.facts.get(FactAddress("k8s", "pod-security"), {}).get(name)
        if not isinstance(levels, Mapping):
            return None
        labels = {f"{_POD_SECURITY}{key}": str(level) for key, level in levels.items()}
        return Namespace(name, labels, (_POD_SECURITY,))


def _too_old(name: str, taken: str | None, now: datetime, max_age: float | None) -> str | None:
    if max_age is None:
        return None
    said = staleness(taken, now, max_age)
    return f"the snapshot {name} {said}, over --max-age {span(max_age)}" if said else None


def _custom(spaces: Json) -> Iterator[Mapping[str, Any]]:
    for namespace, named in spaces.items() if isinstance(spaces, Mapping) else ():
        for name, each in named.items() if isinstance(named, Mapping) else ():
            if isinstance(each, Mapping) and {"apiVersion", "kind"} <= each.keys():
                space = {"namespace": namespace} if namespace else {}
                labels = {"labels": each["labels"]} if each.get("labels") else {}
                object_ = {key: value for key, value in each.items() if key != "labels"}
                yield {**object_, "metadata": {"name": name, **space, **labels}}


def _storage_class(name: str, about: Json) -> Mapping[str, Any]:
    known: Mapping[str, Any] = about if isinstance(about, Mapping) else {}
    default = str(known.get("default") is True).lower()
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name, "annotations": {_DEFAULT_CLASS: default}},
        "provisioner": known.get("provisioner"),
        "reclaimPolicy": known.get("reclaim-policy"),
        "volumeBindingMode": known.get("volume-binding-mode"),
        "allowVolumeExpansion": known.get("allow-volume-expansion"),
        "parameters": known.get("parameters") or {},
        "mountOptions": known.get("mount-options") or [],
    }


class Reviewing:
    """Makes reviews of items that belong together.

    Args:
        items: everything that is judged: its manifests are inventory as well.
        making: how manifests become requests.
        beside: documents with objects of the cluster; None where nobody gives any. Who gives some
            vouches that they are all that there are.
        seen: the snapshot that is context.

    Raises:
        DocumentError: one of the documents beside is no object of Kubernetes.
    """

    def __init__(
        self,
        items: Iterable[Item],
        making: Making = Making(),  # noqa: B008 -- frozen
        beside: Sequence[Item] | None = None,
        seen: Seen | None = None,
    ) -> None:
        space = making.namespace
        given = [each for item in beside or () for each in objects_in(_step(item))]
        own = [placed(each.map(), space) for item in items for each in _own(item)]
        known = [placed(each.map(), space) for each in given]
        self.inventory = Inventory(known, seen, own)
        self.uids: list[str] = []
        """Of every review that was made, in order."""
        self._is_whole = beside is not None
        self._seen = seen
        self._making = replace(making, old=Inventory(known, seen).get)

    def requested(self, item: Item) -> Iterator[Requested]:
        """Give every review of an item.

        Raises:
            DocumentError: it, or something in it, is nothing that can be reviewed.
        """
        if item.is_snapshot:
            raise DocumentError(
                "this is a snapshot, but only manifests and AdmissionReviews are reviewed",
                location=item.location(),
                hint="Give it as context: eidos admit --snapshot FILE …",
            )
        for asked in list(read_requests(_step(item), self._making)):
            yield self._one(item, asked)

    def _one(self, item: Item, asked: Asked) -> Requested:
        request, seen = asked.request, self._seen
        self.uids.append(str(request["uid"]))
        namespace = self._namespace(asked)
        review = Review(
            request=request,
            namespace=namespace,
            inventory=None if self._is_whole else self.inventory.others(asked.object),
            seen=self.inventory.others(asked.object, seen=True),
            beside={"claims": self.inventory.claims(namespace.name if namespace else "")},
            no_facts=seen.too_old if seen else NO_SNAPSHOT,
        )
        facts = review_facts(review, _called(request), item.file, seen.facts if seen else None)
        is_manifest = not asked.base or asked.base[-1] != "request"
        return Requested(facts, asked.base, 2 if is_manifest else 1)

    def _namespace(self, asked: Asked) -> Namespace | None:
        """Give the namespace that the object lies in; one that is not known has a name only."""
        metadata = (asked.object or {}).get("metadata")
        own = metadata.get("namespace") if isinstance(metadata, Mapping) else None
        name = str(asked.request.get("namespace") or own or "")
        kind: Any = asked.request.get("kind")
        if not name or (kind.get("group"), kind.get("kind")) == ("", "Namespace"):
            return None
        known = self.inventory.namespaces.get(name)
        known = known or (self._seen.namespace(name) if self._seen else None)
        return known or Namespace(name, known=())

    def with_inventory(self, rules: Sequence[Rule]) -> tuple[Rule, ...]:
        """Give rules with the inventory, where they are of templates that read it."""
        data: dict[str, Json] = {"inventory": self.inventory.data}
        address = digest(data)
        return tuple(
            replace(rule, data=data, digest=digest([rule.digest, address]))
            if rule.constraint is not None and rule.constraint.reads_inventory
            else rule
            for rule in rules
        )


def _own(item: Item) -> list[Step]:
    """Give the manifests of an item; what cannot be read is told when it is judged."""
    try:
        return [each for each in objects_in(_step(item)) if not is_review(each.value)]
    except DocumentError:
        return []


def _step(item: Item) -> Step:
    document = item.document or Document(item.name, 0, item.value)
    return Step(document, document.value)


def _called(request: Mapping[str, Any]) -> str:
    """Give what reports call a review: ``Deployment/shop/web``, with what is done but creation."""
    object_ = request.get("object") or request.get("oldObject") or {}
    metadata = object_.get("metadata") if isinstance(object_, Mapping) else None
    metadata = metadata if isinstance(metadata, Mapping) else {}
    name = request.get("name") or metadata.get("name") or metadata.get("generateName")
    space = request.get("namespace") or metadata.get("namespace")
    parts = (request["kind"]["kind"], space, name, request.get("subResource"))
    called = "/".join(str(part) for part in parts if part)
    operation = str(request.get("operation"))
    return called if operation == "CREATE" else f"{operation.lower()} {called}"
