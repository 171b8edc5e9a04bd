"""Facts of the operating system: settings, modules, release, processors, memory, protection."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from eidos.collectors import _kernel, _machine, _sysctl
from eidos.collectors._reading import Reading, collect_subtype
from eidos.engine.model.snapshot import Collection
from eidos.engine.ports import Fact, Wanted

_READERS: dict[str, Callable[[Path], Reading]] = {
    "grub": _kernel.read_grub,
    "sysctl": lambda root: _sysctl.read_sysctl(root, volatile=False),
    "sysctl-volatile": lambda root: _sysctl.read_sysctl(root, volatile=True),
    "kmod": _kernel.read_kmod,
    "modules": _kernel.read_modules,
    "release": _kernel.read_release,
    "container-release": _kernel.read_container_release,
    "boot": _kernel.read_boot,
    "cpu": _machine.read_cpu,
    "memory": _machine.read_memory,
    "memory-volatile": _machine.read_memory_volatile,
    "mitigations": _machine.read_mitigations,
    "security": _machine.read_security,
}


class OsCollector:
    """Reads ``/proc``, ``/sys`` and ``/etc/os-release`` under the root; needs no privilege.

    As an ordinary user some settings are not readable; they are listed as missing.
    """

    type = "OS"
    subtypes = tuple(_READERS)
    reads = "local"

    def collect(self, wanted: Wanted) -> Iterator[Fact | Collection]:
        """Read each wanted subtype on its own."""
        for name, read in _READERS.items():
            if name in wanted.subtypes:
                yield from collect_subtype(self.type, wanted.node, name, partial(read, wanted.root))


collector = OsCollector()
