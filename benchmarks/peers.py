"""The tools a user would pick instead, given the same rules and the same facts."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from eidos.engine.app.policies import load_packs
from eidos.engine.model.rule import Rule
from eidos.engine.rego.light import LightEngine

_MODULES = {
    "opa": "github.com/open-policy-agent/opa@v1.22.2",
    "conftest": "github.com/open-policy-agent/conftest@v0.71.1",
}
NAMES = tuple(_MODULES)


def find_peers() -> dict[str, str]:
    """Give the program of each peer that is here; with Go, build those that are not."""
    found = {name: _found(name) or _built(module) for name, module in _MODULES.items()}
    return {name: path for name, path in found.items() if path}


def _folders() -> str:
    return os.pathsep.join(
        filter(None, (os.environ.get("PATH"), os.environ.get("EIDOS_BENCH_BIN"), str(_cache())))
    )


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base, "eidos-benchmarks", "bin")


def _found(name: str) -> str | None:
    return shutil.which(name, path=_folders())


def _built(module: str) -> str | None:
    if shutil.which("go") is None:
        return None
    environment = {**os.environ, "GOBIN": str(_cache())}
    subprocess.run(["go", "install", module], env=environment, check=False)
    return _found(Path(module.partition("@")[0]).name)


def write_policy(folder: Path) -> Path:
    """Write every shipped rule, with what it needs, as a bundle for OPA and conftest.

    Parameters of rules share names, so that each rule gets its own place in the data; nothing else
    of a rule is changed. ``main.deny`` and ``main.warn`` gather what rules say where they apply.
    """
    engine = LightEngine()
    try:
        rules = [rule for pack in load_packs((), engine) for rule in pack.rules]
    finally:
        engine.close()
    folder.mkdir(parents=True)
    for rule in rules:
        own, *library = rule.modules
        _write(
            folder / own.file, re.sub(r"\bdata\.params\b", f'data.params["{rule.id}"]', own.source)
        )
        for module in library:
            _write(folder / module.file, module.source)
    _write(folder / "main.rego", _main(rules))
    data = {
        "params": {rule.id: dict(rule.params) for rule in rules},
        "tables": {name: table for rule in rules for name, table in rule.tables.items()},
    }
    _write(folder / "data.json", json.dumps(data))
    return folder


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _main(rules: list[Rule]) -> str:
    gathered = [
        f"{'warn' if entry.level == 'warn' else 'deny'} contains finding if {{\n"
        + (f"\tdata.{rule.package}.applicable\n" if rule.has_applicable else "")
        + f"\tsome finding in {entry.path}\n}}\n"
        for rule in rules
        for entry in rule.entrypoints
    ]
    return "package main\n\n" + "\n".join(gathered)
