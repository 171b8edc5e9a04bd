"""NodeWright (Skyhook before 0.18): packages that install, tune and reboot nodes in order.

The customizations are one resource: what the recipe states of it, and the packages of the recipe's
tuning. Group and kind follow the operator: `skyhook.nvidia.com`, `Skyhook` before 0.18, after it
`nodewright.nvidia.com`, `NodeWright`. Where a recipe tunes without any package, kernel arguments,
sysctls and limits of services become the configuration of NVIDIA's package `tuning`; where it has
packages these set them, and the settings of the recipe are what the nodes are held against.

**Adds**

- `interruptionBudget: {count: 1}` where none is stated: without it all nodes reboot together.
- The selector of accelerated nodes where none is stated: without one every node is tuned. That is
  the shared input, else the label of Node Feature Discovery for NVIDIA's PCI vendor.
- `runtimeRequired: true` where a package reboots and nothing is said.
- Tolerations of accelerated nodes; the registry mirror in front of each package.
- The label of its namespace that lets privileged pods in.

**Refuses**

- a selector by a label that GPU Feature Discovery writes, while the GPU Operator waits for tuning.
- a toleration without a key beside a package that interrupts: the drain never ends.
- packages without image or version, with a version that moves, of two versions, or after one that
  is not there.
- kernel arguments, sysctls or limits with characters that a shell or a unit would read as more.
- selectors of the operator that no label can have.

**Rolling back**

Packages undo what they did when they leave the resource, if they have an uninstall step; kernel
arguments need another reboot. Never delete the resource to pause it: that undoes the tuning.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from eidos.bundlers._drafting import (
    Draft,
    dict_of,
    is_keyless,
    is_label,
    spec_of,
    tolerations_joined,
    version_of,
)
from eidos.bundlers._rendering import render
from eidos.engine.model.bundle import Rendered, ToRender, When
from eidos.engine.model.jsonvalue import Json

CUSTOMIZATIONS = "nodewright-customizations"
OPERATOR = "nodewright-operator"
TUNING = {
    "image": "ghcr.io/nvidia/nodewright-packages/tuning",
    "version": "1.1.5",
}
"""NVIDIA's package for bare settings: nwp:tuning/CHANGELOG.md@3b375c6f."""

_RENAMED = (0, 18)
"""From here on group and kind are NodeWright's: nw:chart/CHANGELOG.md@02e103d7."""
_OLD = ("skyhook.nvidia.com/v1alpha1", "Skyhook")
_NEW = ("nodewright.nvidia.com/v1alpha1", "NodeWright")
_PCI = "feature.node.kubernetes.io/pci-10de.present"
"""NVIDIA's vendor as Node Feature Discovery labels it, with the settings of our bundler of it."""
_LATE = ("nvidia.com/gpu.", "nvidia.com/cuda.", "nvidia.com/mig.", "nvidia.com/mps.")
"""Labels of GPU Feature Discovery, which come with the GPU Operator."""
_MOVING = frozenset({"latest", "stable"})
_PACKAGE = re.compile(r"[a-z][a-z0-9-]{0,41}[a-z]")
"""Names of packages, as the definition of the kind has it."""
_ARGUMENT = re.compile(r"[A-Za-z0-9_.,:=/+%@-]+")
_IDENTITY = ("BOOT_IMAGE", "root", "ro", "rw", "initrd")
"""What a boot loader says of itself: no tunables."""
_SYSCTL = re.compile(r"[A-Za-z0-9_-]+([./][A-Za-z0-9_:*-]+)+")
_VALUE = re.compile(r"[A-Za-z0-9_.,:/+ -]+")
_UNIT = re.compile(r"([A-Za-z0-9@-]+)\.service")
_WORD = re.compile(r"[A-Za-z0-9:._-]+")
_LIMIT = re.compile(r"Limit[A-Z]+|TasksMax|OOMScoreAdjust")
"""Properties that a drop-in may set; others of a unit only tell of it."""
_INTERRUPTS = {"reboot": "reboot", "none": "noop", "all-services": "restartAllServices"}
_SETTINGS = ("arguments", "sysctls", "modules", "units")
"""Areas of a tuning that say what nodes are to be like, not what makes them so."""


