"""Taking secrets out of facts before anything is written; what was taken is recorded by key."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from fnmatch import fnmatchcase

from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.secrets import is_secret_name
from eidos.engine.model.snapshot import Collection, CollectorState, Subtype
from eidos.engine.ports import Fact
from eidos.engine.records import dataclass

MASK = "[redacted]"

_HARMLESS = re.compile(
    r"true|false|yes|no|on|off|enabled|disabled|none|null|auto|\d{0,3}", re.IGNORECASE
)

_SECRET_TEXT = re.compile(
    r"(?<=://)[^\s/@'\"]+(?=@)"  # user information of a URL
    r"|(?<=[Bb]earer )[\w.~+/=-]+|(?<=[Bb]asic )[\w+/]{8,}=*"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"  # JSON web token
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_\w{20,}|\bnvapi-[\w-]{16,}"
    r"|\bxox[abpr]-[\w-]{10,}|\bhf_\w{20,}|\bsk-[\w-]{20,}",
    re.DOTALL,
)
_NAMES = (
    r"[\w.-]*(?:passwd|password|passphrase|secret|token|credentials?|"
    r"(?:api|access|private|auth|secret)[-_]?key)"
)
_ASSIGNED = re.compile(
    rf"((?:\b{_NAMES}\s*=|--?{_NAMES}[\s=])\s*)(\"[^\"]*\"|'[^']*'|[^\s,;&\"']+)", re.IGNORECASE
)
_VARIABLE = re.compile(r"^([A-Za-z_]\w*=)(.+)$", re.DOTALL)

_BOOT = FactAddress("os", "grub")
"""Kernel arguments."""
_Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Redactor:
    """What is secret: the built-in rules, and the user's patterns."""

    keys: tuple[str, ...] = ()
    """Globs over ``type.subtype.key`` (type in lower case, list positions left out)."""
    values: tuple[re.Pattern[str], ...] = ()
    """Text that is masked wherever it stands."""

    def redact(self, fact: Fact) -> tuple[Fact, Collection | None]:
        """Give the fact without secrets, and the record of what was taken out."""
        work = _Work(self, FactAddress(fact.type, fact.subtype.name))
        data = work.mapping(fact.subtype.data, ())
        if not work.taken:
            return fact, None
        clean = replace(fact, subtype=Subtype(fact.subtype.name, data, fact.subtype.context))
        keys = tuple(sorted({_written(path) for path in work.taken}))
        return clean, Collection(
            fact.type, CollectorState.REDACTED, fact.subtype.name, fact.node, "secret", keys
        )

    def text(self, text: str) -> str:
        """Mask every secret within a text."""
        masked = _SECRET_TEXT.sub(MASK, text)
        masked = _ASSIGNED.sub(_mask_assigned, masked)
        for pattern in self.values:
            masked = pattern.sub(MASK, masked)
        return masked

    def entry(self, entry: Collection) -> Collection:
        """Mask secrets in what a collector says about itself."""
        return replace(entry, reason=self.text(entry.reason)) if entry.reason else entry


@dataclass(slots=True)
class _Work:
    redactor: Redactor
    address: FactAddress
    """The subtype that is cleaned."""
    taken: list[_Path] = field(default_factory=list)

    def mapping(self, values: Mapping[str, Json], path: _Path) -> dict[str, Json]:
        """Clean a mapping; what is secret by its name is left out."""
        name = values.get("name")
        clean: dict[str, Json] = {}
        for key, value in values.items():
            here = (*path, key)
            named = name if key == "value" and isinstance(name, str) else key
            if self._is_secret(here, named, value):
                self.taken.append(here)
            else:
                clean[key] = self._value(value, here)
        return clean

    def _is_secret(self, path: _Path, name: str, value: Json) -> bool:
        if self.redactor.keys and self._is_named_by_user(path):
            return True
        texts = value if isinstance(value, list) else [value]
        if not all(isinstance(text, str) for text in texts):
            return False
        if all(_HARMLESS.fullmatch(str(text)) for text in texts):
            return False
        return is_secret_name(name, boot=self.address == _BOOT)

    def _is_named_by_user(self, path: _Path) -> bool:
        parts = (part for part in path if isinstance(part, str))
        name = ".".join((*self.address.segments, *parts))
        return any(fnmatchcase(name, _with_lower_type(key)) for key in self.redactor.keys)

    def _value(self, value: Json, path: _Path) -> Json:
        if isinstance(value, str):
            return self._text(value, path)
        if isinstance(value, Mapping):
            return self.mapping(value, path)
        if isinstance(value, Sequence):
            return [self._value(item, (*path, index)) for index, item in enumerate(value)]
        return value

    def _text(self, text: str, path: _Path) -> str:
        if text[:1] in {"[", "{"}:
            cleaned = self._json(text, path)
            if cleaned is not None:
                return cleaned
        if self.address.type == "systemd" and "Environment" in path:
            masked = _VARIABLE.sub(rf"\1{MASK}", text)
        else:
            masked = self.redactor.text(text)
        if masked != text:
            self.taken.append(path)
        return masked

    def _json(self, text: str, path: _Path) -> str | None:
        """Clean JSON that is kept as text, as flattened specs are; None when it is no JSON."""
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return None
        before = len(self.taken)
        clean = self._value(value, path)
        return text if len(self.taken) == before else json.dumps(clean, ensure_ascii=False)


def _with_lower_type(pattern: str) -> str:
    type_, dot, rest = pattern.partition(".")
    return type_.lower() + dot + rest


def _mask_assigned(match: re.Match[str]) -> str:
    return match[0] if _HARMLESS.fullmatch(match[2].strip("\"'")) else match[1] + MASK


def _written(path: _Path) -> str:
    first, *rest = path
    return str(first) + "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in rest
    )
