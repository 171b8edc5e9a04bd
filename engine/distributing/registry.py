"""A repository of a registry, by OCI's distribution specification 1.1.

https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
"""

import re
import tempfile
from collections.abc import Iterator, Mapping, Sized
from contextlib import suppress
from functools import partial
from typing import IO, BinaryIO
from urllib.parse import urlencode

import msgspec

from eidos.engine.distributing.authenticating import Authenticator
from eidos.engine.distributing.checking import BLOB_AT_MOST, taken_tag
from eidos.engine.distributing.credentials import find_credential
from eidos.engine.distributing.http import Answer, Http, origin
from eidos.engine.distributing.manifests import (
    INDEX,
    MANIFEST_AT_MOST,
    MANIFESTS,
    as_referrer,
    describe,
    read_manifest,
    write_index,
)
from eidos.engine.errors import DistributionError
from eidos.engine.model.artifact import DIGEST, TAG, Descriptor, Stored, Terms
from eidos.engine.ports import Clock

_ACCEPT = {"Accept": ", ".join(sorted(MANIFESTS))}
_IN_MEMORY = 1 << 20
_ERROR_AT_MOST = 64 << 10
"""Bytes that are read of what a registry says of an error."""
_PAGES_AT_MOST = 100
_LISTED_AT_MOST = 10_000
"""Tags of a repository, or manifests that refer to one."""
_TRIES = 5
"""To change an index of referrers that others change as well."""
_OK, _CREATED, _ACCEPTED = 200, 201, 202
_UNAUTHORIZED, _DENIED, _NOT_FOUND = 401, 403, 404
_PULL, _PUSH = "pull", "pull,push"
_CODES = re.compile(rb'"code"\s*:\s*"([A-Z_]{3,40})"')
_FALLBACK = re.compile(r"sha256-[0-9a-f]{64}(\..*)?")
"""Tags that stand for what refers to a manifest; cosign's have a dot and a kind."""
_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')


