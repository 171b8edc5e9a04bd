"""Every function of OPA is present, given, missing or forbidden, and each list is true."""

import json
import subprocess

import pytest
import regorus

from eidos.engine.errors import PolicyError
from eidos.engine.model.policy import Module
from eidos.engine.rego import builtins
from eidos.engine.rego.light import LightEngine
from eidos.engine.rego.limits import EngineLimits
from eidos.engine.rego.runtime import new_engine
from fakes.opa_server import opa_binary


def has(name: str) -> bool:
    """Tell whether the bare engine knows a function."""
    for arity in range(5):
        engine = new_engine(EngineLimits(), v0=True)
        arguments = ", ".join(["1"] * arity)
        engine.add_policy("p.rego", f"package p\n\nx = {name}({arguments})")
        try:
            engine.eval_rule("data.p.x")
        except RuntimeError as error:
            if "could not find function" in str(error):
                return False
    return True


def test_the_lists_do_not_overlap() -> None:
    lists = (builtins.PRESENT, builtins.GIVEN, builtins.MISSING)
    assert {"strings.count"} >= builtins.GIVEN & builtins.PRESENT, "only what is mended is in both"
    assert not builtins.MISSING & builtins.AVAILABLE
    assert not builtins.FORBIDDEN.keys() & set().union(*lists)


@pytest.mark.parametrize("name", sorted(builtins.PRESENT))
def test_what_is_present_is_there(name: str) -> None:
    assert has(name)


@pytest.mark.parametrize("name", sorted(builtins.MISSING))
def test_what_is_missing_is_refused_at_load(name: str, light: LightEngine) -> None:
    assert not has(name)
    if name in {"and", "div", "or"} or name.startswith("internal."):
        return  # OPA's names for operators
    with pytest.raises(PolicyError, match=f"the embedded engine has no function {name}") as caught:
        light.analyse([Module("p.rego", f"package p\n\nx := {name}(1)\n")])
    assert caught.value.hint


def test_what_is_deprecated_is_for_v0_only(light: LightEngine) -> None:
    for name in builtins.DEPRECATED:
        with pytest.raises(PolicyError, match="no longer there in Rego v1"):
            light.analyse([Module("p.rego", f"package p\n\nx := {name}(1)\n")])


@pytest.mark.real
def test_every_function_of_opa_is_known() -> None:
    command = [opa_binary(), "capabilities", "--current"]
    answer = subprocess.run(command, capture_output=True, check=True)
    names = {builtin["name"] for builtin in json.loads(answer.stdout)["builtins"]}
    known = builtins.AVAILABLE | builtins.MISSING | builtins.FORBIDDEN.keys()
    assert names - known == set()


def test_a_forbidden_function_is_dead_even_when_nobody_looked() -> None:
    from eidos.engine.rego.extensions import install

    engine = regorus.Engine()
    install(engine, lambda: 0)
    engine.add_policy("p.rego", "package p\n\nx := http.send({})\n\ny := opa.runtime()")
    for query in ("data.p.x", "data.p.y"):
        with pytest.raises(RuntimeError, match="is forbidden"):
            engine.eval_rule(query)
