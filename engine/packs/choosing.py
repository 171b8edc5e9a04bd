"""Which rules are asked with which parameters: the user's choice, checked against what exists."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from eidos.engine.errors import Location, Problem, UsageError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest
from eidos.engine.model.rule import Pack, Param, Rule, Severity
from eidos.engine.packs.parameters import complaint
from eidos.engine.records import dataclass

Params = Mapping[str, Mapping[str, Json]]
"""Rule id to the parameters that replace its defaults."""
Places = Mapping[tuple[str, ...], Location]
"""Where a rule's parameters (``(rule,)``), or one of them (``(rule, name)``), were said."""


@dataclass(frozen=True, slots=True)
class RuleChoice:
    """Which rules the user asked for; empty means all of them."""

    rules: tuple[str, ...] = ()
    """Ids of rules to ask, as globs."""
    tags: tuple[str, ...] = ()
    """Ask rules with any of these tags, or controls of these frameworks."""
    severity: Severity = Severity.INFO
    """Ask rules at or above it."""
    exclude: tuple[str, ...] = ()
    """Rule ids or tags not to ask."""


def choose(
    packs: Sequence[Pack], choice: RuleChoice, params: Params, beside: Sequence[Pack] = ()
) -> tuple[Rule, ...]:
    """Give the chosen rules that judge, with their parameters, sorted by id.

    Args:
        packs: where rules come from.
        choice: which of them.
        params: rule id to the parameters that replace its defaults; rules that no pack has are
            passed over.
        beside: packs that another judgement of the same command asks: the choice may be of their
            rules as well, and then leaves none here.

    Raises:
        UsageError: a rule, tag or parameter does not exist, a value is not what it may be (all
            that is wrong with values is said), or an id is in two packs.
    """
    rules = _by_id(packs)
    _refuse_unknown(choice, [*rules.values(), *(rule for pack in beside for rule in pack.rules)])
    own = {rule: values for rule, values in params.items() if rule in rules}
    if problems := param_problems(rules.values(), own, {}):
        raise UsageError.joined(problems)
    chosen = [rule for rule in rules.values() if not rule.selects and _is_chosen(rule, choice)]
    return tuple(
        sorted(
            (replace(rule, params={**rule.params, **own.get(rule.id, {})}) for rule in chosen),
            key=lambda rule: rule.id,
        )
    )


def refuse_unknown_rules(ids: Iterable[str], packs: Sequence[Pack]) -> None:
    """Refuse rule ids that no pack has.

    Raises:
        UsageError: there is no such rule.
    """
    _known("rule", ids, {rule.id for pack in packs for rule in pack.rules})


def param_problems(rules: Iterable[Rule], params: Params, places: Places) -> list[Problem]:
    """Say everything that is wrong with parameters, in their order.

    Args:
        rules: what they may be for.
        params: rule id to values.
        places: where each was said, as far as that is known.
    """
    known = {rule.id: rule for rule in rules}
    return [
        Problem(message, hint, places.get(place, places.get(place[:1])), UsageError.code)
        for rule, values in params.items()
        for place, message, hint in _param_faults(rule, values, known)
    ]


def _param_faults(
    id_: str, values: Mapping[str, Json], known: Mapping[str, Rule]
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    rule = known.get(id_)
    if rule is None:
        yield (id_,), f"there is no rule '{id_}' in the chosen packs", nearest(id_, sorted(known))
        return
    for name, value in values.items():
        spec = rule.param_specs.get(name, Param(rule.params.get(name)))
        if name not in rule.params:
            message = f"there is no parameter of {id_}: '{name}'"
            yield (id_, name), message, nearest(name, rule.params)
        elif said := complaint(spec, value):
            about = f" {spec.description}" if spec.description else ""
            hint = f"Its default is {spec.default!r}.{about}"
            yield (id_, name), f"parameter '{name}' of {id_} {said}", hint


def _by_id(packs: Sequence[Pack]) -> dict[str, Rule]:
    owners: dict[str, Pack] = {}
    rules: dict[str, Rule] = {}
    for pack in packs:
        for rule in pack.rules:
            if (owner := owners.get(rule.id)) is not None:
                raise UsageError(
                    f"rule {rule.id} is in two packs: {owner.folder} and {pack.folder}",
                    hint="Name only one of them with --pack, or give one of the rules a new id.",
                )
            owners[rule.id], rules[rule.id] = pack, rule
    return rules


def _refuse_unknown(choice: RuleChoice, rules: Sequence[Rule]) -> None:
    ids = {rule.id for rule in rules}
    labels = {label for rule in rules for label in rule.labels}
    globs = [each for each in choice.rules if not any(fnmatchcase(name, each) for name in ids)]
    _known("rule", globs, ids)
    _known("tag", choice.tags, labels)
    _known("rule or tag", choice.exclude, {*ids, *labels})


def _known(what: str, wanted: Iterable[str], known: Iterable[str]) -> None:
    names = set(known)
    for name in wanted:
        if name not in names:
            raise UsageError(
                f"there is no {what} '{name}' in the chosen packs",
                hint=nearest(name, sorted(names)),
            )


def _is_chosen(rule: Rule, choice: RuleChoice) -> bool:
    labels = rule.labels
    return (
        (not choice.rules or any(fnmatchcase(rule.id, each) for each in choice.rules))
        and (not choice.tags or not labels.isdisjoint(choice.tags))
        and rule.severity.rank >= choice.severity.rank
        and labels.isdisjoint(choice.exclude)
        and rule.id not in choice.exclude
    )
