"""systemd units as their files describe them, for where no bus answers."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from eidos.collectors._reading import names, read_text

_FOLDERS = (
    "etc/systemd/system",
    "run/systemd/system",
    "usr/local/lib/systemd/system",
    "usr/lib/systemd/system",
    "lib/systemd/system",
)
"""Where unit files live, the strongest first."""
_PROPERTY = {"EnvironmentFile": "EnvironmentFiles"}


def read_unit(root: Path, unit: str) -> dict[str, list[str]]:
    """Give a unit's directives, each with its values in order, and where they come from.

    A value of the empty text resets a list, as systemd has it. ``LoadState`` is ``loaded``,
    ``masked`` or ``not-found``.
    """
    found = next((path for path in _places(root, unit) if os.path.lexists(path)), None)
    if found is None:
        return {"LoadState": ["not-found"]}
    if _is_masked(found):
        return {"LoadState": ["masked"], "UnitFileState": ["masked"]}
    drop_ins = list(_drop_ins(root, unit))
    directives: dict[str, list[str]] = {}
    for path in (_below(root, found), *drop_ins):
        for name, value in _assignments(read_text(path)):
            directives[name] = [*directives.get(name, []), value] if value else []
    return {
        **_as_properties(directives),
        "LoadState": ["loaded"],
        "FragmentPath": [_shown(root, found)],
        "DropInPaths": [_shown(root, path) for path in drop_ins],
        "UnitFileState": [_file_state(root, unit, directives)],
    }


def _as_properties(directives: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Name what systemd names otherwise than its files do, and what a limit's one line means."""
    found = {_PROPERTY.get(name, name): values for name, values in directives.items()}
    soft = {f"{name}Soft": values for name, values in found.items() if name.startswith("Limit")}
    return {**found, **soft}


def _places(root: Path, unit: str) -> Iterator[Path]:
    template = re.sub(r"@[^.]+\.", "@.", unit)
    for folder in _FOLDERS:
        yield from (root / folder / name for name in dict.fromkeys((unit, template)))


def _is_masked(path: Path) -> bool:
    return path.is_symlink() and str(path.readlink()) == os.devnull


def _below(root: Path, path: Path) -> Path:
    """Follow links as they are meant below the root."""
    for _ in range(10):
        if not path.is_symlink():
            break
        target = path.readlink()
        path = root / str(target).lstrip("/") if target.is_absolute() else path.parent / target
    return path


def _shown(root: Path, path: Path) -> str:
    return "/" + str(path.relative_to(root))


def _drop_ins(root: Path, unit: str) -> Iterator[Path]:
    """Give the drop-in files in the order of their names; the strongest of one name counts."""
    suffix = unit.rpartition(".")[2]
    found: dict[str, Path] = {}
    for folder in _FOLDERS:
        for place in (f"{unit}.d", f"{suffix}.d"):
            base = root / folder / place
            for name in names(base, "*.conf"):
                found.setdefault(name, base / name)
    yield from (found[name] for name in sorted(found) if not _is_masked(found[name]))


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    joined = re.sub(r"\\\n\s*", " ", text)
    for line in joined.splitlines():
        name, sign, value = line.strip().partition("=")
        if sign and name[:1] not in "#;[":
            yield name.strip(), value.strip()


def _file_state(root: Path, unit: str, directives: Mapping[str, list[str]]) -> str:
    for folder in _FOLDERS[:2]:
        if any((root / folder).glob(f"*.wants/{unit}")) or any(
            (root / folder).glob(f"*.requires/{unit}")
        ):
            return "enabled" if folder.startswith("etc") else "enabled-runtime"
    installable = any(directives.get(name) for name in ("WantedBy", "RequiredBy", "Alias", "Also"))
    return "disabled" if installable else "static"