class NodeWright:
    """Renders the operator and the customizations."""

    components: tuple[str, ...] = (OPERATOR, CUSTOMIZATIONS)

    def render(self, wanted: ToRender) -> Rendered:
        """Give values and resources; see `eidos.engine.ports.Bundler`.

        Raises:
            BundleError: what is asked for would not come up, or would reboot too much; see above.
        """
        draft = Draft(wanted)
        draft.privileged()
        if wanted.component.name == OPERATOR:
            _operator(draft)
        else:
            _customizations(draft)
        return draft.rendered()


def _operator(draft: Draft) -> None:
    for key, value in dict_of(draft.get("controllerManager.selectors")).items():
        if not is_label(value):
            draft.refuse(
                ("controllerManager", "selectors", key),
                "is no value that a label can have, so the operator is never scheduled",
                "Give label and value: --system-node-selector role=system.",
            )
    if draft.other(CUSTOMIZATIONS) is None and draft.wanted.recipe.tuning:
        for area in sorted(draft.wanted.recipe.tuning):
            draft.unused(("tuning", area), f"the recipe has no {CUSTOMIZATIONS} to apply it")


def _customizations(draft: Draft) -> None:
    there = draft.of_kind("NodeWright", "Skyhook")
    tuning = draft.wanted.recipe.tuning
    if not there and tuning:
        name = "tuning"
        value: dict[str, Json] = {"apiVersion": "", "kind": _NEW[1], "metadata": {"name": name}}
        draft.add(name, When.AFTER, value)
        there = draft.of_kind("NodeWright")
    if not there:
        draft.note("the recipe tunes nothing")
        return
    for position, (name, value) in enumerate(there):
        value["apiVersion"], value["kind"] = _kind(draft)
        spec = spec_of(value)
        packages = spec.setdefault("packages", {})
        if position == 0:  # packages of tuning profiles are one chain, so they are in one resource
            _of_profiles(draft, ("resources", name, "spec"), packages)
            _of_settings(draft, ("resources", name, "spec"), [spec_of(each) for _, each in there])
        _checked(draft, ("resources", name, "spec"), packages)
        _around(draft, ("resources", name, "spec"), spec)


def _kind(draft: Draft) -> tuple[str, str]:
    operator = draft.other(OPERATOR)
    version = version_of(operator.version) if operator else ()
    return _OLD if version and version[:2] < _RENAMED else _NEW


# Packages ---------------------------------------------------------------------------------------


def _of_profiles(draft: Draft, path: tuple[str, ...], packages: dict[str, Any]) -> None:
    """Put the packages of tuning profiles beside those of the resource; that one goes before."""
    said = _area(draft, "packages")
    versions = {str(each["name"]): str(each["version"]) for each in said}
    for each in said:
        name = str(each["name"])
        package = _package(draft, each, versions)
        there = dict_of(packages.get(name))
        for key in ("image", "version"):
            if key in there and key in package and there[key] != package[key]:
                draft.refuse(
                    ("tuning", "packages", name, key),
                    f"is {package[key]}, and {there[key]} in the component's resource",
                    "State it once.",
                )
        packages[name] = _merged(package, there)
        by = each.get("by", "the recipe's tuning")
        draft.changed((*path, "packages", name), f"package of {by}")


def _package(draft: Draft, said: Mapping[str, Json], versions: Mapping[str, str]) -> dict[str, Any]:
    name = str(said["name"])
    package: dict[str, Any] = {"version": said["version"]}
    if said.get("image"):
        package["image"] = said["image"]
    if said.get("digest"):
        package["containerSHA"] = said["digest"]
    if said.get("interrupt"):
        package["interrupt"] = _interrupt(draft, name, str(said["interrupt"]))
    config = dict_of(said.get("config"))
    if config:
        package["configMap"] = {key: _text(value) for key, value in sorted(config.items())}
    after = said.get("after")
    if isinstance(after, list) and after:
        package["dependsOn"] = {str(each): versions.get(str(each), "") for each in after}
    return package


