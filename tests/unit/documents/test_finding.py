from pathlib import Path

import pytest

from eidos.engine.documents.finding import NothingFoundError, Source, find_each, find_sources
from eidos.engine.errors import DocumentError, ExitCode, UsageError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("b.yaml", "a.yml", "sub/c.json", "sub/notes.txt", ".git/d.yaml", "sub/a.yaml~"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("a: 1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(*arguments: str) -> list[str]:
    return [source.name for source in find_sources(arguments)]


def test_a_folder_gives_its_documents_in_order(folder: Path) -> None:
    assert names(".") == ["a.yml", "b.yaml", "sub/c.json"]
    assert names(str(folder)) == [str(folder / name) for name in ("a.yml", "b.yaml", "sub/c.json")]


@pytest.mark.parametrize("name", ["sub/D.YAML", "d.Yml", "d.JSON", ".d.yaml", ".hidden/d.yaml"])
def test_no_document_of_a_folder_is_left_out_for_its_name(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("a: 2")
    assert sorted(names(".")) == sorted(["a.yml", "b.yaml", "sub/c.json", name])


def test_links_to_folders_are_followed_once(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "d.yaml").write_text("a: 2")
    (elsewhere / "circle").symlink_to(folder)
    (folder / "link").symlink_to(elsewhere)
    (folder / "sub" / "again").symlink_to(elsewhere)
    assert names(".") == ["a.yml", "b.yaml", "link/d.yaml", "sub/c.json"]


def test_a_mounted_configmap_gives_each_document_once(folder: Path) -> None:
    (folder / "map" / "..2026").mkdir(parents=True)
    (folder / "map" / "..2026" / "x.yaml").write_text("a: 2")
    (folder / "map" / "..data").symlink_to("..2026")
    (folder / "map" / "x.yaml").symlink_to("..data/x.yaml")
    assert names("map") == ["map/x.yaml"]


@pytest.mark.usefixtures("folder")
def test_files_are_taken_whatever_their_name() -> None:
    assert names("sub/notes.txt", ".git/d.yaml") == ["sub/notes.txt", ".git/d.yaml"]


@pytest.mark.usefixtures("folder")
def test_globs_are_matched_with_folders_in_between() -> None:
    assert names("**/*.json", "*.y*ml") == ["sub/c.json", "a.yml", "b.yaml"]


@pytest.mark.usefixtures("folder")
def test_a_file_whose_name_looks_like_a_glob_is_that_file() -> None:
    Path("x[1].yaml").write_text("a: 1")
    assert names("x[1].yaml") == ["x[1].yaml"]


@pytest.mark.usefixtures("folder")
def test_each_file_is_given_once() -> None:
    Path("link.yaml").symlink_to("b.yaml")
    assert names("b.yaml", "*.yaml", "./b.yaml", "link.yaml") == ["b.yaml"]


@pytest.mark.usefixtures("folder")
def test_what_is_wrong_with_one_argument_hides_no_other() -> None:
    found = list(find_each(["nope.yaml", "b.yaml", "no*.yaml", "b.yaml", "-", "-"]))
    assert [type(each) for each in found] == [
        DocumentError,
        Source,
        NothingFoundError,
        Source,
        UsageError,
    ]


def test_standard_input_is_a_source_but_only_once() -> None:
    assert list(find_sources(["-"])) == [Source("<stdin>", None)]
    with pytest.raises(UsageError, match="only once"):
        names("-", "-")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("argument", ["nope.yaml", "", "b.yaml/x", "a\0b"])
def test_what_is_not_there_is_told(argument: str) -> None:
    with pytest.raises(DocumentError) as caught:
        names(argument)
    assert caught.value.hint
    assert caught.value.exit_code is ExitCode.NO_ANSWER


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("argument", ["no*.yaml", ".git/empty"])
def test_nothing_found_is_no_pass(argument: str) -> None:
    Path(".git/empty").mkdir()
    with pytest.raises(NothingFoundError) as caught:
        names(argument)
    assert caught.value.exit_code is ExitCode.INCOMPLETE
