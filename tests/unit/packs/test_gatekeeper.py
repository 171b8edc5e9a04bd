"""Templates and constraints of Gatekeeper as rules, and what is refused of them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from eidos.engine.app.policies import load_packs
from eidos.engine.errors import EidosError
from eidos.engine.model.match import Requirement
from eidos.engine.model.rule import GATOR, WEBHOOK, Enforcement, Pack, Rule, Scope, SyncedKind
from eidos.engine.rego.light import LightEngine
from fakes.gatekeeper import (
    LABELS,
    OWNED,
    SYNC,
    UNIQUE,
    coded,
    constraint,
    lay_out,
    template,
)

Load = Callable[..., Pack]
OWN = "violation[{'msg': 'no'}] { input.review.object }\n".replace("'", '"')


@pytest.fixture(scope="module")
def engine() -> Iterator[LightEngine]:
    with closing(LightEngine(workers=1)) as engine:
        yield engine


@pytest.fixture
def load(tmp_path: Path, engine: LightEngine) -> Load:
    def loaded(*texts: str) -> Pack:
        lay_out(tmp_path, {f"{number}.yaml": text for number, text in enumerate(texts)})
        [pack] = load_packs((str(tmp_path),), engine)
        return pack

    return loaded


def one(pack: Pack) -> Rule:
    [rule] = pack.rules
    return rule


def test_a_constraint_is_a_rule_of_its_template(load: Load) -> None:
    rule = one(load(template(), constraint()))
    assert (rule.id, rule.scope, rule.v0) == ("Owned/all", Scope.ADMISSION, True)
    assert rule.params == {"labels": ["owner"], "depth": 3}
    assert [entry.path for entry in rule.entrypoints] == ["data.eidos_gatekeeper.t_Owned.violation"]
    assert len(rule.modules) == 2


def test_lines_of_the_rego_are_those_of_the_file(load: Load) -> None:
    text = template()
    rule = one(load(text, constraint()))
    written = text.split("\n")[rule.line - 1]
    assert written.strip().startswith("violation[")


def test_templates_with_libraries_of_one_name_lie_side_by_side(load: Load) -> None:
    other = LABELS.replace("not labels[label]", "labels[label]")
    rules = load(
        template("One"), template("Two", libs=(other,)), constraint("One"), constraint("Two")
    ).rules
    packages = {rule.modules[1].source.split()[1] for rule in rules}
    assert packages == {
        "eidos_gatekeeper.t_One.libs.lib.labels",
        "eidos_gatekeeper.t_Two.libs.lib.labels",
    }


def test_both_dialects_stand_beside_each_other(load: Load) -> None:
    rules = load(
        template(), coded("UniqueHost", UNIQUE), constraint(), constraint("UniqueHost", spec="")
    ).rules
    assert {rule.id: rule.v0 for rule in rules} == {"Owned/all": True, "UniqueHost/all": False}


def test_text_and_remarks_are_not_rewritten(load: Load) -> None:
    rego = (
        "package p\n# data.lib.x is a remark\n"
        'violation[{"msg": "data.lib.x"}] { input.review.object.data.lib == "package q" }\n'
    )
    source = one(load(template("P", rego, libs=(), schema=""), constraint("P", spec=""))).modules[0]
    assert '"data.lib.x"' in source.source
    assert "# data.lib.x is a remark" in source.source
    assert "object.data.lib" in source.source
    assert '"package q"' in source.source


def test_match_is_read_whole(load: Load) -> None:
    spec = """\
parameters: {labels: [owner]}
match:
  kinds: [{apiGroups: [apps], kinds: [Deployment]}]
  scope: Namespaced
  namespaces: [prod-*]
  excludedNamespaces: ["*-system"]
  labelSelector: {matchLabels: {app: web}, matchExpressions: [{key: tier, operator: Exists}]}
  namespaceSelector: {}
  name: web*
  source: Original
