"""Reports of eidos as Acme's operators read them.

What comes in is what ``-o json`` writes: ``schemas/report/v1``, ``schemas/drift/v1``.
Whatever a snapshot says in it is data, so every text is escaped.
"""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any


def page(report: Mapping[str, Any]) -> str:
    """Write a page with a row for each verdict that closes the gate."""
    rows = "\n".join(_rows(report)) or '<tr><td colspan="4">nothing</td></tr>'
    decision = escape(report["decision"])
    by = escape(report["metadata"]["generator"])
    return f"""\
<!doctype html>
<meta charset="utf-8">
<title>Gate: {decision}</title>
<h1>Gate: {decision}</h1>
<table>
<tr><th>Subject<th>Rule<th>Severity<th>What is wrong</tr>
{rows}
</table>
<p>{by}, run {escape(report["metadata"]["run"])}</p>
"""


def _rows(report: Mapping[str, Any]) -> Iterator[str]:
    for subject in report["subjects"]:
        for verdict in subject["verdicts"]:
            if verdict["blocks"]:
                said = [finding["msg"] for finding in verdict["findings"]]
                cells = (
                    subject["identity"],
                    verdict["rule"],
                    verdict["severity"],
                    "; ".join(said) or verdict.get("reason", verdict["status"]),
                )
                yield f"<tr>{''.join(f'<td>{escape(each)}' for each in cells)}</tr>"


def line(drift: Mapping[str, Any]) -> str:
    """Write one line: what was compared, and how much of it changed."""
    names = f"{drift['baseline']['name']} -> {drift['current']['name']}"
    return f"{names}: {drift['summary']['changes']} changes\n"
