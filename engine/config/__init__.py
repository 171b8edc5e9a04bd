"""Settings: what there is to set, where it is said, and whether it is said rightly."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eidos.engine.config.loading import load_settings
    from eidos.engine.config.settings import Settings

__all__ = ["Settings", "load_settings"]


def __getattr__(name: str) -> Any:  # noqa: ANN401  # whatever the module offers
    """Import when asked: most commands run where nothing is configured."""
    if name not in __all__:
        raise AttributeError(name)
    from eidos.engine.config import loading

    return getattr(loading, name)
