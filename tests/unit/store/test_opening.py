"""The one door: which engine, and where."""

from collections.abc import Callable
from pathlib import Path

import pytest

from eidos.engine.errors import ExitCode, StoreError
from eidos.engine.store.opening import default_place, exists, open_store
from fakes.recorded import verdict
from fakes.stores import remember


def test_where_it_is() -> None:
    home = {"HOME": "/home/me"}

    assert default_place(home) == "/home/me/.local/state/eidos/eidos.db"
    assert default_place({**home, "XDG_STATE_HOME": "/state"}) == "/state/eidos/eidos.db"
    assert default_place({**home, "EIDOS_DB": ""}) == default_place(home)
    assert default_place({**home, "EIDOS_DB": "/elsewhere.db"}) == "/elsewhere.db"
    assert default_place({**home, "EIDOS_DB": "postgresql://db"}) == "postgresql://db"


def test_the_environment_is_the_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EIDOS_DB", "/not/this.db")

    assert default_place({"HOME": "/home/me"}).startswith("/home/me")


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_is_a_file(tmp_path: Path, kind: type[str | Path]) -> None:
    where = kind(tmp_path / "e.db")
    assert not exists(where)
    assert list(tmp_path.iterdir()) == []

    with open_store(where) as store:
        remember(store, verdict())
        assert store.place == str(where)

    assert exists(where)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
@pytest.mark.parametrize("kind", [str, Path])
@pytest.mark.parametrize("ask", [open_store, exists])
def test_an_engine_that_is_not_there(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
    kind: type[str | Path],
    ask: Callable[[str | Path], object],
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match="PostgreSQL is not built yet") as caught:
        ask(kind(f"{scheme}://me:secret@db.example/eidos"))

    assert caught.value.exit_code is ExitCode.NO_ANSWER
    assert "secret" not in f"{caught.value} {caught.value.hint}"
    assert list(tmp_path.iterdir()) == []
