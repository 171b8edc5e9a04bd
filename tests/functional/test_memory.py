"""What a document may take, as docs/documents.md says: peaks of ``eidos check``, each alone."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

MEBIBYTE = 1024 * 1024
CHILD = """
import sys
from eidos.engine.cli import console, root
code = console.run(root, sys.argv[1:])
with open("/proc/self/status") as status:  # of this process alone, unlike getrusage
    print([line for line in status if line.startswith("VmHWM")][0].split()[1])
sys.exit(code)
"""
POLICY = 'package main\nimport rego.v1\ndeny contains "no" if input.nothing\n'
LONG = 16 * MEBIBYTE
MANY = 400_000
SLACK = 8 * MEBIBYTE
"""What an allocator holds back, whatever the document."""
TEXTS: dict[str, tuple[str, Callable[[], str], int]] = {
    "one line": ("a.yaml", lambda: f'a: "{"x" * LONG}"\n', 5),
    "a block": ("a.yaml", lambda: "a: |\n" + "  some words of a long text\n" * (LONG // 28), 5),
    "json": ("a.json", lambda: f'{{"a": "{"x" * LONG}"}}', 5),
    "json with escapes": ("a.json", lambda: f'{{"a": "{chr(92) + "n"}{"x" * LONG}"}}', 5),
    "escapes alone": ("a.json", lambda: '{"a": "' + "\\n" * (LONG // 2) + '"}', 5),
    "wide characters": ("a.yaml", lambda: f'a: "{chr(0x4E2D) * (LONG // 3)}"\n', 8),
    "one emoji": ("a.yaml", lambda: f'a: "{"x" * LONG}{chr(0x1F600)}"\n', 20),
    "one emoji in json": ("a.json", lambda: f'{{"a": "{"x" * LONG}{chr(0x1F600)}"}}', 20),
}
DENSE: dict[str, tuple[str, Callable[[], str]]] = {
    "numbers": ("a.json", lambda: f'{{"a": [{"1," * MANY}1]}}'),
    "lines": ("a.yaml", lambda: "a:\n" + "- 1\n" * MANY),
    "empty lists": ("a.yaml", lambda: f"a: [{'[],' * MANY}]\n"),
    "small maps": ("a.yaml", lambda: f"a: [{'{a: 1},' * (MANY // 2)}]\n"),
    "small maps in json": ("a.json", lambda: f'{{"a": [{"{"}"a":1{"}"}{",{}" * MANY}]}}'),
}


def peak(folder: Path, name: str, text: str) -> int:
    """Give the bytes that a check of one document had in memory at most."""
    (folder / "policy").mkdir(exist_ok=True)
    (folder / "policy" / "a.rego").write_text(POLICY)
    (folder / name).write_text(text)
    arguments = ["check", "--no-record", "-p", "policy", name]
    ran = subprocess.run(
        [sys.executable, "-c", CHILD, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return int(ran.stdout.split()[-1]) * 1024


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> int:
    """What a check of next to nothing takes."""
    return peak(tmp_path_factory.mktemp("nothing"), "a.yaml", "a: 1\n")


@pytest.mark.parametrize("name", TEXTS)
def test_a_long_text_takes_a_few_times_itself(name: str, nothing: int, tmp_path: Path) -> None:
    file, text, times = TEXTS[name]
    taken = peak(tmp_path, file, text()) - nothing
    assert taken <= times * (tmp_path / file).stat().st_size + SLACK


@pytest.mark.parametrize("name", DENSE)
def test_each_value_takes_a_bounded_amount(name: str, nothing: int, tmp_path: Path) -> None:
    file, text = DENSE[name]
    taken = peak(tmp_path, file, text()) - nothing
    assert taken <= 400 * MANY + SLACK
