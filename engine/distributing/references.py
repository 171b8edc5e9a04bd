"""References: which place is meant, and which artifact of it."""

import re

from eidos.engine.errors import UsageError
from eidos.engine.model.artifact import DIGEST, TAG, Reference

CLOUDS = ("s3", "gs", "az")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
_BARE = re.compile(rf"(?:localhost|[\w-]+(?:\.[\w-]+)+|[\w.-]+:[0-9]+)/{_PART}\S*")
"""What looks like a registry's reference that has no scheme."""
_LONGEST = 255
"""Characters of host and repository; more is refused by registries."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_FORMS = (
    "Write oci://HOST/REPOSITORY:TAG, oci-layout:PATH:TAG, s3://BUCKET/PREFIX:TAG (gs://, az://), "
    "a folder, or an archive.tar.gz."
)


def read_reference(text: str) -> Reference:
    """Read where an artifact is, or goes to.

    Args:
        text: ``oci://host/repository[:tag][@digest]``, ``oci-layout:path[:tag][@digest]``,
            ``s3://bucket/prefix[:tag][@digest]`` (or ``gs``, ``az``), else a path.

    Raises:
        UsageError: it is none of them; the message repeats no password.
    """
    found = _SCHEME.fullmatch(text)
    if found is not None:
        scheme, rest = found[1].lower(), found[2]
        if scheme == "oci":
            return _registry(rest)
        if scheme in CLOUDS:
            return _named(scheme, rest)
        raise UsageError(f"there are no places of the kind {scheme}://", hint=_FORMS)
    if text.startswith("oci-layout:"):
        return _named("oci-layout", text.removeprefix("oci-layout:"))
    if not text or "\0" in text:
        raise UsageError("no place is named", hint=_FORMS)
    if _BARE.fullmatch(text) and not text.endswith((".tar.gz", ".tgz")):
        raise UsageError(f"'{text}' is no place", hint=f"Write oci://{text} or ./{text}")
    return Reference("path", text)


def is_loopback(host: str | None) -> bool:
    """Say whether a host, without its port, is this machine."""
    return host in _LOOPBACK or (host or "").endswith(".localhost")


def _registry(rest: str) -> Reference:
    host, _, path = rest.partition("/")
    if not _HOST.fullmatch(host):
        if "@" in host:
            raise UsageError(
                "a reference holds no user name and no password",
                hint="Log in with docker, podman or oras: eidos reads where they keep it.",
            )
        raise UsageError(f"{host!r} is no host of a registry", hint=_FORMS)
    found = _named("oci", path)
    repository = found.place
    if not _REPOSITORY.fullmatch(repository) or len(host) + len(repository) > _LONGEST:
        raise UsageError(
            f"{repository!r} is no name of a repository",
            hint="It has small letters, digits and . _ - between them, and / between parts.",
        )
    return Reference("oci", f"{host}/{repository}", found.tag, found.digest)


def _named(scheme: str, rest: str) -> Reference:
    """Take tag and digest off a place."""
    place, at, digest = rest.rpartition("@") if "@sha" in rest else (rest, "", "")
    if at and not DIGEST.fullmatch(digest):
        raise UsageError(
            f"{digest!r} is no digest", hint="Write sha256: and 64 hexadecimal digits."
        )
    head, colon, tag = place.rpartition(":")
    if colon and "/" not in tag:
        if not TAG.fullmatch(tag):
            raise UsageError(
                f"{tag!r} is no tag", hint="It has letters, digits and . _ -, at most 128 of them."
            )
        place = head
    else:
        tag = ""
    place = place.rstrip("/") or place[:1]
    if not place or "@" in place:
        raise UsageError("no place is named", hint=_FORMS)
    return Reference(scheme, place, tag or None, digest or None)
