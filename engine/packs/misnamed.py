"""Tests that nobody runs, for their file or their rule has the wrong name."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from eidos.engine.errors import Location, Problem
from eidos.engine.packs.files import CASES

_DOCUMENTS: Final = (".yaml", ".yml", ".json")
_KIND: Final = re.compile(rb"(?:^|[{,\s])[\"']?kind[\"']?\s*:\s*[\"']?PolicyCase", re.MULTILINE)
_LISTED: Final = re.compile(rb"(?:^|[{,\s])[\"']?cases[\"']?\s*:", re.MULTILINE)
_ENDING: Final = re.compile(r"(?:^|[-_. ])(?:tests?[-_. ]?)?cases?$", re.IGNORECASE)
_RULE: Final = re.compile(r"(?:tests_|test(?=[A-Z0-9])|Test|TEST).*|(?:todo_|skip_)(?!test_).*")
"""Names that begin nearly as those that OPA runs: ``test_`` and ``todo_test_``."""


def misnamed_cases(files: Mapping[str, bytes], start: str = "") -> Iterator[Problem]:
    """Tell files that hold cases and are not run, since only ``*_cases.yaml`` and its like are.

    Args:
        files: contents of what is not called so, by path.
        start: how paths begin in messages.
    """
    for name, content in sorted(files.items()):
        path = PurePosixPath(name)
        if path.suffix not in _DOCUMENTS or name.endswith(CASES):
            continue
        by_name = _ENDING.search(path.stem) and _LISTED.search(content)
        if by_name or _KIND.search(content):
            yield Problem(
                "the file holds cases, and none of them is run: its name does not end with _cases",
                hint=f"Call it {_right(path)}.",
                location=Location(f"{start}{name}", 1),
            )


def _right(path: PurePosixPath) -> str:
    """Give the name that a file with cases must have."""
    stem = _ENDING.sub("", path.stem) or path.parent.name or "policy"
    return f"{re.sub(r'[-. ]', '_', stem)}_cases{path.suffix}"


def misnamed_rules(names: Iterable[str]) -> Iterator[str]:
    """Give the names of rules in a module of tests that read like tests, and that nobody runs."""
    return (name for name in names if _RULE.fullmatch(name))