"""
    found = one(load(template(), constraint(spec=spec))).constraint
    assert found is not None
    match = found.match
    assert (match.kinds[0].groups, match.kinds[0].kinds) == (("apps",), ("Deployment",))
    assert match.labels == (Requirement("app", "In", ("web",)), Requirement("tier", "Exists"))
    assert match.namespace_labels == ()
    assert (match.namespaces, match.excluded, match.name) == (("prod-*",), ("*-system",), "web*")


def scoped(**points: str) -> str:
    listed = "".join(
        f"- {{action: {action}, enforcementPoints: [{{name: '{point}'}}]}}\n"
        for action, point in points.items()
    )
    return f"enforcementAction: scoped\nscopedEnforcementActions:\n{listed}"


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ("", {GATOR: "deny", WEBHOOK: "deny"}),
        ("enforcementAction: warn\n", {GATOR: "warn", WEBHOOK: "warn"}),
        ("enforcementAction: dryrun\n", {GATOR: "audit", WEBHOOK: "audit"}),
        (scoped(warn="*", deny=WEBHOOK), {GATOR: "warn", WEBHOOK: "deny"}),
        (scoped(deny="audit.gatekeeper.sh"), {GATOR: "off", WEBHOOK: "off"}),
    ],
)
def test_actions_are_enforcement(load: Load, spec: str, wanted: Mapping[str, str]) -> None:
    found = one(load(template(), constraint(spec=f"parameters: {{labels: []}}\n{spec}"))).constraint
    assert found is not None
    assert {point: found.enforcement(point) for point in wanted} == {
        point: Enforcement(action) for point, action in wanted.items()
    }


def test_what_a_template_looks_for_is_known(load: Load) -> None:
    found = one(
        load(coded("UniqueHost", UNIQUE, annotations=SYNC), constraint("UniqueHost", spec=""))
    )
    assert found.constraint is not None
    assert found.constraint.reads_inventory
    assert found.constraint.synced == (
        (SyncedKind(("networking.k8s.io",), ("v1",), ("Ingress",)),),
    )


def test_a_list_of_kubernetes_is_looked_into(load: Load) -> None:
    text = f"apiVersion: v1\nkind: List\nitems:\n- {template().replace(chr(10), chr(10) + '  ')}"
    assert one(load(text, constraint())).id == "Owned/all"


def test_what_else_lies_there_is_passed_over(load: Load) -> None:
    pack = load(
        template(), constraint(), "a: [", "kind: Suite\napiVersion: test.gatekeeper.sh/v1alpha1\n"
    )
    assert [rule.id for rule in pack.rules] == ["Owned/all"]


def test_a_template_without_constraint_is_noted(load: Load) -> None:
    pack = load(template(), template("Idle"), constraint())
    assert pack.notes == ("no constraint is of the template Idle",)


def test_settings_of_a_cluster_are_noted(load: Load) -> None:
    config = "apiVersion: config.gatekeeper.sh/v1alpha1\nkind: Config\nmetadata: {name: config}\n"
    [note] = load(template(), constraint(), config).notes
    assert "namespaces that it leaves out are judged all the same" in note


# Parameters -------------------------------------------------------------------------------------


def refused(load: Load, *texts: str) -> str:
    with pytest.raises(EidosError) as caught:
        load(*texts)
    others = "".join(f"\n{other}" for other in caught.value.others)
    return f"{caught.value}{others} {caught.value.hint or ''}"


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ("{}", "lacks 'labels'"),
        ("{labels: owner}", "'labels' must be a list"),
        ("{labels: [Owner]}", "$.spec.parameters.labels[0]"),
        ("{labels: [], depth: 6}", "must be at most 5"),
        ("{labels: [], deep: 6}", "'deep' is not known here"),
    ],
)
def test_parameters_fit_the_schema(load: Load, params: str, words: str) -> None:
    assert words in refused(load, template(), constraint(spec=f"parameters: {params}\n"))


def test_without_a_schema_there_are_no_parameters(load: Load) -> None:
    said = refused(load, template(schema=""), constraint(spec="parameters: {labels: []}\n"))
    assert "'parameters' is not known here" in said


@pytest.mark.parametrize("api", ["v1beta1", "v1alpha1"])
def test_legacy_schemas_take_what_they_do_not_name(load: Load, api: str) -> None:
    schema = "properties: {labels: {type: array}}\n"
    text = template(api=api, schema=schema)
    rule = one(load(text, constraint(spec="parameters: {labels: [a], more: {a: 1}}\n")))
    assert rule.params == {"labels": ["a"], "more": {"a": 1}}


def test_legacy_templates_without_schema_take_anything(load: Load) -> None:
    rule = one(load(template(api="v1beta1", schema=""), constraint(spec="parameters: {a: 1}\n")))
    assert rule.params == {"a": 1}


def test_legacy_schema_can_be_said(load: Load) -> None:
    text = template(schema="properties: {labels: {type: array}}\n").replace(
        "      validation:\n", "      validation:\n        legacySchema: true\n"
    )
    assert one(load(text, constraint(spec="parameters: {more: 1}\n"))).params == {"more": 1}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ("{type: integer, nullable: true}", "null"),
        ("{x-kubernetes-int-or-string: true}", "80%"),
        ("{x-kubernetes-int-or-string: true}", "80"),
        ("{x-kubernetes-preserve-unknown-fields: true}", "{a: [1]}"),
        ("{type: object, x-kubernetes-preserve-unknown-fields: true}", "{a: [1]}"),
        ("{type: object, additionalProperties: {type: string}}", "{a: b}"),
        ("{type: object, additionalProperties: true}", "{a: b}"),
        ("{type: number, minimum: 1, exclusiveMinimum: true}", "1.5"),
        ("{type: string, anyOf: [{pattern: ^a}, {pattern: ^b}]}", "b"),
        ("{type: string, not: {enum: [no]}}", "may"),
    ],
)
def test_schemas_of_kubernetes(load: Load, schema: str, value: str) -> None:
    text = template(schema=f"type: object\nproperties: {{x: {schema}}}\n")
    assert "x" in one(load(text, constraint(spec=f"parameters: {{x: {value}}}\n"))).params


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ("{type: number, minimum: 1, exclusiveMinimum: true}", "1"),
        ("{type: object, additionalProperties: {type: string}}", "{a: 1}"),
        ("{type: object}", "{a: 1}"),
        ("{type: string, not: {enum: [bad]}}", "bad"),
    ],
)
def test_what_does_not_fit_a_schema(load: Load, schema: str, value: str) -> None:
    text = template(schema=f"type: object\nproperties: {{x: {schema}}}\n")
    assert "$.spec.parameters.x" in refused(
        load, text, constraint(spec=f"parameters: {{x: {value}}}\n")
    )


def test_defaults_reach_into_lists_and_maps(load: Load) -> None:
    schema = """\
