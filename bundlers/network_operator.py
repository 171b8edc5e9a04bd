"""Network Operator: RDMA drivers, device plugins, SR-IOV and secondary networks.

What it deploys is said by one NicClusterPolicy, never by values of the chart. The recipe has it for
its platform and fabric, with SR-IOV policies, networks and address pools beside it; all of them are
applied after the chart, which defines their kinds, and are members of the release, never hooks:
the deletion of a hook takes RDMA down.

**Adds**

- `nfd.enabled: false` where the recipe has Node Feature Discovery of its own.
- The name `nic-cluster-policy`: the operator takes no other.
- Tolerations of accelerated nodes, pull secrets and registry mirror to the NicClusterPolicy.
- The label of its namespace that lets privileged pods in.

**Refuses**

- a NicClusterPolicy on EFA, for which these device ids are none; two of them.
- an RDMA driver of the GPU Operator (`driver.rdma`) that waits for a network driver which is not
  there, or takes the host's while one comes in a container.
- parts of it without repository or version, or with a version that moves (`latest`, `stable`).
- plug-in configurations that are no JSON, or advertise nothing.
- SR-IOV kinds while `sriovNetworkOperator.enabled` is not true; a network whose resource no node
  policy advertises; an address pool that is not there.
- `nfd.deployNodeFeatureRules: false` while no other rule labels nodes with a Mellanox adapter.

**Rolling back**

Apply the NicClusterPolicy of the bundle before, then roll the release back. With an upgrade policy
that drains, nodes are taken out one by one. Never delete the policy: it takes the driver down.
"""

import json
from collections.abc import Iterator
from typing import Any

from eidos.bundlers._drafting import Draft, dict_of, name_of, spec_of, tolerations_joined
from eidos.engine.model.bundle import Rendered, ToRender

_POLICY = "nic-cluster-policy"
"""The only name that is reconciled: no:deployment/network-operator/crds@85afd6d9c697."""
_LABEL = "feature.node.kubernetes.io/pci-15b3.present"
"""Label of nodes with a Mellanox adapter, which policies select by."""
_MOVING = frozenset({"latest", "stable"})
_PLUGINS = {"rdmaSharedDevicePlugin": "configList", "sriovDevicePlugin": "resourceList"}
"""Device plugins with the list that their configuration has."""
_SRIOV = ("SriovNetworkNodePolicy", "SriovNetwork", "SriovIBNetwork", "SriovOperatorConfig")


class NetworkOperator:
    """Renders the Network Operator."""

    components: tuple[str, ...] = ("network-operator",)

    def render(self, wanted: ToRender) -> Rendered:
        """Give values and resources; see `eidos.engine.ports.Bundler`.

        Raises:
            BundleError: the resources contradict each other or the values; see above.
        """
        draft = Draft(wanted)
        draft.privileged()
        _discovery(draft)
        _policy(draft)
        _sriov(draft)
        _pools(draft)
        return draft.rendered()


def _discovery(draft: Draft) -> None:
    if draft.other("node-feature-discovery") is not None:
        if draft.get("nfd.enabled") is True:
            draft.refuse(
                "nfd.enabled",
                "is true, and the recipe has node-feature-discovery: two instances fight",
                "State nfd.enabled: false, or remove node-feature-discovery.",
            )
        draft.fill("nfd.enabled", value=False, because="the recipe has node-feature-discovery")
    if draft.get("nfd.deployNodeFeatureRules") is False and not _labels_adapters(draft):
        draft.refuse(
            "nfd.deployNodeFeatureRules",
            f"is false, and no NodeFeatureRule of the recipe sets the label {_LABEL}",
            "Leave the rule of the chart on, or add one to the component's resources.",
        )


def _labels_adapters(draft: Draft) -> bool:
    rules = [
        dict_of(rule)
        for _, each in draft.of_kind("NodeFeatureRule")
        for rule in spec_of(each).get("rules", [])
    ]
    return any(_LABEL in dict_of(rule.get("labels")) for rule in rules)


# The policy -------------------------------------------------------------------------------------


def _policy(draft: Draft) -> None:
    policies = draft.of_kind("NicClusterPolicy")
    if not policies:
        draft.note("the recipe has no NicClusterPolicy, so nothing but the operator is deployed")
        return
    name, policy = policies[0]
    path = ("resources", name)
    if len(policies) > 1:
        draft.refuse(path, "is one of two NicClusterPolicies; there can be one", "Join them.")
    if draft.criterion("fabric") == "efa":
        draft.refuse(
            path,
            "is for Mellanox adapters, and the fabric is EFA",
            "Remove network-operator from the recipe; aws-efa serves this fabric.",
        )
    if name_of(policy) != _POLICY:
        policy["metadata"]["name"] = _POLICY
        draft.changed((*path, "metadata", "name"), "the operator takes no other")
    spec = spec_of(policy)
    _drivers(draft, (*path, "spec", "ofedDriver"), is_there="ofedDriver" in spec)
    _tolerations(draft, (*path, "spec", "tolerations"), spec)
    for where, part in _parts(spec):
        _part(draft, (*path, "spec", *where), part)
    for plugin in sorted(_PLUGINS.keys() & spec.keys()):
        _plugin(draft, (*path, "spec", plugin, "config"), dict_of(spec[plugin]), _PLUGINS[plugin])


