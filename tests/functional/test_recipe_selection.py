"""Which recipe a cluster gets: by facts, by options, by a site's own policy."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from eidos.engine.app.bundle_recipe import refuse_altered
from eidos.engine.app.context import Context
from eidos.engine.app.recipe import RecipeRequest, open_catalog, resolve_recipe
from eidos.engine.app.recipe_list import coverage
from eidos.engine.cli import root
from eidos.engine.cli.console import run
from eidos.engine.documents.reading import read_text
from eidos.engine.documents.recipes import read_recipe, recipe_document
from eidos.engine.documents.writing import to_yaml
from eidos.engine.model.recipe import Recipe
from fakes.policies import write_pack

WHY = "because: It was tried so.\n  source: https://example.org/why\n"
SITE_RULE = """\
# METADATA
# title: What this site runs
# custom:
#   id: SITE-001
#   severity: info
#   scope: cluster
#   reads: [k8s.server.version]
package eidos.site.choice

"""
PREFER = 'prefer contains {"dimension": "intent", "value": "inference", "msg": "We serve."}\n'
EXCLUDE = 'exclude contains {"overlay": "eks-ubuntu-inference", "msg": "Not yet audited."}\n'
CRITERION = (
    'criterion contains {"dimension": "os", "value": "ubuntu", "msg": "All of ours.", '
    '"path": "k8s.server.version", "actual": input.k8s.server.version}\n'
)
MANIFEST = "name: site\nversion: 0.1.0\ndescription: Ours.\nrego: v1\n"


def snapshot(version: str = "v1.34.1-eks-3025e55", *models: str) -> dict[str, Any]:
    return {
        "apiVersion": "eidos.dev/v1",
        "kind": "Snapshot",
        "metadata": {"cluster": "c1", "timestamp": "2026-11-23T10:00:00Z"},
        "measurements": [
            {
                "type": "K8s",
                "subtypes": [{"subtype": "server", "data": {"version": version}}],
            }
        ],
        "nodes": [
            {
                "name": f"n{number}",
                "measurements": [
                    {
                        "type": "GPU",
                        "subtypes": [{"subtype": "smi", "data": {"gpu.model": model}}],
                    },
                    {
                        "type": "K8s",
                        "subtypes": [
                            {
                                "subtype": "node",
                                "data": {
                                    "os-image": "Ubuntu 24.04.3 LTS",
                                    "kernel-version": "6.8.0-1028-aws",
                                    "labels": {"nvidia.com/gpu.present": "true"},
                                },
                            }
                        ],
                    },
                    {
                        "type": "OS",
                        "subtypes": [
                            {"subtype": "release", "data": {"ID": "ubuntu", "VERSION_ID": "24.04"}},
                            {
                                "subtype": "sysctl",
                                "data": {"/proc/sys/kernel/osrelease": "6.8.0-1028-aws"},
                            },
                        ],
                    },
                ],
            }
            for number, model in enumerate(models or ("NVIDIA H100 80GB HBM3",))
        ],
    }


Resolve = Callable[..., int]


@pytest.fixture
def resolve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Resolve:
    monkeypatch.chdir(tmp_path)

    def resolved(*options: str, facts: dict[str, Any] | None = None) -> int:
        Path("s.yaml").write_text(yaml.safe_dump(facts or snapshot()))
        return int(run(root, ["recipe", "--snapshot", "s.yaml", *options]))

    return resolved


def site(*rules: str) -> None:
    write_pack(Path("site"), MANIFEST, choice=SITE_RULE + "".join(rules))


def test_facts_say_what_kind_of_cluster_it_is(
    resolve: Resolve, capsys: pytest.CaptureFixture[str]
) -> None:
    assert resolve("--intent", "training") == 0
    said = yaml.safe_load(capsys.readouterr().out)
    service = said["criteria"]["service"]
    assert (service["value"], service["from"]) == ("eks", "fact")
    assert service["evidence"] == [{"fact": "k8s.server.version", "value": "v1.34.1-eks-3025e55"}]
    assert said["criteria"]["accelerator"]["value"] == "h100"
    assert said["criteria"]["os"]["value"] == "ubuntu"


def test_a_release_that_is_too_old_is_refused_and_never_answered_generically(
    resolve: Resolve, capsys: pytest.CaptureFixture[str]
) -> None:
    assert resolve("--intent", "training", facts=snapshot("v1.30.14-eks-3025e55")) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert 'violated: k8s.server.version is "v1.30.14-eks-3025e55"' in err
    assert "asked by overlay" in err
    assert "hint:" in err


def test_a_refusal_writes_no_file_and_leaves_one_as_it_was(resolve: Resolve) -> None:
    Path("old.yaml").write_text("of yesterday")
    options = ("--intent", "training", "-o", "yaml=old.yaml", "-o", "table=new.txt")
    assert resolve(*options, facts=snapshot("v1.30.14-eks-3025e55")) == 1
    assert Path("old.yaml").read_text() == "of yesterday"
    assert not Path("new.txt").exists()


def test_two_kinds_of_nodes_are_told_and_one_must_be_said(
    resolve: Resolve, capsys: pytest.CaptureFixture[str]
) -> None:
    mixed = snapshot("v1.34.1-eks-3025e55", "NVIDIA H100 80GB HBM3", "NVIDIA L40S")
    assert resolve("--intent", "training", facts=mixed) == 2
    err = capsys.readouterr().err
    assert "facts show more than one accelerator: h100 (Node n0 has NVIDIA H100" in err
    assert "l40s (Node n1 has NVIDIA L40S.)" in err
    assert "--accelerator h100" in err
    assert resolve("--intent", "training", "--accelerator", "h100", facts=mixed) == 0
    said = yaml.safe_load(capsys.readouterr().out)["criteria"]["accelerator"]
    assert (said["from"], said["overruled"]) == ("option", ["l40s"])


def test_an_option_does_not_contradict_facts_unless_it_insists(
    resolve: Resolve, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--intent", "training", "--accelerator", "h200")
    assert resolve(*options) == 2
    assert "facts say h100" in capsys.readouterr().err
    assert resolve(*options, "--force") == 0
    said = yaml.safe_load(capsys.readouterr().out)["criteria"]["accelerator"]
    assert said["overruled"] == ["h100"]


def test_a_site_prefers(resolve: Resolve, capsys: pytest.CaptureFixture[str]) -> None:
    site(PREFER)
    assert resolve("-p", "site") == 0
    intent = yaml.safe_load(capsys.readouterr().out)["criteria"]["intent"]
    assert intent == {"value": "inference", "from": "default", "because": "We serve."}
    assert resolve("-p", "site", "--intent", "training") == 0
    assert yaml.safe_load(capsys.readouterr().out)["criteria"]["intent"]["value"] == "training"


def test_a_site_excludes_and_nothing_more_general_answers(
    resolve: Resolve, capsys: pytest.CaptureFixture[str]
) -> None:
    assert resolve("--intent", "inference") == 0
    capsys.readouterr()
    site(EXCLUDE)
    assert resolve("-p", "site", "--intent", "inference") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "SITE-001" in err
    assert "Not yet audited." in err


def test_a_site_derives(resolve: Resolve, capsys: pytest.CaptureFixture[str]) -> None:
    site(CRITERION)
    facts = snapshot()
    for node in facts["nodes"]:
        node["measurements"] = node["measurements"][:1]
    assert resolve("-p", "site", "--intent", "training", facts=facts) in (0, 3)
    err = capsys.readouterr().err
    assert "operating system decides" not in err.lower()


def test_a_pack_that_selects_nothing_is_refused(
    resolve: Resolve, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pack(Path("judges"))
    assert resolve("-p", "judges", "--intent", "training") == 2
    assert "the pack t selects nothing" in capsys.readouterr().err


def test_facts_that_are_missing_are_told_where_they_decide(
    resolve: Resolve, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = snapshot()
    facts["nodes"] = []
    assert resolve("--intent", "training", facts=facts) == 1
    err = capsys.readouterr().err
    assert "--accelerator" in err
    assert "unknown (SEL-002)" in err


def test_what_is_derived_from_a_written_recipe_is_the_recipe() -> None:
    """`eidos bundle` holds a recipe against it: no shipped one may be refused as altered."""
    tried = 0
    with Context() as context:
        catalog = open_catalog((), context)
        for row in coverage((), context).rows[::7]:
            asked = RecipeRequest(criteria=row.criteria)
            first = resolve_recipe(asked, context).recipe
            assert first is not None
            for chosen in ({}, *others(first)):
                given = dict.fromkeys(chosen, "ops: it is so")
                recipe = resolve_recipe(
                    replace(asked, profiles=chosen, given=given), context
                ).recipe
                assert recipe is not None
                document = to_yaml(recipe_document(recipe))
                refuse_altered(read_recipe(read_text(document, "r")[0]), catalog, "r")
                tried += 1
    assert tried > 12


def others(recipe: Recipe) -> list[dict[str, str]]:
    """Give each choice of a profile that is not the one that was made."""
    return [
        {each.profile.dimension: name}
        for each in recipe.profiles
        for name in each.profile.choices
        if name != each.choice.name
    ]


def _options_of(hint: str) -> list[str]:
    """Give the options that a hint names, each with the first of its values."""
    words = hint.removeprefix("Give ").rstrip(".").split(" and ")
    return [part.split("|")[0] for word in words for part in word.split(" ")]


@pytest.mark.parametrize(
    "asked",
    [
        ("--service", "aks", "--accelerator", "h100", "--os", "ubuntu", "--intent", "training"),
        ("--service", "eks", "--accelerator", "h100"),
        ("--service", "gke"),
        ("--service", "oke", "--accelerator", "l40s", "--intent", "inference"),
    ],
)
def test_what_a_hint_says_to_give_leads_to_a_recipe(
    asked: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    given = [*asked]
    for _ in range(3):
        code = run(root, ["recipe", *given])
        said = capsys.readouterr().err
        if code == 0:
            break
        hint = next(line for line in said.splitlines() if line.startswith("  hint: "))
        given += _options_of(hint.removeprefix("  hint: "))
    assert code == 0, (given, said)


def test_what_would_change_a_recipe_and_is_not_known_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = ["--service", "gke", "--accelerator", "h100", "--os", "cos", "--intent", "training"]
    assert run(root, ["recipe", *asked]) == 0
    plain = capsys.readouterr()
    assert "the fabric is not known" in plain.err
    assert plain.err.rstrip().endswith("--criterion fabric=tcpxo")
    assert run(root, ["recipe", *asked, "--criterion", "fabric=tcpxo"]) == 0
    refined = capsys.readouterr()
    assert refined.err == ""
    assert refined.out != plain.out


def test_what_refines_a_recipe_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, ["recipe", "list", "fabric=tcpxo"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[1:]]
    assert {(row[0], row[1], row[5]) for row in rows} == {("gke", "h100", "tcpxo")}
    assert run(root, ["recipe", "list", "service=aks", "fabric=tcpxo"]) == 1
    assert "no recipe is for that" in capsys.readouterr().out
