"""What a user hands over: each document read by the rules of its kind, each file by its name.

Documents that say they are ours (snapshots of every dialect, and what else is in ``eidos.dev``) are
read as `eidos.engine.documents.reading` says. Every other YAML document, Kubernetes manifests
among them, is read as Kubernetes and conftest read it: ``no`` is false and ``0644`` is 420. Files
named after another format are read as conftest reads that, or refused.
"""

import re
from contextlib import suppress

from eidos.engine.documents.dialects import is_ours
from eidos.engine.documents.formats.naming import JSON, YAML, format_of
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.reading import Document, empty, read_json, read_yaml
from eidos.engine.documents.scalars import YamlRules
from eidos.engine.errors import DocumentError

_OURS = re.compile("measurements|Snapshot|eidos")
"""What is in nearly every document of ours; a wrong guess only costs time."""
_RULES = {True: YamlRules.CORE, False: YamlRules.KUBERNETES}
"""By whether a document is ours."""


def read_given(
    text: str,
    name: str,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    parser: str | None = None,
) -> list[Document]:
    """Read every document of a text that a user hands over.

    Args:
        text: what the file holds.
        name: of the file; it says the format, as for conftest.
        limits: bounds of what is read.
        parser: conftest's name of the format, where the file's name does not say it.

    Raises:
        DocumentError: as `read_text`; or it is in a format that we do not read.
        MissingExtraError: the parser of the format is not installed.
    """
    format_ = parser or format_of(name) or YAML
    if format_ not in (YAML, JSON):
        from eidos.engine.documents.formats.reading import read_format

        return [Document(name, 0, read_format(text, name, format_, limits))]
    if not text.strip():
        raise empty(name)
    return _read_by_kind(text, name, limits)


def _read_by_kind(text: str, name: str, limits: Limits) -> list[Document]:
    """Read each document by the rules of its kind; which they are is known once it is read."""
    guess = bool(_OURS.search(text))
    try:
        found = _read(text, name, limits, _RULES[guess])
    except DocumentError:
        # What is refused by the rules of the other kind (two keys that only there are the same) is
        # no fault of this one.
        with suppress(DocumentError):
            others = _read(text, name, limits, _RULES[not guess])
            if all(is_ours(each.value) is not guess for each in others):
                return others
        raise
    wrong = [each.index for each in found if is_ours(each.value) is not guess]
    if wrong:
        others = _read(text, name, limits, _RULES[not guess])
        for index in wrong:
            found[index] = others[index]
    return found


def _read(text: str, name: str, limits: Limits, rules: YamlRules) -> list[Document]:
    return read_json(text, name, limits, rules) or read_yaml(text, name, limits, rules)
