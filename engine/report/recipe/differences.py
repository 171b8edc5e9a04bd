"""What would change with a recipe (``eidos recipe diff``)."""

from collections.abc import Iterator
from typing import TextIO

from eidos.engine.model.recipe import Difference, RecipeDifferences
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.jsontext import short, write_document


def text(found: RecipeDifferences, out: TextIO, _rendering: Rendering) -> None:
    """Write a line for each difference: ``+`` comes, ``-`` goes, ``~`` changes, ``?`` unknown."""
    lines = [line for each in found.differences for line in _lines(each)]
    lines += [f"? {each}" for each in found.unknown]
    count = len(found.differences)
    lines.append(f"{count} difference{'' if count == 1 else 's'} from {found.before}")
    out.writelines(disarmed(one_line(line)) + "\n" for line in lines)


def _lines(each: Difference) -> Iterator[str]:
    if each.said:
        yield f"~ {each.said}"
    elif each.before is None:
        yield f"+ {each.path}" + _unless_said(each, short(each.after))
    elif each.after is None:
        yield f"- {each.path}" + _unless_said(each, short(each.before))
    else:
        yield f"~ {each.path}: {short(each.before)} → {short(each.after)}"


def _unless_said(each: Difference, value: str) -> str:
    """A constraint's path says it all."""
    return "" if each.path.endswith(value) else f" = {value}"


def json(found: RecipeDifferences, out: TextIO, _rendering: Rendering) -> None:
    """Write everything; ``schemas/recipe-diff/v1.schema.json`` describes it."""
    write_document(
        out,
        "RecipeDiff",
        before=found.before,
        after=found.after,
        differences=[
            {"path": each.path, "before": each.before, "after": each.after, "said": each.said}
            for each in found.differences
        ],
        unknown=list(found.unknown),
    )
