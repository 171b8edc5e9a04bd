"""``eidos policy list``, ``show`` and ``docs``: which packs and rules there are."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from eidos.engine.app.policies import load_packs
from eidos.engine.documents.writing import is_taken, write_atomically
from eidos.engine.errors import UsageError
from eidos.engine.model.elsewhere import pack_elsewhere
from eidos.engine.model.nearest import nearest
from eidos.engine.model.policylist import SHIPPED, ListedPack
from eidos.engine.packs.choosing import RuleChoice, choose
from eidos.engine.packs.finding import shipped
from eidos.engine.rego.reading import ReadingEngine
from eidos.engine.report.policy_docs import pages


def policy_list(references: Sequence[str] = ()) -> tuple[ListedPack, ...]:
    """Give packs with their rules, in the order in which they were named.

    Args:
        references: names, ``NAME@VERSION`` or folders; none means all that are shipped, those that
            are asked on demand among them.

    Raises:
        EidosError: one does not exist or cannot be loaded.
    """
    names = tuple(references) or tuple(shipped())
    with closing(ReadingEngine()) as engine:
        packs = load_packs(names, engine)
    own = {str(folder) for folder in shipped().values()}
    return tuple(ListedPack(pack, SHIPPED if pack.folder in own else pack.folder) for pack in packs)


def policy_show(names: Sequence[str], references: Sequence[str] = ()) -> tuple[ListedPack, ...]:
    """Give packs by name or folder, and of others the rules with these ids.

    Args:
        names: ids of rules; names or folders of packs.
        references: packs that ids are looked up in; the shipped ones when none is named.

    Raises:
        UsageError: a name is no rule and no pack.
        EidosError: a pack cannot be loaded.
    """
    places = shipped()
    whole = [n for n in names if n.partition("@")[0] in places or Path(n).exists()]
    found = [*policy_list(whole)] if whole else []
    wanted = [name for name in names if name not in whole]
    if not wanted:
        return tuple(found)
    listed = policy_list(references)
    known = {rule.id for each in listed for rule in each.pack.rules}
    for name in wanted:
        if name not in known:
            hint = pack_elsewhere(name) or nearest(name, sorted({*known, *places}))
            raise UsageError(f"there is no rule and no pack '{name}'", hint=hint)
    for each in listed:
        rules = tuple(rule for rule in each.pack.rules if rule.id in wanted)
        if rules:
            found.append(replace(each, pack=replace(each.pack, rules=rules)))
    return tuple(found)


def policy_docs(
    packs: Sequence[ListedPack], folder: Path, form: str, *, force: bool = False
) -> tuple[str, ...]:
    """Write a page for each rule, an index, and the matrix of controls.

    Args:
        packs: what is documented.
        folder: where to; it is made if need be.
        form: ``markdown`` or ``html``, of the pages.
        force: replace files that have another content.

    Returns:
        Names of the files, from the folder.

    Raises:
        UsageError: two rules have the same id, or a file is there with another content;
            nothing was written then.
        EidosError: a file cannot be written.
    """
    choose([each.pack for each in packs], RuleChoice(), {})  # refuses two rules of one id
    files = pages(packs, form)
    for name, text in files.items():
        place = folder / name
        if place.is_symlink() or place.parent.is_symlink():
            raise UsageError(f"'{place}' leads elsewhere by a link", hint="Name another folder.")
        if not force and is_taken(place, text.encode()):
            raise UsageError(
                f"'{place}' is there and has another content",
                hint="Name another folder, or replace what is in it with --force.",
            )
    for name, text in files.items():
        write_atomically(folder / name, text, with_folder=True)
    return tuple(files)