def _interrupt(draft: Draft, name: str, text: str) -> dict[str, Any]:
    kind, _, services = text.partition(":")
    if kind == "service" and services:
        return {"type": "service", "services": services.split(",")}
    if text not in _INTERRUPTS:
        draft.refuse(
            ("tuning", "packages", name, "interrupt"),
            f"is {text!r}",
            "Write reboot, service:NAME, all-services or none.",
        )
    return {"type": _INTERRUPTS[text]}


def _text(value: Json) -> str:
    """Give what a ConfigMap holds: text; JSON's word for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Merge two packages; the second goes before."""
    both = {
        key: _merged(one[key], other[key])
        for key in one.keys() & other.keys()
        if isinstance(one[key], dict) and isinstance(other[key], dict)
    }
    return {**one, **other, **both}


def _checked(draft: Draft, path: tuple[str, ...], packages: dict[str, Any]) -> None:
    mirror = draft.wanted.shared.registry_mirror
    for name, package in packages.items():
        at = (*path, "packages", name)
        _pinned(draft, at, package)
        if mirror:
            package["image"] = f"{mirror}/{str(package['image']).rpartition('/')[2]}"
            draft.changed((*at, "image"), "shared input registryMirror")
        for other, version in dict_of(package.get("dependsOn")).items():
            if dict_of(packages.get(other)).get("version") != version:
                draft.refuse(
                    (*at, "dependsOn", other),
                    f"is {version or 'a package'} that the resource does not have",
                    "Name a package of the same resource with its version.",
                )


def _pinned(draft: Draft, path: tuple[str, ...], package: dict[str, Any]) -> None:
    if not _PACKAGE.fullmatch(path[-1]):
        draft.refuse(path, "is no name of a package", "Use a-z, digits and '-'.")
    for key in ("image", "version"):
        if not package.get(key):
            draft.refuse((*path, key), "is not stated", "State image and version.")
    if package["version"] in _MOVING:
        draft.refuse((*path, "version"), "is a tag that moves", "State a release.")
    if not package.get("containerSHA"):
        draft.note("is not pinned by digest", (*path, "image"))


# Settings without packages ----------------------------------------------------------------------


def _of_settings(draft: Draft, path: tuple[str, ...], specs: Sequence[dict[str, Any]]) -> None:
    packages = sorted(name for each in specs for name in each.get("packages", {}))
    if packages:
        by = ", ".join(packages)
        for area in (each for each in _SETTINGS if _area(draft, each)):
            at = ("tuning", area)
            draft.note(f"is set by the packages ({by}); nodes are held against it", at)
        return
    for each in _area(draft, "modules"):
        draft.unused(
            ("tuning", "modules", str(each.get("name"))),
            "no package here loads or blocks modules; the nodes are only held against it",
        )
    config = _config(draft)
    if not config:
        return
    reboots = "grub.conf" in config or "sysctl.conf" in config
    draft.changed((*path, "packages", "tuning"), "settings of the recipe's tuning")
    specs[0]["packages"]["tuning"] = {
        **TUNING,
        "interrupt": {"type": "reboot"} if reboots else {"type": "restartAllServices"},
        "configMap": config,
    }


def _config(draft: Draft) -> dict[str, str]:
    """Give the files that the package ``tuning`` reads: nwp:tuning/README.md@953809ee."""
    found: dict[str, str] = {}
    arguments = [_argument(draft, str(each["set"])) for each in _area(draft, "arguments")]
    if arguments:
        found["grub.conf"] = render("grub.conf.j2", arguments=arguments).decode()
    sysctls = [_sysctl(draft, each) for each in _area(draft, "sysctls")]
    if sysctls:
        found["sysctl.conf"] = render("sysctl.conf.j2", sysctls=sysctls).decode()
    for service, limits in sorted(_services(draft).items()):
        text = render("service.conf.j2", limits=limits).decode()
        found[f"service_{service}.conf"] = text
    return found


