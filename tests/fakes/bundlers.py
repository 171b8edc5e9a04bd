"""Bundlers of others, importable, since a new process may have to find them."""

import ctypes
import os
import time
from dataclasses import dataclass
from pathlib import Path

from eidos.engine.errors import BundleError
from eidos.engine.model.bundle import Rendered, ToRender


@dataclass
class Other:
    """A bundler that does what a test says: ``render``, or go wrong in one way."""

    act: str = "render"
    told: str = ""
    """File that gets the process's id before it hangs."""
    components = ("cert-manager",)

    def render(self, wanted: ToRender) -> Rendered:
        if self.act == "refuse":
            raise BundleError("driver.enabled says nothing", hint="Say it.")
        if self.act == "fail":
            raise KeyError("driver")
        if self.act == "crash":
            ctypes.string_at(0)
        if self.act == "leave":
            os._exit(7)
        if self.act == "hang":
            Path(self.told).write_text(str(os.getpid()), encoding="utf-8")
            while True:
                time.sleep(60)
        return Rendered(values={"name": wanted.component.name, "process": os.getpid()})
