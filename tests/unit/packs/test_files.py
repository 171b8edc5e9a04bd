"""What is read of a folder of policy: everything that judges, or nothing."""

import os
from pathlib import Path

import pytest

from eidos.engine.errors import PolicyError
from eidos.engine.packs.files import folder_contents, policy_files, read_files
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


def test_hidden_rego_counts_as_it_does_for_opa(folder: Path) -> None:
    """Hidden YAML is that of tools; a volume of Kubernetes has each of its files twice."""
    names = (
        ".x.rego",
        ".sub/y.rego",
        ".sub/y.yaml",
        ".tool.yaml",
        "..data/a.rego",
        "..2026/a.rego",
    )
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("package x\n")
    found = folder_contents(folder)
    assert sorted(found) == [".sub/y.rego", ".x.rego", "a.rego", "deep/b.rego", "deep/c.yaml"]


def test_hidden_yaml_of_gatekeeper_counts_as_it_does_for_gator(folder: Path) -> None:
    hidden = (".t.yaml", ".sub/c.yml")
    (folder / ".sub").mkdir()
    for name in hidden:
        (folder / name).write_text("apiVersion: templates.gatekeeper.sh/v1\n")
    (folder / ".tool.yaml").write_text("apiVersion: v1\n")
    (folder / ".#t.yaml").symlink_to("nothing")
    found = folder_contents(folder)
    assert sorted(found) == sorted(["a.rego", "deep/b.rego", "deep/c.yaml", *hidden])
    assert set(policy_files({**found, ".tool.yaml": b""}).data) == {"deep/c.yaml", *hidden}


def test_virtual_environments_are_not_looked_into(folder: Path) -> None:
    for name in (".venv/pyvenv.cfg", ".venv/lib/eidos/x.rego", "venv/pyvenv.cfg", "venv/y.rego"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("package x\n")
    assert sorted(folder_contents(folder)) == ["a.rego", "deep/b.rego", "deep/c.yaml"]


def test_a_folder_and_what_was_read_of_it_are_the_same_policy(folder: Path) -> None:
    """Archives and signed folders are read whole, and must mean what the folder means."""
    names = (
        ".x.rego",
        ".sub/y.rego",
        ".tool.yaml",
        "..data/a.rego",
        "venv/pyvenv.cfg",
        "venv/y.rego",
    )
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("package x\n")
    files = (path for path in folder.rglob("*") if path.is_file())
    whole = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    assert policy_files(whole) == read_files(folder)
    assert len(read_files(folder).modules) == 4


def test_what_has_two_names_is_given_by_the_one_that_is_seen(folder: Path) -> None:
    (folder / ".link").symlink_to("deep")
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
