"""How rules name facts: ``gpu.smi.driver``, ``os.sysctl["/proc/sys/vm/nr_hugepages"]``.

A fact path is ``type.subtype`` or ``type.subtype.key``; the type is written in lower case. Names
that hold a dot are written in brackets, except that everything after the subtype may be written
plainly: ``gpu.smi.gpu.model`` is the key ``gpu.model``. In rules about a whole cluster, ``nodes.``
in front means "of every node". ``node.name`` is the node's own name.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

_SEGMENT = re.compile(r"""\.?([^.\[\]"]+)|\[("(?:[^"\\]|\\.)*")\]|\[(\d+)\]""")
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")

_CACHED = 4096
"""A fleet has the same findings again and again."""

Segment = str | int


@lru_cache(maxsize=_CACHED)
def split_path(text: str) -> tuple[Segment, ...]:
    """Split ``a.b["c.d"][0]`` into ``("a", "b", "c.d", 0)``.

    Raises:
        ValueError: the text is not a path.
    """
    segments: list[Segment] = []
    position = 0
    while position < len(text):
        match = _SEGMENT.match(text, position)
        if match is None:
            raise ValueError(f"not a path: {text!r} at character {position + 1}")
        plain, quoted, index = match.groups()
        segments.append(plain or (json.loads(quoted) if quoted else int(index)))
        position = match.end()
    return tuple(segments)


def join_path(segments: Iterable[Segment]) -> str:
    """Write segments so that `split_path` gives them back."""
    return "".join(_written(segment) for segment in segments).removeprefix(".")


def json_path(segments: Iterable[Segment]) -> str:
    """Write segments as a JSON path: ``$.nodes[0].name``."""
    return _json_path(tuple(segments))


@lru_cache(maxsize=_CACHED)
def _json_path(segments: tuple[Segment, ...]) -> str:
    return "$" + "".join(_written(segment) for segment in segments)


def _written(segment: Segment) -> str:
    if isinstance(segment, int):
        return f"[{segment}]"
    if _PLAIN.fullmatch(segment):
        return f".{segment}"
    return f"[{json.dumps(segment, ensure_ascii=False)}]"


@dataclass(frozen=True, slots=True, order=True)
class FactPath:
    """A fact, or a whole subtype of facts, that a rule declares."""

    type: str
    """Lower-case measurement type: ``gpu``."""
    subtype: str
    """Subtype as collected: ``smi``, ``containerd.service``."""
    key: str | None = None
    """Key in the subtype's data; None for all of them."""
    every_node: bool = False
    """True for ``nodes.…``: the fact of every node of the cluster."""

    @classmethod
    def parse(cls, text: str) -> "FactPath":
        """Read a declaration.

        Raises:
            ValueError: it names no type and subtype.
        """
        segments = split_path(text)
        every_node = bool(segments) and segments[0] == "nodes"
        if every_node:
            segments = segments[1:]
        names = [str(segment) for segment in segments]
        minimum = 2
        if len(names) < minimum:
            raise ValueError(f"{text!r} names no type and subtype, as in gpu.smi")
        return cls(names[0].lower(), names[1], ".".join(names[2:]) or None, every_node)

    def __str__(self) -> str:
        """Give the declaration back."""
        key = () if self.key is None else (self.key,)
        prefix = ("nodes",) if self.every_node else ()
        return join_path((*prefix, self.type, self.subtype, *key))