def _argument(draft: Draft, text: str) -> str:
    path = ("tuning", "arguments", text)
    if not _ARGUMENT.fullmatch(text):
        draft.refuse(path, "has characters that GRUB's shell would read", "Leave them out.")
    if text.partition("=")[0] in _IDENTITY:
        draft.refuse(path, "is what the boot loader says of itself", "Leave it out.")
    return text


def _sysctl(draft: Draft, said: Mapping[str, Json]) -> tuple[str, str]:
    key, value = str(said["key"]), _text(said["value"])
    if not _SYSCTL.fullmatch(key) or not _VALUE.fullmatch(value):
        draft.refuse(("tuning", "sysctls", key), "is no sysctl with one line", "Write one.")
    return key, value


def _services(draft: Draft) -> dict[str, list[tuple[str, str]]]:
    """Give the limits of each service; whole numbers too."""
    found: dict[str, list[tuple[str, str]]] = {}
    for each in _area(draft, "units"):
        unit, limit, value = str(each["unit"]), str(each["property"]), _text(each["value"])
        path = ("tuning", "units", unit, limit)
        service = _UNIT.fullmatch(unit)
        if not service or not _LIMIT.fullmatch(limit):
            draft.unused(path, "is no limit of a service, and so nothing that a drop-in sets")
        elif not _WORD.fullmatch(value):
            draft.refuse(path, "has a value that is more than one word", "Write one value.")
        else:
            found.setdefault(service[1], []).append((limit, value))
    return found


# Around the packages ----------------------------------------------------------------------------


def _around(draft: Draft, path: tuple[str, ...], spec: dict[str, Any]) -> None:
    if "interruptionBudget" not in spec:
        spec["interruptionBudget"] = {"count": 1}
        draft.changed((*path, "interruptionBudget"), "without one all nodes reboot together")
    interrupts = [
        dict_of(dict_of(each).get("interrupt")).get("type") for each in spec["packages"].values()
    ]
    if "reboot" in interrupts and "runtimeRequired" not in spec:
        spec["runtimeRequired"] = True
        draft.changed((*path, "runtimeRequired"), "a reboot must not meet what runs already")
    _selector(draft, path, spec)
    wanted = draft.wanted.shared.accelerated_tolerations
    tolerations = tolerations_joined(spec.get("additionalTolerations"), wanted)
    if any(is_keyless(each) for each in tolerations) and set(interrupts) - {None, "noop"}:
        draft.refuse(
            (*path, "additionalTolerations"),
            "has one without a key beside a package that interrupts: the drain never ends",
            "Name the taint: {key: nvidia.com/gpu, operator: Exists}.",
        )
    if tolerations != (spec.get("additionalTolerations") or []):
        spec["additionalTolerations"] = tolerations
        draft.changed((*path, "additionalTolerations"), "shared input accelerated tolerations")


def _selector(draft: Draft, path: tuple[str, ...], spec: dict[str, Any]) -> None:
    at = (*path, "nodeSelectors")
    selector = dict_of(spec.get("nodeSelectors"))
    if not selector:
        chosen = dict(draft.wanted.shared.accelerated_selector)
        if not chosen and draft.other("node-feature-discovery") is None:
            draft.refuse(
                at,
                "is not stated, so every node would be tuned",
                "Give the labels of GPU nodes: --accelerated-node-selector LABEL=VALUE.",
            )
        selector = {"matchLabels": chosen or {_PCI: "true"}}
        spec["nodeSelectors"] = selector
        draft.changed(at, "without one every node would be tuned")
    keys = [*dict_of(selector.get("matchLabels"))]
    keys += [str(dict_of(each).get("key")) for each in selector.get("matchExpressions") or []]
    late = [each for each in keys if each.startswith(_LATE)]
    if late and draft.other("gpu-operator") is not None:
        draft.refuse(
            at,
            f"is by {late[0]}, which the GPU Operator writes, and that one waits for the tuning",
            "Choose nodes by a label of the node pool.",
        )


def _area(draft: Draft, name: str) -> list[dict[str, Any]]:
    said = draft.wanted.recipe.tuning.get(name)
    return [dict_of(each) for each in said] if isinstance(said, list) else []


bundler = NodeWright()
