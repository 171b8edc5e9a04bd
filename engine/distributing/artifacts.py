"""What eidos ships as artifacts: bundles, packs, and what is attached to them.

A bundle is one layer, a gzipped tar with the media type of images: the form in which Flux and Argo
CD take manifests from a registry; and registries take no hundred layers. A pack is the file that
`eidos policy pack` writes, byte for byte, with the media types that OPA downloads.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from eidos.engine.bundling.trees import ATTESTATIONS_AT_MOST, ATTESTED_AT_MOST
from eidos.engine.bundling.trees import MANIFEST as TREE_MANIFEST
from eidos.engine.bundling.trees import read_manifest as read_tree_manifest
from eidos.engine.digest import address, canonical
from eidos.engine.distributing.checking import UnfitError, take_manifest, taken_blob
from eidos.engine.distributing.manifests import (
    EMPTY,
    EMPTY_CONTENT,
    INDEXES,
    TITLE,
    describe,
    read_manifest,
    write_manifest,
)
from eidos.engine.documents.archives import Bounds, read_archive
from eidos.engine.errors import DistributionError, DocumentError
from eidos.engine.model.artifact import Descriptor, Stored
from eidos.engine.model.bundle import File
from eidos.engine.ports import Repository
from eidos.engine.records import dataclass
from eidos.engine.signing.envelopes import ENVELOPE_AT_MOST
from eidos.engine.signing.keyless import MEDIA_TYPE as SIGSTORE
from eidos.engine.signing.keyless import is_sigstore_bundle

LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
BUNDLE = "application/vnd.eidos.bundle.v1"
BUNDLE_CONFIG = "application/vnd.eidos.bundle.config.v1+json"
PACK = "application/vnd.eidos.policy.v1"
PACK_CONFIG = "application/vnd.cncf.openpolicyagent.config.v1+json"
DSSE = "application/vnd.dsse.envelope.v1+json"
VERSION = "org.opencontainers.image.version"
REVISION = "org.opencontainers.image.revision"
_ATTACHED_AT_MOST = 64 << 20
_SHOWN_AT_MOST = 256
"""Characters of an annotation."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A manifest and the content of its blobs, ready to be pushed."""

    manifest: Stored
    blobs: tuple[tuple[Descriptor, bytes], ...]


def bundle_artifact(files: Iterable[File], layer: bytes) -> Artifact:
    """Make an artifact of a bundle.

    Args:
        files: of the bundle, verified.
        layer: the same, as `eidos.engine.documents.archives.archive` packs them.
    """
    found = {file.path: file.content for file in files}
    about = {"digest": address(found[TREE_MANIFEST]), **_gate(found.get("gate.json"))}
    config = canonical({"apiVersion": "eidos.dev/v1", "kind": "BundleConfig", **about})
    annotations = {
        TITLE: about.get("recipe", "bundle"),
        REVISION: about["digest"],
        **{f"dev.eidos.bundle.{key}": value for key, value in about.items()},
    }
    return _artifact(
        BUNDLE, (config, BUNDLE_CONFIG), [(layer, LAYER, {TITLE: "bundle.tar.gz"})], annotations
    )


def _gate(content: bytes | None) -> dict[str, str]:
    """Say of a gate's decision what whoever looks for a bundle wants to know."""
    try:
        said: Any = json.loads(content or b"{}")
        found = {
            "gate": said.get("gate"),
            "decision": said.get("decision"),
            "recipe": said.get("recipe", {}).get("name"),
            "recipe-digest": said.get("recipe", {}).get("digest"),
            "snapshot-digest": said.get("snapshot", {}).get("digest"),
            "cluster": said.get("snapshot", {}).get("cluster"),
        }
    except (ValueError, AttributeError, RecursionError):
        return {}
    return {key: value for key, value in found.items() if _is_shown(value)}


def _is_shown(value: object) -> bool:
    """Say whether a text is one that others may be shown; a bundle may say anything."""
    return isinstance(value, str) and 0 < len(value) <= _SHOWN_AT_MOST and value.isprintable()


