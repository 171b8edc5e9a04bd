"""A small recipe, as `eidos recipe` writes it."""

from typing import TYPE_CHECKING, Any

from eidos.engine.evaluating.subjects import SubjectFacts, recipe_facts
from eidos.engine.model.snapshot import Snapshot
from fakes.policies import cluster_of

if TYPE_CHECKING:
    from eidos.engine.model.jsonvalue import Json

PLACE = {"by": "overlay eks", "place": "recipes/overlays/eks.yaml:9"}
WHY = {"because": "It was tried so.", "source": "https://example.org/why"}
RECIPE: dict[str, Any] = {
    "apiVersion": "eidos.dev/v1",
    "kind": "Recipe",
    "metadata": {"name": "eks-h100"},
    "criteria": {"service": {"value": "eks", "from": "option"}},
    "constraints": [
        {"fact": "K8s.server.version", "is": ">= 1.32", "of": "cluster", **WHY, **PLACE}
    ],
    "components": [
        {
            "name": "gpu-operator",
            "namespace": "gpu-operator",
            "chart": {
                "repository": "https://helm.ngc.nvidia.com/nvidia",
                "name": "gpu-operator",
            },
            "version": "v26.7.0",
            "wave": 0,
            "values": {},
        }
    ],
    "tuning": {
        "sysctls": [
            {"key": "kernel.kptr_restrict", "value": 0, "conflicts": ["OS-008"], **WHY, **PLACE}
        ]
    },
    "lock": {},
}

EVERYTHING: dict[str, Any] = {
    **RECIPE,
    "components": [
        *RECIPE["components"],
        {
            "name": "cert-manager",
            "namespace": "cert-manager",
            "chart": {"repository": "https://charts.jetstack.io", "name": "cert-manager"},
            "version": "v1.20.2",
            "wave": 1,
            "dependsOn": ["gpu-operator", "nowhere"],
            "values": {},
        },
    ],
    "tuning": {
        "arguments": [{"set": "init_on_alloc=0", "conflicts": ["OS-025"]}, {"set": "nokaslr"}],
        "sysctls": [
            {"key": "vm.max_map_count", "value": 262144, "compare": "at-least"},
            {"key": "vm.swappiness", "value": 1},
            {"key": "vm.swappiness", "value": 60},
        ],
        "modules": [
            {"name": "ib_umad", "state": "loaded"},
            {"name": "nouveau", "state": "blocked"},
        ],
        "units": [{"unit": "containerd.service", "property": "LimitSTACK", "value": "67108864"}],
    },
    "checks": [{"name": "nccl-all-reduce-bandwidth", "is": ">= 300 GB/s"}],
}
"""A recipe of which every rule about recipes has something to say."""


def recipe_of(taken: Snapshot) -> SubjectFacts:
    """Give a recipe, held against a snapshot, as a subject."""
    answers: dict[str, Json] = {
        "constraints": [
            {
                "named": "k8s.server.version",
                "wanted": ">= 1.32",
                "status": status,
                "said": "It is too old.",
                "nodes": [],
                "remediation": "",
            }
            for status in ("pass", "fail", "warn", "unknown")
        ],
        "criteria": {"service": [{"value": "gke", "because": "The version says so."}]},
        "gpu_nodes": [node.name for node in taken.nodes],
    }
    beside: dict[str, Json] = {"recipe": EVERYTHING, "answers": answers}
    return recipe_facts(cluster_of(taken), "everything", beside)
