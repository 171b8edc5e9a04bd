"""Which OPA is found, and why others are not taken."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from eidos.engine.errors import EidosError
from eidos.engine.rego import finding
from eidos.engine.rego.finding import OpaBinary, candidates, find_opa, installed_path, need_opa
from fakes.opa_server import opa_binary

Make = Callable[..., Path]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder as homes are, whatever the umask."""
    tmp_path.chmod(0o755)
    return tmp_path


@pytest.fixture
def environ(here: Path) -> dict[str, str]:
    return {"HOME": str(here / "home"), "PATH": str(here / "bin")}


@pytest.fixture
def make(here: Path) -> Make:
    """Give a maker of programs that answer as OPA does."""

    def made(place: str = "bin/opa", says: str = "Version: 1.23.0", then: str = "exit 0") -> Path:
        path = here / place
        path.parent.mkdir(parents=True, exist_ok=True)
        for folder in path.relative_to(here).parents[:-1]:
            (here / folder).chmod(0o755)
        path.write_text(f"#!/bin/sh\n[ \"$1\" = version ] || exit 9\necho '{says}'\n{then}\n")
        path.chmod(0o755)
        return path

    return made


def trouble(environ: dict[str, str], option: Path | None = None) -> str:
    (only,) = candidates(environ, option)
    assert only.trouble is not None
    return only.trouble


def test_without_any_there_is_none(environ: dict[str, str]) -> None:
    assert find_opa(environ) is None
    with pytest.raises(EidosError, match="there is no usable OPA") as caught:
        need_opa(environ)
    assert "eidos engine install" in str(caught.value.hint)


def test_the_order_is_option_variable_configuration_path_installed(
    environ: dict[str, str], make: Make
) -> None:
    own = installed_path(environ)
    make(str(own.relative_to(Path(environ["PATH"]).parent)), "Version: 1.22.3")
    assert find_opa(environ) == OpaBinary(own, "1.22.3", "eidos engine install")
    on_path = make()
    assert find_opa(environ) == OpaBinary(on_path, "1.23.0", "PATH")
    configured = make("c/opa")
    assert find_opa(environ, None, configured) == OpaBinary(configured, "1.23.0", "configuration")
    environ["EIDOS_OPA"] = str(make("e/opa"))
    assert find_opa(environ, None, configured) == OpaBinary(
        Path(environ["EIDOS_OPA"]), "1.23.0", "EIDOS_OPA"
    )
    option = make("o/opa")
    assert find_opa(environ, option) == OpaBinary(option, "1.23.0", "--opa-binary")


def test_an_old_one_on_path_leaves_the_place_to_the_next(
    environ: dict[str, str], make: Make
) -> None:
    old = make("old/opa", "Version: 1.22.2")
    new = make()
    environ["PATH"] = f"{old.parent}:{new.parent}"
    assert [each.version for each in candidates(environ)] == ["1.22.2", "1.23.0"]
    assert need_opa(environ).path == new


def test_one_that_is_named_and_cannot_judge_is_an_error_and_no_other_is_taken(
    environ: dict[str, str], make: Make
) -> None:
    make()
    environ["EIDOS_OPA"] = str(make("old/opa", "Version: 0.70.0"))
    with pytest.raises(EidosError, match=r"EIDOS_OPA, is OPA 0\.70\.0, and 1\.22\.3 is needed"):
        find_opa(environ)
    environ["EIDOS_OPA"] = "/none/opa"
    with pytest.raises(EidosError, match="cannot be run: No such file"):
        find_opa(environ)


@pytest.mark.parametrize(
    ("says", "taken"),
    [
        ("Version: 1.22.3", True),
        ("Version: 1.22.3-rc1", False),
        ("Version: 1.22.4-dev", True),
        ("Version: 1.100.0", True),
        ("Version: 1.9.9", False),
        ("Version: 2.0.0", True),
        ("Version: 1.22", False),
        ("OPA 1.23.0", False),
    ],
)
def test_versions_are_numbers(
    environ: dict[str, str], make: Make, says: str, *, taken: bool
) -> None:
    make(says=says)
    assert (find_opa(environ) is not None) is taken


