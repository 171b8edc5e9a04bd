"""The addresses of facts: ``gpu.smi.driver``, ``os.sysctl["/proc/sys/vm/nr_hugepages"]``.

An address is ``type.subtype`` or ``type.subtype.key``; the type is written in lower case. Names
that hold a dot are written in brackets, except that everything after the subtype may be written
plainly: ``gpu.smi.gpu.model`` is the key ``gpu.model``. In rules about a whole cluster, ``nodes.``
in front means "of every node". ``node.name`` is the node's own name.
"""

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple, Self

_SEGMENT = re.compile(r"""\.?([^.\[\]"]+)|\[("(?:[^"\\]|\\.)*")\]|\[(\d+)\]""")
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")

_CACHED = 4096
"""A fleet has the same findings again and again."""

ANY = "*"
"""Stands for every type, or every subtype, where a whole is meant."""
VOLATILE = "-volatile"
"""How the name of a subtype ends whose values change by themselves."""

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


class _Parts(NamedTuple):
    type: str
    subtype: str
    key: str | None
    every_node: bool
    node: str | None


class FactAddress(_Parts):
    """The address of a fact, or of a whole subtype of facts; also what a rule declares.

    Types are written in lower case and so compared without regard to case (documents write ``GPU``,
    rules ``gpu``); subtypes, keys and names of nodes are compared as they are.

    A tuple, and not a dataclass, because facts are looked up by it: that hashes twice as fast.

    Args:
        type: measurement type, in any case: ``gpu``.
        subtype: as collected: ``smi``, ``containerd.service``; `ANY` for a type as a whole.
        key: key in the subtype's data; None for all of them.
        every_node: the fact of every node of the cluster: ``nodes.…`` in a rule.
        node: the node it is a fact of; None for the cluster or, in a rule, for who is judged.
    """

    __slots__ = ()

    def __new__(
        cls,
        type: str,  # noqa: A002 -- the word of the documents
        subtype: str,
        key: str | None = None,
        every_node: bool = False,  # noqa: FBT001, FBT002 -- in the order in which stores keep it
        node: str | None = None,
    ) -> Self:
        """Write the type in the one way."""
        return super().__new__(cls, type.lower(), subtype, key, every_node, node)

    @classmethod
    def parse(cls, text: str) -> "FactAddress":
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
        return cls(names[0], names[1], ".".join(names[2:]) or None, every_node)

    def __str__(self) -> str:
        """Write it as rules do, which `parse` reads; the name of a node is no part of it."""
        prefix = ("nodes",) if self.every_node else ()
        return join_path((*prefix, *self.segments))

    @property
    def segments(self) -> tuple[str, ...]:
        """Give type, subtype and, if there is one, key."""
        named = (self.type, self.subtype)
        return named if self.key is None else (*named, self.key)

    @property
    def whole(self) -> "FactAddress":
        """Give the subtype that it is in, on whichever node: the key under which facts are kept."""
        return FactAddress.of_subtype(self.type, self.subtype)

    @property
    def is_volatile(self) -> bool:
        """Say whether its values change by themselves, as its collector named it."""
        return self.subtype.endswith(VOLATILE)

    @staticmethod
    @lru_cache(maxsize=_CACHED)
    def of_subtype(type_: str, subtype: str) -> "FactAddress":
        """Give the address of a subtype; every node of a fleet has the same few again."""
        return FactAddress(type_, subtype)

    def on(self, node: str | None) -> "FactAddress":
        """Give the same fact of one node, or of the cluster (None)."""
        return FactAddress(self.type, self.subtype, self.key, node=node)

    def at(self, key: str) -> "FactAddress":
        """Give one fact of the same subtype."""
        return self._replace(key=key)
