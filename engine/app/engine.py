"""``eidos engine``: which Rego engine judges, and how to get OPA."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from eidos.engine.errors import EidosError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.rego.embedded import EmbeddedEngine
from eidos.engine.rego.finding import (
    FLOOR,
    INSTALLED,
    Candidate,
    OpaBinary,
    candidates,
    installed_path,
    try_opa,
)


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """Every OPA that was looked at, and which engine would judge."""

    candidates: tuple[Candidate, ...]
    """In the order in which they are tried."""
    light: str
    """Version of the engine that needs no OPA."""

    @property
    def opa(self) -> Candidate | None:
        """Give the OPA that would judge; None when it is the light engine, or nothing."""
        return next((each for each in self.candidates if each.trouble is None), None)

    @property
    def is_refused(self) -> bool:
        """Say whether the user named an OPA that cannot judge, so that nothing would."""
        first = self.candidates[0].found_by if self.candidates else INSTALLED
        return self.opa is None and first not in ("PATH", INSTALLED)

    def document(self) -> dict[str, Json]:
        """Give it as ``schemas/engine/v1.schema.json`` has it."""
        engine: dict[str, Json] | None = None
        if self.opa is not None:
            engine = {"name": "opa", "version": self.opa.version, "path": str(self.opa.path)}
        elif not self.is_refused:
            engine = {"name": "light", "version": self.light, "path": None}
        return {
            "apiVersion": "eidos.dev/v1",
            "kind": "EngineInfo",
            "engine": engine,
            "light": {"version": self.light},
            "floor": FLOOR,
            "candidates": [
                {
                    "path": str(each.path),
                    "foundBy": each.found_by,
                    "version": each.version,
                    "taken": each is self.opa,
                    "trouble": each.trouble,
                }
                for each in self.candidates
            ],
        }


def engine_info(environ: Mapping[str, str], option: str | None = None) -> EngineInfo:
    """Look at every OPA there is.

    Args:
        environ: says where to look.
        option: the OPA that the user named.

    Raises:
        EidosError: the environment names a relative path.
    """
    return EngineInfo(tuple(candidates(environ, option)), EmbeddedEngine.version)


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
