import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from eidos.engine.errors import EidosError
from eidos.engine.folders import REMEMBERED
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Pack, Scope
from eidos.engine.packs.choosing import RuleChoice, choose
from eidos.engine.packs.finding import find_policies, shipped
from eidos.engine.packs.index import PackIndex
from eidos.engine.packs.loading import load_pack
from eidos.engine.packs.parameters import complaint, read_param
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


@pytest.mark.parametrize(
    "named",
    [
        "import data.eidos.lib.hugepages",
        "import data.eidos.lib.hugepages as pages",
        "import data.eidos.lib.hugepages.default_size",
        "import data.eidos.lib as lib",
        'import data.eidos["lib"].hugepages',
        'import data["\\u0065idos"]["lib"].hugepages',
        "import data.eidos.lib.versions\nimport data.eidos.lib.hugepages",
    ],
)
def test_however_the_library_is_named_a_rule_carries_what_it_uses_of_it(
    named: str, tmp_path: Path, engine: LightEngine
) -> None:
    source = DRIVER_RULE.replace("import data.eidos.lib.versions", named)
    [rule] = load(write_pack(tmp_path / "t", driver=source), engine).rules
    files = {module.file for module in rule.modules}
    assert {"lib/hugepages.rego", "lib/quantities.rego"} <= files  # one uses the other


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


@pytest.mark.parametrize(("place", "mode"), [("", 0o777), ("entry", 0o644), ("entry", 0o600)])
def test_an_index_that_may_be_of_others_is_not_believed(
    tmp_path: Path, engine: LightEngine, place: str, mode: int
) -> None:
    folder = write_pack(tmp_path / "t")
    load(folder, engine)
    [entry] = (tmp_path / "index").iterdir()
    forged = entry.read_text().replace("The driver is new", "Forged")
    entry.unlink()
    entry.write_text(forged)
    entry.chmod(REMEMBERED)
    assert load(folder, engine).rules[0].title == "Forged"
    (entry if place else tmp_path / "index").chmod(mode)
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
        ("- a\n", "the file is not a map"),
        ("name: t\nversion: 1.0\nrego: v1\n", "'version' is 1.0, and must be text"),
        ("name: t\nversion: 1.0.0\nrego: v0\n", "packs are written in v1"),
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


def changed_floor(line: str) -> str:
    return changed("#   params: {floor: 580}", f"#   params:\n#     {line}")


@pytest.mark.parametrize(
    ("modules", "said", "hint"),
    [
        (
            {"a": changed("params.floor\n", "params.flor\n")},
            ":19: data.params.flor",
            "data.params.floor",
        ),
        (
            {"a": changed("data.params.floor\n", 'data.params["flor"]\n')},
            "data.params.flor",
            "floor",
        ),
        ({"a": changed("data.params.floor\n", "data.params[major]\n")}, "used as a whole", "NAME"),
        (
            {"a": changed("versions\n", "versions\nimport data.params as p\n") + "\nx := p.flor\n"},
            "data.params.flor",
            "data.params.floor",
        ),
        ({"a": changed("params.floor\n", "tables.nope\n")}, "data.tables.nope", "custom.tables"),
        ({"a": changed("params.floor\n", "tables.os_eol.as_of\n")}, "data.tables.os_eol", "custom"),
        ({"a": changed("params.floor\n", "x\n")}, "data.x ", "custom"),
        ({"a": changed("lib.versions", "lib.nope")}, ":13: data.eidos.lib.nope", "data.eidos.lib."),
        (
            {"a": DRIVER_RULE + "\nx := versions.olderr\n"},
            "data.eidos.lib.versions.olderr",
            "data.eidos.lib.versions.older'",
        ),
        ({"a": DRIVER_RULE + "\nx := data.eidos.lib.versions.nope\n"}, "versions.nope", "data"),
        (
            {"a": DRIVER_RULE[: DRIVER_RULE.index("deny ")] + "deny(x) := x\n"},
            ":17: deny(...) is a function",
            "deny contains finding",
        ),
        (
            {"a": DRIVER_RULE.replace("smi.driver", "smi.drivr")},
            "",
            "Did you mean 'gpu.smi.driver'?",
        ),
        ({"a": changed("[os.grub]", "[os.grub, gpu.sim]")}, "fact gpu.sim", "'gpu.smi'"),
        ({"a": changed("T-001", "GPU-001")}, "the id GPU-001 is of the shipped", "replaces: [gpu]"),
        ({"a": changed("T-001", "gpu-001")}, "the id gpu-001 is of the shipped", "replaces: [gpu]"),
        ({"a": changed("T-001", '"GPU-001 "')}, "custom.id is 'GPU-001 '", "without spaces"),
        (
            {"a": changed("T-001", '"GPU-001\u200b"')},
            "custom.id is 'GPU-001\\u200b'",
            "without spaces",
        ),
        (
            {"a": changed("package eidos.t.driver", "package eidos.gpu.driver_security_floor")},
            "the package eidos.gpu.driver_security_floor is of the shipped pack 'gpu'",
            "replaces: [gpu]",
        ),
        (
            {"a": DRIVER_RULE, "b": "package eidos.lib.versions\n\nolder(_, _) := false\n"},
            "the package eidos.lib.versions is of the shared library",
            "nothing replaces",
        ),
        ({"a": changed_floor("floor: {default: 1, typ: x}")}, "a field 'typ'", "writing-rules"),
        (
            {"a": changed_floor("floor: {default: 1, type: text}")},
            "the type 'text'",
            "writing-rules",
        ),
        ({"a": changed_floor("floor: {default: x, type: number}")}, "a default that must be", ""),
        ({"a": changed_floor("floor: {default: 1, minimum: 5}")}, "must be at least 5, not 1", ""),
        (
            {"a": changed_floor("floor: {default: 1, minimum: low}")},
            "a minimum that is no number",
            "",
        ),
        ({"a": changed_floor("floor: {default: a, values: a}")}, "'values' that are no list", ""),
    ],
)
def test_what_could_never_be_answered_is_refused(
    tmp_path: Path, engine: LightEngine, modules: dict[str, str], said: str, hint: str
) -> None:
    folder = write_pack(tmp_path / "t", **modules)
    with pytest.raises(EidosError) as caught:
        load(folder, engine)
    assert said in str(caught.value)
    assert hint in str(caught.value.hint)
    assert caught.value.location is not None


