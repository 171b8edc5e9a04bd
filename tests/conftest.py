"""Fixtures that every test may use."""

import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
if str(TESTS) not in sys.path:
    sys.path.insert(0, str(TESTS))  # tests share `fakes` in importlib mode


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the project, which not every machine has."""
    folder = TESTS.parent.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("the real data beside the project is not on this machine")
    return folder


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests away from the user's database, cache and configuration."""
    home = tmp_path_factory.mktemp("home")
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))
    monkeypatch.delenv("EIDOS_DB", raising=False)
