"""``eidos policy copy``: what is copied is copied byte for byte, whatever it is."""

from eidos.engine.cli.bundle.copy import command

__all__ = ["command"]
