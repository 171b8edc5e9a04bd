"""Two packs in, what is not as it was out, with what each change asks of the version."""

from collections.abc import Callable, Iterator, Sequence
from difflib import unified_diff
from typing import Any, Final

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.pack_diff import Change, PackDifference, PackSide, RuleDifference, Step
from eidos.engine.model.rule import Module, Pack, Param, Rule

_WORDS: Final = ("title", "description", "remediation", "references")
"""Fields that are said about a rule and change no verdict."""
PLAIN: Final = "0"
"""The version of a folder of plain rules, whose name is that of the folder."""
_MOST_LINES: Final = 400
"""Of the diff of one module."""


def compare_packs(old: tuple[str, Pack], new: tuple[str, Pack]) -> PackDifference:
    """Compare two packs, each with the name that the user gave it."""
    before = {rule.id: rule for rule in old[1].rules}
    after = {rule.id: rule for rule in new[1].rules}
    rules = [_rule(before.get(name), after.get(name)) for name in sorted({*before, *after})]
    return PackDifference(
        old=_side(*old),
        new=_side(*new),
        changes=tuple(_of_pack(old[1], new[1])),
        rules=tuple(rule for rule in rules if rule.changes),
    )


def _side(reference: str, pack: Pack) -> PackSide:
    return PackSide(reference, pack.name, pack.version, pack.digest)


def _of_pack(old: Pack, new: Pack) -> Iterator[Change]:
    if old.name != new.name and old.version != PLAIN:
        why = "who names the pack names another"
        yield Change("name", Step.MAJOR, why, old.name, new.name)
    if old.description != new.description:
        why = "words about the pack"
        yield Change("description", Step.PATCH, why, old.description, new.description)
    if set(old.replaces) != set(new.replaces):
        why = "it stands in for other shipped packs"
        yield Change("replaces", Step.MAJOR, why, list(old.replaces), list(new.replaces))


def _rule(old: Rule | None, new: Rule | None) -> RuleDifference:
    if old is None and new is not None:
        added = Change("added", Step.MINOR, "it may fail where nothing failed")
        return RuleDifference(new.id, new.title, (added,))
    if new is None and old is not None:
        gone = Change(
            "removed", Step.MAJOR, "waivers, parameters and options that name it are wrong"
        )
        return RuleDifference(old.id, old.title, (gone,))
    assert old is not None  # noqa: S101 -- told to the type checker
    assert new is not None  # noqa: S101 -- told to the type checker
    changes = [change for part in _PARTS for change in part(old, new)]
    text = tuple(_text_diff(old.modules[0], new.modules[0]))
    return RuleDifference(new.id, new.title, tuple(changes), text)


# Parts of a rule --------------------------------------------------------------------------------


def _words(old: Rule, new: Rule) -> Iterator[Change]:
    for name in _WORDS:
        before, after = _json(getattr(old, name)), _json(getattr(new, name))
        if before != after:
            yield Change(name, Step.PATCH, "words about the rule", before, after)


def _scalars(old: Rule, new: Rule) -> Iterator[Change]:
    for name, step, why in (
        ("scope", Step.MAJOR, "it is asked of other subjects: waivers and history are of others"),
        ("package", Step.MAJOR, "who asks OPA for it asks for another path"),
        ("has_applicable", Step.MINOR, "it is asked of more subjects, or of fewer"),
        ("reads_time", Step.MINOR, "its verdict depends on the day, or no longer does"),
    ):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield Change(name.replace("_", " "), step, why, _json(before), _json(after))
    if old.severity is not new.severity:
        raised = new.severity.rank > old.severity.rank
        why = "it closes gates that let it pass" if raised else "gates let it pass that closed"
        yield Change("severity", Step.MINOR, why, old.severity.value, new.severity.value)


def _lists(old: Rule, new: Rule) -> Iterator[Change]:
    for name, more, fewer in (
        ("requires", "it is unknown where the fact is missing", "it is asked without the fact"),
        ("reads", "it is unknown where the subtype was not collected", "it looks at less"),
        ("controls", "it speaks to one more control", "reports by control lack it"),
        ("tags", "--tag chooses it", "--tag no longer chooses it"),
        ("entrypoints", "it finds what it did not", "it no longer finds it"),
    ):
        before, after = _named(old, name), _named(new, name)
        for each in sorted(after - before):
            yield Change(f"{name} {each}", _step(name, gone=False), more, None, each)
        for each in sorted(before - after):
            yield Change(f"{name} {each}", _step(name, gone=True), fewer, each, None)


