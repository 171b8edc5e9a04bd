"""What is read of a folder of policy: everything that judges, or nothing."""

import os
from pathlib import Path

import pytest

from eidos.engine.errors import PolicyError
from eidos.engine.packs.files import folder_contents
from fakes.permissions import binding


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.rego", "deep/b.rego", "deep/c.yaml", ".git/d.rego", "notes.txt"):
        path = tmp_path / "policy" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("package a\n")
    return tmp_path / "policy"


def test_rules_and_data_of_every_folder_are_read(folder: Path) -> None:
    assert sorted(folder_contents(folder)) == ["a.rego", "deep/b.rego", "deep/c.yaml"]


def test_links_to_folders_are_followed_once(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "e.rego").write_text("package e\n")
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    (folder / "circle").symlink_to(folder)
    found = folder_contents(folder)
    assert sorted(found) == ["a.rego", "deep/b.rego", "deep/c.yaml", "link/e.rego"]


@pytest.mark.parametrize("name", ["x.rego", "deep/x.yaml", "x.json"])
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_a_rule_that_cannot_be_read_is_not_passed_over(folder: Path, name: str, kind: str) -> None:
    if kind == "link":
        (folder / name).symlink_to("nowhere")
    else:
        os.mkfifo(folder / name)
    with pytest.raises(PolicyError, match="called as a policy file") as caught:
        folder_contents(folder)
    assert str(caught.value.location) == str(folder / name)


def test_a_folder_that_cannot_be_listed_is_not_passed_over(folder: Path) -> None:
    (folder / "deep").chmod(0o311)
    with binding(), pytest.raises(PolicyError, match="cannot be read"):
        folder_contents(folder)
