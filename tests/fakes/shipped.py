"""Small bundles and packs to ship, and the command line as a user has it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eidos.engine.cli import root
from eidos.engine.cli.console import run
from eidos.engine.documents.archives import archive
from eidos.engine.model.bundle import File

NO_DIGEST = "sha256:" + "0" * 64
ENVELOPE = b'{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[]}'


def alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing that this machine knows of registries count, and nobody wait for long.

    Args:
        folder: credentials are in its ``docker/config.json``, if it has any.
        monkeypatch: undoes it.
    """
    for name in ("REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(folder / "docker"))
    monkeypatch.setattr("eidos.engine.distributing.http._WAITS", (0.01, 0.01))


def write_pack(file: Path, rego: str = "package demo\n") -> Path:
    """Write an OPA bundle."""
    manifest = b'{"revision":"r1","roots":["demo"]}'
    file.write_bytes(archive([File(".manifest", manifest), File("demo.rego", rego.encode())]))
    return file


def tree(folder: Path) -> dict[str, tuple[bytes, bool]]:
    """Give every file below a folder, with whether it can be executed."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), bool(path.stat().st_mode & 0o100))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@dataclass
class Clock:
    """Time that goes on only where somebody waits."""

    waited: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime(2026, 11, 26, 12, 0, tzinfo=UTC)

    def wait(self, seconds: float) -> bool:
        self.waited.append(seconds)
        return False


@dataclass
class Shell:
    """The command line; what was said stays in `out` and `err`."""

    capsys: pytest.CaptureFixture[str]
    out: str = ""
    err: str = ""

    def __call__(self, *words: object, code: int | Sequence[int] = 0) -> str:
        found = run(root, ["--no-config", *(str(word) for word in words)])
        self.out, self.err = self.capsys.readouterr()
        codes = [code] if isinstance(code, int) else code
        assert found in codes, self.out + self.err
        return self.out.strip()
