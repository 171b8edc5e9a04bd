"""Runs and snapshots to store: made by hand, and by hypothesis."""

from datetime import UTC

from hypothesis import strategies as st

from eidos.engine.digest import address, addressed, digest
from eidos.engine.errors import Location, Problem
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.gate import Decision, Gate
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recorded_bundling import BundledComponent, RecordedBundling, ReportRef
from eidos.engine.model.report import PackRef, RecipeRef, Report, Subject, WaiverNote
from eidos.engine.model.rule import (
    Control,
    Enforcement,
    Entrypoint,
    Module,
    Rule,
    Scope,
    Severity,
)
from eidos.engine.model.snapshot import (
    AddressedSnapshot,
    Collection,
    CollectorState,
    Measurement,
    Metadata,
    Node,
    Snapshot,
    Subtype,
)
from eidos.engine.model.verdict import Finding, Lack, Status, Verdict
from eidos.engine.model.waiver import Revocation, Subjects, Waiver

# By hand ----------------------------------------------------------------------------------------

RULE = Rule(
    id="GPU-001",
    title="The driver is at or above the floor",
    severity=Severity.HIGH,
    scope=Scope.NODE,
    package="eidos.gpu.driver",
    modules=(Module("gpu/driver.rego", "package eidos.gpu.driver\n"), Module("lib/v.rego", "# v")),
    entrypoints=(Entrypoint("data.eidos.gpu.driver.deny", "deny"),),
    digest=digest("GPU-001"),
    requires=(FactAddress("gpu", "smi", "driver"),),
    params={"floor": "580.159.03"},
    tables={"floors": {"580": "580.159.03"}},
)


def verdict(status: Status = Status.PASS, rule: str = "GPU-001", salt: str = "") -> Verdict:
    said = (Finding("too old", path="gpu.smi.driver", actual="580"),) * (status is Status.FAIL)
    return Verdict(rule, status, said, memo=digest([rule, status, salt]))


def snapshot(
    nodes: tuple[str, ...] = ("n1",),
    cluster: str = "prod",
    timestamp: str = "2026-03-02T10:00:00Z",
    driver: str = "580.82.07",
) -> AddressedSnapshot:
    sysctl = {f"/proc/sys/kernel/key{number}": number * 7919 for number in range(200)}
    facts = (
        Measurement("GPU", (Subtype("smi", {"driver": driver, "gpu-count": 4}),)),
        Measurement("OS", (Subtype("sysctl", sysctl), Subtype("kmod", {}))),
    )
    made = Snapshot(
        Metadata(cluster, timestamp, "eidos test", {"env": "prod"}),
        (Measurement("K8s", (Subtype("server", {"version": "v1.33.5"}),)),),
        tuple(Node(name, facts) for name in nodes),
        (Collection("SystemD", CollectorState.FAILED, reason="no bus"),),
    )
    return addressed(made)


def report(
    run: str,
    seen: AddressedSnapshot,
    verdicts: tuple[Verdict, ...] = (verdict(),),
    started: str = "2026-03-02T12:00:00Z",
) -> Report:
    subjects = tuple(
        Subject(
            name=node.name,
            scope=Scope.NODE,
            file="prod.yaml",
            digest=seen.digests.nodes[node.name],
            verdicts=verdicts,
            cluster=seen.metadata.cluster,
            timestamp=seen.metadata.timestamp,
            locations={"gpu.smi.driver": Location("prod.yaml", 14, 3, "$.nodes[0]")},
        )
        for node in seen.snapshot.nodes
    )
    rules = tuple(
        sorted(
            (
                Rule(**{**{name: getattr(RULE, name) for name in RULE.__slots__}, "id": rule})
                for rule in {verdict.rule for verdict in verdicts}
            ),
            key=lambda rule: rule.id,
        )
    )
    return Report(
        run=run,
        started=started,
        effective_time=started,
        generator="eidos test",
        engine="light 0",
        packs=(PackRef("gpu", "1.0.0", digest("gpu")),),
        rules=rules,
        subjects=subjects,
    )


