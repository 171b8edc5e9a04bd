"""Remembering changes nothing: every report is that of evaluating everything anew."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eidos.engine.app.check import check
from eidos.engine.app.context import Context, Opening
from eidos.engine.app.policies import PolicyRequest, resolve
from eidos.engine.model.report import Report
from eidos.engine.model.rule import Enforcement
from fakes.policies import write_pack

NODE = """\
apiVersion: aicr.run/v1
kind: Snapshot
metadata:
  source-node: {name}
measurements:
  - type: GPU
    subtypes:
      - subtype: {subtype}
        data:
          driver: {driver}
          count: {count}
  - type: OS
    subtypes:
      - subtype: grub
        data:
          a: "1"
          b: "2"
{padding}"""
PADDING = "".join(f"          k{number}: {number}\n" for number in range(40))
RULE = """# METADATA
# title: See
# custom:
#   id: {id}
#   severity: low
#   scope: {scope}
#   requires: [{requires}]
#   remediation: None.
package eidos.t.{name}

deny contains {{"msg": json.marshal(input), "path": "{path}"}} if input
"""
RULES = {
    "driver": RULE.format(
        id="T-001", scope="node", requires="gpu.smi.driver", name="driver", path="gpu.smi.driver"
    ),
    "grub": RULE.format(
        id="T-002", scope="node", requires="os.grub", name="grub", path="gpu.smi.count"
    ),
    "named": RULE.format(
        id="T-003", scope="node", requires="node.name", name="named", path="os.grub.k7"
    ),
    "nodes": RULE.format(
        id="T-004",
        scope="cluster",
        requires="nodes.gpu.smi.count",
        name="nodes",
        path="nodes.n1.gpu.smi.count",
    ),
}
NODES = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["n1", "n2", "n3"]),
        "subtype": st.sampled_from(["smi", "smi", "smi", "smu"]),
        "driver": st.sampled_from(["580.1", "580.2", "1", "true"]),
        "count": st.sampled_from(["4", "'4'", "8"]),
    }
)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("memo")
    write_pack(folder / "t", **RULES)
    return folder


def judged(here: Path, *, remembers: bool) -> Report:
    request = PolicyRequest(
        packs=(str(here / "t"),),
        enforcement={"T-002": Enforcement.WARN},
        effective_time=datetime(2026, 6, 1, tzinfo=UTC),
    )
    environ = {"XDG_CACHE_HOME": str(here / "cache"), "HOME": str(here)}
    with Context(Opening(engine="light", cores=1, remembers=remembers), environ) as context:
        report = check([str(here / "fleet")], resolve(request, context), context)
    return replace(report, run="", started="")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(nodes=st.lists(NODES, min_size=1, max_size=6))
def test_the_report_is_the_same(here: Path, nodes: list[dict[str, str]]) -> None:
    fleet = here / "fleet"
    fleet.mkdir(exist_ok=True)
    for old in fleet.iterdir():
        old.unlink()
    for number, node in enumerate(nodes):
        (fleet / f"{number}.yaml").write_text(NODE.format(**node, padding=PADDING))
    report = judged(here, remembers=True)
    assert report == judged(here, remembers=False)
    assert report.subjects


def test_like_subjects_share_what_was_said(here: Path) -> None:
    fleet = here / "fleet"
    fleet.mkdir(exist_ok=True)
    for old in fleet.iterdir():
        old.unlink()
    for number in range(3):
        node = {"name": f"n{number}", "subtype": "smi", "driver": "580.1", "count": "4"}
        (fleet / f"{number}.yaml").write_text(NODE.format(**node, padding=PADDING))
    subjects = [each for each in judged(here, remembers=True).subjects if each.scope == "node"]
    shared = [each.verdicts[1] for each in subjects]  # T-002, which does not see the name
    assert shared[0].findings is shared[1].findings is shared[2].findings
