"""``eidos policy diff``: what a new version of a pack changes for who uses it."""

from eidos.engine.app.context import Context
from eidos.engine.errors import UsageError
from eidos.engine.model.pack_diff import PackDifference
from eidos.engine.model.rule import Pack
from eidos.engine.packs.comparing import PLAIN, compare_packs
from eidos.engine.packs.finding import find_policy
from eidos.engine.packs.loading import read_pack


def policy_diff(old: str, new: str, context: Context) -> PackDifference:
    """Compare two packs, or two folders of plain rules.

    Args:
        old: name, ``NAME@VERSION`` or folder.
        new: the other.
        context: its engine reads them; nothing is judged.

    Raises:
        UsageError: one of them does not exist, or only one is a pack.
        PolicyError: one of them cannot be loaded.
    """
    found = [(each, _read(each, context)) for each in (old, new)]
    if len({pack.version == PLAIN for _, pack in found}) > 1:
        raise UsageError(
            "one is a pack and the other a folder of plain rules",
            hint="Give two packs (folders with pack.yaml), or two folders without.",
        )
    return compare_packs(found[0], found[1])


def _read(reference: str, context: Context) -> Pack:
    source = find_policy(reference)
    pack = read_pack(source, context.engine)
    if source.version and pack.version != source.version:
        raise UsageError(
            f"pack '{pack.name}' has version {pack.version}, not {source.version}",
            hint="Give the folder of the other version.",
        )
    return pack
