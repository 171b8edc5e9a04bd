"""``eidos admit``: judge what is about to be deployed as the API server would ask, offline."""

from collections.abc import Sequence
from dataclasses import fields, replace

from eidos.engine.app.context import Context
from eidos.engine.app.reader import Item
from eidos.engine.app.reporting import report_on
from eidos.engine.app.reviewing import Reviewing, Seen
from eidos.engine.documents.reviews import Making
from eidos.engine.errors import Problem, UsageError
from eidos.engine.model.admission import Admission
from eidos.engine.model.policy import Policy
from eidos.engine.model.report import Report
from eidos.engine.model.rule import Scope
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmitRequest:
    """What is known beside what is reviewed."""

    making: Making = Making()
    """How manifests become requests."""
    inventory: tuple[str, ...] = ()
    """Files and folders with objects of the cluster: all that templates may look for."""
    snapshot: str | None = None
    """A file, or a reference into the store: ``CLUSTER@now``."""
    max_age: float | None = None
    """Seconds that the snapshot may be old; its facts are unknown beyond."""


def admit(
    references: Sequence[str], policy: Policy, context: Context, asked: AdmitRequest
) -> Admission:
    """Review every manifest and AdmissionReview that the references name, and record the run.

    Args:
        references: files, folders, globs, ``-``.
        policy: what judges; its rules of scope admission are asked.
        context: what is open.
        asked: what is known beside.

    Returns:
        The report, with what each answer must carry. What could not be read is a problem in it.

    Raises:
        UsageError: no rule is of scope admission, or a plain one is among them.
        EidosError: the snapshot or the inventory cannot be read.
    """
    policy = _for_reviews(policy)
    reader = context.reader()
    seen = beside = None
    if asked.snapshot is not None:
        seen = Seen(reader.one(asked.snapshot), context.clock.now(), asked.max_age)
    if asked.inventory:
        beside = list(reader.every(asked.inventory))
    items = list(reader.read(references))
    reviewing = Reviewing(_read(items), asked.making, beside, seen)
    report = _report(items, policy, context, reviewing)
    values = {each.name: getattr(report, each.name) for each in fields(Report)}
    return Admission(**values, uids=tuple(reviewing.uids))


def reviewed(items: Sequence[Item | Problem], policy: Policy, context: Context) -> Report:
    """Review items of ``eidos check`` together: each may be what another's template looks for."""
    return _report(items, policy, context, Reviewing(_read(items)))


def _report(
    items: Sequence[Item | Problem], policy: Policy, context: Context, reviewing: Reviewing
) -> Report:
    policy = replace(policy, rules=reviewing.with_inventory(policy.rules))
    return report_on(items, policy, context, reviewing=reviewing)


def _read(items: Sequence[Item | Problem]) -> list[Item]:
    return [each for each in items if isinstance(each, Item) and not each.is_snapshot]


def _for_reviews(policy: Policy) -> Policy:
    """Leave out rules about snapshots, which a pack may hold as well.

    Raises:
        UsageError: nothing is left, or a plain rule is asked, which is about documents.
    """
    plain = [rule.id for rule in policy.rules if rule.scope is Scope.DOCUMENT]
    if plain:
        raise UsageError(
            f"{plain[0]} is a plain rule, which checks documents, not admission reviews",
            hint="Ask plain rules with 'eidos check'.",
        )
    rules = tuple(rule for rule in policy.rules if rule.scope is Scope.ADMISSION)
    if not rules:
        raise UsageError(
            "none of the chosen rules is an admission rule",
            hint="Name the pack 'admission', or templates and constraints of Gatekeeper.",
        )
    return replace(policy, rules=rules)
