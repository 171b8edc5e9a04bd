"""``eidos policy new``: a pack, or a rule in one, with its tests, which pass as they are."""

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from eidos.engine.app.policies import load_packs
from eidos.engine.errors import EidosError, Location, PolicyError, UsageError
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Pack, Scope, Severity
from eidos.engine.packs import scaffold
from eidos.engine.packs.finding import MANIFEST, shipped
from eidos.engine.packs.shipped import slip_of
from eidos.engine.records import dataclass
from eidos.engine.rego.reading import ReadingEngine
from eidos.engine.vocabulary import vocabulary

_PACK_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_RULE_NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ID: Final = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*-\d+")
_LONGEST: Final = 64
"""Characters of a name."""
_KEYWORDS: Final = frozenset(
    {
        *("as", "contains", "data", "default", "else", "every", "false", "if", "import", "in"),
        *("input", "not", "null", "package", "set", "some", "true", "with", "eidos"),
    }
)
"""What cannot be a part of a package, as Rego and we have it."""
_VALUES: Final[tuple[tuple[Json, Json], ...]] = (
    ("1.33.5", "1.32.9"),
    ("580.126.20", "570.86.15"),
    ("good", "bad"),
    (8, 4),
    (True, False),
    ("10Gi", "5Gi"),
    ("registry.example.com/good:1", "registry.example.com/bad:1"),
    (["good"], ["bad"]),
    ({"good": "1"}, {"bad": "1"}),
    ("NVIDIA H100 80GB HBM3", "NVIDIA A100-SXM4-80GB"),
    ("Good", "Bad"),
    ("1", "0"),
    (1, 0),
    (4096, 65536),
    ("linux/amd64", "linux/arm64"),
    ("6.8.0-1", "5.15.0-1"),
)
"""Values for the tests of a rule: the first pair that the fact can have is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRule:
    """What a rule is to be like."""

    name: str
    """Its file and the last part of its package: ``driver_allowed``."""
    fact: str = "gpu.smi.driver"
    id: str | None = None
    """The next free one of the pack when None."""
    title: str | None = None
    severity: Severity = Severity.MEDIUM
    scope: Scope = Scope.NODE


def new_pack(name: str, parent: Path, rule: NewRule) -> tuple[Path, ...]:
    """Write a pack with one rule, its test and its cases.

    Args:
        name: of the pack and its folder: ``acme-gpu``.
        parent: the folder to make it in.
        rule: its first rule.

    Returns:
        The files.

    Raises:
        UsageError: a name is none or taken, or there is something where the pack would be.
        EidosError: a file cannot be written.
    """
    _refuse_name(name, _PACK_NAME, "a pack", "acme-gpu")
    if name in shipped():
        message = f"'{name}' is the name of a pack that comes with eidos"
        raise UsageError(message, hint="Give your pack another name.")
    folder = parent / name
    if folder.exists() or folder.is_symlink():
        raise UsageError(
            f"'{folder}' is there already",
            hint=f"Add a rule to a pack with: eidos policy new rule NAME --pack {folder}",
        )
    package = name.replace("-", "_")
    manifest = (
        f'name: {name}\nversion: 0.1.0\ndescription: "{scaffold.ABOUT}"\nrego: v1\neidos: ">=0.1"\n'
    )
    prefix = package.split("_")[0].upper()
    files = {
        MANIFEST: manifest,
        ".manifest": json.dumps({"rego_version": 1, "roots": [package]}) + "\n",
        **_rule_files(rule, package, rule.id or f"{prefix}-001"),
    }
    return _write(folder, files)


def new_rule(pack: Path, rule: NewRule) -> tuple[Path, ...]:
    """Write a rule into a pack, with its test and its cases.

    Args:
        pack: folder of the pack.
        rule: what it is to be like.

    Returns:
        The files.

    Raises:
        UsageError: the folder is no pack, the name is none, or the rule, its id or a file is there.
        PolicyError: the pack cannot be loaded.
        EidosError: a file cannot be written.
    """
    if not (pack / MANIFEST).is_file():
        hint = "Start one with: eidos policy new pack NAME"
        raise UsageError(f"'{pack}' is no pack: it has no {MANIFEST}", hint=hint)
    if pack.resolve() in {folder.resolve() for folder in shipped().values()}:
        hint = "Start a pack of your own with: eidos policy new pack NAME"
        raise UsageError(f"'{pack}' comes with eidos and is not changed", hint=hint)
    with closing(ReadingEngine()) as engine:
        [loaded] = load_packs((f"{pack.resolve()}/{MANIFEST}",), engine)
    taken = {each.id: each for each in loaded.rules}
    id_ = rule.id or _next_id(loaded)
    if id_ in taken:
        place = Location(taken[id_].modules[0].file, taken[id_].line)
        raise UsageError(f"the pack has a rule {id_}", location=place, hint="Ids are never reused.")
    return _write(pack, _rule_files(rule, _package(loaded), id_))


def _package(pack: Pack) -> str:
    """Give the package around those of a pack's rules."""
    around = [rule.package.rpartition(".")[0] for rule in pack.rules]
    return next(filter(None, around), pack.name.replace("-", "_"))


