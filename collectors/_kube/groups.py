"""Which API groups and resources a server has."""

from dataclasses import dataclass

import msgspec

from eidos.collectors._kube.errors import FATAL, ApiError, ForbiddenError, MissingError
from eidos.collectors._kube.listing import Lister, Resource
from eidos.engine.model.jsonvalue import Json


class _Version(msgspec.Struct):
    version: str


class _Group(msgspec.Struct, rename="camel"):
    name: str
    versions: list[_Version] | None = None
    preferred_version: _Version | None = None


class _Groups(msgspec.Struct):
    groups: list[_Group] | None


class _ApiResource(msgspec.Struct):
    name: str
    kind: str
    namespaced: bool = False


class _Resources(msgspec.Struct):
    resources: list[_ApiResource] | None


@dataclass(frozen=True, slots=True)
class Served:
    """A resource with the name of its objects."""

    resource: Resource
    kind: str


def read_groups(lister: Lister) -> dict[str, list[str]]:
    """Give the versions of each group, the preferred one first.

    Raises:
        ApiError: the server does not tell, or is only starting.
    """
    _refuse_unready(lister)
    body = lister.client.get("/apis", "get /apis")
    try:
        groups = msgspec.json.decode(body, type=_Groups).groups or ()
    except msgspec.MsgspecError as error:
        raise ApiError(f"get /apis: the answer lists no groups: {error}") from error
    return {group.name: _versions(group) for group in sorted(groups, key=lambda one: one.name)}


def _refuse_unready(lister: Lister) -> None:
    """Refuse a server that is only starting: it lists few of its groups, which is no absence.

    Every account may ask whether it is ready; where someone forbade that, it is believed.
    """
    try:
        lister.client.get("/readyz", "get /readyz")
    except (ForbiddenError, MissingError):
        return
    except FATAL:
        raise
    except ApiError as error:
        raise ApiError("the API server says that it is not ready (get /readyz)") from error


def _versions(group: _Group) -> list[str]:
    preferred = [group.preferred_version] if group.preferred_version else []
    every = [*preferred, *(group.versions or ())]
    return list(dict.fromkeys(one.version for one in every))


def read_api_groups(lister: Lister) -> dict[str, Json]:
    """Give the facts of ``K8s.api-groups``: by group, its versions.

    Raises:
        ApiError: the server does not tell.
    """
    return {
        group: {"preferred": versions[0] if versions else "", "versions": [*versions]}
        for group, versions in read_groups(lister).items()
    }


def find_resources(lister: Lister, group: str, versions: list[str]) -> dict[str, Served]:
    """Give the resources of a group by plural; each in the most preferred version that has it.

    Raises:
        ApiError: the server does not tell.
    """
    found: dict[str, Served] = {}
    for version in versions:
        for one in _resources(lister, group, version):
            resource = Resource(group, version, one.name, one.namespaced)
            found.setdefault(one.name, Served(resource, one.kind))
    return found


def _resources(lister: Lister, group: str, version: str) -> list[_ApiResource]:
    path = f"/apis/{group}/{version}"
    try:
        body = lister.client.get(path, f"get {path}")
        return msgspec.json.decode(body, type=_Resources).resources or []
    except MissingError:  # removed since the groups were listed
        return []
    except msgspec.MsgspecError as error:
        raise ApiError(f"get {path}: the answer lists no resources: {error}") from error
