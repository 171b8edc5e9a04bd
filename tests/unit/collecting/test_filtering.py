"""Which collectors run."""

import pytest

from eidos.engine.collecting.filtering import Filter, filtered
from eidos.engine.errors import UsageError
from eidos.engine.model.snapshot import CollectorState
from fakes.collectors import Steady

COLLECTORS = [
    Steady("OS", {"grub": {}, "sysctl": {}, "sysctl-volatile": {}}),
    Steady("GPU", {"smi": {}}),
    Steady("K8s", {"server": {}}, reads="cluster"),
]


def runs(choice: Filter) -> dict[str, set[str]]:
    return {one.type: set(names) for one, names in filtered(COLLECTORS, choice).runs}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Filter(only=("gpu",)), {"GPU": {"smi"}}),
        (Filter(only=("GPU", "os.grub")), {"GPU": {"smi"}, "OS": {"grub"}}),
        (Filter(only=("os.sys*",)), {"OS": {"sysctl", "sysctl-volatile"}}),
        (Filter(exclude=("k8s", "os.sys*")), {"OS": {"grub"}, "GPU": {"smi"}}),
        (Filter(only=("os",), exclude=("os.grub",), volatile=False), {"OS": {"sysctl"}}),
        (Filter(skip={"local": "--no-local"}), {"K8s": {"server"}}),
        (Filter(only=("gpu.extra",), extra={"GPU": ("extra",)}), {"GPU": {"extra"}}),
    ],
)
def test_what_runs(choice: Filter, expected: dict[str, set[str]]) -> None:
    assert runs(choice) == expected


def test_what_was_left_out_is_recorded_with_the_reason() -> None:
    chosen = filtered(
        COLLECTORS, Filter(exclude=("gpu", "os.grub"), skip={"cluster": "--no-cluster"})
    )

    said = {(one.type, one.subtype, one.reason) for one in chosen.excluded}
    assert said == {
        ("GPU", None, "--exclude gpu"),
        ("OS", "grub", "--exclude os.grub"),
        ("K8s", None, "--no-cluster"),
    }
    assert {one.status for one in chosen.excluded} == {CollectorState.EXCLUDED}


@pytest.mark.parametrize(("name", "near"), [("gpus", "gpu"), ("os.sysclt", "os.sysctl")])
def test_an_unknown_name_suggests_the_nearest(name: str, near: str) -> None:
    with pytest.raises(UsageError) as caught:
        filtered(COLLECTORS, Filter(only=(name,)))

    assert repr(near) in str(caught.value.hint)
