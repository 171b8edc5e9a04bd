"""Plain (conftest) policies, as a user asks them; tests against conftest are in test_conftest."""

from pathlib import Path

import pytest

from eidos.engine.cli import console, root

RULES = 'package main\n\nimport rego.v1\n\ndeny contains "pod" if input.kind == "Pod"\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy").mkdir()
    write(tmp_path, {"policy/a.rego": RULES})
    return tmp_path


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def check(*arguments: str) -> int:
    return console.run(root, ["check", "--no-record", "-p", "policy", *arguments])


@pytest.mark.parametrize("empty", ["# off\n", "", "---\n", "# a\n---\n# b\n"])
def test_an_empty_file_is_named_and_the_rest_is_judged(
    here: Path, empty: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(here, {"m/off.yaml": empty, "m/on.yaml": "kind: Pod\n"})
    assert check("m") == 2
    out = capsys.readouterr().out
    assert "m/off.yaml" in out
    assert "m/on.yaml:1: pod" in out


@pytest.mark.parametrize(
    "text", ["words\n", "3\n", "true\n", "null\n", "FROM debian:12\nRUN true\n"]
)
def test_a_bare_value_is_no_document(
    here: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(here, {"notes.txt": text})
    assert check("notes.txt") == 2
    assert "neither a map nor a list" in capsys.readouterr().out


def test_a_look_at_the_text_says_which_parser_to_name(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(here, {"image": "FROM debian:12\nRUN true\n"})
    check("image")
    assert "--parser dockerfile" in capsys.readouterr().out
    assert check("--parser", "dockerfile", "image") == 0


def test_an_element_of_a_list_is_found_on_its_line(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(here, {"l.yaml": "- kind: Job\n- kind: Job\n- kind: Pod\n"})
    assert check("l.yaml") == 1
    assert "l.yaml:3: pod" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rules", "named", "line"),
    [
        ('deny contains "x" if data.nope[input.kind]', "data.nope", 2),
        ('deny contains "x" if\n  input.kind in data.site.nope', "data.site.nope", 3),
        ('import data.nope\ndeny contains "x" if nope.y', "data.nope", 2),
        ('deny contains "x" if data.conftest.file.name == "a"', "data.conftest", 2),
    ],
)
def test_data_that_is_not_there_is_refused(
    here: Path, rules: str, named: str, line: int, capsys: pytest.CaptureFixture[str]
) -> None:
    write(
        here,
        {
            "policy/a.rego": f"package main\n{rules}\n",
            "d.yaml": "site: {a: 1}\n",
            "x.yaml": "a: 1\n",
        },
    )
    assert check("-d", "d.yaml", "x.yaml") == 2
    said = capsys.readouterr().err
    assert named in said
    assert f"a.rego:{line}" in said


def test_data_beside_policies_lies_below_its_folders(here: Path) -> None:
    rules = 'package main\ndeny contains "x" if input.kind in data.site.banned\n'
    write(
        here,
        {
            "policy/a.rego": rules,
            "policy/site/data.yaml": "banned: [Pod]\n",
            "x.yaml": "kind: Pod\n",
        },
    )
    assert check("x.yaml") == 1


def test_a_change_of_data_is_another_question(here: Path) -> None:
    rules = 'package main\ndeny contains "x" if input.kind in data.banned\n'
    write(here, {"policy/a.rego": rules, "d.yaml": "banned: [Pod]\n", "x.yaml": "kind: Pod\n"})
    recorded = ["check", "-p", "policy", "-d", "d.yaml", "x.yaml"]
    assert console.run(root, recorded) == 1
    write(here, {"d.yaml": "banned: []\n"})
    assert console.run(root, recorded) == 0


@pytest.mark.parametrize(
    "files", [("a: 1\n", "a: 2\n"), ("a: {b: 1}\n", "a: {b: 2}\n"), ("- 1\n", "b: 1\n")]
)
def test_data_that_disagrees_or_is_no_map_is_refused(here: Path, files: tuple[str, str]) -> None:
    write(here, {"d.yaml": files[0], "e.yaml": files[1], "x.yaml": "kind: Job\n"})
    assert check("-d", "d.yaml", "-d", "e.yaml", "x.yaml") == 2


def test_conftests_own_functions_are_refused_by_name(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = 'package main\n# parse_config("a")\ndeny contains "x" if parse_config("yaml", "a: 1")\n'
    write(here, {"policy/a.rego": rules, "x.yaml": "a: 1\n"})
    assert check("x.yaml") == 2
    assert "a.rego:3: parse_config" in capsys.readouterr().err


def test_a_folder_gives_every_format_that_conftest_takes(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(here, {"m/a.toml": 'kind = "Pod"\n', "m/b.tf": "a = 1\n", "m/README.md": "x\n"})
    assert check("m") == 2
    out = capsys.readouterr().out
    assert "m/a.toml: pod" in out
    assert "m/b.tf: this is HCL 2" in out


def test_combine_is_for_plain_rules(here: Path) -> None:
    write(here, {"x.yaml": "kind: Pod\n"})
    assert check("-p", "gpu", "--combine", "x.yaml") == 2
