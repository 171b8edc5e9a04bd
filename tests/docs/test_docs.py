"""What the documentation says is so: commands, options, examples, links, numbers."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
import yaml

from eidos.engine.app.context import Context
from eidos.engine.app.policies import load_packs
from eidos.engine.app.validate import validate
from eidos.engine.cli import console, root
from eidos.engine.documents.dialects import KNOWN
from eidos.engine.documents.finding import Source
from eidos.engine.documents.kinds import schema_of
from eidos.engine.documents.limits import MEBIBYTE, Limits
from eidos.engine.documents.reading import read_documents
from eidos.engine.errors import DocumentError
from eidos.engine.model.rule import Rule
from eidos.engine.model.snapshot import CollectorState
from eidos.engine.rego.light import LightEngine
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import AS_OF, BUNDLE, REPORT
from eidos.engine.schema import kinds, known_schemas
from fakes.packages import EXAMPLES, write_package

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "ci-examples/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
ROOT_CONTEXT = click.Context(root)
BY_HAND = {"name: my-pack": "pack.yaml", "snapshot:\n": "eidos.yaml"}
"""Documents without a kind, by how they begin: what they are called."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(*languages: str) -> list[Block]:
    found = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return [
        Block(page, match.string.count("\n", 0, match.start()) + 1, match[1], match[2])
        for page in PAGES
        for match in found.finditer(page.read_text())
        if match[1] in languages
    ]


def eidos_calls(text: str) -> Iterator[list[str]]:
    """Give the arguments of every `eidos` in shell text, comments and other programs left out."""
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars="|&;()<>")
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if set(word) <= set("|&;()<>"):
                if words and Path(words[0]).name == "eidos":
                    yield words[1:]
                words = []
            else:
                words.append(word)


def resolve(arguments: list[str]) -> click.Context:
    """Parse a call as the real command line would, and run nothing.

    Raises:
        click.ClickException: it would be refused.
    """
    command: click.Command = root
    context: click.Context | None = None
    rest = list(arguments)
    while (
        isinstance(command, click.Group) and rest and rest[0] in command.list_commands(ROOT_CONTEXT)
    ):
        found = command.get_command(ROOT_CONTEXT, rest.pop(0))
        assert found is not None
        context, command = click.Context(command, parent=context, obj={}), found
    return command.make_context(command.name, rest, parent=context)


