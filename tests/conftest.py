"""Fixtures that every test may use."""

import os
import signal
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("any-machine", deadline=None)  # a loaded machine is no failure
settings.load_profile("any-machine")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # begun in the background of a shell script
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the commands tested can be ended

TESTS = Path(__file__).parent
if str(TESTS) not in sys.path:
    sys.path.insert(0, str(TESTS))  # tests share `fakes` in importlib mode

_REAL_DATA = "the real data beside the project"
_NOT_EVERYWHERE = (_REAL_DATA, "EIDOS_TEST_KUBECONFIG")
"""What CI need not have: a test that skips for want of it says so by these words."""


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the project, which not every machine has."""
    folder = TESTS.parent.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip(f"{_REAL_DATA} is not on this machine")
    return folder


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests away from the user's database, cache and configuration."""
    home = tmp_path_factory.mktemp("home")
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))
    for name in ("EIDOS_DB", "EIDOS_SEAL_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("EIDOS_ENGINE", "light")  # the same on every machine; OPA is asked for


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where CI requires the real parts, a test that skips for want of one fails."""
    report = yield
    excused = any(words in str(report.longrepr) for words in _NOT_EVERYWHERE)
    wanted = item.get_closest_marker("real") and not excused
    if wanted and report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"required in CI: {report.longrepr}"
    return report
