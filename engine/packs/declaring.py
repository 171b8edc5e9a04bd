"""A rule may name only facts that it declares: what it does not declare is never there."""

from eidos.engine.errors import Location, PolicyError
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.rule import Module
from eidos.engine.packs.metadata import RuleMetadata
from eidos.engine.ports import ModuleFacts


def refuse_undeclared(module: Module, facts: ModuleFacts, metadata: RuleMetadata) -> None:
    """Refuse a rule that names a fact which it can never see; it would be silent, and so pass.

    Raises:
        PolicyError: such a fact is named.
    """
    declared = [_dotted(path) for path in (*metadata.requires, *metadata.reads)]
    for named, line in facts.inputs.items():
        fact = named.removeprefix("input.")
        if not any(_leads(fact, path) or _leads(path, fact) for path in declared):
            raise PolicyError(
                f"the rule uses {named}, which its METADATA does not declare",
                location=Location(module.file, line),
                hint="Add it to custom.requires, or to custom.reads where it may be absent.",
            )


def _dotted(path: FactAddress) -> str:
    parts = ("nodes" if path.every_node else None, path.type, path.subtype, path.key)
    return ".".join(part for part in parts if part is not None)


def _leads(start: str, path: str) -> bool:
    return path == start or path.startswith(f"{start}.")
