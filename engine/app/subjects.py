"""From a document to its subjects, and back from a finding to its line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from eidos.engine.digest import addressed
from eidos.engine.documents.reading import Document
from eidos.engine.documents.snapshots import SnapshotDocument, is_snapshot, read_snapshot
from eidos.engine.errors import DocumentError, Location
from eidos.engine.evaluating.subjects import (
    SubjectFacts,
    cluster_facts,
    document_facts,
    node_facts,
)
from eidos.engine.model.facts import split_path
from eidos.engine.model.policy import Rule, Scope
from eidos.engine.model.report import Subject
from eidos.engine.model.snapshot import AddressedSnapshot
from eidos.engine.model.verdict import Status, Verdict


@dataclass(frozen=True, slots=True)
class Candidate:
    """A subject that is to be judged, and the document it is in."""

    facts: SubjectFacts
    document: Document
    source: SnapshotDocument | None = None
    """None for scope document."""
    unasked: tuple[Verdict, ...] = ()
    """Verdicts on rules that have no subject of their own in this document."""

    def judged(self, verdicts: Sequence[Verdict]) -> Subject:
        """Give the subject with its verdicts and the places of their findings."""
        facts = self.facts
        every = sorted((*verdicts, *self.unasked), key=lambda verdict: verdict.rule)
        subject = Subject(
            name=facts.name,
            scope=facts.scope,
            file=self.document.name,
            digest=facts.digest,
            verdicts=tuple(every) if self.unasked else tuple(verdicts),
            cluster=facts.cluster,
            timestamp=facts.timestamp,
        )
        return replace(subject, locations=dict(self._locations(verdicts)))

    def _locations(self, verdicts: Sequence[Verdict]) -> Iterator[tuple[str, Location]]:
        yield "", self.document.location(())
        paths = {finding.path for verdict in verdicts for finding in verdict.findings}
        for path in sorted(path for path in paths if path):
            yield path, self._locate(path)

    def _locate(self, path: str) -> Location:
        try:
            segments = split_path(path.removeprefix("$"))
        except ValueError:  # a rule may write what it likes
            segments = ()
        if self.source is None:
            return self.document.location(segments)
        node = self.facts.name if self.facts.scope is Scope.NODE else None
        if segments[:1] == ("nodes",) and len(segments) > 1:
            node, segments = str(segments[1]), segments[2:]
        return self.source.locate(node, segments)


def candidates(
    document: Document, rules: Sequence[Rule], *, lenient: bool
) -> tuple[list[Candidate], AddressedSnapshot | None]:
    """Give what is to be judged in a document, and the snapshot it holds.

    Raises:
        DocumentError: the rules are about snapshots, and the document is none.
    """
    scopes = {rule.scope for rule in rules}
    found: list[Candidate] = []
    if Scope.DOCUMENT in scopes:
        facts = document_facts(document.value, _name(document))
        found.append(Candidate(facts, document))
    if scopes <= {Scope.DOCUMENT}:
        return found, None
    if not is_snapshot(document.value, lenient=lenient) and found:
        raise DocumentError(
            "this is no snapshot, which some of the chosen rules are about",
            location=document.location(()),
            hint="Name only plain rules with --pack, or check snapshots in a run of their own.",
        )
    source = read_snapshot(document, lenient=lenient)
    seen = addressed(source.snapshot)
    found.extend(_of_snapshot(source, seen, rules))
    return found, seen


def _name(document: Document) -> str:
    return f"{document.name}#{document.index + 1}" if document.index else document.name


def _of_snapshot(
    source: SnapshotDocument, seen: AddressedSnapshot, rules: Sequence[Rule]
) -> Iterator[Candidate]:
    document, name = source.document, _name(source.document)
    unasked = tuple(_unasked(rules, has_nodes=bool(source.snapshot.nodes)))
    cluster = cluster_facts(seen, name)
    if unasked or any(rule.scope is Scope.CLUSTER for rule in rules):
        yield Candidate(cluster, document, source, unasked)
    if any(rule.scope is Scope.NODE for rule in rules):
        for facts in node_facts(seen, name):
            yield Candidate(facts, document, source)


_ASKED = frozenset({Scope.CLUSTER, Scope.NODE, Scope.DOCUMENT})


def _unasked(rules: Sequence[Rule], *, has_nodes: bool) -> Iterator[Verdict]:
    """Account for every rule: one that finds no subject is said, not left out."""
    for rule in rules:
        if rule.scope is Scope.NODE and not has_nodes:
            yield Verdict(rule.id, Status.UNKNOWN, reason="the snapshot has no nodes")
        elif rule.scope not in _ASKED:
            reason = f"it is about a {rule.scope}, not about a snapshot"
            yield Verdict(rule.id, Status.UNKNOWN, reason=reason)
