"""``eidos snapshot``: collect; ``convert`` and ``merge`` are its own files."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from eidos.engine.app.snapshot import Request, is_incomplete, local_node_name, take_snapshot
from eidos.engine.cli import LazyGroup
from eidos.engine.cli.options import Duration
from eidos.engine.cli.snapshot.printing import say_collection, say_origin, write_snapshot_to
from eidos.engine.collecting.filtering import Filter
from eidos.engine.errors import ExitCode, UsageError
from eidos.engine.model.snapshot import Snapshot

if TYPE_CHECKING:
    from eidos.engine.config.settings import Settings


@click.group(
    cls=LazyGroup,
    package="eidos.engine.cli.snapshot",
    verbs={
        "convert": "Write a snapshot in another dialect.",
        "merge": "Join the snapshots of many nodes.",
    },
    invoke_without_command=True,
)
@click.option("-o", "--output", default="-", metavar="FILE|-", help="Where to write.")
@click.option(
    "--format", "form", type=click.Choice(["yaml", "json", "table"]), help="How to write."
)
@click.option("--dialect", metavar="APIVERSION", help="Write an older dialect.")
@click.option("--cluster", help="Name of the cluster.")
@click.option("--label", "labels", multiple=True, metavar="KEY=VALUE", help="Say more about it.")
@click.option("--node", help="Name of this machine; default: NODE_NAME, or its host name.")
@click.option(
    "--filter", "only", multiple=True, metavar="NAMES", help="Collect only: gpu,os.sysctl"
)
@click.option("--exclude", multiple=True, metavar="NAMES", help="Do not collect: k8s,os.sys*")
@click.option("--no-cluster", is_flag=True, help="Do not ask the Kubernetes API.")
@click.option("--no-local", is_flag=True, help="Do not look at this machine.")
@click.option("--root", type=click.Path(path_type=Path), default="/", help="File system to read.")
@click.option("--kubeconfig", type=click.Path(), help="How to reach the cluster.")
@click.option("--context", help="Which context of the kubeconfig.")
@click.option("--timeout", type=Duration(), default="5m", help="For the whole run.")
@click.option(
    "--collector-timeout", type=Duration(), help="For each collector; default: 60s or 2m."
)
@click.option("--cache-ttl", type=Duration(), default="5m", help="How old a kept snapshot may be.")
@click.option("--no-cache", is_flag=True, help="Collect anew, and keep nothing.")
@click.option("--watch", is_flag=True, help="Look again and again; one JSON line a change.")
@click.option("--interval", type=Duration(), default="30s", help="Between two looks.")
@click.option("--on-change", metavar="CMD", help="Program that gets the patch on standard input.")
@click.option("--hook-timeout", type=Duration(), default="30s", help="For that program.")
@click.option("--check", is_flag=True, help="Judge each new state.")
@click.option("--record", is_flag=True, help="Judge each new state and record it.")
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> int | None:  # noqa: ANN401 -- click's own types
    """Collect facts about this machine and its cluster.

    Exit codes: 0 everything that could be looked at was, 2 no answer, 3 incomplete (a collector
    failed or gave only a part).
    """
    if ctx.invoked_subcommand is not None:
        return None
    settings = (ctx.obj or {}).get("settings")
    asked = request(options, settings)
    if options["watch"]:
        from eidos.engine.cli.snapshot.watching import watch_and_tell

        return watch_and_tell(asked, options, settings)
    refuse_alone(options)
    snapshot = _snapshot(asked, options)
    write_snapshot_to(snapshot, options["output"], options["form"], options["dialect"])
    say_collection(snapshot, sys.stderr)
    return ExitCode.INCOMPLETE if is_incomplete(snapshot) else ExitCode.OK


def _snapshot(asked: Request, options: dict[str, Any]) -> Snapshot:
    ttl: float = options["cache_ttl"]
    if options["no_cache"] or ttl <= 0:
        return take_snapshot(asked, datetime.now(UTC))
    from eidos.engine.app.cache import cached_snapshot, user_cache

    taken = cached_snapshot(asked, user_cache(os.environ), ttl)
    say_origin(taken, sys.stderr)
    return taken.snapshot


def refuse_alone(options: dict[str, Any]) -> None:
    """Refuse options that only mean something together with ``--watch``.

    Raises:
        UsageError: one of them is given.
    """
    for name in ("on_change", "check", "record"):
        if options[name]:
            flag = "--" + name.replace("_", "-")
            raise UsageError(f"{flag} is for --watch", hint="To judge one snapshot: eidos check.")


def request(options: dict[str, Any], settings: "Settings | None") -> Request:
    """Turn options into what is asked of the application.

    Raises:
        UsageError: a label is not ``key=value``, a name is no text, or the root is no folder.
    """
    _refuse_bytes(options["cluster"] or "", options["node"] or "", *options["labels"])
    root: Path = options["root"]
    if not root.is_dir():
        raise UsageError(f"the root {str(root)!r} is not a folder")
    skip = {
        kind: flag
        for kind, flag in (("cluster", "--no-cluster"), ("local", "--no-local"))
        if options[flag[2:].replace("-", "_")]
    }
    return Request(
        node=options["node"] or local_node_name(root, os.environ),
        root=root,
        cluster=options["cluster"],
        labels=dict(_label(text) for text in options["labels"]),
        filter=Filter(
            _names(options["only"]),
            _names(options["exclude"]),
            skip=skip,
            extra={"SystemD": settings.snapshot.units} if settings else {},
        ),
        timeout=options["timeout"],
        collector_timeout=options["collector_timeout"],
        options=_collector_options(options, settings),
        redact_keys=settings.redact if settings else (),
        redact_values=settings.redact_text if settings else (),
    )


def _refuse_bytes(*values: str) -> None:
    for value in values:
        try:
            value.encode()
        except UnicodeEncodeError:
            raise UsageError(
                f"{value!a} is not text in UTF-8",
                hint="Documents are UTF-8: write it so, also where the terminal is not.",
            ) from None


def _names(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def _label(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise UsageError(f"the label {text!r} is not KEY=VALUE")
    return key, value


def _collector_options(
    options: dict[str, Any], settings: "Settings | None"
) -> dict[str, dict[str, Any]]:
    properties = list(settings.snapshot.properties) if settings else []
    cluster = {name: options[name] for name in ("kubeconfig", "context") if options[name]}
    return {"K8s": cluster, "NodeTopology": cluster, "SystemD": {"properties": properties}}
