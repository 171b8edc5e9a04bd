"""A folder without policy means the same to every command that takes policy."""

from pathlib import Path

import pytest

from eidos.engine.cli import console, root

pytestmark = pytest.mark.real

COMMANDS = [
    ["test", "empty"],
    ["lint", "empty"],
    ["fmt", "empty"],
    ["list", "empty"],
    ["show", "empty"],
    ["docs", "empty", "-o", "pages"],
    ["pack", "empty", "-o", "p.tar.gz"],
    ["lock", "empty"],
    ["diff", "empty", "empty"],
    ["quality", "empty"],
    ["eval", "-p", "empty", "--rule", "X-001"],
]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from fakes.opa_server import opa_binary

    monkeypatch.setenv("EIDOS_ENGINE", "opa")
    monkeypatch.setenv("EIDOS_OPA", str(Path(opa_binary()).resolve()))
    monkeypatch.chdir(tmp_path)
    Path("empty/.git").mkdir(parents=True)
    Path("empty/README.md").write_text("# No policy\n")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: each[0])
def test_a_folder_without_policy_is_no_answer(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert console.run(root, ["policy", *command]) == 2
    assert "'empty' holds no .rego file" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["test", "lint", "fmt"])
def test_so_is_the_folder_that_one_is_in(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("empty")
    assert console.run(root, ["policy", command]) == 2
    assert "'.' holds no .rego file" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["test", "lint", "fmt"])
def test_templates_are_policy_that_has_no_tests_and_is_not_looked_at(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("empty/t.yaml").write_text("apiVersion: templates.gatekeeper.sh/v1\nkind: X\n")
    assert console.run(root, ["policy", command, "empty"]) == 3
    capsys.readouterr()