type: object
properties:
  list: {type: array, items: {type: object, properties: {a: {type: integer, default: 1}}}}
  map:
    type: object
    additionalProperties: {type: object, properties: {b: {type: string, default: c}}}
"""
    spec = "parameters: {list: [{}, {a: 2}], map: {x: {}}}\n"
    rule = one(load(template(schema=schema), constraint(spec=spec)))
    assert rule.params == {"list": [{"a": 1}, {"a": 2}], "map": {"x": {"b": "c"}}}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("type: object\nproperties: {x: {description: none}}\n", "the schema has no type"),
        ("type: strange\n", "there is no type 'strange'"),
        ("type: object\nproperties: {x: {type: string, pattern: '('}}\n", "cannot be used"),
        ("type: object\nproperties: {x: {type: string, pattern: '(?=a)'}}\n", "cannot be used"),
        ("type: object\nproperties: {x: {$ref: 'http://evil.example/'}}\n", "$ref cannot stand"),
        ("type: object\nx-kubernetes-validations: [{rule: self}]\n", "it is CEL"),
        ("type: object\nproperties: [x]\n", "'properties' is a list, and must be a map"),
        ("- a\n", "'openAPIV3Schema' is a list, and must be a map"),
    ],
)
def test_schemas_that_are_none(load: Load, schema: str, words: str) -> None:
    assert words in refused(load, template(schema=schema), constraint())


# Refusals ---------------------------------------------------------------------------------------


MUTATION = "apiVersion: mutations.gatekeeper.sh/v1\nkind: Assign\nmetadata: {name: a}\n"
CEL = coded("Owned", "x\n").replace("engine: Rego", "engine: K8sNativeValidation")


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ([constraint()], "there is no template of the kind Owned"),
        ([template("Ownd"), constraint()], "Did you mean 'Ownd'?"),
        ([template(), template(), constraint()], "two templates are of the kind Owned"),
        ([template(), constraint(), constraint()], "two constraints are Owned/all"),
        ([CEL], "the template Owned is written in K8sNativeValidation"),
        ([MUTATION, template()], "Assign is not supported: it changes objects"),
        (
            [
                MUTATION.replace("mutations", "expansion").replace("Assign", "ExpansionTemplate"),
                template(),
            ],
            "ExpansionTemplate is not supported",
        ),
        (
            [
                MUTATION.replace("mutations", "externaldata").replace("Assign", "Provider"),
                template(),
            ],
            "Provider is not supported: it asks a provider",
        ),
        (
            [constraint().replace("constraints.", "constraint."), template()],
            "no API group constraint.gatekeeper.sh",
        ),
        ([template(api="v2")], "there is no version 'v2' of ConstraintTemplate"),
        (
            [template(), constraint().replace("v1beta1", "v1")],
            "there is no version 'v1' of constraints",
        ),
        ([template().replace("name: owned", "name: other")], "must be called as its kind, owned"),
        ([template("No Kind").replace("name: no kind", "name: no-kind")], "cannot be a kind"),
        (
            [template().replace("admission.k8s.gatekeeper.sh", "other.sh")],
            "there is no target 'other.sh'",
        ),
        ([template(), constraint(name="Bad_Name")], "cannot be the name of a constraint"),
        (
            [template(), constraint(spec="enforcementAction: dney\n")],
            "must be one of: deny, warn, dryrun",
        ),
        (
            [template(), constraint(spec="enforcementAction: scoped\nparameters: {labels: []}\n")],
            "no scopedEnforcementActions",
        ),
        (
            [template(), constraint(spec="match: {kind: [Pod]}\nparameters: {labels: []}\n")],
            "'kind' is not known here",
        ),
        (
            [
                template(),
                constraint(spec="match: {namespaces: ['a*b']}\nparameters: {labels: []}\n"),
            ],
            "does not fit",
        ),
    ],
)
def test_what_is_refused(load: Load, texts: list[str], words: str) -> None:
    assert words in refused(load, *texts)


def test_an_annotation_that_cannot_be_read(load: Load) -> None:
    text = coded("UniqueHost", UNIQUE, annotations=SYNC.replace("[[{", "[["))
    said = refused(load, text, constraint("UniqueHost", spec=""))
    assert "requires-sync-data cannot be read" in said


@pytest.mark.parametrize(
    ("rego", "words"),
    [
        (
            f"package p\n{OWN}x = data.other.y {{ true }}\n",
            "data.other.y is nothing that a template can see",
        ),
        (
            f"package p\n{OWN}x = data[input.k] {{ true }}\n",
            "data is nothing that a template can see",
        ),
        (f"package p\n{OWN}x = external_data({{}}) {{ true }}\n", "external_data asks a provider"),
        (f"package p\n{OWN}x = http.send({{}}) {{ true }}\n", "http.send is forbidden"),
        (f"package p\n{OWN}x = opa.runtime() {{ true }}\n", "opa.runtime is forbidden"),
        ("package p\nviolations[1] { true }\n", "has no rule violation"),
        (OWN, "the Rego has no package"),
        ("package p\nviolation[{ {\n", "0.yaml"),
        (
            f'package p\n{OWN}x = $"{{data.lib}}" {{ true }}\n',
            "a text with expressions in it names data",
        ),
    ],
)
def test_rego_that_is_refused(load: Load, rego: str, words: str) -> None:
    said = refused(load, template("P", rego, libs=(), schema=""), constraint("P", spec=""))
    assert words in said
    assert "0.yaml" in said


def test_forbidden_calls_are_found_at_their_line(load: Load) -> None:
    rego = f"package p\n{OWN}\nx = http.send({{}}) {{ true }}\n"
    text = template("P", rego, libs=(), schema="")
    line = next(n for n, each in enumerate(text.split("\n"), 1) if "http.send" in each)
    assert f"0.yaml:{line}" in refused(load, text, constraint("P", spec=""))


def test_a_library_is_below_lib(load: Load) -> None:
    text = template(libs=(LABELS.replace("package lib.labels", "package labels"),))
    assert "must be in one below lib" in refused(load, text, constraint())


def test_dialects_are_not_guessed(load: Load) -> None:
    assert "0.yaml" in refused(
        load, coded("Owned", OWNED.replace("data.lib.labels.missing", "data.lib.x")), constraint()
    )
    assert "0.yaml" in refused(
        load, coded("UniqueHost", UNIQUE, "v0"), constraint("UniqueHost", spec="")
    )


def test_templates_beside_plain_rules_are_refused(tmp_path: Path, engine: LightEngine) -> None:
    plain = "package main\n\ndeny contains 1 if false\n"
    lay_out(tmp_path, {"t.yaml": template(), "a.rego": plain})
    with pytest.raises(EidosError, match="lies beside plain rules"):
        load_packs((str(tmp_path),), engine)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("metadata: {name: x}\n", "'kind' is missing or empty, and must be text"),
        ("metadata: {name: x}\nspec: []\n", "'spec' is a list, and must be a map"),
        ("metadata: {name: x}\nspec: {crd: 7}\n", "'crd' is a whole number"),
        (
            "metadata: {name: x}\nspec: {crd: {spec: {names: {kind: X}}}}\n",
            "there are 0 targets, and one is wanted",
        ),
        (
            "metadata: {name: x}\nspec: {crd: {spec: {names: {kind: X}}}, targets: [7]}\n",
            "must be a map",
        ),
    ],
)
def test_templates_that_are_hardly_any(load: Load, text: str, words: str) -> None:
    head = "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\n"
    assert words in refused(load, head + text)
