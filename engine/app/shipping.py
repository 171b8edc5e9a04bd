"""``eidos bundle`` and ``eidos policy``: push, pull, list, copy."""

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from eidos.engine.app.bundle_files import (
    bundle_at,
    read_file,
    take_bundle,
    write_bundle,
    write_file,
)
from eidos.engine.bundling.attesting import collected
from eidos.engine.bundling.trees import (
    attestation_paths,
    claimed_digest,
    digest_of,
    publish,
    read_attestations,
    refuse_taken,
    staged,
    write_tree,
)
from eidos.engine.bundling.verifying import whole
from eidos.engine.distributing.artifacts import (
    BUNDLE,
    PACK,
    PACK_CONFIG,
    REVISION,
    attached_artifact,
    attached_signatures,
    bundle_artifact,
    opa_revision,
    pack_artifact,
    put_artifact,
    read_tree,
    taken_layer,
    unpack,
)
from eidos.engine.distributing.checking import take_manifest, taken_blob
from eidos.engine.distributing.copying import Copied, copy_artifact, related
from eidos.engine.distributing.layout import is_layout
from eidos.engine.distributing.manifests import TITLE, read_manifest
from eidos.engine.distributing.opening import open_repository, origin_of
from eidos.engine.distributing.references import read_reference
from eidos.engine.documents.archives import archive
from eidos.engine.documents.writing import to_json
from eidos.engine.errors import DistributionError, UsageError
from eidos.engine.model.artifact import Listing, Reference, Stored, Tagged, Terms
from eidos.engine.model.bundle import File
from eidos.engine.ports import Clock, Repository
from eidos.engine.records import dataclass

if TYPE_CHECKING:
    from eidos.engine.model.jsonvalue import Json

_REFERRING_AT_MOST = 512 << 20
"""Bytes of all that refers to an artifact; one blob may be named again and again."""
_LISTED_AT_MOST = 1000
_REFERRERS = re.compile(r"sha256-[0-9a-f]{64}")
"""A tag of the referrers of a digest, in registries without the API for them."""
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
"""A file may be called so on every system; what others call theirs is not taken on trust."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How other machines are spoken to."""

    terms: Terms
    clock: Clock
    environ: Mapping[str, str]
    """Says where credentials and proxies are."""

    def open(self, reference: Reference) -> AbstractContextManager[Repository]:
        """Open a place; see `open_repository`."""
        return open_repository(reference, self.terms, self.clock, self.environ)


@dataclass(frozen=True, slots=True, kw_only=True)
class PushRequest:
    """What is pushed, and where to."""

    source: Path
    """Folder or archive of a bundle; file of a pack."""
    target: str
    """Reference of where it goes, perhaps with a tag."""
    attached: tuple[Path, ...] = ()
    """Files that refer to it: envelopes, SBOMs."""
    move: bool = False
    """The tag may name something else before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """What is pulled, and where to."""

    source: str
    """Reference with a tag or a digest."""
    place: Path
    """Folder of a bundle, file of a pack."""
    expect: str | None = None
    """Digest that it must have."""
    referrers: Path | None = None
    """Folder to make for what refers to it; None to leave that."""
    force: bool = False
    """A file with another content is replaced."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """What was pushed, pulled or copied."""

    reference: str
    """With its digest: it means the same whatever becomes of tags."""
    digest: str
    """Of its manifest; of a tree that is no artifact, of the bundle's own."""
    said: str
    """One line about it."""


# Bundles ----------------------------------------------------------------------------------------


def push_bundle(request: PushRequest, way: Way) -> Shipped:
    """Push a whole bundle; one that is not as its manifest says goes nowhere.

    Raises:
        BundleError: it differs from its manifest, or its new place is taken.
        DistributionError: the place cannot be asked, or refuses.
        UsageError: the tag would have to move, or something is asked for that cannot be there.
    """
    target = _version(request.target)
    with bundle_at(request.source) as folder:
        whole(folder, str(request.source))
        files, signed = read_tree(folder), read_attestations(folder)
    attached = [File(each.name, read_file(each)) for each in request.attached]
    if target.scheme == "path":
        return _push_tree([*files, *signed], target.place, request)
    artifact = bundle_artifact(files, archive(files))
    stored = artifact.manifest
    with way.open(target) as repository:
        put_artifact(repository, artifact, target.tag, move=request.move)
        _attach(repository, stored, [File(PurePosixPath(e.path).name, e.content) for e in signed])
        _attach(repository, stored, attached)
    digest = stored.descriptor.digest
    attestations = f", and {len(signed)} attestations" if signed else ""
    said = f"pushed {len(files)} files{attestations} to {_named(target)}"
    return Shipped(target.at(digest), digest, said)


