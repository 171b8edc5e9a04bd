"""The XML of nvidia-smi, read however much of it is there.

A parser of XML gives all or nothing. nvidia-smi does not escape the names of processes, writes
warnings before, after and between its elements, and is cut off when a driver goes away; all of
that is read around here. No entity but the five of XML is ever replaced, nothing is fetched.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

ROOT = "nvidia_smi_log"
_DEPTH = 40
"""Elements within elements; nvidia-smi nests six."""
_TOKEN = re.compile(
    r"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[[^\]]*\]\s*)?>"
    r"|<(?P<end>/?)(?P<name>[A-Za-z_][\w.-]*)(?P<rest>\s[^<>]*?)?(?P<empty>/?)>",
    re.DOTALL,
)
_PROCESS_NAME = re.compile(r"<process_name>.*</process_name>")
"""Not ours to read, and not escaped: the name of a process may hold anything, tags included."""
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos);")


@dataclass(slots=True)
class Element:
    """One element; of one that was cut off what stood before the cut."""

    name: str
    children: "list[Element]" = field(default_factory=list)
    text: str = ""
    is_whole: bool = False
    """Its end was seen."""

    def all(self, name: str) -> "list[Element]":
        """Give the children of one name."""
        return [child for child in self.children if child.name == name]

    def find(self, name: str) -> "Element | None":
        """Give the first child of one name."""
        return next((child for child in self.children if child.name == name), None)

    def leaves(self, path: str = "") -> Iterator[tuple[str, "Element"]]:
        """Give every element without children, by its path below this one."""
        for child in self.children:
            below = f"{path}{child.name}"
            if child.children:
                yield from child.leaves(f"{below}/")
            else:
                yield below, child


@dataclass(frozen=True, slots=True)
class Output:
    """What nvidia-smi wrote."""

    logs: tuple[Element, ...]
    """Its documents; one, when all is well."""
    words: tuple[str, ...]
    """Lines that stand outside of every value."""


def parse(text: str) -> Output:
    """Read all that can be read.

    Args:
        text: standard output of ``nvidia-smi -q -x``, whatever happened to it.
    """
    reader = _Reader()
    position = 0
    text = _PROCESS_NAME.sub("", text)
    for token in _TOKEN.finditer(text):
        reader.say(text[position : token.start()])
        position = token.end()
        if token["name"]:
            reader.tag(token["name"], is_end=bool(token["end"]), is_empty=bool(token["empty"]))
    reader.say(text[position:])
    return Output(tuple(reader.logs), tuple(reader.words))


class _Reader:
    def __init__(self) -> None:
        self.logs: list[Element] = []
        self.words: list[str] = []
        self._open: list[Element] = []

    def say(self, text: str) -> None:
        """Take text: of the innermost element, or nobody's."""
        if not text.strip():
            return
        if self._open and not self._open[-1].children:
            self._open[-1].text += _ENTITY.sub(lambda match: html.unescape(match[0]), text)
        else:
            self.words.extend(line.strip() for line in text.splitlines() if line.strip())

    def tag(self, name: str, *, is_end: bool, is_empty: bool) -> None:
        """Take a tag; an end that ends nothing is passed over."""
        if is_end:
            self._close(name)
        elif name == ROOT:  # a second document, and the first was perhaps cut off
            self.logs.append(Element(name, is_whole=is_empty))
            self._open = [] if is_empty else [self.logs[-1]]
        elif self._open and len(self._open) < _DEPTH:
            self._begin(Element(name, is_whole=is_empty))

    def _begin(self, element: Element) -> None:
        parent = self._open[-1]
        if parent.text.strip():  # words before the first child are no value
            self.words.extend(line.strip() for line in parent.text.splitlines() if line.strip())
            parent.text = ""
        parent.children.append(element)
        if not element.is_whole:
            self._open.append(element)

    def _close(self, name: str) -> None:
        if all(element.name != name for element in self._open):
            return
        while (element := self._open.pop()).name != name:
            pass
        element.is_whole = True
