"""Whether a pack is as it was signed (``eidos policy verify``)."""

from typing import TextIO

from eidos.engine.model.signature import SignatureCheck
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.jsontext import signatory, write_document
from eidos.engine.report.wording import plural


def text(found: SignatureCheck, out: TextIO, _rendering: Rendering) -> None:
    """Write a line for each reason why it does not hold, or who signed how much."""
    lines = [str(each) for each in found.problems]
    hints = dict.fromkeys(each.hint for each in found.problems if each.hint)
    lines += [f"  hint: {hint}" for hint in hints]
    if found.signer is None:
        lines.append(f"{found.place}: not verified")
    elif found.problems:
        lines.append(f"{found.place}: signed by {found.signer}, and not as it was signed")
    else:
        lines.append(f"{found.place}: {plural(found.files, 'file')}, as signed by {found.signer}")
    out.writelines(f"{disarmed(one_line(line))}\n" for line in lines)


def json(found: SignatureCheck, out: TextIO, _rendering: Rendering) -> None:
    """Write everything; ``schemas/signature-check/v1.schema.json`` describes it."""
    write_document(
        out,
        "SignatureCheck",
        place=found.place,
        verified=not found.problems,
        exitCode=int(found.exit_code),
        signer=signatory(found.signer) if found.signer else None,
        files=found.files,
        problems=[{"message": each.message, "hint": each.hint} for each in found.problems],
    )
