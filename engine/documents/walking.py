"""Typed steps through a document: what has the wrong shape is an error with its place."""

from collections.abc import Iterator
from typing import TypeVar

from eidos.engine.documents.reading import Document
from eidos.engine.errors import DocumentError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest
from eidos.engine.records import dataclass

Path = tuple[str | int, ...]
T = TypeVar("T", str, int, float, bool, list[Json], dict[str, Json])

_WORDS: dict[type, str] = {
    dict: "a map",
    list: "a list",
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    type(None): "empty",
}


def described(value: object) -> str:
    """Name the kind of a JSON value for people: ``a map``, ``text``."""
    return _WORDS.get(type(value), type(value).__name__)


@dataclass(frozen=True, slots=True)
class Step:
    """A value and where it is."""

    document: Document
    value: Json
    path: Path = ()

    def fail(self, problem: str, hint: str | None = None) -> DocumentError:
        """Say what is wrong with this value."""
        return DocumentError(problem, hint=hint, location=self.document.location(self.path))

    def get(self, key: str) -> "Step":
        """Go to a key of a map; a missing key is an empty value at the same place."""
        return Step(self.document, self.map().get(key), (*self.path, key))

    def map(self) -> dict[str, Json]:
        """Take the value as a map."""
        return self._as(dict)

    def only(self, *known: str) -> None:
        """Refuse a map with any other key: what a misspelt one says would be lost.

        Raises:
            DocumentError: there is one; the first is named.
        """
        for key in self.map():
            if key not in known:
                raise self.get(key).fail(f"{key[:80]!r} is not known here", nearest(key, known))

    def items(self) -> Iterator["Step"]:
        """Go through a list; an empty value has no items."""
        if self.value is not None:
            for index, item in enumerate(self._as(list)):
                yield Step(self.document, item, (*self.path, index))

    def text(self) -> str:
        """Take the value as text that is not empty; numbers give what they look like."""
        if isinstance(self.value, int | float) and not isinstance(self.value, bool):
            return str(self.value)
        text = self._as(str)
        if not text:
            raise self.fail(f"{self._name} is empty")
        return text

    def optional(self) -> str | None:
        """Take the value as text; empty is None."""
        return None if self.value in (None, "") else self.text()

    def texts(self) -> dict[str, str]:
        """Take the value as a map of texts; empty is no entries."""
        if self.value is None:
            return {}
        return {key: self.get(key).optional() or "" for key in self.map()}

    @property
    def _name(self) -> str:
        return repr(self.path[-1]) if self.path else "the document"

    def _as(self, kind: type[T]) -> T:
        if not isinstance(self.value, kind):
            if self.value is None:
                raise self.fail(f"{self._name} is missing or empty, and must be {_WORDS[kind]}")
            found = described(self.value)
            raise self.fail(f"{self._name} is {found}, and must be {_WORDS[kind]}")
        return self.value
