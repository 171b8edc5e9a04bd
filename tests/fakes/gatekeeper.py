"""Small templates and constraints of our own, in Gatekeeper's form."""

import textwrap
from pathlib import Path

OWNED = """\
package owned

import data.lib.labels.missing

violation[{"msg": msg, "details": {"missing": gone}}] {
  gone := missing(input.review.object, input.parameters.labels)
  count(gone) > 0
  msg := sprintf("%v lacks %v", [input.review.object.metadata.name, gone])
}
"""
LABELS = """\
package lib.labels

missing(thing, wanted) = gone {
  labels := object.get(thing.metadata, "labels", {})
  gone := [label | label := wanted[_]; not labels[label]]
}
"""
UNIQUE = """\
package uniquehost

violation contains {"msg": msg} if {
  input.review.kind.kind == "Ingress"
  some rule in input.review.object.spec.rules
  some version, kinds in data.inventory.namespace[_]
  startswith(version, "networking.k8s.io/")
  some name, other in kinds.Ingress
  name != input.review.object.metadata.name
  some theirs in other.spec.rules
  theirs.host == rule.host
  msg := sprintf("the host %v is taken by %v", [rule.host, name])
}
"""
SCHEMA = """\
type: object
required: [labels]
properties:
  labels: {type: array, items: {type: string, pattern: "^[a-z]+$"}}
  depth: {type: integer, default: 3, maximum: 5}
"""


def template(
    kind: str = "Owned",
    rego: str = OWNED,
    *,
    libs: tuple[str, ...] = (LABELS,),
    schema: str = SCHEMA,
    api: str = "v1",
    annotations: str = "",
) -> str:
    """Give a template whose Rego stands below ``rego``, as it did before there was ``code``."""
    parts = [
        f"apiVersion: templates.gatekeeper.sh/{api}\nkind: ConstraintTemplate\n",
        f"metadata:\n  name: {kind.lower()}\n{annotations}",
        f"spec:\n  crd:\n    spec:\n      names: {{kind: {kind}}}\n",
        *([f"      validation:\n        openAPIV3Schema:\n{_in(10, schema)}"] if schema else []),
        "  targets:\n    - target: admission.k8s.gatekeeper.sh\n",
        f"      rego: |\n{_in(8, rego)}",
        *(["      libs:\n"] if libs else []),
        *(f"        - |\n{_in(10, lib)}" for lib in libs),
    ]
    return "".join(parts)


def coded(kind: str, rego: str, version: str = "v1", annotations: str = "") -> str:
    """Give a template whose Rego stands below ``code``, without parameters."""
    return (
        "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\n"
        f"metadata:\n  name: {kind.lower()}\n{annotations}"
        f"spec:\n  crd:\n    spec:\n      names: {{kind: {kind}}}\n"
        "  targets:\n    - target: admission.k8s.gatekeeper.sh\n      code:\n"
        f"        - engine: Rego\n          source:\n            version: {version}\n"
        f"            rego: |\n{_in(14, rego)}"
    )


def constraint(
    kind: str = "Owned", name: str = "all", spec: str = "parameters: {labels: [owner]}\n"
) -> str:
    """Give a constraint with what its ``spec`` holds."""
    head = (
        f"apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: {kind}\nmetadata: {{name: {name}}}\n"
    )
    return head + (f"spec:\n{_in(2, spec)}" if spec else "")


def thing(name: str = "web", kind: str = "Pod", labels: str = "{}", namespace: str = "shop") -> str:
    """Give a manifest."""
    version = {"Pod": "v1", "Namespace": "v1", "ConfigMap": "v1"}.get(kind, "apps/v1")
    space = f"  namespace: {namespace}\n" if namespace else ""
    return (
        f"apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}\n{space}"
        f"  labels: {labels}\n"
    )


def ingress(name: str, host: str, namespace: str = "shop") -> str:
    """Give an ingress of one host."""
    return (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\n"
        f"metadata: {{name: {name}, namespace: {namespace}}}\nspec: {{rules: [{{host: {host}}}]}}\n"
    )


SYNC = """\
  annotations:
    metadata.gatekeeper.sh/requires-sync-data: |
      "[[{"groups": ["networking.k8s.io"], "versions": ["v1"], "kinds": ["Ingress"]}]]"
"""
"""An annotation: the template looks for ingresses."""


def lay_out(folder: Path, files: dict[str, str]) -> None:
    """Write files by their names."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _in(spaces: int, text: str) -> str:
    return textwrap.indent(text, " " * spaces)
