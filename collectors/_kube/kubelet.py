"""The configuration each kubelet runs with, asked through the API server."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import quote

import msgspec

from eidos.collectors._kube.collecting import Item, Part, restarting
from eidos.collectors._kube.errors import (
    ApiError,
    ForbiddenError,
    LateError,
    UnauthorizedError,
)
from eidos.collectors._kube.listing import Lister, Metadata
from eidos.collectors._kube.nodes import NODES
from eidos.collectors._kube.secrets import Cleaner
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import CollectorState

SECONDS = 5.0
"""Longest wait for one kubelet; the API server itself would wait for 30."""
WORKERS = 8
"""Kubelets asked at once; the API server lets one user have some hundred requests in flight."""
_ATTEMPTS = 2
_HEADERS = "staticPodURLHeader"
"""Headers of a request for static pods: they may hold credentials."""


class _Named(msgspec.Struct):
    metadata: Metadata


class _Configz(msgspec.Struct):
    kubeletconfig: dict[str, msgspec.Raw]


Answer = dict[str, Json] | ApiError


def read_kubelets(part: Part, lister: Lister) -> Iterator[Item]:
    """Give each node's kubelet configuration; nodes that do not answer are failed by name."""
    names = restarting(_node_names, lister)
    if not names:
        yield part.ended(CollectorState.OK, "the cluster has no nodes")
    read = 0
    with closing(_answers(lister, names)) as answers:
        for name, answer in zip(names, answers, strict=False):
            if isinstance(answer, ForbiddenError | UnauthorizedError | LateError):
                if not read:
                    raise answer
                reason = f"only {read} of {len(names)} nodes: {answer}"
                yield part.ended(CollectorState.PARTIAL, reason)
                return
            read += 1
            yield from _items(part, name, answer)


def _node_names(lister: Lister) -> list[str]:
    return sorted(one.metadata.name for one in lister.objects(NODES, _Named))


def _answers(lister: Lister, names: list[str]) -> Generator[Answer, None, None]:
    """Ask some kubelets at once and give the answers in order."""
    executor = ThreadPoolExecutor(WORKERS)
    try:
        yield from executor.map(lambda name: _ask(lister, name), names)
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _ask(lister: Lister, name: str) -> Answer:
    path = f"/api/v1/nodes/{quote(name, safe='')}/proxy/configz"
    try:
        body = lister.client.get(path, "get nodes/proxy", seconds=SECONDS, attempts=_ATTEMPTS)
        return _config(body)
    except ApiError as error:
        return error


def _config(body: bytes) -> dict[str, Json]:
    try:
        raw = msgspec.json.decode(body, type=_Configz).kubeletconfig
    except msgspec.MsgspecError as error:
        raise ApiError(f"get nodes/proxy: the answer is no configuration: {error}") from error
    return {key: msgspec.json.decode(value) for key, value in sorted(raw.items())}


def _items(part: Part, name: str, answer: Answer) -> Iterator[Item]:
    if isinstance(answer, ApiError):
        yield part.ended(CollectorState.FAILED, str(answer), node=name)
        return
    cleaner = Cleaner()
    data: dict[str, Json] = {
        key: cleaner.clean(value, key) for key, value in answer.items() if key != _HEADERS
    }
    yield part.fact(data, name)
    withheld = (*cleaner.withheld, *([_HEADERS] if answer.get(_HEADERS) else []))
    if withheld:
        yield part.ended(CollectorState.REDACTED, "secrets are not read", node=name, keys=withheld)