def _next_id(pack: Pack) -> str:
    """Give the next id of those that the pack has most of."""
    numbered = [rule.id.rpartition("-") for rule in pack.rules if _ID.fullmatch(rule.id)]
    if not numbered:
        return f"{pack.name.split('-')[0].upper()}-001"
    prefixes = [prefix for prefix, _, _ in numbered]
    prefix = max(prefixes, key=prefixes.count)
    numbers = [number for found, _, number in numbered if found == prefix]
    return f"{prefix}-{max(map(int, numbers)) + 1:0{len(numbers[-1])}}"


def _refuse_name(name: str, pattern: re.Pattern[str], what: str, example: str) -> None:
    is_word = pattern.fullmatch(name) and len(name) <= _LONGEST
    if not is_word or name.replace("-", "_") in _KEYWORDS or name.endswith(("_test", "_cases")):
        raise UsageError(
            f"{name[:_LONGEST]!r} is no name for {what}",
            hint=f"Take up to {_LONGEST} small letters and digits, as in {example}, "
            "and no word of Rego.",
        )


# Files ------------------------------------------------------------------------------------------


def _rule_files(rule: NewRule, around: str, id_: str) -> Mapping[str, str]:
    _refuse_name(rule.name, _RULE_NAME, "a rule", "driver_allowed")
    if not _ID.fullmatch(id_) or len(id_) > _LONGEST:
        raise UsageError(f"{id_[:_LONGEST]!r} is no id for a rule", hint="Take one as ACME-001.")
    if not (rule.title or "").isprintable():
        raise UsageError("the title is more than a line of text", hint="Say it in one line.")
    fact = _fact(rule)
    good, bad = _values(fact)
    title = rule.title or scaffold.title(str(fact))
    words = {
        "title": json.dumps(title, ensure_ascii=False),
        "id": id_,
        "severity": rule.severity.value,
        "scope": rule.scope.value,
        "found": _reference(fact.segments),
        "quoted": "'" + str(fact).replace("'", "''") + "'",
        "text": json.dumps(str(fact), ensure_ascii=False),
        "package": f"{around}.{rule.name}",
        "description": scaffold.DESCRIPTION,
        "reference": scaffold.REFERENCE,
        "remediation": scaffold.REMEDIATION,
        "good": json.dumps(good),
        "bad": json.dumps(bad),
        "input": json.dumps(_nested(fact.segments)).replace('"<found>"', "found"),
    }
    return {
        f"{rule.name}.rego": _filled(_RULE, words),
        f"{rule.name}_test.rego": _filled(_TEST, words),
        f"{rule.name}_cases.yaml": _cases(rule, fact, words),
    }


def _fact(rule: NewRule) -> FactAddress:
    try:
        fact = FactAddress.parse(rule.fact)
    except ValueError as error:
        raise UsageError(str(error), hint="'eidos facts' lists what there is.") from error
    if fact.key is None or fact.every_node or rule.scope not in (Scope.NODE, Scope.CLUSTER):
        raise UsageError(
            f"no rule of scope {rule.scope} about {rule.fact} can be started here",
            hint="Name one fact with its key, as gpu.smi.driver, and scope node or cluster.",
        )
    slip = slip_of(fact, Location("--fact"))
    if slip is not None:
        raise PolicyError.joined([slip])
    return fact


def _values(fact: FactAddress) -> tuple[Json, Json]:
    assert fact.key is not None  # noqa: S101 -- told to the type checker, see `_fact`
    type_ = vocabulary().type_of(fact)
    own = type_.values[:2] if type_ else ()
    for good, bad in ((own[0], own[-1]), *_VALUES) if len(own) > 1 else _VALUES:
        told = (vocabulary().unreadable(fact, {fact.key: value}) for value in (good, bad))
        if not any(told):
            return good, bad
    raise UsageError(
        f"no value is known that tests of {fact} could take",
        hint="Start the rule about another fact, and change that in its files.",
    )