@pytest.fixture
def examples(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the packages of the pages installed, as far as their names count."""
    site = tmp_path_factory.mktemp("site")
    for file in EXAMPLES.glob("*/pyproject.toml"):
        project = tomllib.loads(file.read_text())["project"]
        write_package(site, project["name"], project["entry-points"])
    monkeypatch.syspath_prepend(site)


@pytest.mark.usefixtures("examples")
@pytest.mark.parametrize("block", blocks("sh", "console"), ids=str)
def test_commands_in_pages_are_understood(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where reports go is tried
    for arguments in eidos_calls(block.text):
        context = resolve(arguments)
        if arguments[0] in {"check", "history"} and "sql" not in arguments:
            kind = BUNDLE if "bundle" in arguments else AS_OF
            parse_outputs(context.params.get("outputs") or (), kind)


def validated(text: str, folder: Path) -> None:
    name = next((file for start, file in BY_HAND.items() if start in text), "document.yaml")
    (folder / name).write_text(text)
    [document] = read_documents(Source(name, folder / name))
    try:
        schema_of(document, kinds())
    except DocumentError:
        assert "apiVersion" not in text, text
        return  # a piece of another system's file
    result = validate([str(folder / name)], Context())
    assert result.exit_code == 0, result


@pytest.mark.parametrize("block", blocks("yaml", "json"), ids=str)
def test_documents_in_pages_are_valid(block: Block, tmp_path: Path) -> None:
    validated(block.text, tmp_path)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """The pack of the page on writing rules."""
    page = ROOT / "docs" / "writing-rules.md"
    parts = [block for block in blocks("yaml", "rego", "json") if block.page == page]
    manifest, bundle, rule, test = (
        next(part.text for part in parts if start in part.text)
        for start in ("name: my-pack", '"roots"', "# METADATA", "package acme.driver_pinned_test")
    )
    folder = tmp_path / "my-pack"
    folder.mkdir()
    (folder / "pack.yaml").write_text(manifest)
    (folder / ".manifest").write_text(bundle)
    (folder / "driver_pinned.rego").write_text(rule)
    (folder / "driver_pinned_test.rego").write_text(test)
    return folder


def test_the_example_rule_fails_and_passes(
    pack: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(pack.parent)
    example = str(ROOT / "ci-examples" / "cluster.yaml")
    code = console.run(root, ["check", "-p", "my-pack", example, "--no-record", "-o", "json"])
    subjects = json.loads(capsys.readouterr().out)["subjects"]
    states = {s["identity"]: [v["status"] for v in s["verdicts"]] for s in subjects}
    assert states == {"demo-east-1/gpu-a": ["pass"], "demo-east-1/gpu-b": ["fail"]}
    assert code == 1


@pytest.mark.real
def test_the_example_pack_is_tested_as_the_page_says(pack: Path) -> None:
    if shutil.which("opa") is None:
        pytest.skip("no opa on PATH")
    page = (ROOT / "docs" / "writing-rules.md").read_text()
    [command] = re.findall(r"^opa test .*$", page, re.MULTILINE)
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=pack.parent,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "acme" not in done.stdout


def without_blocks(page: Path) -> str:
    return re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Give the names under which GitHub shows a page's headings."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", without_blocks(page)):
        if re.match(r"https?://|mailto:", target):
            continue
        name, _, anchor = target.partition("#")
        linked = page.parent / name if name else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_nothing_is_installed_from_where_it_is_not_published(page: Path) -> None:
    for line in re.findall(r"pip3? install[^`\n]*eidos-policy[^`\n]*", page.read_text()):
        assert "--index-url" in line, line


@pytest.fixture(scope="module")
def rules() -> dict[str, list[Rule]]:
    with closing(LightEngine(workers=1)) as engine:
        return {pack.name: list(pack.rules) for pack in load_packs((), engine)}


def test_pack_table_is_true(rules: dict[str, list[Rule]]) -> None:
    readme = (ROOT / "README.md").read_text()
    told = {
        name: int(number)
        for name, number in re.findall(r"^\| `([\w-]+)` \| (\d+) \|", readme, re.MULTILINE)
    }
    assert told == {name: len(found) for name, found in rules.items()}
    total = sum(map(len, rules.values()))
    assert f"{total} rules" in readme


def test_every_schema_is_on_the_page_about_validation() -> None:
    page = (ROOT / "docs" / "validate.md").read_text()
    missing = [name for name in known_schemas() if f"[`{name}`]" not in page]
    assert missing == []


def test_limits_on_the_page_are_those_of_the_reader() -> None:
    page = (ROOT / "docs" / "snapshot.md").read_text()
    limits = Limits()
    told = (
        f"{limits.size // MEBIBYTE} MiB a file, {limits.depth} levels, {limits.values:,} values, "
        f"{limits.alias_values:,} values through aliases, {limits.keys:,} keys of one map"
    )
    assert told in " ".join(page.split())


def test_dialects_and_states_on_the_page_are_those_of_the_model() -> None:
    page = (ROOT / "docs" / "snapshot.md").read_text()
    names = [*KNOWN, *(state.value for state in CollectorState)]
    assert [name for name in names if f"`{name}`" not in page] == []


def test_formats_on_the_page_are_those_of_the_command() -> None:
    page = (ROOT / "docs" / "reports.md").read_text()
    table = set(re.findall(r"^\| `(\w+)` \| [^|]* \| [^|]* \|$", page, re.MULTILINE))
    assert table >= set(REPORT.formats)
    assert len(REPORT.formats) == 12, "the README says twelve"


def test_every_ci_example_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    folders = [path.name for path in (ROOT / "ci-examples").iterdir() if path.is_dir()]
    assert [name for name in folders if f"(ci-examples/{name}/)" not in readme] == []


def test_readme_shows_what_check_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    command = subprocess.run(
        [ROOT / ".ci" / "readme-command", "start"], capture_output=True, text=True, check=True
    ).stdout
    arguments = command.split("bin/eidos ")[1].split()
    assert "--effective-time" in arguments, "what is quoted holds on one day"
    console.run(root, [*arguments, "--no-record"])
    said = re.sub(r"\s+", " ", capsys.readouterr().out)
    [shown] = [block.text for block in blocks("text") if block.page.name == "README.md"]
    for part in shown.split("...\n"):
        assert re.sub(r"\s+", " ", part.strip()) in said, part


@pytest.mark.parametrize("name", ["start", "tests"])
def test_readme_commands_are_marked(name: str) -> None:
    command = [str(ROOT / ".ci" / "readme-command"), name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert len(done.stdout.strip().splitlines()) == 1
    assert "pip install" in done.stdout


def test_ci_runs_the_command_of_the_readme() -> None:
    assert ".ci/readme-command tests" in (ROOT / ".ci" / "run").read_text()


def test_examples_are_valid_documents() -> None:
    result = validate([str(ROOT / "ci-examples" / "cluster.yaml")], Context())
    assert result.exit_code == 0
    assert yaml.safe_load((ROOT / "ci-examples" / "cluster.yaml").read_text())["kind"] == "Snapshot"
