"""What a gate was decided from, as files of the bundle, so that both answers can be had again.

``evidence/`` holds the snapshot, what was rendered as rules saw it, every policy (packs, plain
rules, templates of Gatekeeper), the library and definitions of custom resources by content, and
``policy.json``: which rules were asked with which parameters, waivers, enforcement, the day, and
how the files of the bundle were written. There is no secret in it but what
somebody wrote into policy: snapshots are without secrets wherever they are judged.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import chain, count, zip_longest
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
from eidos.engine.model.bundle import BundleSource, File, Written
from eidos.engine.model.gate import Gate, NamedGate
from eidos.engine.model.policy import Policy, Relaxation
from eidos.engine.model.rule import Enforcement, Pack, Rule, Scope, Severity
from eidos.engine.model.times import instant
from eidos.engine.model.waiver import Waiver
from eidos.engine.packs.carrying import Carried, Kind, carried_digests, carry, read_carried
from eidos.engine.packs.files import LIBRARY, folder_contents, policy_contents
from eidos.engine.packs.finding import find_policies
from eidos.engine.packs.plain import plain_pack
from eidos.engine.ports import RegoEngine
from eidos.engine.records import dataclass
from eidos.engine.redacting import without_secrets

if TYPE_CHECKING:
    from eidos.engine.bundling.definitions import Definitions
    from eidos.engine.model.jsonvalue import Json

FOLDER = "evidence"
POLICY = EVIDENCE
SNAPSHOT = f"{FOLDER}/snapshot.json"
RENDERED = f"{FOLDER}/rendered.json"
DEFINITIONS = f"{FOLDER}/definitions.json"
"""Only where there were some: what ``--crds`` gave."""
_LIBRARY = f"{FOLDER}/library/"
_POLICIES = f"{FOLDER}/policies/"
_PARTS = ("before", "after")
_ODD = re.compile(r"[^A-Za-z0-9._-]")
"""What stands in no name of a folder that we choose."""


# Writing ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rendering:
    """What was rendered, and how it was written."""

    seen: Mapping[str, "Json"]
    """``input.bundle``, as rules saw it."""
    written: Written
    definitions: "Definitions"
    """Of custom resources, that it was held against; none where none were named."""


def evidence(
    question: GateQuestion,
    rendering: Rendering,
    references: tuple[Sequence[str], Sequence[str]],
    context: Context,
) -> tuple[File, ...]:
    """Give the files from which a gate can be asked again.

    Args:
        question: what was asked.
        rendering: what the second gate was asked about.
        references: what judged before and after, as it was named.
        context: says whose packs are believed, as it did when they were loaded.

    Raises:
        BundleError: a policy is another by now, or plain rules saw secrets.
        PolicyError: a policy cannot be read, or has a file that no bundle can hold.
    """
    before = _carried(references[0], question.policy.packs, context)
    after = _carried(references[1], question.bundle_packs, context)
    places = _places([*before, *after])
    files = [
        _document(POLICY, {**_policy(question, before, after, places), **_said(rendering.written)}),
        _document(SNAPSHOT, _snapshot(question)),
        _document(RENDERED, dict(rendering.seen)),
        *_definitions(rendering),
        *_contents(_LIBRARY, policy_contents(folder_contents(LIBRARY))),
    ]
    for place, carried in places:
        files += _contents(f"{_POLICIES}{place}/", carried.contents)
    return tuple(files)


def _document(path: str, value: "Json") -> File:
    return File(path, to_json(value).encode())


def _definitions(rendering: Rendering) -> Iterator[File]:
    if rendering.definitions:
        from eidos.engine.bundling.definitions import carried

        yield _document(DEFINITIONS, carried(rendering.definitions, rendering.seen))


def _said(written: Written) -> dict[str, "Json"]:
    """Say how files were written."""
    source, notes = written.source, written.annotations
    where: Json = (
        {"url": source.url, "revision": source.revision, "path": source.path} if source else None
    )
    annotations: Json = (
        None if notes is None else {name: dict(each) for name, each in notes.items()}
    )
    deployers: list[Json] = list(written.deployers)
    return {"written": {"deployers": deployers, "source": where, "annotations": annotations}}


def _contents(folder: str, contents: Mapping[str, bytes]) -> Iterator[File]:
    for name, content in contents.items():
        yield File(folder + name, content)


def _snapshot(question: GateQuestion) -> "Json":
    """Give a snapshot in its v1 form, or as plain rules saw it; read again it must be the same.

    Raises:
        BundleError: there were secrets in what plain rules saw, or it is no longer the same.
    """
    item = question.item
    value = write_snapshot(item.snapshot.snapshot)
    if any(rule.scope is Scope.DOCUMENT for rule in question.policy.rules):
        if item.clean_document is None or without_secrets(item.value) != item.value:
            raise BundleError(
                "plain rules judged a snapshot with secrets in it, which no bundle carries",
                hint="Take them out first: eidos snapshot convert, and bundle with what it writes.",
            )
        value = item.value
    [document] = read_text(to_json(value), SNAPSHOT)
    again = Item(SNAPSHOT, document, lenient=True)
    if again.snapshot.digest != item.snapshot.digest or digest(document.value) != digest(value):
        raise BundleError(
            "the snapshot cannot be written so that it is read as the same one",
            hint="Leave --evidence out, and report this.",
        )
    return value


def _carried(
    references: Sequence[str], packs: Sequence[Pack], context: Context
) -> tuple[Carried, ...]:
    """Read what judged once more; it must be as it was."""
    carried = tuple(map(carry, find_policies(references, context.verifiers)))
    digests = carried_digests(carried)
    for pack, now in zip_longest(packs, digests):
        if pack is None or pack.digest != now:
            name = pack.name if pack else "(another)"
            raise BundleError(f"the policy {name} was altered while it judged", hint="Bundle anew.")
    return carried


def _places(every: Iterable[Carried]) -> list[tuple[str, Carried]]:
    """Name a folder for each policy; two that are the same lie in one."""
    found: dict[str, tuple[str, Carried]] = {}
    for each in every:
        if any(each == other for _, other in found.values()):
            continue
        name = _ODD.sub("-", each.name).strip(".-")[:100] or "policy"
        free = chain([name], (f"{name}-{number}" for number in count(2)))
        place = next(place for place in free if place.casefold() not in found)
        found[place.casefold()] = (place, each)
    return list(found.values())


def _policy(
    question: GateQuestion,
    before: Sequence[Carried],
    after: Sequence[Carried],
    places: Sequence[tuple[str, Carried]],
) -> dict[str, "Json"]:
    gate, policy = question.gate, question.policy
    states = _states(policy.waivers, policy.effective)
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
        "before": _asked(before, policy.rules, places),
        "after": _asked(after, question.bundle_rules, places),
    }


def _asked(
    carried: Iterable[Carried], rules: Iterable[Rule], places: Sequence[tuple[str, Carried]]
) -> "Json":
    policies: list[Json] = [
        {
            "at": next(place for place, other in places if other == each),
            "kind": each.kind.value,
            "name": each.name,
            "isFile": each.is_file,
        }
        for each in carried
    ]
    return {"policies": policies, "rules": {rule.id: dict(rule.params) for rule in rules}}


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
    before, after = (_packs(said[part]["policies"], bundle, engine) for part in _PARTS)
    before = [plain_pack(each, {}, ()) for each in before]
    rules = _rules(before, said["before"]["rules"])
    return GateQuestion(
        gate=NamedGate(
            said["gate"]["name"],
            max_age=said["gate"]["maxAge"],
            requires=tuple(said["gate"]["requires"]),
        ),
        policy=_read_policy(said, before, rules, bundle),
        item=Item(SNAPSHOT, read_json(bundle, SNAPSHOT, limits), lenient=True),
        recipe=bundle.recipe,
        constraints=read_constraints(bundle.documents[RECIPE]),
        bundle_packs=after,
        bundle_rules=_rules(after, said["after"]["rules"]),
    )


def read_written(bundle: OpenedBundle) -> Written:
    """Give how the files of a bundle were written."""
    said: Any = bundle.documents[POLICY].value
    source, notes = said["written"]["source"], said["written"]["annotations"]
    where = BundleSource(source["url"], source["revision"], source["path"]) if source else None
    return Written(tuple(said["written"]["deployers"]), where, notes)


def maker(bundle: OpenedBundle) -> str:
    """Give who says to have made a bundle, ``eidos 0.1.0``."""
    said: Any = bundle.documents[POLICY].value
    return str(said["generator"])


def library_contents(bundle: OpenedBundle) -> dict[str, bytes]:
    """Give the library that policies were read with, by name."""
    return _below(bundle, _LIBRARY)


def idle(bundle: OpenedBundle) -> Iterator[str]:
    """Name the files of the evidence that nothing is read from."""
    said: Any = bundle.documents[POLICY].value
    folders = {f"{_POLICIES}{each['at']}/" for part in _PARTS for each in said[part]["policies"]}
    read = {POLICY, SNAPSHOT, RENDERED, DEFINITIONS}
    for folder in (*folders, _LIBRARY):
        read |= {folder + name for name in policy_contents(_below(bundle, folder))}
    yield from sorted(
        path for path in bundle.listed if path.startswith(f"{FOLDER}/") and path not in read
    )


def read_json(bundle: OpenedBundle, path: str, limits: Limits) -> Document:
    """Read a document of the evidence.

    Raises:
        DocumentError: it is none.
    """
    try:
        text = bundle.read(path).decode()
    except UnicodeDecodeError as error:
        raise DocumentError("the file is not UTF-8 text", location=Location(path)) from error
    [document] = read_text(text, path, limits)
    return document


def _below(bundle: OpenedBundle, folder: str) -> dict[str, bytes]:
    return {
        path.removeprefix(folder): bundle.read(path)
        for path in bundle.listed
        if path.startswith(folder)
    }


def _packs(
    said: Sequence[Mapping[str, Any]], bundle: OpenedBundle, engine: RegoEngine
) -> list[Pack]:
    carried = [
        Carried(
            Kind(each["kind"]),
            each["name"],
            each["isFile"],
            _below(bundle, f"{_POLICIES}{each['at']}/"),
        )
        for each in said
    ]
    return read_carried(carried, library_contents(bundle), engine)


def _rules(packs: Iterable[Pack], asked: Mapping[str, Any]) -> tuple[Rule, ...]:
    """Give the rules that were asked, with the parameters that they had.

    Raises:
        DocumentError: a rule is in no policy, or in two.
    """
    known: dict[str, Rule] = {}
    for rule in (rule for pack in packs for rule in pack.rules):
        if rule.id in known:
            message = f"two policies of the evidence have a rule {rule.id}"
            raise DocumentError(message, location=Location(POLICY))
        known[rule.id] = rule
    missing = sorted(asked.keys() - known.keys())
    if missing:
        raise DocumentError(
            f"the policies of the evidence have no rule {', '.join(missing[:5])}",
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
    last = moment if is_pinned else datetime.combine(moment.date(), time.max, UTC)
    return Policy(
        packs=tuple(packs),
        rules=rules,
        effective=_moment((moment, last), waivers, said["waiverStates"]),
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


def _moment(
    span: tuple[datetime, datetime], waivers: Sequence[Waiver], states: Mapping[str, str]
) -> datetime:
    """Give a moment at which waivers stood as they did: of a day, for a bundle has no clock.

    Args:
        span: the first and the last that it may be; one alone where it was given.
        waivers: all there are.
        states: how each stood, by id.

    Raises:
        DocumentError: there is none.
    """
    first, last = span
    turns = {turn for waiver in waivers for turn in waiver.turns() if first <= turn <= last}
    for moment in sorted({first, *turns}):
        if _states(waivers, moment) == states:
            return moment
    raise DocumentError("its waivers never stood as it says on that day", location=Location(POLICY))


def _states(waivers: Iterable[Waiver], moment: datetime) -> dict[str, str]:
    return {each.id: each.state(moment).value for each in waivers}


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
