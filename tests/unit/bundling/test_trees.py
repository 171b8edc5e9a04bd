"""A bundle is a closed world: what is changed, added or missing is named."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from eidos.engine.bundling.trees import (
    Listed,
    digest_of,
    publish,
    sealed,
    staged,
    verify_tree,
    write_manifest,
    write_tree,
)
from eidos.engine.errors import BundleError
from eidos.engine.model.bundle import File
from fakes.permissions import binding

FILES = [
    File("README.md", b"# hello\n"),
    File("010-a/values.yaml", b"a: 1\n"),
    File("install.sh", b"#!/bin/sh\n", is_executable=True),
]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    place = tmp_path / "bundle"
    with staged(place) as staging:
        write_tree(staging, sealed(FILES))
        publish(staging, place)
    assert list(tmp_path.iterdir()) == [place]
    return place


def test_whole(bundle: Path) -> None:
    found = verify_tree(bundle)
    assert found.is_whole
    assert found.digest == digest_of(sealed(FILES))
    done = subprocess.run(["sha256sum", "-c", "--quiet", "checksums.txt"], cwd=bundle, check=False)
    assert done.returncode == 0


def test_order_of_files_does_not_matter() -> None:
    assert sealed(FILES) == sealed(reversed(FILES))


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (lambda b: (b / "README.md").write_text("# hellO\n"), "README.md is altered"),
        (lambda b: (b / "README.md").write_text("# hello"), "README.md is altered: it has 7 bytes"),
        (lambda b: (b / "010-a/values.yaml").unlink(), "010-a/values.yaml is missing"),
        (lambda b: (b / "more").write_text(""), "more is not part of the bundle"),
        (lambda b: (b / "empty").mkdir(), "empty is not part of the bundle"),
        (lambda b: (b / "link").symlink_to("/etc"), "link is not part of the bundle"),
        (lambda b: (b / "install.sh").chmod(0o644), "install.sh is altered: it cannot be executed"),
        (lambda b: (b / "checksums.txt").write_text(""), "checksums.txt does not say"),
        (lambda b: (b / "checksums.txt").unlink(), "checksums.txt cannot be read"),
        (lambda b: (b / "manifest.json").unlink(), "the manifest cannot be read"),
        (lambda b: (b / "manifest.json").write_text("{}"), "the manifest cannot be read"),
        (
            lambda b: (b / "manifest.json").write_text(
                '{"apiVersion": "eidos.dev/v1", "kind": "BundleManifest", "files": '
                f'{{"../x": {{"size": 0, "digest": "sha256:{"0" * 64}"}}}}}}'
            ),
            "the manifest cannot be read: no file of a bundle can be called '../x'",
        ),
    ],
    ids=[
        "one byte",
        "cut short",
        "missing",
        "added",
        "empty folder",
        "link",
        "not executable",
        "no sums",
        "sums missing",
        "no manifest",
        "empty manifest",
        "manifest leads out",
    ],
)
def test_what_was_altered_is_named(bundle: Path, alter: object, said: str) -> None:
    alter(bundle)  # type: ignore[operator]
    found = verify_tree(bundle)
    assert not found.is_whole
    assert any(problem.message.startswith(said) for problem in found.problems), found.problems


MANIFESTS: dict[str, Callable[[str], str]] = {
    "a size that is text": lambda text: text.replace('"size": 8', '"size": "8"'),
    "a size that is no whole number": lambda text: text.replace('"size": 8', '"size": 8.0'),
    "a size below nothing": lambda text: text.replace('"size": 8', '"size": -8'),
    "no digest": lambda text: text.replace('"digest": "sha256:', '"digest": "sha512:'),
    "text for true": lambda text: text.replace('"executable": true', '"executable": "true"'),
    "false, which is never written": lambda text: text.replace(
        '"executable": true', '"executable": false'
    ),
    "one path twice": lambda text: text.replace('"README.md":', '"README.md": {}, "README.md":'),
    "its files twice": lambda text: text.replace('"files":', '"files": {}, "files":'),
    "an unknown key": lambda text: text.replace('"kind":', '"more": 1, "kind":'),
    "another order": lambda text: json.dumps(dict(reversed(json.loads(text).items())), indent=2),
    "another layout": lambda text: json.dumps(json.loads(text)),
    "something behind it": lambda text: f"{text} ",
    "no end of depth": lambda _: '{"files": ' * 100_000,
}


@pytest.mark.parametrize("change", MANIFESTS.values(), ids=MANIFESTS)
def test_a_manifest_that_two_readers_could_read_as_two_is_none(
    bundle: Path, change: Callable[[str], str]
) -> None:
    text = (bundle / "manifest.json").read_text()
    changed = change(text)
    assert changed != text
    (bundle / "manifest.json").write_text(changed)
    found = verify_tree(bundle)
    assert found.digest is None
    [problem] = found.problems
    assert problem.message.startswith("the manifest cannot be read: it is ")


@pytest.mark.parametrize("names", [("a.txt", "A.txt"), ("\xe9", "e\u0301"), ("a/x", "A/y")])
def test_a_manifest_of_names_that_are_one_elsewhere_is_none(
    bundle: Path, names: tuple[str, str]
) -> None:
    (bundle / "manifest.json").write_bytes(
        write_manifest({name: Listed(0, f"sha256:{'0' * 64}") for name in names})
    )
    [problem] = verify_tree(bundle).problems
    assert "two files are called" in problem.message
    with pytest.raises(BundleError, match="two files"):
        sealed([File(name, b"") for name in names])


@pytest.mark.parametrize("name", ["checksums.txt", "manifest.json", "README.md"])
@pytest.mark.parametrize("kind", ["a pipe", "a link to itself", "a link to the same", "a folder"])
def test_what_is_no_regular_file_is_never_read(
    bundle: Path, tmp_path: Path, name: str, kind: str
) -> None:
    (tmp_path / "copy").write_bytes((bundle / name).read_bytes())
    (bundle / name).unlink()
    if kind == "a pipe":
        os.mkfifo(bundle / name)  # whoever opens it without care waits for ever
    elif kind == "a folder":
        (bundle / name).mkdir()
        (bundle / name / "file").touch()
    else:
        (bundle / name).symlink_to(name if kind == "a link to itself" else tmp_path / "copy")
    assert not verify_tree(bundle).is_whole


def test_a_folder_that_cannot_be_listed_may_hold_anything(bundle: Path) -> None:
    (bundle / "010-a").chmod(0o311)
    with binding(), pytest.raises(BundleError, match="cannot be looked through"):
        verify_tree(bundle)


def test_a_file_that_became_a_link_is_named(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").write_bytes((bundle / "README.md").read_bytes())
    (bundle / "README.md").unlink()
    (bundle / "README.md").symlink_to(tmp_path / "copy")
    assert "README.md is not a regular file" in [p.message for p in verify_tree(bundle).problems]


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with staged(tmp_path / "bundle") as staging:
            write_tree(staging, sealed(FILES))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_taken_is_refused(tmp_path: Path, bundle: Path) -> None:
    with pytest.raises(BundleError, match="there is something at"), staged(bundle):
        pass
    assert verify_tree(bundle).is_whole
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(BundleError, match="there is something at"), staged(link):
        pass


@pytest.mark.parametrize(
    "path",
    [
        "/etc/x",
        "../x",
        "a/../b",
        "a//b",
        "",
        "a\\b",
        "a\nb",
        "./a",
        "manifest.json",
        "CHECKSUMS.txt",
    ],
)
def test_paths_that_lead_elsewhere(path: str) -> None:
    with pytest.raises(BundleError):
        sealed([File(path, b"")])


def test_names_that_some_file_systems_take_for_one() -> None:
    with pytest.raises(BundleError, match="two files"):
        sealed([File("a", b""), File("A", b"")])
