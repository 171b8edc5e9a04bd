"""Fixtures of tests that drive the command line."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.opa_server import opa_binary
from fakes.registry import Hub, registry


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the working directory, which is empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def opa(monkeypatch: pytest.MonkeyPatch) -> str:
    """Have a real OPA judge; give its path. Skipped where there is none."""
    binary = str(Path(opa_binary()).resolve())
    monkeypatch.setenv("EIDOS_OPA", binary)
    monkeypatch.setenv("EIDOS_ENGINE", "opa")
    return binary


@pytest.fixture(params=["referrers API", "fallback tags"])
def hub(request: pytest.FixtureRequest) -> Iterator[Hub]:
    """Give a registry, of both kinds, that lists two entries at a time."""
    with registry(referrers_api=request.param == "referrers API", page=2) as found:
        yield found
