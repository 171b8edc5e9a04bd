"""Python packages that bring plug-ins: really installed, or as what an installation leaves."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def install(source: Path, site: Path) -> None:
    """Install a package as pip does, offline, into a folder of its own."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-build-isolation"]
    command += ["--no-deps", "--no-index", "--disable-pip-version-check", "--target", str(site)]
    done = subprocess.run([*command, str(source)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def installed_example(name: str, folder: Path) -> Path:
    """Install an example of the documentation, and give where: a folder for Python's path."""
    source = shutil.copytree(EXAMPLES / name, folder / "source")  # pip builds where sources lie
    install(source, folder / "installed")
    return folder / "installed"


def write_package(site: Path, name: str, offers: Mapping[str, Mapping[str, str]]) -> None:
    """Write what says that a package of version 1.0 is installed.

    Args:
        site: a folder on Python's path.
        name: of the package.
        offers: group to the names of its entry points, each with its ``module:object``.
    """
    info = site / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [
        line
        for group, entries in offers.items()
        for line in (f"[{group}]", *(f"{key} = {value}" for key, value in entries.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
