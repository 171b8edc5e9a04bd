"""Recipes: what should run on a kind of cluster, and who said so.

What is stated anywhere (a value, a version, a constraint) is kept with its reason and its place, so
that a resolved recipe can say of each of its values which file and line set it.
"""

from collections.abc import Mapping
from dataclasses import field, replace
from enum import StrEnum

from eidos.engine.errors import ExitCode, Location, Problem
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.verdict import Status
from eidos.engine.records import dataclass

Path = tuple[str, ...]
"""The keys that lead to a value: ``("driver", "enabled")``."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is stated."""

    because: str
    """One sentence."""
    source: str
    """Where a reader can look it up; its prefix is in ``recipes/sources.yaml``, or it is a URL."""
    tradeoff: str | None = None
    """What it costs."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Which object of the catalog stated something, and where."""

    kind: str
    """``component``, ``overlay``, ``profile`` or ``tuning``."""
    name: str
    place: Location

    def __str__(self) -> str:
        """Write ``overlay eks-training (overlays/eks-training.yaml:12:9 $.spec...)``."""
        return f"{self.kind} {self.name} ({self.place})"


# Criteria ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dimension:
    """One criterion that a cluster is described by: ``service``, ``accelerator``, ..."""

    name: str
    title: str
    values: Mapping[str, str] = field(default_factory=dict)
    """Value to its title; empty where any whole number is one."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Other words, in lower case, to the value that they mean."""
    is_count: bool = False
    is_strict: bool = False
    """A query that leaves it open is refused where an overlay would apply once it is given."""
    refines: bool = False
    """It only narrows: that no overlay speaks of it is no refusal."""


ANYTHING = frozenset({"", "any"})
"""What says nothing of a dimension, as upstream has it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A fact that says what a criterion is."""

    fact: str
    """Its address as rules write it, with the node in front where it is a node's."""
    value: Json


@dataclass(frozen=True, slots=True)
class Criterion:
    """What is known of a cluster in one dimension."""

    dimension: str
    value: str
    origin: str
    """``fact``, ``option``, ``file`` or ``default``."""
    because: str = ""
    evidence: tuple[Evidence, ...] = ()
    overruled: tuple[str, ...] = ()
    """What facts say instead, where the user insisted."""


# Constraints ------------------------------------------------------------------------------------


class Of(StrEnum):
    """Whose fact a constraint is about."""

    CLUSTER = "cluster"
    EVERY_NODE = "every-node"
    EVERY_GPU_NODE = "every-gpu-node"
    NO_GPU_NODE = "no-gpu-node"
    SOME_NODE = "some-node"


@dataclass(frozen=True, slots=True)
class Constraint:
    """What must be so on the cluster for a recipe to fit."""

    fact: FactAddress
    wanted: str
    """In the language of `eidos.engine.selecting.constraints`: ``>= 1.32.4``."""
    reason: Reason
    origin: Origin
    of: Of = Of.CLUSTER
    entry: str | None = None
    """A key inside of the fact, where it is a map: a label."""
    is_warning: bool = False
    """A violation is told and refuses nothing."""
    remediation: str | None = None

    @property
    def subject(self) -> tuple[FactAddress, str | None, Of]:
        """What it is about: constraints on one subject hold together."""
        return self.fact, self.entry, self.of

    @property
    def named(self) -> str:
        """What it is called by people: ``k8s.server.version``, ``k8s.node.labels["zone"]``."""
        return f"{self.fact}[{self.entry!r}]" if self.entry else str(self.fact)


@dataclass(frozen=True, slots=True)
class Relaxed:
    """A constraint that takes the place of its ancestors' on the same fact, by somebody's leave."""

    constraint: Constraint
    owner: str
    until: str | None = None


