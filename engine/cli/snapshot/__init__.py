"""``eidos snapshot``: collect; ``convert`` and ``merge`` are its own files."""

import os
from pathlib import Path
from typing import Annotated, Any

import click
from click.core import ParameterSource

from eidos.engine.app.context import SystemClock
from eidos.engine.app.snapshot import Request, is_incomplete, local_node_name, take_snapshot
from eidos.engine.app.tally import Tally
from eidos.engine.cli import LazyGroup, progress
from eidos.engine.cli.options import (
    Database,
    DocumentOptions,
    Option,
    PolicyOptions,
    configured_settings,
    takes,
)
from eidos.engine.cli.snapshot.printing import say_collection, say_origin, write_snapshot_to
from eidos.engine.collecting.filtering import Filter
from eidos.engine.errors import ExitCode, UsageError
from eidos.engine.model.snapshot import Snapshot
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import document_output


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectOptions:
    """What is collected, from where, and how it is called."""

    dialect: Annotated[
        str | None, Option("--dialect", "Dialect to write.", metavar="APIVERSION")
    ] = None
    cluster: Annotated[str | None, Option(setting="snapshot.cluster")]
    labels: Annotated[tuple[str, ...], Option(setting="snapshot.labels")]
    node: Annotated[
        str | None, Option("--node", "Name of this machine; default: NODE_NAME, or its host name.")
    ] = None
    only: Annotated[tuple[str, ...], Option(setting="snapshot.filter")]
    exclude: Annotated[tuple[str, ...], Option(setting="snapshot.exclude")]
    no_cluster: Annotated[
        bool, Option("--no-cluster", "Do not collect from the Kubernetes API.", relaxes=True)
    ] = False
    no_local: Annotated[
        bool, Option("--no-local", "Do not collect from this machine.", relaxes=True)
    ] = False
    root: Annotated[Path, Option(setting="snapshot.root")]
    kubeconfig: Annotated[str | None, Option(setting="snapshot.kubeconfig")]
    context: Annotated[str | None, Option(setting="snapshot.context")]
    timeout: Annotated[float, Option(setting="snapshot.timeout")]
    collector_timeout: Annotated[
        float | None,
        Option("--collector-timeout", "For each collector; default: 60s or 2m.", relaxes=True),
    ] = None
    cache_ttl: Annotated[float, Option(setting="snapshot.cache-ttl")]
    no_cache: Annotated[
        bool, Option("--no-cache", "Do not use the cache, and do not write to it.")
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchOptions:
    """How often to look again, and who is told."""

    watch: Annotated[
        bool, Option("--watch", "Keep collecting; print one JSON line per change.")
    ] = False
    interval: Annotated[float, Option("--interval", "Time between two collections.")] = 30.0
    on_change: Annotated[
        str | None,
        Option(
            "--on-change",
            "Program to run on each change; gets the patch on standard input.",
            metavar="CMD",
        ),
    ] = None
    hook_timeout: Annotated[
        float, Option("--hook-timeout", "Time limit for the --on-change program.")
    ] = 30.0
    check: Annotated[bool, Option("--check", "Check each new state.")] = False
    record: Annotated[bool, Option("--record", "Check each new state and record the run.")] = False
    db: Database

    @property
    def judges(self) -> bool:
        """Whether each new state is judged."""
        return self.check or self.record


@click.group(
    cls=LazyGroup,
    package="eidos.engine.cli.snapshot",
    verbs={
        "convert": "Write a snapshot in another dialect.",
        "merge": "Join the snapshots of many nodes.",
    },
    invoke_without_command=True,
)
@takes("place", DocumentOptions)
@takes("asked", CollectOptions)
@takes("watching", WatchOptions)
@takes("policy", PolicyOptions)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    place: DocumentOptions,
    asked: CollectOptions,
    watching: WatchOptions,
    policy: PolicyOptions,
) -> int | None:
    """Collect facts about this machine and its cluster.

    Exit codes: 0 all that is there was collected, 2 no answer, 3 incomplete (a collector failed or
    collected only a part, or nothing was there to collect).
    """
    if ctx.invoked_subcommand is not None:
        return None
    _refuse_alone(ctx, watching)
    wanted = request(asked)
    document_output(place.output, place.form)  # tried before anything is collected
    if watching.watch:
        from eidos.engine.cli.snapshot.watching import watch_and_tell

        write = lambda state: write_snapshot_to(state, place, asked.dialect)  # noqa: E731
        return watch_and_tell(wanted, watching, policy, None if place.output == "-" else write)
    with progress.shown("collecting", Tally()):
        snapshot = _snapshot(wanted, asked)
    write_snapshot_to(snapshot, place, asked.dialect)
    say_collection(snapshot)
    return ExitCode.INCOMPLETE if is_incomplete(snapshot) else ExitCode.OK


