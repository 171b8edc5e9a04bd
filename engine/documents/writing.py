"""Writing: YAML and JSON that read back as they were, and files that are never half there."""

import json
import os
import tempfile
from pathlib import Path

from eidos.engine.errors import DocumentError, Location
from eidos.engine.model.jsonvalue import Json


def to_json(value: Json) -> str:
    """Write JSON for people: two spaces, keys in the order given, UTF-8, a newline at the end."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_yaml(value: Json) -> str:
    """Write YAML: two spaces, keys in the order given, no aliases, ambiguous text in quotes.

    Text that YAML 1.1 readers would take for something else (``no``, dates) is quoted too.
    """
    from eidos.engine.documents.yamlwriting import dump

    return dump(value)


def write_atomically(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file beside its place and move it there, so that nobody ever sees half of it.

    Args:
        path: where it shall be; a symbolic link is followed.
        text: its content.
        mode: its permissions.

    Raises:
        DocumentError: it cannot be written; what was there before is untouched.
    """
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file():  # /dev/stdout, a pipe: nothing to replace
            target.write_text(text, encoding="utf-8")
            return
        _replace(target, text.encode(), mode)
    except OSError as error:
        raise DocumentError(
            f"the file cannot be written: {(error.strerror or str(error)).lower()}",
            hint="Check that the folder exists, is writable and has space; nothing was changed.",
            location=Location(str(path)),
        ) from error


def _replace(target: Path, content: bytes, mode: int) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
