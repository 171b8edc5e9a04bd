"""What every shipped rule, table and pack owes to its users."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from eidos.engine.app.policies import load_packs
from eidos.engine.model.rule import Rule, Scope
from eidos.engine.packs.finding import shipped
from eidos.engine.rego.light import LightEngine
from fakes.packs import FOLDER, LIBRARY, package_of, packs, rego_tests, rule_files, tables

FRAMEWORKS = {
    "cis-kubernetes",
    "cis-ubuntu-24.04",
    "kubescape",
    "nist-800-53",
    "nist-800-190",
    "nsa",
    "nvidia-bulletin",
    "nvidia-docs",
}
ASKED_WITHOUT_FACTS = frozenset({Scope.RECIPE, Scope.BUNDLE, Scope.ADMISSION})
"""Scopes whose rules see more than facts."""
RULE_FILES = [path for pack in packs() for path in rule_files(pack)]


@pytest.fixture(scope="module")
def rules() -> Iterator[dict[str, Rule]]:
    """Every rule by its package."""
    with closing(LightEngine(workers=1)) as engine:
        yield {
            rule.package: rule
            for pack in load_packs(tuple(shipped()), engine)
            for rule in pack.rules
        }


@pytest.fixture(params=RULE_FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def file(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def rule(file: Path, rules: dict[str, Rule]) -> Rule:
    return rules[package_of(file)]


def test_package_says_where_the_file_is(file: Path) -> None:
    assert package_of(file) == f"eidos.{file.parent.name.replace('-', '_')}.{file.stem}"


def test_metadata_is_complete(rule: Rule) -> None:
    assert re.fullmatch(r"[A-Z0-9]{2,4}-\d{3}", rule.id)
    assert rule.title
    assert not rule.title.endswith(".")
    assert rule.description
    assert rule.remediation
    assert rule.requires or rule.selects or rule.scope in ASKED_WITHOUT_FACTS
    assert rule.entrypoints


def test_references_are_web_addresses(rule: Rule) -> None:
    assert rule.references or rule.selects or rule.scope is Scope.RECIPE  # it has sources itself
    assert all(reference.startswith("https://") for reference in rule.references)


def test_controls_are_of_known_frameworks(rule: Rule) -> None:
    assert rule.controls or rule.selects or rule.scope is Scope.RECIPE
    assert {control.framework for control in rule.controls} <= FRAMEWORKS


def test_parameters_and_tables_are_those_it_uses(rule: Rule) -> None:
    source = rule.modules[0].source
    assert set(re.findall(r"data\.params\.(\w+)", source)) == set(rule.params)
    assert set(re.findall(r"data\.tables\.(\w+)", source)) == set(rule.tables)


def test_a_test_stands_beside_it_and_covers_it(file: Path, rule: Rule) -> None:
    beside = file.with_name(f"{file.stem}_test.rego")
    assert package_of(beside) == f"{rule.package}_test"
    bodies = beside.read_text()
    assert rego_tests(beside)
    told = rule.selects or re.search(r"count\(.*\) (>|== [1-9])|some finding in |finding\.", bodies)
    assert told, "sees it fail"
    assert re.search(r"count\(.*\) == 0|== set\(\)", bodies), "sees it pass"
    if rule.has_applicable:
        assert "applicable" in bodies
        assert re.search(r"\bnot \w+[.(]", bodies), "sees it not apply"


def test_ids_are_unique(rules: dict[str, Rule]) -> None:
    assert Counter(rule.id for rule in rules.values()).most_common(1)[0][1] == 1


def test_every_file_is_a_rule_that_loads(rules: dict[str, Rule]) -> None:
    assert {package_of(path) for path in RULE_FILES} == set(rules)


@pytest.mark.parametrize("name", sorted(tables()))
def test_table_is_dated_and_sourced(name: str) -> None:
    table = tables()[name]
    assert date.fromisoformat(str(table["as_of"])) <= date(2026, 11, 26)
    assert isinstance(table["source"], list)
    assert table["source"]
    assert all(source.startswith("https://") for source in table["source"])


def test_every_table_is_used(rules: dict[str, Rule]) -> None:
    assert set(tables()) == {name for rule in rules.values() for name in rule.tables}


@pytest.mark.parametrize("pack", packs(), ids=lambda pack: pack.name)
def test_pack_has_rules_and_a_bundle_manifest(pack: Path) -> None:
    assert rule_files(pack)
    assert (pack / ".manifest").is_file()


def test_library_modules_are_tested() -> None:
    modules = {path.stem for path in rule_files(LIBRARY)}
    assert {path.stem.removesuffix("_test") for path in LIBRARY.glob("*_test.rego")} == modules
    assert all(f"`{name}`" in (FOLDER / "README.md").read_text() for name in modules)


def test_every_parameter_says_what_it_is_and_how_far_it_goes(rule: Rule) -> None:
    for name, spec in rule.param_specs.items():
        assert spec.type, name
        assert re.fullmatch(r"[A-Z].{30,}\.", spec.description), f"{name} has no sentence"
        if spec.type in ("integer", "number"):
            assert None not in (spec.minimum, spec.maximum), f"{name} takes any number"
    text = "# METADATA".join(rule.modules[0].source.split("# METADATA")[:2])
    for name in rule.params:
        assert re.search(rf"^#     {name}:(?: \{{type: |\n#       type: )", text, re.MULTILINE), (
            name
        )
