"""Nothing below ``app`` reads the environment, the wall clock or the random source.

What is judged then depends on what was handed over alone, and can be judged again in a year.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from eidos import engine

ROOT = Path(engine.__file__).parent
ABOVE = ("app/", "cli/", "__main__.py")
"""Who may read them, to hand them down."""

ENVIRONMENT = {"os.environ", "os.environb", "os.getenv", "os.getenvb"}
CLOCK = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
    *(f"time.{name}" for name in ("time", "time_ns", "localtime", "gmtime", "ctime", "strftime")),
}
RANDOM = {"os.urandom", "os.getrandom", "uuid.uuid1", "uuid.uuid4", "random", "secrets"}
HIDDEN = ENVIRONMENT | CLOCK | RANDOM

ALLOWED = {
    ("collecting/running.py", "os.environ"): "a collector's own process gets its scratch folder",
    ("bundling/trees.py", "os.urandom"): "the name of a folder until it takes its place",
    ("distributing/layout.py", "os.urandom"): "the name of a file until it takes its place",
    ("distributing/objects.py", "os.urandom"): "the name of a file until it takes its place",
    ("documents/writing.py", "os.urandom"): "the name of a file until it takes its place",
    ("distributing/packages.py", "datetime.now"): "the clock of the process of a package's place",
    ("report/packages.py", "os.environ"): "values that no message of a package may repeat",
    ("rego/building.py", "secrets"): "the name of a file until it takes its place",
    ("rego/opa/server.py", "os.urandom"): "a package that no policy can name",
}
"""What reads one all the same, and why nobody's answer depends on it."""


def names_in(node: ast.AST) -> list[str]:
    """Give what a node imports, or the last two parts of an ``a.b.c``."""
    match node:
        case ast.Import(names=names):
            return [each.name for each in names]
        case ast.ImportFrom(module=module, names=names):
            return [str(module), *(f"{module}.{each.name}" for each in names)]
        case ast.Attribute():
            return [".".join(ast.unparse(node).split(".")[-2:])]
    return []


def hidden_inputs(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        yield from (name for name in names_in(node) if name in HIDDEN)


def test_nothing_below_app_reads_what_it_was_not_given() -> None:
    found = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in sorted(ROOT.rglob("*.py"))
        if not path.relative_to(ROOT).as_posix().startswith(ABOVE)
        for name in hidden_inputs(ast.parse(path.read_text()))
    }
    assert found - ALLOWED.keys() == set(), "have it handed down from Context"
    assert ALLOWED.keys() - found == set(), "these exceptions are needed no more"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("import os\nos.environ['X']", "os.environ"),
        ("from os import environ", "os.environ"),
        ("import datetime\ndatetime.datetime.now()", "datetime.now"),
        ("from datetime import datetime as d, UTC\nimport time\ntime.time()", "time.time"),
        ("import secrets", "secrets"),
        ("from random import choice", "random"),
    ],
)
def test_each_way_to_read_one_is_seen(text: str, name: str) -> None:
    assert list(hidden_inputs(ast.parse(text))) == [name]
