"""The configuration each kubelet runs with, asked through the API server."""

import re
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import quote

import msgspec

from eidos.collectors._kube.collecting import Item, Part, restarting
from eidos.collectors._kube.errors import (
    ApiError,
    ForbiddenError,
    LateError,
    SilentError,
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


_FINAL = (ForbiddenError, UnauthorizedError, LateError)
"""Why no further kubelet is asked."""
_ADDRESS = re.compile(r"(?:https?://)?(?:\[[0-9A-Fa-f:.%\w]+\]|[\w.-]+):\d{2,5}(?:/\S*)?")
"""A host with its port, as Go's errors write it: ``10.0.1.2:10250``, ``[fe80::1]:10250``."""

Answer = dict[str, Json] | ApiError


def read_kubelets(part: Part, lister: Lister) -> Iterator[Item]:
    """Give each node's kubelet configuration; nodes that do not answer are failed by name."""
    names = restarting(_node_names, lister)
    if not names:
        yield part.ended(CollectorState.OK, "the cluster has no nodes")
    failed: dict[str, str] = {}
    with closing(_answers(lister, names)) as answers:
        for index, (name, answer) in enumerate(zip(names, answers, strict=False)):
            if not isinstance(answer, ApiError):
                yield from _items(part, name, answer)
                continue
            failed[name] = _reason(answer, name)
            if isinstance(answer, _FINAL):  # no other kubelet would be shown either
                failed |= dict.fromkeys(names[index:], failed[name])
                break
    yield from _failures(part, failed, len(names))


def _failures(part: Part, failed: Mapping[str, str], nodes: int) -> Iterator[Item]:
    """Say why nodes have no facts: once if it is one reason for all of them, else node by node."""
    reasons = set(failed.values())
    if len(failed) == nodes and len(reasons) == 1:
        yield part.ended(CollectorState.FAILED, reasons.pop())
        return
    for name, reason in failed.items():
        yield part.ended(CollectorState.FAILED, reason, node=name)


def _reason(error: ApiError, node: str) -> str:
    """Say why in words that are the same for each node it is true of.

    The API server names the node and its address: a reader would see as many reasons as nodes.
    """
    named = rf"(?<![\w.-]){re.escape(node)}(?![\w.-])"
    return re.sub(named, "the node", _ADDRESS.sub("the kubelet", str(error)))


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
    except SilentError:
        return ApiError(f"the kubelet does not answer the API server within {SECONDS:g} s")
    except ApiError as error:
        return error


def _config(body: bytes) -> dict[str, Json]:
    try:
        raw = msgspec.json.decode(body, type=_Configz).kubeletconfig
    except msgspec.MsgspecError as error:
        raise ApiError(f"get nodes/proxy: the answer is no configuration: {error}") from error
    return {key: msgspec.json.decode(value) for key, value in sorted(raw.items())}


def _items(part: Part, name: str, answer: dict[str, Json]) -> Iterator[Item]:
    cleaner = Cleaner()
    data: dict[str, Json] = {
        key: cleaner.clean(value, key) for key, value in answer.items() if key != _HEADERS
    }
    yield part.fact(data, name)
    withheld = (*cleaner.withheld, *([_HEADERS] if answer.get(_HEADERS) else []))
    if withheld:
        yield part.ended(CollectorState.REDACTED, "secrets are not read", node=name, keys=withheld)