def _step(name: str, *, gone: bool) -> Step:
    if name in ("controls", "tags") and not gone:
        return Step.PATCH
    return Step.MINOR


def _named(rule: Rule, name: str) -> set[str]:
    """Give the entries of a list as users write them."""
    entries = getattr(rule, name)
    if name == "controls":
        return {f"{each.framework}/{each.id}" for each in entries}
    if name == "entrypoints":
        return {each.path.rpartition(".")[2] for each in entries}
    return {str(each) for each in entries}


def _parameters(old: Rule, new: Rule) -> Iterator[Change]:
    for name in sorted({*old.param_specs, *new.param_specs}):
        before, after = old.param_specs.get(name), new.param_specs.get(name)
        what = f"parameter {name}"
        if before is None:
            why = "it can be set"
            yield Change(what, Step.MINOR, why, None, _json(new.params.get(name)))
        elif after is None:
            why = "files that set it are refused"
            yield Change(what, Step.MAJOR, why, _json(old.params.get(name)), None)
        else:
            yield from _parameter(what, before, after)
            if old.params.get(name) != new.params.get(name):
                values = _json(old.params.get(name)), _json(new.params.get(name))
                why = "who does not set it is judged by another value"
                yield Change(f"{what} default", Step.MINOR, why, *values)


def _parameter(what: str, old: Param, new: Param) -> Iterator[Change]:
    for name in ("type", "items", "format", "values", "minimum", "maximum"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            wider = _is_wider(name, before, after)
            why = "more values are taken" if wider else "values that were taken are refused"
            step = Step.MINOR if wider else Step.MAJOR
            yield Change(f"{what} {name}", step, why, _json(before), _json(after))
    if old.description != new.description:
        why = "words about the parameter"
        yield Change(f"{what} description", Step.PATCH, why, old.description, new.description)


def _is_wider(name: str, old: Any, new: Any) -> bool:  # noqa: ANN401 -- a field of a parameter
    """Tell whether every value that was taken still is."""
    if not new and new != 0:
        return True
    if name == "values":
        return bool(old) and all(each in new for each in old)
    if name == "minimum":
        return old is not None and new < old
    if name == "maximum":
        return old is not None and new > old
    return (name, old, new) == ("type", "integer", "number")


def _tables(old: Rule, new: Rule) -> Iterator[Change]:
    for name in sorted({*old.tables, *new.tables}):
        if old.tables.get(name) != new.tables.get(name):
            what = "is another" if name in old.tables and name in new.tables else "comes or goes"
            yield Change(f"table {name}", Step.MINOR, f"what it is judged by {what}")


def _texts(old: Rule, new: Rule) -> Iterator[Change]:
    if _code(old.modules[0]) != _code(new.modules[0]):
        yield Change("text", Step.MINOR, "its verdicts may be others")
    before, after = (
        {e.file.rpartition("/")[2]: _code(e) for e in r.modules[1:]} for r in (old, new)
    )
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield Change(f"library {name}", Step.MINOR, "its verdicts may be others")


def _code(module: Module) -> str:
    """Give a module's text without comments alone on their lines, METADATA among them."""
    lines = module.source.splitlines()
    return "\n".join(line.rstrip() for line in lines if line.strip() and line.strip()[0] != "#")


_PARTS: Final[Sequence[Callable[[Rule, Rule], Iterator[Change]]]] = (
    _scalars,
    _lists,
    _parameters,
    _tables,
    _texts,
    _words,
)


def _text_diff(old: Module, new: Module) -> Iterator[str]:
    lines = unified_diff(
        *(old.source.splitlines(), new.source.splitlines()), old.file, new.file, lineterm="", n=2
    )
    for number, line in enumerate(lines):
        if number == _MOST_LINES:
            yield "..."
            return
        yield line


def _json(value: Any) -> Json:  # noqa: ANN401 -- a field of a rule
    if isinstance(value, tuple):
        return [_json(each) for each in value]
    found: Json = value
    return found
