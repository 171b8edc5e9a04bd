"""Formats of Python packages: written in a process of their own, from the JSON document.

A package names a kind of document and a format in the group ``eidos.reporters``, and a function
that makes text of the document::

    [project.entry-points."eidos.reporters"]
    "Report.acme" = "acme_report:page"

Nothing of the package is imported here. It gets what ``-o json`` writes, which has a schema.
"""

import io
import json
import os
import re
from collections.abc import Collection as AnyOf
from collections.abc import Iterator, Mapping
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any, TextIO

from eidos.engine.errors import PluginError
from eidos.engine.isolating import (
    GoneError,
    OddError,
    RefusedError,
    apart,
    encodable,
    failed,
    harmless,
    said,
)
from eidos.engine.model.nearest import nearest
from eidos.engine.plugins import REPORTERS, Packaged, find_packaged, load
from eidos.engine.ports import Rendering, Reporter
from eidos.engine.report.escaping import written_by_others

SECONDS = 60.0
"""In which a document becomes text."""
_TEXT_AT_MOST = 256 << 20
_FORMAT = re.compile(r"[a-z][a-z0-9-]{0,49}")
_HINT = "Report it to whoever wrote the package; eidos plugin list shows what it brings."


def find_formats(taken: Mapping[str, AnyOf[str]]) -> list[Packaged]:
    """Give every format that a package offers, each by kind and name: ``Report.acme``.

    Args:
        taken: kind of document to the formats that eidos has of it, which no package may take.
    """
    return [_judged(each, taken) for each in find_packaged(REPORTERS)]


def _judged(offer: Packaged, taken: Mapping[str, AnyOf[str]]) -> Packaged:
    kind, _, name = offer.name.partition(".")
    if kind not in taken:
        hint = nearest(kind, taken)
        return replace(offer, error=f"there is no kind of document {kind!r} ({hint})")
    if name in taken[kind]:
        return replace(offer, error=f"eidos has a format {name!r} of a {kind} itself")
    if not _FORMAT.fullmatch(name):
        return replace(offer, error="a format has small letters, digits and -")
    return offer


def packaged_reporter(packaged: Packaged, to_json: Reporter[Any]) -> Reporter[Any]:
    """Give what writes results in a package's format.

    Args:
        packaged: the format.
        to_json: writes the documents of a result: one, or one a line.
    """

    def report(result: object, out: TextIO, rendering: Rendering) -> None:
        """Write the text of every document; nothing where one cannot be had.

        Raises:
            PluginError: the package fails, crashes, hangs, or gives something else than text.
        """
        documents = io.StringIO()
        to_json(result, documents, rendering)
        try:
            texts = list(_texts(packaged.value, documents.getvalue()))
        except (GoneError, RefusedError) as error:
            name = f"the format {packaged.name.partition('.')[2]} ({packaged.origin})"
            joint = ": " if isinstance(error, RefusedError) else " "
            raise PluginError(
                harmless(f"{name}{joint}{error}", os.environ),
                hint=harmless(getattr(error, "hint", None) or _HINT, os.environ),
            ) from error
        out.writelines(written_by_others(text, log=rendering.log) for text in texts)

    return report


def _texts(value: str, documents: str) -> Iterator[str]:
    is_one = documents.startswith("{\n")  # else it is one a line
    with apart(_serve, value) as process:
        for each in [documents] if is_one else documents.splitlines():
            process.send_bytes(each.encode())
            yield process.answer(str, SECONDS, _TEXT_AT_MOST)


def _serve(pipe: Connection, value: str) -> None:
    """Make text of every document that comes."""
    while True:
        try:
            document = json.loads(pipe.recv_bytes())
        except EOFError:  # whoever asks has gone
            return
        try:
            pipe.send_bytes(said(_text(value, document)))
        except BaseException as error:  # noqa: BLE001 -- it may raise anything, or leave
            pipe.send_bytes(failed(error))


def _text(value: str, document: object) -> str:
    reporter: Any = load(REPORTERS, value)
    if not callable(reporter):
        raise OddError(f"{value} is nothing that can be called")
    text = reporter(document)
    if not isinstance(text, str):
        raise OddError(f"{value} gives a {type(text).__name__} and no text")
    return encodable(text)