def _snapshot(wanted: Request, asked: CollectOptions) -> Snapshot:
    if asked.no_cache or asked.cache_ttl <= 0:
        return take_snapshot(wanted, SystemClock().now())
    from eidos.engine.app.cache import cached_snapshot, user_cache

    taken = cached_snapshot(wanted, user_cache(os.environ), asked.cache_ttl)
    say_origin(taken)
    return taken.snapshot


def _refuse_alone(ctx: click.Context, watching: WatchOptions) -> None:
    """Refuse options that mean something only together with others.

    Raises:
        UsageError: one of them is given alone; to leave it out in silence would be no answer.
    """
    if watching.interval <= 0:
        raise UsageError(
            "--interval 0 would collect without a pause", hint="Write a span of time: 30s, 5m."
        )
    for flag, given in (
        ("--on-change", watching.on_change),
        ("--check", watching.check),
        ("--record", watching.record),
    ):
        if given and not watching.watch:
            raise UsageError(f"{flag} is for --watch", hint="To judge one snapshot: eidos check.")
    for option in ctx.command.params:
        name = option.name or ""
        said = ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if name.startswith("policy_") and said and not watching.judges:
            raise UsageError(
                f"{max(option.opts, key=len)} applies to checks, and no check is asked for",
                hint="Add --watch --check, or judge the snapshot with eidos check.",
            )


def request(asked: CollectOptions) -> Request:
    """Turn options into what is asked of the application.

    Raises:
        UsageError: a label is not ``key=value``, a name is no text, or the root is no folder.
    """
    settings = configured_settings()
    _refuse_bytes(asked.cluster or "", asked.node or "", *asked.labels)
    if not asked.root.is_dir():
        raise UsageError(f"the root {str(asked.root)!r} is not a folder")
    node = local_node_name(asked.root, os.environ) if asked.node is None else asked.node
    _refuse_node(node)
    skip = {"cluster": "--no-cluster"} if asked.no_cluster else {}
    skip |= {"local": "--no-local"} if asked.no_local else {}
    return Request(
        node=node,
        root=asked.root,
        cluster=asked.cluster,
        labels=dict(_label(text) for text in asked.labels),
        filter=Filter(
            _names("--filter", asked.only),
            _names("--exclude", asked.exclude),
            skip=skip,
            extra={"SystemD": settings.snapshot.units},
        ),
        timeout=asked.timeout,
        collector_timeout=asked.collector_timeout,
        options=_collector_options(asked, settings.snapshot.properties),
        redact_keys=settings.redact,
        redact_values=settings.redact_text,
    )


def _refuse_bytes(*values: str) -> None:
    for value in values:
        try:
            value.encode()
        except UnicodeEncodeError:
            raise UsageError(
                f"{value!a} is not text in UTF-8",
                hint="Documents are UTF-8, whatever encoding the terminal has.",
            ) from None


def _refuse_node(name: str) -> None:
    """Refuse what cannot be a node's name: reports say CLUSTER/NODE, and so do waivers."""
    if not name or "/" in name or any(character.isspace() for character in name):
        raise UsageError(
            f"{name!r} cannot be the name of a node: it is empty, or has a slash or a space",
            hint="Give with --node, or in NODE_NAME, the name that 'kubectl get nodes' shows.",
        )


def _names(flag: str, values: tuple[str, ...]) -> tuple[str, ...]:
    """Give the names between commas; a value without any, as of an unset variable, is refused."""
    for value in values:
        if not value.replace(",", "").strip():
            raise UsageError(
                f"{flag} {value!r} names nothing", hint=f"Leave {flag} out, or write gpu,os.sysctl."
            )
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def _label(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise UsageError(f"the label {text!r} is not KEY=VALUE")
    return key, value


def _collector_options(
    asked: CollectOptions, properties: tuple[str, ...]
) -> dict[str, dict[str, Any]]:
    named = {"kubeconfig": asked.kubeconfig, "context": asked.context}
    cluster = {name: value for name, value in named.items() if value}
    return {"K8s": cluster, "NodeTopology": cluster, "SystemD": {"properties": list(properties)}}
