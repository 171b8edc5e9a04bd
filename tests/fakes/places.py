"""Places of others, importable, since a new process has to find them."""

import ctypes
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from eidos.engine.distributing.layout import Layout
from eidos.engine.distributing.manifests import as_referrer
from eidos.engine.distributing.objects import FolderObjects
from eidos.engine.errors import DistributionError
from eidos.engine.model.artifact import Descriptor, Reference, Stored, Terms
from eidos.engine.ports import Clock

NUMBER = 7


class Odd(Layout):
    """An image layout in the folder ODD that goes wrong in the way that its reference names."""

    def __init__(
        self, reference: Reference, _terms: Terms, _clock: Clock, environ: Mapping[str, str]
    ) -> None:
        self.act = reference.place
        self._secret = environ["ODD_TOKEN"]
        super().__init__("odd", FolderObjects(Path(environ["ODD"])))
        Path(environ["ODD_PID"]).write_text(str(os.getpid()), encoding="utf-8")
        sys.stdout.write("noise\n")
        sys.stderr.write("noise\n")

    def manifest(self, name: str) -> Stored | None:
        self._misbehave()
        found: Any = super().manifest(name)
        if found is None:
            return None
        other: Any = super().manifest("other")
        wrong = {
            "says-another": replace(found, descriptor=other.descriptor),
            "says-longer": replace(found, descriptor=replace(found.descriptor, size=9)),
            "gives-another": other if name.startswith("sha256:") else found,
            "gives-text": found.content.decode(),
            "gives-numbers": Stored(found.descriptor, 5),  # type: ignore[arg-type]
            "gives-nothing-real": Stored(found.descriptor, b"{}"),
            "swaps-content": Stored(found.descriptor, other.content),
        }
        given: Stored = wrong.get(self.act, found)
        return given

    def _misbehave(self) -> None:
        words = f"{self._secret}\x1b[2J is wrong"
        raised: dict[str, BaseException] = {
            "raises": KeyError(self._secret),
            "refuses": DistributionError(words, hint=f"not {self._secret}"),
            "exits": SystemExit(0),
            "interrupts": KeyboardInterrupt(),
            "breaks": BrokenPipeError(),
        }
        if self.act in raised:
            raise raised[self.act]
        if self.act == "leaves":
            os._exit(0)
        if self.act == "crashes":
            ctypes.string_at(0)
        while self.act == "hangs":
            Path(os.environ["ODD_PID"]).with_suffix(".hangs").touch()
            time.sleep(60)

    def blob(self, blob: Descriptor) -> Iterator[bytes]:
        whole = b"".join(super().blob(blob))
        parts: dict[str, Any] = {
            "short": [whole[:-1]],
            "long": [whole, b"x"],
            "altered": [whole[:-1], bytes([whole[-1] ^ 1])],
            "absent": [],
            "texts": ["x" * len(whole)],
            "numbers": [len(whole)],
        }
        if self.act == "endless":
            while True:
                yield b"x" * (1 << 16)
        if self.act == "breaks-off":
            yield whole[:5]
            raise ConnectionResetError(self._secret)
        yield from parts.get(self.act, [whole])

    def tags(self) -> list[str]:
        odd: dict[str, Any] = {"paths": ["../x"], "counts": [NUMBER], "none": None, "crowd": ["v"]}
        found: list[str] = odd.get(self.act, super().tags())
        return found * 20_000 if self.act == "crowd" else found

    def referrers(self, digest: str) -> list[Descriptor]:
        if self.act == "odd-referrers":
            return [Descriptor("a/b", "sha256:x", -1)]
        if self.act == "invents-referrers":
            other = super().manifest("other")
            assert other is not None
            return [as_referrer(other)]
        return super().referrers(digest)

    def put_blob(self, blob: Descriptor, content: BinaryIO) -> None:
        if self.act == "refuses-blobs":
            raise OSError(28, "No space left", self._secret)
        super().put_blob(blob, content)

    def put_manifest(self, manifest: Stored, tag: str | None = None, *, move: bool = False) -> None:
        attached = b'"subject"' in manifest.content
        if self.act == "forgets" or (self.act == "forgets-attached" and attached):
            return
        super().put_manifest(manifest, None if self.act == "forgets-tags" else tag, move=move)

    def keep(self) -> None:
        if self.act == "keeps-nothing":
            raise RuntimeError(self._secret)


class Less:
    """A place that offers too little."""

    def __init__(self, *_: object) -> None:
        self.manifest = self.blob = print


nothing = 5
"""What nobody can call."""


def no_repository(*_: object) -> None:
    """Open nothing."""
