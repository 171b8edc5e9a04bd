"""``eidos waiver add``."""

import json
from typing import Annotated

import click

from eidos.engine.app.waiver_editing import add_waiver
from eidos.engine.app.waiver_report import terms_of
from eidos.engine.app.waivers import is_for
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import Clusters, Nodes, Option, takes
from eidos.engine.cli.waiver import WaiverOptions
from eidos.engine.errors import UsageError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatOptions:
    """Which violations are accepted."""

    rule: Annotated[str | None, Option("--rule", "The rule that is violated.", metavar="ID")] = None
    tag: Annotated[
        str | None, Option("--tag", "Every rule with this tag or framework.", metavar="TAG")
    ] = None
    subjects: Annotated[
        tuple[str, ...],
        Option("--subject", "Only these subjects: CLUSTER/NODE or a name.", metavar="GLOB"),
    ] = ()
    clusters: Clusters = ()
    nodes: Nodes = ()
    labels: Annotated[
        tuple[str, ...],
        Option("--label", "Only snapshots or nodes with this label.", metavar="KEY=VALUE"),
    ] = ()
    values: Annotated[
        tuple[str, ...],
        Option("--value", "Only this actual value; JSON, else text.", metavar="VALUE"),
    ] = ()
    least: Annotated[
        str | None, Option("--min", "Only actual values of at least this.", metavar="VALUE")
    ] = None
    most: Annotated[
        str | None, Option("--max", "Only actual values of at most this.", metavar="VALUE")
    ] = None

    def said(self) -> dict[str, Json]:
        """Give it as a file says it."""
        found: dict[str, Json] = {"rule": self.rule, "tag": self.tag, "subjects": self._subjects()}
        values: list[Json] = [_json(each) for each in self.values]
        if values:
            found |= {"value": values[0]} if len(values) == 1 else {"values": values}
        bounds = {"min": self.least, "max": self.most}
        limits: dict[str, Json] = {name: _json(at) for name, at in bounds.items() if at is not None}
        said = {name: value for name, value in found.items() if value or name == "value"}
        return {**said, "range": limits} if limits else said

    def _subjects(self) -> Json:
        labels: dict[str, Json] = {}
        for each in self.labels:
            name, sign, value = each.partition("=")
            if not sign or not name:
                raise UsageError(f"--label {each!r} has no value", hint="Write --label env=prod")
            labels[name] = value
        if not (self.clusters or self.nodes or labels):
            return list(self.subjects)
        parts: dict[str, Json] = {
            "names": list(self.subjects),
            "clusters": list(self.clusters),
            "nodes": list(self.nodes),
            "labels": labels,
        }
        return {name: value for name, value in parts.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantOptions:
    """Who accepts them, why, and for how long."""

    owner: Annotated[
        str, Option("--owner", "Who is responsible for it.", metavar="WHO", required=True)
    ]
    approver: Annotated[str, Option("--approver", "Who allowed it.", metavar="WHO", required=True)]
    reason: Annotated[str, Option("--reason", "Why it is accepted.", metavar="TEXT", required=True)]
    until: Annotated[
        str,
        Option(
            "--until",
            "Last day (inclusive, UTC), an RFC 3339 time, or days from the start: 30d.",
            metavar="TIME|DAYS",
            required=True,
        ),
    ]
    since: Annotated[
        str | None, Option("--from", "First day (UTC) or instant; default: today.", metavar="TIME")
    ] = None
    ticket: Annotated[str | None, Option("--ticket", "Ticket that tracks it.", metavar="TEXT")] = (
        None
    )
    id: Annotated[
        str | None,
        Option("--id", "Id of the waiver; default: made of rule and date.", metavar="NAME"),
    ] = None

    def said(self) -> dict[str, Json]:
        """Give it as a file says it."""
        found: dict[str, Json] = {
            "id": self.id,
            "owner": self.owner,
            "approver": self.approver,
            "reason": self.reason,
            "ticket": self.ticket,
            "from": self.since,
            "until": self.until,
        }
        return {name: value for name, value in found.items() if value is not None}


@click.command()
@takes("files", WaiverOptions)
@takes("what", WhatOptions)
@takes("grant", GrantOptions)
def command(files: WaiverOptions, what: WhatOptions, grant: GrantOptions) -> None:
    """Write a waiver to a file, after checking that it is allowed.

    --waivers names a file, to which the waiver is appended, or a folder (default: waivers/), in
    which it gets its own file. A waiver that 'eidos check' would refuse, or that is already over,
    is refused.
    """
    with open_context(engine=files) as context:
        named, tags = filter(None, [what.rule]), filter(None, [what.tag])
        terms = terms_of(files.rules, context, named, tags)
        found = add_waiver(
            {**what.said(), **grant.said()},
            files.place,
            terms,
            context.clock.now(),
            context.limits,
        )
    waiver = found.waiver
    rules = sum(is_for(waiver, rule) for rule in terms.rules)
    broad = "" if waiver.tag is None else f" ({rules:,} rule{'' if rules == 1 else 's'})"
    console.say(f"written: {waiver.id} in {found.path}: {waiver.about}{broad}, {waiver.holders()}")
    console.say(f"It applies where it is named: eidos check --waivers {files.place} ...")


def _json(text: str) -> Json:
    """Read a value as JSON where it is that, else as the text it is: 580.82.07."""
    try:
        value: Json = json.loads(text)
    except ValueError:
        return text
    return text if isinstance(value, float) and str(value) != text else value
