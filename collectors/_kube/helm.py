"""Helm releases: which chart in which version stands where. Never a value, only their digest."""

import base64
import binascii
import gzip
import hashlib
import io
import re
import zlib

import msgspec

from eidos.collectors._kube.collecting import Reading
from eidos.collectors._kube.listing import Lister, Metadata, Resource
from eidos.engine.model.jsonvalue import Json

SECRETS = Resource("", "v1", "secrets", namespaced=True)
TYPE = "helm.sh/release.v1"
SIZE_LIMIT = 64 << 20
"""Bytes of one release; etcd holds 1.5 MiB, which is compressed."""
_PAGE_SIZE = 20
"""A release may have a MiB."""
_SUPERSEDED = "superseded"


class _Data(msgspec.Struct):
    release: str = ""


class _Secret(msgspec.Struct):
    metadata: Metadata
    data: _Data = msgspec.field(default_factory=_Data)


class _ChartMetadata(msgspec.Struct, rename="camel"):
    name: str = ""
    version: str = ""
    app_version: str = ""


class _Chart(msgspec.Struct):
    metadata: _ChartMetadata = msgspec.field(default_factory=_ChartMetadata)


class _Info(msgspec.Struct):
    status: str = ""


class _Release(msgspec.Struct):
    name: str = ""
    namespace: str = ""
    version: int = 0
    chart: _Chart = msgspec.field(default_factory=_Chart)
    info: _Info = msgspec.field(default_factory=_Info)
    config: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"null"))


def read_helm(lister: Lister) -> Reading:
    """Give the newest revision of each release, by ``namespace/name``.

    Raises:
        ApiError: the secrets that hold the releases cannot be listed.
    """
    newest: dict[str, tuple[int, Json]] = {}
    unreadable: dict[str, str] = {}
    selectors = {"fieldSelector": f"type={TYPE}", "labelSelector": f"status!={_SUPERSEDED}"}
    small = Lister(lister.client, min(lister.page_size, _PAGE_SIZE), lister.namespaces)
    for secret in small.objects(SECRETS, _Secret, selectors):
        try:
            release = _decode(secret.data.release)
        except (ValueError, OSError, EOFError, zlib.error):
            unreadable[_stored_key(secret)] = "the release cannot be decoded"
            continue
        key = f"{release.namespace}/{release.name}"
        if release.version > newest.get(key, (-1, None))[0]:
            newest[key] = release.version, _entry(release)
    return Reading({key: newest[key][1] for key in sorted(newest)}, unreadable)


def _stored_key(secret: _Secret) -> str:
    name = re.sub(r"^sh\.helm\.release\.v1\.|\.v\d+$", "", secret.metadata.name)
    return f"{secret.metadata.namespace}/{name}"


def _decode(text: str) -> _Release:
    """Undo what Kubernetes (base64) and Helm (base64, gzip) did.

    Raises:
        ValueError: it is not a release.
    """
    try:
        packed = base64.b64decode(base64.b64decode(text, validate=True), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if packed.startswith(b"\x1f\x8b"):
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
            packed = file.read(SIZE_LIMIT + 1)
    if len(packed) > SIZE_LIMIT:
        raise ValueError("too large")
    return msgspec.json.decode(packed, type=_Release)


def _entry(release: _Release) -> Json:
    chart = release.chart.metadata
    return {
        "name": release.name,
        "namespace": release.namespace,
        "chart": chart.name,
        "version": chart.version,
        "app-version": chart.app_version,
        "status": release.info.status,
        "revision": release.version,
        "values-digest": _digest(release.config),
    }


def _digest(config: msgspec.Raw) -> str:
    """Give the content address of the values that the user set; none and null are the same."""
    values = msgspec.json.decode(config) or {}
    written = msgspec.json.encode(values, order="sorted")
    return f"sha256:{hashlib.sha256(written).hexdigest()}"
