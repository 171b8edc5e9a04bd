"""Where configuration is looked for."""

from collections.abc import Mapping
from pathlib import Path

from eidos.engine.folders import is_planted, user_folder

PROJECT_FILE = "eidos.yaml"


def user_file(environ: Mapping[str, str]) -> Path:
    """Give the place of the user's own configuration."""
    return user_folder("config", environ) / "config.yaml"


def project_file(cwd: Path) -> Path | None:
    """Find ``eidos.yaml`` in a folder or the nearest above it; none that others left in /tmp."""
    files = (folder / PROJECT_FILE for folder in (cwd, *cwd.parents))
    return next((path for path in files if path.is_file() and not is_planted(path)), None)


def is_configured(cwd: Path, environ: Mapping[str, str]) -> bool:
    """Say whether there may be anything to read at all, at the price of a few file names."""
    return (
        any(name.startswith("EIDOS_") for name in environ)
        or user_file(environ).is_file()
        or project_file(cwd) is not None
    )
