"""The key of the seals: where it comes from, and when it is not trusted."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from eidos.engine.app.context import Context, Opening
from eidos.engine.app.seal_key import find_key, key_file, make_key
from eidos.engine.errors import ConfigError, EidosError
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.store.sealing import SealedMemo


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}


def test_it_is_made_once_for_the_user_alone(environ: dict[str, str]) -> None:
    assert find_key(environ) is None
    made = make_key(environ)

    path = key_file(environ)
    assert path == Path(environ["HOME"], ".config", "eidos", "seal.key")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
    assert len(bytes.fromhex(path.read_text())) == 32
    assert find_key(environ) == make_key(environ) == made


def test_no_two_are_alike(tmp_path: Path) -> None:
    homes = [{"HOME": str(tmp_path / name)} for name in "ab"]
    assert make_key(homes[0]) != make_key(homes[1])


def test_of_many_who_make_it_at_once_one_does(environ: dict[str, str]) -> None:
    code = (
        "import os; from eidos.engine.app.seal_key import make_key; "
        "print(make_key(os.environ).decode())"
    )
    makers = [
        subprocess.Popen([sys.executable, "-c", code], env=environ, stdout=subprocess.PIPE)
        for _ in range(6)
    ]
    assert len({maker.communicate()[0] for maker in makers}) == 1
    assert list(key_file(environ).parent.iterdir()) == [key_file(environ)]


def test_the_environment_goes_before_the_file(environ: dict[str, str]) -> None:
    made = make_key(environ)

    assert find_key({**environ, "EIDOS_SEAL_KEY": "x" * 32 + "\n"}) == b"x" * 32
    assert find_key({**environ, "EIDOS_SEAL_KEY": made.decode()}) == made
    assert find_key({**environ, "EIDOS_SEAL_KEY": ""}) == made  # a secret that a fork does not get


@pytest.mark.parametrize("text", ["x", "x" * 31, " " * 40 + "x", "x" * 5000])
def test_what_is_no_key_is_refused(environ: dict[str, str], text: str) -> None:
    with pytest.raises(ConfigError, match="EIDOS_SEAL_KEY holds no key") as caught:
        find_key({**environ, "EIDOS_SEAL_KEY": text})
    assert text not in str(caught.value) or len(text) == 1
    assert "openssl rand" in str(caught.value.hint)

    made_by_hand(environ, text)
    with pytest.raises(ConfigError, match=r"seal\.key holds no key"):
        find_key(environ)


def made_by_hand(environ: dict[str, str], text: str = "x" * 64, mode: int = 0o600) -> Path:
    path = key_file(environ)
    path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620, 0o602, 0o604, 0o666])
def test_one_that_others_may_read_or_write_is_refused(environ: dict[str, str], mode: int) -> None:
    made_by_hand(environ, mode=mode)

    with pytest.raises(ConfigError, match=f"open to others .mode {mode:04o}") as caught:
        make_key(environ)
    assert "Remove it" in str(caught.value.hint)


def test_a_link_is_refused(environ: dict[str, str], tmp_path: Path) -> None:
    path = made_by_hand(environ)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(ConfigError, match=r"seal.key, cannot be read as a file of yours"):
        find_key(environ)


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_refused(environ: dict[str, str], make: object) -> None:
    path = key_file(environ)
    path.parent.mkdir(parents=True)
    assert callable(make)
    make(path, 0o600)

    with pytest.raises(ConfigError, match="is not a file"):
        find_key(environ)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_one_that_another_user_put_there_is_refused(environ: dict[str, str]) -> None:
    os.chown(made_by_hand(environ), 12345, 12345)

    with pytest.raises(ConfigError, match="belongs to another user"):
        find_key(environ)


def test_one_in_a_folder_where_everybody_may_write_is_refused(environ: dict[str, str]) -> None:
    made_by_hand(environ).parent.chmod(0o777)

    with pytest.raises(ConfigError, match="can be replaced by others") as caught:
        find_key(environ)
    assert str(key_file(environ).parent) in str(caught.value)


# What it is for ---------------------------------------------------------------------------------


def test_where_no_key_can_be_kept_nothing_is_remembered_and_that_is_said_once(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").touch()
    said: list[str] = []
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "file")}
    opening = Opening(db=tmp_path / "e.db", record=True)

    with Context(opening, environ, say=said.append) as context:
        memos = [context.memo, context.memo]

    assert all(isinstance(memo, NoMemo) for memo in memos)
    [note] = said
    assert note.startswith("note: verdicts are not reused")
    assert "EIDOS_SEAL_KEY" in note


def test_where_nothing_is_recorded_no_key_is_made(environ: dict[str, str]) -> None:
    with Context(Opening(), environ) as context:
        assert isinstance(context.memo, NoMemo)
        assert context.seal is None
    assert not key_file(environ).exists()


def test_where_runs_are_recorded_verdicts_are_sealed(
    environ: dict[str, str], tmp_path: Path
) -> None:
    with Context(Opening(db=tmp_path / "e.db", record=True), environ) as context:
        assert isinstance(context.memo, SealedMemo)
        assert context.seal is not None


def test_a_key_that_cannot_be_trusted_ends_the_run(environ: dict[str, str], tmp_path: Path) -> None:
    made_by_hand(environ, mode=0o644)
    opening = Opening(db=tmp_path / "e.db", record=True)
    with Context(opening, environ) as context, pytest.raises(EidosError) as caught:
        _ = context.memo
    assert caught.value.exit_code == 2
