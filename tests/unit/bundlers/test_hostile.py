"""Strings of a recipe are data: in every value, of every component, they stay what they are."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from eidos.bundlers._rendering import render
from eidos.engine.documents.writing import to_yaml
from eidos.engine.errors import BundleError
from eidos.engine.model.bundle import Rendered, SharedInputs
from fakes.bundling import rendered, shipped, written

HOSTILE = (
    'a"b',
    "a'b",
    "a\nb: c\n---\nkind: Secret",
    "{{ 7 * 7 }}",
    "{% for x in y %}",
    "$(touch x)",
    "`touch x`",
    "${HOME}",
    "!!python/object:os.system x",
    "&anchor *alias",
    "\u202eevil\u2066",
    "\x1b[31mred",
    "no",
    "1e3",
    "- a",
    "# comment",
    "|",
    "\ttab",
    " space ",
    "\u2028line",
    "é" * 3,
    "a\r\nb",
)
CONFIG = {"apiVersion": "v1", "kind": "ConfigMap"}


def texts(value: Any) -> Iterator[str]:
    """Give every text in a value, keys too."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield key
            yield from texts(below)
    elif isinstance(value, list):
        for below in value:
            yield from texts(below)
    elif isinstance(value, str):
        yield value


def written_and_read(there: Rendered) -> list[Any]:
    """Give what a bundle's files say, read by another reader than ours."""
    values = [dict(there.values), *(dict(each.value) for each in there.resources)]
    return [yaml.load(to_yaml(each), Loader=yaml.CSafeLoader) for each in values]


@pytest.mark.parametrize("name", sorted(shipped().components))
def test_texts_of_values_and_resources_stay(name: str) -> None:
    values: dict[str, Any] = {"some": {"list": [*HOSTILE], **{each: each for each in HOSTILE}}}
    resources = {"thing": {**CONFIG, "data": {"list": [*HOSTILE]}}}
    if name == "rook-ceph-cluster":
        values["cephClusterSpec"] = {"storage": {"useAllDevices": False}}
    has_chart = shipped().components[name].chart is not None
    there = rendered(written(name, values if has_chart else {}, resources))
    read = written_and_read(there)
    assert read == [there.values, *(each.value for each in there.resources)]
    found = [each for document in read for each in texts(document)]
    assert {found.count(each) for each in HOSTILE} == {4 if has_chart else 1}


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_stays(key: str, text: str) -> None:
    said = {"a": {key: text}}
    there = rendered(written("kueue", said))
    assert written_and_read(there)[0] == there.values == said


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_of_shared_inputs_stays(text: str) -> None:
    shared = SharedInputs(
        system_selector={"role": text},
        accelerated_tolerations=({"key": text or "x", "operator": "Exists"},),
        registry_mirror=text,
        pull_secrets=(text,),
        monitoring_labels={"release": text},
        runtime_class=text,
    )
    for name in ("gpu-operator", "cert-manager", "prometheus-adapter"):
        there = rendered(written(name), shared=shared)
        assert written_and_read(there)[0] == there.values
        assert text in set(texts(dict(there.values)))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_of_the_tuning_stays_or_is_refused(text: str) -> None:
    package = {"name": "some", "version": text, "image": f"x/{text}", "config": {"a": text}}
    nfd = written("node-feature-discovery")
    there = rendered(written("nodewright-customizations"), nfd, tuning={"packages": [package]})
    spec: Any = there.resources[0].value["spec"]
    assert spec["packages"]["some"]["configMap"] == {"a": text}
    assert spec["packages"]["some"]["version"] == text
    for area in (
        {"arguments": [{"set": f"a={text}"}]},
        {"sysctls": [{"key": "vm.x", "value": text}]},
        {"units": [{"unit": "a.service", "property": "LimitCORE", "value": text}]},
    ):
        try:
            there = rendered(written("nodewright-customizations"), nfd, tuning=area)
        except BundleError:
            continue
        (lines,) = spec_of(there)["packages"]["tuning"]["configMap"].values()
        assert lines.count("\n") == (2 if "units" in area else 1)
        assert lines.isascii()
        assert not set(lines) & set("\"'`$;&|<>\\(){}")


def spec_of(there: Rendered) -> Any:
    return there.resources[0].value["spec"]


@pytest.mark.parametrize("text", HOSTILE)
def test_templates_are_not_rendered_twice(text: str) -> None:
    assert render("grub.conf.j2", arguments=[text]).decode() == f"{text}\n"
    assert render("sysctl.conf.j2", sysctls=[("a", text)]).decode() == f"a={text}\n"
