"""How faults of a configuration are said."""

from collections.abc import Iterable

from eidos.engine.cli.console import complain
from eidos.engine.config.checking import Fault
from eidos.engine.errors import ConfigError


def say_faults(faults: Iterable[Fault]) -> None:
    """Say every fault on standard error."""
    for fault in faults:
        complain(ConfigError(fault.message, hint=fault.hint, location=fault.location))
