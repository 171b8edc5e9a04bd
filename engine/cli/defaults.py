"""The configuration as defaults of options: an option given on the command line goes before it."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eidos.engine.config.places import is_configured

if TYPE_CHECKING:
    from eidos.engine.config.settings import Settings

_CHECK = {
    "db": "db",
    "packs": "packs",
    "fail_on": "fail_on",
    "allow_incomplete": "allow_incomplete",
    "effective_time": "effective_time",
    "outputs": "output",
    "waivers": "waivers",
}
"""Option of ``eidos check`` to setting."""
_DIFF = {"db": "db", "packs": "packs", "effective_time": "effective_time"}
"""Option of ``eidos diff`` to setting."""
_SNAPSHOT = {
    "cluster": "cluster",
    "only": "filter",
    "exclude": "exclude",
    "timeout": "timeout",
    "cache_ttl": "cache_ttl",
    "root": "root",
    "kubeconfig": "kubeconfig",
    "context": "context",
}
"""Option of ``eidos snapshot`` to setting below ``snapshot``."""


def configured() -> "Settings | None":
    """Give the settings that hold in the working directory; None when nothing is configured.

    Raises:
        ConfigError: they are not right.
    """
    if not is_configured(Path.cwd(), os.environ):
        return None
    from eidos.engine.config.loading import load_settings

    return load_settings()


def default_map(settings: "Settings") -> dict[str, Any]:
    """Give the defaults of every command's options that the configuration sets."""
    said = {key.replace("-", "_") for key in settings.origins}
    snapshot = settings.snapshot
    return {
        "check": {
            option: getattr(settings, name) for option, name in _CHECK.items() if name in said
        },
        "diff": {option: getattr(settings, name) for option, name in _DIFF.items() if name in said},
        "snapshot": {
            **{
                option: getattr(snapshot, name)
                for option, name in _SNAPSHOT.items()
                if f"snapshot.{name}" in said
            },
            "labels": [f"{k}={v}" for k, v in snapshot.labels.items()],
        },
    }
