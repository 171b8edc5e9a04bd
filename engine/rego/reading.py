"""Reading modules for OPA where no OPA is asked."""

from collections.abc import Sequence

from eidos.engine.model.rule import Module
from eidos.engine.ports import ModuleFacts
from eidos.engine.rego.light import LightEngine


class ReadingEngine(LightEngine):
    """Reads what is meant for OPA: modules may use every function that OPA has."""

    name = "reading"

    def analyse(self, modules: Sequence[Module], *, v0: bool | None = None) -> list[ModuleFacts]:
        """Read modules without running them, see `eidos.engine.ports.RegoEngine`."""
        return self.read(modules, every_function=True, v0=v0)