def _target(text: str) -> Reference:
    target = read_reference(text)
    if target.digest is not None:
        raise UsageError(
            "the digest follows from what is pushed", hint=f"Write {replace(target, digest=None)}"
        )
    return target


def _version(text: str) -> Reference:
    """Read where something is pushed to; what stands for the referrers of a digest is no version.

    Raises:
        UsageError: it is no target, or has such a tag, which would hide signatures.
    """
    target = _target(text)
    if target.tag is not None and _REFERRERS.fullmatch(target.tag):
        raise UsageError(
            f"the tag {target.tag} stands for what refers to a manifest, and names no version",
            hint=f"Write {replace(target, tag='TAG')}",
        )
    return target


def _push_tree(files: list[File], place: str, request: PushRequest) -> Shipped:
    """Put a bundle as a folder or an archive, which hold one tree and nothing beside it."""
    if request.attached or request.move:
        raise UsageError(
            f"'{place}' holds one bundle, without tags and what refers to it",
            hint=f"A layout holds them: oci-layout:{place}",
        )
    write_bundle(Path(place), files)
    return Shipped(place, digest_of(files), f"wrote {len(files)} files to {place}")


def _attach(repository: Repository, subject: Stored, files: Iterable[File]) -> None:
    for file in files:
        put_artifact(repository, attached_artifact(file.content, file.path, subject))


def pull_bundle(request: PullRequest, way: Way) -> Shipped:
    """Pull a bundle: unpacked beside its place, verified, and only then seen.

    Raises:
        BundleError: it is not whole, or something is at its place.
        DistributionError: it cannot be got, or is not what it is said to be.
        UsageError: it is not said which one.
    """
    refuse_taken(request.place)
    _refuse_inside(request)
    source = read_reference(request.source)
    if source.scheme == "path":
        return _pull_tree(request)
    with way.open(source) as repository, ExitStack() as ending:
        stored = _take(repository, source, request.expect)
        staging = ending.enter_context(staged(request.place))
        named = source.at(stored.descriptor.digest)
        _take_tree(repository, stored, staging, named)
        whole(staging, named)
        if request.referrers is not None:
            beside = ending.enter_context(staged(request.referrers))
            _write_referrers(repository, stored, beside)
            publish(beside, request.referrers)
        publish(staging, request.place)
    said = f"pulled {_named(source)} to {request.place}"
    return Shipped(named, stored.descriptor.digest, said)


@contextmanager
def fetched(reference: str, way: Way, expect: str | None = None) -> Iterator[tuple[Path, str]]:
    """Give the folder of a bundle that lies elsewhere, with its attestations, to look at it.

    Whether it is whole, nobody has asked yet.

    Args:
        reference: with a tag or a digest.
        way: how other machines are spoken to.
        expect: digest that the artifact must have.

    Returns:
        The folder, and the digest of the artifact.

    Raises:
        DistributionError: it cannot be got, or is not what it is said to be.
        UsageError: it is not said which one.
    """
    source = read_reference(reference)
    with tempfile.TemporaryDirectory(prefix="eidos-") as unpacked, way.open(source) as repository:
        folder = Path(unpacked) / "bundle"
        folder.mkdir()
        stored = _take(repository, source, expect)
        digest = stored.descriptor.digest
        _take_tree(repository, stored, folder, source.at(digest))
        yield folder, digest


def _take_tree(repository: Repository, stored: Stored, folder: Path, name: str) -> str | None:
    """Unpack a bundle into a folder, and beside it what is signed about it; give its digest."""
    with taken_layer(repository, stored, BUNDLE) as layer:
        unpack(layer, name, folder)
    digest = claimed_digest(folder)  # who takes the folder holds the files against it
    if digest is not None:
        _refuse_other(stored, digest, name)
        _refuse_hidden(folder, name)
        attached = attached_signatures(repository, stored.descriptor.digest)
        write_tree(folder, collected(attached, digest))
    return digest


