"""What a registry, a layout or a bucket holds (``eidos bundle list``)."""

from typing import TextIO

from eidos.engine.model.artifact import Listing, Tagged
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line, shortened
from eidos.engine.report.jsontext import known, write_document

_TITLE = "org.opencontainers.image.title"
_SHOWN = 80
"""Characters of what others wrote."""


def text(found: Listing, out: TextIO, _rendering: Rendering) -> None:
    """Write a line for each: tag, digest, what it says of itself, what refers to it."""
    width = max((len(each.tag) for each in found.artifacts), default=0)
    for each in found.artifacts:
        line = "  ".join(part for part in (each.tag.ljust(width), each.digest, _said(each)) if part)
        out.write(f"{disarmed(one_line(line))}\n")
    count = "1 artifact" if len(found.artifacts) == 1 else f"{len(found.artifacts)} artifacts"
    tags = "1 tag" if found.others == 1 else f"{found.others} tags"
    others = f", and {tags} of something else" if found.others else ""
    place = f"{found.place} ({found.origin})" if found.origin else found.place
    out.write(f"{disarmed(one_line(place))}: {count}{others}\n")


def _said(each: Tagged) -> str:
    title = shortened(each.annotations.get(_TITLE, ""), _SHOWN)
    gate = each.annotations.get("dev.eidos.bundle.gate")
    decision = each.annotations.get("dev.eidos.bundle.decision", "")
    gated = f"gate {shortened(gate, _SHOWN)}: {shortened(decision, _SHOWN)}" if gate else ""
    kinds = ", ".join(sorted({shortened(kind, _SHOWN) for kind in each.referrers}))
    return "  ".join(part for part in (title, gated, kinds and f"+ {kinds}") if part)


def json(found: Listing, out: TextIO, _rendering: Rendering) -> None:
    """Write everything; ``schemas/artifacts/v1.schema.json`` describes it."""
    write_document(
        out,
        "ArtifactList",
        place=found.place,
        **known(origin=found.origin),
        artifacts=[
            {
                "tag": each.tag,
                "digest": each.digest,
                "artifactType": each.artifact_type,
                "annotations": dict(sorted(each.annotations.items())),
                "referrers": list(each.referrers),
            }
            for each in found.artifacts
        ],
        others=found.others,
    )
