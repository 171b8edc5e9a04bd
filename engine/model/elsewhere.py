"""What lies on another machine, where a file or folder of this one is wanted: how to get it."""

import re
from shlex import quote

_FORM = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]+)(?<!oci-layout):/{1,2}(?P<place>[^/?#@\s][^?#@\s]*?)"
    r"(?P<tag>:[\w.-]+)?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
    r"|(?P<layout>oci-layout):(?P<path>[^@\s]+?)(?P<version>:[\w.-]+)?"
)
"""A place with a scheme, also as paths write it, with one slash; without credentials or query."""
_STORES = ("oci", "s3", "gs", "az")
"""Schemes that a lock may name: they mean the same for everybody."""
_WEB = ("http", "https")
_NAME = re.compile(r"[A-Za-z0-9_][\w.-]*")
NOT_HERE = "this is a place to get things from, and no file or folder"
"""What is wrong with such a reference where a file is wanted, in a message."""


def pack_elsewhere(reference: str) -> str | None:
    """Say how to get a pack of another machine; None where a text names no other machine.

    Args:
        reference: where a pack, a folder or an archive is wanted: ``oci://host/pack:1.0``.

    Returns:
        A sentence with the command to run, whose words are quoted for a shell.
    """
    found = _FORM.fullmatch(reference)
    if found is None:
        return None
    scheme, tag = found["scheme"] or found["layout"], found["tag"] or found["version"]
    file = f"{_called(found, 'pack')}.tar.gz"
    if scheme in _WEB:
        return _downloaded(reference, found, file)
    expect = f" --expect {found['digest']}" if tag and found["digest"] else ""
    lock = " --lock" if scheme in _STORES and (tag or not found["digest"]) else ""
    pulled = f"eidos policy pull {_asked(found)}{expect} -o {file}{lock}"
    return f"Pull it, and give {file}: {pulled}"


def bundle_elsewhere(reference: str) -> str | None:
    """Say how to get a bundle of another machine; see `pack_elsewhere`."""
    found = _FORM.fullmatch(reference)
    if found is None:
        return None
    folder = _called(found, "bundle")
    if (found["scheme"] or found["layout"]) in _WEB:
        return _downloaded(reference, found, f"{folder}.tar.gz")
    expect = f" --expect {found['digest']}" if found["tag"] and found["digest"] else ""
    return f"Pull it, and give {folder}: eidos bundle pull {_asked(found)}{expect} -o {folder}"


def document_elsewhere(reference: str) -> str | None:
    """Say how to get a document of another machine; see `pack_elsewhere`."""
    found = _FORM.fullmatch(reference)
    if found is None:
        return None
    if found["scheme"] in _WEB:
        return _downloaded(reference, found, _called(found, "document.yaml", with_ending=True))
    if found["scheme"] in _STORES[1:]:
        return "Documents are read from files and standard input alone: download it first."
    return (
        "Documents are read from files and standard input alone. The recipe of a bundle is its "
        f"recipe.yaml. {bundle_elsewhere(reference)}"
    )


def _asked(found: re.Match[str]) -> str:
    """Write the reference as a word of a shell; a tag that is missing is to be filled in."""
    tag = found["tag"] or found["version"]
    if found["layout"]:
        return f"{quote('oci-layout:' + found['path'])}{tag or ':TAG'}"
    place = quote(f"{found['scheme']}://{found['place']}")
    if tag:
        return f"{place}{tag}"
    return f"{place}@{found['digest']}" if found["digest"] else f"{place}:TAG"


def _downloaded(reference: str, found: re.Match[str], file: str) -> str:
    url = quote(f"{found['scheme']}://{reference.partition(':')[2].lstrip('/')}")
    return f"Download it, and give {file}: curl -fLo {file} {url}"


def _called(found: re.Match[str], otherwise: str, *, with_ending: bool = False) -> str:
    """Name what is got by the last part of its place, where that is a plain name."""
    name = (found["place"] or found["path"]).rstrip("/").rpartition("/")[2]
    if not with_ending:
        name = name.removesuffix(".tar.gz").removesuffix(".tgz")
    return name if _NAME.fullmatch(name) else otherwise
