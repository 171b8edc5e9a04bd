"""Facts that are there and cannot be read as what they should be."""

from eidos.engine.evaluating.subjects import SubjectFacts
from eidos.engine.model.facts import FactAddress
from eidos.engine.vocabulary import vocabulary


def unreadable(path: FactAddress, subject: SubjectFacts) -> str | None:
    """Say why a fact that a rule declares cannot be read; None when it can, or is not there.

    Of every node's facts the first that cannot be read is told.
    """
    known = vocabulary()
    if not path.every_node:
        data = subject.facts.get(path.whole)
        return None if data is None else known.unreadable(path, data)
    for name, facts in subject.nodes.items():
        data = facts.get(path.whole)
        why = None if data is None else known.unreadable(path, data, f" on node {name}")
        if why is not None:
            return why
    return None
