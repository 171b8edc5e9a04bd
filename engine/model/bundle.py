"""Bundles: a recipe as files that can be deployed, and the plan between the two."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from eidos.engine.errors import ExitCode
from eidos.engine.model.gate import Decision, NamedGate
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recipe import Component, Outcome, WrittenComponent, WrittenRecipe
from eidos.engine.model.report import Report
from eidos.engine.model.verdict import Status
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True)
class BundleSource:
    """Where a bundle will lie for tools that fetch it themselves."""

    url: str
    """Of a Git repository: ``https://git.example.com/team/clusters``."""
    revision: str
    """Commit, tag or branch."""
    path: str = ""
    """Folder of the bundle in it; empty for its root."""


@dataclass(frozen=True, slots=True)
class SharedInputs:
    """What many components want to know, given once."""

    system_selector: Mapping[str, str] = field(default_factory=dict)
    """Labels of the nodes where operators run."""
    system_tolerations: tuple[Mapping[str, Json], ...] = ()
    accelerated_selector: Mapping[str, str] = field(default_factory=dict)
    """Labels of the nodes with GPUs."""
    accelerated_tolerations: tuple[Mapping[str, Json], ...] = ()
    """By default of the taint ``nvidia.com/gpu``; never without a key."""
    node_count: int | None = None
    storage_class: str | None = None
    registry_mirror: str | None = None
    """Host and path in front of every image: ``registry.example.com/mirror``."""
    pull_secrets: tuple[str, ...] = ()
    runtime_class: str | None = None
    monitoring_labels: Mapping[str, str] = field(default_factory=dict)
    """Labels by which a Prometheus of the site finds monitors."""
    source: BundleSource | None = None
    extra_values: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    """Component to values of the user's own, which go before the recipe's."""


