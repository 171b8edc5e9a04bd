"""Catalogs that are not what they should be: refused whole, with file and line."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.unit.selecting.conftest import REASON, component, obj, overlay, setting, write

from eidos.engine.errors import DocumentError, Problem, UsageError
from eidos.engine.selecting import reading
from eidos.engine.selecting.reading import read_catalog

Refused = Callable[..., list[Problem]]


@pytest.fixture
def refused(tmp_path: Path) -> Refused:
    """Read a catalog that is refused; give everything that is said of it."""

    def read(*objects: Mapping[str, object]) -> list[Problem]:
        with pytest.raises(DocumentError) as error:
            read_catalog([write(tmp_path / "recipes", *objects)])
        return [error.value.problem, *error.value.others]

    return read


def said(problems: list[Problem]) -> list[tuple[str, bool]]:
    """Give each sentence, and whether it has a file and a line."""
    return [
        (each.message, bool(each.location and each.location.file and each.location.line))
        for each in problems
    ]


CONSTRAINT = {"fact": "K8s.server.version", "is": ">= 1.32", **REASON}
WRONG = [
    (overlay("a", base="nowhere"), "the base 'nowhere' of a does not exist"),
    (overlay("a", criteria={"service": "ibm"}), "there is no value of service 'ibm'"),
    (overlay("a", criteria={"colour": "red"}), "there is no dimension 'colour'"),
    (overlay("a", components={"nope": {}}), "there is no component 'nope'"),
    (overlay("a", profiles=["nope"]), "there is no profile 'nope'"),
    (obj("Platform", "a", service="ibm"), "there is no value of service 'ibm'"),
    (overlay("a", tuning=["nope"]), "there is no tuning profile 'nope'"),
    (overlay("a", constraints=[{**CONSTRAINT, "is": "~> 1.3"}]), "the constraint cannot be read"),
    (overlay("a", constraints=[{**CONSTRAINT, "is": ">= 1.3 < 1.4"}]), "cannot be read"),
    (overlay("a", constraints=[{**CONSTRAINT, "fact": "K8s"}]), "K8s"),
    (overlay("a", criteria={"service": {"x": 1}}), "none of the forms that may stand here"),
    (overlay("a", constraints="all"), "'constraints' must be a list"),
    (overlay("a", colour="red"), "colour"),
    (component("a", dependsOn=[{"component": "nope", **REASON}]), "there is no component 'nope'"),
    (component("a", kubernetes={"is": "new", "of": 1, **REASON}), "of"),
    (obj("TuningProfile", "a", base=["a"]), "the tuning profile a is its own base"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_what_is_wrong_is_told_with_file_and_line(
    wrong: Mapping[str, object], message: str, refused: Refused
) -> None:
    found = said(refused(wrong))
    assert any(message in text for text, _ in found), found
    assert all(placed for _, placed in found)


def test_a_circle_of_bases(refused: Refused) -> None:
    found = refused(overlay("a", base="b"), overlay("b", base="c"), overlay("c", base="a"))
    assert "the overlay is its own base: a → b → c → a" in [each.message for each in found]


def test_a_child_that_contradicts_its_base(refused: Refused) -> None:
    base = overlay("eks", criteria={"service": "eks"})
    [found] = refused(base, overlay("child", base="eks", criteria={"service": "gke"}))
    assert found.message == "child is for service gke, and its base eks is not"


def test_everything_wrong_is_told_together(refused: Refused) -> None:
    found = refused(*(each for each, _ in WRONG[:1]), overlay("b", base="nowhere"))
    assert len(found) == 2


def test_a_name_of_a_site_that_is_taken(tmp_path: Path) -> None:
    ours = write(tmp_path / "ours", overlay("eks", criteria={"service": "eks"}))
    theirs = write(tmp_path / "theirs", overlay("eks", criteria={"service": "eks"}))
    with pytest.raises(DocumentError, match="there are two overlays of the name eks") as error:
        read_catalog([ours, theirs])
    assert str(theirs) in str(error.value.problem.location)


def test_a_file_is_called_as_what_it_holds(tmp_path: Path) -> None:
    folder = write(tmp_path / "recipes", overlay("eks"))
    (folder / "overlays/eks.yaml").rename(folder / "overlays/gke.yaml")
    with pytest.raises(DocumentError, match=r"is called eks, and its file gke\.yaml"):
        read_catalog([folder])


def test_two_documents_in_one_file(tmp_path: Path) -> None:
    folder = write(tmp_path / "recipes", overlay("eks"))
    file = folder / "overlays/eks.yaml"
    file.write_text(file.read_text() + "---\n" + file.read_text())
    with pytest.raises(DocumentError, match="holds 2 documents instead of one"):
        read_catalog([folder])


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "A", "-", "x" * 101])
def test_a_name_is_no_path(name: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "recipes", overlay("good"))
    text = (folder / "overlays/good.yaml").read_text().replace("good", name)
    (folder / "overlays/good.yaml").write_text(text)
    with pytest.raises(DocumentError):
        read_catalog([folder])


def test_a_link_that_leads_out(tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("token: hidden\n")
    folder = write(tmp_path / "recipes", overlay("eks"))
    (folder / "overlays/linked.yaml").symlink_to(secret)
    with pytest.raises(DocumentError, match="a link that points outside its folder") as error:
        read_catalog([folder])
    assert "hidden" not in str(error.value)


def test_a_template_is_refused_where_it_is_not_announced(tmp_path: Path, refused: Refused) -> None:
    using = {"gpu-operator": {"settings": [setting({"a": "{{ .Values.secret }}"})]}}
    [found] = refused(component("gpu-operator"), overlay("eks", components=using))
    assert "holds a template" in found.message
    announced = {
        "gpu-operator": {"settings": [setting({"a": "{{ $labels.node }}"}, templates=True)]}
    }
    objects = (component("gpu-operator"), overlay("eks", components=announced))
    read_catalog([write(tmp_path / "good", *objects)])


@pytest.mark.parametrize(
    "name",
    [
        "overlays/own/b.yaml",
        "overlays/b.d/c.json",
        "overlay/b.yaml",
        "Overlays/b.yaml",
        "source.yaml",
    ],
)
def test_a_file_that_nobody_would_read_is_refused(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "recipes", overlay("a"))
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("{}\n")
    with pytest.raises(UsageError, match="would be read by nobody"):
        read_catalog([folder])


@pytest.mark.parametrize("name", ["a.YAML", "a.yml", "a.json"])
def test_every_ending_of_a_document_is_read(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "recipes", overlay("a"))
    text = json.dumps(overlay("a"))
    (folder / "overlays/a.yaml").unlink()
    (folder / "overlays" / name).write_text(text)
    assert [*read_catalog([folder]).overlays] == ["a"]


def test_too_many_files_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "FILES_AT_MOST", 2)
    folder = write(tmp_path / "recipes", overlay("a"), overlay("b"))
    with pytest.raises(UsageError, match="holds 3 files, and at most 2 are read"):
        read_catalog([folder])


def test_yaml_that_explodes_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "recipes", overlay("eks"))
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{chr(98 + at)}: &{chr(98 + at)} [{', '.join([f'*{chr(97 + at)}'] * 9)}]\n"
        for at in range(9)
    )
    (folder / "overlays/bomb.yaml").write_text(bomb)
    with pytest.raises(DocumentError, match="alias"):
        read_catalog([folder])