# The catalog ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value that an object of the catalog states: no map, unless it is an empty one."""

    path: Path
    value: Json
    origin: Origin
    reason: Reason
    drops: bool = False
    """A list that leaves out entries of the list it takes the place of, on purpose."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """Another component that must be there before."""

    component: str
    reason: Reason
    origin: Origin
    optional: bool = False
    """It only has its place in the order where it is there at all."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Where a component's chart is found."""

    repository: str
    name: str
    version: str
    released: str | None
    """Day of the release, ``2026-08-20``."""
    source: str


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What a move from one version to another means."""

    since: str
    to: str
    """Ranges of versions: ``< 0.18``, ``>= 0.18``."""
    verdict: str
    """``safe``, ``manual`` or ``blocked``."""
    reason: Reason
    preconditions: tuple[Constraint, ...] = ()


@dataclass(frozen=True, slots=True)
class Component:
    """An entry of the registry: something that can be deployed."""

    name: str
    title: str
    description: str
    namespace: str
    origin: Origin
    chart: Chart | None = None
    """None for a component that consists of custom resources only."""
    aliases: tuple[str, ...] = ()
    kubernetes: Constraint | None = None
    """Releases of Kubernetes that its version supports."""
    dependencies: tuple[Dependency, ...] = ()
    conflicts: tuple[Dependency, ...] = ()
    """Components that must not be beside it."""
    crd_owner: str = "chart"
    crds: tuple[str, ...] = ()
    scheduling: Mapping[str, Json] = field(default_factory=dict)
    """Paths of selectors and tolerations for system and for accelerated nodes."""
    shared_inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Shared input (``storageClass``) to the paths where the chart wants it."""
    dead_keys: Mapping[str, str | None] = field(default_factory=dict)
    """Paths that the chart takes and never looks at, with the one to write instead."""
    values: tuple[Leaf, ...] = ()
    resources: tuple[Leaf, ...] = ()
    upgrades: tuple[Upgrade, ...] = ()


