"""Fixtures that every test may use."""

import gc
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("any-machine", deadline=None)  # a loaded machine is no failure
settings.load_profile("any-machine")

gc.set_threshold(50_000)  # as `eidos` itself does: looking for garbage takes a part of all tests

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # begun in the background of a shell script
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the commands tested can be ended

TESTS = Path(__file__).parent
if str(TESTS) not in sys.path:
    sys.path.insert(0, str(TESTS))  # tests share `fakes` in importlib mode

_REAL_DATA = "the real data beside the project"
_NOT_EVERYWHERE = (_REAL_DATA, "EIDOS_TEST_KUBECONFIG")
"""What CI need not have: a test that skips for want of it says so by these words."""

_LARGE = 50_000
"""Bytes of what is remembered of a shipped pack at least; those that tests write are small."""


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the project, which not every machine has."""
    folder = TESTS.parent.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip(f"{_REAL_DATA} is not on this machine")
    return folder


def pytest_collection_finish() -> None:
    """Have Python look no more for garbage in what lives as long as the tests: all of them."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def _numbers() -> Counter[str]:
    """How many folders there are of a name."""
    return Counter()


@pytest.fixture
def tmp_path(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest, _numbers: Counter[str]
) -> Path:
    """Give a folder as pytest's own does, which reads the names of all others for each new one."""
    name = re.sub(r"\W", "_", request.node.name)[:30]
    folder = tmp_path_factory.getbasetemp() / f"{name}_{_numbers[name]}"
    _numbers[name] += 1
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture(scope="session")
def _packs_read(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The large packs that tests of this process have read, as eidos remembers them."""
    return tmp_path_factory.mktemp("packs")


@pytest.fixture(autouse=True)
def _own_home(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    _numbers: Counter[str],
    _packs_read: Path,
) -> Iterator[None]:
    """Keep tests away from the user's database, cache and configuration.

    Only what is remembered of the shipped packs goes from one to the next: reading them takes a
    second, and an entry's name is the digest of all that it was made of.
    """
    home = tmp_path_factory.getbasetemp() / "homes" / str(_numbers["homes"])
    _numbers["homes"] += 1
    own = home / "xdg_cache_home" / "eidos"
    own.mkdir(parents=True, mode=0o700)
    remembered = own / "packs"
    remembered.mkdir(mode=0o700)
    _link(_packs_read, remembered)
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))
    for name in ("EIDOS_DB", "EIDOS_SEAL_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("EIDOS_ENGINE", "light")  # the same on every machine; OPA is asked for
    yield
    _link(remembered, _packs_read)


def _link(source: Path, target: Path) -> None:
    """Have the large entries of one folder in another, too."""
    with suppress(OSError):  # a test has cleared or closed it, or left somebody who writes there
        for entry in source.glob("*.json"):
            if entry.stat().st_size >= _LARGE and not (target / entry.name).exists():
                os.link(entry, target / entry.name)


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
