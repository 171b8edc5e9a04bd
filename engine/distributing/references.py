"""References: which place is meant, and which artifact of it."""

import re

from eidos.engine.distributing.places import BUILT_IN, FORMS
from eidos.engine.errors import UsageError
from eidos.engine.model.artifact import DIGEST, TAG, Reference

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
_BARE = re.compile(rf"(?:localhost|[\w-]+(?:\.[\w-]+)+|[\w.-]+:[0-9]+)/{_PART}\S*")
"""What looks like a registry's reference that has no scheme."""
_LONGEST = 255
"""Characters of host and repository; more is refused by registries."""
_PACKAGED = re.compile(r"[A-Za-z0-9._~/:+=,%\[\]-]{1,1000}")
"""A place of a package: it is shown in messages, so it has neither user nor query."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def read_reference(text: str) -> Reference:
    """Read where an artifact is, or goes to.

    Args:
        text: ``oci://host/repository[:tag][@digest]``, ``oci-layout:path[:tag][@digest]``,
            ``s3://bucket/prefix[:tag][@digest]`` (or ``gs``, ``az``), a scheme of a package in
            place of ``s3``, else a path.

    Raises:
        UsageError: it is none of them; the message repeats no password.
    """
    found = _SCHEME.fullmatch(text)
    if found is not None:
        scheme, rest = found[1].lower(), found[2]
        if scheme == "oci":
            return _registry(rest)
        if scheme == "oci-layout":
            raise UsageError("oci-layout: names a path, without //", hint=FORMS)
        return _named(scheme, rest) if scheme in BUILT_IN else _packaged(scheme, rest)
    if text.startswith("oci-layout:"):
        return _named("oci-layout", text.removeprefix("oci-layout:"))
    if not text or "\0" in text:
        raise UsageError("no place is named", hint=FORMS)
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
        raise UsageError(f"{host!r} is no host of a registry", hint=FORMS)
    found = _named("oci", path)
    repository = found.place
    if not _REPOSITORY.fullmatch(repository) or len(host) + len(repository) > _LONGEST:
        raise UsageError(
            f"{repository!r} is no name of a repository",
            hint="It has small letters, digits and . _ - between them, and / between parts.",
        )
    return Reference("oci", f"{host}/{repository}", found.tag, found.digest)


def _packaged(scheme: str, rest: str) -> Reference:
    from eidos.engine.distributing.packages import packaged_place

    packaged_place(scheme)
    if not _PACKAGED.fullmatch(rest.partition("@sha256:")[0]):
        raise UsageError(
            f"a place of {scheme}:// has letters, digits and . _ ~ / : + = , % [ ] -",
            hint="It is shown in messages: let variables or files hold what is secret.",
        )
    return _named(scheme, rest)


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
        raise UsageError("no place is named", hint=FORMS)
    return Reference(scheme, place, tag or None, digest or None)
