"""What a part of the catalog says (``eidos recipe show``)."""

from collections.abc import Iterator
from itertools import groupby
from typing import TextIO

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recipe import Origin, Shown, Statement, found
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.jsontext import short, write_document


def text(shown: Shown, out: TextIO, rendering: Rendering) -> None:
    """Write each statement with file and line; reasons and sources too where that is asked for."""
    origin = shown.origin
    lines = [f"{origin.kind} {origin.name}: {shown.title}  ({_place(shown, origin)})"]
    if shown.bases:
        lines.append(f"on {', '.join(shown.bases)}")
    for (name, section), statements in groupby(
        shown.statements, key=lambda each: (each.origin.name, each.section)
    ):
        owner = "" if name == origin.name else f"  (of {name})"
        lines += ["", f"{section}{owner}"]
        for each in statements:
            lines += _statement(shown, each, verbose=rendering.verbose)
    out.writelines(disarmed(one_line(line)) + "\n" for line in lines)


def _statement(shown: Shown, each: Statement, *, verbose: bool) -> Iterator[str]:
    value = "" if each.value is None else f" = {_value(each.value)}"
    yield f"  {each.what}{value}  ({_place(shown, each.origin)})"
    if verbose:
        reason = each.reason
        said = {"because": reason.because, "source": reason.source, "costs": reason.tradeoff}
        yield from (f"    {word}: {about}" for word, about in said.items() if about)


def _value(value: Json) -> str:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return " | ".join(map(str, value))
    return short(value)


def _place(shown: Shown, origin: Origin) -> str:
    place = found(origin.place, shown.roots)
    return f"{place.file}:{place.line}"


def json(shown: Shown, out: TextIO, _rendering: Rendering) -> None:
    """Write everything; ``schemas/recipe-part/v1.schema.json`` describes it."""
    write_document(
        out,
        "RecipePart",
        part=shown.origin.kind,
        name=shown.origin.name,
        title=shown.title,
        place=_place(shown, shown.origin),
        bases=list(shown.bases),
        statements=[
            {
                "section": each.section,
                "what": each.what,
                "value": each.value,
                "by": f"{each.origin.kind} {each.origin.name}",
                "place": _place(shown, each.origin),
                "because": each.reason.because,
                "source": each.reason.source,
                "tradeoff": each.reason.tradeoff or "",
            }
            for each in shown.statements
        ],
    )
