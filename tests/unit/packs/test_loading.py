from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from eidos.engine.errors import EidosError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Pack, Scope
from eidos.engine.packs.choosing import RuleChoice, choose
from eidos.engine.packs.finding import find_policies, shipped
from eidos.engine.packs.index import PackIndex
from eidos.engine.packs.loading import load_pack
from eidos.engine.rego.light import LightEngine
from fakes.policies import DRIVER_RULE, MANIFEST, write_pack


@pytest.fixture(scope="module")
def engine() -> Iterator[LightEngine]:
    with closing(LightEngine(workers=1)) as engine:
        yield engine


def load(path: Path, engine: LightEngine, index: Path | None = None) -> Pack:
    [source] = find_policies([str(path)])
    return load_pack(source, engine, PackIndex(index or path.parent / "index"))


def test_a_rule_carries_its_metadata_and_what_it_reaches(
    tmp_path: Path, engine: LightEngine
) -> None:
    pack = load(write_pack(tmp_path / "t"), engine)
    [rule] = pack.rules
    assert (pack.name, pack.version, rule.id, rule.title) == (
        "t",
        "1.2.3",
        "T-001",
        "The driver is new",
    )
    assert [str(path) for path in (*rule.requires, *rule.reads)] == ["gpu.smi.driver", "os.grub"]
    assert rule.has_applicable
    assert rule.modules[0].file == "t/driver.rego"
    assert "lib/versions.rego" in [module.file for module in rule.modules]
    assert [entry.level for entry in rule.entrypoints] == ["deny", "warn"]
    assert rule.remediation == "Install a newer driver."


def test_what_was_read_is_remembered_until_a_byte_changes(
    tmp_path: Path, engine: LightEngine
) -> None:
    folder = write_pack(tmp_path / "t")
    first = load(folder, engine)
    assert load(folder, engine) == first
    (folder / "driver.rego").write_text(DRIVER_RULE + "\n# more\n")
    second = load(folder, engine)
    assert second.digest != first.digest
    assert second.rules[0].digest != first.rules[0].digest


def test_a_broken_index_is_read_again(tmp_path: Path, engine: LightEngine) -> None:
    folder = write_pack(tmp_path / "t")
    first = load(folder, engine)
    [entry] = (tmp_path / "index").iterdir()
    entry.write_bytes(b'{"name":')
    assert load(folder, engine) == first


def test_what_is_remembered_of_a_pack_is_not_taken_for_its_copy(
    tmp_path: Path, engine: LightEngine
) -> None:
    load(write_pack(tmp_path / "t"), engine)
    copy = write_pack(tmp_path / "copy")
    assert load(copy, engine) == load(copy, engine, tmp_path / "fresh")


def test_an_index_that_others_may_write_to_is_not_believed(
    tmp_path: Path, engine: LightEngine
) -> None:
    folder = write_pack(tmp_path / "t")
    load(folder, engine)
    [entry] = (tmp_path / "index").iterdir()
    entry.write_text(entry.read_text().replace("The driver is new", "Forged"))
    assert load(folder, engine).rules[0].title == "Forged"
    (tmp_path / "index").chmod(0o777)
    assert load(folder, engine).rules[0].title == "The driver is new"


def changed(old: str, new: str) -> str:
    assert old in DRIVER_RULE
    return DRIVER_RULE.replace(old, new)