@dataclass(frozen=True, slots=True)
class Use:
    """What an overlay, or a choice of a profile, says of a component."""

    component: str
    origin: Origin
    version: Leaf | None = None
    removed: Reason | None = None
    dependencies: tuple[Dependency, ...] = ()
    values: tuple[Leaf, ...] = ()
    resources: tuple[Leaf, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """What is measured after a deployment."""

    name: str
    wanted: str
    reason: Reason
    origin: Origin


@dataclass(frozen=True, slots=True)
class Overlay:
    """What is said of a kind of cluster."""

    name: str
    title: str
    origin: Origin
    base: str | None = None
    ancestors: tuple[str, ...] = ()
    """Its base, the base's base, ..."""
    is_abstract: bool = False
    """It is only a base: no query is answered with it alone."""
    criteria: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """With those of its ancestors: the values of each dimension that it is for."""
    strict: frozenset[str] | None = None
    """Dimensions that a query must not leave open, where only they keep it from applying; None for
    those of its base, or of the criteria."""
    constraints: tuple[Constraint, ...] = ()
    relaxed: tuple[Relaxed, ...] = ()
    profiles: tuple[str, ...] = ()
    uses: Mapping[str, Use] = field(default_factory=dict)
    tuning: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()

    @property
    def rank(self) -> tuple[int, int]:
        """How specific it is: dimensions it speaks of, then how deep it stands."""
        return len(self.criteria), len(self.ancestors)

    def outranks(self, other: "Overlay") -> bool:
        """Say whether what it states takes the place of what another states."""
        return other.name in self.ancestors or len(self.criteria) > len(other.criteria)


@dataclass(frozen=True, slots=True)
class Alternative:
    """One shape of a profile."""

    name: str
    title: str
    reason: Reason
    origin: Origin
    observed: tuple[Constraint, ...] = ()
    """What tells it from its siblings on a cluster."""
    given: str | None = None
    """What nobody can see on a cluster, and the user must vouch for."""
    uses: Mapping[str, Use] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Profile:
    """One named choice among shapes that exclude each other."""

    name: str
    dimension: str
    """What it is asked for by: ``gpuStack``."""
    default: str
    choices: Mapping[str, Alternative]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Tuned:
    """One setting of a node."""

    area: str
    """``arguments``, ``sysctls``, ``modules``, ``units`` or ``packages``."""
    key: str
    """What two settings of one thing share: ``init_on_alloc``, ``vm.max_map_count``."""
    said: Mapping[str, Json]
    """As the file states it, without reason, source and trade-off."""
    reason: Reason
    origin: Origin
    conflicts: tuple[str, ...] = ()
    """Rules that want otherwise."""


@dataclass(frozen=True, slots=True)
class TuningProfile:
    """How nodes of a kind are tuned."""

    name: str
    title: str
    origin: Origin
    bases: tuple[str, ...] = ()
    page_sizes: tuple[str, ...] = ()
    """Page sizes of the kernel that it is for; empty for any."""
    constraints: tuple[Constraint, ...] = ()
    settings: tuple[Tuned, ...] = ()
    """Its own, in the order of the file."""


@dataclass(frozen=True, slots=True)
class Note:
    """What to know of a platform."""

    reason: Reason
    origin: Origin


@dataclass(frozen=True, slots=True)
class Platform:
    """What a service gives to the clusters on it."""

    service: str
    """Value of the criterion."""
    title: str
    description: str
    origin: Origin
    schemes: tuple[str, ...] = ()
    """How the provider ids of its nodes begin: ``aws``."""
    storage: tuple[Leaf, ...] = ()
    """``class`` and ``provisioner`` by use: ``block``, ``shared``, ``scratch``."""
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything that recipes are made of; what it names, it holds."""

    criteria: Mapping[str, Dimension]
    components: Mapping[str, Component]
    overlays: Mapping[str, Overlay]
    profiles: Mapping[str, Profile]
    tuning: Mapping[str, TuningProfile]
    platforms: Mapping[str, Platform]
    sources: Mapping[str, str] = field(default_factory=dict)
    """Prefix of a source to where it leads."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Every file with the digest of its content; see `roots`."""
    roots: Mapping[str, str] = field(default_factory=dict)
    """What recipes call each folder (``recipes``, ``site-1``) to where it is: a recipe must not
    depend on where eidos is installed."""

    notes: tuple[Problem, ...] = ()
    """What was read and not taken: parts of upstream's documents without a counterpart."""

    def located(self, problem: Problem) -> Problem:
        """Give a problem with the place where the user finds it."""
        place = problem.location
        return problem if place is None else replace(problem, location=found(place, self.roots))


def found(place: Location, roots: Mapping[str, str]) -> Location:
    """Give a place in a catalog as the user finds it; see `Catalog.roots`."""
    root, _, rest = place.file.partition("/")
    return replace(place, file=f"{roots[root]}/{rest}") if root in roots else place


# Resolved ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Applied:
    """An overlay that a recipe is made of."""

    overlay: Overlay
    answers: bool
    """It speaks of everything that was asked for."""


@dataclass(frozen=True, slots=True)
class Excluded:
    """An overlay that would fit and is left out."""

    overlay: str
    because: str
    by: str
    """The rule that says so, or the ancestor that is left out."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An overlay that would answer if more were said, or less were asked for."""

    overlay: str
    give: Mapping[str, tuple[str, ...]]
    """Dimensions that are open, with the values that it is for."""
    conflicts: Mapping[str, tuple[str, ...]]
    """Dimensions that say otherwise, with the values that it is for."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """No recipe: what was asked for is not covered."""

    message: str
    hint: str
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """Which overlays a query is answered with."""

    applied: tuple[Applied, ...]
    """Least specific first."""
    excluded: tuple[Excluded, ...] = ()


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a recipe with its history."""

    path: Path
    """Below the recipe: ``("components", "gpu-operator", "values", "driver", "enabled")``."""
    leaf: Leaf
    overrode: tuple[Leaf, ...] = ()
    """What it took the place of, the last one first."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A component as it should run."""

    component: Component
    version: str | None
    values: Mapping[str, Json]
    resources: Mapping[str, Json]
    dependencies: tuple[Dependency, ...]
    """Those that are there."""
    wave: int
    """Counted from 0; what has no dependencies is in the first."""

    @property
    def name(self) -> str:
        """What it is called."""
        return self.component.name


@dataclass(frozen=True, slots=True)
class Chosen:
    """A profile and which of its shapes is taken."""

    profile: Profile
    choice: Alternative
    origin: str
    """``option``, ``file`` or ``default``."""
    vouched: str | None = None
    """What the user says in place of a fact that cannot be seen."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What should run on a cluster of some kind."""

    name: str
    criteria: tuple[Criterion, ...]
    choice: Choice
    profiles: tuple[Chosen, ...]
    components: tuple[Resolved, ...]
    """In the order in which they are deployed."""
    tuning: tuple[Tuned, ...]
    constraints: tuple[Constraint, ...]
    relaxed: tuple[Relaxed, ...]
    checks: tuple[Check, ...]
    history: tuple[Value, ...]
    """Of every value, in the order of its path."""
    lock: Mapping[str, str]
    """File, snapshot or pack to its digest."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a constraint comes to on a cluster."""

    constraint: Constraint
    status: Status
    """``pass``, ``fail``, ``warn`` (violated, and only a warning), ``unknown`` or ``error``."""
    said: str = ""
    """Why it is not a pass: the first finding or reason."""
    subjects: tuple[str, ...] = ()
    """Nodes of which it is said; empty for the cluster."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What became of a query: a recipe, or why there is none."""

    query: tuple[Criterion, ...]
    recipe: Recipe | None = None
    """There also where a constraint is violated, so that it can be explained."""
    refusal: Refusal | None = None
    outcomes: tuple[Outcome, ...] = ()
    """Of every constraint, where there was a snapshot to hold them against."""
    unvouched: tuple[Chosen, ...] = ()
    """Choices of profiles that somebody must vouch for, and nobody does."""
    unknown: Mapping[str, str] = field(default_factory=dict)
    """Rules that could not say what kind of cluster it is, with their reason."""
    refinements: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What is not known of the cluster, need not be, and would change the recipe."""
    roots: Mapping[str, str] = field(default_factory=dict)
    """Where the folders of the catalog are; see `Catalog.roots`."""
    overlays: Mapping[str, Overlay] = field(default_factory=dict)
    """All there are, by name."""

    @property
    def exit_code(self) -> ExitCode:
        """0 resolved; 1 refused or violated; 3 a fact, or somebody's word, is missing."""
        statuses = {each.status for each in self.outcomes}
        if Status.ERROR in statuses:
            return ExitCode.NO_ANSWER
        if self.unvouched or Status.UNKNOWN in statuses:
            return ExitCode.INCOMPLETE
        refused = self.refusal is not None or Status.FAIL in statuses
        return ExitCode.FAILED if refused else ExitCode.OK

    @property
    def is_resolved(self) -> bool:
        """Say whether there is a recipe that may be used."""
        return self.recipe is not None and self.exit_code is ExitCode.OK


@dataclass(frozen=True, slots=True)
class Covered:
    """A combination of criteria that has a recipe."""

    criteria: Mapping[str, str]
    overlay: str
    """What answers."""
    profiles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Dimension of each profile to its choices, the default first."""
    kubernetes: tuple[str, ...] = ()
    """Constraints on the release of Kubernetes."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Everything that has a recipe."""

    dimensions: tuple[str, ...]
    rows: tuple[Covered, ...]


# Shown ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that an object of the catalog says."""

    section: str
    """``criteria``, ``constraints``, ``components``, ``sysctls``, ..."""
    what: str
    """What it is about: ``gpu-operator driver.version``."""
    value: Json
    origin: Origin
    reason: Reason


@dataclass(frozen=True, slots=True)
class Shown:
    """An object of the catalog: what it says, then what its bases say."""

    title: str
    origin: Origin
    bases: tuple[str, ...]
    """Nearest first."""
    statements: tuple[Statement, ...]
    roots: Mapping[str, str]
    """Where the folders of the catalog are; see `Catalog.roots`."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which a recipe differs from another, or a cluster from its recipe."""

    path: str
    before: Json
    """None where there was nothing."""
    after: Json
    """None where there is nothing any more."""
    said: str = ""
    """In a sentence, where the values do not say it all."""


@dataclass(frozen=True, slots=True)
class RecipeDifferences:
    """What would change from one to the other."""

    before: str
    after: str
    """What is compared: files."""
    differences: tuple[Difference, ...]
    """In the order of their paths."""
    unknown: tuple[str, ...] = ()
    """What nobody can tell, for want of facts."""

    @property
    def exit_code(self) -> ExitCode:
        """0 the same; 1 something differs; 3 nothing is seen to differ, and not all was seen."""
        if self.differences:
            return ExitCode.FAILED
        return ExitCode.INCOMPLETE if self.unknown else ExitCode.OK


# Written ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WrittenComponent:
    """A component as a recipe document has it."""

    name: str
    namespace: str
    repository: str | None
    """None, as are chart and version, where it consists of custom resources only."""
    chart: str | None
    version: str | None
    wave: int
    depends_on: tuple[str, ...]
    values: Mapping[str, Json]
    resources: Mapping[str, Json]
    """By name; each with apiVersion, kind, perhaps ``apply`` and metadata, and its content."""


@dataclass(frozen=True, slots=True)
class WrittenRecipe:
    """A recipe as its document says it: what is bundled, and what a cluster is held against."""

    name: str
    digest: str
    """Content address of the document."""
    criteria: Mapping[str, str]
    components: tuple[WrittenComponent, ...]
    """In the order in which they are deployed."""
    constraints: tuple[Mapping[str, Json], ...]
    tuning: Mapping[str, Json]
    """Area (``sysctls``) to its settings."""
    checks: tuple[Mapping[str, Json], ...]
    profiles: Mapping[str, str]
    """Dimension to the choice."""
    provenance: Mapping[str, Json]
    """Path of each value to who set it."""
    lock: Mapping[str, str]
    document: Mapping[str, Json]
    """The whole, as rules of scope recipe see it."""
