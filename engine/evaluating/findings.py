"""What a Rego rule returned, as findings.

``deny`` is a set of messages or objects by custom. Other shapes occur in the wild: what says that
something is wrong in any shape is a finding; what cannot be understood is an error, never silence.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from eidos.engine.digest import canonical
from eidos.engine.model.facts import join_path, split_path
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import EXCLUDE, SELECTING
from eidos.engine.model.secrets import masked
from eidos.engine.model.verdict import Finding
from eidos.engine.ports import Undefined
from eidos.engine.redacting import without_secrets


class NotAFindingError(ValueError):
    """A rule returned something that is no message and no object with ``msg``."""


def findings(value: Json | Undefined, level: str, title: str) -> Iterator[Finding]:
    """Give the findings in the value of a ``deny``, ``violation`` or ``warn`` rule.

    Args:
        value: what the engine returned.
        level: the kind of rule it came from.
        title: what to say when the value is only ``true``, or an empty message.

    Raises:
        NotAFindingError: the value cannot be understood.
    """
    if isinstance(value, Undefined) or value is False:
        return
    if value is True:
        yield Finding(title, level)
    elif isinstance(value, list):
        for entry in value:
            yield _finding(entry, level, title)
    else:
        yield _finding(value, level, title)


def _finding(value: Json, level: str, title: str) -> Finding:
    # A rule sees its document whole; what it repeats of it goes to reports and is remembered.
    if isinstance(value, str):
        return Finding(_said(value, title), level)
    if level in SELECTING:
        value = _selecting(value, level)
    if isinstance(value, Mapping) and isinstance(value.get("msg"), str):
        return Finding(
            msg=_said(str(value["msg"]), title),
            level=level,
            path=_text(value.get("path")),
            actual=without_secrets(value.get("actual", value.get("details") or None)),
            expected=without_secrets(value.get("expected")),
            fix=_text(value.get("fix")),
            key=_text(value.get("key")),
        )
    shown = canonical(without_secrets(value))[:200].decode(errors="replace")
    raise NotAFindingError(f"a finding is a message or an object with 'msg', not {shown}")


def _said(message: str, title: str) -> str:
    return masked(message, prose=True) if message.strip() else title


def _selecting(value: Json, level: str) -> Json:
    """Give what a rule selects in the form of a finding: what it names is its key.

    ``{dimension: service, value: eks}`` has the key ``service`` and expects ``eks``, and
    ``{overlay: NAME}`` has that name for its key.
    """
    needed = ("overlay",) if level == EXCLUDE else ("dimension", "value")
    if not isinstance(value, Mapping) or not all(isinstance(value.get(k), str) for k in needed):
        shown = canonical(value)[:200].decode(errors="replace")
        raise NotAFindingError(f"{level} has objects with msg, {' and '.join(needed)}, not {shown}")
    return {**value, "key": value[needed[0]], "expected": value.get("value")}


def _text(value: Json) -> str | None:
    if value is None or isinstance(value, str):
        return value and masked(value, prose=True)
    return canonical(without_secrets(value)).decode()


_NAMES = ("name", "uuid", "id", "device", "key")
"""Keys by which a thing in a list says who it is, the first that it has."""


def keyed(finding: Finding, facts: Json) -> Finding:
    """Give a finding its key where the rule gave none: the names along its path.

    Args:
        finding: what a rule said.
        facts: the input it was said of; where its path leads through no named thing of a list,
            the path itself is identity enough.
    """
    if finding.key is not None or finding.path is None:
        return finding
    try:
        segments = split_path(finding.path.removeprefix("$"))
    except ValueError:  # a rule may write what it likes
        return finding
    named = [_named(segment, facts, segments[:at]) for at, segment in enumerate(segments)]
    if all(each is None for each in named):
        return finding
    steps = (name or segment for name, segment in zip(named, segments, strict=True))
    return replace(finding, key=join_path(steps))


def _named(segment: str | int, facts: Json, before: tuple[str | int, ...]) -> str | None:
    """Give the name of an entry of a list; None for what is no such entry."""
    if not isinstance(segment, int):
        return None
    for step in (*before, segment):
        if isinstance(facts, Mapping) and step in facts:
            facts = facts[str(step)]
        elif isinstance(facts, list) and isinstance(step, int) and step < len(facts):
            facts = facts[step]
        else:
            return None
    names = (facts.get(name) for name in _NAMES) if isinstance(facts, Mapping) else ()
    return next((name for name in names if isinstance(name, str) and name), None)


def in_order(found: list[Finding]) -> tuple[Finding, ...]:
    """Sort findings so that the same set always reads the same."""
    return tuple(
        sorted(found, key=lambda each: (each.level, each.path or "", each.msg, each.key or ""))
    )
