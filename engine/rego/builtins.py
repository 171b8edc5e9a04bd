"""Built-in functions: what the embedded engine has, lacks, is given, and must not have."""

from collections.abc import Callable

import regorus


def install(engine: regorus.Engine, now_ns: Callable[[], int]) -> None:
    """Give an engine the functions it lacks and the clock of the job."""
    engine.add_extension("time.now_ns", 0, now_ns)