def test_what_is_no_opa_is_said(
    environ: dict[str, str], make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(says="hello")
    assert "is not OPA" in trouble(environ)
    make(then="exit 3")
    assert "ended with 3" in trouble(environ)
    make(then="yes")
    assert "says too much" in trouble(environ)
    make().write_bytes(b"\x7fELF no program")
    assert "cannot be run" in trouble(environ)
    monkeypatch.setattr(finding, "_PATIENCE", 0.2)
    make(then="sleep 1000 & wait")
    assert "did not answer" in trouble(environ)


def test_it_is_asked_with_an_empty_environment(
    environ: dict[str, str], make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPA_SECRET", "1")
    make(then='[ -z "$OPA_SECRET$HOME" ]')
    assert find_opa(environ) is not None


def test_a_relative_path_is_only_taken_from_the_option(
    environ: dict[str, str], make: Make, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make()
    monkeypatch.chdir(here / "bin")
    assert find_opa({**environ, "PATH": f".::bin:{here / 'none'}"}) is None
    with pytest.raises(EidosError, match="relative path"):
        find_opa({**environ, "EIDOS_OPA": "opa"})
    with pytest.raises(EidosError, match="relative path"):
        find_opa(environ, None, Path("opa"))
    found = find_opa(environ, Path("opa"))
    assert found == OpaBinary(here / "bin/opa", "1.23.0", "--opa-binary")


def test_where_everybody_may_write_nothing_is_run(
    environ: dict[str, str], make: Make, here: Path
) -> None:
    ran = here / "ran"
    opa = make(then=f"touch {ran}")
    opa.parent.chmod(0o777)
    assert f"everybody may replace {opa}" not in trouble(environ)
    assert f"everybody may replace {opa.parent}" in trouble(environ)
    opa.parent.chmod(0o1777)  # as /tmp: ours may lie there
    opa.chmod(0o757)
    assert f"everybody may replace {opa}" in trouble(environ)
    opa.chmod(0o755)
    link = here / "links" / "opa"
    link.parent.mkdir(mode=0o755)
    link.symlink_to(opa)
    here.chmod(0o777)
    assert "everybody may replace" in trouble({**environ, "PATH": str(link.parent)})
    assert not ran.exists()
    here.chmod(0o755)
    found = find_opa({**environ, "PATH": str(link.parent)})
    assert found == OpaBinary(opa, "1.23.0", "PATH")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_strangers_file_in_a_shared_folder_is_not_taken(
    environ: dict[str, str], make: Make
) -> None:
    opa = make()
    opa.parent.chmod(0o1777)
    os.chown(opa, 12345, 12345)
    assert "everybody may replace" in trouble(environ)


def test_our_own_folder_must_be_ours_alone(environ: dict[str, str], make: Make) -> None:
    own = installed_path(environ)
    make(str(own.relative_to(Path(environ["PATH"]).parent)))
    own.parent.chmod(0o775)
    assert "others may write" in trouble(environ)


def test_no_executable_is_not_taken(environ: dict[str, str], make: Make) -> None:
    opa = make()
    opa.chmod(0o644)
    assert list(candidates(environ)) == []
    assert "is no executable file" in trouble(environ, opa)
    assert "is no executable file" in trouble(environ, opa.parent)


def test_the_version_is_asked_once_for_each_state_of_the_file(
    environ: dict[str, str], make: Make, here: Path
) -> None:
    asked = here / "asked"
    opa = make(then=f"echo x >> {asked}")
    assert [found.version for _ in range(3) if (found := find_opa(environ))] == ["1.23.0"] * 3
    assert asked.read_text() == "x\n"
    opa.write_text(opa.read_text().replace("1.23.0", "1.24.0"))
    found = find_opa(environ)
    assert found is not None
    assert found.version == "1.24.0"
    (here / "home/.cache/eidos/opa").chmod(0o777)
    find_opa(environ)
    assert asked.read_text() == "x\nx\nx\n"


@pytest.mark.real
def test_the_real_one_is_found(environ: dict[str, str]) -> None:
    assert need_opa(environ, opa_binary()).version >= "1.22.3"
