"""METADATA comment blocks: what a module says about its package and rules.

The engine does not read them, so they are found here, as OPA defines them: a comment line
``# METADATA``, the comment lines that follow without a gap are YAML, and they speak about the next
package or rule.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import field

import yaml

from eidos.engine.errors import Location, PolicyError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Module
from eidos.engine.records import dataclass
from eidos.engine.rego.syntax import OPAQUE

_START = re.compile(r"#\s*METADATA\s*")
_SUBJECT = re.compile(
    r"(?P<package>package)\b|(?P<import>import)\b"
    r'|(?:default\s+)?(?P<rule>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\["[^"]*"\])*)'
)
_SCOPES = ("rule", "document", "package", "subpackages")


@dataclass(frozen=True, slots=True)
class Annotation:
    """One METADATA block."""

    line: int
    """Of ``# METADATA``, counted from 1."""
    scope: str
    """``package``, ``subpackages``, ``rule`` or ``document``."""
    rule: str | None
    """Name of the rule that it speaks about; None for a package."""
    value: dict[str, Json]
    """What it says."""
    text: str = field(default="", repr=False, compare=False)
    """Its YAML, as it stands below ``# METADATA`` without the ``#``."""

    def place(self, path: Sequence[str | int]) -> tuple[int, int]:
        """Give line and column, counted from 1, of the key or entry that a path leads to.

        Args:
            path: keys and numbers of entries, from the top; followed as far as it leads.
        """
        node: yaml.Node | None = yaml.compose(self.text, Loader=yaml.CSafeLoader)
        mark = None
        for step in path:
            mark, node = _step(node, step, mark)
        if mark is None:
            return self.line, 1
        return self.line + 1 + mark.line, mark.column + 2  # the first stands behind the '#'


def _step(
    node: yaml.Node | None, step: str | int, mark: yaml.Mark | None
) -> tuple[yaml.Mark | None, yaml.Node | None]:
    """Give where a step leads to; the place so far where it leads nowhere."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return key.start_mark, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark, node.value[step]
    return mark, None


@dataclass(frozen=True, slots=True)
class _Block:
    line: int
    text: str
    end: int
    """Offset behind its last line."""


def read_annotations(module: Module) -> list[Annotation]:
    """Give the METADATA blocks of a module in the order of its text.

    Raises:
        PolicyError: a block is not a YAML mapping, says a scope that there is not, or stands before
            nothing; names the line.
    """
    if "METADATA" not in module.source:
        return []
    return [_annotation(module, block) for block in _blocks(module.source)]


def _blocks(source: str) -> Iterator[_Block]:
    """Find blocks among the comments that stand alone on their line."""
    lines: list[str] = []
    first = last = end = 0
    for comment in _comments(source):
        number = source.count("\n", 0, comment.start()) + 1
        if lines and number == last + 1:
            lines.append(comment[0])
        elif lines:
            yield _Block(first, _yaml(lines), end)
            lines = []
        if not lines and _START.fullmatch(comment[0]):
            lines, first = [comment[0]], number
        last, end = number, comment.end()
    if lines:
        yield _Block(first, _yaml(lines), end)


def _comments(source: str) -> Iterator[re.Match[str]]:
    for match in OPAQUE.finditer(source):
        if match[0].startswith("#") and not _line_head(source, match.start()).strip():
            yield match


def _line_head(source: str, position: int) -> str:
    return source[source.rfind("\n", 0, position) + 1 : position]


def _yaml(lines: list[str]) -> str:
    return "\n".join(line.removeprefix("#").removesuffix("\r") for line in lines[1:])


def _annotation(module: Module, block: _Block) -> Annotation:
    value = _parse(module, block)
    subject = _subject(module, block)
    rule = subject["rule"]
    scope = value.get("scope", "rule" if rule else "package")
    if scope not in _SCOPES:
        raise _error(module, block.line, f"METADATA has no scope {scope!r}", "Scopes: " + _NAMES)
    return Annotation(block.line, str(scope), rule, value, block.text)


_NAMES = ", ".join(_SCOPES) + "."


def _subject(module: Module, block: _Block) -> re.Match[str]:
    position = block.end
    for opaque in OPAQUE.finditer(module.source, position):
        if module.source[position : opaque.start()].strip() or not opaque[0].startswith("#"):
            break
        position = opaque.end()
    while module.source[position : position + 1].isspace():
        position += 1
    subject = _SUBJECT.match(module.source, position)
    if subject is None or subject["import"]:
        hint = "Put it right above the package line or the rule that it describes."
        raise _error(module, block.line, "METADATA stands before no package or rule", hint)
    return subject


class _AliasError(Exception):
    """An alias could blow up a few lines to gigabytes."""


class _Loader(yaml.CSafeLoader):
    """Refuses what would be lost or blow up; dates stay text, since JSON has none."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Json]:
    mapping: dict[str, Json] = {}
    for key_node, value_node in node.value:
        key = key_node.value
        if not isinstance(key_node, yaml.ScalarNode) or key in mapping:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!r} is there twice or is no text", key_node.start_mark
            )
        mapping[key] = loader.construct_object(value_node, deep=True)
    return mapping


def _text(_: _Loader, node: yaml.ScalarNode) -> str:
    return str(node.value)


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _text)
for _foreign in ("binary", "set", "omap", "pairs"):
    _Loader.yaml_constructors.pop(f"tag:yaml.org,2002:{_foreign}")


def _parse(module: Module, block: _Block) -> dict[str, Json]:
    hint = (
        "The comment lines under # METADATA are YAML: put quotes around what holds brackets or a "
        """colon, as in requires: ['os.sysctl["/proc/sys/vm/swappiness"]']."""
    )
    try:
        _refuse_aliases(block.text)
        value = yaml.load(block.text, Loader=_Loader)  # noqa: S506 -- a safe loader with fewer powers
    except _AliasError as error:
        raise _error(module, block.line, "METADATA uses an alias", "Write it out.") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = block.line + 1 + (mark.line if mark else 0)
        raise _error(module, line, f"METADATA is not YAML: {error.problem}", hint) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _error(module, block.line, "METADATA is not YAML", hint) from error
    if not isinstance(value, dict):
        raise _error(module, block.line, "METADATA is not a mapping", hint)
    return value


def _refuse_aliases(text: str) -> None:
    if "*" in text:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise _AliasError


def _error(module: Module, line: int, message: str, hint: str) -> PolicyError:
    return PolicyError(message, hint=hint, location=Location(module.file, line))
