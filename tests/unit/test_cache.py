"""What is kept, for how long, and what damage costs."""

import stat
import time
from pathlib import Path
from threading import Thread

import pytest

from eidos.engine.cache import Cache, DamagedError


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def entry(folder: Path) -> Path:
    return next(folder.glob("*.entry"))


def test_an_entry_lives_as_long_as_asked(tmp_path: Path, clock: Clock) -> None:
    cache = Cache(tmp_path / "c", clock)
    cache.put("k", b"v")

    for reader in (cache, Cache(tmp_path / "c", clock)):
        clock.now = 1299.9
        found = reader.get("k", 300)
        assert found is not None
        assert (found.content, found.created) == (b"v", 1000.0)
        clock.now = 1300.0
        assert reader.get("k", 300) is None
        assert reader.get("other", 300) is None


def test_an_entry_from_the_future_is_not_believed(tmp_path: Path, clock: Clock) -> None:
    Cache(tmp_path, clock).put("k", b"v")
    clock.now = 10.0

    assert Cache(tmp_path, clock).get("k", 300) is None


def test_an_entry_in_a_folder_that_others_may_write_to_is_not_believed(tmp_path: Path) -> None:
    Cache(tmp_path / "c", time.time).put("k", b"v")
    (tmp_path / "c").chmod(0o777)

    with pytest.raises(DamagedError, match="others may write"):
        Cache(tmp_path / "c", time.time).get("k", 300)


@pytest.mark.parametrize("mode", [0o644, 0o600])
def test_an_entry_as_a_checkout_makes_it_is_not_believed(tmp_path: Path, mode: int) -> None:
    """Where the cache lies in one; with a umask of 077 nobody else may read that."""
    Cache(tmp_path / "c", time.time).put("k", b"v")
    [entry] = (tmp_path / "c").iterdir()
    entry.chmod(mode)

    with pytest.raises(DamagedError, match="not as eidos writes it"):
        Cache(tmp_path / "c", time.time).get("k", 300)


def test_only_the_owner_can_read(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c", time.time)
    cache.put("k", b"v")
    with cache.lock("k", 1.0):
        pass

    assert stat.S_IMODE((tmp_path / "c").stat().st_mode) == 0o700
    modes = {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "c").iterdir()}
    assert modes == {".entry": 0o400, ".lock": 0o600}


@pytest.mark.parametrize("cut", [0, 1, 10, 60, 100])
def test_a_damaged_entry_is_said_to_be(tmp_path: Path, cut: int) -> None:
    Cache(tmp_path, time.time).put("k", b"v" * 50)
    path = entry(tmp_path)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:cut])
    path.chmod(0o400)

    with pytest.raises(DamagedError):
        Cache(tmp_path, time.time).get("k", 300)


def test_a_folder_that_cannot_be_written_still_keeps_in_memory(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("not a folder")
    cache = Cache(tmp_path / "c" / "d", time.time)

    with pytest.raises(OSError, match="Not a directory"):
        cache.put("k", b"v")
    with cache.lock("k", 1.0):
        assert cache.get("k", 300) is not None


def test_info_and_clear(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c", time.time)
    assert cache.info().entries == 0
    cache.put("a", b"1")
    cache.put("b", b"2")

    assert cache.info().entries == 2
    assert cache.info().bytes > 0
    assert cache.clear() == 2
    assert cache.get("a", 300) is None


def test_many_at_once_collect_once(tmp_path: Path) -> None:
    collected: list[str] = []

    def collect_once() -> None:
        cache = Cache(tmp_path / "c", time.time)
        with cache.lock("k", 30.0):
            if cache.get("k", 300) is None:
                collected.append("once")
                cache.put("k", b"v")

    threads = [Thread(target=collect_once) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert collected == ["once"]


def test_a_lock_that_is_held_too_long_is_not_waited_for(tmp_path: Path) -> None:
    with Cache(tmp_path, time.time).lock("k", 1.0), Cache(tmp_path, time.time).lock("k", 0.0):
        pass
