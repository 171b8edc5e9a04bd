"""``eidos engine``: which Rego engine judges, and how to get OPA."""

from collections.abc import Callable, Mapping
from pathlib import Path

from eidos.engine.errors import EidosError
from eidos.engine.model.engine import INSTALLED, EngineInfo
from eidos.engine.rego.finding import (
    FLOOR,
    OpaBinary,
    candidates,
    installed_path,
    try_opa,
)
from eidos.engine.rego.light import LightEngine


def engine_info(environ: Mapping[str, str], option: Path | None = None) -> EngineInfo:
    """Look at every OPA there is.

    Args:
        environ: says where to look.
        option: the OPA that the user named.

    Raises:
        EidosError: the environment names a relative path.
    """
    return EngineInfo(tuple(candidates(environ, option)), LightEngine.version, FLOOR)


def install_opa(
    environ: Mapping[str, str], say: Callable[[str], None], *, force: bool = False
) -> OpaBinary:
    """Build the pinned OPA into the user's data folder, unless it is there.

    Args:
        environ: says where to build, and by which proxies.
        say: told how far it is, a line at a time.
        force: build it anew.

    Raises:
        EidosError: it could not be built, or the folder cannot be written.
    """
    path = installed_path(environ)
    there = try_opa(path, INSTALLED, environ) if path.exists() else None
    if there is not None and there.trouble is None and there.version is not None and not force:
        say(f"OPA {there.version} is already there")
        return OpaBinary(there.path, there.version, INSTALLED)
    from eidos.engine.rego.building import build_opa

    return build_opa(environ, say)


def other_engine(environ: Mapping[str, str]) -> str | None:
    """Say which OPA goes before the installed one; None when none does."""
    try:
        first = next((each for each in candidates(environ) if each.trouble is None), None)
    except EidosError as error:
        return str(error)
    if first is None or first.path == installed_path(environ).resolve():
        return None
    return f"{first.path} (OPA {first.version}, found by {first.found_by}) goes before it"
