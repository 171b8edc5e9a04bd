"""Which snapshot dialects there are, and which one a document speaks."""

from eidos.engine.documents.walking import Step, described
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest
from eidos.engine.model.snapshot import API_VERSION, KIND
from eidos.engine.records import dataclass

UPSTREAM = (
    "aicr.run/v1",
    "aicr.run/v1alpha2",
    "aicr.nvidia.com/v1alpha1",
    "cns.nvidia.com/v1alpha1",
    "snapshot.dgxc.io/v1",
)
"""The single-node dialects of the system our users already have, newest first."""
NEWEST_UPSTREAM = UPSTREAM[0]
KNOWN = (API_VERSION, *UPSTREAM)
_GROUP = API_VERSION.partition("/")[0] + "/"


@dataclass(frozen=True, slots=True)
class Header:
    """What a document says it is."""

    kind: Json
    api_version: Json


def header(value: dict[str, Json]) -> Header:
    """Read what a document says it is."""
    return Header(value.get("kind"), value.get("apiVersion"))


def is_snapshot(value: Json, *, lenient: bool = False) -> bool:
    """Say whether a document means to be a snapshot, be it a good one or not.

    Args:
        value: the document.
        lenient: take measurements without any header for a snapshot.
    """
    if not isinstance(value, dict):
        return False
    found = header(value)
    if found.kind is not None:
        return found.kind == KIND
    return "measurements" in value and (lenient or found.api_version in KNOWN)


def is_ours(value: Json) -> bool:
    """Say whether a document is written by our rules of YAML: a snapshot, or another kind of ours.

    Others have snapshots too (``longhorn.io/v1beta2``): those are Kubernetes manifests.
    """
    if not isinstance(value, dict):
        return False
    found = header(value)
    if isinstance(found.api_version, str):
        return found.api_version in KNOWN or found.api_version.startswith(_GROUP)
    return found.kind == KIND or "measurements" in value


def dialect(step: Step, *, lenient: bool = False) -> str:
    """Give the apiVersion a snapshot is written in.

    Raises:
        DocumentError: it is no snapshot, or of an unknown apiVersion, or has no header and
            ``lenient`` is not set.
    """
    if not isinstance(step.value, dict):
        raise step.fail(f"the document is {described(step.value)}, not a snapshot", _EXPECTED)
    found = header(step.value)
    if found == Header(None, None):
        return _headless(step, lenient=lenient)
    if found.kind != KIND and not (lenient and found.kind is None):
        raise _wrong_kind(step, found.kind)
    if not isinstance(found.api_version, str):
        hint = f"Known are {', '.join(KNOWN)}; --lenient reads documents without a header."
        raise step.get("apiVersion").fail("the snapshot has no apiVersion", hint)
    if found.api_version not in KNOWN:
        problem = f"the apiVersion {found.api_version[:80]!r} is not known"
        raise step.get("apiVersion").fail(problem, nearest(found.api_version, KNOWN))
    return found.api_version


_EXPECTED = f"A snapshot starts with 'apiVersion: {API_VERSION}' and 'kind: {KIND}'."
_PLAIN = f"{_EXPECTED} Other documents are judged by rules of yours: eidos check -p DIR FILE"
MANIFEST = (
    "A manifest of Kubernetes is judged by eidos admit FILE, or by rules of yours: "
    "eidos check -p DIR FILE"
)
"""What to do with a document that is no kind of ours."""


def is_manifest(value: Json) -> bool:
    """Say whether a document looks like an object of Kubernetes that is no kind of ours."""
    if not isinstance(value, dict) or is_ours(value):
        return False
    return all(isinstance(said, str) for said in (value.get("kind"), value.get("apiVersion")))


def _headless(step: Step, *, lenient: bool) -> str:
    value = step.map()
    if "measurements" not in value and "nodes" not in value:
        raise step.fail("the document is no snapshot: it has no kind and no measurements", _PLAIN)
    if not lenient:
        raise step.fail(
            "the snapshot has no apiVersion and no kind", "Use --lenient to read it nevertheless."
        )
    return API_VERSION if "nodes" in value or "collection" in value else NEWEST_UPSTREAM


def _wrong_kind(step: Step, kind: Json) -> Exception:
    if kind is None:
        return step.fail("the snapshot has no kind", _EXPECTED)
    hint = MANIFEST if is_manifest(step.value) else _EXPECTED
    return step.get("kind").fail(f"the kind is {str(kind)[:80]!r}, and must be {KIND!r}", hint)
