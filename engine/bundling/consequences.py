"""What stops and starts again when a change of a component is rolled out."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from eidos.engine.model.facts import join_path
from eidos.engine.model.transition import (
    ComponentChange,
    Consequence,
    Effect,
    PublishedBundle,
    ResourceChange,
)

_OPERANDS: Mapping[str, str] = {
    "driver": "the driver pods, node by node; pods with GPUs are evicted from a node before",
    "toolkit": "the container toolkit, and with it containerd, on every node with GPUs",
    "devicePlugin": "the device plugin on every node with GPUs; running pods keep their GPUs",
    "dcgm": "DCGM on every node with GPUs",
    "dcgmExporter": "the DCGM exporter on every node with GPUs",
    "migManager": "the MIG manager; a changed layout empties a node first",
    "gdrcopy": "the driver pods, which gdrcopy is a part of, node by node",
    "gds": "the driver pods, which GPUDirect Storage is a part of, node by node",
    "operator": "the GPU Operator's own pod",
    "validator": "the validator pods",
}
"""First key of the GPU Operator's values to what the operator rolls out anew; its chart renders
one ClusterPolicy whose parts are daemonsets of these."""
_TUNED = frozenset({"NodeWright", "Skyhook"})


def effects(
    change: ComponentChange, old: PublishedBundle, new: PublishedBundle
) -> tuple[Effect, ...]:
    """Give what a change restarts and reboots.

    Args:
        change: of one component.
        old: where it comes from.
        new: where it goes to.
    """
    found = [*_chart(change), *_resources(change, new if change.change != "removed" else old)]
    return tuple(dict.fromkeys(found))


def _chart(change: ComponentChange) -> Iterator[Effect]:
    if change.change == "removed":
        if change.before is not None:
            yield Effect(Consequence.RESTART, f"{change.name} is uninstalled with all it runs")
    elif change.change == "added":
        return
    elif change.name == "gpu-operator":
        yield from _operands(change)
    elif change.before != change.after or change.values:
        yield Effect(Consequence.RESTART, f"the pods of {change.name} that its chart renders anew")


def _operands(change: ComponentChange) -> Iterator[Effect]:
    if change.before != change.after:
        text = "all operands of the GPU Operator; driver pods node by node, with pods evicted"
        yield Effect(Consequence.RESTART, text)
        return
    for value in change.values:
        first = value.path.partition(".")[0]
        yield Effect(Consequence.RESTART, _OPERANDS.get(first, "what the GPU Operator rolls out"))


def _resources(change: ComponentChange, bundle: PublishedBundle) -> Iterator[Effect]:
    objects = bundle.resources.get(change.name, {})
    for each in change.resources:
        value: Any = objects.get(each.path)
        spec = value.get("spec") if isinstance(value, Mapping) else None
        if not isinstance(spec, Mapping) or each.change == "removed":
            yield from _removed(each)
        elif each.kind in _TUNED:
            yield from _tuning(each, spec)
        elif each.kind == "NicClusterPolicy":
            yield from _network(each, spec)


def _removed(change: ResourceChange) -> Iterator[Effect]:
    if change.kind == "NicClusterPolicy":
        text = "network drivers and RDMA device plugins are torn down on every node"
        yield Effect(Consequence.RESTART, text)


def _tuning(change: ResourceChange, spec: Mapping[str, Any]) -> Iterator[Effect]:
    """Give what packages interrupt: those that changed, and all where the resource is new."""
    packages = spec.get("packages")
    for name, package in packages.items() if isinstance(packages, Mapping) else ():
        is_touched = _touches(change, join_path(("spec", "packages", str(name))))
        interrupt = package.get("interrupt") if isinstance(package, Mapping) else None
        if not is_touched or not isinstance(interrupt, Mapping):
            continue
        if interrupt.get("type") == "reboot":
            text = f"every selected node, for the package {name}, {_budget(spec)}"
            yield Effect(Consequence.REBOOT, text)
        elif interrupt.get("type") == "service":
            services = ", ".join(map(str, interrupt.get("services") or ()))
            yield Effect(Consequence.RESTART, f"{services} on every selected node, for {name}")


def _budget(spec: Mapping[str, Any]) -> str:
    budget = spec.get("interruptionBudget")
    if isinstance(budget, Mapping) and "count" in budget:
        return f"{budget['count']} at a time"
    if isinstance(budget, Mapping) and "percent" in budget:
        return f"{budget['percent']} % at a time"
    return "all at once"


def _network(change: ResourceChange, spec: Mapping[str, Any]) -> Iterator[Effect]:
    driver = spec.get("ofedDriver")
    if isinstance(driver, Mapping) and _touches(change, "spec.ofedDriver"):
        policy = driver.get("upgradePolicy")
        most = policy.get("maxParallelUpgrades", 1) if isinstance(policy, Mapping) else 1
        text = f"the network driver, {most} nodes at a time; pods with RDMA are evicted before"
        yield Effect(Consequence.RESTART, text)
    if _touches(change, "spec.rdmaSharedDevicePlugin", "spec.sriovDevicePlugin"):
        yield Effect(Consequence.RESTART, "the RDMA device plugin on every node with such cards")


def _touches(change: ResourceChange, *starts: str) -> bool:
    paths: Iterable[str] = (value.path for value in change.values)
    return change.change == "added" or any(path.startswith(starts) for path in paths)
