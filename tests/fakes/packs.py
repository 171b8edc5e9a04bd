"""The shipped policy packs as files, with their tests."""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from eidos import policies

FOLDER = policies.FOLDER
LIBRARY = FOLDER / "lib"
TEST_RULE = re.compile(r"^(test_\w+)", re.MULTILINE)
PACKAGE = re.compile(r"^package (\S+)", re.MULTILINE)


@dataclass(frozen=True)
class RegoTest:
    """One rule ``test_...`` in one file."""

    file: Path
    package: str
    name: str

    @property
    def query(self) -> str:
        return f"data.{self.package}.{self.name}"


def packs() -> list[Path]:
    """Every folder that is a pack."""
    return sorted(manifest.parent for manifest in FOLDER.glob("*/pack.yaml"))


def folders() -> list[Path]:
    """Every folder that has tests: the packs and the library."""
    return [LIBRARY, *packs()]


def rule_files(pack: Path) -> list[Path]:
    return [path for path in sorted(pack.glob("*.rego")) if not path.stem.endswith("_test")]


def package_of(path: Path) -> str:
    found = PACKAGE.search(path.read_text())
    assert found is not None, f"{path} has no package"
    return found[1]


def rego_tests(file: Path) -> list[RegoTest]:
    names = dict.fromkeys(TEST_RULE.findall(file.read_text()))
    return [RegoTest(file, package_of(file), name) for name in names]


def tables() -> dict[str, dict[str, object]]:
    """Every reference table by name."""
    files = sorted(FOLDER.glob("*/tables/*/data.yaml"))
    return {file.parent.name: yaml.safe_load(file.read_text()) for file in files}
