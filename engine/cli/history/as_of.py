"""``eidos history as-of``."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import click

from eidos.engine.app.as_of import AsOfRequest, as_of
from eidos.engine.app.past import MAX_AGE
from eidos.engine.cli import console
from eidos.engine.cli.opening import asked_window, open_context, policy_request, tell_relaxations
from eidos.engine.cli.options import (
    UNTIL,
    Clusters,
    Color,
    Database,
    Instant,
    JudgingOptions,
    Nodes,
    Option,
    PolicyOptions,
    SightAge,
    Verbose,
    WindowOptions,
    given,
    takes,
    writes,
)
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import AS_OF


class _RuleTime(Instant):
    """``same``, ``now`` or a time."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:  # noqa: ANN401 -- click's signature
        """Read the option's text."""
        return value if value in {"same", "now"} else super().convert(value, param, ctx)


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOfOptions:
    """What is asked about, and by which clock of the rules."""

    clusters: Clusters = ()
    nodes: Nodes = ()
    effective_time: Annotated[
        datetime | Literal["same", "now"],
        Option(
            "--effective-time",
            "Rule time. same: recorded rules and waivers, at TIME; now: those here; a time: "
            "those recorded by then.",
            metavar="same|now|TIME",
            type=_RuleTime(),
        ),
    ] = "same"
    max_age: SightAge = MAX_AGE.total_seconds()
    db: Database
    verbose: Verbose = False
    color: Color = "auto"


@click.command()
@click.argument("moment", metavar="TIME", type=UNTIL)
@takes("asked", AsOfOptions)
@takes("policy", JudgingOptions)
@writes(AS_OF)
def command(
    moment: datetime | timedelta,
    asked: AsOfOptions,
    policy: JudgingOptions,
    outputs: tuple[str, ...],
) -> int:
    """Check the last state seen by TIME, with the rules and waivers of then or of now.

    TIME is a date (its end, UTC), RFC 3339 with a zone, or a span before now: 2026-03-31, 7d. With
    --pack, the rules are those of the pack, at the rule time. Of a cluster that nobody had looked
    at for longer than --max-age by TIME, everything is unknown. Nothing is recorded. Exit codes are
    those of check: 0 passed, 1 failed, 2 no answer, 3 incomplete.
    """
    chosen = parse_outputs(outputs, AS_OF)
    options = {name: getattr(policy, name) for name in asdict(policy)}
    judged = PolicyOptions(**options, effective_time=None)
    request = policy_request(judged, tell_relaxations(outputs=chosen))
    with open_context(asked.db, judged) as context:
        about = WindowOptions(
            clusters=asked.clusters, nodes=asked.nodes, rules=policy.rules, until=moment
        )
        window = asked_window(about, context.clock.now())
        ask = AsOfRequest(
            asked=window,
            effective=asked.effective_time,
            policy=request,
            is_pack_named="policy_packs" in given(click.get_current_context()),
            max_age=timedelta(seconds=asked.max_age),
        )
        report = as_of(ask, context)
    look = console.rendering(asked.color, verbose=asked.verbose)
    console.show(AS_OF, report, chosen, look)
    return report.exit_code
