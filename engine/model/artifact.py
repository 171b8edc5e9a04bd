"""Artifacts: content by its address, as OCI's image and distribution specifications have them.

https://github.com/opencontainers/image-spec (1.1), https://github.com/opencontainers/distribution-spec
"""

import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from eidos.engine.errors import ExitCode
from eidos.engine.model.jsonvalue import Json
from eidos.engine.records import dataclass

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
"""Of the distribution specification."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What is said of content that lies elsewhere."""

    media_type: str
    digest: str
    """``sha256:`` and 64 hexadecimal digits."""
    size: int
    """Bytes."""
    artifact_type: str | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Json]:
        """Give it as manifests and indexes have it."""
        said: dict[str, Json] = {
            "mediaType": self.media_type,
            "digest": self.digest,
            "size": self.size,
        }
        if self.artifact_type:
            said["artifactType"] = self.artifact_type
        if self.annotations:
            said["annotations"] = dict(sorted(self.annotations.items()))
        return said


@dataclass(frozen=True, slots=True)
class Stored:
    """A manifest with its bytes, which are what its digest is of."""

    descriptor: Descriptor
    content: bytes


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest or an index says; what is not said is empty."""

    media_type: str
    artifact_type: str
    """Its own, else its configuration's media type."""
    config: Descriptor | None
    layers: tuple[Descriptor, ...]
    children: tuple[Descriptor, ...]
    """Manifests of an index."""
    subject: Descriptor | None
    annotations: Mapping[str, str]

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """What it needs beside other manifests."""
        return (*((self.config,) if self.config else ()), *self.layers)


@dataclass(frozen=True, slots=True)
class Reference:
    """A place of artifacts, and perhaps one of them: ``oci://host/repository:tag@sha256:...``."""

    scheme: str
    """``oci``, ``oci-layout``, ``s3``, ``gs``, ``az``, or a package's; ``path`` for a folder or an
    archive."""
    place: str
    """Host and repository, bucket and prefix, or path; without scheme, tag and digest."""
    tag: str | None = None
    digest: str | None = None

    def at(self, digest: str) -> str:
        """Name an artifact of the same place by its digest."""
        return f"{self.repository}@{digest}"

    @property
    def repository(self) -> str:
        """The place without the artifact, as it is written."""
        if self.scheme == "path":
            return self.place
        return f"{self.scheme}:{'' if self.scheme == 'oci-layout' else '//'}{self.place}"

    def __str__(self) -> str:
        """Write it as it was given."""
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.repository}{tag}{f'@{self.digest}' if self.digest else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On which terms other machines are spoken to."""

    ca_file: Path | None = None
    """Authorities that are trusted beside the machine's own."""
    plain_http: bool = False
    """Speak plain HTTP also to other machines."""
    timeout: float = 30.0
    """Seconds to wait for an answer, or for more of one."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """An artifact as a place names it."""

    tag: str
    digest: str
    artifact_type: str
    annotations: Mapping[str, str]
    """What whoever made it says of it; nobody has checked it."""
    referrers: tuple[str, ...] = ()
    """Kinds of what refers to it: signatures, attestations."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a place holds under names."""

    place: str
    artifacts: tuple[Tagged, ...]
    """By tag."""
    others: int = 0
    """How many tags name something else."""
    origin: str | None = None
    """The package that brings the place, with its version; None where it is eidos' own."""

    @property
    def exit_code(self) -> ExitCode:
        """Listing always answers, also where there is nothing."""
        return ExitCode.OK
