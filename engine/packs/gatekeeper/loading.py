"""From files with templates and constraints to a pack of one rule for each constraint."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from eidos.engine.digest import digest
from eidos.engine.documents.given import read_given
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.walking import Step
from eidos.engine.errors import PolicyError
from eidos.engine.model.nearest import nearest
from eidos.engine.model.rule import UNVERSIONED, Pack, Rule
from eidos.engine.packs.files import GATEKEEPER_MARK, PolicyFiles, decode
from eidos.engine.packs.gatekeeper.constraints import GROUP as CONSTRAINTS
from eidos.engine.packs.gatekeeper.constraints import ReadTemplate, constraint_rule
from eidos.engine.packs.gatekeeper.rewriting import refuse_foreign
from eidos.engine.packs.gatekeeper.templates import GROUP as TEMPLATES
from eidos.engine.packs.gatekeeper.templates import Template
from eidos.engine.ports import ModuleFacts, RegoEngine
from eidos.engine.records import dataclass

NAME: Final = "gatekeeper"
"""What the pack is called."""
_POLICY: Final = (f"{TEMPLATES}/".encode(), f"{CONSTRAINTS}/".encode())
_REFUSED: Final[Mapping[str, str]] = {
    "mutations.gatekeeper.sh": "it changes objects, and eidos only judges them",
    "expansion.gatekeeper.sh": "it makes objects of others; eidos looks into pods of templates "
    "by its own pack 'admission'",
    "externaldata.gatekeeper.sh": "it asks a provider, and rules never fetch",
}
"""API groups of Gatekeeper that eidos does not do, and why."""
_IDLE: Final[Mapping[str, str]] = {
    "config.gatekeeper.sh": "namespaces that it leaves out are judged all the same",
    "syncset.gatekeeper.sh": "data.inventory is what is given",
}
"""API groups that say how Gatekeeper runs in a cluster, and what holds instead."""
_OTHER: Final = frozenset(
    {"test.gatekeeper.sh", "status.gatekeeper.sh", "connection.gatekeeper.sh"}
)
"""API groups that bear on no answer."""


def is_gatekeeper(content: bytes) -> bool:
    """Say whether a file holds a template or a constraint."""
    return any(mark in content for mark in _POLICY)


@dataclass(frozen=True, slots=True)
class _Documents:
    """What files hold."""

    templates: Mapping[str, Template]
    constraints: Sequence[Step]
    notes: tuple[str, ...]


def gatekeeper_pack(sources: Sequence[tuple[str, PolicyFiles]], engine: RegoEngine) -> Pack:
    """Give the pack of all constraints in folders and files.

    Args:
        sources: how the names of a folder's files begin in messages, and the files.
        engine: reads Rego.

    Raises:
        EidosError: a template or constraint is not as it must be, or has no counterpart.
    """
    found = _read(sources)
    used = {str(step.map()["kind"]) for step in found.constraints}
    read = _analysed(list(found.templates.values()), engine)
    rules = _rules(found.constraints, read)
    idle = [kind for kind in found.templates if kind not in used]
    notes = [*found.notes, *(f"no constraint is of the template {kind}" for kind in idle)]
    folders = ", ".join(name.rstrip("/") for name, _ in sources)
    address = digest([files.digest for _, files in sources])
    return Pack(NAME, UNVERSIONED, address, rules, folder=folders, notes=tuple(notes))


def _read(sources: Sequence[tuple[str, PolicyFiles]]) -> _Documents:
    templates: dict[str, Template] = {}
    constraints: list[Step] = []
    notes: list[str] = []
    for step, text in _documents(sources):
        group = str(step.map().get("apiVersion")).partition("/")[0]
        if group == TEMPLATES:
            template = Template(step, text)
            _refuse_twin(template, templates.get(template.kind))
            templates[template.kind] = template
        elif group == CONSTRAINTS:
            constraints.append(step)
        elif group in _REFUSED:
            kind = step.get("kind").optional() or group
            raise step.fail(f"{kind[:80]} is not supported: {_REFUSED[group]}", "Leave it out.")
        elif group in _IDLE:
            notes.append(f"{step.document.title} is not read: {_IDLE[group]}")
        elif group.endswith("gatekeeper.sh") and group not in _OTHER:
            known = {TEMPLATES, CONSTRAINTS, *_REFUSED, *_IDLE, *_OTHER}
            message = f"there is no API group {group[:80]} of Gatekeeper's"
            raise step.get("apiVersion").fail(message, nearest(group, known))
    return _Documents(templates, constraints, tuple(notes))


def _documents(sources: Iterable[tuple[str, PolicyFiles]]) -> Iterator[tuple[Step, str]]:
    for shown, files in sources:
        for name, content in files.data.items():
            if GATEKEEPER_MARK not in content:  # what else lies there need not even be YAML
                continue
            text = decode(content, f"{shown}{name}")
            for document in read_given(text, f"{shown}{name}", Limits()):
                for step in _listed(Step(document, document.value)):
                    yield step, text


def _listed(step: Step) -> Iterator[Step]:
    """Give a document, or the entries of a list of Kubernetes'."""
    if not isinstance(step.value, dict):
        return
    if step.value.get("kind") == "List" and isinstance(step.value.get("items"), list):
        for each in step.get("items").items():
            yield from _listed(each)
    else:
        yield step


def _refuse_twin(template: Template, other: Template | None) -> None:
    if other is not None:
        raise PolicyError(
            f"two templates are of the kind {template.kind}; the other is at {other.location}",
            location=template.location,
            hint="Give one of them only.",
        )


def _analysed(templates: Sequence[Template], engine: RegoEngine) -> dict[str, ReadTemplate]:
    """Read the Rego of all templates of a dialect at once: that takes as long as of one."""
    read: dict[str, ReadTemplate] = {}
    for v0 in (True, False):
        own = [each for each in templates if each.v0 is v0]
        facts = iter(engine.analyse([module for each in own for module in each.modules], v0=v0))
        for each in own:
            read[each.kind] = ReadTemplate(each, tuple(next(facts) for _ in each.modules))
            _refuse_wrong(each, read[each.kind].facts)
    return read


def _refuse_wrong(template: Template, facts: Sequence[ModuleFacts]) -> None:
    for module, each in zip(template.modules, facts, strict=True):
        refuse_foreign(module, each, template.kind)
    if "violation" not in facts[0].rules:
        raise PolicyError(
            f"the template {template.kind} has no rule violation, which is all that is asked",
            location=template.location,
            hint='Write: violation[{"msg": msg}] { ... }',
        )


def _rules(constraints: Sequence[Step], read: Mapping[str, ReadTemplate]) -> tuple[Rule, ...]:
    rules: dict[str, Rule] = {}
    for step in constraints:
        kind = step.get("kind").text()
        if kind not in read:
            near = nearest(kind, read) if read else ""
            raise PolicyError(
                f"there is no template of the kind {kind[:80]}",
                location=step.document.location(step.path),
                hint=near if near.startswith("Did") else "Give it as well: -p templates/",
            )
        rule = constraint_rule(step, read[kind])
        twin = rules.get(rule.id)
        if twin is not None and twin.constraint is not None:
            raise PolicyError(
                f"two constraints are {rule.id}; the other is at {twin.constraint.place}",
                location=step.document.location(step.path),
                hint="Give one of them another name.",
            )
        rules[rule.id] = rule
    return tuple(sorted(rules.values(), key=lambda rule: rule.id))