def _reference(segments: Iterable[object]) -> str:
    """Write a fact as Rego does below ``input``: ``.gpu.smi["gpu-count"]``."""
    return "".join(
        f".{each}"
        if _WORD.fullmatch(str(each)) and each not in _KEYWORDS
        else f"[{json.dumps(each, ensure_ascii=False)}]"
        for each in segments
    )


def _nested(segments: tuple[str, ...]) -> Json:
    value: Json = "<found>"
    for segment in reversed(segments):
        value = {segment: value}
    return value


def _filled(template: str, words: Mapping[str, str]) -> str:
    return re.sub(r"<(\w+)>", lambda found: words.get(found[1], found[0]), template)


def _cases(rule: NewRule, fact: FactAddress, words: Mapping[str, str]) -> str:
    at = "/nodes/0/measurements" if rule.scope is Scope.NODE else "/measurements"
    path = f"{at}/0/subtypes/0/data/{(fact.key or '').replace('~', '~0').replace('/', '~1')}"
    measured = [
        {
            "type": fact.type,
            "subtypes": [{"subtype": fact.subtype, "data": {fact.key: json.loads(words["good"])}}],
        }
    ]
    of_node, of_cluster = (measured, []) if rule.scope is Scope.NODE else ([], measured)
    more = {
        "path": json.dumps(path, ensure_ascii=False),
        "gone": json.dumps(f"{at}/0"),
        "node": json.dumps(of_node, ensure_ascii=False),
        "cluster": json.dumps(of_cluster, ensure_ascii=False),
    }
    return _filled(_CASES, {**words, **more})


def _write(folder: Path, files: Mapping[str, str]) -> tuple[Path, ...]:
    """Write files that are not there, all or none of them."""
    for name in files:
        if (folder / name).exists() or (folder / name).is_symlink():
            raise UsageError(
                f"'{folder / name}' is there already", hint="Give the rule another name."
            )
    made: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            path = folder / name
            with path.open("x", encoding="utf-8") as file:
                made.append(path)
                file.write(text)
    except OSError as error:
        for path in made:
            path.unlink(missing_ok=True)
        raise EidosError(
            f"the file cannot be written: {(error.strerror or str(error)).lower()}",
            hint="Check that the folder is writable and has space; nothing was changed.",
            location=Location(str(folder)),
        ) from error
    return tuple(made)


_RULE: Final = """\
# METADATA
# title: <title>
# description: |
#   <description>
# related_resources:
#   - ref: <reference>
# custom:
#   id: <id>
#   severity: <severity>
#   scope: <scope>
#   requires: [<quoted>]
#   params:
#     allowed: {type: array, default: [<good>], description: Values that are allowed.}
#   remediation: |
#     <remediation>
package <package>

found := input<found>

deny contains finding if {
	not found in data.params.allowed
	finding := {
		"msg": sprintf("%v is %v, which is not allowed.", [<text>, found]),
		"path": <text>,
		"actual": found,
		"expected": data.params.allowed,
	}
}
"""
_TEST: Final = """\
package <package>_test

import data.<package> as rule

denied(found) := findings if {
	findings := rule.deny with input as <input>
		with data.params as {"allowed": [<good>]}
}

test_allowed_value_passes if count(denied(<good>)) == 0

test_other_value_fails if {
	some finding in denied(<bad>)
	finding.path == <text>
	finding.actual == <bad>
}

test_odd_value_fails if count(denied(null)) == 1
"""
_CASES: Final = """\
apiVersion: eidos.dev/v1
kind: PolicyCases
fixture:
  apiVersion: eidos.dev/v1
  kind: Snapshot
  metadata: {cluster: demo}
  measurements: <cluster>
  nodes:
    - name: node-a
      measurements: <node>
cases:
  - name: A value that is allowed passes
    expect:
      - {rule: <id>, status: pass}
  - name: Another one fails
    patches:
      - {op: replace, path: <path>, value: <bad>}
    expect:
      - {rule: <id>, status: fail, path: <text>}
  - name: Where nobody looked nothing is known
    patches:
      - {op: remove, path: <gone>}
    expect:
      - {rule: <id>, status: unknown}
"""