class When(StrEnum):
    """When a custom resource is applied."""

    BEFORE = "before"
    """Before the chart, which needs it when it reconciles first."""
    WITH = "with"
    """As a part of the release."""
    AFTER = "after"
    """After the chart, whose custom resource definitions it needs."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One object of Kubernetes beside a chart."""

    name: str
    """Name of its file; what is in ``metadata.name`` may differ."""
    when: When
    value: Mapping[str, Json]
    """The whole object, with apiVersion, kind and metadata."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the reader of a bundle should know of a component."""

    text: str
    path: str = ""
    """Path in the recipe that it is about; empty for the component."""
    is_unused: bool = False
    """Nothing was made of what the recipe says there."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a bundler makes of a component."""

    values: Mapping[str, Json]
    """Of the chart."""
    resources: tuple[Resource, ...] = ()
    namespace_labels: Mapping[str, str] = field(default_factory=dict)
    """As pod security wants them: ``pod-security.kubernetes.io/enforce: privileged``."""
    notes: tuple[Note, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
    """Path of a value (``driver.enabled``) to who set it, where it was not the recipe: ``shared
    input storage-class``; of a resource ``resources/nics.spec.tolerations``."""
    server_side: bool = False
    """Its objects are too large for client-side apply."""


@dataclass(frozen=True, slots=True)
class ToRender:
    """What a bundler is asked to render."""

    component: WrittenComponent
    """As the recipe says it."""
    registry: Component
    """What is known of it: where selectors and other shared inputs go, who owns its CRDs."""
    recipe: WrittenRecipe
    """The whole recipe: tuning, criteria, which other components there are."""
    shared: SharedInputs


@dataclass(frozen=True, slots=True)
class Release:
    """One component as it will be deployed."""

    name: str
    namespace: str
    wave: int
    depends_on: tuple[str, ...]
    rendered: Rendered
    repository: str | None = None
    """None, as are chart and version, where it consists of resources only."""
    chart: str | None = None
    version: str | None = None
    crds_by: str | None = None
    """The component that owns its custom resource definitions, where that is another one."""

    @property
    def has_chart(self) -> bool:
        """Whether there is a chart to install."""
        return self.chart is not None

    def resources(self, when: When) -> tuple[Resource, ...]:
        """Give its resources that are applied at a time."""
        return tuple(each for each in self.rendered.resources if each.when is when)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is deployed, in which order."""

    recipe: str
    """Name of the recipe."""
    criteria: Mapping[str, str]
    releases: tuple[Release, ...]
    """In the order in which they are deployed."""
    deployer: str
    shared: SharedInputs = field(default_factory=SharedInputs)

    @property
    def waves(self) -> tuple[tuple[Release, ...], ...]:
        """The releases that can be deployed at the same time, wave by wave."""
        numbers = sorted({each.wave for each in self.releases})
        return tuple(tuple(r for r in self.releases if r.wave == number) for number in numbers)


@dataclass(frozen=True, slots=True)
class Written:
    """How the files of a bundle were written, beside what rules saw of it."""

    deployers: tuple[str, ...]
    """By name; the first is the one that rules were told."""
    source: BundleSource | None = None
    """Where deployers were told that the bundle would lie."""
    annotations: Mapping[str, Mapping[str, str]] | None = None
    """Component to who set which of its values where the recipe does not say so, as
    `Rendered.provenance`; None where files of values say of nothing who set it."""


@dataclass(frozen=True, slots=True)
class GateDecision:
    """What a gate said before and after rendering, and on which evidence."""

    gate: NamedGate
    before: Report
    """Of the snapshot."""
    after: Report | None
    """Of what was rendered; None where the gate was closed before."""
    reasons: tuple[str, ...]
    """What is missing beside verdicts: age, coverage, somebody's word."""
    decision: Decision
    constraints: tuple[Outcome, ...] = ()
    """What each constraint of the recipe comes to on the snapshot, in the recipe's order."""

    @property
    def unmet(self) -> tuple[Outcome, ...]:
        """Constraints that the snapshot does not meet, or of which it cannot tell."""
        return tuple(each for each in self.constraints if each.status in _UNMET)


_UNMET = frozenset({Status.FAIL, Status.UNKNOWN, Status.ERROR})


@dataclass(frozen=True, slots=True)
class Bundling:
    """What became of a recipe that was to be bundled."""

    plan: Plan
    decision: GateDecision
    deployers: tuple[str, ...]
    files: "tuple[File, ...]" = ()
    """Of the bundle, also where the gate is closed: then they are nowhere."""
    digest: str | None = None
    """Content address of the bundle."""
    place: str | None = None
    """Where it was published; None where it was not."""
    notes: tuple[str, ...] = ()
    """What whoever bundles should know, and no gate depends on."""

    @property
    def exit_code(self) -> ExitCode:
        """0 the gate is open; 1 closed; 3 facts are missing; 2 something could not be evaluated."""
        return self.decision.decision.exit_code


@dataclass(frozen=True, slots=True)
class File:
    """One file of a bundle."""

    path: str
    """With slashes, below the bundle; no ``..``, nothing absolute."""
    content: bytes
    is_executable: bool = False


def namespaces(plan: Plan) -> dict[str, dict[str, str]]:
    """Give every namespace with the labels that its releases want, each once, in order."""
    found: dict[str, dict[str, str]] = {}
    for release in plan.releases:
        found.setdefault(release.namespace, {}).update(release.rendered.namespace_labels)
    return found


def path_of(release: Release, position: int, resource: Resource) -> str:
    """Name the file of a resource: ``010-gpu-operator/before/quota.yaml``."""
    return f"{folder_of(release, position)}/{resource.when.value}/{resource.name}.yaml"


def folder_of(release: Release, position: int) -> str:
    """Name the folder of a release: ``010-cert-manager``; the order of folders is that of waves.

    Args:
        release: whose folder.
        position: its place in the plan, from 0; gaps leave room for what a site adds.
    """
    return f"{(position + 1) * 10:03}-{release.name}"
