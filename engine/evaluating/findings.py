"""What a Rego rule returned, as findings.

``deny`` is a set of messages or objects by custom. Other shapes occur in the wild: what says that
something is wrong in any shape is a finding; what cannot be understood is an error, never silence.
"""

from collections.abc import Iterator, Mapping

from eidos.engine.digest import canonical
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.verdict import Finding
from eidos.engine.ports import Undefined


class NotAFindingError(ValueError):
    """A rule returned something that is no message and no object with ``msg``."""


def findings(value: Json | Undefined, level: str, title: str) -> Iterator[Finding]:
    """Give the findings in the value of a ``deny``, ``violation`` or ``warn`` rule.

    Args:
        value: what the engine returned.
        level: the kind of rule it came from.
        title: what to say when the value is only ``true``.

    Raises:
        NotAFindingError: the value cannot be understood.
    """
    if isinstance(value, Undefined) or value is None or value is False:
        return
    if value is True:
        yield Finding(title, level)
    elif isinstance(value, list):
        for entry in value:
            yield _finding(entry, level)
    else:
        yield _finding(value, level)


def _finding(value: Json, level: str) -> Finding:
    if isinstance(value, str):
        return Finding(value, level)
    if isinstance(value, Mapping) and isinstance(value.get("msg"), str):
        return Finding(
            msg=str(value["msg"]),
            level=level,
            path=_text(value.get("path")),
            actual=value.get("actual"),
            expected=value.get("expected"),
            fix=_text(value.get("fix")),
        )
    shown = canonical(value)[:200].decode(errors="replace")
    raise NotAFindingError(f"a finding is a message or an object with 'msg', not {shown}")


def _text(value: Json) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return canonical(value).decode()


def in_order(found: list[Finding]) -> tuple[Finding, ...]:
    """Sort findings so that the same set always reads the same."""
    return tuple(
        sorted(found, key=lambda finding: (finding.level, finding.path or "", finding.msg))
    )
