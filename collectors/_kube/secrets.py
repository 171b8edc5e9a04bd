"""Leaving secrets out of custom resources: by the name of the key, and all values of variables."""

import re
from dataclasses import dataclass, field

from eidos.engine.model.jsonvalue import Json

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SECRET = re.compile(r"(pass|passwd|password|passphrase|secret|token|credentials?)$")
_KEYS = frozenset({"api", "auth", "access", "private", "secret", "encryption", "signing"})
"""Words that make a secret of the word ``key`` after them."""
_KEY_WORD = re.compile(r"(api|auth|access|private|secret)key$")


def names_secret(name: str) -> bool:
    """Say whether a name promises a secret: ``apiKey``, ``HF_TOKEN``, ``db-password``."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words:
        return False
    if words[-1] == "key":
        return len(words) > 1 and words[-2] in _KEYS
    return bool(_SECRET.search(words[-1]) or _KEY_WORD.search(words[-1]))


@dataclass(slots=True)
class Cleaner:
    """Copies JSON without secrets and remembers where they were.

    Args:
        variables: keep the values of environment variables whose names promise no secret.
    """

    variables: bool = False
    withheld: list[str] = field(default_factory=list)
    """Paths of what was left out: ``spec.env[0].value``."""

    def clean(self, value: Json, path: str) -> Json:
        """Give a copy of a value without secrets."""
        if isinstance(value, dict):
            return self._mapping(value, path)
        if isinstance(value, list):
            return [self.clean(item, f"{path}[{index}]") for index, item in enumerate(value)]
        return value

    def _mapping(self, values: dict[str, Json], path: str) -> Json:
        clean: dict[str, Json] = {}
        variable = values.get("name") if _VARIABLE.search(path) else None
        for key, value in values.items():
            here = f"{path}.{key}" if path else key
            if self._is_secret(key, value, variable):
                self.withheld.append(here)
            else:
                clean[key] = self.clean(value, here)
        return clean

    def _is_secret(self, key: str, value: Json, variable: Json) -> bool:
        if not value or not isinstance(value, str):
            return False
        if key == "value" and isinstance(variable, str):
            return not self.variables or names_secret(variable)
        return names_secret(key)


_VARIABLE = re.compile(r"[eE]nv(ironment)?\[\d+\]$")
