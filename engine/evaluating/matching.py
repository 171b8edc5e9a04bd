"""Whether a constraint of Gatekeeper is about a review: its ``spec.match``, as Gatekeeper reads it.

Where Gatekeeper would not match for want of a fact, or fail, the answer is that nobody knows.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from eidos.engine.model.admission import Namespace, Review, is_namespaced
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.match import ANY, CLUSTER, NAMESPACED, Match, Requirement


class UnknownMatchError(Exception):
    """Nobody can tell whether it matches; the text says for want of what."""


def mismatch(match: Match, review: Review) -> str | None:
    """Say why a constraint is not about a review; None where it is.

    An update, or a deletion, matches by what there was as well as by what there will be.

    Raises:
        UnknownMatchError: the namespace is not known well enough.
    """
    request = review.request
    objects = [request.get("object"), request.get("oldObject")]
    reasons = [_mismatch(match, each, review.namespace) for each in objects if _is_map(each)]
    return None if None in reasons else next(iter(reasons), "it holds no object")


def _is_map(value: Json) -> bool:
    return isinstance(value, Mapping) and bool(value)


def _mismatch(match: Match, object_: Any, namespace: Namespace | None) -> str | None:  # noqa: ANN401 -- an object of any kind
    about = _About(object_, namespace)
    for holds, words in _CONDITIONS:
        if not holds(match, about):
            return f"not matched: {words}"
    return None


class _About:
    """What is asked of an object."""

    def __init__(self, object_: Mapping[str, Any], namespace: Namespace | None) -> None:
        metadata = object_.get("metadata")
        self.metadata: Mapping[str, Any] = metadata if isinstance(metadata, Mapping) else {}
        self.group, self.kind = group_of(object_), object_.get("kind")
        self.is_namespace = (self.group, self.kind) == ("", "Namespace")
        self.namespace = namespace

    @property
    def labels(self) -> Mapping[str, Any]:
        found = self.metadata.get("labels")
        return found if isinstance(found, Mapping) else {}

    @property
    def space(self) -> str | None:
        """The namespace that it is, or lies in."""
        if self.is_namespace:
            return str(self.metadata.get("name") or "")
        return self.namespace.name if self.namespace else None


def group_of(object_: Mapping[str, Any]) -> str:
    """Give the API group of an object; empty for the core."""
    group, slash, _ = str(object_.get("apiVersion") or "").partition("/")
    return group if slash else ""


def _kinds(match: Match, about: _About) -> bool:
    return not match.kinds or any(
        _among(about.kind, each.kinds) and _among(about.group, each.groups) for each in match.kinds
    )


def _among(name: object, names: Sequence[str]) -> bool:
    return not names or ANY in names or name in names


def _scope(match: Match, about: _About) -> bool:
    lies_in_one = not about.is_namespace and (
        about.namespace is not None or is_namespaced(about.group, str(about.kind))
    )
    if match.scope == CLUSTER:
        return not lies_in_one
    return lies_in_one if match.scope == NAMESPACED else True


def _namespaces(match: Match, about: _About) -> bool:
    return not match.namespaces or about.space is None or _fits(about.space, match.namespaces)


def _excluded(match: Match, about: _About) -> bool:
    return about.space is None or not _fits(about.space, match.excluded)


def _fits(name: str, globs: Iterable[str]) -> bool:
    return any(fits(name, glob) for glob in globs)


def fits(name: str, glob: str) -> bool:
    """Say whether a name fits a glob of Gatekeeper: a ``*`` at its beginning, its end, or both."""
    inner = glob.strip("*") if glob else glob
    match glob.startswith("*"), glob.endswith("*"):
        case True, True:
            return inner in name
        case True, False:
            return name.endswith(inner)
        case False, True:
            return name.startswith(inner)
        case _:
            return name == glob


def _labels(match: Match, about: _About) -> bool:
    return all(_meets(each, about.labels.get) for each in match.labels or ())


def _namespace_labels(match: Match, about: _About) -> bool:
    wanted = match.namespace_labels
    if wanted is None:
        return True
    if about.is_namespace:
        own = Namespace(str(about.metadata.get("name") or ""), about.labels)
        return all(_meets(each, own.label) for each in wanted)
    if about.namespace is None:  # it lies in none
        return True
    return _meets_all(wanted, about.namespace)


def _meets_all(wanted: Sequence[Requirement], namespace: Namespace) -> bool:
    """Tell by what is known first: one requirement that fails decides."""
    unknown = []
    for each in wanted:
        try:
            if not _meets(each, namespace.label):
                return False
        except KeyError:
            unknown.append(each.key)
    if unknown:
        raise UnknownMatchError(
            f"the constraint selects namespaces by {', '.join(unknown)}, and the labels of "
            f"namespace {namespace.name} are not known: give its manifest as well"
        )
    return True


def _meets(wanted: Requirement, label: Callable[[str], Any]) -> bool:
    found = label(wanted.key)
    match wanted.operator:
        case "In":
            return found is not None and found in wanted.values
        case "NotIn":
            return found is None or found not in wanted.values
        case "Exists":
            return found is not None
        case _:
            return found is None


def _name(match: Match, about: _About) -> bool:
    if not match.name:
        return True
    name, prefix = about.metadata.get("name"), about.metadata.get("generateName")
    return fits(str(name or ""), match.name) or _fits_prefix(str(prefix or ""), match.name)


def _fits_prefix(prefix: str, glob: str) -> bool:
    """Say whether every name that begins so fits a glob, whatever the API server puts behind."""
    if not prefix or not glob.endswith("*"):
        return False
    inner = glob.strip("*")
    return inner in prefix if glob.startswith("*") else prefix.startswith(inner)


def _source(match: Match, _: _About) -> bool:
    return match.source != "Generated"


_CONDITIONS: tuple[tuple[Callable[[Match, _About], bool], str], ...] = (
    (_kinds, "its kind is not among spec.match.kinds"),
    (_scope, "spec.match.scope"),
    (_namespaces, "its namespace is not among spec.match.namespaces"),
    (_excluded, "its namespace is among spec.match.excludedNamespaces"),
    (_labels, "its labels do not fit spec.match.labelSelector"),
    (_name, "its name does not fit spec.match.name"),
    (_source, "spec.match.source is Generated, and nothing is generated"),
    (_namespace_labels, "its namespace does not fit spec.match.namespaceSelector"),
)
"""In an order that asks for the namespace's labels last, since they may not be known."""
