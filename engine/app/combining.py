"""``--combine``: all documents as one, so that a plain rule can compare them."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from eidos.engine.app.reader import Item
from eidos.engine.documents.finding import STDIN, STDIN_NAME
from eidos.engine.documents.reading import Document
from eidos.engine.errors import Problem

if TYPE_CHECKING:
    from eidos.engine.model.jsonvalue import Json

NAME = "Combined"
"""What conftest calls it."""


def combined(found: Iterable[Item | Problem]) -> Iterator[Item | Problem]:
    """Give the problems, and one item with every document: a list of ``{path, contents}`` by path.

    Elements of a list that is all its file holds are entries of their own. There is no item where
    there is no document.
    """
    entries: list[tuple[str, Json]] = []
    for each in found:
        if isinstance(each, Problem):
            yield each
            continue
        path = STDIN if each.file == STDIN_NAME else each.file
        is_list = each.is_alone and isinstance(each.value, list)
        contents = each.value if is_list and isinstance(each.value, list) else [each.value]
        entries.extend((path, content) for content in contents)
    if entries:
        entries.sort(key=lambda entry: entry[0])
        value: list[Json] = [{"path": path, "contents": content} for path, content in entries]
        yield Item(NAME, Document(NAME, 0, value))