@pytest.mark.parametrize(
    "module",
    [
        DRIVER_RULE + '\n# data.params.nope\nx := "data.params.nope"\n',
        changed("data.params.floor\n", 'data.params["floor"]\n'),
        changed("[os.grub]", "[os.grub, gpu.board.serial, os.sysctl.x, systemd.unit.X]"),
        DRIVER_RULE + "\nx := deny_text(1)\n\ndeny_text(a) := a\n",
        DRIVER_RULE + "\nx := data.eidos.t.driver.applicable\n",
        changed_floor("floor: {default: 580, type: integer, minimum: 1, maximum: 999}"),
        changed_floor("floor: {default: 580, description: Lowest branch.}"),
    ],
)
def test_what_can_be_answered_is_not(tmp_path: Path, engine: LightEngine, module: str) -> None:
    pack = load(write_pack(tmp_path / "t", a=module), engine)
    assert [entry.level for entry in pack.rules[0].entrypoints] == ["deny", "warn"]


def test_a_pack_says_what_it_replaces(tmp_path: Path, engine: LightEngine) -> None:
    rule = changed("T-001", "GPU-001").replace("eidos.t.driver", "eidos.gpu.driver_security_floor")
    own = MANIFEST.replace("name: t", "name: gpu")
    with pytest.raises(EidosError, match="the name 'gpu' is of the shipped pack"):
        load(write_pack(tmp_path / "a", own, a=rule), engine)
    with pytest.raises(EidosError, match="the pack replaces 'gpuu', which is not a shipped pack"):
        load(write_pack(tmp_path / "b", own + "replaces: [gpuu]\n", a=rule), engine)
    with pytest.raises(EidosError, match="'replaces' is not a list"):
        load(write_pack(tmp_path / "c", own + "replaces: gpu\n", a=rule), engine)
    pack = load(write_pack(tmp_path / "d", own + "replaces: [gpu]\n", a=rule), engine)
    assert pack.replaces == ("gpu",)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("parms: {T-001: {floor: '600'}}", "'parms' is not known here"),
        ("eidos: ~=9.0", "'eidos' is \"~=9.0\", which does not fit"),
    ],
)
def test_what_a_manifest_says_in_vain_is_refused(
    tmp_path: Path, engine: LightEngine, line: str, told: str
) -> None:
    with pytest.raises(EidosError, match=re.escape(told)):
        load(write_pack(tmp_path / "t", f"{MANIFEST}{line}\n"), engine)


def test_a_copy_of_a_shipped_pack_takes_nothing(tmp_path: Path, engine: LightEngine) -> None:
    copy = shutil.copytree(shipped()["gpu"], tmp_path / "gpu")
    assert load(copy, engine).replaces == ()
    (copy / "more.rego").write_text("package eidos.gpu.more\n")
    with pytest.raises(EidosError, match="of the shipped pack"):
        load(copy, engine)


def test_a_manifest_sets_parameters_of_its_rules(tmp_path: Path, engine: LightEngine) -> None:
    manifest = MANIFEST + "params: {T-001: {floor: 590}}\n"
    [rule] = load(write_pack(tmp_path / "t", manifest), engine).rules
    assert rule.params == {"floor": 590}
    wrong = MANIFEST + "params:\n  T-001: {floor: high, flor: 1}\n  T-01: {}\n"
    with pytest.raises(EidosError) as caught:
        load(write_pack(tmp_path / "w", wrong), engine)
    said = [str(caught.value), *(str(other) for other in caught.value.others)]
    assert [line.split(" ")[0] for line in said] == [
        f"w/pack.yaml:{at}" for at in ("6:11", "6:24", "7:3")
    ]