RECIPE: dict[str, Json] = {"kind": "Recipe", "metadata": {"name": "eks"}, "components": []}


def bundling(
    before: Report, after: Report | None = None, place: str | None = None
) -> tuple[RecordedBundling, bytes]:
    """What a gate decided by a run, closed without `after`, and its ``gate.json``."""
    decision = Decision.FAILED if after is None else Decision.PASSED
    document = f'{{"decision": "{decision}", "é": "{before.run}"}}\n'.encode()
    said = RecordedBundling(
        gate="prod",
        decision=decision,
        cluster=before.subjects[0].cluster,
        snapshot=digest("snapshot"),
        snapshot_time=before.subjects[0].timestamp,
        started=before.started,
        effective_time=before.effective_time,
        recipe=RecipeRef("eks", digest(RECIPE)),
        before=ReportRef(before.run, before.decision, digest("before")),
        after=None if after is None else ReportRef(after.run, after.decision, digest("after")),
        reasons=("k8s.server.version is too old",),
        waivers=("w-1",),
        relaxations=("fail-on: high (eidos.yaml:3)",),
        deployers=("helm", "flux"),
        components=(BundledComponent("gpu-operator", "v26.3.0", 2),),
        bundle=None if after is None else digest(["bundle", place]),
        place=place,
        document=address(document),
    )
    return said, document


# By hypothesis ----------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
DIGESTS = st.integers(0, 40).map(digest)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
LOCATIONS = st.builds(
    Location,
    st.sampled_from(["a.yaml", "b.yaml"]),
    st.none() | st.integers(1, 9999),
    st.none() | st.integers(1, 200),
    st.none() | TEXT,
)
MOMENTS = st.datetimes(timezones=st.just(UTC))
GLOBS = st.lists(TEXT, max_size=3).map(tuple)
WAIVERS = st.builds(
    Waiver,
    *[TEXT] * 5,
    MOMENTS,
    st.none() | MOMENTS,
    st.none() | TEXT,
    st.builds(
        Subjects,
        st.lists(TEXT, min_size=1, max_size=3).map(tuple),
        *(GLOBS, GLOBS, st.dictionaries(TEXT, TEXT, max_size=2)),
    ),
    JSON,
    st.booleans(),
    st.none() | LOCATIONS,
    st.none() | TEXT,
    st.lists(JSON, max_size=2).map(tuple),
    *[st.none() | TEXT | st.integers(0, 99)] * 2,
    st.none() | st.builds(Revocation, MOMENTS, TEXT, TEXT),
)
FACTS = st.builds(FactAddress, NAMES, NAMES, st.none() | NAMES, st.booleans(), st.none())


def tuples(strategy: st.SearchStrategy, most: int = 3) -> st.SearchStrategy:
    return st.lists(strategy, max_size=most).map(tuple)


def rules(ids: st.SearchStrategy) -> st.SearchStrategy[Rule]:
    return st.builds(
        Rule,
        id=ids,
        title=TEXT,
        severity=st.sampled_from(Severity),
        scope=st.sampled_from(Scope),
        package=TEXT,
        modules=tuples(st.builds(Module, TEXT, TEXT)),
        entrypoints=tuples(st.builds(Entrypoint, TEXT, TEXT)),
        digest=DIGESTS,
        has_applicable=st.booleans(),
        reads_time=st.booleans(),
        description=TEXT,
        remediation=TEXT,
        requires=tuples(FACTS),
        reads=tuples(FACTS),
        controls=tuples(st.builds(Control, TEXT, TEXT)),
        tags=tuples(TEXT),
        references=tuples(TEXT),
        params=st.dictionaries(TEXT, JSON, max_size=3),
        tables=st.dictionaries(NAMES, JSON, max_size=2),
        line=st.integers(1, 999),
        v0=st.booleans(),
        waivable_days=st.none() | st.integers(0, 30),
    )