class Registry:
    """A repository of a registry; implements `eidos.engine.ports.Repository`.

    Args:
        place: ``host/repository``.
        terms: on which terms it is spoken to.
        clock: waits before another try.
        environ: says where credentials and proxies are.
    """

    def __init__(self, place: str, terms: Terms, clock: Clock, environ: Mapping[str, str]) -> None:
        self.place = f"oci://{place}"
        host, _, self._name = place.partition("/")
        self._http = Http(terms, clock, environ)
        asked = "registry-1.docker.io" if host == "docker.io" else host
        scheme = "http" if self._http.is_plain(host) else "https"
        self._root = f"{scheme}://{asked}/v2/{self._name}"
        self._authenticator = Authenticator(
            self._http, asked, lambda: find_credential(place, environ)
        )

    def keep(self) -> None:
        """Nothing is left to write."""

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    # Reading ------------------------------------------------------------------------------------

    def manifest(self, name: str) -> Stored | None:
        """Give a manifest by tag or digest; None where there is none."""

        def get() -> Stored | None:
            answer = self._ask("GET", f"/manifests/{name}", headers=_ACCEPT)
            if answer.status == _NOT_FOUND:
                answer.close()
                return None
            content = self._body(answer, MANIFEST_AT_MOST)
            return self._stored(answer, content, name)

        return self._http.retrying(get)

    def _stored(self, answer: Answer, content: bytes, name: str) -> Stored:
        media_type = answer.header("Content-Type").partition(";")[0].strip()
        said = read_manifest(content, f"{self.place}: {name}")
        if media_type not in MANIFESTS or media_type != said.media_type:
            raise DistributionError(
                f"{self.place} says of {name} that it is something else than {said.media_type}",
                hint="eidos takes manifests of OCI 1.0 and 1.1, and of Docker's second schema.",
            )
        found = describe(content, media_type)
        digest = answer.header("Docker-Content-Digest")
        if digest and DIGEST.fullmatch(digest) and digest != found.digest:
            raise DistributionError(
                f"{self.place} gives another manifest for {name} than it says: {found.digest}"
                f" instead of {digest}",
                hint="Nothing was kept. Ask again, or another copy.",
            )
        return Stored(found, content)

    def blob(self, blob: Descriptor) -> Iterator[bytes]:
        """Give a blob piece by piece, once all of it is here: one that breaks off is got anew."""
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
            self._http.retrying(lambda: self._download(blob, file))
            file.seek(0)
            while part := file.read(_IN_MEMORY):
                yield part

    def _download(self, blob: Descriptor, file: IO[bytes]) -> None:
        answer = self._ask("GET", f"/blobs/{blob.digest}")
        if answer.status == _NOT_FOUND:
            answer.close()
            raise DistributionError(
                f"{self.place} has no {blob.digest}, which a manifest of it names",
                hint="Push the artifact anew.",
            )
        self._expect(answer, _OK)
        file.seek(0)
        file.truncate()
        for part in answer.chunks(min(blob.size, BLOB_AT_MOST)):
            file.write(part)

    def tags(self) -> list[str]:
        """Name every tag, in order, but for those that stand for referrers."""
        found: set[str] = set()
        for page in self._pages("/tags/list?n=1000"):
            said = page.get("tags")
            tags = said if isinstance(said, list) else []
            found.update(tag for tag in tags if isinstance(tag, str) and TAG.fullmatch(tag))
            self._refuse_crowd(found)
        return sorted(tag for tag in found if not _FALLBACK.fullmatch(tag))

    def referrers(self, digest: str) -> list[Descriptor]:
        """Ask the referrers API, and where there is none, the tag that stands for it."""
        first = self._http.retrying(lambda: self._ask("GET", f"/referrers/{digest}"))
        found: list[Descriptor] = []
        kind = first.header("Content-Type").partition(";")[0].strip()
        is_page = first.status == _OK and kind != INDEX  # for people, of what is no registry
        if first.status == _NOT_FOUND or is_page:
            first.close()
            found += self._fallback(digest)[1]
        else:
            for page in self._following(first):
                found += _listed(page, self.place)
                self._refuse_crowd(found)
        return list({each.digest: each for each in found}.values())

    def _fallback(self, digest: str) -> tuple[Stored | None, tuple[Descriptor, ...]]:
        stored = self.manifest(_fallback_tag(digest))
        if stored is None:
            return None, ()
        return stored, read_manifest(
            stored.content, f"{self.place}: {_fallback_tag(digest)}"
        ).children

    # Writing ------------------------------------------------------------------------------------

    def put_blob(self, blob: Descriptor, content: BinaryIO) -> None:
        """Upload a blob that is not there yet, at once."""
        there = self._http.retrying(lambda: self._ask("HEAD", f"/blobs/{blob.digest}", _PUSH))
        there.close()
        if there.status != _OK:
            self._http.retrying(lambda: self._upload(blob, content))

    def _upload(self, blob: Descriptor, content: BinaryIO) -> None:
        begun = self._ask("POST", "/blobs/uploads/", _PUSH, {"Content-Length": "0"})
        self._expect(begun, _ACCEPTED)
        begun.close()
        target = self._http.beside(begun.url, begun.header("Location"))
        joint = "&" if "?" in target else "?"
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(blob.size),
            **(self._authenticator.header(self._scope(_PUSH)) if self._is_ours(target) else {}),
        }
        query = urlencode({"digest": blob.digest})
        done = self._http.send("PUT", f"{target}{joint}{query}", headers, content)
        self._expect(done, _CREATED)
        done.close()

    def put_manifest(self, manifest: Stored, tag: str | None = None, *, move: bool = False) -> None:
        """Put a manifest, let a tag name it, and let its subject be found to have it.

        No registry can be asked to move a tag only from where it was, so who pushes to the same tag
        in the same moment may still win.
        """
        if tag is not None and not move:
            self._refuse_move(tag, manifest.descriptor.digest)
        subject = read_manifest(manifest.content, manifest.descriptor.digest).subject
        answer = self._put(manifest, tag or manifest.descriptor.digest)
        if subject is not None and answer.header("OCI-Subject") != subject.digest:
            self._add_to_fallback(subject, manifest)

    def _refuse_move(self, tag: str, digest: str) -> None:
        there = self.manifest(tag)
        if there is not None and there.descriptor.digest != digest:
            raise taken_tag(self.place, tag, there.descriptor.digest, digest)

    def _put(self, manifest: Stored, name: str) -> Answer:
        def put() -> Answer:
            headers = {"Content-Type": manifest.descriptor.media_type}
            answer = self._ask("PUT", f"/manifests/{name}", _PUSH, headers, manifest.content)
            self._expect(answer, _CREATED)
            answer.close()
            return answer

        answer = self._http.retrying(put)
        digest = answer.header("Docker-Content-Digest")
        if digest and digest != manifest.descriptor.digest:
            raise DistributionError(
                f"{self.place} stored another manifest than it was given",
                hint="Registries must keep the bytes; this one cannot be used.",
            )
        return answer

    def _add_to_fallback(self, subject: Descriptor, manifest: Stored) -> None:
        """Add a referrer to the index that a tag names, and look whether it stayed there.

        Registries know no condition for that, so of two who write at once one may be lost; who
        does not find itself afterwards writes again.
        """
        descriptor = as_referrer(manifest)
        for _ in range(_TRIES):
            there, listed = self._fallback(subject.digest)
            if there is not None and there.descriptor.media_type != INDEX:
                break
            if any(each.digest == descriptor.digest for each in listed):
                return
            self._put(write_index([*listed, descriptor]), _fallback_tag(subject.digest))
        raise DistributionError(
            f"{self.place}: what refers to {subject.digest} cannot be added to",
            hint=f"Ask again: others may change the tag {_fallback_tag(subject.digest)} as well.",
        )

    # Asking -------------------------------------------------------------------------------------

    def _ask(
        self,
        method: str,
        path: str,
        actions: str = _PULL,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Ask the registry, and show who asks where it wants to know; 404 is an answer.

        Args:
            method: of HTTP.
            path: below the repository, or a whole address of the same registry.
            actions: what is done in this repository.
            headers: of the request.
            body: of the request.
        """
        url = path if path.startswith("http") else f"{self._root}{path}"
        scope = self._scope(actions)

        def send() -> Answer:
            shown = self._authenticator.header(scope)
            return self._http.send(method, url, {**(headers or {}), **shown}, body)

        answer = send()
        is_challenge = answer.status == _UNAUTHORIZED and origin(answer.url) == origin(url)
        if is_challenge and self._meet(answer, scope):
            answer = send()
        if answer.status in {_UNAUTHORIZED, _DENIED}:
            raise self._refused(answer)
        return answer

    def _meet(self, challenge: Answer, scope: str) -> bool:
        """Meet a challenge and let go of it; where there is nothing to show it stays open."""
        try:
            is_met = self._authenticator.meet(challenge, scope)
        except DistributionError:
            challenge.close()
            raise
        if is_met:
            challenge.close()
        return is_met

    def _scope(self, actions: str) -> str:
        return f"repository:{self._name}:{actions}"

    def _is_ours(self, url: str) -> bool:
        return origin(url) == origin(self._root)

    def _expect(self, answer: Answer, status: int) -> None:
        if answer.status != status:
            raise self._refused(answer)

    def _body(self, answer: Answer, at_most: int) -> bytes:
        self._expect(answer, _OK)
        return answer.read(at_most)

    def _refused(self, answer: Answer) -> DistributionError:
        """Say what a registry refuses; of its own words only the code, which is of a known form."""
        said = bytearray()
        with suppress(DistributionError):
            for part in answer.chunks(_ERROR_AT_MOST):
                said += part
        code = _CODES.search(said)
        named = f" ({code[1].decode()})" if code else ""
        hint = {
            _UNAUTHORIZED: "Log in with docker, podman or oras: eidos reads where they keep it.",
            _DENIED: "Check what the credential in use may do in this repository.",
            _NOT_FOUND: "Check the name of the repository; some registries want it made first.",
        }.get(answer.status, "Check that it is a registry, and what its log says.")
        return DistributionError(f"{self.place} answers {answer.status}{named}", hint=hint)

    def _pages(self, path: str) -> Iterator[Mapping[str, object]]:
        first = self._http.retrying(lambda: self._ask("GET", path))
        if first.status == _NOT_FOUND:
            raise self._refused(first)
        yield from self._following(first)

    def _refuse_crowd(self, found: Sized) -> None:
        if len(found) > _LISTED_AT_MOST:
            raise DistributionError(
                f"{self.place} lists more than {_LISTED_AT_MOST:,} of something"
            )

    def _following(self, answer: Answer) -> Iterator[Mapping[str, object]]:
        """Give the pages of a list; none is read twice, and none is elsewhere."""
        seen: set[str] = set()
        while True:
            try:
                page = msgspec.json.decode(self._body(answer, MANIFEST_AT_MOST), type=dict)
            except (msgspec.DecodeError, RecursionError) as error:
                raise DistributionError(f"{self.place} gives a list that is none") from error
            yield page
            found = _NEXT.search(answer.header("Link"))
            if found is None:
                return
            following = self._http.beside(answer.url, found[1])
            if following in seen or len(seen) > _PAGES_AT_MOST or not self._is_ours(following):
                raise DistributionError(f"{self.place} gives a list without end")
            seen.add(following)
            answer = self._http.retrying(partial(self._ask, "GET", following))


def _fallback_tag(digest: str) -> str:
    return digest.replace(":", "-")


def _listed(page: Mapping[str, object], place: str) -> tuple[Descriptor, ...]:
    return read_manifest(msgspec.json.encode(page), f"{place}: a list of referrers").children