def pack_artifact(content: bytes, revision: str, title: str) -> Artifact:
    """Make an artifact of an OPA bundle, which stays as it is: its signatures hold.

    Args:
        content: the gzipped tar.
        revision: as its ``.manifest`` says it; may be empty.
        title: name of its file.
    """
    named = {TITLE: title}
    annotations = {**named, **({REVISION: revision} if revision else {})}
    return _artifact(PACK, (EMPTY_CONTENT, PACK_CONFIG), [(content, LAYER, named)], annotations)


def attached_artifact(content: bytes, title: str, subject: Stored) -> Artifact:
    """Make what refers to a manifest of a file: a DSSE envelope, a Sigstore bundle, an SBOM."""
    kind, annotations = _kind_of(content)
    named = {TITLE: title}
    return _artifact(
        kind,
        (EMPTY_CONTENT, EMPTY),
        [(content, kind, named)],
        {**named, **annotations},
        subject.descriptor,
    )


def _kind_of(content: bytes) -> tuple[str, dict[str, str]]:
    """Say by its form what a file is."""
    try:
        said: Any = json.loads(content)
    except (ValueError, RecursionError):
        return "application/octet-stream", {}
    if not isinstance(said, dict):
        return "application/json", {}
    if "payloadType" in said and "signatures" in said:
        return DSSE, {}
    if said.get("bomFormat") == "CycloneDX":
        return "application/vnd.cyclonedx+json", {}
    if is_sigstore_bundle(said):
        media_type = said["mediaType"]
        version = media_type.rpartition("version=")[2] if "version=" in media_type else ""
        return (
            f"application/vnd.dev.sigstore.bundle.v{version}+json" if version else media_type,
            {},
        )
    return "application/json", {}


def _artifact(
    kind: str,
    config: tuple[bytes, str],
    layers: list[tuple[bytes, str, dict[str, str]]],
    annotations: Mapping[str, str],
    subject: Descriptor | None = None,
) -> Artifact:
    blobs = [(describe(content, named, texts), content) for content, named, texts in layers]
    described = describe(*config)
    manifest = write_manifest(
        artifact_type=kind,
        config=described,
        layers=[descriptor for descriptor, _ in blobs],
        subject=subject,
        annotations=annotations,
    )
    return Artifact(manifest, ((described, config[0]), *blobs))


def put_artifact(
    repository: Repository, artifact: Artifact, tag: str | None = None, *, move: bool = False
) -> None:
    """Put an artifact: its blobs first, so that nobody sees a manifest without them."""
    for descriptor, content in artifact.blobs:
        repository.put_blob(descriptor, BytesIO(content))
    repository.put_manifest(artifact.manifest, tag, move=move)


# Reading ----------------------------------------------------------------------------------------


@contextmanager
def taken_layer(repository: Repository, stored: Stored, kind: str) -> Iterator[BinaryIO]:
    """Get the one layer of a bundle or a pack, held against its descriptor.

    Args:
        repository: where it is.
        stored: its manifest.
        kind: `BUNDLE` or `PACK`. A pack may have been pushed by others, so only the media type of
            its layer counts, as it does for OPA. A bundle has no other layer, whatever that is:
            Flux deploys the first.

    Raises:
        DistributionError: the manifest is of something else, or the layer is not what it says.
    """
    said = read_manifest(stored.content, repository.place)
    layers = [each for each in said.layers if kind == BUNDLE or each.media_type == LAYER]
    is_other = kind == BUNDLE and said.artifact_type != BUNDLE
    is_one = [each.media_type for each in layers] == [LAYER]
    if said.media_type in INDEXES or is_other or not is_one:
        what = said.media_type if said.media_type in INDEXES else said.artifact_type
        raise DistributionError(
            f"{repository.place}@{stored.descriptor.digest} is no "
            f"{'bundle' if kind == BUNDLE else 'policy'}: it is {what or 'something else'}"
            + (f" with {len(layers)} layers" if not is_other and said.layers else ""),
            hint=f"See what there is: eidos bundle list {repository.place}",
        )
    with taken_blob(repository, layers[0]) as layer:
        yield layer


