"""Lists of objects, page by page: never more than one page is held."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from eidos.collectors._kube.client import Client, ListMeta
from eidos.collectors._kube.errors import ApiError, GoneError, RestartedError

PAGE_SIZE = 500
"""Objects of one page; what kubectl asks for."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of object as the API server names it."""

    group: str
    """Empty for the core group."""
    version: str
    plural: str
    namespaced: bool = False

    @property
    def name(self) -> str:
        """Give the name that RBAC messages use: ``nodes``, ``storageclasses.storage.k8s.io``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, namespace: str | None = None) -> str:
        """Give the path of the list, in one namespace or in all."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        scope = f"/namespaces/{namespace}" if namespace and self.namespaced else ""
        return f"{root}{scope}/{self.plural}"


class _Page(msgspec.Struct, Generic[T]):
    items: list[T] | None
    """None is an empty list of Go. Without the key it is no list: a gateway that asks for a sign-in
    says so with 200 as well."""
    metadata: ListMeta | None = None


class Metadata(msgspec.Struct):
    """What eidos reads of an object's metadata."""

    name: str = ""
    namespace: str = ""
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Lister:
    """Lists objects of a cluster, or of some of its namespaces."""

    client: Client
    page_size: int = PAGE_SIZE
    namespaces: tuple[str, ...] = ()
    """Where to look for objects that live in namespaces; empty for everywhere."""

    def objects(
        self, resource: Resource, type_: type[T], selectors: Mapping[str, str] | None = None
    ) -> Iterator[T]:
        """Give every object, in the server's order, which is by namespace and name.

        Args:
            resource: what to list.
            type_: what is read of each object; the rest is passed over.
            selectors: ``labelSelector``, ``fieldSelector``.

        Raises:
            ApiError: a page could not be read.
            RestartedError: the list has to be read again from its start.
        """
        scopes: Sequence[str | None] = self.namespaces if resource.namespaced else ()
        for namespace in scopes or (None,):
            yield from self._list(resource, namespace, type_, selectors or {})

    def _list(
        self,
        resource: Resource,
        namespace: str | None,
        type_: type[T],
        selectors: Mapping[str, str],
    ) -> Iterator[T]:
        decoder = msgspec.json.Decoder(_Page[type_])  # type: ignore[valid-type]  # made at run time
        token: str | None = None
        while True:
            query: dict[str, str | int] = {"limit": self.page_size, **selectors}
            if token:
                query["continue"] = token
            page = self._page(resource, namespace, query, decoder)
            if isinstance(page, str):
                token = page
                continue
            token = page.metadata.token if page.metadata else None
            yield from page.items or ()
            if not token:
                return

    def _page(
        self,
        resource: Resource,
        namespace: str | None,
        query: Mapping[str, str | int],
        decoder: "msgspec.json.Decoder[_Page[T]]",
    ) -> "_Page[T] | str":
        """Give a page, or the token of a list that goes on in its newest state."""
        action = f"list {resource.name}"
        try:
            body = self.client.get(resource.path(namespace), action, query)
        except GoneError as error:
            if "continue" not in query:
                raise
            if error.token:
                return error.token
            raise RestartedError(str(error)) from error
        try:
            return decoder.decode(body)
        except msgspec.MsgspecError as error:
            raise ApiError(f"{action}: the answer is not what the API promises: {error}") from error
