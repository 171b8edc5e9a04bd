"""What a gate was decided from, as files of the bundle, so that both answers can be had again.

``evidence/`` holds the snapshot, what was rendered as rules saw it, every pack and the library by
content, and ``policy.json``: which rules were asked with which parameters, waivers, enforcement,
and the day. There is no secret in it: snapshots are without secrets wherever they are judged.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from eidos.engine import __version__
from eidos.engine.app.bundle_gate import GateQuestion, effective_time
from eidos.engine.app.context import Context
from eidos.engine.app.reader import Item
from eidos.engine.app.waivers import read_document, waiver_entry
from eidos.engine.bundling.verifying import EVIDENCE, RECIPE, OpenedBundle
from eidos.engine.digest import digest
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.reading import Document, read_text
from eidos.engine.documents.recipes import read_constraints
from eidos.engine.documents.snapshots import write_snapshot
from eidos.engine.documents.writing import to_json
from eidos.engine.errors import BundleError, DocumentError, Location
from eidos.engine.model.bundle import File
from eidos.engine.model.gate import Gate, NamedGate
from eidos.engine.model.policy import Policy, Relaxation
from eidos.engine.model.rule import Enforcement, Pack, Rule, Severity
from eidos.engine.model.times import instant
from eidos.engine.model.waiver import Waiver
from eidos.engine.packs.files import (
    LIBRARY,
    folder_contents,
    library,
    policy_contents,
    policy_files,
    stem,
)
from eidos.engine.packs.finding import PolicySource, find_policies
from eidos.engine.packs.loading import read_carried
from eidos.engine.ports import RegoEngine

if TYPE_CHECKING:
    from eidos.engine.model.jsonvalue import Json

FOLDER = "evidence"
POLICY = EVIDENCE
SNAPSHOT = f"{FOLDER}/snapshot.json"
RENDERED = f"{FOLDER}/rendered.json"
_LIBRARY = f"{FOLDER}/library/"
_PACKS = f"{FOLDER}/packs/"


# Writing ----------------------------------------------------------------------------------------


def evidence(
    question: GateQuestion,
    seen: Mapping[str, "Json"],
    references: tuple[Sequence[str], Sequence[str]],
    context: Context,
) -> tuple[File, ...]:
    """Give the files from which a gate can be asked again.

    Args:
        question: what was asked.
        seen: what was rendered, as rules saw it.
        references: the packs that judged before and after, as they were named.
        context: says whose packs are believed, as it did when they were loaded.

    Raises:
        BundleError: rules were asked that belong to no pack, or a pack is another by now.
    """
    before = _sources(references[0], question.policy.packs, context)
    after = _sources(references[1], question.bundle_packs, context)
    packs = {**before, **after}
    files = [
        _document(POLICY, _policy(question, before, after)),
        _document(SNAPSHOT, _snapshot(question.item)),
        _document(RENDERED, dict(seen)),
        *_contents(_LIBRARY, folder_contents(LIBRARY)),
    ]
    for name, source in packs.items():
        files += _contents(f"{_PACKS}{name}/", source.read())
    return tuple(files)


def _document(path: str, value: "Json") -> File:
    return File(path, to_json(value).encode())


def _contents(folder: str, contents: Mapping[str, bytes]) -> Iterator[File]:
    for name, content in policy_contents(contents).items():
        yield File(folder + name, content)


def _snapshot(item: Item) -> "Json":
    """Give a snapshot in its v1 form, which read again must be the same."""
    value = write_snapshot(item.snapshot.snapshot)
    [document] = read_text(to_json(value), SNAPSHOT)
    if Item(SNAPSHOT, document).snapshot.digest != item.snapshot.digest:
        raise BundleError(
            "the snapshot cannot be written so that it is read as the same one",
            hint="Leave --evidence out, and report this.",
        )
    return value


def _sources(
    references: Sequence[str], packs: Sequence[Pack], context: Context
) -> dict[str, PolicySource]:
    """Find what packs were read from once more; it must be as it was."""
    found: dict[str, PolicySource] = {}
    sources = find_policies(references, context.verifiers)
    if len(sources) != len(packs):  # templates of Gatekeeper become one
        raise _of_no_pack(references)
    for source, pack in zip(sources, packs, strict=True):
        if not source.is_pack:
            raise _of_no_pack([str(source.path)])
        contents = source.read()
        source = replace(source, contents=contents)  # noqa: PLW2901 -- read once
        files = policy_files(contents, f"{stem(source.path)}/")
        if digest([files.digest, library().digest]) != pack.digest:
            raise BundleError(
                f"the pack {pack.name} was altered while it judged", hint="Bundle anew."
            )
        found[pack.name] = source
    return found


def _of_no_pack(names: Sequence[str]) -> BundleError:
    return BundleError(
        f"the gate asks rules that are in no pack ({', '.join(names)}), and nobody could ask them "
        "again from the bundle",
        hint="Make a pack of them (eidos policy new), or leave --evidence out.",
    )


def _policy(
    question: GateQuestion, before: Mapping[str, PolicySource], after: Mapping[str, PolicySource]
) -> "Json":
    gate, policy = question.gate, question.policy
    states = {each.id: each.state(policy.effective).value for each in policy.waivers}
    return {
        "apiVersion": "eidos.dev/v1",
        "kind": "GateEvidence",
        "generator": f"eidos {__version__}",
        "gate": {
            "name": gate.name,
            "failOn": policy.gate.fail_on.value,
            "allowIncomplete": policy.gate.allow_incomplete,
            "requireAskable": policy.gate.require_askable,
            "maxAge": gate.max_age,
            "requires": list(gate.requires),
        },
        "effectiveTime": effective_time(policy),
        "enforcement": {
            rule: policy.enforcement[rule].value for rule in sorted(policy.enforcement)
        },
        "waivers": [waiver_entry(each) for each in policy.waivers],
        "waiverStates": {name: states[name] for name in sorted(states)},
        "before": _asked(before, policy.rules),
        "after": _asked(after, question.bundle_rules),
    }


def _asked(sources: Mapping[str, PolicySource], rules: Iterable[Rule]) -> "Json":
    return {
        "packs": [{"name": name, "folder": stem(source.path)} for name, source in sources.items()],
        "rules": {rule.id: dict(rule.params) for rule in rules},
    }


# Reading ----------------------------------------------------------------------------------------


def is_carried(bundle: OpenedBundle) -> bool:
    """Say whether a bundle carries what its gate was decided from."""
    return {POLICY, SNAPSHOT, RENDERED} <= bundle.listed.keys()


def read_question(bundle: OpenedBundle, engine: RegoEngine, limits: Limits) -> GateQuestion:
    """Read what a gate was asked from the bundle alone.

    Args:
        bundle: that carries its evidence.
        engine: compiles the packs.
        limits: bounds of what is read.

    Raises:
        EidosError: the evidence says something that cannot be.
    """
    said: Any = bundle.documents[POLICY].value
    carried = _below(bundle, _LIBRARY)
    before = [_pack(bundle, each, carried, engine) for each in said["before"]["packs"]]
    after = [_pack(bundle, each, carried, engine) for each in said["after"]["packs"]]
    rules = _rules(before, said["before"]["rules"])
    return GateQuestion(
        gate=NamedGate(
            said["gate"]["name"],
            max_age=said["gate"]["maxAge"],
            requires=tuple(said["gate"]["requires"]),
        ),
        policy=_read_policy(said, before, rules, bundle),
        item=Item(SNAPSHOT, read_json(bundle, SNAPSHOT, limits)),
        recipe=bundle.recipe,
        constraints=read_constraints(bundle.documents[RECIPE]),
        bundle_packs=after,
        bundle_rules=_rules(after, said["after"]["rules"]),
    )


def read_json(bundle: OpenedBundle, path: str, limits: Limits | None = None) -> Document:
    """Read a document of the evidence.

    Raises:
        DocumentError: it is none.
    """
    try:
        text = bundle.read(path).decode()
    except UnicodeDecodeError as error:
        raise DocumentError("the file is not UTF-8 text", location=Location(path)) from error
    [document] = read_text(text, path, limits or Limits())
    return document


def _below(bundle: OpenedBundle, folder: str) -> dict[str, bytes]:
    return {
        path.removeprefix(folder): bundle.read(path)
        for path in bundle.listed
        if path.startswith(folder)
    }


def _pack(
    bundle: OpenedBundle, said: Mapping[str, str], carried: Mapping[str, bytes], engine: RegoEngine
) -> Pack:
    return read_carried(said["folder"], _below(bundle, f"{_PACKS}{said['name']}/"), carried, engine)


def _rules(packs: Iterable[Pack], asked: Mapping[str, Any]) -> tuple[Rule, ...]:
    """Give the rules that were asked, with the parameters that they had."""
    known = {rule.id: rule for pack in packs for rule in pack.rules}
    missing = sorted(asked.keys() - known.keys())
    if missing:
        raise DocumentError(
            f"the packs of the evidence have no rule {', '.join(missing[:5])}",
            location=Location(POLICY),
        )
    return tuple(replace(known[rule], params=asked[rule]) for rule in sorted(asked))


def _read_policy(
    said: Mapping[str, Any], packs: Sequence[Pack], rules: tuple[Rule, ...], bundle: OpenedBundle
) -> Policy:
    waivers = _waivers(said["waivers"])
    effective = said["effectiveTime"]
    is_pinned = "T" in effective
    moment = instant(effective)
    return Policy(
        packs=tuple(packs),
        rules=rules,
        effective=moment if is_pinned else _moment(moment, waivers, said["waiverStates"]),
        is_pinned=is_pinned,
        enforcement={rule: Enforcement(each) for rule, each in said["enforcement"].items()},
        waivers=waivers,
        gate=Gate(
            Severity(said["gate"]["failOn"]),
            said["gate"]["allowIncomplete"],
            said["gate"]["requireAskable"],
        ),
        relaxations=tuple(map(_relaxation, bundle.gate["relaxations"])),
    )


def _waivers(entries: list["Json"]) -> tuple[Waiver, ...]:
    if not entries:
        return ()
    document = to_json({"apiVersion": "eidos.dev/v1", "kind": "Waivers", "waivers": entries})
    [read] = read_text(document, POLICY)
    return read_document(read).waivers


def _moment(day: datetime, waivers: Sequence[Waiver], states: Mapping[str, str]) -> datetime:
    """Give a moment of a day at which waivers stood as they did: a bundle has no clock.

    Raises:
        DocumentError: there is none.
    """
    end = datetime.combine(day.date(), time.max, UTC)
    turns = (turn for waiver in waivers for turn in waiver.turns() if day <= turn <= end)
    for moment in sorted({day, *turns}):
        if all(waiver.state(moment).value == states.get(waiver.id) for waiver in waivers):
            return moment
    raise DocumentError(
        "at no moment of the day did its waivers stand as it says", location=Location(POLICY)
    )


def oldest(question: GateQuestion) -> timedelta | None:
    """Give the least age that the facts had, which is known to the day; None without a time."""
    taken = question.item.snapshot.metadata.timestamp
    try:
        return question.policy.effective - instant(taken or "")
    except ValueError:
        return None


def _relaxation(said: Mapping[str, str]) -> Relaxation:
    """Read who relaxed what; where that stands is kept as it is written."""
    return Relaxation(said["setting"], said["value"], Location(said["place"]))