@pytest.mark.parametrize(
    ("modules", "said"),
    [
        ({"a": changed("# custom:", "# costum:")}, "has no METADATA with 'custom'"),
        ({"a": changed("#   id: T-001\n", "")}, "METADATA has no custom.id"),
        (
            {"a": DRIVER_RULE.replace("deny ", "denied ").replace("warn ", "warned ")},
            "the rule T-001 has no deny, violation or warn in package eidos.t.driver, only",
        ),
        ({"a": changed("high", "awful")}, "custom.severity is 'awful'"),
        ({"a": changed("node", "galaxy")}, "custom.scope is 'galaxy'"),
        ({"a": changed("[gpu.smi.driver]", "gpu.smi")}, "custom.requires is not a list"),
        ({"a": changed("[gpu.smi.driver]", "[gpu]")}, "'gpu' names no type and subtype"),
        ({"a": changed("#   params:", "#   parms:")}, "custom.parms is not known"),
        ({"a": changed("#   params:", "#   tables: [nope]\n#   params:")}, "the table 'nope'"),
        ({"a": changed("# title: The driver is new\n", "")}, "METADATA has no title"),
        ({"a": "package eidos.t.a\n\ndeny contains"}, "a.rego:3"),
        ({"a": "package eidos.t.a\n\ndeny contains x if x := nope(1)"}, "a.rego"),
        ({"a": DRIVER_RULE, "b": DRIVER_RULE}, "two rules have the id T-001"),
        ({"a": changed("[gpu.smi.driver]", "[gpu.smi.uuid]")}, "uses input.gpu.smi.driver"),
        ({"a": changed("[os.grub]", "[os.sysctl]")}, "uses input.os.grub"),
        ({"a": changed('"too old"', 'http.send({"url": "x"})')}, "http.send"),
    ],
)
def test_what_is_wrong_with_a_pack_is_said_with_its_place(
    tmp_path: Path, engine: LightEngine, modules: dict[str, str], said: str
) -> None:
    folder = write_pack(tmp_path / "t", **modules)
    with pytest.raises(EidosError) as caught:
        load(folder, engine)
    assert said in str(caught.value)
    assert caught.value.location is not None
    assert caught.value.location.file.startswith("t/")


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("version: 1.0.0\n", "no 'name'"),
        ("name: t\n", "no 'version'"),
        ("- a\n", "no 'name'"),
        ("name: [\n", "pack.yaml"),
        (MANIFEST + 'eidos: ">=99.0"\n', "needs eidos >=99.0"),
    ],
)
def test_a_bad_manifest_is_refused(
    tmp_path: Path, engine: LightEngine, manifest: str, said: str
) -> None:
    with pytest.raises(EidosError) as caught:
        load(write_pack(tmp_path / "t", manifest), engine)
    assert said in str(caught.value)


def test_shipped_packs_are_found_by_name_and_version(engine: LightEngine, tmp_path: Path) -> None:
    assert set(shipped()) >= {"gpu", "kubernetes", "os-hardening"}
    [source] = find_policies(["gpu@9.9.9"])
    with pytest.raises(EidosError, match=r"has version .*, not 9\.9\.9"):
        load_pack(source, engine, PackIndex(tmp_path))
    with pytest.raises(EidosError, match="there is no policy pack") as caught:
        find_policies(["gpuu"])
    assert "Did you mean 'gpu'?" in str(caught.value.hint)


PLAIN = {
    "v1": 'package main\nimport rego.v1\ndeny contains "x" if input.kind == "Deployment"\n',
    "v0": 'package main\ndeny[msg] { input.kind == "Deployment"; msg := "x" }\n',
}


@pytest.mark.parametrize("syntax", PLAIN)
def test_a_folder_without_manifest_holds_plain_rules(
    tmp_path: Path, engine: LightEngine, syntax: str
) -> None:
    folder = tmp_path / "policy"
    folder.mkdir()
    (folder / "a.rego").write_text(PLAIN[syntax])
    (folder / "a_test.rego").write_text("package main\ntest_x { true }\n")
    (folder / "b.rego").write_text(PLAIN[syntax].replace("main", "k8s").replace("deny", "warn_x"))
    pack = load(folder, engine)
    assert [(rule.id, rule.scope) for rule in pack.rules] == [
        ("k8s.warn_x", Scope.DOCUMENT),
        ("main.deny", Scope.DOCUMENT),
    ]


def test_choosing_rules(tmp_path: Path, engine: LightEngine) -> None:
    pack = load(write_pack(tmp_path / "t"), engine)
    [rule] = choose([pack], RuleChoice(), {"T-001": {"floor": 590}})
    assert rule.params == {"floor": 590}
    assert choose([pack], RuleChoice(exclude=("T-001",)), {}) == ()


@pytest.mark.parametrize(
    ("choice", "params", "said"),
    [
        (RuleChoice(rules=("T-01",)), {}, "no rule 'T-01'"),
        (RuleChoice(tags=("x",)), {}, "no tag 'x'"),
        (RuleChoice(exclude=("y",)), {}, "no rule or tag 'y'"),
        (RuleChoice(), {"flor": 1}, "no parameter of T-001: 'flor'"),
        (RuleChoice(), {"floor": "590"}, "must be a number, not text"),
        (RuleChoice(), {"floor": True}, "must be a number, not true or false"),
    ],
)
def test_a_choice_of_what_does_not_exist_is_an_error(
    tmp_path: Path, engine: LightEngine, choice: RuleChoice, params: dict[str, Json], said: str
) -> None:
    pack = load(write_pack(tmp_path / "t"), engine)
    with pytest.raises(EidosError) as caught:
        choose([pack], choice, {"T-001": params})
    assert said in str(caught.value)
    with pytest.raises(EidosError, match="is in two packs"):
        choose([pack, pack], RuleChoice(), {})