def attached_signatures(repository: Repository, digest: str) -> Iterator[bytes]:
    """Give every envelope and Sigstore bundle that refers to a manifest, whatever is in it.

    What is listed and is no such thing is passed over, and not believed in: it must not keep
    anybody from the rest.

    Raises:
        DistributionError: the repository cannot be asked, or more refers to it than anybody looks
            at: what is left out could be what counts.
    """
    layers = [*_attached_layers(repository, digest)]
    if sum(each.size for each in layers) > ATTESTED_AT_MOST:
        raise _crowded(repository, digest, f"{ATTESTED_AT_MOST:,} bytes of")
    for layer in layers:
        with suppress(UnfitError), taken_blob(repository, layer) as content:
            yield content.read()


def _attached_layers(repository: Repository, digest: str) -> Iterator[Descriptor]:
    listed = (each for each in repository.referrers(digest) if _is_signed(each.artifact_type))
    for number, each in enumerate(listed):
        if number == ATTESTATIONS_AT_MOST:
            raise _crowded(repository, digest, str(ATTESTATIONS_AT_MOST))
        with suppress(UnfitError):
            said = read_manifest(take_manifest(repository, each.digest).content, each.digest)
            if said.subject is None or said.subject.digest != digest or len(said.layers) != 1:
                continue
            if said.layers[0].size <= ENVELOPE_AT_MOST:
                yield said.layers[0]


def _crowded(repository: Repository, digest: str, most: str) -> DistributionError:
    return DistributionError(
        f"{repository.place}: more than {most} attestations refer to {digest}",
        hint="Have those removed that nobody needs.",
    )


def _is_signed(kind: str | None) -> bool:
    return kind == DSSE or (kind or "").startswith(SIGSTORE)


def unpack(layer: BinaryIO, name: str, folder: Path) -> None:
    """Write the files of a bundle's layer below a folder that nobody else sees.

    Raises:
        DistributionError: the layer could do harm, or a file cannot be written.
    """
    try:
        for file in read_archive(layer, name):
            path = folder / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as out:
                out.write(file.content)
            path.chmod(0o755 if file.is_executable else 0o644)
    except DocumentError as error:
        raise DistributionError(error.message, hint=error.hint, location=error.location) from error
    except OSError as error:
        raise DistributionError(
            f"the bundle cannot be unpacked: {(error.strerror or str(error)).lower()}",
            hint="Check that there is space; nothing was published.",
        ) from error


def read_tree(folder: Path) -> list[File]:
    """Read a verified bundle: what its manifest lists, its manifest and its checksums.

    Raises:
        DistributionError: a file cannot be read.
    """
    try:
        content = (folder / TREE_MANIFEST).read_bytes()
        listed = read_tree_manifest(content)
        files = [
            File(path, (folder / path).read_bytes(), is_executable=each.is_executable)
            for path, each in listed.items()
        ]
        sums = (folder / "checksums.txt").read_bytes()
    except (OSError, ValueError) as error:
        raise _changing(folder) from error
    if any(address(file.content) != listed[file.path].digest for file in files):
        raise _changing(folder)
    return [*files, File(TREE_MANIFEST, content), File("checksums.txt", sums)]


def _changing(folder: Path) -> DistributionError:
    return DistributionError(
        f"the bundle '{folder}' changes while it is read", hint="Let nobody write there."
    )


def opa_revision(content: bytes, name: str) -> str:
    """Give the revision of an OPA bundle, and see that it is one that can be unpacked.

    Raises:
        DistributionError: it is none.
    """
    bounds = Bounds(file_bytes=_ATTACHED_AT_MOST, total_bytes=4 * _ATTACHED_AT_MOST)
    try:
        files = {
            file.path: file.content
            for file in read_archive(BytesIO(content), name, bounds, rooted=True)
        }
    except DocumentError as error:
        raise DistributionError(error.message, hint=error.hint, location=error.location) from error
    revision = _revision(files.get(".manifest", b"{}"))
    if revision is None or not any(_is_policy(path) for path in files):
        raise DistributionError(
            f"'{name}' is no OPA bundle", hint="Make one: eidos policy pack -o policy.tar.gz"
        )
    return revision


def _revision(manifest: bytes) -> str | None:
    try:
        said: Any = json.loads(manifest)
        revision = said.get("revision", "")
    except (ValueError, AttributeError, RecursionError):
        return None
    return revision if isinstance(revision, str) else None


def _is_policy(path: str) -> bool:
    return path.endswith((".rego", ".wasm", "data.json", "data.yaml"))