def _refuse_hidden(folder: Path, name: str) -> None:
    """Refuse a layer with files that no manifest lists: who deploys the layer deploys those too."""
    hidden = attestation_paths(folder)
    if hidden:
        raise DistributionError(
            f"the layer of {name} holds {hidden[0]}, which is no part of the bundle",
            hint="Attestations refer to a bundle, and are not in it: push it anew with eidos.",
        )


def _refuse_inside(request: PullRequest) -> None:
    """Refuse a folder for what refers to a bundle where only the bundle may be."""
    beside = request.referrers
    if beside is None:
        return
    if beside.resolve().is_relative_to(request.place.resolve()):
        raise UsageError(
            f"'{beside}' would be a part of the bundle", hint="Name a folder beside it."
        )
    refuse_taken(beside)


def _take(repository: Repository, source: Reference, expect: str | None) -> Stored:
    """Get the manifest that is meant; a tag that names another than was expected is told.

    Raises:
        UsageError: neither tag nor digest is said.
        DistributionError: there is none, or the tag has moved.
    """
    name = source.tag or source.digest
    if name is None:
        raise UsageError(
            f"{source} names no artifact", hint=f"Write {source}:TAG or {source}@DIGEST"
        )
    stored = take_manifest(repository, name)
    found = stored.descriptor.digest
    for wanted in (source.digest, expect):
        if wanted is not None and wanted != found:
            raise DistributionError(
                f"{source.repository}:{name} has moved: it is {found}, and {wanted} was expected",
                hint=f"Get what was expected: {source.at(wanted)}; find out who moved the tag.",
            )
    return stored


def _refuse_other(stored: Stored, digest: str, name: str) -> None:
    """Refuse a bundle of which its manifest says that it is another."""
    said = read_manifest(stored.content, name).annotations.get(REVISION)
    if said not in {None, digest}:
        raise DistributionError(
            f"{name} says it holds the bundle {said}, and holds {digest}",
            hint="Whoever pushed it did not mean this. Do not use it.",
        )


def _pull_tree(request: PullRequest) -> Shipped:
    source = Path(request.source)
    if request.referrers is not None:
        raise UsageError(f"'{source}' holds one bundle, and nothing that refers to it")
    digest = take_bundle(source, request.place, request.expect)
    return Shipped(str(source), digest, f"took {source} to {request.place}")


def _write_referrers(repository: Repository, stored: Stored, folder: Path) -> None:
    """Write what refers to a manifest, and to that, each in a folder of its own, with a list."""
    listed: list[Json] = []
    left = _REFERRING_AT_MOST
    for subject, each in related(repository, stored.descriptor.digest):
        said = read_manifest(each.content, repository.place)
        left -= sum(layer.size for layer in said.layers)
        if left < 0:
            raise DistributionError(
                f"what refers to {stored.descriptor.digest} has more than "
                f"{_REFERRING_AT_MOST:,} bytes",
                hint="Pull without --with-referrers, and have those removed that nobody needs.",
            )
        digest = each.descriptor.digest
        files: list[Json] = []
        for number, layer in enumerate(said.layers):
            title = layer.annotations.get(TITLE, "")
            name = title if _PLAIN_NAME.fullmatch(title) else "content"
            path = f"{digest.removeprefix('sha256:')[:16]}/{number}-{name}"
            with taken_blob(repository, layer) as content:
                write_tree(folder, [File(path, content.read())])
            files.append({"path": path, "mediaType": layer.media_type, "digest": layer.digest})
        listed.append(
            {
                "digest": digest,
                "artifactType": said.artifact_type,
                "subject": subject,
                "annotations": dict(said.annotations),
                "files": files,
            }
        )
    write_tree(folder, [File("referrers.json", to_json({"referrers": listed}).encode())])


# Packs ------------------------------------------------------------------------------------------


