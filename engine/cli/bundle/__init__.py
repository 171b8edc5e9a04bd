"""``eidos bundle``: options, one call, what became of it; its verbs are own files."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import click

from eidos.engine.cli import LazyGroup, console
from eidos.engine.cli.options import (
    Database,
    Lenient,
    MaxAge,
    Option,
    OwnOverlays,
    PolicyOptions,
    configured_settings,
    reader_limits,
    takes,
    writes,
)
from eidos.engine.cli.signing import Passphrase
from eidos.engine.documents.finding import Source
from eidos.engine.documents.reading import read_one
from eidos.engine.errors import DocumentError, UsageError
from eidos.engine.model.bundle import BundleSource, Bundling, SharedInputs
from eidos.engine.model.gate import Decision, NamedGate
from eidos.engine.model.nearest import nearest
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import BUNDLING
from eidos.engine.signing.keys import SigningKey


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleOptions:
    """What is bundled, by which gate, for which tool."""

    snapshot: Annotated[
        str | None, Option("-s --snapshot", "Facts of the cluster.", metavar="FILE|REFERENCE|-")
    ] = None
    place: Annotated[
        Path | None, Option("--to", "Folder to create; it must not exist.", metavar="DIR")
    ] = None
    max_age: MaxAge
    gate: Annotated[str | None, Option("--gate", "Name of a gate in the configuration.")] = None
    deployers: Annotated[
        tuple[str, ...], Option("--deployer", "helm, helmfile, argocd or flux; repeatable.")
    ] = ()
    shared: Annotated[
        str | None,
        Option("--inputs", "File with inputs that components share.", metavar="FILE"),
    ] = None
    only: Annotated[
        tuple[str, ...],
        Option(
            "--only",
            "The only component that may change, with --from; repeatable.",
            metavar="COMPONENT",
        ),
    ] = ()
    old: Annotated[
        Path | None,
        Option(
            "--from",
            "Existing bundle to update: everything except --only must stay the same.",
            metavar="DIR",
        ),
    ] = None
    data: OwnOverlays = ()
    crds: Annotated[
        tuple[str, ...],
        Option(
            "--crds",
            "Folder with CustomResourceDefinitions to validate resources against; repeatable.",
            metavar="DIR",
        ),
    ] = ()
    dry_run: Annotated[bool, Option("--dry-run", "Show plan and verdicts, but create nothing.")] = (
        False
    )
    annotate: Annotated[
        bool, Option("--annotate", "Comment each value in values files with its origin.")
    ] = False
    lenient: Lenient = False
    evidence: Annotated[
        bool,
        Option(
            "--evidence",
            "Include the inputs of the gate's decision (facts, packs), for verify --replay.",
        ),
    ] = False
    sign_key: Annotated[
        Path | None,
        Option("--sign-key", "Private key that signs the bundle, PEM.", metavar="FILE"),
    ] = None
    passphrase_file: Passphrase = None
    no_record: Annotated[bool, Option("--no-record", "Do not record the run.")] = False
    db: Database


@click.group(
    cls=LazyGroup,
    package="eidos.engine.cli.bundle",
    verbs={
        "copy": "Copy a bundle from one place to another with what refers to it.",
        "diff": "Say what a move to another bundle changes, restarts and needs.",
        "list": "List the bundles of a registry, a layout or a bucket.",
        "pull": "Get a bundle from a registry, a layout, a bucket or an archive.",
        "push": "Put a bundle into a registry, a layout, a bucket or an archive.",
        "sign": "Sign what a bundle was made of, what let it through, and what it installs.",
        "statement": "Write a statement about a bundle, for others to sign.",
        "verify": "Hold a bundle against its manifest: whatever differs is named.",
    },
    subject="--recipe",
    invoke_without_command=True,
    subcommand_metavar="RECIPE | COMMAND [ARGS]...",
)
@takes("asked", BundleOptions)
@takes("policy", PolicyOptions)
@click.option("-r", "--recipe", metavar="FILE", help="The recipe, as eidos recipe writes it.")
@writes(BUNDLING)
@click.pass_context
def command(
    ctx: click.Context,
    asked: BundleOptions,
    policy: PolicyOptions,
    recipe: str | None,
    outputs: tuple[str, ...],
) -> int | None:
    """Create a bundle from a recipe, if the gate passes before and after rendering.

    Exit codes: 0 published (or would be, with --dry-run), 1 the gate is closed, 2 no answer, 3 a
    fact that the gate needs is missing. Unless it is 0, nothing is created.
    """
    if ctx.invoked_subcommand is not None:
        return None
    from eidos.engine.app.bundle import BundleRequest, bundle
    from eidos.engine.cli.opening import open_context, policy_request, tell_relaxations

    chosen = parse_outputs(outputs, BUNDLING)
    if recipe is None or asked.snapshot is None:
        missing = "--recipe" if recipe is None else "--snapshot"
        raise UsageError(
            f"{missing} is missing",
            hint="Write: eidos bundle recipe.yaml --snapshot cluster.yaml --to DIR",
        )
    if (asked.place is None) is not asked.dry_run:
        raise UsageError("give either --to DIR or --dry-run")
    if bool(asked.only) is not (asked.old is not None):
        raise UsageError("--only COMPONENT and --from DIR go together")
    if asked.place is not None:
        _refuse_inside(asked.place, [each.path for each in chosen] + [asked.db])
    relaxations = tell_relaxations((f"gates.{asked.gate}",) if asked.gate else (), outputs=chosen)
    request = BundleRequest(
        recipe=recipe,
        snapshot=asked.snapshot,
        place=asked.place,
        gate=_gate(asked.gate, asked.max_age),
        policy=policy_request(policy, relaxations),
        deployers=tuple(dict.fromkeys(asked.deployers or ("helm",))),
        shared=_shared(asked.shared),
        only=asked.only,
        old=asked.old,
        data=asked.data,
        crds=asked.crds,
        annotate=asked.annotate,
        lenient=asked.lenient,
        evidence=asked.evidence,
        key=_key(asked),
    )
    with open_context(asked.db, policy, record=not asked.no_record) as context:
        found = bundle(request, context)
    console.show(BUNDLING, found, chosen)
    _say(found)
    return found.exit_code


def _key(asked: BundleOptions) -> SigningKey | None:
    if asked.sign_key is None:
        if asked.passphrase_file is not None:
            raise UsageError("--passphrase-file opens a key, and no --sign-key is given")
        return None
    return SigningKey(asked.sign_key, asked.passphrase_file)


def _refuse_inside(place: Path, files: Sequence[Path | None]) -> None:
    """Refuse what would be written into the bundle and is no part of it."""
    inside = place.resolve()
    for each in files:
        if each is not None and each.resolve().is_relative_to(inside):
            raise UsageError(
                f"'{each}' would lie in the bundle, and be no part of it",
                hint="Write it beside the bundle.",
            )


def _gate(name: str | None, max_age: float | None) -> NamedGate:
    """Give the gate that is named; facts may be as old as the stricter of both says."""
    if name is None:
        return NamedGate("default", max_age=max_age)
    gates = configured_settings().gates
    if name not in gates:
        hint = f"{nearest(name, gates)} Gates stand in the configuration, below 'gates'."
        raise UsageError(f"there is no gate {name!r}", hint=hint)
    found = gates[name]
    bounds = [each for each in (found.max_age, max_age) if each is not None]
    return replace(found, max_age=min(bounds, default=None))


_INPUTS = {
    "systemSelector": "system_selector",
    "systemTolerations": "system_tolerations",
    "acceleratedSelector": "accelerated_selector",
    "acceleratedTolerations": "accelerated_tolerations",
    "nodeCount": "node_count",
    "storageClass": "storage_class",
    "registryMirror": "registry_mirror",
    "pullSecrets": "pull_secrets",
    "runtimeClass": "runtime_class",
    "monitoringLabels": "monitoring_labels",
    "values": "extra_values",
}
"""Key of the file of inputs to the field of `SharedInputs`."""


def _shared(file: str | None) -> SharedInputs:
    """Read the inputs that components share; ``schemas/inputs/v1.schema.json`` describes them.

    Raises:
        DocumentError: the file cannot be read, or is none of that kind.
    """
    if file is None:
        return SharedInputs()
    from eidos.engine.schema import problems

    document = read_one(Source(file, Path(file)), reader_limits())
    wrong = problems(document, "inputs/v1")
    if wrong:
        raise DocumentError.joined(wrong)
    said: Any = document.value
    given: dict[str, Any] = {field: said[key] for key, field in _INPUTS.items() if key in said}
    for field in ("system_tolerations", "accelerated_tolerations", "pull_secrets"):
        if field in given:
            given[field] = tuple(given[field])
    if "source" in said:
        given["source"] = BundleSource(**said["source"])
    return SharedInputs(**given)


def _say(found: Bundling) -> None:
    """Say where the bundle is, or what keeps the gate closed."""
    for note in found.notes:
        console.say(f"note: {note}")
    for reason in found.decision.reasons:
        console.say(f"incomplete: {reason}")
    if found.place is not None:
        console.say(f"published: {found.place} ({found.digest})")
    elif found.decision.decision is not Decision.PASSED:
        console.say(f"the gate {found.decision.gate.name} is closed; nothing was made")
