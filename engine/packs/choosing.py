"""Which rules are asked with which parameters: the user's choice, checked against what exists."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from eidos.engine.errors import UsageError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest
from eidos.engine.model.rule import Pack, Rule, Severity


@dataclass(frozen=True, slots=True)
class RuleChoice:
    """Which rules the user asked for; empty means all of them."""

    rules: tuple[str, ...] = ()
    """Rule ids to ask."""
    tags: tuple[str, ...] = ()
    """Ask rules with any of these tags, or controls of these frameworks."""
    severity: Severity = Severity.INFO
    """Ask rules at or above it."""
    exclude: tuple[str, ...] = ()
    """Rule ids or tags not to ask."""


def choose(
    packs: Sequence[Pack], choice: RuleChoice, params: Mapping[str, Mapping[str, Json]]
) -> tuple[Rule, ...]:
    """Give the chosen rules with their parameters, sorted by id.

    Args:
        packs: where rules come from.
        choice: which of them.
        params: rule id to the parameters that replace its defaults.

    Raises:
        UsageError: a rule, tag or parameter does not exist, has the wrong type, or an id is in
            two packs.
    """
    rules = _by_id(packs)
    _refuse_unknown(choice, rules)
    chosen = [rule for rule in rules.values() if _is_chosen(rule, choice)]
    return tuple(
        sorted(
            (_with_params(rule, params.get(rule.id, {})) for rule in chosen),
            key=lambda rule: rule.id,
        )
    )


def refuse_unknown_rules(ids: Iterable[str], packs: Sequence[Pack]) -> None:
    """Refuse rule ids that no pack has.

    Raises:
        UsageError: there is no such rule.
    """
    _known("rule", ids, {rule.id for pack in packs for rule in pack.rules})


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


def _labels(rule: Rule) -> set[str]:
    return {*rule.tags, *(control.framework for control in rule.controls)}


def _refuse_unknown(choice: RuleChoice, rules: Mapping[str, Rule]) -> None:
    labels = {label for rule in rules.values() for label in _labels(rule)}
    _known("rule", choice.rules, rules)
    _known("tag", choice.tags, labels)
    _known("rule or tag", choice.exclude, {*rules, *labels})


def _known(what: str, wanted: Iterable[str], known: Iterable[str]) -> None:
    names = set(known)
    for name in wanted:
        if name not in names:
            raise UsageError(
                f"there is no {what} '{name}' in the chosen packs",
                hint=nearest(name, sorted(names)),
            )


def _is_chosen(rule: Rule, choice: RuleChoice) -> bool:
    labels = _labels(rule)
    return (
        (not choice.rules or rule.id in choice.rules)
        and (not choice.tags or not labels.isdisjoint(choice.tags))
        and rule.severity.rank >= choice.severity.rank
        and labels.isdisjoint(choice.exclude)
        and rule.id not in choice.exclude
    )


def _with_params(rule: Rule, params: Mapping[str, Json]) -> Rule:
    for name, value in params.items():
        _known(f"parameter of {rule.id}:", [name], rule.params)
        if not _same_type(value, rule.params[name]):
            raise UsageError(
                f"parameter '{name}' of {rule.id} must be {_type(rule.params[name])}, "
                f"not {_type(value)}",
                hint=f"Its default is {rule.params[name]!r}.",
            )
    return replace(rule, params={**rule.params, **params}) if params else rule


_TYPES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "true or false"),
    ((int, float), "a number"),
    (str, "text"),
    (list, "a list"),
    (dict, "a map"),
)


def _type(value: Json) -> str:
    return next((name for kind, name in _TYPES if isinstance(value, kind)), "empty")


def _same_type(value: Json, default: Json) -> bool:
    return default is None or _type(value) == _type(default)