def verdicts(ids: list[str]) -> st.SearchStrategy[Verdict]:
    return st.builds(
        Verdict,
        rule=st.sampled_from(ids),
        status=st.sampled_from(Status),
        findings=tuples(
            st.builds(Finding, TEXT, TEXT, st.none() | TEXT, JSON, JSON, st.none() | TEXT)
        ),
        reason=st.none() | TEXT,
        waiver=st.none() | TEXT,
        enforcement=st.sampled_from(Enforcement),
        memo=st.none() | DIGESTS,
        lacks=tuples(st.builds(Lack, TEXT, TEXT, st.sampled_from(["is", "was"]))),
    )


@st.composite
def reports(draw: st.DrawFn) -> Report:
    ids = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    subjects = st.builds(
        Subject,
        name=NAMES,
        scope=st.sampled_from(Scope),
        file=st.sampled_from(["a.yaml", "b.yaml"]),
        digest=DIGESTS,
        verdicts=tuples(verdicts(ids)),
        cluster=st.none() | st.sampled_from(["", "prod", "dev"]),
        timestamp=st.none() | st.sampled_from(["2026-03-02T10:00:00+01:00", "yesterday"]),
        locations=st.dictionaries(TEXT, LOCATIONS, max_size=2),
    )
    return Report(
        run=draw(NAMES),
        started="2026-03-02T12:00:00Z",
        effective_time="2026-03-02T00:00:00Z",
        generator=draw(TEXT),
        engine=draw(TEXT),
        packs=draw(tuples(st.builds(PackRef, TEXT, TEXT, DIGESTS))),
        rules=tuple(draw(rules(st.just(id_))) for id_ in sorted(ids)),
        subjects=draw(tuples(subjects, 6)),
        problems=draw(
            tuples(
                st.builds(
                    Problem,
                    TEXT,
                    st.none() | TEXT,
                    st.none() | LOCATIONS,
                    st.sampled_from(["invalid", "unreadable"]),
                )
            )
        ),
        waiver_notes=draw(tuples(st.builds(WaiverNote, TEXT, TEXT, TEXT, TEXT))),
        waivers=draw(tuples(WAIVERS)),
        gate=Gate(draw(st.sampled_from(Severity)), draw(st.booleans())),
        prints=draw(tuples(TEXT)),
    )


def measurements() -> st.SearchStrategy[tuple[Measurement, ...]]:
    subtypes = st.lists(
        st.builds(
            Subtype,
            NAMES,
            st.dictionaries(TEXT, JSON, max_size=4),
            st.dictionaries(TEXT, TEXT, max_size=1),
        ),
        max_size=3,
        unique_by=lambda subtype: subtype.name,
    ).map(tuple)
    return st.lists(
        st.builds(Measurement, st.sampled_from(["GPU", "OS", "K8s"]), subtypes),
        max_size=3,
        unique_by=lambda measurement: measurement.type,
    ).map(tuple)


def snapshots() -> st.SearchStrategy[Snapshot]:
    return st.builds(
        Snapshot,
        st.builds(
            Metadata,
            st.none() | NAMES,
            st.none() | st.just("2026-03-02T10:00:00Z"),
            st.none() | TEXT,
            st.dictionaries(TEXT, TEXT, max_size=2),
        ),
        measurements(),
        st.lists(
            st.builds(Node, NAMES, measurements()), max_size=4, unique_by=lambda node: node.name
        ).map(lambda nodes: tuple(sorted(nodes, key=lambda node: node.name))),
        tuples(
            st.builds(
                Collection,
                NAMES,
                st.sampled_from(CollectorState),
                st.none() | NAMES,
                st.none() | NAMES,
                st.none() | TEXT,
                tuples(TEXT),
                st.none() | st.floats(0, 1000),
            )
        ),
    )
