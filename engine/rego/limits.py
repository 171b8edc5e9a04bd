"""What a policy may use up before it is stopped."""

from typing import Final

import msgspec

GET_OPA: Final = "OPA serves all of Rego: get it by 'eidos engine install', or say it otherwise."
"""The hint of everything that only OPA can do."""


class EngineLimits(msgspec.Struct, frozen=True):
    """Bounds for hostile or broken policies; what is over a bound is an error, never a pass."""

    seconds: float = 5.0
    """Processor time of one job: a busy machine takes nothing away from it."""
    analysis_seconds: float = 20.0
    """Processor time of analysing one set of modules."""
    wall_seconds: float = 120.0
    """Time by the clock of either: the backstop for what waits instead of working."""
    memory_bytes: int = 1 << 30
    """Address space of one worker process."""
    output_bytes: int = 1 << 20
    """Answers and prints of one job, as JSON text."""
    module_bytes: int = 1 << 20
    """Source of one module."""
    line_chars: int = 4096
    """One line of a module."""
    depth: int = 12
    """Literals nested in one another; the parser's time doubles with each."""
    programs: int = 256
    """Compiled programs that one worker keeps."""
    start_seconds: float = 30.0
    """Wall time in which OPA has to compile its programs."""
