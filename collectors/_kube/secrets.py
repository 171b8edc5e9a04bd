"""Leaving secrets out of custom resources: by the name of the key, and all values of variables."""

import re
from dataclasses import dataclass, field

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.secrets import is_secret, is_secret_content


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
            if self._is_secret(key, value, variable) or is_secret_content(values, key):
                self.withheld.append(here)
            else:
                clean[key] = self.clean(value, here)
        return clean

    def _is_secret(self, key: str, value: Json, variable: Json) -> bool:
        if not value:
            return False
        if key == "value" and isinstance(variable, str):
            return not self.variables or is_secret(variable, value)
        return is_secret(key, value)


_VARIABLE = re.compile(r"[eE]nv(ironment)?\[\d+\]$")
