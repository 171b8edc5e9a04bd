"""Settings: what there is to set, where it is said, and whether it is said rightly."""

from eidos.engine.config.loading import Files, load_settings
from eidos.engine.config.settings import Settings
from eidos.engine.config.variables import unknown_variables

__all__ = ["Files", "Settings", "load_settings", "unknown_variables"]
