"""Adding to a YAML or JSON document that people wrote: every other byte of it stays.

What is added goes where it is read as meant, which is proven by reading the whole again; who edits
does that, since only the caller knows what the document is.
"""

from collections.abc import Sequence

import yaml

from eidos.engine.documents.writing import to_json, to_yaml
from eidos.engine.errors import DocumentError, Location
from eidos.engine.model.jsonvalue import Json

_Path = Sequence[str | int]


def with_item(text: str, index: int, path: _Path, item: Json) -> str:
    """Give a text with one more element at the end of a list.

    Args:
        text: one or more documents.
        index: of the document, from 0; such as hold nothing are not counted.
        path: to the list.
        item: the element.

    Raises:
        DocumentError: there is no such list.
    """
    node = _node(text, index, path)
    if not isinstance(node, yaml.SequenceNode):
        raise _nothing(path)
    column: int = node.start_mark.column
    if not node.flow_style:
        return _below(text, node, column + 1, _lines([item], column))
    if node.value:
        return _inside(text, node, _flow(item))
    parent = _node(text, index, path[:-1])
    column = parent.start_mark.column + 2
    if not isinstance(parent, yaml.MappingNode) or parent.flow_style:
        return _inside(text, node, _flow(item), between="")
    start, end = node.start_mark.index, node.end_mark.index
    return f"{text[:start].rstrip(' ')}{_joined(text, _lines([item], column))}{text[end:]}"


def with_key(text: str, index: int, path: _Path, key: str, value: Json) -> str:
    """Give a text with one more key at the end of a map.

    Args:
        text: one or more documents.
        index: of the document, from 0; such as hold nothing are not counted.
        path: to the map, which is not empty and has no such key.
        key: what is new.
        value: what it says.

    Raises:
        DocumentError: there is no such map.
    """
    node = _node(text, index, path)
    if not isinstance(node, yaml.MappingNode):
        raise _nothing(path)
    if node.flow_style:
        return _inside(text, node, f"{_flow(key)}: {_flow(value)}")
    column = node.start_mark.column
    return _below(text, node, column, _lines({key: value}, column))


def _node(text: str, index: int, path: _Path) -> yaml.Node:
    """Give the node of a path, with its places in the text."""
    try:
        every = yaml.compose_all(text, yaml.SafeLoader)
        node: yaml.Node = [each for each in every if isinstance(each, yaml.CollectionNode)][index]
        for step in path:
            node = node.value[step] if isinstance(step, int) else _value(node, step)
    except (yaml.YAMLError, IndexError, KeyError, TypeError) as error:
        raise _nothing(path) from error
    return node


def _value(node: yaml.Node, key: str) -> yaml.Node:
    values: dict[str, yaml.Node] = {name.value: value for name, value in node.value}
    return values[key]


def _nothing(path: _Path) -> DocumentError:
    where = Location("", path=".".join(map(str, path)))
    return DocumentError("there is nothing here that could be added to", location=where)


def _lines(value: Json, column: int) -> list[str]:
    return [" " * column + line for line in to_yaml(value).splitlines()]


def _flow(value: Json) -> str:
    """Write JSON, which is YAML too, on one line."""
    return " ".join(line.strip() for line in to_json(value).splitlines())


def _inside(text: str, node: yaml.Node, added: str, between: str = ", ") -> str:
    """Add to a list or map in braces, before the last of them."""
    end = node.end_mark.index - 1
    last = len(text[:end].rstrip())
    return f"{text[:last]}{between}{added}{text[last:]}"


def _below(text: str, node: yaml.Node, column: int, lines: Sequence[str]) -> str:
    """Add lines after the last line of a node, and the remarks below it that are indented so."""
    end = text.find("\n", len(text[: _end(node)].rstrip()))
    while end != -1 and _is_remark(line := text[end + 1 :].partition("\n")[0], column):
        following = end + 1 + len(line)
        end = following if following < len(text) else -1
    head, tail = (text, "") if end == -1 else (text[:end], text[end:])
    if head.endswith("\r"):
        head, tail = head[:-1], f"\r{tail}"
    if not tail:
        head, tail = head.rstrip("\r\n"), _break(text)
    return f"{head}{_joined(text, lines)}{tail}"


def _end(node: yaml.Node) -> int:
    """Give where the last text of a node ends; the end of a block is after what follows it."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        return max((_end(part) for pair in node.value for part in pair), default=0)
    if isinstance(node, yaml.SequenceNode) and not node.flow_style:
        return max(map(_end, node.value), default=0)
    end: int = node.end_mark.index
    return end


def _is_remark(line: str, column: int) -> bool:
    bare = line.lstrip(" ")
    return bare.startswith("#") and len(line) - len(bare) >= column


def _joined(text: str, lines: Sequence[str]) -> str:
    return "".join(f"{_break(text)}{line}" for line in lines)


def _break(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