def _drivers(draft: Draft, path: tuple[str, ...], *, is_there: bool) -> None:
    """The GPU driver is built against the network driver, of the host or of a container."""
    rdma = "driver.rdma.enabled"
    owned = draft.of("gpu-operator", "driver.enabled", default=True)
    hosts = draft.of("gpu-operator", "driver.rdma.useHostMofed", default=False)
    if not (owned and draft.of("gpu-operator", rdma)) or hosts is not is_there:
        return
    message = "is there, and driver.rdma.useHostMofed of gpu-operator is true"
    if not is_there:
        message = f"is not there, and {rdma} of gpu-operator waits for it"
    draft.refuse(path, message, "State driver.rdma.useHostMofed as the network driver's owner is.")


def _tolerations(draft: Draft, path: tuple[str, ...], spec: dict[str, Any]) -> None:
    shared = draft.wanted.shared.accelerated_tolerations
    tolerations = tolerations_joined(spec.get("tolerations"), shared)
    if tolerations != (spec.get("tolerations") or []):
        spec["tolerations"] = tolerations
        draft.changed(path, "shared input accelerated tolerations")


def _parts(spec: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Give everything with an image, where it stands."""
    for key, value in spec.items():
        if isinstance(value, dict):
            if "image" in value:
                yield (key,), value
            for below, part in _parts(value):
                yield (key, *below), part


def _part(draft: Draft, path: tuple[str, ...], part: dict[str, Any]) -> None:
    shared = draft.wanted.shared
    if shared.registry_mirror:
        part["repository"] = shared.registry_mirror
        draft.changed((*path, "repository"), "shared input registryMirror")
    if shared.pull_secrets:
        part["imagePullSecrets"] = list(shared.pull_secrets)
        draft.changed((*path, "imagePullSecrets"), "shared input pullSecrets")
    for key in ("repository", "version"):
        if not part.get(key):
            draft.refuse((*path, key), "is not stated, so what runs is not known", "State it.")
    if part["version"] in _MOVING:
        draft.refuse((*path, "version"), "is a tag that moves", "State a release.")


def _plugin(draft: Draft, path: tuple[str, ...], plugin: dict[str, Any], listed: str) -> None:
    said = _json_in(draft, path, plugin.get("config"))
    entries = said.get(listed) if isinstance(said, dict) else None
    if not isinstance(entries, list) or not entries:
        draft.refuse(path, f"has no {listed}, so it advertises nothing", "Say what it advertises.")
    for entry in entries:
        if not dict_of(entry).get("resourceName"):
            draft.refuse(path, "advertises something without resourceName", "Name the resource.")


def _json_in(draft: Draft, path: tuple[str, ...], text: object) -> Any:  # noqa: ANN401 -- any JSON
    try:
        return json.loads(str(text))
    except ValueError:
        draft.refuse(path, "is no JSON", "Write it as its plug-in reads it.")


# SR-IOV -----------------------------------------------------------------------------------------


def _sriov(draft: Draft) -> None:
    there = draft.of_kind(*_SRIOV)
    if there and draft.get("sriovNetworkOperator.enabled") is not True:
        draft.refuse(
            ("resources", there[0][0]),
            "is of a kind that only sriovNetworkOperator.enabled: true defines",
            "State it in the component's values.",
        )
    policies = [each for _, each in draft.of_kind("SriovNetworkNodePolicy")]
    advertised = {spec_of(each).get("resourceName") for each in policies}
    for name, network in draft.of_kind("SriovNetwork", "SriovIBNetwork"):
        wanted = spec_of(network).get("resourceName")
        if wanted not in advertised:
            draft.refuse(
                ("resources", name, "spec", "resourceName"),
                f"is {wanted}, which no SriovNetworkNodePolicy of the recipe advertises",
                "Add the policy of the shape, or name what it advertises.",
            )


def _pools(draft: Draft) -> None:
    """Networks ask nv-ipam for addresses by the name of a pool."""
    pools = {name_of(each) for _, each in draft.of_kind("IPPool", "CIDRPool")}
    parts = [spec_of(each) for _, each in draft.of_kind("NicClusterPolicy")]
    if pools and not any("nvIpam" in each for each in parts):
        draft.refuse(
            "resources", "have an address pool, and no nvIpam that serves it", "Add nvIpam."
        )
    networks = ("SriovNetwork", "SriovIBNetwork", "HostDeviceNetwork", "MacvlanNetwork")
    for name, network in draft.of_kind(*networks):
        path = ("resources", name, "spec", "ipam")
        ipam = spec_of(network).get("ipam")
        said = dict_of(_json_in(draft, path, ipam)) if ipam else {}
        if said.get("type") == "nv-ipam" and said.get("poolName") not in pools:
            draft.refuse(
                path,
                f"asks for the pool {said.get('poolName')}, which the recipe does not have",
                "Add the IPPool.",
            )


bundler = NetworkOperator()