@pytest.mark.parametrize("given", ["parent", "parent/t", "parent/t/a.rego"])
@pytest.mark.parametrize("manifest", ["pack.yaml", "pack.yml", "Pack.yaml", "packs.yaml", None])
def test_a_rule_of_a_pack_is_no_plain_rule(
    tmp_path: Path, engine: LightEngine, given: str, manifest: str | None
) -> None:
    folder = write_pack(tmp_path / "parent" / "t", a=DRIVER_RULE)
    if manifest != "pack.yaml":
        (folder / "pack.yaml").unlink()
    if manifest:
        (folder / manifest).write_text(MANIFEST)
    if manifest == "pack.yaml" and given == "parent/t":
        assert load(tmp_path / given, engine).rules[0].scope is Scope.NODE
        return
    with pytest.raises(EidosError, match="T-001 is a rule of a pack") as caught:
        load(tmp_path / given, engine)
    assert caught.value.location is not None
    assert caught.value.location.line == 1
    hint = str(caught.value.hint)
    assert hint.endswith(f"--pack {folder}")
    assert hint.startswith({"pack.yaml": "Give", None: "Write"}.get(manifest, "Rename"))


@pytest.mark.parametrize("scope", ["admission", "bundle", "recipe"])
def test_a_rule_that_sees_more_than_facts_is_no_plain_rule(
    tmp_path: Path, engine: LightEngine, scope: str
) -> None:
    about = f"# METADATA\n# title: x\n# custom: {{id: T-009, severity: high, scope: {scope}}}\n"
    (tmp_path / "a.rego").write_text(about + PLAIN["v1"])
    with pytest.raises(EidosError, match="T-009 is a rule of a pack"):
        load(tmp_path, engine)


def test_plain_policy_may_have_metadata_of_its_own(tmp_path: Path, engine: LightEngine) -> None:
    for number, custom in enumerate(("{id: X, severity: high}", "[a]", "{scope: node}")):
        folder = tmp_path / str(number)
        folder.mkdir()
        about = f"# METADATA\n# title: x\n# custom: {custom}\n"
        (folder / "a.rego").write_text(about + PLAIN["v1"])
        assert [rule.id for rule in load(folder, engine).rules] == ["main.deny"]


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("package main\nimport data.lib.nope\n\ndeny contains 1 if nope.x\n", "data.lib.nope"),
        ("package main\nimport data.lib\n\ndeny contains 1 if lib.nope\n", "data.lib.nope"),
        ("package main\n\ndeny(x) := x\n", ":3: deny(...) is a function"),
        ("package main\n\ndefault warn_x(_) := 1\n\nwarn_x(1) := 2\n", "warn_x(...) is a function"),
        ("package main\ndeny(x) = y { y := x }\n", ":2: deny(...) is a function"),
    ],
)
def test_a_plain_rule_names_only_what_there_is(
    tmp_path: Path, engine: LightEngine, policy: str, said: str
) -> None:
    (tmp_path / "policy").mkdir()
    lib = (
        "package lib\nhelp(x) = x { true }\n"
        if " { " in policy
        else "package lib\n\nhelp(x) := x\n"
    )
    (tmp_path / "policy" / "lib.rego").write_text(lib)
    (tmp_path / "policy" / "a.rego").write_text(policy)
    with pytest.raises(EidosError) as caught:
        load(tmp_path / "policy", engine)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "value", "said"),
    [
        ({"values": ["fail", "warn"], "default": "fail"}, "FAIL", "must be one of fail, warn"),
        ({"type": "integer", "default": 1}, 1.5, "must be a whole number"),
        ({"type": "integer", "default": 1}, True, "not true or false"),
        ({"minimum": 0, "default": 1}, -1, "must be at least 0"),
        ({"maximum": 9, "default": 1}, 10, "must be at most 9"),
        ({"items": "string", "default": []}, ["a", 1], "must hold text everywhere, not 1"),
        ({"items": "array", "default": {}}, {"a": "b"}, "must hold a list everywhere"),
        ({"format": "regex", "default": "a"}, "(", "is not a regular expression"),
        ({"format": "regex", "default": "a"}, "(?!a)", "uses look-around"),
        ({"format": "version", "default": "1.2"}, "new", "must be a version"),
        ({"format": "version", "default": "1.2"}, "2.x", "must be a version"),
        ({"format": "version", "default": "1.2"}, "9999999999", "must be a version"),
        ({"default": "a"}, None, "must be text, not empty"),
    ],
)
def test_a_parameter_is_what_its_rule_says(spec: dict[str, Json], value: Json, said: str) -> None:
    param = read_param(spec)
    assert said in str(complaint(param, value))
    assert complaint(param, param.default) is None


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


def test_a_file_whose_name_is_no_text(tmp_path: Path, engine: LightEngine) -> None:
    """It could stand in no digest."""
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "a.rego").write_text('package p\n\ndeny contains "x" if input.x\n')
    with open(bytes(tmp_path / "p") + b"/\xff.rego", "wb") as file:  # noqa: PTH123 -- of bytes
        file.write(b"package q\n")
    with pytest.raises(EidosError, match="is not UTF-8 text"):
        load(tmp_path / "p", engine)
