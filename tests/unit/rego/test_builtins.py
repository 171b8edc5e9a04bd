"""Every function of OPA is known by name: served, left to OPA, or forbidden."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import regorus

from eidos.engine.errors import PolicyError
from eidos.engine.model.rule import Module
from eidos.engine.rego import builtins
from eidos.engine.rego.extensions import install
from eidos.engine.rego.light import LightEngine
from fakes.opa_server import opa_binary

PAGE = Path(__file__).parents[3] / "docs" / "rego.md"
OPERATORS = ("and", "div", "or", "internal.")
"""OPA's names for operators and for its own insides."""


def test_the_lists_do_not_overlap() -> None:
    assert builtins.SERVED.keys() <= builtins.OPA_FUNCTIONS
    assert not builtins.FORBIDDEN.keys() & builtins.OPA_FUNCTIONS


@pytest.mark.parametrize("name", sorted(builtins.OPA_FUNCTIONS - builtins.SERVED.keys()))
def test_what_is_not_served_is_refused_at_load(name: str, light: LightEngine) -> None:
    if name.startswith(OPERATORS) or name in builtins.DEPRECATED or name == "print":
        return
    with pytest.raises(PolicyError, match=f"does not serve the function {name}") as caught:
        light.analyse([Module("p.rego", f"package p\n\nx := {name}(1)\n")])
    assert "eidos engine install" in str(caught.value.hint)
    assert caught.value.location
    assert (caught.value.location.file, caught.value.location.line) == ("p.rego", 3)


def test_the_page_lists_what_is_served() -> None:
    """docs/rego.md tells it; EIDOS_UPDATE_GOLDEN=1 writes the list anew."""
    names = ", ".join(f"`{name}`" for name in sorted({*builtins.SERVED, "print"}))
    block = f"<!-- functions: start -->\n{names}.\n<!-- functions: end -->"
    text = PAGE.read_text(encoding="utf-8")
    pattern = re.compile("<!-- functions: start -->.*<!-- functions: end -->", re.DOTALL)
    if os.environ.get("EIDOS_UPDATE_GOLDEN"):
        PAGE.write_text(pattern.sub(lambda _: block, text), encoding="utf-8")
    assert block in PAGE.read_text(encoding="utf-8"), "run again with EIDOS_UPDATE_GOLDEN=1"


def test_what_is_deprecated_is_for_v0_only(light: LightEngine) -> None:
    for name in builtins.DEPRECATED:
        with pytest.raises(PolicyError, match="no longer there in Rego v1"):
            light.analyse([Module("p.rego", f"package p\n\nx := {name}(1)\n")])


@pytest.mark.real
def test_every_function_of_opa_is_known() -> None:
    command = [opa_binary(), "capabilities", "--current"]
    answer = subprocess.run(command, capture_output=True, check=True)
    found = {builtin["name"]: builtin for builtin in json.loads(answer.stdout)["builtins"]}
    assert found.keys() - builtins.OPA_FUNCTIONS - builtins.FORBIDDEN.keys() == set()
    for name, guards in builtins.SERVED.items():
        if name != "walk":  # written with what it gives
            assert len(guards) == len(found[name]["decl"].get("args", [])), name


_CLOCK_OR_CHANCE = re.compile(r"rand|uuid\.rfc|now|verify_cert|decode_verify|encode_sign|runtime")
"""Names of what reads a clock or draws lots; OPA marks most, but none of the certificates'."""


@pytest.mark.real
def test_what_opa_calls_nondeterministic_is_forbidden_or_bound() -> None:
    command = [opa_binary(), "capabilities", "--current"]
    answer = subprocess.run(command, capture_output=True, check=True)
    offered = json.loads(answer.stdout)["builtins"]
    marked = {each["name"] for each in offered if each.get("nondeterministic")}
    suspected = {each["name"] for each in offered if _CLOCK_OR_CHANCE.search(each["name"])}
    assert marked | suspected == builtins.FORBIDDEN.keys() | builtins.BOUND | {"time.now_ns"}


def test_a_forbidden_function_is_dead_even_when_nobody_looked() -> None:
    engine = regorus.Engine()
    install(engine, lambda: 0)
    engine.add_policy("p.rego", "package p\n\nx := http.send({})\n\ny := opa.runtime()")
    for query in ("data.p.x", "data.p.y"):
        with pytest.raises(RuntimeError, match="is forbidden"):
            engine.eval_rule(query)