def push_pack(request: PushRequest, way: Way) -> Shipped:
    """Push an OPA bundle as `eidos policy pack` writes it, byte for byte.

    Raises:
        DistributionError: it is none, or the place cannot be asked.
        UsageError: the tag would have to move.
    """
    target = _version(request.target)
    content = read_file(request.source)
    revision = opa_revision(content, str(request.source))
    artifact = pack_artifact(content, revision, request.source.name)
    attached = [File(each.name, read_file(each)) for each in request.attached]
    with way.open(target) as repository:
        put_artifact(repository, artifact, target.tag, move=request.move)
        _attach(repository, artifact.manifest, attached)
    digest = artifact.manifest.descriptor.digest
    return Shipped(target.at(digest), digest, f"pushed {len(content):,} bytes to {_named(target)}")


def pull_pack(request: PullRequest, way: Way) -> Shipped:
    """Pull an OPA bundle, whoever pushed it, as a file.

    Raises:
        DistributionError: it cannot be got, or is no OPA bundle.
        UsageError: it is not said which one, or the file is there with another content.
    """
    source = read_reference(request.source)
    with way.open(source) as repository:
        stored = _take(repository, source, request.expect)
        named = source.at(stored.descriptor.digest)
        with taken_layer(repository, stored, PACK) as layer:
            content = layer.read()
        opa_revision(content, named)
        with ExitStack() as ending:
            if request.referrers is not None:
                beside = ending.enter_context(staged(request.referrers))
                _write_referrers(repository, stored, beside)
                publish(beside, request.referrers)
            write_file(request.place, content, force=request.force)
    said = f"pulled {_named(source)} to {request.place}"
    return Shipped(named, stored.descriptor.digest, said)


# Both -------------------------------------------------------------------------------------------


def copy(
    source: str,
    target: str,
    way: Way,
    *,
    expect: str | None = None,
    move: bool = False,
    referrers: bool = True,
) -> Shipped:
    """Copy a bundle or a pack, and what refers to it, byte for byte.

    Args:
        source: reference with a tag or a digest.
        target: reference; without a tag, it gets the one that `source` has.
        way: how other machines are spoken to.
        expect: digest that it must have.
        move: the tag there may name something else before.
        referrers: what refers to it goes with it.

    Raises:
        DistributionError: it cannot be got or put.
        UsageError: it is not said which one, or the tag would have to move.
    """
    here, there = read_reference(source), _target(target)
    with way.open(here) as giving, way.open(there) as taking:
        stored = _take(giving, here, expect)
        tag = there.tag or here.tag
        done = copy_artifact(giving, stored, taking, tag, move=move, referrers=referrers)
    place = replace(there, tag=tag)
    said = f"copied {_named(here)} to {_named(place)}{_count(done)}"
    return Shipped(there.at(done.digest), done.digest, said)


def _named(reference: Reference) -> str:
    """Name a place and an artifact, and who brings the place where that is not us."""
    origin = origin_of(reference)
    return f"{reference} ({origin})" if origin else str(reference)


def _count(done: Copied) -> str:
    return f", with {done.referrers} that refer to it" if done.referrers else ""


def list_artifacts(place: str, way: Way, kind: str, *, referrers: bool = False) -> Listing:
    """List what a place holds under tags.

    Args:
        place: reference; a tag or digest in it does not matter.
        way: how other machines are spoken to.
        kind: `BUNDLE` or `PACK`; what is neither is counted.
        referrers: say as well what refers to each.

    Raises:
        DistributionError: the place cannot be asked.
    """
    reference = read_reference(place)
    if reference.scheme == "oci-layout" and not is_layout(reference.place):
        verb = "bundle" if kind == BUNDLE else "policy"
        raise DistributionError(
            f"there is no image layout at '{reference.place}'",
            hint=f"A push makes one: eidos {verb} push FOLDER {reference.repository}:TAG",
        )
    found: list[Tagged] = []
    with way.open(reference) as repository:
        tags = repository.tags()
        for tag in tags[:_LISTED_AT_MOST]:
            stored = take_manifest(repository, tag)
            said = read_manifest(stored.content, repository.place)
            digest = stored.descriptor.digest
            kinds = (
                tuple(each.artifact_type or "" for each in repository.referrers(digest))
                if referrers
                else ()
            )
            found.append(Tagged(tag, digest, said.artifact_type, said.annotations, kinds))
    wanted = {BUNDLE} if kind == BUNDLE else {PACK, PACK_CONFIG}
    listed = tuple(each for each in found if each.artifact_type in wanted)
    others = len(tags) - len(listed)
    return Listing(reference.repository, listed, others, origin_of(reference))
